/* SPDX-License-Identifier: MIT */
/* pattern.h -- what a rule matches names with: a glob over the whole of one,
 * or a regular expression somewhere in it.
 *
 * A regular expression that takes too long over a name does not match it: the
 * bound is on the steps, so that no name can hold up a worker. */

#pragma once

#include "base/glob.h"
#include "base/text.h"
#include "ingest/settings.h"

struct pattern;

/* NULL: it is none, and why not is appended. With `components` no star of a
 * glob takes a dot. */
struct pattern *
pattern_new(enum match_type type, bool components, const char *text, struct text *why);
void pattern_free(struct pattern *pattern);

/* Groups are numbered from 1: stars, or parentheses; 0 is all that a regular
 * expression matched. */
size_t pattern_groups(const struct pattern *pattern);

/* The group a number or a name means; PATTERN_NO_GROUP. */
#define PATTERN_NO_GROUP ((size_t)-1)
size_t pattern_group(const struct pattern *pattern, const char *name, size_t len);

/* The bytes that every name it matches begins with, and how many. */
const char *pattern_prefix(const struct pattern *pattern, size_t *len_out);

/* Of a thread: what matching needs, for patterns of so many groups at most. */
struct pattern_room;
struct pattern_room *pattern_room_new(size_t groups);
void pattern_room_free(struct pattern_room *room);

enum pattern_outcome { PATTERN_DIFFERS, PATTERN_MATCHES, PATTERN_GAVE_UP };

enum pattern_outcome pattern_match(
    const struct pattern *pattern, struct pattern_room *room, const char *name, size_t len);

/* What each group of the last match took: by number, parts of its name. */
const struct glob_part *pattern_parts(const struct pattern_room *room);
