/* SPDX-License-Identifier: MIT */
/* row.h -- one series in one flush: its identity and every value that any
 * sink may want, computed once. */

#pragma once

#include "metric/kind.h"
#include "metric/statistic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a percentile went (statsd's names): over the `count` values within the
 * threshold, `boundary` being the outermost of them. Weighted: over as much
 * weight. Only RANK_STATSD has more than the boundary. */
struct quantile {
	struct percentile asked;
	bool usual;     /* one of timers.percentiles, or of the series' own rule */
	uint64_t count; /* 0: too few values for this percentile, nothing to publish */
	double boundary, mean, sum, sum_squares;
};

/* How many values lie below each limit and not below the one before. */
struct histogram {
	size_t bins;
	const double *limits; /* ascending, exclusive; INFINITY takes the rest */
	const uint64_t *counts;
};

struct timer_row {
	uint64_t n;   /* values; 0: an idle timer, only count and rate are published */
	double count; /* of values, each weighing 1/rate */
	double sum, sum_squares, mean, deviation, lower, upper, median;
	bool weighted;              /* 1/rate weighs in all statistics, else in count alone */
	bool sketched;              /* percentiles, median and bins are within timers.error */
	bool ruled_percentiles;     /* a rule chose them: every sink takes the usual ones */
	bool ruled_statistics;      /* a rule chose the statistics: every sink takes them */
	statistic_mask statistics;  /* of the rule, or of timers.statistics */
	struct histogram histogram; /* no bins: none */
	size_t quantiles;
	struct quantile quantile[];
};

/* Of a large flush there are millions. */
struct row {
	enum kind kind : 8;
	bool own;  /* the daemon's own series, not a client's */
	bool bare; /* own, and named without a kind's namespace: statsd.numStats */
	bool idle; /* no sample in this flush; repeated or zero */
	uint16_t name_len, tags_len;
	const char *name;     /* canonical; no NUL; then the tags, too: row_tags() */
	int64_t timestamp_ns; /* of a sample that brought its own; 0: the batch's */
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

/* Canonical "k:v,k:v", sorted by key; no NUL. */
static inline const char *
row_tags(const struct row *row)
{
	return row->name + row->name_len;
}
