/* SPDX-License-Identifier: MIT */
/* merge.h -- from the sealed windows of all workers into the series of the
 * catalog: what one interval brought, and when it counts. No threads, no
 * clock.
 *
 * A flush is merge_windows(), then the rows of the series, then merge_end(). */

#pragma once

#include "flush/catalog.h"
#include "flush/dated.h"
#include "flush/totals.h"
#include "metric/interval.h"

struct merge {
	const struct flush_settings *settings;
	struct catalog catalog;
	struct totals totals;
	struct dated_queue dated;
	struct interval interval; /* of the flush under way */
	uint64_t hits;            /* samples in its windows */
	uint64_t late;            /* of those with a time of their own, too late or too many */
};

/* kinds_clash: a sink's names do not tell all kinds apart. */
void merge_init(struct merge *merge, const struct flush_settings *settings, bool kinds_clash);
void merge_fini(struct merge *merge);

/* Every window of one interval, in any order. The records in them are chained
 * to their series and must live until the rows have been made. */
void merge_windows(struct merge *merge, struct window *const *windows, size_t count,
    const struct interval *interval);

/* Has so much of the time `span_ns` passed since the series' last sample that
 * it is over? Counted in intervals: no step of the clock ends or prolongs
 * it. */
bool merge_is_over(const struct merge *merge, uint32_t seen_seq, int64_t span_ns);

/* Does a value that brought its time belong to the same point as what came
 * without one? Exact ones do not; but where that point is of just their time,
 * what came without one stands there. */
bool merge_is_current(const struct merge *merge, const struct dated_value *value);

/* What a point of this flush is sent with, if nothing of it brought a time. */
int64_t merge_point_ns(const struct merge *merge);

/* The rows have been made. */
void merge_end(struct merge *merge);
