/* SPDX-License-Identifier: MIT */
/* mapping.h -- a mapping file of statsd_exporter, as rules.
 *
 * Globs come first, in the order of the file or, with glob_disable_ordering,
 * the most specific first; then regular expressions in their order. A star of
 * a glob is one component of a name. A name becomes a rename, labels become
 * tags, quantiles percentiles. */

#pragma once

#include "base/text.h"
#include "ingest/settings.h"

struct mapping_file;

/* Read it. NULL: something is wrong. Problems and warnings are sentences with
 * file, line and column, one to a line. */
struct mapping_file *mapping_open(const char *path, struct text *problems, struct text *warnings);
/* The same of bytes, for which `name` stands in the sentences. */
struct mapping_file *mapping_open_text(
    const char *name, const char *bytes, size_t len, struct text *problems, struct text *warnings);
void mapping_close(struct mapping_file *file);

struct mapping {
	struct rule_settings rule; /* borrows from the file */
	bool honor_labels;         /* a client's own tag wins over one of these */
};

size_t mapping_count(const struct mapping_file *file);
const struct mapping *mapping_at(const struct mapping_file *file, size_t i);

/* Where in the file the mapping says this of a rule: "FILE:LINE:COLUMN". */
void
mapping_place(const struct mapping_file *file, size_t i, const char *rule_key, struct text *out);
