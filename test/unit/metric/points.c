/* SPDX-License-Identifier: MIT */
/* points.c -- rows, and the points they become. */

#include "test/unit/metric/points.h"

#include <check.h>
#include <stdio.h>

struct naming
naming_of(enum naming_scheme scheme)
{
	static char prefix[] = "auto", counters[] = "auto", timers[] = "timers",
		    gauges[] = "gauges", sets[] = "sets", none[] = "";

	return (struct naming){
	    .scheme = (int)scheme,
	    .prefix = prefix,
	    .counters = counters,
	    .timers = timers,
	    .gauges = gauges,
	    .sets = sets,
	    .suffix = none,
	    .counts = true,
	    .rates = true,
	};
}

void
note_point(void *arg, const char *name, size_t name_len, double value)
{
	text_printf(arg, "%.*s=%.17g\n", (int)name_len, name, value);
}

struct row
row_of(enum kind kind, const char *name, const char *tags)
{
	static char keys[8][512];
	static size_t used;
	char *key = keys[used++ % 8];

	snprintf(key, sizeof(keys[0]), "%s%s", name, tags);
	return (struct row){
	    .kind = kind,
	    .name = key,
	    .name_len = (uint16_t)strlen(name),
	    .tags_len = (uint16_t)strlen(tags),
	};
}

static const struct naming_choice no_choice;

void
must_give_chosen(const struct naming *naming, enum naming_tags tags,
    const struct naming_choice *choice, const struct row *row, const char *expected)
{
	struct text names = {0}, points = {0};
	struct speller speller;
	size_t lines = 0;

	speller_init(&speller, naming, tags, choice);
	naming_points(&speller, row, 10, &names, note_point, &points);
	ck_assert_str_eq(text_string(&points), expected);
	for (const char *at = expected; *at != '\0'; at++)
		lines += *at == '\n';
	ck_assert_uint_eq(naming_count(naming, choice, row), lines);
	text_fini(&names);
	text_fini(&points);
}

void
must_give(
    const struct naming *naming, enum naming_tags tags, const struct row *row, const char *expected)
{
	must_give_chosen(naming, tags, &no_choice, row, expected);
}

/* A timer that a test may change. */
union timer {
	struct timer_row row;
	char room[sizeof(struct timer_row) + QUANTILES_MAX * sizeof(struct quantile)];
};

struct quantile *
add_quantile(struct timer_row *timer, double percent, enum rank_rule rule, double boundary)
{
	struct quantile *q = &timer->quantile[timer->quantiles++];

	*q = (struct quantile){
	    .asked = {percent, rule},
	    .usual = rule == RANK_STATSD,
	    .count = 1,
	    .boundary = boundary,
	};
	return q;
}

struct timer_row *
timer_of(void)
{
	static union timer at;
	struct quantile *q;

	at.row = (struct timer_row){
	    .n = 3,
	    .count = 30,
	    .sum = 600,
	    .sum_squares = 140000,
	    .mean = 200,
	    .deviation = 81.5,
	    .lower = 100,
	    .upper = 300,
	    .median = 200,
	    .statistics = STATISTICS_ALL,
	};
	q = add_quantile(&at.row, 99.9, RANK_STATSD, 300);
	*q = (struct quantile){q->asked, true, 3, 300, 200, 600, 140000};
	q = add_quantile(&at.row, 10, RANK_STATSD, 0);
	q->count = 0;
	q = add_quantile(&at.row, -80, RANK_STATSD, 0);
	*q = (struct quantile){q->asked, true, 2, 200, 250, 500, 130000};
	q = add_quantile(&at.row, -99.5, RANK_STATSD, 0);
	*q = (struct quantile){q->asked, true, 3, 100, 200, 600, 140000};
	return &at.row;
}

void
add_others(struct timer_row *timer)
{
	static const double percents[] = {50, 75, 95, 98, 99, 99.9};

	for (size_t i = 0; i < 6; i++) {
		add_quantile(timer, percents[i], RANK_STATSITE, 200 + (double)i);
		add_quantile(timer, percents[i], RANK_BRUBECK, 210 + (double)i);
	}
}
