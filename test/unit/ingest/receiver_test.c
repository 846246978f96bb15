/* SPDX-License-Identifier: MIT */
/* receiver_test.c -- how much a turn takes, and what the end of a socket
 * leaves behind: nothing that is not counted. */

#include "ingest/receiver.c"

#include "base/hash.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>

struct stand {
	struct thread thread;
	struct intake intake;
	struct window window;
	struct series_quota quota;
	struct slots *slots;
	struct receiver receiver;
	counter counters[INTAKE_COUNTERS];
	int client;
};

static void
deliver(struct thread *thread, struct mail *mail)
{
	(void)thread;
	(void)mail;
}

static struct stand *
stand_open(size_t buffer_bytes)
{
	const struct budget budget = {.timer_values = 16, .bytes = 1 << 20};
	union udp_address address = {
	    .v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
	struct stand *stand = mem_zero(1, sizeof(*stand));
	struct text error = {0};
	int fd;

	hash_init();
	thread_init(&stand->thread, "stand", deliver);
	stand->quota.most = 100;
	intake_init(&stand->intake, &budget, &stand->quota);
	window_init(&stand->window, 0, 1);
	window_open(&stand->window, 1);
	stand->intake.window = &stand->window;
	stand->slots = slots_new();
	ck_assert_int_eq(udp_open_shared(&address, buffer_bytes, &fd, 1, &error), 0);
	const struct origin origin = {.profile = 1,
	    .rules = {.clean = true, .most_bytes = 1024, .most_tags = 8},
	    .counters = stand->counters};

	receiver_init(
	    &stand->receiver, &stand->thread, &stand->intake, stand->slots, &origin, fd, &address);
	stand->client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(stand->client, &address.any, udp_address_length(&address)), 0);
	return stand;
}

static void
stand_close(struct stand *stand)
{
	thread_finish(&stand->thread);
	thread_run(&stand->thread);
	thread_fini(&stand->thread);
	intake_fini(&stand->intake);
	window_fini(&stand->window);
	slots_free(stand->slots);
	close(stand->client);
	free(stand);
}

static void
send_lines(struct stand *stand, size_t datagrams, size_t bytes)
{
	char *datagram = mem_alloc(bytes);

	memset(datagram, 'x', bytes);
	memcpy(datagram, "a:1|c\n", 6);
	for (size_t i = 0; i < datagrams; i++)
		ck_assert_int_eq(send(stand->client, datagram, bytes, 0), (ssize_t)bytes);
	free(datagram);
}

/* A user without privileges may be granted too little to fill. */
static bool
holds(const struct stand *stand, size_t bytes)
{
	if (stand->receiver.capacity >= bytes)
		return true;
	printf("SKIPPED: the receive buffer granted is %u bytes\n", stand->receiver.capacity);
	return false;
}

static uint64_t
seen(const struct stand *stand)
{
	return counter_get(&stand->counters[INTAKE_DATAGRAMS]) +
	    counter_get(&stand->counters[INTAKE_DATAGRAMS_DROPPED]);
}

START_TEST(a_turn_is_bounded_by_bytes)
{
	struct stand *stand = stand_open(32 << 20);
	bool all;

	if (holds(stand, 16 << 20)) {
		send_lines(stand, 200, 60000);
		ck_assert_uint_le(drain(&stand->receiver, TURN_BYTES, &all), SLOTS);
		ck_assert(!all);
	}
	receiver_stop(&stand->receiver);
	stand_close(stand);
}
END_TEST

START_TEST(a_turn_takes_a_thousand_short_datagrams)
{
	struct stand *stand = stand_open(32 << 20);
	bool all;

	if (holds(stand, 2 << 20)) {
		send_lines(stand, 1000, 40);
		ck_assert_uint_eq(drain(&stand->receiver, TURN_BYTES, &all), 1000);
		ck_assert(all);
	}
	receiver_stop(&stand->receiver);
	stand_close(stand);
}
END_TEST

START_TEST(a_stop_accounts_for_every_datagram_until_the_socket_is_gone)
{
	struct stand *stand = stand_open(1 << 20);

	send_lines(stand, 3000, 40);
	receiver_stop(&stand->receiver);
	/* The handle is closed by the loop, which has not run yet. */
	send_lines(stand, 50, 40);
	struct receiver *receiver = &stand->receiver;

	uv_run(&stand->thread.loop, UV_RUN_NOWAIT);
	ck_assert(!receiver->open);
	ck_assert_uint_eq(seen(stand), 3050);
	stand_close(stand);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_turn_is_bounded_by_bytes),
    SUITE_TEST(a_turn_takes_a_thousand_short_datagrams),
    SUITE_TEST(a_stop_accounts_for_every_datagram_until_the_socket_is_gone),
    {0},
};

SUITE_MAIN("ingest/receiver", tests)
