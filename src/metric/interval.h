/* SPDX-License-Identifier: MIT */
/* interval.h -- the one noun of time: a half-open span [opened, closed) of
 * UTC between two boundaries, and its place in the sequence of flushes. */

#pragma once

#include <stdint.h>

struct interval {
	uint64_t seq;      /* 1, 2, 3 ...: one per flush of this process */
	int64_t opened_ns; /* boundary before, UTC epoch */
	int64_t closed_ns; /* boundary after */
};

/* What rates divide by. */
static inline int64_t
interval_length_ns(const struct interval *interval)
{
	return interval->closed_ns - interval->opened_ns;
}

static inline double
interval_seconds(const struct interval *interval)
{
	return (double)interval_length_ns(interval) / 1e9;
}
