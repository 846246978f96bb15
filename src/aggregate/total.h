/* SPDX-License-Identifier: MIT */
/* total.h -- counters whose clients send what they have counted so far.
 *
 * The newest total less the one carried from before is what was counted
 * since. A total that has become smaller has begun anew, from 0. The first
 * one ever says nothing: nobody knows when it was counted. */

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
