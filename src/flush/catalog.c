/* SPDX-License-Identifier: MIT */
/* catalog.c -- the flusher's series.
 *
 * Two indexes of gids, with linear probing and deletion by shifting back:
 * every series by its key's hash, and leaders by their name's. */

#include "flush/catalog.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_AT_FIRST 1024

typedef uint32_t place_fn(const struct catalog *catalog, uint32_t gid);

static uint32_t
place_by_key(const struct catalog *catalog, uint32_t gid)
{
	return (uint32_t)(catalog->series[gid].hash >> 16);
}

static uint32_t
place_by_name(const struct catalog *catalog, uint32_t gid)
{
	const struct series *series = &catalog->series[gid];

	return (uint32_t)hash_bytes(series->key, series->name_len);
}

static void
index_put(struct gid_index *index, uint32_t place, uint32_t gid)
{
	uint32_t at = place & index->mask;

	while (index->slot[at] != 0)
		at = (at + 1) & index->mask;
	index->slot[at] = gid;
}

static void
index_init(struct gid_index *index, uint32_t slots)
{
	index->slot = mem_zero(slots, sizeof(*index->slot));
	index->mask = slots - 1;
	index->used = 0;
}

static void
index_add(const struct catalog *catalog, struct gid_index *index, place_fn *place, uint32_t gid)
{
	if ((index->used + 1) * 3 > (index->mask + 1) * 2) {
		struct gid_index larger;

		index_init(&larger, (index->mask + 1) * 2);
		for (uint32_t at = 0; at <= index->mask; at++)
			if (index->slot[at] != 0)
				index_put(
				    &larger, place(catalog, index->slot[at]), index->slot[at]);
		larger.used = index->used;
		free(index->slot);
		*index = larger;
	}
	index_put(index, place(catalog, gid), gid);
	index->used++;
}

/* Empty the slot at `hole` and move up what could not have stood before it. */
static void
index_remove(const struct catalog *catalog, struct gid_index *index, place_fn *place, uint32_t hole)
{
	uint32_t at = hole;

	for (;;) {
		at = (at + 1) & index->mask;
		if (index->slot[at] == 0)
			break;
		uint32_t home = place(catalog, index->slot[at]) & index->mask;

		if (((at - home) & index->mask) >= ((at - hole) & index->mask)) {
			index->slot[hole] = index->slot[at];
			hole = at;
		}
	}
	index->slot[hole] = 0;
	index->used--;
}

/* The slot that holds gid, which is there. */
static uint32_t
index_find(const struct gid_index *index, uint32_t place, uint32_t gid)
{
	uint32_t at = place & index->mask;

	while (index->slot[at] != gid) {
		CHECK(index->slot[at] != 0);
		at = (at + 1) & index->mask;
	}
	return at;
}

void
catalog_init(struct catalog *catalog)
{
	*catalog = (struct catalog){.count = 1};
	catalog->series = mem_room(NULL, 0, &catalog->cap, sizeof(*catalog->series));
	catalog->series[0] = (struct series){0};
	index_init(&catalog->by_key, SLOTS_AT_FIRST);
	index_init(&catalog->by_name, SLOTS_AT_FIRST);
}

void
catalog_fini(struct catalog *catalog)
{
	for (uint32_t gid = 1; gid < catalog->count; gid++)
		free(catalog->series[gid].key);
	free(catalog->series);
	free(catalog->unused);
	free(catalog->by_key.slot);
	free(catalog->by_name.slot);
}

static uint32_t
find_key(const struct catalog *catalog, const struct entry *entry)
{
	const struct gid_index *index = &catalog->by_key;
	size_t len = (size_t)entry->name_len + entry->tags_len;

	for (uint32_t at = (uint32_t)(entry->hash >> 16) & index->mask; index->slot[at] != 0;
	     at = (at + 1) & index->mask) {
		const struct series *series = &catalog->series[index->slot[at]];

		if (series->hash == entry->hash && series->kind == entry->kind &&
		    series->name_len == entry->name_len && series->tags_len == entry->tags_len &&
		    memcmp(series->key, entry->key, len) == 0)
			return index->slot[at];
	}
	return 0;
}

static bool
same_name(const struct series *a, const struct series *b)
{
	return a->name_len == b->name_len && memcmp(a->key, b->key, a->name_len) == 0;
}

/* Hang a new series on the leader of its name, or make it the leader. */
static void
join_name(struct catalog *catalog, uint32_t gid)
{
	const struct gid_index *index = &catalog->by_name;
	struct series *series = &catalog->series[gid];

	for (uint32_t at = place_by_name(catalog, gid) & index->mask; index->slot[at] != 0;
	     at = (at + 1) & index->mask) {
		struct series *leader = &catalog->series[index->slot[at]];

		if (same_name(leader, series)) {
			series->next = leader->next;
			leader->next = gid;
			return;
		}
	}
	series->leader = true;
	index_add(catalog, &catalog->by_name, place_by_name, gid);
}

/* Take a series out of its name's list; the next one may become leader. */
static void
leave_name(struct catalog *catalog, uint32_t gid)
{
	struct gid_index *index = &catalog->by_name;
	struct series *series = &catalog->series[gid];
	uint32_t place = place_by_name(catalog, gid);

	if (!series->leader) {
		uint32_t at = place & index->mask;

		while (!same_name(&catalog->series[index->slot[at]], series))
			at = (at + 1) & index->mask;
		uint32_t before = index->slot[at];

		while (catalog->series[before].next != gid)
			before = catalog->series[before].next;
		catalog->series[before].next = series->next;
		return;
	}
	uint32_t slot = index_find(index, place, gid);

	if (series->next == 0) {
		index_remove(catalog, index, place_by_name, slot);
		return;
	}
	index->slot[slot] = series->next;
	catalog->series[series->next].leader = true;
}

static uint32_t
take_gid(struct catalog *catalog)
{
	if (catalog->unused_count > 0)
		return catalog->unused[--catalog->unused_count];
	catalog->series =
	    mem_room(catalog->series, catalog->count, &catalog->cap, sizeof(*catalog->series));
	return catalog->count++;
}

static uint32_t
add_series(struct catalog *catalog, const struct entry *entry)
{
	uint32_t gid = take_gid(catalog);

	catalog->series[gid] = (struct series){
	    .key = mem_copy_text(entry->key, (size_t)entry->name_len + entry->tags_len),
	    .hash = entry->hash,
	    .name_len = entry->name_len,
	    .tags_len = entry->tags_len,
	    .kind = entry->kind,
	};
	index_add(catalog, &catalog->by_key, place_by_key, gid);
	join_name(catalog, gid);
	catalog->live++;
	return gid;
}

uint32_t
catalog_adopt(struct catalog *catalog, struct entry *entry)
{
	uint32_t gid = find_key(catalog, entry);

	if (gid == 0)
		gid = add_series(catalog, entry);
	catalog->series[gid].refs++;
	entry->gid = gid;
	return gid;
}

void
catalog_release(struct catalog *catalog, struct entry *entry)
{
	uint32_t gid = entry->gid;

	if (gid == 0)
		return;
	struct series *series = &catalog->series[gid];

	CHECK(series->refs > 0);
	entry->gid = 0;
	if (--series->refs > 0)
		return;
	leave_name(catalog, gid);
	index_remove(catalog, &catalog->by_key, place_by_key,
	    index_find(&catalog->by_key, place_by_key(catalog, gid), gid));
	free(series->key);
	*series = (struct series){0};
	catalog->unused = mem_room(
	    catalog->unused, catalog->unused_count, &catalog->unused_cap, sizeof(*catalog->unused));
	catalog->unused[catalog->unused_count++] = gid;
	catalog->live--;
}
