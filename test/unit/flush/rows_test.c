/* SPDX-License-Identifier: MIT */
/* rows_test.c -- what a row says of a timer, and what a flush carries beside
 * rows. */

#include "flush/rows.h"

#include "test/unit/flush/crew.h"
#include "test/unit/suite.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the newest row of a timer says of its histogram, its statistics and
 * its percentiles. */
static struct text seen;

static void
see(const struct row *row)
{
	const struct timer_row *timer = row->timer;

	if (row->kind != KIND_TIMER)
		return;
	text_reset(&seen);
	for (size_t i = 0; i < timer->histogram.bins; i++)
		text_printf(&seen, "%g:%" PRIu64 " ", timer->histogram.limits[i],
		    timer->histogram.counts[i]);
	for (size_t i = 0; i < timer->quantiles; i++)
		text_printf(&seen, "p%g%s=%g*%" PRIu64 " ", timer->quantile[i].asked.percent,
		    timer->quantile[i].usual ? "*" : "", timer->quantile[i].boundary,
		    timer->quantile[i].count);
	text_printf(&seen, "mean %g std %g%s%s%s", timer->mean, timer->deviation,
	    timer->ruled_percentiles ? " ruled" : "",
	    timer->statistics == STATISTICS_ALL ? "" : " chosen",
	    timer->sketched ? " sketched" : "");
}

#define HISTOGRAMS                                                                     \
	"timers: {percentiles: [90], histograms: [{match: 'a.*', bins: [2, 4, inf]}, " \
	"{match: '*.none', bins: []}, {match: '*', bins: 3}]}"

#define RULE "rules: [{match: 'a.*', percentiles: [50], statistics: [mean]}]"

static const struct {
	const char *settings, *text, *said;
} cases[] = {
    {"", "t:100|ms\nt:200|ms\nt:300|ms", "p90*=300*3 mean 200 std 81.6497"},
    {"timers: {percentiles: [80, 90]}", "t:100|ms\nt:200|ms\nt:300|ms",
	"p80*=200*2 p90*=300*3 mean 200 std 81.6497"},
    /* the first glob that matches; limits are exclusive */
    {HISTOGRAMS, "a.x:1|ms\na.x:2|ms\na.x:3|ms\na.x:40|ms",
	"2:1 4:2 inf:1 p90*=40*4 mean 11.5 std 16.4697"},
    {HISTOGRAMS, "a.none:1|ms", "2:1 4:0 inf:0 p90*=1*1 mean 1 std 0"},
    {HISTOGRAMS, "b.none:1|ms", "p90*=1*1 mean 1 std 0"},
    {HISTOGRAMS, "b:1|ms\nb:3|ms", "3:1 p90*=3*2 mean 2 std 1"},
    {"timers: {statistics: [mean]}", "t:1|ms", "p90*=1*1 mean 1 std 0 chosen"},
    {RULE, "a.b:1|ms\na.b:2|ms", "p50*=1*1 mean 1.5 std 0.5 ruled chosen"},
    {RULE, "b:1|ms\nb:2|ms", "p90*=2*2 mean 1.5 std 0.5"},
    /* a rate weighs, if timers are weighted */
    {"", "t:1|ms|@0.25\nt:6|ms", "p90*=6*2 mean 3.5 std 2.5"},
    {"timers: {weighted: true}", "t:1|ms|@0.25\nt:6|ms", "p90*=6*5 mean 2 std 2"},
};

START_TEST(a_timer_says_what_is_asked_of_it)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct crew *crew = crew_new(cases[i].settings);

		crew->look = see;
		crew_take(crew, 0, cases[i].text);
		crew_flush(crew, 0);
		ck_assert_msg(strcmp(text_string(&seen), cases[i].said) == 0,
		    "case %zu: %s, not %s", i, text_string(&seen), cases[i].said);
		crew_free(crew);
	}
	text_fini(&seen);
	seen = (struct text){0};
}
END_TEST

START_TEST(many_values_of_several_workers_are_one_sketch)
{
	struct crew *crew = crew_new("timers: {exact: 10, error: 1%}");
	char line[32];

	crew->look = see;
	for (unsigned i = 1; i <= 100; i++) {
		snprintf(line, sizeof(line), "t:%u|ms", i);
		crew_take(crew, i % CREW_WORKERS, line);
	}
	crew_flush(crew, 0);
	ck_assert_ptr_nonnull(strstr(text_string(&seen), " mean 50.5 std 28.8661 sketched"));
	double boundary = strtod(strchr(text_string(&seen), '=') + 1, NULL);

	ck_assert(fabs(boundary - 90) <= 0.9);
	crew_free(crew);
	text_fini(&seen);
	seen = (struct text){0};
}
END_TEST

START_TEST(an_idle_timer_has_its_statistics_but_no_values)
{
	struct crew *crew = crew_new(HISTOGRAMS);

	crew->look = see;
	crew_take(crew, 0, "a.x:1|ms");
	crew_flush(crew, 0);
	ck_assert_str_eq(crew_flush(crew, 0), "timer a.x# 0 0 idle\n");
	ck_assert_str_eq(text_string(&seen), "p90*=0*0 mean 0 std 0");
	crew_free(crew);
	text_fini(&seen);
	seen = (struct text){0};
}
END_TEST

/* One set of two workers is gathered at a time. */
START_TEST(many_sets_take_no_more_room_than_the_greatest)
{
	struct crew *crew = crew_new("");
	char line[32];

	for (unsigned set = 0; set < 200; set++)
		for (unsigned i = 0; i < 200; i++) {
			snprintf(line, sizeof(line), "s%u:%u|s", set, i);
			crew_take(crew, i % 2, line);
		}
	ck_assert_ptr_nonnull(strstr(crew_flush(crew, 0), "set s0# 200\n"));
	ck_assert_uint_lt(crew->rows.arena.cap, (size_t)64 << 10);
	crew_free(crew);
}
END_TEST

START_TEST(events_are_in_the_first_batch)
{
	struct crew *crew = crew_new("");
	char line[32];

	crew_take(crew, 0, "_e{5,4}:title|text");
	crew_take(crew, 2, "_sc|name|0");
	crew_take(crew, 1, "_e{5,4}:again|text");
	for (unsigned i = 0; i <= BATCH_ROWS; i++) {
		snprintf(line, sizeof(line), "c%u:1|c", i);
		crew_take(crew, 0, line);
	}
	crew_flush(crew, 0);
	ck_assert_uint_eq(crew->batches, 2);
	ck_assert_uint_eq(crew->events, 3);
	crew_flush(crew, 0);
	ck_assert_uint_eq(crew->events, 0);
	crew_free(crew);
}
END_TEST

START_TEST(what_reached_the_largest_double_is_counted)
{
	static const struct {
		const char *text;
		uint64_t saturated;
	} sums[] = {
	    {"c:1e308|c\nc:7e307|c", 0},
	    {"c:1e308|c\nc:1e308|c\nd:1|c", 1},
	    {"c:-1e308|c\nc:-1e308|c", 1},
	    {"g:1e308|g\ng:+1e308|g", 1},
	    {"t:1e160|ms", 1},
	    {"t:1e150|ms", 0},
	    {"s:1e999|s", 0},
	};

	for (size_t i = 0; i < sizeof(sums) / sizeof(*sums); i++) {
		struct crew *crew = crew_new("");

		crew_take(crew, 0, sums[i].text);
		crew_flush(crew, 0);
		ck_assert_msg(crew->rows.saturated == sums[i].saturated, "%s", sums[i].text);
		crew_flush(crew, 0);
		ck_assert_uint_eq(crew->rows.saturated, 0);
		crew_free(crew);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_reached_the_largest_double_is_counted),
    SUITE_TEST(a_timer_says_what_is_asked_of_it),
    SUITE_TEST(many_values_of_several_workers_are_one_sketch),
    SUITE_TEST(an_idle_timer_has_its_statistics_but_no_values),
    SUITE_TEST(many_sets_take_no_more_room_than_the_greatest),
    SUITE_TEST(events_are_in_the_first_batch),
    {0},
};

SUITE_MAIN("flush/rows", tests)
