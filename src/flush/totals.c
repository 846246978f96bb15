/* SPDX-License-Identifier: MIT */
/* totals.c -- running totals, by source. */

#include "flush/totals.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void
totals_init(struct totals *totals)
{
	*totals = (struct totals){0};
	totals->at = mem_room(NULL, 0, &totals->cap, sizeof(*totals->at));
	totals->at[0] = (struct total){0};
	numbers_init(&totals->numbers);
	index_init(&totals->by_key);
}

void
totals_fini(struct totals *totals)
{
	for (uint32_t number = 1; number < totals->numbers.count; number++)
		free(totals->at[number].key);
	free(totals->at);
	free(totals->fresh);
	numbers_fini(&totals->numbers);
	index_fini(&totals->by_key);
}

static size_t
key_len(const struct entry *entry)
{
	return (size_t)entry->name_len + entry->tags_len + SOURCE_BYTES;
}

/* Name, tags and source stand side by side. */
static uint32_t
hash_key(const char *key, size_t len)
{
	return (uint32_t)hash_bytes(key, len);
}

static uint32_t
find(const struct totals *totals, const struct entry *entry, uint32_t hash)
{
	uint32_t number, at = hash;

	while ((number = index_next(&totals->by_key, hash, &at)) != 0) {
		const struct total *total = &totals->at[number];

		if (total->name_len == entry->name_len && total->tags_len == entry->tags_len &&
		    memcmp(total->key, entry->key, key_len(entry)) == 0)
			break;
	}
	return number;
}

static uint32_t
add(struct totals *totals, const struct entry *entry, uint32_t hash)
{
	uint32_t number = numbers_take(&totals->numbers);

	if (number == totals->cap)
		totals->at = mem_room(totals->at, number, &totals->cap, sizeof(*totals->at));
	totals->at[number] = (struct total){
	    .key = mem_copy_text(entry->key, key_len(entry)),
	    .name_len = entry->name_len,
	    .tags_len = entry->tags_len,
	};
	index_add(&totals->by_key, hash, number);
	return number;
}

struct total *
totals_adopt(struct totals *totals, struct entry *entry)
{
	uint32_t hash = hash_key(entry->key, key_len(entry));
	uint32_t number = find(totals, entry, hash);

	if (number == 0)
		number = add(totals, entry, hash);
	totals->at[number].refs++;
	entry->gid = number;
	return &totals->at[number];
}

void
totals_add(struct totals *totals, uint32_t number, struct record *record)
{
	struct total *total = &totals->at[number];

	if (total->records == NULL) {
		totals->fresh = mem_room(
		    totals->fresh, totals->fresh_count, &totals->fresh_cap, sizeof(*totals->fresh));
		totals->fresh[totals->fresh_count++] = number;
	}
	record->next = total->records;
	total->records = record;
}

uint32_t
totals_release(struct totals *totals, struct entry *entry)
{
	uint32_t number = entry->gid;

	if (number == 0)
		return 0;
	struct total *total = &totals->at[number];
	uint32_t gid = total->gid;

	CHECK(total->refs > 0);
	entry->gid = 0;
	if (--total->refs > 0)
		return 0;
	uint32_t hash = hash_key(total->key, key_len(entry));

	index_remove(&totals->by_key, index_slot(&totals->by_key, hash, number));
	free(total->key);
	*total = (struct total){0};
	numbers_give(&totals->numbers, number);
	return gid;
}
