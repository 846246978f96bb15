/* SPDX-License-Identifier: MIT */
/* statistic.h -- what can be said of a timer, by StatsD's names, and which of
 * its values a percentile is. */

#pragma once

#include <stddef.h>
#include <stdint.h>

enum statistic {
	STATISTIC_COUNT,
	STATISTIC_COUNT_PS,
	STATISTIC_LOWER,
	STATISTIC_UPPER,
	STATISTIC_SUM,
	STATISTIC_SUM_SQUARES,
	STATISTIC_MEAN,
	STATISTIC_MEDIAN,
	STATISTIC_STD,
	STATISTIC_HISTOGRAM,
	STATISTIC_COUNT_PERCENT, /* of each percentile: count_90 */
	STATISTIC_MEAN_PERCENT,
	STATISTIC_UPPER_PERCENT,
	STATISTIC_LOWER_PERCENT,
	STATISTIC_SUM_PERCENT,
	STATISTIC_SUM_SQUARES_PERCENT,
	STATISTICS,
};

/* A set of them, one bit each. */
typedef uint32_t statistic_mask;
#define STATISTICS_ALL ((UINT32_C(1) << STATISTICS) - 1)

/* The choices of a configuration: "all", then those above, in StatsD's words
 * (calculatedTimerMetrics); NULL-terminated. */
extern const char *const statistic_choices[];

/* The set that a list of indexes into statistic_choices means. */
statistic_mask statistic_set(const int *choices, size_t count);

/* Which of n ascending values the p-th percentile is, counted from 1; 0: none.
 * Without weights. */
enum rank_rule {
	RANK_STATSD,   /* round(p / 100 * n), a half upwards; a single value is in all */
	RANK_STATSITE, /* the least rank that p % of the values do not exceed: ceil */
	RANK_BRUBECK,  /* as StatsD, but in single precision, and 1 at least */
};

/* percent > 0, or of StatsD's rule also < 0, where the size counts. */
uint64_t statistic_rank(enum rank_rule rule, double percent, uint64_t n);

/* NULL: these percentiles can be asked for. Else a sentence: one is 0, or
 * stands there twice. */
const char *statistic_percents_problem(const double *percents, size_t count);

struct percentile {
	double percent; /* 90, 99.9; negative: counted from the top */
	enum rank_rule rule;
};
