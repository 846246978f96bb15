/* SPDX-License-Identifier: MIT */
/* gauge.c -- gauges, absolute and relative, that several workers may see. */

#include "aggregate/gauge.h"

#include "base/number.h"

#include <stddef.h>
#include <string.h>

#define DELTAS_AT_FIRST 4

static void
add_delta(struct gauge_record *record, struct arena *arena, double value, uint64_t stamp)
{
	if (record->count == GAUGE_DELTAS_MOST) {
		struct gauge_delta *last = &record->deltas[GAUGE_DELTAS_MOST - 1];

		if (record->summed_from == 0)
			record->summed_from = last->stamp;
		*last = (struct gauge_delta){number_add(last->value, value), stamp};
		return;
	}
	if (record->count == record->cap) {
		uint32_t cap = record->cap == 0 ? DELTAS_AT_FIRST : record->cap * 2;
		struct gauge_delta *deltas = arena_alloc(arena, cap * sizeof(*deltas));

		if (record->count > 0)
			memcpy(deltas, record->deltas, record->count * sizeof(*deltas));
		record->deltas = deltas;
		record->cap = cap;
	}
	record->deltas[record->count++] = (struct gauge_delta){value, stamp};
}

struct gauge_record *
gauge_fold(
    struct gauge_record *record, struct arena *arena, const struct sample *sample, uint64_t stamp)
{
	if (record == NULL) {
		record = arena_alloc(arena, sizeof(*record));
		*record = (struct gauge_record){0};
	}
	if (sample->relative) {
		add_delta(record, arena, sample->value, stamp);
		return record;
	}
	record->absolute = sample->value;
	record->absolute_stamp = stamp;
	record->count = 0;
	record->summed_from = 0;
	return record;
}

/* The newest absolute value of all, if it is newer than what there is. */
static void
take_absolute(struct gauge_base *base, struct record *records)
{
	for (struct record *at = records; at != NULL; at = at->next) {
		struct gauge_record *record = (struct gauge_record *)at;

		record->merged = 0;
		if (record->absolute_stamp <= base->stamp)
			continue;
		base->value = record->absolute;
		base->stamp = record->absolute_stamp;
	}
}

/* Pass over what came before the absolute value. True: it came in the midst
 * of a sum. */
static bool
skip_older(struct gauge_record *record, uint64_t stamp)
{
	while (record->merged < record->count && record->deltas[record->merged].stamp < stamp)
		record->merged++;
	return record->merged < record->count && record->summed_from != 0 &&
	    record->summed_from < stamp && record->merged == record->count - 1;
}

/* The record whose next delta is the oldest; NULL: there are none left. */
static struct gauge_record *
oldest_of(struct record *records)
{
	struct gauge_record *oldest = NULL;

	for (struct record *at = records; at != NULL; at = at->next) {
		struct gauge_record *record = (struct gauge_record *)at;

		if (record->merged < record->count &&
		    (oldest == NULL ||
			record->deltas[record->merged].stamp <
			    oldest->deltas[oldest->merged].stamp))
			oldest = record;
	}
	return oldest;
}

unsigned
gauge_merge(struct gauge_base *base, struct record *records)
{
	struct gauge_record *record;
	unsigned straddling = 0;

	take_absolute(base, records);
	for (struct record *at = records; at != NULL; at = at->next)
		straddling += skip_older((struct gauge_record *)at, base->stamp);
	while ((record = oldest_of(records)) != NULL)
		base->value = number_add(base->value, record->deltas[record->merged++].value);
	return straddling;
}
