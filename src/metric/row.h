/* SPDX-License-Identifier: MIT */
/* row.h -- one series in one flush: its identity and every value that any
 * sink may want, computed once. */

#pragma once

#include "metric/kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a percentile went (statsd's names): over the `count` values within the
 * threshold, `boundary` being the outermost of them. */
struct quantile {
	double percent; /* 90, 99.9; negative: counted from the top */
	uint64_t count; /* 0: too few values for this percentile, nothing to publish */
	double boundary, mean, sum, sum_squares;
};

struct timer_row {
	uint64_t n;   /* values; 0: an idle timer, only count and rate are published */
	double count; /* of values, each weighing 1/rate */
	double sum, sum_squares, mean, deviation, lower, upper, median;
	size_t quantiles;
	struct quantile quantile[];
};

struct row {
	enum kind kind;
	bool own;  /* the daemon's own series, not a client's */
	bool bare; /* own, and named without a kind's namespace: statsd.numStats */
	bool idle; /* no sample in this flush; repeated or zero */
	uint16_t name_len, tags_len;
	const char *name; /* canonical; no NUL */
	const char *tags; /* canonical "k:v,k:v", sorted by key; no NUL */
	union {
		struct {
			double delta; /* within this interval */
			double total; /* since the daemon first saw it */
		} counter;
		struct {
			double value;
		} gauge;
		struct {
			uint64_t count; /* distinct members */
		} set;
		const struct timer_row *timer;
	};
};
