/* SPDX-License-Identifier: MIT */
/* total.c -- counters whose clients send what they have counted so far. */

#include "aggregate/total.h"

#include "base/number.h"

#include <stddef.h>

struct total_record *
total_fold(
    struct total_record *record, struct arena *arena, const struct sample *sample, uint64_t stamp)
{
	if (record == NULL) {
		record = arena_alloc(arena, sizeof(*record));
		*record = (struct total_record){0};
	}
	record->total = sample->value;
	record->stamp = stamp;
	return record;
}

/* The newest of all workers; of two that came at once the greater, whatever
 * their order. */
static const struct total_record *
newest_of(const struct record *records)
{
	const struct total_record *newest = (const struct total_record *)records;

	for (const struct record *at = records->next; at != NULL; at = at->next) {
		const struct total_record *record = (const struct total_record *)at;

		if (record->stamp > newest->stamp ||
		    (record->stamp == newest->stamp && record->total > newest->total))
			newest = record;
	}
	return newest;
}

double
total_merge(struct total_base *base, const struct record *records)
{
	const struct total_record *newest = newest_of(records);
	double before = base->total;
	bool first = base->stamp == 0;

	if (newest->stamp <= base->stamp)
		return 0;
	*base = (struct total_base){newest->total, newest->stamp};
	if (first)
		return 0;
	return newest->total < before ? newest->total : number_add(newest->total, -before);
}
