/* SPDX-License-Identifier: MIT */
/* admit.c -- the first sight of a spelling: its canonical form, the limits,
 * and its place in the table.
 *
 * A spelling that is canonical already becomes an entry of its own; any other
 * becomes an alias of the canonical one, so that from its second sight on it
 * costs no more. After ENTRY_ALIASES_MOST spellings of a series further ones
 * come through here each time. */

#include "base/check.h"
#include "ingest/intake.h"

#include <string.h>

static bool
take_quota(struct series_quota *quota)
{
	if (atomic_fetch_add_explicit(&quota->used, 1, memory_order_relaxed) < quota->most)
		return true;
	atomic_fetch_sub_explicit(&quota->used, 1, memory_order_relaxed);
	return false;
}

static bool
same_bytes(const struct sample *a, const struct sample *b)
{
	return a->name_len == b->name_len && a->tags_len == b->tags_len &&
	    memcmp(a->name, b->name, a->name_len) == 0 &&
	    memcmp(a->tags, b->tags, a->tags_len) == 0;
}

/* The canonical entry of a canonical spelling, made if it is not there. */
static struct entry *
find_or_insert(struct intake *intake, const struct sample *form, uint64_t hash)
{
	struct entry *entry = table_find(&intake->table, hash, form, 0);

	if (entry != NULL)
		return entry;
	if (!take_quota(intake->quota))
		return NULL;
	return table_insert(&intake->table, hash, form, 0, NULL);
}

struct entry *
intake_admit(struct intake *intake, const struct origin *origin, const struct sample *spelling,
    uint64_t hash, enum reason *reason_out)
{
	struct canonical *canonical = &intake->canonical;

	*reason_out = canonical_make(&origin->rules, spelling, canonical);
	if (*reason_out != REASON_NONE)
		return NULL;
	struct sample form = {
	    .name = canonical->name.bytes,
	    .name_len = (uint32_t)canonical->name.len,
	    .tags = canonical->tags.len > 0 ? canonical->tags.bytes : "",
	    .tags_len = (uint32_t)canonical->tags.len,
	    .kind = spelling->kind,
	};
	bool is_canonical = same_bytes(spelling, &form);
	struct entry *entry =
	    find_or_insert(intake, &form, is_canonical ? hash : table_hash(&form));

	if (entry == NULL) {
		*reason_out = REASON_SERIES_LIMIT;
		return NULL;
	}
	CHECK(entry->alias == NULL);
	if (is_canonical)
		entry->profiles |= origin->profile;
	else if (entry->aliases < ENTRY_ALIASES_MOST)
		window_stamp(intake->window,
		    table_insert(&intake->table, hash, spelling, origin->profile, entry));
	return entry;
}
