/* SPDX-License-Identifier: MIT */
/* total.c -- counters whose clients send what they have counted so far. */

#include "aggregate/total.h"

#include "base/number.h"

#include <stddef.h>

/* What was counted between two totals, of which the second is the later one. */
static double
growth(double before, double after)
{
	return after < before ? after : number_add(after, -before);
}

struct total_record *
total_fold(
    struct total_record *record, struct arena *arena, const struct sample *sample, uint64_t stamp)
{
	double total = sample->value;

	if (record == NULL) {
		record = arena_alloc(arena, sizeof(*record));
		*record =
		    (struct total_record){.first = total, .total = total, .first_stamp = stamp};
	}
	record->grown = number_add(record->grown, growth(record->total, total));
	record->total = total;
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

static const struct total_record *
oldest_of(const struct record *records)
{
	const struct total_record *oldest = (const struct total_record *)records;

	for (const struct record *at = records->next; at != NULL; at = at->next) {
		const struct total_record *record = (const struct total_record *)at;

		if (record->first_stamp < oldest->first_stamp ||
		    (record->first_stamp == oldest->first_stamp && record->first < oldest->first))
			oldest = record;
	}
	return oldest;
}

double
total_merge(struct total_base *base, const struct record *records)
{
	const struct total_record *newest = newest_of(records);
	bool alone = records->next == NULL && newest->first_stamp > base->stamp;

	if (newest->stamp <= base->stamp)
		return 0;
	double before = base->stamp != 0 ? base->total : oldest_of(records)->first;

	*base = (struct total_base){newest->total, newest->stamp};
	return alone ? number_add(growth(before, newest->first), newest->grown)
		     : growth(before, newest->total);
}
