/* SPDX-License-Identifier: MIT */
/* statistic.c -- what can be said of a timer. */

#include "metric/statistic.h"

#include <math.h>

const char *const statistic_choices[] = {
    "all",
    [1 + STATISTIC_COUNT] = "count",
    [1 + STATISTIC_COUNT_PS] = "count_ps",
    [1 + STATISTIC_LOWER] = "lower",
    [1 + STATISTIC_UPPER] = "upper",
    [1 + STATISTIC_SUM] = "sum",
    [1 + STATISTIC_SUM_SQUARES] = "sum_squares",
    [1 + STATISTIC_MEAN] = "mean",
    [1 + STATISTIC_MEDIAN] = "median",
    [1 + STATISTIC_STD] = "std",
    [1 + STATISTIC_HISTOGRAM] = "histogram",
    [1 + STATISTIC_COUNT_PERCENT] = "count_percent",
    [1 + STATISTIC_MEAN_PERCENT] = "mean_percent",
    [1 + STATISTIC_UPPER_PERCENT] = "upper_percent",
    [1 + STATISTIC_LOWER_PERCENT] = "lower_percent",
    [1 + STATISTIC_SUM_PERCENT] = "sum_percent",
    [1 + STATISTIC_SUM_SQUARES_PERCENT] = "sum_squares_percent",
    [1 + STATISTICS] = NULL,
};

statistic_mask
statistic_set(const int *choices, size_t count)
{
	statistic_mask mask = 0;

	for (size_t i = 0; i < count; i++)
		mask |= choices[i] == 0 ? STATISTICS_ALL : UINT32_C(1) << (choices[i] - 1);
	return mask;
}

/* To the nearest whole number, a half upwards, as JavaScript rounds. */
static double
round_up_half(double value)
{
	double whole = floor(value);

	return value - whole >= 0.5 ? whole + 1 : whole;
}

/* Upwards to a whole number, but not from what is one but for the rounding of
 * the percentage: 99.9 % of 1000 are 999. */
static double
round_up(double value)
{
	double whole = floor(value + 0.5);

	return fabs(value - whole) < 1e-12 * whole ? whole : ceil(value);
}

static uint64_t
within(double rank, uint64_t n)
{
	if (rank >= (double)n)
		return n;
	return rank > 0 ? (uint64_t)rank : 0;
}

uint64_t
statistic_rank(enum rank_rule rule, double percent, uint64_t n)
{
	uint64_t rank = 0;

	switch (rule) {
	case RANK_STATSD:
		if (n == 1)
			return 1;
		return within(round_up_half(fabs(percent) / 100 * (double)n), n);
	case RANK_STATSITE: rank = within(round_up(percent / 100 * (double)n), n); break;
	case RANK_BRUBECK:
		rank = within(floorf((float)(percent / 100) * (float)n + 0.5F), n);
		break;
	}
	return rank > 0 ? rank : 1;
}

const char *
statistic_percents_problem(const double *percents, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (percents[i] == 0)
			return "the percentile 0 holds no value";
		for (size_t j = 0; j < i; j++)
			if (percents[i] == percents[j])
				return "a percentile stands there twice";
	}
	return NULL;
}
