/* SPDX-License-Identifier: MIT */
/* gauge.c -- gauges, absolute and relative, that several workers may see. */

#include "aggregate/gauge.h"

#include "base/number.h"

#include <stddef.h>

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
		record->delta = 0;
		record->first_delta = record->last_delta = 0;
		return record;
	}
	record->delta = number_add(record->delta, sample->value);
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
		base->value = number_add(base->value, record->delta);
	}
	return straddling;
}
