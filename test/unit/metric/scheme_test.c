/* SPDX-License-Identifier: MIT */
/* scheme_test.c -- which figures of a timer each scheme gives, in which order,
 * and by what they are chosen. */

#include "test/unit/metric/points.h"

#include "test/unit/suite.h"

#include <math.h>
#include <stdio.h>

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

START_TEST(statsite_has_names_and_a_deviation_of_its_own)
{
	struct naming naming = naming_of(NAMING_STATSITE);
	struct row row = row_of(KIND_TIMER, "t", "");
	struct timer_row *timer = timer_of();

	add_others(timer);
	row.timer = timer;
	must_give(&naming, NAMING_TAGS_NONE, &row,
	    "timers.t.sum=600\ntimers.t.sum_sq=140000\ntimers.t.mean=200\n"
	    "timers.t.lower=100\ntimers.t.upper=300\ntimers.t.count=30\n"
	    "timers.t.stdev=100\n"
	    "timers.t.median=200\ntimers.t.p50=200\ntimers.t.p95=202\ntimers.t.p99=204\n"
	    "timers.t.rate=60\ntimers.t.sample_rate=3\n");
}
END_TEST

START_TEST(brubeck_has_names_and_a_median_of_its_own)
{
	struct naming naming = naming_of(NAMING_BRUBECK);
	struct row row = row_of(KIND_TIMER, "t", "");
	struct timer_row *timer = timer_of();

	add_others(timer);
	row.timer = timer;
	must_give(&naming, NAMING_TAGS_NONE, &row,
	    "t.count=30\nt.count_ps=3\nt.min=100\nt.max=300\nt.sum=600\nt.mean=200\n"
	    "t.median=210\n"
	    "t.percentile.75=211\nt.percentile.95=212\nt.percentile.98=213\n"
	    "t.percentile.99=214\nt.percentile.999=215\n");
}
END_TEST

START_TEST(sample_deviation_is_statsites)
{
	static const struct {
		double n, count, sum, sum_squares, expected;
		bool weighted;
	} cases[] = {
	    {1, 1, 7, 49, 0, false},
	    {2, 2, 30, 500, 7.0710678118654755, false},
	    {3, 3, 60, 1400, 10, false},
	    {3, 30, 60, 1400, 10, false}, /* rates do not weigh */
	    {2, 4, 100, 2800, 10, true},  /* 10, 30, 30, 30: or else they do */
	    {2, 4, 0, 4, 1.1547005383792515, true},
	    {3, 3, 0.3, 0.03, 0, false}, /* nothing below the last digit */
	    {4, 4, 0, 4, 1.1547005383792515, false},
	    /* squares past the greatest double: of the deviation of all, 81.5 */
	    {3, 3, 1e154, 1e308, 99.816707018414505, false},
	    {3, 3, 3e154, 1.7e308, 99.816707018414505, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(NAMING_STATSITE);
		struct row row = row_of(KIND_TIMER, "t", "");
		struct timer_row *timer = timer_of();
		int only = 1 + STATISTIC_STD;
		struct naming_choice choice = {.statistics = {1, &only}};
		char expected[64];

		timer->n = (uint64_t)cases[i].n;
		timer->count = cases[i].count;
		timer->sum = cases[i].sum;
		timer->sum_squares = cases[i].sum_squares;
		timer->weighted = cases[i].weighted;
		row.timer = timer;
		snprintf(expected, sizeof(expected), "timers.t.stdev=%.17g\n", cases[i].expected);
		must_give_chosen(&naming, NAMING_TAGS_NONE, &choice, &row, expected);
	}
}
END_TEST

START_TEST(percentiles_never_share_a_name)
{
	static const double percents[] = {
	    0.05, 0.5, 5, 50, 0.75, 7.5, 75, 9.9, 9.99, 10, 99, 99.9, 99.99, 10.1, 100};
	static const struct {
		enum naming_scheme scheme;
		const char *expected;
	} cases[] = {
	    {NAMING_PLAIN, "0_05 0_5 5 50 0_75 7_5 75 9_9 9_99 10 99 99_9 99_99 10_1 100 "},
	    {NAMING_STATSITE, "0_05 0_5 5 50 0_75 7_5 75 9_9 9_99 10 99 99_9 99_99 10_1 100 "},
	    {NAMING_BRUBECK, "0_05 0_5 5 50 0_75 7_5 75 9_9 9_99 10 99 999 9999 101 100 "},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct text names = {0};

		for (size_t j = 0; j < sizeof(percents) / sizeof(*percents); j++) {
			struct row row = row_of(KIND_TIMER, "", "");
			struct timer_row *timer = timer_of();
			double percent = percents[j];
			int only = 1 + STATISTIC_UPPER_PERCENT;
			struct naming_choice choice = {{1, &percent}, {1, &only}};
			struct text room = {0}, points = {0};
			struct speller speller;

			timer->quantiles = 0;
			add_quantile(timer, percent, naming_rank_rule(&naming), 1);
			row.timer = timer;
			speller_init(&speller, &naming, NAMING_TAGS_NONE, &choice);
			naming_points(&speller, &row, 10, &room, note_point, &points);
			const char *point = text_string(&points);

			point += strcspn(point, "0123456789");
			text_printf(&names, "%.*s ", (int)strcspn(point, "="), point);
			text_fini(&room);
			text_fini(&points);
		}
		ck_assert_str_eq(text_string(&names), cases[i].expected);
		text_fini(&names);
	}
}
END_TEST

START_TEST(histogram_follows_the_statistics)
{
	static const double limits[] = {0.01, 1, 2.21, 1000000, INFINITY};
	static const uint64_t counts[] = {0, 1, 2, 3, 4};
	static const char *const heads[] = {
	    [NAMING_STATSD] = "stats.timers.t.median=200\nstats.timers.",
	    [NAMING_STATSD_LEGACY] = "stats.timers.t.median=200\nstats.timers.",
	    [NAMING_STATSITE] = "timers.t.rate=60\ntimers.t.sample_rate=3\ntimers.",
	    [NAMING_BRUBECK] = "t.median=200\n",
	    [NAMING_PLAIN] = "t.median=200\n",
	};
	int statistics[] = {1 + STATISTIC_MEDIAN, 1 + STATISTIC_HISTOGRAM};
	int rates[] = {1 + STATISTIC_SUM, 1 + STATISTIC_COUNT_PS, 1 + STATISTIC_HISTOGRAM};

	for (int scheme = NAMING_STATSD; scheme <= NAMING_PLAIN; scheme++) {
		bool statsite = scheme == NAMING_STATSITE;
		struct naming naming = naming_of((enum naming_scheme)scheme);
		struct naming_choice choice = {.statistics = {2, statistics}};
		struct row row = row_of(KIND_TIMER, "t", "");
		struct timer_row *timer = timer_of();
		const char *head = heads[scheme], *last = strrchr(head, '\n') + 1;
		struct text expected = {0};

		if (statsite) {
			choice.statistics = (struct item_list){3, rates};
			text_puts(&expected, "timers.t.sum=600\n");
		}
		timer->histogram = (struct histogram){5, limits, counts};
		row.timer = timer;
		text_append(&expected, head, (size_t)(last - head));
		text_printf(&expected,
		    "%1$st.histogram.bin_0_01=0\n%1$st.histogram.bin_1=1\n"
		    "%1$st.histogram.bin_2_21=2\n%1$st.histogram.bin_1000000=3\n"
		    "%1$st.histogram.bin_inf=4\n",
		    last);
		must_give_chosen(&naming, NAMING_TAGS_NONE, &choice, &row, text_string(&expected));
		text_fini(&expected);
	}
}
END_TEST

/* What is left of a timer when only this is wanted. */
START_TEST(statistics_are_chosen_by_statsds_names)
{
	static const double limit = INFINITY;
	static const uint64_t count = 3;
	static const char *const expected[STATISTICS][3] = {
	    [STATISTIC_COUNT] = {"t.count=30\n", "timers.t.count=30\n", "t.count=30\n"},
	    [STATISTIC_COUNT_PS] = {"t.count_ps=3\n", "timers.t.sample_rate=3\n", "t.count_ps=3\n"},
	    [STATISTIC_LOWER] = {"t.lower=100\n", "timers.t.lower=100\n", "t.min=100\n"},
	    [STATISTIC_UPPER] = {"t.upper=300\n", "timers.t.upper=300\n", "t.max=300\n"},
	    [STATISTIC_SUM] = {"t.sum=600\n", "timers.t.sum=600\ntimers.t.rate=60\n",
		"t.sum=600\n"},
	    [STATISTIC_SUM_SQUARES] = {"t.sum_squares=140000\n", "timers.t.sum_sq=140000\n", ""},
	    [STATISTIC_MEAN] = {"t.mean=200\n", "timers.t.mean=200\n", "t.mean=200\n"},
	    [STATISTIC_MEDIAN] = {"t.median=200\n", "timers.t.median=200\n", "t.median=210\n"},
	    [STATISTIC_STD] = {"t.std=81.5\n", "timers.t.stdev=100\n", ""},
	    [STATISTIC_HISTOGRAM] = {"t.histogram.bin_inf=3\n", "timers.t.histogram.bin_inf=3\n",
		"t.histogram.bin_inf=3\n"},
	    [STATISTIC_COUNT_PERCENT] = {"t.count_99_9=3\nt.count_top80=2\nt.count_top99_5=3\n", "",
		""},
	    [STATISTIC_MEAN_PERCENT] = {"t.mean_99_9=200\nt.mean_top80=250\nt.mean_top99_5=200\n",
		"", ""},
	    [STATISTIC_UPPER_PERCENT] = {"t.upper_99_9=300\n",
		"timers.t.p50=200\ntimers.t.p95=202\ntimers.t.p99=204\n",
		"t.percentile.75=211\nt.percentile.95=212\nt.percentile.98=213\n"
		"t.percentile.99=214\nt.percentile.999=215\n"},
	    [STATISTIC_LOWER_PERCENT] = {"t.lower_top80=200\nt.lower_top99_5=100\n", "", ""},
	    [STATISTIC_SUM_PERCENT] = {"t.sum_99_9=600\nt.sum_top80=500\nt.sum_top99_5=600\n", "",
		""},
	    [STATISTIC_SUM_SQUARES_PERCENT] = {"t.sum_squares_99_9=140000\n"
					       "t.sum_squares_top80=130000\n"
					       "t.sum_squares_top99_5=140000\n",
		"", ""},
	};
	static const enum naming_scheme schemes[] = {NAMING_PLAIN, NAMING_STATSITE, NAMING_BRUBECK};

	for (int statistic = 0; statistic < STATISTICS; statistic++) {
		for (size_t i = 0; i < 3; i++) {
			struct naming naming = naming_of(schemes[i]);
			struct row row = row_of(KIND_TIMER, "t", "");
			struct timer_row *timer = timer_of();

			add_others(timer);
			timer->histogram = (struct histogram){1, &limit, &count};
			timer->statistics = UINT32_C(1) << statistic;
			row.timer = timer;
			must_give(&naming, NAMING_TAGS_NONE, &row, expected[statistic][i]);
		}
	}
}
END_TEST

START_TEST(a_rule_is_before_the_sink_and_the_sink_before_the_rest)
{
	enum { UPPER = 1 << STATISTIC_UPPER, LOWER = 1 << STATISTIC_LOWER };
	static const struct {
		statistic_mask usual;
		bool ruled;
		size_t chosen; /* the sink wants the mean */
		const char *expected;
	} cases[] = {
	    {UPPER, false, 0, "t.upper=300\n"},
	    {UPPER, false, 1, "t.mean=200\n"},
	    {UPPER, true, 0, "t.upper=300\n"},
	    {UPPER, true, 1, "t.upper=300\n"},
	    {UPPER | LOWER, true, 1, "t.upper=300\nt.lower=100\n"},
	};
	int mean = 1 + STATISTIC_MEAN;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(NAMING_PLAIN);
		struct naming_choice choice = {.statistics = {cases[i].chosen, &mean}};
		struct row row = row_of(KIND_TIMER, "t", "");
		struct timer_row *timer = timer_of();

		timer->statistics = cases[i].usual;
		timer->ruled_statistics = cases[i].ruled;
		row.timer = timer;
		must_give_chosen(&naming, NAMING_TAGS_NONE, &choice, &row, cases[i].expected);
	}
}
END_TEST

/* A row with everything anybody asked for, in an order of its own. */
START_TEST(each_sink_finds_its_percentiles)
{
	static const struct {
		enum naming_scheme scheme;
		bool ruled;
		size_t chosen; /* of {99, 50} */
		const char *expected;
	} cases[] = {
	    {NAMING_PLAIN, false, 0, "t.upper_90=1\n"},
	    {NAMING_PLAIN, false, 2, "t.upper_99=3\nt.upper_50=2\n"},
	    {NAMING_PLAIN, false, 1, "t.upper_99=3\n"},
	    {NAMING_PLAIN, true, 2, "t.upper_90=1\n"},
	    {NAMING_STATSITE, false, 0, "timers.t.p50=12\ntimers.t.p99=13\n"},
	    {NAMING_STATSITE, false, 1, "timers.t.p99=13\n"},
	    {NAMING_STATSITE, true, 1, "timers.t.p90=11\n"},
	    {NAMING_BRUBECK, false, 0, "t.percentile.99=23\n"},
	    {NAMING_BRUBECK, false, 2, "t.percentile.99=23\nt.percentile.50=22\n"},
	    {NAMING_BRUBECK, true, 2, "t.percentile.90=21\n"},
	};
	double percents[] = {99, 50};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct naming_choice choice = {.percentiles = {cases[i].chosen, percents}};
		struct row row = row_of(KIND_TIMER, "t", "");
		struct timer_row *timer = timer_of();

		timer->quantiles = 0;
		timer->statistics = UINT32_C(1) << STATISTIC_UPPER_PERCENT;
		timer->ruled_percentiles = cases[i].ruled;
		for (int rule = RANK_STATSD; rule <= RANK_BRUBECK; rule++) {
			add_quantile(timer, 90, (enum rank_rule)rule, 10 * rule + 1)->usual = true;
			add_quantile(timer, 50, (enum rank_rule)rule, 10 * rule + 2)->usual = false;
			add_quantile(timer, 99, (enum rank_rule)rule, 10 * rule + 3)->usual = false;
		}
		row.timer = timer;
		must_give_chosen(&naming, NAMING_TAGS_NONE, &choice, &row, cases[i].expected);
	}
}
END_TEST

static void
note_wanted(void *arg, const struct percentile *percentile)
{
	text_printf(arg, "%g:%d ", percentile->percent, (int)percentile->rule);
}

START_TEST(what_is_wanted_is_what_is_sent)
{
	static const struct {
		enum naming_scheme scheme;
		size_t chosen; /* of {50, -10} */
		const char *expected;
	} cases[] = {
	    {NAMING_STATSD, 0, "90:0 -5:0 "},
	    {NAMING_STATSD, 2, "50:0 -10:0 "},
	    {NAMING_STATSD_LEGACY, 0, "90:0 -5:0 "},
	    {NAMING_PLAIN, 0, "90:0 -5:0 "},
	    {NAMING_STATSITE, 0, "50:1 95:1 99:1 "},
	    {NAMING_STATSITE, 2, "50:1 "},
	    {NAMING_BRUBECK, 0, "75:2 95:2 98:2 99:2 99.9:2 50:2 "},
	    {NAMING_BRUBECK, 2, "50:2 "},
	};
	double usual[] = {90, -5}, chosen[] = {50, -10};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct naming_choice choice = {.percentiles = {cases[i].chosen, chosen}};
		struct item_list list = {2, usual};
		struct text wanted = {0};

		naming_wants(&naming, &choice, &list, note_wanted, &wanted);
		ck_assert_str_eq(text_string(&wanted), cases[i].expected);
		text_fini(&wanted);
	}
}
END_TEST

START_TEST(percentiles_that_make_no_sense_are_refused)
{
	static const struct {
		enum naming_scheme scheme;
		double percents[2];
		size_t count;
		const char *problem;
	} cases[] = {
	    {NAMING_STATSD, {90, 0}, 1, NULL},
	    {NAMING_STATSD, {90, -90}, 2, NULL},
	    {NAMING_STATSD, {90, 0}, 2, "holds no value"},
	    {NAMING_STATSD, {90, 90}, 2, "twice"},
	    {NAMING_STATSITE, {90, -10}, 2, "counted from the top"},
	    {NAMING_BRUBECK, {-10, 90}, 2, "counted from the top"},
	    {NAMING_BRUBECK, {99, 99.9}, 2, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		double percents[] = {cases[i].percents[0], cases[i].percents[1]};
		struct naming_choice choice = {.percentiles = {cases[i].count, percents}};
		const char *key = "", *problem = naming_choice_problem(&naming, &choice, &key);

		ck_assert((problem == NULL) == (cases[i].problem == NULL));
		if (problem != NULL) {
			ck_assert_ptr_nonnull(strstr(problem, cases[i].problem));
			ck_assert_str_eq(key, "percentiles");
		}
	}
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

static const struct suite_test tests[] = {
    SUITE_TEST(timers_come_in_statsds_order_and_percentiles_without_values_not_at_all),
    SUITE_TEST(statsite_has_names_and_a_deviation_of_its_own),
    SUITE_TEST(brubeck_has_names_and_a_median_of_its_own),
    SUITE_TEST(sample_deviation_is_statsites),
    SUITE_TEST(percentiles_never_share_a_name),
    SUITE_TEST(histogram_follows_the_statistics),
    SUITE_TEST(statistics_are_chosen_by_statsds_names),
    SUITE_TEST(a_rule_is_before_the_sink_and_the_sink_before_the_rest),
    SUITE_TEST(each_sink_finds_its_percentiles),
    SUITE_TEST(what_is_wanted_is_what_is_sent),
    SUITE_TEST(percentiles_that_make_no_sense_are_refused),
    SUITE_TEST(suffix_follows_the_statistic_and_tags_follow_the_suffix),
    {0},
};

SUITE_MAIN("metric/scheme", tests)
