/* SPDX-License-Identifier: MIT */
/* outage_test.c -- a backend that is away, cuts, stalls or never closes, and
 * a stop at a bad moment: nothing is lost that is not said to be. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <signal.h>
#include <stdio.h>

#define SERIES 300

static struct play *
open_stage(struct endpoint *graphite)
{
	struct play *play = play_new();

	play_deliver_to(play, "graphite", graphite);
	return play;
}

/* Stop; what the books call delivered is exactly what arrived. */
static struct ledger
close_stage(struct play *play, struct endpoint *graphite)
{
	struct ledger ledger = play_stop(play);

	ck_assert_uint_eq(ledger.delivered, endpoint_points(graphite));
	ck_assert_uint_eq(endpoint_malformed(graphite), 0);
	play_free(play);
	endpoint_free(graphite);
	return ledger;
}

/* One more on each of many counters. */
static void
send_round(struct play *play)
{
	for (int i = 0; i < SERIES; i++)
		play_sendf(play, "c%d:1|c", i);
	play_settle(play);
}

/* Each of them arrived so many times, no more. */
static void
wait_for_rounds(struct endpoint *graphite, double rounds)
{
	WAIT_UNTIL(endpoint_sum_all(graphite, "stats.counters.c", ".count") >= rounds * SERIES);
	for (int i = 0; i < SERIES; i++) {
		char name[64];

		snprintf(name, sizeof(name), "stats.counters.c%d.count", i);
		ck_assert_double_eq(endpoint_sum(graphite, name), rounds);
	}
}

START_TEST(what_waited_for_an_absent_backend_arrives_when_it_appears)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);

	play_start(play);
	for (int i = 1; i <= 5; i++) {
		double flushed = play_number(play, "flush.count");

		send_round(play);
		WAIT_UNTIL(play_number(play, "flush.count") >= flushed + 2);
	}
	WAIT_FOR_NUMBER(play, "sinks.0.points.delivered", 0);
	ck_assert_double_ge(play_number(play, "sinks.0.points.queued"), 5 * SERIES);
	endpoint_listen(graphite);
	wait_for_rounds(graphite, 5);
	ck_assert_uint_eq(close_stage(play, graphite).dropped, 0);
}
END_TEST

START_TEST(a_flush_cut_by_a_reset_is_sent_again_whole)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);

	endpoint_listen(graphite);
	endpoint_behave(graphite, ENDPOINT_RESETS, 5000, 3);
	play_start(play);
	send_round(play);
	WAIT_UNTIL(endpoint_misbehaved(graphite) == 3);
	send_round(play);
	wait_for_rounds(graphite, 2);
	ck_assert_uint_eq(close_stage(play, graphite).dropped, 0);
}
END_TEST

START_TEST(a_large_flush_cut_at_the_stop_is_sent_again_whole)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);
	const int rounds = 20;

	endpoint_listen(graphite);
	endpoint_behave(graphite, ENDPOINT_RESETS, 400000, 2);
	play_option(play, "interval=1h");
	play_option(play, "shutdown_timeout=60s");
	play_start(play);
	for (int i = 0; i < rounds; i++) {
		char lines[60000];
		size_t len = 0;

		for (int j = 0; j < 1000; j++)
			len += (size_t)sprintf(lines + len, "much.%d.%d:1|c\n", i, j);
		play_send(play, lines);
		play_settle(play);
	}
	struct ledger ledger = play_stop(play);

	ck_assert_uint_eq(endpoint_misbehaved(graphite), 2);
	ck_assert_double_eq(
	    endpoint_sum_all(graphite, "stats.counters.much.", ".count"), rounds * 1000);
	ck_assert_uint_eq(ledger.delivered, endpoint_points(graphite));
	ck_assert_uint_eq(ledger.delivered, ledger.offered);
	play_free(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(a_backend_that_resets_at_once_is_tried_again)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);

	endpoint_listen(graphite);
	endpoint_behave(graphite, ENDPOINT_RESETS, 0, 2);
	play_start(play);
	send_round(play);
	wait_for_rounds(graphite, 1);
	ck_assert_uint_eq(endpoint_misbehaved(graphite), 2);
	ck_assert_uint_eq(close_stage(play, graphite).dropped, 0);
}
END_TEST

START_TEST(a_backend_that_stalls_is_left_and_tried_again)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);

	endpoint_listen(graphite);
	endpoint_behave(graphite, ENDPOINT_STALLS, 100, 2);
	play_option(play, "sinks.graphite.ack=eof");
	play_option(play, "sinks.graphite.ack_timeout=200ms");
	play_start(play);
	send_round(play);
	WAIT_UNTIL(endpoint_misbehaved(graphite) == 2);
	wait_for_rounds(graphite, 1);
	ck_assert_uint_eq(close_stage(play, graphite).dropped, 0);
}
END_TEST

START_TEST(a_backend_that_ends_before_it_has_read_all_is_tried_again)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);

	endpoint_listen(graphite);
	endpoint_behave(graphite, ENDPOINT_ENDS_EARLY, 100, 2);
	play_option(play, "interval=1h");
	play_option(play, "shutdown_timeout=60s");
	play_start(play);
	send_round(play);
	struct ledger ledger = play_stop(play);

	ck_assert_uint_eq(endpoint_misbehaved(graphite), 2);
	ck_assert_double_eq(endpoint_sum_all(graphite, "stats.counters.c", ".count"), SERIES);
	ck_assert_uint_eq(ledger.delivered, endpoint_points(graphite));
	ck_assert_uint_eq(ledger.delivered, ledger.offered);
	play_free(play);
	endpoint_free(graphite);
}
END_TEST

/* Its connections are read, never closed: under `auto` the acknowledgement of
 * its kernel has to do. Sent twice is sent under the same timestamp. */
START_TEST(a_server_that_never_closes_is_served_all_the_same)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);

	endpoint_listen(graphite);
	endpoint_behave(graphite, ENDPOINT_NEVER_CLOSES, 0, SIZE_MAX);
	play_option(play, "interval=1s");
	play_option(play, "sinks.graphite.ack_timeout=200ms");
	play_start(play);
	play_send(play, "c:1|c");
	WAIT_UNTIL(endpoint_sum_kept(graphite, "stats.counters.c.count") == 1);
	WAIT_UNTIL(play_number(play, "sinks.0.points.delivered") > 0);
	play_send(play, "c:2|c");
	WAIT_UNTIL(endpoint_sum_kept(graphite, "stats.counters.c.count") == 3);
	struct ledger ledger = play_stop(play);

	ck_assert_uint_eq(ledger.dropped, 0);
	ck_assert_uint_le(ledger.delivered, endpoint_points(graphite));
	play_free(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(a_backend_that_goes_and_comes_back_misses_nothing)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);

	endpoint_listen(graphite);
	play_start(play);
	for (int round = 1; round <= 3; round++) {
		endpoint_refuse(graphite);
		send_round(play);
		WAIT_UNTIL(play_number(play, "sinks.0.points.queued") >= SERIES);
		endpoint_listen(graphite);
		send_round(play);
		wait_for_rounds(graphite, 2 * round);
	}
	ck_assert_uint_eq(close_stage(play, graphite).dropped, 0);
}
END_TEST

START_TEST(a_full_queue_drops_whole_flushes_and_counts_their_points)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);

	play_option(play, "sinks.graphite.queue=256KiB");
	play_start(play);
	send_round(play);
	WAIT_UNTIL(play_number(play, "sinks.0.points.dropped.queue_full") > 4 * SERIES);
	endpoint_listen(graphite);
	WAIT_UNTIL(endpoint_points_of(graphite, "stats.counters.c0.count") > 0);
	ck_assert_uint_gt(close_stage(play, graphite).dropped, 0);
}
END_TEST

START_TEST(the_smallest_queue_is_enough_for_a_backend_that_is_there)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);

	endpoint_listen(graphite);
	play_option(play, "sinks.graphite.queue=64KiB");
	play_start(play);
	play_send(play, "c:1|c");
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.c.count") == 1);
	ck_assert_uint_eq(close_stage(play, graphite).dropped, 0);
}
END_TEST

START_TEST(a_stop_without_a_backend_says_what_it_drops)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);

	play_option(play, "shutdown_timeout=300ms");
	play_start(play);
	send_round(play);
	WAIT_UNTIL(play_number(play, "sinks.0.points.queued") >= SERIES);
	struct ledger ledger = play_stop(play);

	ck_assert_uint_ge(ledger.offered, SERIES);
	ck_assert_uint_eq(ledger.dropped, ledger.offered);
	ck_assert_uint_eq(ledger.delivered, 0);
	play_free(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(a_stop_before_a_stalled_backend_says_what_it_drops)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);

	endpoint_listen(graphite);
	endpoint_behave(graphite, ENDPOINT_STALLS, 100, SIZE_MAX);
	play_option(play, "shutdown_timeout=300ms");
	play_option(play, "sinks.graphite.ack=eof");
	play_start(play);
	send_round(play);
	WAIT_UNTIL(endpoint_misbehaved(graphite) >= 1);
	struct ledger ledger = play_stop(play);

	ck_assert_uint_eq(ledger.dropped, ledger.offered);
	ck_assert_uint_eq(endpoint_points(graphite), 0);
	play_free(play);
	endpoint_free(graphite);
}
END_TEST

/* More than a worker reads in one turn, and the signal, all at once. */
static void
check_last_interval(int signal)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_stage(graphite);
	endpoint_listen(graphite);
	play_option(play, "interval=1h");
	play_option(play, "timers.exact=100000");
	play_option(play, "workers=2");
	play_option(play, "listen.stage.receive_buffer=16MiB");
	play_start(play);
	int datagrams = play_room(play) < 6000 ? play_room(play) : 6000;

	play_pause(play);
	for (int i = 0; i < datagrams; i++)
		play_send_apart(play, "last:1|c\ntime:5|ms");
	play_signal(play, signal);
	play_signal(play, SIGCONT);
	ck_assert_int_eq(play_wait_exit(play), 0);
	struct ledger ledger = ledger_of_log(play);

	ledger_assert(&ledger);
	ck_assert_uint_eq(ledger.datagrams_read, play->sent);
	ck_assert_uint_eq(ledger.lines_accepted, 2 * play->sent);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.counters.last.count"), datagrams);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.timers.time.count"), datagrams);
	ck_assert_uint_eq(ledger.delivered, endpoint_points(graphite));
	ck_assert_uint_eq(ledger.delivered, ledger.offered);
	play_free(play);
	endpoint_free(graphite);
}

START_TEST(sigterm_delivers_the_last_interval)
{
	check_last_interval(SIGTERM);
}
END_TEST

START_TEST(sigint_delivers_the_last_interval)
{
	check_last_interval(SIGINT);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_waited_for_an_absent_backend_arrives_when_it_appears),
    SUITE_TEST(a_flush_cut_by_a_reset_is_sent_again_whole),
    SUITE_TEST(a_large_flush_cut_at_the_stop_is_sent_again_whole),
    SUITE_TEST(a_backend_that_resets_at_once_is_tried_again),
    SUITE_TEST(a_backend_that_stalls_is_left_and_tried_again),
    SUITE_TEST(a_backend_that_ends_before_it_has_read_all_is_tried_again),
    SUITE_TEST(a_server_that_never_closes_is_served_all_the_same),
    SUITE_TEST(a_backend_that_goes_and_comes_back_misses_nothing),
    SUITE_TEST(a_full_queue_drops_whole_flushes_and_counts_their_points),
    SUITE_TEST(the_smallest_queue_is_enough_for_a_backend_that_is_there),
    SUITE_TEST(a_stop_without_a_backend_says_what_it_drops),
    SUITE_TEST(a_stop_before_a_stalled_backend_says_what_it_drops),
    SUITE_TEST(sigterm_delivers_the_last_interval),
    SUITE_TEST(sigint_delivers_the_last_interval),
    {0},
};

SUITE_MAIN("scenario/outage", tests)
