/* SPDX-License-Identifier: MIT */
/* catalog.c -- the flusher's series. */

#include "flush/catalog.h"

#include "aggregate/table.h"
#include "base/check.h"
#include "base/glob.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static uint32_t
place_hash(uint64_t hash)
{
	return (uint32_t)(hash >> 16);
}

static uint32_t
place_by_key(const void *owner, uint32_t gid)
{
	return place_hash(((const struct catalog *)owner)->series[gid].hash);
}

static uint32_t
place_by_name(const void *owner, uint32_t gid)
{
	const struct series *series = &((const struct catalog *)owner)->series[gid];

	return (uint32_t)hash_bytes(series->key, series->name_len);
}

void
catalog_init(struct catalog *catalog, const struct timers_settings *timers, bool kinds_clash)
{
	*catalog = (struct catalog){.timers = timers, .kinds_clash = kinds_clash};
	catalog->series = mem_room(NULL, 0, &catalog->cap, sizeof(*catalog->series));
	catalog->series[0] = (struct series){0};
	numbers_init(&catalog->gids);
	index_init(&catalog->by_key);
	index_init(&catalog->by_name);
}

void
catalog_fini(struct catalog *catalog)
{
	for (uint32_t gid = 1; gid < catalog->gids.count; gid++)
		free(catalog->series[gid].key);
	free(catalog->series);
	numbers_fini(&catalog->gids);
	index_fini(&catalog->by_key);
	index_fini(&catalog->by_name);
}

/* Whom a series is: key is not its own. */
struct identity {
	const char *key; /* name, then tags */
	uint64_t hash;
	uint16_t name_len, tags_len;
	enum kind kind;
};

/* Of a kind, by this name and these tags. */
static struct identity
identify(const char *key, uint16_t name_len, uint16_t tags_len, enum kind kind)
{
	const struct sample spelling = {
	    .name = key,
	    .name_len = name_len,
	    .tags = key + name_len,
	    .tags_len = tags_len,
	    .kind = kind,
	};

	return (struct identity){key, table_hash(&spelling), name_len, tags_len, kind};
}

static uint32_t
find(const struct catalog *catalog, const struct identity *who)
{
	const struct index *index = &catalog->by_key;
	size_t len = (size_t)who->name_len + who->tags_len;

	for (uint32_t at = place_hash(who->hash) & index->mask; index->slot[at] != 0;
	     at = (at + 1) & index->mask) {
		const struct series *series = &catalog->series[index->slot[at]];

		if (series->hash == who->hash && series->kind == who->kind &&
		    series->name_len == who->name_len && series->tags_len == who->tags_len &&
		    memcmp(series->key, who->key, len) == 0)
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
	const struct index *index = &catalog->by_name;
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
	index_add(&catalog->by_name, place_by_name, catalog, gid);
}

/* Take a series out of its name's list; the next one may become leader. */
static void
leave_name(struct catalog *catalog, uint32_t gid)
{
	struct index *index = &catalog->by_name;
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
	uint32_t slot = index_slot(index, place, gid);

	if (series->next == 0) {
		index_remove(index, place_by_name, catalog, slot);
		return;
	}
	index->slot[slot] = series->next;
	catalog->series[series->next].leader = true;
}

/* The series whose points would have the same names; 0: there is none. */
static uint32_t
find_twin(const struct catalog *catalog, const struct series *series)
{
	static const enum kind twins[KINDS] = {
	    [KIND_COUNTER] = KIND_GAUGE,
	    [KIND_GAUGE] = KIND_COUNTER,
	    [KIND_TIMER] = KIND_SET,
	    [KIND_SET] = KIND_TIMER,
	};
	const struct identity twin =
	    identify(series->key, series->name_len, series->tags_len, twins[series->kind]);

	return find(catalog, &twin);
}

/* The first come has the name. */
static void
mute_if_late(struct catalog *catalog, struct series *series)
{
	if (!catalog->kinds_clash || find_twin(catalog, series) == 0)
		return;
	series->muted = true;
	catalog->conflicts++;
}

/* Which histogram's glob matches first, from 1; 0: none. */
static uint8_t
choose_histogram(const struct item_list *histograms, const struct identity *who)
{
	const struct histogram_settings *histogram = histograms->at;

	for (size_t i = 0; i < histograms->count; i++)
		if (glob_match(histogram[i].match, who->key, who->name_len, false, NULL))
			return (uint8_t)(i + 1);
	return 0;
}

static uint32_t
add(struct catalog *catalog, const struct identity *who, uint16_t plan)
{
	uint32_t gid = numbers_take(&catalog->gids);

	if (gid == catalog->cap)
		catalog->series =
		    mem_room(catalog->series, gid, &catalog->cap, sizeof(*catalog->series));
	struct series *series = &catalog->series[gid];

	*series = (struct series){
	    .key = mem_copy_text(who->key, (size_t)who->name_len + who->tags_len),
	    .hash = who->hash,
	    .name_len = who->name_len,
	    .tags_len = who->tags_len,
	    .kind = (uint8_t)who->kind,
	    .plan = plan,
	};
	if (who->kind == KIND_TIMER)
		series->histogram = choose_histogram(&catalog->timers->histograms, who);
	mute_if_late(catalog, series);
	index_add(&catalog->by_key, place_by_key, catalog, gid);
	join_name(catalog, gid);
	catalog->live++;
	return gid;
}

uint32_t
catalog_adopt(struct catalog *catalog, struct entry *entry)
{
	const struct identity who = {
	    entry->key, entry->hash, entry->name_len, entry->tags_len, entry->kind};
	uint32_t gid = find(catalog, &who);

	if (gid == 0)
		gid = add(catalog, &who, entry->plan);
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
	entry->gid = 0;
	catalog_drop(catalog, gid);
}

uint32_t
catalog_hold_fed(struct catalog *catalog, const struct entry *total)
{
	const struct identity who =
	    identify(total->key, total->name_len, total->tags_len, KIND_COUNTER);
	uint32_t gid = find(catalog, &who);

	if (gid == 0)
		gid = add(catalog, &who, total->plan);
	catalog->series[gid].refs++;
	return gid;
}

void
catalog_hold(struct catalog *catalog, uint32_t gid)
{
	catalog->series[gid].refs++;
}

/* Its twin, if it was muted, has the name from now on. */
static void
leave_twin(struct catalog *catalog, const struct series *series)
{
	if (!catalog->kinds_clash || series->muted)
		return;
	uint32_t twin = find_twin(catalog, series);

	if (twin != 0)
		catalog->series[twin].muted = false;
}

void
catalog_drop(struct catalog *catalog, uint32_t gid)
{
	struct series *series = &catalog->series[gid];

	CHECK(series->refs > 0);
	if (--series->refs > 0)
		return;
	leave_name(catalog, gid);
	leave_twin(catalog, series);
	index_remove(&catalog->by_key, place_by_key, catalog,
	    index_slot(&catalog->by_key, place_hash(series->hash), gid));
	free(series->key);
	*series = (struct series){0};
	numbers_give(&catalog->gids, gid);
	catalog->live--;
}
