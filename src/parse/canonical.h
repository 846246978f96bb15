/* SPDX-License-Identifier: MIT */
/* canonical.h -- the one spelling of a series.
 *
 * Clients spell a series in many ways: "a b" and "a_b", tags in any order, as
 * |#k:v or as ;k=v in the name. All meet in one canonical name and one
 * canonical list of tags, "k:v,k:v", sorted by key, each key once. This runs
 * at the first sight of a spelling only. */

#pragma once

#include "base/text.h"
#include "metric/reason.h"
#include "metric/sample.h"

struct canonical_rules {
	bool clean;        /* names as StatsD cleans them; else kept, or refused */
	size_t most_bytes; /* of name and tags together */
	size_t most_tags;
};

struct tag {
	size_t key, key_len, value, value_len; /* in `bytes` */
	size_t order;                          /* in which it came: of equal keys the last wins */
};

/* The result, and what making it needs; reused from call to call. */
struct canonical {
	struct text name;
	struct text tags;
	struct text bytes;
	struct tag *found;
	size_t tags_found, tags_cap;
};

enum reason canonical_make(
    const struct canonical_rules *rules, const struct sample *sample, struct canonical *canonical);
void canonical_fini(struct canonical *canonical);
