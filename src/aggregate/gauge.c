/* SPDX-License-Identifier: MIT */
/* gauge.c -- gauges, absolute and relative, that several workers may see. */

#include "aggregate/gauge.h"

#include "base/number.h"

#include <stddef.h>

#define DELTAS_AT_FIRST 4

static void
add_delta(struct gauge_record *record, struct arena *arena, double delta)
{
	if (record->count == GAUGE_DELTAS_MOST) {
		double *last = &record->deltas[GAUGE_DELTAS_MOST - 1];

		*last = number_add(*last, delta);
		return;
	}
	if (record->count == record->cap) {
		uint32_t cap = record->cap == 0 ? DELTAS_AT_FIRST : record->cap * 2;
		double *deltas = arena_alloc(arena, cap * sizeof(*deltas));

		if (record->count > 0)
			memcpy(deltas, record->deltas, record->count * sizeof(*deltas));
		record->deltas = deltas;
		record->cap = cap;
	}
	record->deltas[record->count++] = delta;
}

struct gauge_record *
gauge_fold(
    struct gauge_record *record, struct arena *arena, const struct sample *sample, uint64_t stamp)
{
	if (record == NULL) {
		record = arena_alloc(arena, sizeof(*record));
		*record = (struct gauge_record){0};
	}
	if (!sample->relative) {
		record->absolute = sample->value;
		record->absolute_stamp = stamp;
		record->count = 0;
		record->first_delta = record->last_delta = 0;
		return record;
	}
	add_delta(record, arena, sample->value);
	record->last_delta = stamp;
	if (record->first_delta == 0)
		record->first_delta = stamp;
	return record;
}

unsigned
gauge_merge(struct gauge_base *base, const struct record *records)
{
	const struct record *newest = NULL;
	unsigned straddling = 0;

	for (const struct record *at = records; at != NULL; at = at->next) {
		const struct gauge_record *record = (const struct gauge_record *)at;

		if (record->absolute_stamp > base->stamp) {
			base->value = record->absolute;
			base->stamp = record->absolute_stamp;
			newest = at;
		}
	}
	for (const struct record *at = records; at != NULL; at = at->next) {
		const struct gauge_record *record = (const struct gauge_record *)at;

		if (record->last_delta == 0 || record->last_delta < base->stamp)
			continue;
		if (at != newest && record->first_delta < base->stamp)
			straddling++;
		for (uint32_t i = 0; i < record->count; i++)
			base->value = number_add(base->value, record->deltas[i]);
	}
	return straddling;
}
