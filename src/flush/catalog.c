/* SPDX-License-Identifier: MIT */
/* catalog.c -- the flusher's series.
 *
 * Each stands in one index: a leader under the hash of its name, any other
 * under that of its whole key. Where names have no tags there are leaders
 * only. */

#include "flush/catalog.h"

#include "base/check.h"
#include "base/glob.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct series) <= 56, "what a series costs");
_Static_assert(KINDS <= 4, "bits of a series' kind");

void
catalog_init(struct catalog *catalog, const struct timers_settings *timers, bool kinds_clash)
{
	*catalog = (struct catalog){.timers = timers, .kinds_clash = kinds_clash};
	numbers_init(&catalog->gids);
	index_init(&catalog->by_name);
	index_init(&catalog->by_key);
}

void
catalog_fini(struct catalog *catalog)
{
	for (uint32_t gid = 1; gid < catalog->gids.count; gid++)
		if (catalog_at(catalog, gid)->owns_key)
			free((void *)(uintptr_t)catalog_at(catalog, gid)->key);
	for (size_t i = 0; i < catalog->chunks; i++)
		free(catalog->chunk[i]);
	free(catalog->chunk);
	numbers_fini(&catalog->gids);
	index_fini(&catalog->by_name);
	index_fini(&catalog->by_key);
}

/* Whom a series is: key is not its own. */
struct identity {
	const char *key; /* name, then tags */
	uint16_t name_len, tags_len;
	enum kind kind;
};

static struct identity
identity_of(const struct series *series)
{
	return (struct identity){
	    series->key, series->name_len, series->tags_len, (enum kind)series->kind};
}

static uint32_t
hash_name(const char *key, uint16_t name_len)
{
	return (uint32_t)hash_bytes(key, name_len);
}

static uint32_t
hash_key(const struct identity *who)
{
	uint64_t hash = hash_bytes(who->key, (size_t)who->name_len + who->tags_len);

	return (uint32_t)hash_join(hash, (uint64_t)who->name_len << 8 | who->kind);
}

static bool
is_named(const struct series *series, const struct identity *who)
{
	return series->name_len == who->name_len &&
	    memcmp(series->key, who->key, who->name_len) == 0;
}

static bool
is_it(const struct series *series, const struct identity *who)
{
	return series->kind == who->kind && series->tags_len == who->tags_len &&
	    is_named(series, who) &&
	    memcmp(series->key + who->name_len, who->key + who->name_len, who->tags_len) == 0;
}

/* The leader of a name; 0: no series has it. */
static uint32_t
find_leader(const struct catalog *catalog, const struct identity *who, uint32_t hash)
{
	uint32_t gid, at = hash;

	while ((gid = index_next(&catalog->by_name, hash, &at)) != 0)
		if (is_named(catalog_at(catalog, gid), who))
			break;
	return gid;
}

/* The series among those of its name; 0: there is none. */
static uint32_t
find_among(const struct catalog *catalog, uint32_t leader, const struct identity *who)
{
	if (leader == 0 || is_it(catalog_at(catalog, leader), who))
		return leader;
	uint32_t hash = hash_key(who), gid, at = hash;

	while ((gid = index_next(&catalog->by_key, hash, &at)) != 0)
		if (is_it(catalog_at(catalog, gid), who))
			break;
	return gid;
}

/* Two neighbours of one name; either may be 0. */
static void
link_series(struct catalog *catalog, uint32_t before, uint32_t next)
{
	if (before != 0)
		catalog_at(catalog, before)->next = next & GID_MOST;
	if (next != 0)
		catalog_at(catalog, next)->before = before & GID_MOST;
}

static void
remove_member(struct catalog *catalog, uint32_t gid)
{
	const struct identity who = identity_of(catalog_at(catalog, gid));

	index_remove(&catalog->by_key, index_slot(&catalog->by_key, hash_key(&who), gid));
}

/* Take a series out of its name's list; the next one may become leader. */
static void
leave_name(struct catalog *catalog, uint32_t gid)
{
	const struct series *series = catalog_at(catalog, gid);
	uint32_t before = series->before, next = series->next;

	link_series(catalog, before, next);
	if (before != 0) {
		remove_member(catalog, gid);
		return;
	}
	struct index_slot *slot =
	    index_slot(&catalog->by_name, hash_name(series->key, series->name_len), gid);

	if (next == 0) {
		index_remove(&catalog->by_name, slot);
		return;
	}
	slot->number = next;
	remove_member(catalog, next);
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
	struct identity twin = identity_of(series);
	uint32_t hash = hash_name(twin.key, twin.name_len);

	twin.kind = twins[series->kind];
	return find_among(catalog, find_leader(catalog, &twin, hash), &twin);
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

/* Its twin, if it was muted, has the name from now on. */
static void
leave_twin(struct catalog *catalog, const struct series *series)
{
	if (!catalog->kinds_clash || series->muted)
		return;
	uint32_t twin = find_twin(catalog, series);

	if (twin != 0)
		catalog_at(catalog, twin)->muted = false;
}

static uint32_t
take_gid(struct catalog *catalog)
{
	uint32_t gid = numbers_take(&catalog->gids);

	CHECK(gid <= GID_MOST);
	if (gid >> SERIES_CHUNK_BITS < catalog->chunks)
		return gid;
	catalog->chunk =
	    mem_room(catalog->chunk, catalog->chunks, &catalog->chunk_cap, sizeof(*catalog->chunk));
	catalog->chunk[catalog->chunks++] = mem_alloc(SERIES_CHUNK * sizeof(struct series));
	return gid;
}

/* A new series beside the leader of its name, or as the leader. */
static uint32_t
add(struct catalog *catalog, const struct identity *who, uint32_t leader, uint32_t name_hash)
{
	uint32_t gid = take_gid(catalog);
	struct series *series = catalog_at(catalog, gid);

	*series = (struct series){
	    .key = who->key,
	    .name_len = who->name_len,
	    .tags_len = who->tags_len,
	    .kind = who->kind & 3,
	};
	mute_if_late(catalog, series);
	if (leader == 0) {
		index_add(&catalog->by_name, name_hash, gid);
	} else {
		index_add(&catalog->by_key, hash_key(who), gid);
		link_series(catalog, gid, catalog_at(catalog, leader)->next);
		link_series(catalog, leader, gid);
	}
	catalog->live++;
	return gid;
}

/* What the configuration says of a timer's name. */
static void
set_up_timer(struct series *series, const struct timers_settings *timers, const struct entry *entry)
{
	const struct histogram_settings *histogram = timers->histograms.at;

	series->timer.plan = entry->plan;
	for (size_t i = timers->histograms.count; i-- > 0;)
		if (glob_match(histogram[i].match, entry->key, entry->name_len, false, NULL))
			series->timer.histogram = (uint8_t)(i + 1);
}

static void
own_key(struct series *series)
{
	series->key = mem_copy_text(series->key, (size_t)series->name_len + series->tags_len);
	series->owns_key = true;
}

/* The series that entries of this key, and of this kind, are or feed. */
static uint32_t
hold_series(struct catalog *catalog, const struct entry *entry, bool fed)
{
	const struct identity who = {
	    entry->key, entry->name_len, entry->tags_len, (enum kind)entry->kind};
	uint32_t hash = hash_name(who.key, who.name_len);
	uint32_t leader = find_leader(catalog, &who, hash);
	uint32_t gid = find_among(catalog, leader, &who);

	if (gid == 0) {
		gid = add(catalog, &who, leader, hash);
		if (fed)
			own_key(catalog_at(catalog, gid));
		if (who.kind == KIND_TIMER)
			set_up_timer(catalog_at(catalog, gid), catalog->timers, entry);
	}
	catalog_hold(catalog, gid);
	return gid;
}

void
catalog_prefetch(const struct catalog *catalog, const struct entry *entry)
{
	if (entry->gid == 0)
		index_prefetch(&catalog->by_name, hash_name(entry->key, entry->name_len));
	else if (!entry_is_total(entry))
		__builtin_prefetch(&catalog_at(catalog, entry->gid)->records);
}

uint32_t
catalog_adopt(struct catalog *catalog, struct entry *entry)
{
	return entry->gid = hold_series(catalog, entry, false);
}

uint32_t
catalog_hold_fed(struct catalog *catalog, const struct entry *total)
{
	return hold_series(catalog, total, true);
}

void
catalog_release(struct catalog *catalog, struct entry *entry)
{
	uint32_t gid = entry->gid;

	if (gid == 0)
		return;
	struct series *series = catalog_at(catalog, gid);

	entry->gid = 0;
	if (series->refs > 1 && series->key == entry->key)
		own_key(series);
	catalog_drop(catalog, gid);
}

void
catalog_hold(struct catalog *catalog, uint32_t gid)
{
	catalog_at(catalog, gid)->refs++;
}

void
catalog_drop(struct catalog *catalog, uint32_t gid)
{
	struct series *series = catalog_at(catalog, gid);

	CHECK(series->refs > 0);
	if (--series->refs > 0)
		return;
	leave_name(catalog, gid);
	leave_twin(catalog, series);
	if (series->owns_key)
		free((void *)(uintptr_t)series->key);
	*series = (struct series){0};
	numbers_give(&catalog->gids, gid);
	catalog->live--;
}
