/* SPDX-License-Identifier: MIT */
/* naming_test.c -- names as StatsD spells them, and as we do. */

#include "metric/naming.h"

#include "test/unit/suite.h"

#include <stdio.h>

static const struct interval ten_seconds = {.seq = 1, .opened_ns = 0, .closed_ns = 10000000000};

static struct naming
naming_of(enum naming_scheme scheme)
{
	static char prefix[] = "stats", counters[] = "counters", timers[] = "timers",
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

static void
note_point(void *arg, const char *name, size_t name_len, double value)
{
	text_printf(arg, "%.*s=%.17g\n", (int)name_len, name, value);
}

static struct row
row_of(enum kind kind, const char *name, const char *tags)
{
	struct row row = {
	    .kind = kind,
	    .name = name,
	    .name_len = (uint16_t)strlen(name),
	    .tags = tags,
	    .tags_len = (uint16_t)strlen(tags),
	};

	return row;
}

/* All points as lines of name=value; as many as naming_count() says. */
static void
must_give(
    const struct naming *naming, enum naming_tags tags, const struct row *row, const char *expected)
{
	struct text scratch = {0}, points = {0};
	size_t lines = 0;

	naming_points(naming, tags, row, &ten_seconds, &scratch, note_point, &points);
	ck_assert_str_eq(text_string(&points), expected);
	for (const char *at = expected; *at != '\0'; at++)
		lines += *at == '\n';
	ck_assert_uint_eq(naming_count(naming, row), lines);
	text_fini(&scratch);
	text_fini(&points);
}

START_TEST(counters_gauges_and_sets_are_spelt_as_the_scheme_says)
{
	static const struct {
		enum naming_scheme scheme;
		enum kind kind;
		const char *expected;
	} cases[] = {
	    {NAMING_STATSD, KIND_COUNTER,
		"stats.counters.a.b.rate=5\nstats.counters.a.b.count=50\n"},
	    {NAMING_STATSD, KIND_GAUGE, "stats.gauges.a.b=7.5\n"},
	    {NAMING_STATSD, KIND_SET, "stats.sets.a.b.count=3\n"},
	    {NAMING_STATSD_LEGACY, KIND_COUNTER, "stats.a.b=5\nstats_counts.a.b=50\n"},
	    {NAMING_STATSD_LEGACY, KIND_GAUGE, "stats.gauges.a.b=7.5\n"},
	    {NAMING_STATSD_LEGACY, KIND_SET, "stats.sets.a.b.count=3\n"},
	    {NAMING_PLAIN, KIND_COUNTER, "a.b.rate=5\na.b=50\n"},
	    {NAMING_PLAIN, KIND_GAUGE, "a.b=7.5\n"},
	    {NAMING_PLAIN, KIND_SET, "a.b.count=3\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct row row = row_of(cases[i].kind, "a.b", "");

		if (row.kind == KIND_COUNTER)
			row.counter.delta = 50;
		else if (row.kind == KIND_GAUGE)
			row.gauge.value = 7.5;
		else
			row.set.count = 3;
		must_give(&naming, NAMING_TAGS_GRAPHITE, &row, cases[i].expected);
	}
}
END_TEST

/* [100, 200, 300] at 90 and 80, as statsd's own test has it. */
static struct timer_row *
timer_of(void)
{
	static union {
		struct timer_row row;
		char room[sizeof(struct timer_row) + 4 * sizeof(struct quantile)];
	} at;

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
	    .quantiles = 4,
	};
	at.row.quantile[0] = (struct quantile){99.9, 3, 300, 200, 600, 140000};
	at.row.quantile[1] = (struct quantile){.percent = 10, .count = 0};
	at.row.quantile[2] = (struct quantile){-80, 2, 200, 250, 500, 130000};
	at.row.quantile[3] = (struct quantile){-99.5, 3, 100, 200, 600, 140000};
	return &at.row;
}

#define QUANTILE(head, suffix, percent, outer, count, mean, boundary, sum, squares)              \
	head "count_" percent suffix "=" count "\n" head "mean_" percent suffix "=" mean         \
	     "\n" head outer percent suffix "=" boundary "\n" head "sum_" percent suffix "=" sum \
	     "\n" head "sum_squares_" percent suffix "=" squares "\n"

#define TIMER(head, suffix)                                                                        \
	QUANTILE(head, suffix, "99_9", "upper_", "3", "200", "300", "600", "140000")               \
	QUANTILE(head, suffix, "top80", "lower_", "2", "250", "200", "500", "130000")              \
	QUANTILE(head, suffix, "top99_5", "lower_", "3", "200", "100", "600", "140000")            \
	head "std" suffix "=81.5\n" head "upper" suffix "=300\n" head "lower" suffix "=100\n" head \
	     "count" suffix "=30\n" head "count_ps" suffix "=3\n" head "sum" suffix "=600\n" head  \
	     "sum_squares" suffix "=140000\n" head "mean" suffix "=200\n" head "median" suffix     \
	     "=200\n"

START_TEST(timers_come_in_statsds_order_and_percentiles_without_values_not_at_all)
{
	struct naming naming = naming_of(NAMING_STATSD);
	struct row row = row_of(KIND_TIMER, "t", "");

	row.timer = timer_of();
	must_give(&naming, NAMING_TAGS_NONE, &row, TIMER("stats.timers.t.", ""));
	naming.scheme = NAMING_STATSD_LEGACY;
	must_give(&naming, NAMING_TAGS_NONE, &row, TIMER("stats.timers.t.", ""));
	naming.scheme = NAMING_PLAIN;
	must_give(&naming, NAMING_TAGS_NONE, &row, TIMER("t.", ""));
}
END_TEST

START_TEST(idle_timer_is_its_count_only)
{
	struct naming naming = naming_of(NAMING_STATSD);
	struct row row = row_of(KIND_TIMER, "t", "");
	struct timer_row *timer = timer_of();

	timer->n = 0;
	timer->count = 0;
	row.timer = timer;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row,
	    "stats.timers.t.count=0\nstats.timers.t.count_ps=0\n");
}
END_TEST

START_TEST(suffix_follows_the_statistic_and_tags_follow_the_suffix)
{
	static char suffix[] = "eu";
	struct naming naming = naming_of(NAMING_STATSD);
	struct row row = row_of(KIND_TIMER, "t", "env:prod,url:http:x");

	naming.suffix = suffix;
	row.timer = timer_of();
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row,
	    TIMER("stats.timers.t.", ".eu;env=prod;url=http:x"));
}
END_TEST

START_TEST(tags_go_where_the_setting_says)
{
	static const struct {
		enum naming_scheme scheme;
		enum naming_tags tags;
		const char *expected;
	} cases[] = {
	    {NAMING_STATSD, NAMING_TAGS_GRAPHITE, "stats.gauges.a;flag;ip=10.0.0.1;k.x=v:w=1\n"},
	    {NAMING_STATSD, NAMING_TAGS_PATH, "stats.gauges.a.flag.ip.10_0_0_1.k_x.v:w=1\n"},
	    {NAMING_STATSD, NAMING_TAGS_NONE, "stats.gauges.a=1\n"},
	    {NAMING_PLAIN, NAMING_TAGS_PATH, "a.flag.ip.10_0_0_1.k_x.v:w=1\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct row row = row_of(KIND_GAUGE, "a", "flag,ip:10.0.0.1,k.x:v:w");

		row.gauge.value = 1;
		must_give(&naming, cases[i].tags, &row, cases[i].expected);
	}
}
END_TEST

START_TEST(path_tags_stand_between_name_and_statistic)
{
	struct naming naming = naming_of(NAMING_STATSD_LEGACY);
	struct row row = row_of(KIND_COUNTER, "a", "k:v");

	row.counter.delta = 10;
	must_give(&naming, NAMING_TAGS_PATH, &row, "stats.a.k.v=1\nstats_counts.a.k.v=10\n");
	naming.scheme = NAMING_STATSD;
	must_give(&naming, NAMING_TAGS_PATH, &row,
	    "stats.counters.a.k.v.rate=1\nstats.counters.a.k.v.count=10\n");
}
END_TEST

START_TEST(empty_components_are_left_out)
{
	static char none[] = "", prefix[] = "x.y";
	struct naming naming = naming_of(NAMING_STATSD);
	struct row row = row_of(KIND_GAUGE, "a", "");

	row.gauge.value = 1;
	naming.gauges = none;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row, "stats.a=1\n");
	naming.prefix = none;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row, "a=1\n");
	naming = naming_of(NAMING_STATSD);
	naming.prefix = prefix;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row, "x.y.gauges.a=1\n");
}
END_TEST

START_TEST(legacy_has_namespaces_of_its_own)
{
	static char other[] = "other", suffix[] = "end";
	struct naming naming = naming_of(NAMING_STATSD_LEGACY);
	struct row row = row_of(KIND_COUNTER, "a", "");

	row.counter.delta = 10;
	naming.prefix = naming.counters = other;
	naming.suffix = suffix;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row, "stats.a.end=1\nstats_counts.a.end=10\n");
}
END_TEST

START_TEST(counts_and_rates_can_be_left_out)
{
	static const struct {
		enum naming_scheme scheme;
		bool counts, rates;
		const char *expected;
	} cases[] = {
	    {NAMING_STATSD, false, true, "stats.counters.a.rate=1\n"},
	    {NAMING_STATSD, true, false, "stats.counters.a.count=10\n"},
	    {NAMING_STATSD_LEGACY, false, true, "stats.a=1\n"},
	    {NAMING_STATSD_LEGACY, true, false, "stats_counts.a=10\n"},
	    {NAMING_PLAIN, false, true, "a.rate=1\n"},
	    {NAMING_PLAIN, true, false, "a=10\n"},
	    {NAMING_PLAIN, false, false, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct row row = row_of(KIND_COUNTER, "a", "");

		row.counter.delta = 10;
		naming.counts = cases[i].counts;
		naming.rates = cases[i].rates;
		must_give(&naming, NAMING_TAGS_GRAPHITE, &row, cases[i].expected);
	}
}
END_TEST

START_TEST(bare_rows_have_no_namespace)
{
	static const struct {
		enum naming_scheme scheme;
		const char *name, *expected;
	} cases[] = {
	    {NAMING_STATSD, "statsd.numStats", "stats.statsd.numStats=1\n"},
	    {NAMING_STATSD, "statsd.processing_time", "stats.statsd.processing_time=1\n"},
	    {NAMING_STATSD_LEGACY, "statsd.numStats", "statsd.numStats=1\n"},
	    {NAMING_STATSD_LEGACY, "statsd.processing_time", "stats.statsd.processing_time=1\n"},
	    {NAMING_PLAIN, "statsd.numStats", "statsd.numStats=1\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct row row = row_of(KIND_GAUGE, cases[i].name, "");

		row.own = row.bare = true;
		row.gauge.value = 1;
		must_give(&naming, NAMING_TAGS_GRAPHITE, &row, cases[i].expected);
	}
}
END_TEST

START_TEST(a_clients_row_is_never_bare)
{
	struct naming naming = naming_of(NAMING_STATSD);
	struct row row = row_of(KIND_GAUGE, "statsd.numStats", "");

	row.bare = true;
	row.gauge.value = 1;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row, "stats.gauges.statsd.numStats=1\n");
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(counters_gauges_and_sets_are_spelt_as_the_scheme_says),
    SUITE_TEST(timers_come_in_statsds_order_and_percentiles_without_values_not_at_all),
    SUITE_TEST(idle_timer_is_its_count_only),
    SUITE_TEST(suffix_follows_the_statistic_and_tags_follow_the_suffix),
    SUITE_TEST(tags_go_where_the_setting_says),
    SUITE_TEST(path_tags_stand_between_name_and_statistic),
    SUITE_TEST(empty_components_are_left_out),
    SUITE_TEST(legacy_has_namespaces_of_its_own),
    SUITE_TEST(counts_and_rates_can_be_left_out),
    SUITE_TEST(bare_rows_have_no_namespace),
    SUITE_TEST(a_clients_row_is_never_bare),
    {0},
};

SUITE_MAIN("metric/naming", tests)
