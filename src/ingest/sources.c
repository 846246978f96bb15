/* SPDX-License-Identifier: MIT */
/* sources.c -- who sends what. */

#include "ingest/sources.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>

#define TAG_OTHERS 1 /* no address has it */
#define TAG_NOBODY 0

#define GROUPS (SOURCES_MOST / SOURCES_GROUP)
#define REACH (4 * SOURCES_GROUP)

/* Between two searches for a place that may change hands. */
#define AGAIN_NS INT64_C(100000000)

_Static_assert(SOURCES_MOST <= UINT16_MAX, "an entry has 16 bits for the number");
_Static_assert((SOURCES_MOST & (SOURCES_MOST - 1)) == 0, "places are found by bits of a hash");

static uint64_t
place_tag(uint64_t place)
{
	return place >> SOURCES_SERIES_BITS;
}

static uint64_t
place_series(uint64_t place)
{
	return place & SOURCES_SERIES_MOST;
}

static uint64_t
place_of(uint64_t tag, uint64_t series)
{
	return tag << SOURCES_SERIES_BITS | series;
}

static uint64_t
hash_tag(uint64_t hash)
{
	uint64_t tag = hash >> SOURCES_SERIES_BITS;

	return tag > TAG_OTHERS ? tag : tag + 2;
}

/* The place that a search comes to after i others. The others' may be among
 * them, but is never free nor anybody's. */
static uint16_t
nth_place(uint64_t hash, unsigned i)
{
	uint64_t step = hash / SOURCES_MOST | 1;
	uint64_t group = hash / SOURCES_GROUP + i / SOURCES_GROUP * step;

	return (uint16_t)(group % GROUPS * SOURCES_GROUP + (hash + i) % SOURCES_GROUP);
}

struct sources *
sources_new(unsigned workers, int64_t series_most)
{
	struct sources *sources =
	    mem_zero(1, sizeof(*sources) + workers * sizeof(*sources->records));

	sources->series_most = series_most;
	sources->workers = workers;
	sources->place[SOURCES_OTHERS] = place_of(TAG_OTHERS, 0);
	for (unsigned i = 0; i < workers; i++) {
		sources->records[i] = mem_zero(SOURCES_MOST, sizeof(**sources->records));
		sources->records[i][SOURCES_OTHERS].tag = TAG_OTHERS;
	}
	return sources;
}

void
sources_free(struct sources *sources)
{
	if (sources == NULL)
		return;
	for (unsigned i = 0; i < sources->workers; i++)
		free(sources->records[i]);
	free(sources);
}

static void
sit_down(struct source_desk *desk, uint16_t number, uint64_t tag)
{
	desk->number = number;
	desk->tag = tag;
	desk->record = &desk->records[number];
}

void
source_desk_init(struct source_desk *desk, struct sources *sources, unsigned worker)
{
	CHECK(worker < sources->workers);
	*desk = (struct source_desk){.sources = sources, .records = sources->records[worker]};
	/* Whoever comes first is looked for. */
	sit_down(desk, SOURCES_OTHERS, TAG_NOBODY);
}

/* When any worker last heard of the one with this tag. */
static int64_t
last_seen(const struct sources *sources, uint16_t number, uint64_t tag)
{
	int64_t newest = 0;

	for (unsigned i = 0; i < sources->workers; i++) {
		const struct source_record *record = &sources->records[i][number];
		int64_t seen = (int64_t)counter_get(&record->seen_ns);

		if (atomic_load_explicit(&record->tag, memory_order_acquire) == tag &&
		    seen > newest)
			newest = seen;
	}
	return newest;
}

/* Put a tag in the place of what was there. */
static bool
claim(struct sources *sources, uint16_t number, uint64_t old, uint64_t tag)
{
	return atomic_compare_exchange_strong_explicit(&sources->place[number], &old,
	    place_of(tag, 0), memory_order_relaxed, memory_order_relaxed);
}

/* The place of a tag: the one it has, or else the first that is free, if a
 * search comes to one. SOURCES_OTHERS: neither. */
static uint16_t
find_place(struct sources *sources, uint64_t hash, uint64_t tag)
{
	for (unsigned i = 0; i < REACH;) {
		uint16_t number = nth_place(hash, i);
		uint64_t place =
		    atomic_load_explicit(&sources->place[number], memory_order_relaxed);

		if (place_tag(place) == tag || (place == 0 && claim(sources, number, 0, tag)))
			return number;
		/* Lost to another worker: look who it is now. */
		i += place != 0;
	}
	return SOURCES_OTHERS;
}

/* The first place that may change hands, taken. SOURCES_OTHERS: there is none. */
static uint16_t
take_over_place(struct source_desk *desk, uint64_t hash, uint64_t tag)
{
	struct sources *sources = desk->sources;

	if (desk->now_ns < desk->again_ns)
		return SOURCES_OTHERS;
	for (unsigned i = 0; i < REACH; i++) {
		uint16_t number = nth_place(hash, i);
		uint64_t place =
		    atomic_load_explicit(&sources->place[number], memory_order_relaxed);

		if (number != SOURCES_OTHERS && place_series(place) == 0 &&
		    desk->now_ns - last_seen(sources, number, place_tag(place)) >=
			SOURCES_IDLE_NS &&
		    claim(sources, number, place, tag))
			return find_place(sources, hash, tag);
	}
	desk->again_ns = desk->now_ns + AGAIN_NS;
	return SOURCES_OTHERS;
}

/* The record is about someone else from now on. */
static void
rewrite_record(struct source_record *record, uint64_t tag, const uint8_t *address)
{
	uint64_t words[2];

	memcpy(words, address, SOURCE_BYTES);
	/* Release, so that whoever reads a figure of the new one's (acquire) finds
	 * that the tag has changed. */
	atomic_store_explicit(&record->tag, 0, memory_order_relaxed);
	for (size_t i = 0; i < 2; i++)
		atomic_store_explicit(&record->address[i], words[i], memory_order_release);
	atomic_store_explicit(&record->lines, 0, memory_order_release);
	atomic_store_explicit(&record->refused, 0, memory_order_release);
	atomic_store_explicit(&record->series_refused, 0, memory_order_release);
	atomic_store_explicit(&record->seen_ns, 0, memory_order_release);
	atomic_store_explicit(&record->tag, tag, memory_order_release);
}

void
source_desk_find(struct source_desk *desk, const uint8_t *address)
{
	uint64_t hash = hash_any((const char *)address, SOURCE_BYTES);
	uint64_t tag = hash_tag(hash);
	uint16_t number = find_place(desk->sources, hash, tag);

	if (number == SOURCES_OTHERS)
		number = take_over_place(desk, hash, tag);
	memcpy(desk->address, address, SOURCE_BYTES);
	if (number == SOURCES_OTHERS) {
		/* And it is looked for again when it comes again. */
		sit_down(desk, SOURCES_OTHERS, TAG_NOBODY);
		return;
	}
	sit_down(desk, number, tag);
	if (counter_get(&desk->record->tag) != tag)
		rewrite_record(desk->record, tag, address);
}

bool
source_desk_take_series(struct source_desk *desk, uint16_t *number_out)
{
	struct sources *sources = desk->sources;

	*number_out = SOURCES_OTHERS;
	if (sources == NULL)
		return true;
	for (;;) {
		_Atomic uint64_t *at = &sources->place[desk->number];
		uint64_t place = atomic_load_explicit(at, memory_order_relaxed);

		if (desk->number != SOURCES_OTHERS && place_tag(place) != desk->tag) {
			source_desk_find(desk, desk->address);
			continue;
		}
		if (desk->number != SOURCES_OTHERS && sources->series_most > 0 &&
		    place_series(place) >= (uint64_t)sources->series_most)
			return false;
		CHECK(place_series(place) < SOURCES_SERIES_MOST);
		*number_out = desk->number;
		if (atomic_compare_exchange_weak_explicit(
			at, &place, place + 1, memory_order_relaxed, memory_order_relaxed))
			return true;
	}
}

void
sources_give_series(struct sources *sources, uint16_t number)
{
	uint64_t before =
	    atomic_fetch_sub_explicit(&sources->place[number], 1, memory_order_relaxed);

	CHECK(place_series(before) > 0);
}

void
source_desk_refuse_series(struct source_desk *desk)
{
	if (desk->sources != NULL)
		counter_add(&desk->record->series_refused, 1);
}

/* What one worker's record says, if it is about that tag all the while. */
static bool
read_record(const struct source_record *record, uint64_t tag, struct source_figures *out)
{
	uint64_t words[2];

	if (atomic_load_explicit(&record->tag, memory_order_acquire) != tag)
		return false;
	for (size_t i = 0; i < 2; i++)
		words[i] = atomic_load_explicit(&record->address[i], memory_order_acquire);
	memcpy(out->address, words, SOURCE_BYTES);
	out->lines = atomic_load_explicit(&record->lines, memory_order_acquire);
	out->refused = atomic_load_explicit(&record->refused, memory_order_acquire);
	out->series_refused = atomic_load_explicit(&record->series_refused, memory_order_acquire);
	out->seen_ns = (int64_t)atomic_load_explicit(&record->seen_ns, memory_order_acquire);
	return atomic_load_explicit(&record->tag, memory_order_relaxed) == tag;
}

/* Returns false of a place that nobody has told anything about yet. */
static bool
read_place(const struct sources *sources, uint16_t number, struct source_figures *out)
{
	uint64_t place = atomic_load_explicit(&sources->place[number], memory_order_relaxed);
	bool known = false;

	*out = (struct source_figures){
	    .others = number == SOURCES_OTHERS, .series = place_series(place)};
	for (unsigned i = 0; i < sources->workers && place != 0; i++) {
		struct source_figures one;

		if (!read_record(&sources->records[i][number], place_tag(place), &one))
			continue;
		known = true;
		memcpy(out->address, one.address, SOURCE_BYTES);
		out->lines += one.lines;
		out->refused += one.refused;
		out->series_refused += one.series_refused;
		if (one.seen_ns > out->seen_ns)
			out->seen_ns = one.seen_ns;
	}
	return known && (!out->others || out->lines > 0);
}

size_t
sources_read(const struct sources *sources, struct source_figures *figures_out)
{
	size_t count = 0;

	for (uint16_t number = 0; number < SOURCES_MOST; number++)
		count += read_place(sources, number, &figures_out[count]);
	return count;
}
