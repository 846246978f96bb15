/* SPDX-License-Identifier: MIT */
/* load_test.c -- much at once, and then one: nothing waits for company. And
 * one busy client, spread over the workers. */

#include "net/udp.h"
#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

#define ROUNDS 30
#define FLOOD 2000
#define SPREAD 20000

/* No more at once than the receive buffer holds. */
static int
at_once(struct play *play, int most)
{
	int room = play_room(play);

	ck_assert_int_gt(room, 0);
	return room < most ? room : most;
}

static void
flood_and_one(struct play *play, int flood)
{
	double sent = 0;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < flood; i++)
			play_send(play, "flood:1|c");
		sent += flood;
		if (round % 2 != 0)
			WAIT_FOR_NUMBER(play, "ledger.lines.accepted", sent);
		play_send(play, "lone:1|c");
		sent++;
		WAIT_FOR_NUMBER(play, "ledger.lines.accepted", sent);
	}
}

START_TEST(a_lone_datagram_after_a_flood_is_not_forgotten)
{
	struct play *play = play_new();

	play_start(play);
	flood_and_one(play, at_once(play, FLOOD));
	play_end(play);
}
END_TEST

/* The pauses that such a buffer allows are short, or none. */
START_TEST(nor_is_it_where_the_buffer_is_small)
{
	struct play *play = play_new();

	play_option(play, "listen.stage.receive_buffer=212992");
	play_start(play);
	flood_and_one(play, at_once(play, 100));
	play_end(play);
}
END_TEST

/* The kernel may be told not to let us choose. */
static bool
can_steer(void)
{
	union inet_address address = {
	    .v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
	const struct udp_plan plan = {
	    .buffer_bytes = 4096, .steering = UDP_STEER_RANDOM, .count = 2};
	struct text error = {0};
	int fds[2], bin;

	if (udp_open_shared(&address, &plan, fds, &bin, &error) == 0) {
		close(fds[0]);
		close(fds[1]);
		return true;
	}
	printf("SKIPPED: %s\n", text_string(&error));
	text_fini(&error);
	return false;
}

/* Each datagram is a series: a worker's keys are its datagrams. */
START_TEST(one_client_steered_at_random_goes_to_both_workers)
{
	if (!can_steer())
		return;
	struct play *play = play_new();

	play_option(play, "workers=2");
	play_option(play, "listen.stage.steer=random");
	play_start(play);
	int chunk = at_once(play, FLOOD);

	for (int i = 1; i <= SPREAD; i++) {
		play_sendf(play, "spread.%d:1|c", i);
		if (i % chunk == 0)
			WAIT_FOR_NUMBER(play, "ledger.lines.accepted", i);
	}
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", SPREAD);
	ck_assert_double_gt(play_number(play, "workers.0.keys"), SPREAD / 5);
	ck_assert_double_gt(play_number(play, "workers.1.keys"), SPREAD / 5);
	ck_assert_double_eq(
	    play_number(play, "workers.0.keys") + play_number(play, "workers.1.keys"), SPREAD);
	play_end(play);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_lone_datagram_after_a_flood_is_not_forgotten),
    SUITE_TEST(nor_is_it_where_the_buffer_is_small),
    SUITE_TEST(one_client_steered_at_random_goes_to_both_workers),
    {0},
};

SUITE_MAIN("scenario/load", tests)
