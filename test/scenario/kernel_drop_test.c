/* SPDX-License-Identifier: MIT */
/* kernel_drop_test.c -- a receive buffer that overflows: every datagram is
 * read or counted as dropped. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <signal.h>
#include <stdio.h>

#define DATAGRAMS 200 /* far more than the smallest buffer holds */
#define ROUNDS 20

static void
overflow_rounds(struct play *play, struct endpoint *graphite)
{
	for (int round = 1; round <= ROUNDS; round++) {
		play_pause(play);
		for (int i = 0; i < DATAGRAMS; i++) {
			play_send_apart(play, "flood:1|c");
			play_send_v6(play, "flood:1|c");
		}
		play_signal(play, SIGCONT);
		play_settle(play);

		struct ledger ledger = play_ledger(play);

		ck_assert_uint_eq(ledger.datagrams_read + ledger.datagrams_dropped, play->sent);
		ck_assert_uint_ge(ledger.datagrams_dropped, (uint64_t)round * DATAGRAMS / 2);
		WAIT_FOR_NUMBER(play, "ledger.lines.accepted", (double)ledger.datagrams_read);
	}
	double read = play_number(play, "ledger.datagrams.read");

	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.flood.count") == read);
	ck_assert_double_gt(read, 0);
}

START_TEST(sent_is_read_plus_dropped_to_the_last_datagram)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_option(play, "workers=2");
	play_option(play, "listen.stage.receive_buffer=4096");
	play_start(play);
	overflow_rounds(play, graphite);
	ck_assert_double_eq(play_number(play, "listeners.0.dropped"),
	    play_number(play, "ledger.datagrams.dropped"));
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(drops_right_before_the_end_are_in_the_last_words)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_option(play, "listen.stage.receive_buffer=4096");
	play_start(play);
	play_pause(play);
	for (int i = 0; i < DATAGRAMS; i++)
		play_send(play, "flood:1|c");
	play_signal(play, SIGTERM);
	play_signal(play, SIGCONT);
	ck_assert_int_eq(play_wait_exit(play), 0);

	struct ledger ledger = ledger_of_log(play);

	ledger_assert(&ledger);
	ck_assert_uint_eq(ledger.datagrams_read + ledger.datagrams_dropped, play->sent);
	ck_assert_uint_gt(ledger.datagrams_dropped, 0);
	ck_assert_double_eq(
	    endpoint_sum(graphite, "stats.counters.flood.count"), (double)ledger.datagrams_read);
	play_free(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(a_large_buffer_holds_what_a_pause_brings)
{
	struct play *play = play_new();

	play_option(play, "listen.stage.receive_buffer=4MiB");
	play_start(play);
	int datagrams = play_room(play);

	ck_assert_int_gt(datagrams, 0);
	play_pause(play);
	for (int i = 0; i < datagrams; i++)
		play_send(play, "pause:1|c");
	play_signal(play, SIGCONT);
	play_settle(play);
	WAIT_FOR_NUMBER(play, "ledger.datagrams.dropped", 0);
	play_end(play);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(sent_is_read_plus_dropped_to_the_last_datagram),
    SUITE_TEST(drops_right_before_the_end_are_in_the_last_words),
    SUITE_TEST(a_large_buffer_holds_what_a_pause_brings),
    {0},
};

SUITE_MAIN("scenario/kernel_drop", tests)
