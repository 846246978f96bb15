/* SPDX-License-Identifier: MIT */
/* totals.c -- running totals, by source. */

#include "flush/totals.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>

static uint32_t
place_hash(uint64_t hash)
{
	return (uint32_t)(hash >> 16);
}

static uint32_t
place_by_key(const void *owner, uint32_t number)
{
	return place_hash(((const struct totals *)owner)->at[number].hash);
}

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

static uint32_t
find(const struct totals *totals, const struct entry *entry)
{
	const struct index *index = &totals->by_key;

	for (uint32_t at = place_hash(entry->hash) & index->mask; index->slot[at] != 0;
	     at = (at + 1) & index->mask) {
		const struct total *total = &totals->at[index->slot[at]];

		if (total->hash == entry->hash && total->name_len == entry->name_len &&
		    total->tags_len == entry->tags_len &&
		    memcmp(total->key, entry->key, key_len(entry)) == 0)
			return index->slot[at];
	}
	return 0;
}

static uint32_t
add(struct totals *totals, const struct entry *entry)
{
	uint32_t number = numbers_take(&totals->numbers);

	if (number == totals->cap)
		totals->at = mem_room(totals->at, number, &totals->cap, sizeof(*totals->at));
	totals->at[number] = (struct total){
	    .key = mem_copy_text(entry->key, key_len(entry)),
	    .hash = entry->hash,
	    .name_len = entry->name_len,
	    .tags_len = entry->tags_len,
	};
	index_add(&totals->by_key, place_by_key, totals, number);
	return number;
}

struct total *
totals_adopt(struct totals *totals, struct entry *entry)
{
	uint32_t number = find(totals, entry);

	if (number == 0)
		number = add(totals, entry);
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
	index_remove(&totals->by_key, place_by_key, totals,
	    index_slot(&totals->by_key, place_hash(total->hash), number));
	free(total->key);
	*total = (struct total){0};
	numbers_give(&totals->numbers, number);
	return gid;
}
