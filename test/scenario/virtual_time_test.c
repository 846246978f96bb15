/* SPDX-License-Identifier: MIT */
/* virtual_time_test.c -- the whole daemon in this process, under a clock that
 * moves when the test says so: hours in a moment, and every value exact. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include "base/log.h"
#include "cli/daemon.h"
#include "cli/load.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define START INT64_C(1700000000) /* a boundary */
#define LENGTH 10                 /* of an interval, s */

/* The stage with a daemon of our own on it in place of the binary. */
struct world {
	struct play *play;
	struct endpoint *graphite;
	struct load load;
	struct settings settings;
	struct daemon *daemon;
	const struct status_sources *sources;
	pthread_t thread;
	bool listening; /* the endpoint */
	char control[128];
};

static void *
run_daemon(void *daemon)
{
	daemon_run(daemon);
	return NULL;
}

/* Begin so many seconds after a boundary, with options parted by spaces. */
static struct world *
world_open(int64_t after, const char *options)
{
	struct world *world = calloc(1, sizeof(*world));
	struct text error = {0};
	struct play *play = play_new();

	clock_make_virtual((START + after) * CLOCK_SECOND);
	world->play = play;
	world->graphite = endpoint_new();
	play_deliver_to(play, "graphite", world->graphite);
	play_option(play, "interval=%ds", LENGTH);
	play_option(play, "log.level=error");
	while (*options != '\0') {
		size_t len = strcspn(options, " ");

		play_option(play, "%.*s", (int)len, options);
		options += len + strspn(options + len, " ");
	}
	snprintf(world->control, sizeof(world->control), "control.socket=%s", play->control);
	load_option(&world->load, 'c', play->config);
	load_option(&world->load, 'o', world->control);
	for (size_t i = 0; i < play->option_count; i++)
		load_option(&world->load, 'o', play->options[i]);
	ck_assert_int_eq(settings_load(&world->load, &world->settings), 0);
	log_start(&world->settings.log);
	world->daemon = daemon_open(
	    &(struct daemon_plan){.settings = &world->settings, .rules = world->load.rules},
	    &error);
	ck_assert_msg(world->daemon != NULL, "%s", text_string(&error));
	world->sources = daemon_sources(world->daemon);
	ck_assert_int_eq(pthread_create(&world->thread, NULL, run_daemon, world->daemon), 0);
	/* From here on it is known to sleep on the clock. */
	WAIT_UNTIL(play_number(play, "pid") > 0);
	return world;
}

/* Its thread having been told to stop: what is called delivered is exactly
 * what arrived. */
static struct account
world_end(struct world *world)
{
	struct account account;

	pthread_join(world->thread, NULL);
	daemon_close(&world->daemon, &account);
	log_stop();
	ck_assert(account_balances(&account));
	ck_assert_uint_eq(account.queued, 0);
	ck_assert_uint_eq(account.datagrams_read + account.datagrams_dropped, world->play->sent);
	ck_assert_uint_eq(account.delivered, endpoint_points(world->graphite));
	settings_free(&world->settings);
	load_fini(&world->load);
	play_free(world->play);
	endpoint_free(world->graphite);
	free(world);
	return account;
}

static struct account
world_close(struct world *world)
{
	daemon_stop(world->daemon);
	return world_end(world);
}

static void
short_nap(void)
{
	const struct timespec nap = {.tv_nsec = 50000};

	nanosleep(&nap, NULL);
}

static uint64_t
flush_counter(const struct world *world, enum flush_counter which)
{
	return counter_get(&world->sources->flusher->counters[which]);
}

static void
world_listen(struct world *world)
{
	endpoint_listen(world->graphite);
	world->listening = true;
}

static bool
all_read(const struct world *world)
{
	struct account account;

	status_account(world->sources, &account);
	return account.datagrams_read == world->play->sent;
}

static void
say(struct world *world, const char *lines)
{
	play_send(world->play, lines);
	WAIT_UNTIL(all_read(world));
}

/* Has the newest flush, as all before it, arrived? */
static bool
arrived(const struct world *world)
{
	return flush_counter(world, FLUSH_FLUSHES) == 0 ||
	    endpoint_last_at(world->graphite, "stats.statsd.numStats") >=
	    (int64_t)flush_counter(world, FLUSH_TIMESTAMP);
}

/* Let time pass until the flush that this brings about is done. What is on
 * its way to a backend arrives first: to the sinks the leap would be a long
 * silence. */
static void
pass(struct world *world, int64_t seconds)
{
	uint64_t flushes = flush_counter(world, FLUSH_FLUSHES);
	struct wait wait = {0};

	if (world->listening)
		WAIT_UNTIL(arrived(world));
	clock_advance(seconds * CLOCK_SECOND);
	for (int naps = 0; flush_counter(world, FLUSH_FLUSHES) == flushes; naps++) {
		short_nap();
		if (naps % 100 == 99)
			ck_assert(wait_again(&wait, "a flush"));
	}
}

static void
expect_last(struct world *world, const char *name, double value, int64_t timestamp)
{
	size_t count;

	WAIT_UNTIL(endpoint_last_at(world->graphite, name) >= timestamp);
	struct endpoint_point *points = endpoint_copy(world->graphite, name, &count);

	ck_assert_uint_gt(count, 0);
	ck_assert_int_eq(points[count - 1].timestamp, timestamp);
	ck_assert_double_eq(points[count - 1].value, value);
	endpoint_points_free(points, count);
}

START_TEST(flushes_stand_on_boundaries_and_rates_divide_by_their_length)
{
	struct world *world = world_open(0, "");

	world_listen(world);
	say(world, "a:25|c\nt:5|ms|@0.5");
	pass(world, LENGTH);
	expect_last(world, "stats.counters.a.count", 25, START + 10);
	expect_last(world, "stats.counters.a.rate", 2.5, START + 10);
	expect_last(world, "stats.timers.t.count_ps", 0.2, START + 10);
	say(world, "a:5|c");
	pass(world, LENGTH);
	expect_last(world, "stats.counters.a.count", 5, START + 20);
	expect_last(world, "stats.counters.a.rate", 0.5, START + 20);
	expect_last(world, "stats.timers.t.count", 0, START + 20);
	ck_assert_uint_eq(flush_counter(world, FLUSH_LATE), 0);
	world_close(world);
}
END_TEST

START_TEST(a_first_interval_of_less_than_half_runs_on)
{
	struct world *world = world_open(7, "");

	world_listen(world);
	say(world, "a:20|c");
	pass(world, 13);
	expect_last(world, "stats.counters.a.count", 20, START + 20);
	expect_last(world, "stats.counters.a.rate", 2, START + 20);
	world_close(world);
}
END_TEST

START_TEST(a_late_flush_skips_boundaries_and_its_rate_knows)
{
	struct world *world = world_open(0, "");

	world_listen(world);
	say(world, "a:60|c");
	pass(world, 35);
	expect_last(world, "stats.counters.a.count", 60, START + 30);
	expect_last(world, "stats.counters.a.rate", 2, START + 30);
	ck_assert_uint_eq(flush_counter(world, FLUSH_LATE), 1);
	say(world, "a:1|c");
	pass(world, 5);
	expect_last(world, "stats.counters.a.count", 1, START + 40);
	world_close(world);
}
END_TEST

START_TEST(a_small_step_back_is_waited_for)
{
	struct world *world = world_open(0, "");

	world_listen(world);
	pass(world, LENGTH);
	clock_step(-5 * CLOCK_SECOND); /* START + 5 */
	say(world, "a:1|c");
	pass(world, 15);
	expect_last(world, "stats.counters.a.count", 1, START + 20);
	expect_last(world, "stats.statsd.numStats", 5, START + 20);
	ck_assert_uint_eq(flush_counter(world, FLUSH_CLOCK_BACKWARD), 1);
	world_close(world);
}
END_TEST

START_TEST(a_large_step_back_is_followed_at_once)
{
	struct world *world = world_open(0, "");

	world_listen(world);
	say(world, "a:1|c");
	pass(world, LENGTH);
	expect_last(world, "stats.counters.a.count", 1, START + 10);
	clock_step(-3600 * CLOCK_SECOND);
	clock_advance(CLOCK_SECOND); /* it never sleeps longer */
	WAIT_UNTIL(flush_counter(world, FLUSH_CLOCK_BACKWARD) == 1);
	say(world, "a:2|c");
	pass(world, LENGTH - 1);
	WAIT_UNTIL(endpoint_sum(world->graphite, "stats.counters.a.count") == 3);
	ck_assert_int_eq(
	    endpoint_last_at(world->graphite, "stats.counters.a.count"), START + 20 - 3600);
	world_close(world);
}
END_TEST

START_TEST(a_step_forward_makes_one_long_interval)
{
	struct world *world = world_open(0, "");

	world_listen(world);
	say(world, "a:361|c");
	clock_step(3600 * CLOCK_SECOND);
	pass(world, LENGTH);
	expect_last(world, "stats.counters.a.count", 361, START + 3610);
	expect_last(world, "stats.counters.a.rate", 0.1, START + 3610);
	ck_assert_uint_eq(flush_counter(world, FLUSH_CLOCK_FORWARD), 1);
	world_close(world);
}
END_TEST

/* Points of one name delivered by now, all flushes so far being delivered. */
static size_t
points_so_far(struct world *world, const char *name)
{
	WAIT_UNTIL(arrived(world));
	return endpoint_points_of(world->graphite, name);
}

START_TEST(idle_series_fade_each_in_its_own_way)
{
	struct world *world = world_open(0, "idle.gauges.for=15m");

	world_listen(world);
	say(world, "c:1|c\ng:7|g\nt:1|ms\ns:x|s");
	for (int i = 0; i < 60; i++) /* ten minutes */
		pass(world, LENGTH);
	/* The flush it came in, and five minutes of zeros. */
	ck_assert_uint_eq(points_so_far(world, "stats.counters.c.count"), 31);
	ck_assert_uint_eq(points_so_far(world, "stats.counters.c.rate"), 31);
	ck_assert_uint_eq(points_so_far(world, "stats.timers.t.count"), 31);
	ck_assert_uint_eq(points_so_far(world, "stats.timers.t.mean"), 1);
	ck_assert_uint_eq(points_so_far(world, "stats.sets.s.count"), 31);
	ck_assert_uint_eq(points_so_far(world, "stats.gauges.g"), 60);
	for (int i = 0; i < 60; i++) /* ten more */
		pass(world, LENGTH);
	ck_assert_uint_eq(points_so_far(world, "stats.gauges.g"), 91);
	ck_assert_double_eq(endpoint_last(world->graphite, "stats.gauges.g"), 7);
	say(world, "g:+3|g\nc:2|c");
	pass(world, LENGTH);
	ck_assert_uint_eq(points_so_far(world, "stats.gauges.g"), 92);
	ck_assert_double_eq(endpoint_last(world->graphite, "stats.gauges.g"), 10);
	ck_assert_double_eq(endpoint_last(world->graphite, "stats.counters.c.count"), 2);
	world_close(world);
}
END_TEST

static uint64_t
series_known(const struct world *world, enum kind kind)
{
	const struct worker *worker = &world->sources->ingest->workers[0];

	return counter_get(&worker->intake.table.counters[TABLE_SERIES + kind]);
}

START_TEST(state_is_forgotten_after_its_time)
{
	struct world *world = world_open(0, "idle.forget=10m");

	world_listen(world);
	say(world, "g:7|g");
	for (int i = 0; i < 59; i++)
		pass(world, LENGTH);
	ck_assert_uint_eq(series_known(world, KIND_GAUGE), 1);
	/* The table is searched slowly. */
	for (int i = 0; i < 130; i++)
		pass(world, LENGTH);
	WAIT_UNTIL(series_known(world, KIND_GAUGE) == 0);
	say(world, "g:+3|g");
	pass(world, LENGTH);
	points_so_far(world, "stats.gauges.g");
	ck_assert_double_eq(endpoint_last(world->graphite, "stats.gauges.g"), 3);
	world_close(world);
}
END_TEST

START_TEST(forgotten_series_make_room_for_others)
{
	struct world *world = world_open(0, "limits.series=3 idle.forget=10m");

	world_listen(world);
	say(world, "a:1|c\nb:1|c\nc:1|c\nd:1|c");
	pass(world, LENGTH);
	ck_assert_uint_eq(points_so_far(world, "stats.counters.c.count"), 1);
	ck_assert_uint_eq(points_so_far(world, "stats.counters.d.count"), 0);
	for (int i = 0; i < 190; i++) /* the table is searched slowly */
		pass(world, LENGTH);
	WAIT_UNTIL(series_known(world, KIND_COUNTER) == 0);
	say(world, "d:1|c\ne:1|c\nf:1|c");
	pass(world, LENGTH);
	ck_assert_uint_eq(points_so_far(world, "stats.counters.d.count"), 1);
	ck_assert_uint_eq(points_so_far(world, "stats.counters.f.count"), 1);
	world_close(world);
}
END_TEST

/* Attempts are made as time passes, in small steps. */
static bool
time_brings_all(struct world *world)
{
	clock_advance(CLOCK_SECOND / 10);
	return arrived(world);
}

START_TEST(an_hour_without_a_backend_keeps_the_newest_and_counts_the_rest)
{
	struct world *world = world_open(0, "sinks.graphite.queue=1MiB");
	struct account account;
	size_t count;

	for (int i = 0; i < 360; i++) {
		say(world, "a:1|c");
		pass(world, LENGTH);
	}
	status_account(world->sources, &account);
	ck_assert_uint_eq(account.delivered, 0);
	ck_assert_uint_gt(account.queue_full, 0);
	world_listen(world);
	WAIT_UNTIL(time_brings_all(world));

	struct endpoint_point *points =
	    endpoint_copy(world->graphite, "stats.counters.a.count", &count);

	ck_assert_uint_gt(count, 20);
	ck_assert_int_eq(
	    points[count - 1].timestamp, (int64_t)flush_counter(world, FLUSH_TIMESTAMP));
	for (size_t i = 1; i < count; i++) {
		ck_assert_int_gt(points[i].timestamp, points[i - 1].timestamp);
		ck_assert_int_eq(points[i].timestamp % LENGTH, 0);
	}
	endpoint_points_free(points, count);
	account = world_close(world);
	ck_assert_uint_gt(account.queue_full, 0);
	ck_assert_uint_eq(account.shutdown, 0);
}
END_TEST

START_TEST(a_stop_sends_the_open_interval_under_its_own_boundary)
{
	struct world *world = world_open(0, "");
	struct endpoint *graphite = world->graphite;

	world_listen(world);
	pass(world, LENGTH);
	say(world, "a:30|c");
	WAIT_UNTIL(arrived(world));
	clock_advance(3 * CLOCK_SECOND);
	daemon_stop(world->daemon);
	WAIT_UNTIL(endpoint_points_of(graphite, "stats.counters.a.count") == 1);
	ck_assert_int_eq(endpoint_last_at(graphite, "stats.counters.a.count"), START + 20);
	ck_assert_double_eq(endpoint_last(graphite, "stats.counters.a.rate"), 3);
	world_end(world);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(flushes_stand_on_boundaries_and_rates_divide_by_their_length),
    SUITE_TEST(a_first_interval_of_less_than_half_runs_on),
    SUITE_TEST(a_late_flush_skips_boundaries_and_its_rate_knows),
    SUITE_TEST(a_small_step_back_is_waited_for),
    SUITE_TEST(a_large_step_back_is_followed_at_once),
    SUITE_TEST(a_step_forward_makes_one_long_interval),
    SUITE_TEST(idle_series_fade_each_in_its_own_way),
    SUITE_TEST(state_is_forgotten_after_its_time),
    SUITE_TEST(forgotten_series_make_room_for_others),
    SUITE_TEST(an_hour_without_a_backend_keeps_the_newest_and_counts_the_rest),
    SUITE_TEST(a_stop_sends_the_open_interval_under_its_own_boundary),
    {0},
};

SUITE_MAIN("scenario/virtual_time", tests)
