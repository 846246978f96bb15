/* SPDX-License-Identifier: MIT */
/* canonical.h -- the one spelling of a series.
 *
 * Clients spell a series in many ways: "a b" and "a_b", tags in any order, as
 * |#k:v behind the type, as ;k=v, ,k=v, #k=v or [k=v] in the name. All meet in
 * one canonical name and one canonical list of tags, "k:v,k:v", sorted by key,
 * each key once. This runs at the first sight of a spelling only.
 *
 * In between the operator has a say:
 *
 *     canonical_make()      what the client spelt, and the listener adds
 *     canonical_rename()    by a rule
 *     canonical_add_tag()   by a rule
 *     canonical_finish()    the tags in order, and the limits */

#pragma once

#include "base/item.h"
#include "base/text.h"
#include "metric/reason.h"
#include "metric/sample.h"
#include "parse/dialect.h"

struct canonical_rules {
	bool letter;            /* as StatsD has it: tags in their order, as they are */
	bool clean;             /* names as StatsD cleans them; else kept, or refused */
	uint32_t dialects;      /* a bit each of enum dialect; not with `letter` */
	const char *prefix;     /* before every name, with its dot; "": none */
	struct item_pairs tags; /* on every series; the client's own wins */
	size_t most_bytes;      /* of name and tags together */
	size_t most_tags;
};

/* Of two tags with one key the stronger wins; of equal ones the later. */
enum tag_strength { TAG_WEAK, TAG_CLIENT, TAG_STRONG };

struct tag {
	size_t at, len; /* "key:value" in `bytes`, or to the letter "key" */
	size_t key_len;
	enum tag_strength strength;
	size_t order;  /* in which it came */
	bool replaced; /* by one that is stronger, or later */
};

/* The result, and what making it needs; reused from call to call. */
struct canonical {
	struct text name;
	struct text tags; /* after canonical_finish() */
	struct text bytes;
	struct tag *found;
	size_t tags_found, tags_cap;
};

/* Would all of this leave the spelling as it is, if no rule has a say? Of most
 * spellings of which it would this is true; of any other it is false. */
bool canonical_is_own(const struct canonical_rules *rules, const struct sample *sample);

/* What the client spelt, and what the listener adds. */
enum reason canonical_make(
    const struct canonical_rules *rules, const struct sample *sample, struct canonical *canonical);

/* Both take what the operator wrote, with parts of the name filled in; it is
 * no part of *canonical. What cannot stand in a name or tag becomes an
 * underscore, or of a tag goes away where names are cleaned. REASON_TAGS: the
 * tag has no key. */
void canonical_rename(struct canonical *canonical, const char *name, size_t len);
enum reason
canonical_add_tag(const struct canonical_rules *rules, struct canonical *canonical, const char *key,
    size_t key_len, const char *value, size_t value_len, enum tag_strength strength);

/* REASON_NONE: name and tags are those of the series. */
enum reason canonical_finish(const struct canonical_rules *rules, struct canonical *canonical);
void canonical_fini(struct canonical *canonical);
