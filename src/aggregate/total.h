/* SPDX-License-Identifier: MIT */
/* total.h -- counters whose clients send what they have counted so far.
 *
 * What was counted is what the total has grown by since the one carried from
 * before. One that has become smaller has begun anew, from 0. What the first
 * one ever says was counted before, nobody knows when, and does not count. Of
 * totals of one source in several workers only the oldest and the newest are
 * compared, as nobody knows what came between: a restart in one interval may
 * hide there what had been counted before it. */

#pragma once

#include "aggregate/entry.h"
#include "base/arena.h"
#include "metric/sample.h"

/* record is NULL for an interval's first sample. Never refuses. */
struct total_record *total_fold(
    struct total_record *record, struct arena *arena, const struct sample *sample, uint64_t stamp);

/* A total over intervals. */
struct total_base {
	double total;
	uint64_t stamp; /* 0: none yet */
};

/* Bring base up to date with one interval's records; returns what was counted
 * since. A total older than the base is not looked at. */
double total_merge(struct total_base *base, const struct record *records);
