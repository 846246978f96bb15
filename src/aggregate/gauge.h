/* SPDX-License-Identifier: MIT */
/* gauge.h -- gauges, absolute and relative, that several workers may see.
 *
 * A record keeps the newest absolute value and the deltas after it, each by
 * itself and with its stamp while they are few. Merging takes the newest
 * absolute value of all workers and adds the deltas that came after it, of
 * whichever worker, in the order of their arrival: what StatsD, which has but
 * one, makes of them. A sum of too many that straddles the absolute value is
 * counted in full, and reported. */

#pragma once

#include "aggregate/entry.h"
#include "base/arena.h"
#include "metric/sample.h"

/* Deltas of a gauge and interval kept one by one; then they are summed. */
#define GAUGE_DELTAS_MOST 64

/* record is NULL for an interval's first sample. Never refuses. */
struct gauge_record *gauge_fold(
    struct gauge_record *record, struct arena *arena, const struct sample *sample, uint64_t stamp);

/* A gauge's state over intervals. */
struct gauge_base {
	double value;
	uint64_t stamp; /* of the absolute value it rests on; 0: none */
};

/* Bring base up to date with one interval's records. Returns how many of
 * them had a sum that straddled. */
unsigned gauge_merge(struct gauge_base *base, struct record *records);
