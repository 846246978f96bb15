/* SPDX-License-Identifier: MIT */
/* connection_test.c -- what comes of a client's stream, and what ends it. */

#include "test/scenario/caller.h"
#include "test/unit/ingest/harbour.h"
#include "test/unit/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct harbour harbour;

static const struct stream_limits short_lines = {
    .line_bytes = 32, .connections = 100, .per_address = 100, .idle_ns = ITEM_WORD};

/* One worker, one door, one client. */
static int
open_one(const struct stream_limits *limits)
{
	harbour_open(&harbour, 1, limits);
	unsigned door = harbour_add_tcp(&harbour, NULL);

	harbour_start(&harbour);
	return harbour_connect(&harbour, door, 1);
}

static int
open_framed(void)
{
	harbour_open(&harbour, 1, &harbour_roomy);
	unsigned door = harbour_add_unix(&harbour, FRAMING_LENGTH, NULL);

	harbour_start(&harbour);
	return harbour_connect(&harbour, door, 0);
}

static void
send_only(int client, const char *text)
{
	ck_assert_int_eq(send(client, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void
await_closed(enum close_reason reason, uint64_t count)
{
	HARBOUR_UNTIL(&harbour, harbour_closed(&harbour, reason) == count);
}

START_TEST(lines_are_put_together_across_reads)
{
	int client = open_one(&harbour_roomy);

	harbour_say(&harbour, client, "a:1|c\nb:");
	harbour_say(&harbour, client, "2|c\nc:3|c\n");
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 3);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_CONNECTIONS), 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_DATAGRAMS), 0);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_BYTES + TRANSPORT_TCP), 18);
	close(client);
	await_closed(CLOSE_END, 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES), 3);
	harbour_close(&harbour);
}
END_TEST

START_TEST(a_last_line_without_its_end_is_truncated)
{
	int client = open_one(&harbour_roomy);

	send_only(client, "a:1|c\nb:10");
	close(client);
	await_closed(CLOSE_END, 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 1);
	ck_assert_uint_eq(harbour_refused(&harbour, REASON_TRUNCATED), 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES), 2);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_BYTES + TRANSPORT_TCP), 10);
	harbour_close(&harbour);
}
END_TEST

static void
reset(int client)
{
	const struct linger at_once = {.l_onoff = 1};

	setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(client);
}

START_TEST(what_came_before_a_reset_counts)
{
	int client = open_one(&harbour_roomy);

	harbour_say(&harbour, client, "a:1|c\n");
	send_only(client, "b:1|c\nc:");
	reset(client);
	await_closed(CLOSE_ERROR, 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 2);
	ck_assert_uint_eq(harbour_refused(&harbour, REASON_TRUNCATED), 1);
	harbour_close(&harbour);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_skipped_and_counted_once)
{
	static const char line[] = "far.too.long.for.any.name:1234567890|c\n";
	int client = open_one(&short_lines);

	harbour_say(&harbour, client, "a:1|c\n");
	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		ck_assert_int_eq(send(client, &line[i], 1, MSG_NOSIGNAL), 1);
		harbour_turn(&harbour);
	}
	harbour_say(&harbour, client, "b:1|c\n");
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_LINES_ACCEPTED) == 2);
	ck_assert_uint_eq(harbour_refused(&harbour, REASON_LINE_TOO_LONG), 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES), 3);
	ck_assert_uint_eq(
	    harbour_count(&harbour, INTAKE_BYTES + TRANSPORT_TCP), 12 + sizeof(line) - 1);
	close(client);
	await_closed(CLOSE_END, 1);
	ck_assert_uint_eq(harbour_refused(&harbour, REASON_TRUNCATED), 0);
	harbour_close(&harbour);
}
END_TEST

START_TEST(a_request_of_a_browser_closes_the_connection)
{
	static const char *const requests[] = {
	    "GET / HTTP/1.1\r\nx:1|c\n",
	    "POST /x HTTP/1.1\nx:1|c\n",
	    "made-up /x HTTP/1.1\r\nx:1|c\n",
	    "POST /longer.than.any.line.may.be:1|c/", /* its end may never come */
	    "made-up /longer.than.any.line.may.be:1",
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		int client = open_one(&short_lines);

		harbour_say(&harbour, client, "a:1|c\n");
		send_only(client, requests[i]);
		await_closed(CLOSE_HTTP, 1);
		ck_assert_uint_eq(harbour_refused(&harbour, REASON_HTTP), 1);
		ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 1);
		ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES), 2);
		HARBOUR_UNTIL(&harbour, caller_is_closed(client));
		close(client);
		harbour_close(&harbour);
	}
}
END_TEST

/* The session ticket in it may be of a page's making. */
START_TEST(so_does_its_hello)
{
	static const char *const pieces[] = {"\x16", "\x03\x01", "ab\nx:1|c\n"};
	int client = open_one(&harbour_roomy);

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
		send_only(client, pieces[i]);
	await_closed(CLOSE_HTTP, 1);
	ck_assert_uint_eq(harbour_refused(&harbour, REASON_HTTP), 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES), 1);
	close(client);
	harbour_close(&harbour);
	client = open_one(&harbour_roomy);
	harbour_say(&harbour, client, "a:1|c\n\x16\x03:1|c\n");
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES), 2);
	ck_assert(!caller_is_closed(client));
	close(client);
	harbour_close(&harbour);
}
END_TEST

START_TEST(a_frame_is_what_a_datagram_would_be)
{
	int client = open_framed();

	harbour_say_bytes(&harbour, client, "\13\0\0\0a:1|c\nb:2|c\5\0\0\0", 19);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 2);
	harbour_say(&harbour, client, "c:3|c");
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 3);
	ck_assert_int_eq(send(client, "\5\0\0\0d", 5, MSG_NOSIGNAL), 5);
	close(client);
	await_closed(CLOSE_END, 1);
	ck_assert_uint_eq(harbour_refused(&harbour, REASON_TRUNCATED), 1);
	harbour_close(&harbour);
}
END_TEST

START_TEST(a_frame_longer_than_any_datagram_closes_the_connection)
{
	int client = open_framed();

	ck_assert_int_eq(send(client, "\5\0\0\0a:1|c\1\0\1\0b:1|c", 18, MSG_NOSIGNAL), 18);
	await_closed(CLOSE_FRAME, 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 1);
	ck_assert_uint_eq(harbour_refused(&harbour, REASON_LINE_TOO_LONG), 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES), 2);
	close(client);
	harbour_close(&harbour);
}
END_TEST

START_TEST(who_is_silent_for_too_long_is_closed)
{
	const struct stream_limits limits = {
	    .line_bytes = 100, .connections = 100, .per_address = 100, .idle_ns = CLOCK_SECOND};

	clock_make_virtual(CLOCK_SECOND);
	int silent = open_one(&limits);
	int busy = harbour_connect(&harbour, 0, 1);

	harbour_say(&harbour, busy, "a:1|c\n");
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_CONNECTIONS) == 2);
	clock_advance(CLOCK_SECOND / 2);
	harbour_say(&harbour, busy, "a:1|c\n");
	clock_advance(CLOCK_SECOND / 2 - 1);
	connections_look(&harbour.workers[0].connections);
	ck_assert_uint_eq(harbour_closed(&harbour, CLOSE_IDLE), 0);
	clock_advance(1);
	connections_look(&harbour.workers[0].connections);
	ck_assert_uint_eq(harbour_closed(&harbour, CLOSE_IDLE), 1);
	HARBOUR_UNTIL(&harbour, caller_is_closed(silent));
	ck_assert(!caller_is_closed(busy));
	close(silent);
	close(busy);
	harbour_close(&harbour);
}
END_TEST

static size_t turns_over;

static void
count_turn(struct turn *turn)
{
	(void)turn;
	turns_over++;
}

START_TEST(datagrams_have_their_turn_between_streams)
{
	static char lines[TURN_BYTES_MOST];
	int client = open_one(&harbour_roomy);

	harbour.workers[0].turn.over = count_turn;
	for (size_t i = 0; i < sizeof(lines); i += 8)
		memcpy(lines + i, "aa:11|c\n", 8);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_CONNECTIONS) == 1);
	harbour.workers[0].turn.spent = 0;
	turns_over = 0;
	for (size_t sent = 0; sent < sizeof(lines); sent += 4096) {
		ck_assert_uint_eq(turns_over, 0);
		harbour_say_bytes(&harbour, client, lines + sent, 4096);
	}
	ck_assert_uint_eq(turns_over, 1);

	/* However little it is that is read, it costs a kilobyte. */
	for (size_t i = 0; i < TURN_BYTES_MOST / 1024; i++) {
		ck_assert_uint_eq(turns_over, 1);
		harbour_say(&harbour, client, "a:1|c\n");
	}
	ck_assert_uint_eq(turns_over, 2);
	close(client);
	await_closed(CLOSE_END, 1);
	harbour_close(&harbour);
}
END_TEST

START_TEST(one_turn_takes_a_bounded_part_of_one_stream)
{
	static char lines[1 << 16];
	int client = open_one(&harbour_roomy);

	for (size_t i = 0; i < sizeof(lines); i += 8)
		memcpy(lines + i, "aa:11|c\n", 8);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_CONNECTIONS) == 1);
	ck_assert_int_eq(send(client, lines, sizeof(lines), MSG_NOSIGNAL), sizeof(lines));
	for (uint64_t before = 0, now; before < sizeof(lines); before = now) {
		harbour_turn(&harbour);
		now = harbour_count(&harbour, INTAKE_BYTES + TRANSPORT_TCP);
		ck_assert_uint_le(now - before, 16384);
	}
	close(client);
	await_closed(CLOSE_END, 1);
	harbour_close(&harbour);
}
END_TEST

START_TEST(at_the_stop_what_has_arrived_is_taken_in)
{
	static char lines[3 * 16384];
	int client = open_one(&harbour_roomy);

	for (size_t i = 0; i < sizeof(lines); i += 8)
		memcpy(lines + i, "aa:11|c\n", 8);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_CONNECTIONS) == 1);
	ck_assert_int_eq(send(client, lines, sizeof(lines), MSG_NOSIGNAL), sizeof(lines));
	harbour_stop(&harbour);
	HARBOUR_UNTIL(&harbour, harbour.drained == 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), sizeof(lines) / 8);
	ck_assert_uint_eq(harbour_closed(&harbour, CLOSE_SHUTDOWN), 1);
	ck_assert(caller_is_closed(client));
	close(client);
	harbour_close(&harbour);
}
END_TEST

START_TEST(the_stop_counts_whose_end_had_come_and_who_was_stopped)
{
	int ended = open_one(&harbour_roomy), open = harbour_connect(&harbour, 0, 1);

	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_CONNECTIONS) == 2);
	send_only(ended, "a:1|c\nb:1|c\n");
	close(ended);
	send_only(open, "c:1|c\nd:");
	harbour_stop(&harbour);
	HARBOUR_UNTIL(&harbour, harbour.drained == 1);
	ck_assert_uint_eq(harbour_closed(&harbour, CLOSE_END), 1);
	ck_assert_uint_eq(harbour_closed(&harbour, CLOSE_SHUTDOWN), 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 3);
	ck_assert_uint_eq(harbour_refused(&harbour, REASON_TRUNCATED), 1);
	close(open);
	harbour_close(&harbour);
}
END_TEST

START_TEST(what_cannot_be_waited_for_is_closed_and_comes_home)
{
	const struct door door = {.origin = &harbour.origin};
	struct connection connection = {.door = &door};
	FILE *file = tmpfile();

	harbour_open(&harbour, 1, &harbour_roomy);
	connection.fd = dup(fileno(file));
	fclose(file);
	connection_serve(&harbour.workers[0].connections, &connection);
	ck_assert_uint_eq(harbour_closed(&harbour, CLOSE_ERROR), 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_CONNECTIONS), 0);
	struct mail *mail = mailbox_collect(&harbour.workers[0].thread.inbox);

	ck_assert_ptr_eq(mail, &connection.mail);
	ck_assert_uint_eq(mail->kind, CONNECTION_HOME);
	ck_assert_int_ne(fcntl(connection.fd, F_GETFD), 0);
	/* Its books are the acceptor's, which never had it. */
	counter_add(&harbour.workers[0].counters[0][INTAKE_CONNECTIONS_ACCEPTED], 1);
	harbour_close(&harbour);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(lines_are_put_together_across_reads),
    SUITE_TEST(a_last_line_without_its_end_is_truncated),
    SUITE_TEST(what_came_before_a_reset_counts),
    SUITE_TEST(a_line_that_is_too_long_is_skipped_and_counted_once),
    SUITE_TEST(a_request_of_a_browser_closes_the_connection),
    SUITE_TEST(so_does_its_hello),
    SUITE_TEST(a_frame_is_what_a_datagram_would_be),
    SUITE_TEST(a_frame_longer_than_any_datagram_closes_the_connection),
    SUITE_TEST(who_is_silent_for_too_long_is_closed),
    SUITE_TEST(datagrams_have_their_turn_between_streams),
    SUITE_TEST(one_turn_takes_a_bounded_part_of_one_stream),
    SUITE_TEST(at_the_stop_what_has_arrived_is_taken_in),
    SUITE_TEST(the_stop_counts_whose_end_had_come_and_who_was_stopped),
    SUITE_TEST(what_cannot_be_waited_for_is_closed_and_comes_home),
    {0},
};

SUITE_MAIN("ingest/connection", tests)
