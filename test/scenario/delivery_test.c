/* SPDX-License-Identifier: MIT */
/* delivery_test.c -- what is sent comes out at the other end, under StatsD's
 * names, with the right values, at the right times. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct endpoint *
open_stage(struct play **play_out)
{
	struct endpoint *graphite = endpoint_new();

	endpoint_listen(graphite);
	*play_out = play_new();
	play_deliver_to(*play_out, "graphite", graphite);
	return graphite;
}

/* What the books call delivered is exactly what arrived. */
static void
close_stage(struct play *play, struct endpoint *graphite)
{
	play_balance(play);
	struct ledger ledger = play_stop(play);

	ck_assert_uint_eq(ledger.delivered, endpoint_points(graphite));
	ck_assert_uint_eq(ledger.delivered, ledger.offered);
	ck_assert_uint_eq(endpoint_malformed(graphite), 0);
	play_free(play);
	endpoint_free(graphite);
}

START_TEST(counts_of_all_flushes_add_up_to_what_was_sent)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);

	play_start(play);
	for (int i = 0; i < 5000; i++) {
		play_send(play, "page.views:1|c\npage.bytes:0.25|c:2|c|@0.5");
		if (i % 100 == 99)
			play_settle(play);
	}
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.page.views.count") >= 5000);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.page.bytes.count") >= 21250);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.counters.page.views.count"), 5000);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.counters.page.bytes.count"), 21250);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 10000);
	WAIT_FOR_NUMBER(play, "ledger.samples.counter", 15000);
	close_stage(play, graphite);
}
END_TEST

START_TEST(both_families_several_addresses_and_workers_make_one_sum)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);
	int other = play_free_port(), third = play_free_port();

	play_option(play, "workers=2");
	play_option(play, "listen.more.udp=[\"127.0.0.1:%d\", \"127.0.0.1:%d\"]", other, third);
	play_start(play);
	for (int i = 0; i < 200; i++) {
		play_send_apart(play, "a:1|c\nb:2|c\ng:7|g");
		play_send_v6(play, "a:1|c");
		play_send_to(play, other, "a:1|c");
		play_send_to(play, third, "b:0.5|c");
	}
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.a.count") >= 600 &&
	    endpoint_sum(graphite, "stats.counters.b.count") >= 500);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.counters.a.count"), 600);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.counters.b.count"), 500);
	ck_assert_double_eq(endpoint_last(graphite, "stats.gauges.g"), 7);

	json_t *status = play_status(play);

	ck_assert_uint_eq(json_array_size(json_object_get(status, "workers")), 2);
	ck_assert_uint_eq(json_array_size(json_object_get(status, "listeners")), 2);
	json_decref(status);
	WAIT_FOR_NUMBER(play, "listeners.0.datagrams", 400);
	WAIT_FOR_NUMBER(play, "listeners.1.datagrams", 400);
	close_stage(play, graphite);
}
END_TEST

START_TEST(both_workers_are_given_datagrams_and_their_timers_merge)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);
	const char *const count = "stats.timers.t.count";

	play_option(play, "workers=2");
	play_option(play, "interval=1s");
	play_start(play);
	for (int i = 1; i <= 100; i++) {
		char line[32];

		snprintf(line, sizeof(line), "t:%d|ms", i);
		play_send_apart(play, line);
	}
	WAIT_UNTIL(endpoint_sum(graphite, count) >= 100);
	WAIT_FOR_NUMBER(play, "workers.0.series.timer", 1);
	WAIT_FOR_NUMBER(play, "workers.1.series.timer", 1);
	ck_assert_double_eq(endpoint_sum(graphite, count), 100);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.timers.t.sum"), 5050);
	ck_assert_double_eq(endpoint_most(graphite, "stats.timers.t.upper"), 100);
	close_stage(play, graphite);
}
END_TEST

START_TEST(gauges_keep_their_value_and_take_signed_steps_over_intervals)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);
	const char *const name = "stats.gauges.depth";

	play_start(play);
	play_send(play, "depth:333|g\ndepth:-10|g\ndepth:+4|g");
	WAIT_UNTIL(endpoint_last(graphite, name) == 327);
	play_send(play, "depth:10|g");
	WAIT_UNTIL(endpoint_last(graphite, name) == 10);
	play_send(play, "depth:+5|g");
	WAIT_UNTIL(endpoint_last(graphite, name) == 15);

	size_t before = endpoint_points_of(graphite, name);

	WAIT_UNTIL(endpoint_points_of(graphite, name) >= before + 3); /* repeated while idle */
	ck_assert_double_eq(endpoint_last(graphite, name), 15);
	play_send(play, "depth:-3.5|g");
	WAIT_UNTIL(endpoint_last(graphite, name) == 11.5);
	play_send(play, "depth:-20|g");
	WAIT_UNTIL(endpoint_last(graphite, name) == -8.5);
	close_stage(play, graphite);
}
END_TEST

START_TEST(a_negative_gauge_is_set_by_zero_and_a_step_in_one_datagram)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);

	play_start(play);
	play_send(play, "x:42|g");
	WAIT_UNTIL(endpoint_last(graphite, "stats.gauges.x") == 42);
	play_send(play, "x:0|g\nx:-5|g");
	WAIT_UNTIL(endpoint_last(graphite, "stats.gauges.x") == -5);
	play_send(play, "x:0|g\nx:-5|g");
	play_send(play, "y:+1|g");
	WAIT_UNTIL(endpoint_last(graphite, "stats.gauges.y") == 1);
	ck_assert_double_eq(endpoint_last(graphite, "stats.gauges.x"), -5);

	size_t count;
	struct endpoint_point *points = endpoint_copy(graphite, "stats.gauges.x", &count);

	for (size_t i = 0; i < count; i++)
		ck_assert(points[i].value == 42 || points[i].value == -5);
	endpoint_points_free(points, count);
	close_stage(play, graphite);
}
END_TEST

/* StatsD's own worked examples. */
static const struct {
	const char *lines, *name;
	double value;
} timer_statistics[] = {
    {"a:100|ms\na:200|ms\na:300|ms", "a.count_90", 3},
    {NULL, "a.mean_90", 200},
    {NULL, "a.upper_90", 300},
    {NULL, "a.sum_90", 600},
    {NULL, "a.sum_squares_90", 140000},
    {NULL, "a.count_80", 2},
    {NULL, "a.mean_80", 150},
    {NULL, "a.upper_80", 200},
    {NULL, "a.sum_80", 300},
    {NULL, "a.sum_squares_80", 50000},
    {NULL, "a.std", 81.64965809277261},
    {NULL, "a.median", 200},
    {NULL, "a.lower", 100},
    {NULL, "a.upper", 300},
    {NULL, "a.mean", 200},
    {NULL, "a.sum", 600},
    {NULL, "a.sum_squares", 140000},
    {NULL, "a.count", 3},
    {"b:300:200:400:100|ms", "b.median", 250},
    {"c:10:10:10:10:10:10:10:10:100:200|ms", "c.mean_top20", 150},
    {NULL, "c.lower_top20", 100},
    {NULL, "c.sum_top20", 300},
    {"d:100|ms", "d.mean_top20", 100},
    {NULL, "d.lower_top20", 100},
    {NULL, "d.sum_top20", 100},
    {NULL, "d.upper_90", 100},
    {"e:1|h\ne:2|d\ne:3|ms\ne:4|h\ne:5|ms", "e.upper_90", 5},
    {"f:100|ms|@0.1", "f.count", 10},
    {NULL, "f.sum", 100},
};

START_TEST(timers_have_the_statistics_of_statsd)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);
	size_t count = sizeof(timer_statistics) / sizeof(timer_statistics[0]);

	play_option(play, "timers.percentiles=[90, 80, -20]");
	play_start(play);
	for (size_t i = 0; i < count; i++)
		if (timer_statistics[i].lines != NULL)
			play_send(play, timer_statistics[i].lines);
	WAIT_UNTIL(endpoint_points_of(graphite, "stats.timers.f.mean") > 0);
	for (size_t i = 0; i < count; i++) {
		char name[64];

		snprintf(name, sizeof(name), "stats.timers.%s", timer_statistics[i].name);
		ck_assert_msg(endpoint_most(graphite, name) == timer_statistics[i].value,
		    "%s is %.17g", name, endpoint_most(graphite, name));
	}
	/* An idle timer has a count and nothing else. */
	WAIT_UNTIL(endpoint_points_of(graphite, "stats.timers.a.count") >= 3);
	ck_assert_uint_eq(endpoint_points_of(graphite, "stats.timers.a.mean"), 1);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.timers.a.count"), 3);
	close_stage(play, graphite);
}
END_TEST

START_TEST(sets_count_their_distinct_members)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);
	const char *const name = "stats.sets.users.count";

	play_start(play);
	play_send(play, "users:ann|s\nusers:bob|s\nusers:ann|s\nusers:a:b|s");
	WAIT_UNTIL(endpoint_points_of(graphite, name) >= 3);
	ck_assert_double_eq(endpoint_most(graphite, name), 3);
	ck_assert_double_eq(endpoint_sum(graphite, name), 3);
	close_stage(play, graphite);
}
END_TEST

START_TEST(names_are_cleaned_and_tags_sorted_as_graphite_has_them)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);

	play_start(play);
	play_send(play, "fo/o b+ar:1|c\nhits:1|c|#zone:eu,app:web\nhits:1|c|#app:web,zone:eu");
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.fo-o_bar.count") == 1);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.hits.count;app=web;zone=eu") == 2);
	close_stage(play, graphite);
}
END_TEST

START_TEST(every_spelling_of_a_name_is_one_series)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);

	play_start(play);
	for (int i = 0; i < 80; i++)
		play_sendf(play, "p%.*sq:1|c|#%s", i % 40,
		    "++++++++++++++++++++++++++++++++++++++++", i % 2 == 0 ? "a:1,b:2" : "b:2,a:1");
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.pq.count;a=1;b=2") >= 80);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.counters.pq.count;a=1;b=2"), 80);
	WAIT_FOR_NUMBER(play, "workers.0.series.counter", 1);
	close_stage(play, graphite);
}
END_TEST

START_TEST(one_name_may_be_of_every_kind)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);

	play_start(play);
	play_send(play, "all:1|c\nall:2|ms\nall:3|g\nall:4|s");
	WAIT_UNTIL(endpoint_last(graphite, "stats.gauges.all") == 3);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.counters.all.count"), 1);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.timers.all.sum"), 2);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.sets.all.count"), 1);
	close_stage(play, graphite);
}
END_TEST

START_TEST(sums_that_overflow_leave_as_the_largest_number)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);

	play_start(play);
	play_send(play, "huge:1e308|c\nhuge:1e308|c\ntiny:1e-300|c");
	WAIT_UNTIL(endpoint_most(graphite, "stats.counters.huge.count") == DBL_MAX);
	ck_assert_double_eq(endpoint_most(graphite, "stats.counters.tiny.count"), 1e-300);
	close_stage(play, graphite);
}
END_TEST

START_TEST(localhost_is_both_families)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);

	play_option(play, "listen.stage.udp=localhost:%d", play->port);
	play_start(play);
	play_send(play, "both:1|c");
	play_send_v6(play, "both:1|c");
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.both.count") == 2);
	close_stage(play, graphite);
}
END_TEST

START_TEST(timestamps_are_boundaries_and_rates_divide_by_their_distance)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);
	size_t count, rates;

	play_option(play, "interval=1s");
	play_start(play);
	play_send(play, "r:1|c");
	WAIT_UNTIL(endpoint_points_of(graphite, "stats.counters.r.count") >= 1);
	play_send(play, "r:10|c");
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.r.count") == 11);
	play_send(play, "r:7|c");
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.r.count") == 18);
	WAIT_UNTIL(endpoint_points_of(graphite, "stats.counters.r.count") >= 4);
	play_stop(play);

	struct endpoint_point *sums = endpoint_copy(graphite, "stats.counters.r.count", &count);
	struct endpoint_point *rate = endpoint_copy(graphite, "stats.counters.r.rate", &rates);

	ck_assert_uint_eq(count, rates);
	for (size_t i = 1; i < count; i++) {
		int64_t length = sums[i].timestamp - sums[i - 1].timestamp;

		ck_assert_int_gt(length, 0);
		ck_assert_int_eq(sums[i].timestamp, rate[i].timestamp);
		ck_assert_double_eq_tol(rate[i].value * (double)length, sums[i].value, 1e-9);
	}
	endpoint_points_free(sums, count);
	endpoint_points_free(rate, rates);
	play_free(play);
	endpoint_free(graphite);
}
END_TEST

/* time() may lag behind by a tick. */
static int64_t
wall_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

/* Which side of the interval a point is stamped with: of one that was sent
 * between two looks at the clock the end is later than the first, the start
 * not later than the second. */
static void
check_stamp(const char *which, bool end)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);
	size_t count;

	play_option(play, "interval=2s");
	play_option(play, "timestamp=%s", which);
	play_start(play);

	int64_t before = wall_seconds();

	play_send(play, "stamp:1|c");
	play_settle(play);
	int64_t after = wall_seconds();

	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.stamp.count") == 1);
	struct endpoint_point *points = endpoint_copy(graphite, NULL, &count);

	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(points[i].timestamp % 2, 0);
		if (strcmp(points[i].name, "stats.counters.stamp.count") != 0)
			continue;
		if (end)
			ck_assert_int_gt(points[i].timestamp, before);
		else
			ck_assert_int_le(points[i].timestamp, after);
		break;
	}
	endpoint_points_free(points, count);
	close_stage(play, graphite);
}

START_TEST(a_timestamp_is_the_end_of_its_interval)
{
	check_stamp("end", true);
}
END_TEST

START_TEST(a_timestamp_is_the_start_of_its_interval_when_asked)
{
	check_stamp("start", false);
}
END_TEST

START_TEST(the_daemon_sends_series_of_its_own)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);
	const char *const lines = "stats.counters.statsd.metrics_received.count";
	const char *const packets = "stats.counters.statsd.packets_received.count";

	play_start(play);
	play_send(play, "a:1|c\nb:1|c\nbad");
	WAIT_UNTIL(endpoint_sum(graphite, lines) == 3 && endpoint_sum(graphite, packets) == 1);
	ck_assert_double_eq(
	    endpoint_sum(graphite, "stats.counters.statsd.bad_lines_seen.count"), 1);
	ck_assert_uint_gt(endpoint_points_of(graphite, "stats.statsd.numStats"), 0);
	close_stage(play, graphite);
}
END_TEST

/* More than one batch, and more than a socket's buffer. */
START_TEST(fifty_thousand_series_leave_in_one_flush)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);
	const int series = 50000, per_datagram = 1000;
	char *lines = malloc((size_t)per_datagram * 32);

	play_option(play, "interval=1h");
	play_option(play, "shutdown_timeout=60s");
	play_option(play, "workers=2");
	play_start(play);
	for (int i = 0; i < series; i += per_datagram) {
		size_t len = 0;

		for (int j = 0; j < per_datagram; j++)
			len += (size_t)sprintf(lines + len, "many.%d:%d|c\n", i + j, i + j);
		play_send_apart(play, lines);
		play_settle(play);
	}
	free(lines);
	play_balance(play);
	struct ledger ledger = play_stop(play);

	ck_assert_uint_eq(ledger.delivered, endpoint_points(graphite));
	ck_assert_uint_eq(ledger.delivered, ledger.offered);
	ck_assert_double_eq(endpoint_sum_all(graphite, "stats.counters.many.", ".count"),
	    (double)series * (series - 1) / 2);
	for (int i = 0; i < series; i += 997) {
		char name[64];

		snprintf(name, sizeof(name), "stats.counters.many.%d.count", i);
		ck_assert_double_eq(endpoint_sum(graphite, name), i);
	}
	play_free(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(two_sinks_both_get_everything)
{
	struct play *play;
	struct endpoint *graphite = open_stage(&play);
	struct endpoint *second = endpoint_new();

	endpoint_listen(second);
	play_deliver_to(play, "second", second);
	play_option(play, "sinks.second.names.scheme=statsd-legacy");
	play_start(play);
	for (int i = 0; i < 100; i++)
		play_send(play, "both:1|c");
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.both.count") == 100);
	WAIT_UNTIL(endpoint_sum(second, "stats_counts.both") == 100);
	play_settle(play);
	struct ledger ledger = play_stop(play);

	ck_assert_uint_eq(ledger.delivered, endpoint_points(graphite) + endpoint_points(second));
	play_free(play);
	endpoint_free(second);
	endpoint_free(graphite);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(counts_of_all_flushes_add_up_to_what_was_sent),
    SUITE_TEST(both_families_several_addresses_and_workers_make_one_sum),
    SUITE_TEST(both_workers_are_given_datagrams_and_their_timers_merge),
    SUITE_TEST(gauges_keep_their_value_and_take_signed_steps_over_intervals),
    SUITE_TEST(a_negative_gauge_is_set_by_zero_and_a_step_in_one_datagram),
    SUITE_TEST(timers_have_the_statistics_of_statsd),
    SUITE_TEST(sets_count_their_distinct_members),
    SUITE_TEST(names_are_cleaned_and_tags_sorted_as_graphite_has_them),
    SUITE_TEST(every_spelling_of_a_name_is_one_series),
    SUITE_TEST(one_name_may_be_of_every_kind),
    SUITE_TEST(sums_that_overflow_leave_as_the_largest_number),
    SUITE_TEST(localhost_is_both_families),
    SUITE_TEST(timestamps_are_boundaries_and_rates_divide_by_their_distance),
    SUITE_TEST(a_timestamp_is_the_end_of_its_interval),
    SUITE_TEST(a_timestamp_is_the_start_of_its_interval_when_asked),
    SUITE_TEST(the_daemon_sends_series_of_its_own),
    SUITE_TEST(fifty_thousand_series_leave_in_one_flush),
    SUITE_TEST(two_sinks_both_get_everything),
    {0},
};

SUITE_MAIN("scenario/delivery", tests)
