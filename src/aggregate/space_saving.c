/* SPDX-License-Identifier: MIT */
/* space_saving.c -- the most frequent of any number of keys. */

#include "aggregate/space_saving.h"

#include "base/hash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NOWHERE UINT32_MAX

static size_t
kept_len(size_t len)
{
	return len < SPACE_SAVING_BYTES ? len : SPACE_SAVING_BYTES;
}

static bool
is_key(const struct space_saving *sketch, uint32_t at, uint64_t hash, const char *key, size_t len)
{
	return sketch->hash[at] == hash && sketch->item[at].len == len &&
	    memcmp(sketch->item[at].key, key, len) == 0;
}

static uint32_t
find(const struct space_saving *sketch, uint64_t hash, const char *key, size_t len)
{
	if (sketch->newest < sketch->count && is_key(sketch, sketch->newest, hash, key, len))
		return sketch->newest;
	for (uint32_t i = 0; i < sketch->count; i++)
		if (is_key(sketch, i, hash, key, len))
			return i;
	return NOWHERE;
}

static uint32_t
find_rarest(const struct space_saving *sketch)
{
	uint32_t rarest = 0;

	for (uint32_t i = 1; i < sketch->count; i++)
		if (sketch->item[i].count < sketch->item[rarest].count)
			rarest = i;
	return rarest;
}

/* What a key that is not there may have come. */
static uint64_t
count_unseen(const struct space_saving *sketch)
{
	if (sketch->count < SPACE_SAVING_MOST)
		return 0;
	return sketch->item[find_rarest(sketch)].count;
}

static void
put(struct space_saving *sketch, uint32_t at, uint64_t hash, const struct space_saving_item *item)
{
	sketch->hash[at] = hash;
	sketch->item[at] = *item;
}

void
space_saving_add(struct space_saving *sketch, const char *key, size_t len)
{
	size_t kept = kept_len(len);
	uint64_t hash = hash_any(key, kept);
	uint32_t at = find(sketch, hash, key, kept);

	if (at == NOWHERE) {
		struct space_saving_item item = {.len = (uint32_t)kept};
		bool full = sketch->count == SPACE_SAVING_MOST;

		at = full ? find_rarest(sketch) : sketch->count++;
		item.count = item.error = full ? sketch->item[at].count : 0;
		memcpy(item.key, key, kept);
		put(sketch, at, hash, &item);
	}
	sketch->item[at].count++;
	sketch->newest = at;
}

static int
more_frequent_first(const void *a, const void *b)
{
	const struct space_saving_item *one = a, *other = b;

	return (one->count < other->count) - (one->count > other->count);
}

/* Items with what the other sketch says of them; those that only one has may
 * have come to the other, too, as often as its rarest. */
static size_t
add_items(const struct space_saving *of, const struct space_saving *other, bool common,
    struct space_saving_item *out)
{
	uint64_t unseen = count_unseen(other);
	size_t count = 0;

	for (uint32_t i = 0; i < of->count; i++) {
		struct space_saving_item item = of->item[i];
		uint32_t there = find(other, of->hash[i], item.key, item.len);

		if (there != NOWHERE && !common)
			continue;
		item.count += there != NOWHERE ? other->item[there].count : unseen;
		item.error += there != NOWHERE ? other->item[there].error : unseen;
		out[count++] = item;
	}
	return count;
}

static void
refill(struct space_saving *sketch, const struct space_saving_item *items, size_t count)
{
	sketch->count = 0;
	for (size_t i = 0; i < count && i < SPACE_SAVING_MOST; i++)
		put(sketch, sketch->count++, hash_any(items[i].key, items[i].len), &items[i]);
}

void
space_saving_merge(struct space_saving *into, const struct space_saving *from)
{
	struct space_saving_item all[2 * SPACE_SAVING_MOST];
	size_t count = add_items(into, from, true, all);

	count += add_items(from, into, false, all + count);
	qsort(all, count, sizeof(*all), more_frequent_first);
	refill(into, all, count);
}
