/* SPDX-License-Identifier: MIT */
/* scheme.c -- what each naming scheme is. */

#include "metric/scheme.h"

#include <math.h>
#include <string.h>

static const struct spelt statsd_figures[] = {
    {FIGURE_DEVIATION, STATISTIC_STD, "std"},
    {FIGURE_UPPER, STATISTIC_UPPER, "upper"},
    {FIGURE_LOWER, STATISTIC_LOWER, "lower"},
    {FIGURE_COUNT, STATISTIC_COUNT, "count"},
    {FIGURE_COUNT_PS, STATISTIC_COUNT_PS, "count_ps"},
    {FIGURE_SUM, STATISTIC_SUM, "sum"},
    {FIGURE_SUM_SQUARES, STATISTIC_SUM_SQUARES, "sum_squares"},
    {FIGURE_MEAN, STATISTIC_MEAN, "mean"},
    {FIGURE_MEDIAN, STATISTIC_MEDIAN, "median"},
    {0},
};

static const struct spelt statsite_figures[] = {
    {FIGURE_SUM, STATISTIC_SUM, "sum"},
    {FIGURE_SUM_SQUARES, STATISTIC_SUM_SQUARES, "sum_sq"},
    {FIGURE_MEAN, STATISTIC_MEAN, "mean"},
    {FIGURE_LOWER, STATISTIC_LOWER, "lower"},
    {FIGURE_UPPER, STATISTIC_UPPER, "upper"},
    {FIGURE_COUNT, STATISTIC_COUNT, "count"},
    {FIGURE_DEVIATION_SAMPLE, STATISTIC_STD, "stdev"},
    {0},
};

static const struct spelt statsite_rates[] = {
    {FIGURE_SUM_PS, STATISTIC_SUM, "rate"},
    {FIGURE_COUNT_PS, STATISTIC_COUNT_PS, "sample_rate"},
    {0},
};

static const struct spelt brubeck_figures[] = {
    {FIGURE_COUNT, STATISTIC_COUNT, "count"},
    {FIGURE_COUNT_PS, STATISTIC_COUNT_PS, "count_ps"},
    {FIGURE_LOWER, STATISTIC_LOWER, "min"},
    {FIGURE_UPPER, STATISTIC_UPPER, "max"},
    {FIGURE_SUM, STATISTIC_SUM, "sum"},
    {FIGURE_MEAN, STATISTIC_MEAN, "mean"},
    {FIGURE_MEDIAN_RANKED, STATISTIC_MEDIAN, "median"},
    {0},
};

static const struct spelt idle_figures[] = {
    {FIGURE_COUNT, STATISTIC_COUNT, "count"},
    {FIGURE_COUNT_PS, STATISTIC_COUNT_PS, "count_ps"},
    {0},
};

static const struct spelt no_figures[] = {{0}};

#define STATSD_SCHEME                                                               \
	{                                                                           \
		.rule = RANK_STATSD, .before = no_figures, .after = statsd_figures, \
		.idle = idle_figures,                                               \
	}

static const struct scheme schemes[] = {
    [NAMING_STATSD] = STATSD_SCHEME,
    [NAMING_STATSD_LEGACY] = STATSD_SCHEME,
    [NAMING_STATSITE] = {RANK_STATSITE, {50, 95, 99}, statsite_figures, statsite_rates, no_figures,
	true},
    [NAMING_BRUBECK] = {RANK_BRUBECK, {75, 95, 98, 99, 99.9}, brubeck_figures, no_figures,
	idle_figures, false},
    [NAMING_PLAIN] = STATSD_SCHEME,
};

const struct scheme *
scheme_of(const struct naming *naming)
{
	return &schemes[naming->scheme];
}

/* Asked for every row: no call. */
static inline bool
is_auto(const char *component)
{
	for (size_t i = 0; i < sizeof(SCHEME_AUTO); i++)
		if (component[i] != SCHEME_AUTO[i])
			return false;
	return true;
}

const char *
scheme_prefix(const struct naming *naming)
{
	if (naming->scheme == NAMING_STATSD_LEGACY)
		return "stats";
	if (!is_auto(naming->prefix))
		return naming->prefix;
	return naming->scheme == NAMING_STATSD ? "stats" : "";
}

const char *
scheme_counters(const struct naming *naming)
{
	if (!is_auto(naming->counters))
		return naming->counters;
	return naming->scheme == NAMING_STATSITE ? "counts" : "counters";
}

bool
scheme_has_percent(const struct naming *naming, double percent)
{
	return percent > 0 || scheme_of(naming)->rule == RANK_STATSD;
}

size_t
scheme_percents(
    const struct naming *naming, const struct naming_choice *choice, const double **percents_out)
{
	const struct scheme *scheme = scheme_of(naming);
	size_t count = 0;

	*percents_out = choice->percentiles.at;
	if (choice->percentiles.count > 0)
		return choice->percentiles.count;
	*percents_out = scheme->percentiles;
	while (count < SCHEME_PERCENTILES_MAX && scheme->percentiles[count] != 0)
		count++;
	return count;
}

/* Of a sample: what statsite calls the standard deviation. Where values are
 * weighted, so are both sums. Past a double's range of squares it follows from
 * that of all values. */
static double
sample_deviation(const struct timer_row *timer)
{
	double n = timer->weighted ? timer->count : (double)timer->n;
	double spread = n * timer->sum_squares - timer->sum * timer->sum;

	if (n <= 1)
		return 0;
	if (!isfinite(spread))
		return timer->deviation * sqrt(n / (n - 1));
	return spread > 0 ? sqrt(spread / (n * (n - 1))) : 0;
}

const struct quantile *
scheme_quantile(const struct timer_row *timer, double percent, enum rank_rule rule)
{
	for (size_t i = 0; i < timer->quantiles; i++) {
		const struct percentile *asked = &timer->quantile[i].asked;

		if (asked->percent == percent && asked->rule == rule)
			return &timer->quantile[i];
	}
	return NULL;
}

double
scheme_value(
    const struct naming *naming, const struct timer_row *timer, enum figure figure, double seconds)
{
	const struct quantile *half;

	switch (figure) {
	case FIGURE_COUNT: return timer->count;
	case FIGURE_COUNT_PS: return timer->count / seconds;
	case FIGURE_LOWER: return timer->lower;
	case FIGURE_UPPER: return timer->upper;
	case FIGURE_SUM: return timer->sum;
	case FIGURE_SUM_PS: return timer->sum / seconds;
	case FIGURE_SUM_SQUARES: return timer->sum_squares;
	case FIGURE_MEAN: return timer->mean;
	case FIGURE_MEDIAN: return timer->median;
	case FIGURE_MEDIAN_RANKED:
		half = scheme_quantile(timer, 50, scheme_of(naming)->rule);
		return half != NULL && half->count > 0 ? half->boundary : timer->median;
	case FIGURE_DEVIATION: return timer->deviation;
	case FIGURE_DEVIATION_SAMPLE: return sample_deviation(timer);
	}
	return 0;
}
