/* SPDX-License-Identifier: MIT */
/* acceptor_test.c -- who is let in, who has to go, and who serves whom. */

#include "net/access.h"
#include "test/scenario/caller.h"
#include "test/unit/ingest/harbour.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct harbour harbour;

static void
await_open(uint64_t count)
{
	HARBOUR_UNTIL(&harbour,
	    harbour_count(&harbour, INTAKE_CONNECTIONS) == count &&
		harbour.workers[0].acceptor->out == count);
}

static void
await_closed(enum close_reason reason, uint64_t count)
{
	HARBOUR_UNTIL(&harbour, harbour_closed(&harbour, reason) == count);
}

static struct stream_limits
limits_of(int64_t connections, int64_t per_address)
{
	return (struct stream_limits){.line_bytes = 8192,
	    .connections = connections,
	    .per_address = per_address,
	    .idle_ns = ITEM_WORD};
}

START_TEST(the_worker_with_the_fewest_gets_the_next)
{
	int clients[9];

	harbour_open(&harbour, 3, &harbour_roomy);
	harbour_add_tcp(&harbour, NULL);
	harbour_start(&harbour);
	for (unsigned i = 0; i < 9; i++)
		clients[i] = harbour_connect(&harbour, 0, 1);
	await_open(9);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(
		    counter_get(&harbour.workers[i].counters[0][INTAKE_CONNECTIONS]), 3);

	/* The second one's leave; the next two take their places. */
	close(clients[1]);
	close(clients[4]);
	await_open(7);
	clients[1] = harbour_connect(&harbour, 0, 1);
	clients[4] = harbour_connect(&harbour, 0, 1);
	await_open(9);
	ck_assert_uint_eq(counter_get(&harbour.workers[1].counters[0][INTAKE_CONNECTIONS]), 3);
	for (unsigned i = 0; i < 9; i++)
		close(clients[i]);
	await_open(0);
	ck_assert_uint_eq(harbour_closed(&harbour, CLOSE_END), 11);
	harbour_close(&harbour);
}
END_TEST

/* The address of a host, and the user at the other end of a unix socket. */
START_TEST(a_connection_knows_where_its_lines_come_from)
{
	char user[32];
	const struct {
		unsigned door, host;
		const char *source;
	} cases[] = {{0, 7, "127.0.0.7"}, {1, 0, user}};

	snprintf(user, sizeof(user), "uid %u", (unsigned)geteuid());
	harbour_open(&harbour, 1, &harbour_roomy);
	harbour_add_tcp(&harbour, NULL);
	harbour_add_unix(&harbour, FRAMING_LINES, NULL);
	harbour_start(&harbour);
	for (unsigned i = 0; i < 2; i++) {
		int client = harbour_connect(&harbour, cases[i].door, cases[i].host);
		struct text source = {0};

		await_open(1);
		source_print(harbour.workers[0].connections.first->source, &source);
		ck_assert_str_eq(text_string(&source), cases[i].source);
		text_fini(&source);
		close(client);
		await_open(0);
	}
	harbour_close(&harbour);
}
END_TEST

#define CROWD 40

/* However they have taken turns, whoever was silent longest goes first. */
START_TEST(the_longest_idle_makes_room)
{
	const struct stream_limits limits = limits_of(CROWD, 1000);
	uint64_t random = random_seed();
	int clients[CROWD];
	int64_t active[CROWD];

	clock_make_virtual(CLOCK_SECOND);
	harbour_open(&harbour, 2, &limits);
	harbour_add_tcp(&harbour, NULL);
	harbour_start(&harbour);
	for (unsigned i = 0; i < CROWD; i++) {
		clock_advance(CLOCK_MS);
		active[i] = clock_mono_ns();
		clients[i] = harbour_connect(&harbour, 0, 1);
		await_open(i + 1);
	}
	for (unsigned round = 0; round < 3 * CROWD; round++) {
		for (unsigned said = random_below(&random, 6); said > 0; said--) {
			unsigned who = random_below(&random, CROWD);

			clock_advance(CLOCK_MS);
			active[who] = clock_mono_ns();
			harbour_say(&harbour, clients[who], "a:1|c\n");
		}
		unsigned longest = 0;

		for (unsigned i = 0; i < CROWD; i++)
			if (active[i] < active[longest])
				longest = i;
		clock_advance(CLOCK_MS);
		int newcomer = harbour_connect(&harbour, 0, 1);

		await_closed(CLOSE_CROWDED, round + 1);
		await_open(CROWD);
		ck_assert_msg(caller_is_closed(clients[longest]), "round %u", round);
		close(clients[longest]);
		clients[longest] = newcomer;
		active[longest] = clock_mono_ns();
	}
	for (unsigned i = 0; i < CROWD; i++)
		close(clients[i]);
	await_closed(CLOSE_END, CROWD);
	harbour_close(&harbour);
}
END_TEST

START_TEST(of_one_address_no_more_than_its_share)
{
	const struct stream_limits limits = limits_of(100, 2);

	harbour_open(&harbour, 1, &limits);
	unsigned tcp = harbour_add_tcp(&harbour, NULL);
	unsigned path = harbour_add_unix(&harbour, FRAMING_LINES, NULL);

	harbour_start(&harbour);
	int first = harbour_connect(&harbour, tcp, 1), second = harbour_connect(&harbour, tcp, 1);

	await_open(2);
	int third = harbour_connect(&harbour, tcp, 1), other = harbour_connect(&harbour, tcp, 2);

	await_closed(CLOSE_PER_ADDRESS, 1);
	await_open(3);
	HARBOUR_UNTIL(&harbour, caller_is_closed(third));
	ck_assert(!caller_is_closed(first) && !caller_is_closed(second));

	/* There is room again; and a unix socket has no addresses. */
	close(first);
	await_open(2);
	first = harbour_connect(&harbour, tcp, 1);
	int local[3];

	for (unsigned i = 0; i < 3; i++)
		local[i] = harbour_connect(&harbour, path, 0);
	await_open(6);
	ck_assert_uint_eq(harbour_closed(&harbour, CLOSE_PER_ADDRESS), 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_CONNECTIONS_ACCEPTED), 8);
	for (unsigned i = 0; i < 3; i++)
		close(local[i]);
	close(first), close(second), close(third), close(other);
	harbour_close(&harbour);
}
END_TEST

static struct access *
access_of(const char *allow, const char *deny)
{
	const struct item_list allowed = {allow != NULL, &allow}, denied = {deny != NULL, &deny};
	struct text error = {0};
	struct access *access = access_new(&allowed, &denied, &error);

	ck_assert_msg(access != NULL, "%s", text_string(&error));
	return access;
}

START_TEST(who_may_not_is_closed_at_once)
{
	char user[32];
	struct access *hosts = access_of("127.0.0.2", NULL);

	snprintf(user, sizeof(user), "uid:%u", (unsigned)geteuid());
	struct access *others = access_of(NULL, user), *own = access_of(user, NULL);

	harbour_open(&harbour, 1, &harbour_roomy);
	unsigned tcp = harbour_add_tcp(&harbour, hosts);
	unsigned closed = harbour_add_unix(&harbour, FRAMING_LINES, others);
	unsigned open = harbour_add_unix(&harbour, FRAMING_LINES, own);

	harbour_start(&harbour);
	int refused[] = {harbour_connect(&harbour, tcp, 1), harbour_connect(&harbour, closed, 0)};
	int admitted[] = {harbour_connect(&harbour, tcp, 2), harbour_connect(&harbour, open, 0)};

	await_closed(CLOSE_DENIED, 2);
	await_open(2);
	for (unsigned i = 0; i < 2; i++) {
		HARBOUR_UNTIL(&harbour, caller_is_closed(refused[i]));
		ck_assert(!caller_is_closed(admitted[i]));
		close(refused[i]);
		close(admitted[i]);
	}
	harbour_close(&harbour);
	access_free(&hosts);
	access_free(&others);
	access_free(&own);
}
END_TEST

/* The process may open no more than it has open now, and `more`. */
static void
limit_descriptors(unsigned more)
{
	struct rlimit limit;
	int next = dup(0);

	close(next);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)next + more;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void
raise_descriptors(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(without_descriptors_it_waits_until_one_has_closed)
{
	clock_make_virtual(CLOCK_SECOND); /* which stands: no timer fires */
	harbour_open(&harbour, 1, &harbour_roomy);
	harbour_add_tcp(&harbour, NULL);
	harbour_start(&harbour);
	int first = harbour_connect(&harbour, 0, 1), second = harbour_connect(&harbour, 0, 1);

	limit_descriptors(1);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_ACCEPT_PAUSES) == 1);
	for (unsigned i = 0; i < 100; i++)
		harbour_turn(&harbour);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_ACCEPT_PAUSES), 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_CONNECTIONS_ACCEPTED), 1);

	/* The one that waits is served by the descriptor of the one that goes; the
	 * test's own end must stay open, or there would be two. */
	shutdown(first, SHUT_WR);
	await_closed(CLOSE_END, 1);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_CONNECTIONS_ACCEPTED) == 2);
	harbour_say(&harbour, second, "a:1|c\n");
	raise_descriptors();
	close(first);
	close(second);
	harbour_close(&harbour);
}
END_TEST

START_TEST(clients_leave_descriptors_to_others)
{
	int clients[3];

	clock_make_virtual(CLOCK_SECOND);
	harbour_open(&harbour, 1, &harbour_roomy);
	harbour_add_tcp(&harbour, NULL);
	limit_descriptors(ACCEPTOR_RESERVE + 2);
	harbour_start(&harbour);
	raise_descriptors();
	for (unsigned i = 0; i < 2; i++)
		clients[i] = harbour_connect(&harbour, 0, 1);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_CONNECTIONS_ACCEPTED) == 2);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_ACCEPT_PAUSES), 0);
	clients[2] = harbour_connect(&harbour, 0, 1);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_ACCEPT_PAUSES) == 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_CONNECTIONS_ACCEPTED), 2);
	close(clients[0]);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_CONNECTIONS_ACCEPTED) == 3);
	close(clients[1]);
	close(clients[2]);
	harbour_close(&harbour);
}
END_TEST

START_TEST(without_descriptors_it_tries_again_after_a_moment)
{
	clock_make_virtual(CLOCK_SECOND);
	harbour_open(&harbour, 1, &harbour_roomy);
	harbour_add_tcp(&harbour, NULL);
	harbour_start(&harbour);
	int client = harbour_connect(&harbour, 0, 1);

	limit_descriptors(0);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_ACCEPT_PAUSES) == 1);
	clock_advance(100 * CLOCK_MS);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_ACCEPT_PAUSES) == 2);
	raise_descriptors();
	for (unsigned i = 0; i < 100; i++)
		harbour_turn(&harbour);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_CONNECTIONS_ACCEPTED), 0);
	clock_advance(100 * CLOCK_MS);
	await_open(1);
	close(client);
	harbour_close(&harbour);
}
END_TEST

/* Somebody else has the listening socket, too, and shuts it down. */
START_TEST(a_door_that_fails_does_not_keep_the_worker_busy)
{
	clock_make_virtual(CLOCK_SECOND);
	harbour_open(&harbour, 1, &harbour_roomy);
	harbour_add_tcp(&harbour, NULL);
	harbour_add_tcp(&harbour, NULL);
	harbour_start(&harbour);
	shutdown(harbour.doors[0].fd, SHUT_RDWR);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_ACCEPT_PAUSES) == 1);
	for (unsigned i = 0; i < 100; i++)
		harbour_turn(&harbour);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_ACCEPT_PAUSES), 1);

	/* The other door is tried each time, too. */
	int client = harbour_connect(&harbour, 1, 1);

	while (harbour_count(&harbour, INTAKE_CONNECTIONS) == 0) {
		clock_advance(100 * CLOCK_MS);
		for (unsigned i = 0; i < 10; i++)
			harbour_turn(&harbour);
	}
	close(client);
	harbour_close(&harbour);
}
END_TEST

/* A letter of each kind is under way while the other is. */
START_TEST(an_eviction_that_comes_too_late_does_no_harm)
{
	const struct stream_limits limits = limits_of(1, 1000);

	harbour_open(&harbour, 2, &limits);
	harbour_add_tcp(&harbour, NULL);
	harbour_start(&harbour);
	for (unsigned i = 0; i < 50; i++) {
		int client = harbour_connect(&harbour, 0, 1);

		uv_run(&harbour.workers[0].thread.loop, UV_RUN_NOWAIT);
		close(client);
		if (i % 3 == 0)
			uv_run(&harbour.workers[1].thread.loop, UV_RUN_NOWAIT);
	}
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_CONNECTIONS_ACCEPTED) == 50);
	await_open(0);
	ck_assert_uint_eq(
	    harbour_closed(&harbour, CLOSE_END) + harbour_closed(&harbour, CLOSE_CROWDED), 50);
	ck_assert_uint_gt(harbour_closed(&harbour, CLOSE_CROWDED), 0);
	harbour_close(&harbour);
}
END_TEST

#define FLOOD (3 * ACCEPTOR_SPARE)

START_TEST(those_that_are_being_closed_are_bounded)
{
	const struct stream_limits limits = limits_of(1, 1000);
	int clients[FLOOD];
	size_t most = 0;

	harbour_open(&harbour, 1, &limits);
	for (unsigned i = 0; i < HARBOUR_DOORS; i++)
		harbour_add_tcp(&harbour, NULL);
	for (unsigned i = 0; i < FLOOD; i++)
		clients[i] = harbour_connect(&harbour, i % HARBOUR_DOORS, 1);
	harbour_start(&harbour);
	while (harbour_closed(&harbour, CLOSE_CROWDED) < FLOOD - 1) {
		harbour_turn(&harbour);
		if (most < harbour.workers[0].acceptor->out)
			most = harbour.workers[0].acceptor->out;
	}
	ck_assert_uint_eq(most, 1 + ACCEPTOR_SPARE);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_ACCEPT_PAUSES), 0);
	for (unsigned i = 0; i < FLOOD; i++)
		close(clients[i]);
	harbour_close(&harbour);
}
END_TEST

START_TEST(the_stop_takes_in_who_has_connected_and_closes_the_doors)
{
	harbour_open(&harbour, 2, &harbour_roomy);
	harbour_add_tcp(&harbour, NULL);
	harbour_start(&harbour);
	int clients[3];

	for (unsigned i = 0; i < 3; i++) {
		clients[i] = harbour_connect(&harbour, 0, 1);
		ck_assert_int_eq(send(clients[i], "a:1|c\n", 6, MSG_NOSIGNAL), 6);
	}
	harbour_stop(&harbour);
	HARBOUR_UNTIL(&harbour, harbour.drained == 2);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 3);
	ck_assert_uint_eq(harbour_closed(&harbour, CLOSE_SHUTDOWN), 3);
	int late = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ne(
	    connect(late, (struct sockaddr *)&harbour.doors[0].address, harbour.doors[0].length),
	    0);
	close(late);
	for (unsigned i = 0; i < 3; i++)
		close(clients[i]);
	harbour_close(&harbour);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(the_worker_with_the_fewest_gets_the_next),
    SUITE_TEST(a_connection_knows_where_its_lines_come_from),
    SUITE_TEST(the_longest_idle_makes_room),
    SUITE_TEST(of_one_address_no_more_than_its_share),
    SUITE_TEST(who_may_not_is_closed_at_once),
    SUITE_TEST(without_descriptors_it_waits_until_one_has_closed),
    SUITE_TEST(clients_leave_descriptors_to_others),
    SUITE_TEST(without_descriptors_it_tries_again_after_a_moment),
    SUITE_TEST(a_door_that_fails_does_not_keep_the_worker_busy),
    SUITE_TEST(an_eviction_that_comes_too_late_does_no_harm),
    SUITE_TEST(those_that_are_being_closed_are_bounded),
    SUITE_TEST(the_stop_takes_in_who_has_connected_and_closes_the_doors),
    {0},
};

SUITE_MAIN("ingest/acceptor", tests)
