/* SPDX-License-Identifier: MIT */
/* scheme.h -- what each naming scheme is: its namespaces, and which figures
 * of a timer it gives, in which order and by which rules. For naming only. */

#pragma once

#include "metric/naming.h"

/* What `prefix` and `counters` are unless they are given: the scheme's. */
#define SCHEME_AUTO "auto"

/* A number that a scheme gives of a timer. */
enum figure {
	FIGURE_COUNT,
	FIGURE_COUNT_PS,
	FIGURE_LOWER,
	FIGURE_UPPER,
	FIGURE_SUM,
	FIGURE_SUM_PS,
	FIGURE_SUM_SQUARES,
	FIGURE_MEAN,
	FIGURE_MEDIAN,
	FIGURE_MEDIAN_RANKED, /* the 50th percentile by the scheme's rule: no mean of two */
	FIGURE_DEVIATION,
	FIGURE_DEVIATION_SAMPLE,
};

struct spelt {
	enum figure figure;
	enum statistic statistic; /* it is given where this one of StatsD's is wanted */
	const char *name;
};

#define SCHEME_PERCENTILES_MAX 5

/* How a scheme speaks of timers. Lists of figures end without a name. */
struct scheme {
	enum rank_rule rule;
	/* Its own, up to a 0; none: timers.percentiles. */
	double percentiles[SCHEME_PERCENTILES_MAX];
	const struct spelt *before, *after; /* the percentiles */
	const struct spelt *idle;           /* of a timer without values */
	bool forgets; /* it sends no counters and sets that had no sample either */
};

const struct scheme *scheme_of(const struct naming *naming);

/* First and, of counters, second component; empty: none. */
const char *scheme_prefix(const struct naming *naming);
const char *scheme_counters(const struct naming *naming);

/* Can the scheme have this percentile? Only StatsD counts from the top. */
bool scheme_has_percent(const struct naming *naming, double percent);

/* The percentiles of the sink's choice, else of its scheme; returns how many.
 * 0: the usual ones. */
size_t scheme_percents(
    const struct naming *naming, const struct naming_choice *choice, const double **percents_out);

/* NULL: the row has no such percentile. */
const struct quantile *
scheme_quantile(const struct timer_row *timer, double percent, enum rank_rule rule);

/* Of a timer that has values, or else its count and rate. */
double scheme_value(
    const struct naming *naming, const struct timer_row *timer, enum figure figure, double seconds);
