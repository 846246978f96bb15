/* SPDX-License-Identifier: MIT */
/* control_test.c -- the control socket: what status says, whoever asks, and
 * however badly. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
connect_tcp(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static const struct {
	const char *path;
	json_type type; /* JSON_REAL: any number */
} shape[] = {
    {"version", JSON_STRING},
    {"pid", JSON_INTEGER},
    {"uptime_seconds", JSON_REAL},
    {"interval_seconds", JSON_REAL},
    {"next_flush_seconds", JSON_REAL},
    {"ledger.datagrams.read", JSON_INTEGER},
    {"ledger.datagrams.dropped", JSON_INTEGER},
    {"ledger.datagrams.filtered", JSON_INTEGER},
    {"ledger.lines.read", JSON_INTEGER},
    {"ledger.lines.accepted", JSON_INTEGER},
    {"ledger.lines.refused", JSON_OBJECT},
    {"ledger.elements_refused", JSON_INTEGER},
    {"ledger.samples.counter", JSON_INTEGER},
    {"ledger.samples.gauge", JSON_INTEGER},
    {"ledger.samples.timer", JSON_INTEGER},
    {"ledger.samples.set", JSON_INTEGER},
    {"ledger.points.offered", JSON_INTEGER},
    {"ledger.points.delivered", JSON_INTEGER},
    {"ledger.points.queued", JSON_INTEGER},
    {"ledger.points.dropped.queue_full", JSON_INTEGER},
    {"ledger.points.dropped.shutdown", JSON_INTEGER},
    {"ledger.sentence", JSON_STRING},
    {"series.used", JSON_INTEGER},
    {"series.limit", JSON_INTEGER},
    {"series.refused.series_limit", JSON_INTEGER},
    {"series.refused.source_limit", JSON_INTEGER},
    {"series.refused.memory_limit", JSON_INTEGER},
    {"memory.limit_bytes", JSON_INTEGER},
    {"memory.used_bytes", JSON_INTEGER},
    {"memory.parts.tables", JSON_INTEGER},
    {"memory.parts.queues", JSON_INTEGER},
    {"memory.parts.other", JSON_INTEGER},
    {"listeners.0.name", JSON_STRING},
    {"listeners.0.sockets.0.transport", JSON_STRING},
    {"listeners.0.sockets.0.graphite", JSON_FALSE},
    {"listeners.0.sockets.0.address", JSON_STRING},
    {"listeners.0.sockets.0.worker", JSON_INTEGER},
    {"listeners.0.sockets.0.receive_buffer_bytes", JSON_INTEGER},
    {"listeners.0.datagrams", JSON_INTEGER},
    {"listeners.0.dropped", JSON_INTEGER},
    {"listeners.0.filtered", JSON_INTEGER},
    {"listeners.0.truncated", JSON_INTEGER},
    {"listeners.0.bytes", JSON_INTEGER},
    {"listeners.0.received_bytes.udp", JSON_INTEGER},
    {"listeners.0.received_bytes.tcp", JSON_INTEGER},
    {"listeners.0.received_bytes.unix_datagram", JSON_INTEGER},
    {"listeners.0.received_bytes.unix_stream", JSON_INTEGER},
    {"listeners.0.received_bytes.stdin", JSON_INTEGER},
    {"listeners.0.connections.open", JSON_INTEGER},
    {"listeners.0.connections.accepted", JSON_INTEGER},
    {"listeners.0.connections.closed.crowded", JSON_INTEGER},
    {"listeners.0.connections.accept_pauses", JSON_INTEGER},
    {"listeners.0.lines", JSON_INTEGER},
    {"listeners.0.accepted", JSON_INTEGER},
    {"listeners.0.refused", JSON_INTEGER},
    {"workers", JSON_ARRAY},
    {"flush.count", JSON_INTEGER},
    {"flush.late", JSON_INTEGER},
    {"flush.duration_seconds", JSON_REAL},
    {"flush.timestamp", JSON_REAL},
    {"flush.series", JSON_INTEGER},
    {"flush.clock_steps", JSON_OBJECT},
    {"flush.imbalance", JSON_INTEGER},
    {"sinks.0.name", JSON_STRING},
    {"sinks.0.type", JSON_STRING},
    {"sinks.0.address", JSON_STRING},
    {"sinks.0.state", JSON_STRING},
    {"sinks.0.last_error", JSON_STRING},
    {"sinks.0.points.offered", JSON_INTEGER},
    {"log", JSON_OBJECT},
};

START_TEST(status_has_the_shape_that_programs_rely_on)
{
	struct endpoint *nobody = endpoint_new();
	struct play *play = play_new();

	play_deliver_to(play, "graphite", nobody);
	play_option(play, "shutdown_timeout=100ms");
	play_start(play);
	play_send(play, "a:1|c\nb:1|zzz");
	play_settle(play);
	WAIT_UNTIL(play_text_has(play, "sinks.0.last_error", ""));
	json_t *status = play_status(play);

	for (size_t i = 0; i < sizeof(shape) / sizeof(shape[0]); i++) {
		json_t *at = status_at(status, shape[i].path);

		ck_assert_msg(at != NULL, "status has no %s", shape[i].path);
		ck_assert_msg(json_typeof(at) == shape[i].type ||
			(shape[i].type == JSON_REAL && json_is_number(at)),
		    "%s is of type %d", shape[i].path, (int)json_typeof(at));
	}
	json_decref(status);
	ck_assert(play_text_has(play, "sinks.0.last_error", "refused"));
	play_end(play);
	endpoint_free(nobody);
}
END_TEST

/* A socket of status; NULL: there is none. */
static json_t *
find_socket(json_t *status, const char *transport, bool graphite)
{
	json_t *sockets = status_at(status, "listeners.0.sockets");

	for (size_t i = 0; i < json_array_size(sockets); i++) {
		json_t *socket = json_array_get(sockets, i);

		if (strcmp(json_string_value(json_object_get(socket, "transport")), transport) ==
			0 &&
		    json_is_true(json_object_get(socket, "graphite")) == graphite)
			return socket;
	}
	return NULL;
}

START_TEST(every_kind_of_socket_is_listed)
{
	struct play *play = play_new();
	char stream[128], datagram[128], port[32], graphite[32];
	const struct {
		const char *transport;
		bool graphite;
		const char *address;
		bool buffered;
	} kinds[] = {
	    {"udp", false, port, true},
	    {"tcp", false, port, false},
	    {"unix_datagram", false, datagram, false},
	    {"unix_stream", false, stream, false},
	    {"udp", true, graphite, true},
	    {"tcp", true, graphite, false},
	};

	snprintf(stream, sizeof(stream), "%s/stream", play->dir);
	snprintf(datagram, sizeof(datagram), "%s/datagram", play->dir);
	snprintf(port, sizeof(port), "127.0.0.1:%d", play->port);
	snprintf(graphite, sizeof(graphite), "127.0.0.1:%d", play_free_port());
	play_option(play, "listen.stage.udp=%s", port);
	play_option(play, "listen.stage.tcp=%s", port);
	play_option(play, "listen.stage.unix_datagram=%s", datagram);
	play_option(play, "listen.stage.unix_stream=%s", stream);
	play_option(play, "listen.stage.graphite=%s", graphite);
	play_start(play);
	json_t *status = play_status(play);

	ck_assert_uint_eq(json_array_size(status_at(status, "listeners.0.sockets")), 6);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		json_t *socket = find_socket(status, kinds[i].transport, kinds[i].graphite);

		ck_assert_msg(socket != NULL, "there is no %s", kinds[i].transport);
		ck_assert_str_eq(
		    json_string_value(json_object_get(socket, "address")), kinds[i].address);
		ck_assert_int_eq(
		    json_object_get(socket, "receive_buffer_bytes") != NULL, kinds[i].buffered);
	}
	json_decref(status);
	play_end(play);
}
END_TEST

START_TEST(connections_are_counted_by_what_became_of_them)
{
	struct play *play = play_new();

	play_option(play, "listen.stage.tcp=127.0.0.1:%d", play->port);
	play_start(play);
	int stays = connect_tcp(play->port), leaves = connect_tcp(play->port);

	WAIT_FOR_NUMBER(play, "listeners.0.connections.open", 2);
	ck_assert_int_eq(send(leaves, "a:1|c\n", 6, MSG_NOSIGNAL), 6);
	close(leaves);
	WAIT_FOR_NUMBER(play, "listeners.0.connections.closed.end", 1);
	WAIT_FOR_NUMBER(play, "listeners.0.connections.open", 1);
	WAIT_FOR_NUMBER(play, "listeners.0.received_bytes.tcp", 6);
	play_send(play, "b:1|c");
	WAIT_FOR_NUMBER(play, "listeners.0.received_bytes.udp", 5);
	WAIT_FOR_NUMBER(play, "listeners.0.bytes", 11);
	ck_assert(play_number(play, "listeners.0.connections.accepted") == 2);
	close(stays);
	play_end(play);
}
END_TEST

/* While lines pour in the sides of the lines' ledger may be apart by those
 * that came while it was read; a sink's never are. */
START_TEST(the_books_of_a_sink_balance_whenever_they_are_asked_for)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_option(play, "workers=2");
	play_start(play);
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < 50; i++)
			play_sendf(play, "pour.%d:1|c\nbad\npour.ms:1|ms", i);
		json_t *status = play_status(play);
		json_t *points = status_at(status, "sinks.0.points");
		json_t *dropped = json_object_get(points, "dropped");

		ck_assert_int_eq(json_integer_value(json_object_get(points, "offered")),
		    json_integer_value(json_object_get(points, "delivered")) +
			json_integer_value(json_object_get(points, "queued")) +
			json_integer_value(json_object_get(dropped, "queue_full")) +
			json_integer_value(json_object_get(dropped, "shutdown")));
		ck_assert_int_le(json_integer_value(status_at(status, "ledger.datagrams.read")),
		    (json_int_t)play->sent);
		json_decref(status);
	}
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(clients_that_say_nothing_keep_nobody_waiting)
{
	struct play *play = play_new();
	int silent[100]; /* more than it keeps */

	play_start(play);
	for (int i = 0; i < 100; i++) {
		silent[i] = play_connect(play);
		ck_assert_int_ge(silent[i], 0);
	}
	ck_assert_int_eq(send(silent[99], "sta", 3, MSG_NOSIGNAL), 3);
	play_send(play, "a:1|c");
	play_settle(play);
	play_end(play);
	for (int i = 0; i < 100; i++)
		close(silent[i]);
}
END_TEST

START_TEST(a_client_that_has_said_all_it_will_is_answered)
{
	struct play *play = play_new();
	char answer[65536];
	size_t len = 0;
	ssize_t more;

	play_start(play);
	int fd = play_connect(play);

	ck_assert_int_eq(send(fd, "status\n", 7, MSG_NOSIGNAL), 7);
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	while ((more = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0)
		len += (size_t)more;
	answer[len] = '\0';
	ck_assert_msg(strstr(answer, "\"pid\"") != NULL, "the answer is %s", answer);
	close(fd);
	play_end(play);
}
END_TEST

START_TEST(clients_that_leave_early_do_no_harm)
{
	struct play *play = play_new();

	play_start(play);
	for (int i = 0; i < 100; i++) {
		int fd = play_connect(play);

		/* Those beyond the number of connections are turned away. */
		ck_assert_int_ge(fd, 0);
		if (send(fd, "status\n", 7, MSG_NOSIGNAL) < 0)
			ck_assert_int_eq(errno, EPIPE);
		close(fd);
	}
	WAIT_UNTIL(play_number(play, "pid") == play->pid);
	play_send(play, "a:1|c");
	play_end(play);
}
END_TEST

START_TEST(unknown_words_are_answered_and_do_no_harm)
{
	static const char *const words[] = {"frobnicate\n", "\n", "status now please\n", "STATUS\n",
	    "GET / HTTP/1.0\r\n\r\n", "block\tx y\n", "block - [\n", "forget\n", "sources \xff\n"};
	struct play *play = play_new();

	play_start(play);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *answer = play_ask(play, words[i]);

		ck_assert_msg(answer != NULL && strncmp(answer, "{\"error\":\"", 10) == 0,
		    "%s is answered by %s", words[i], answer);
		free(answer);
	}
	char *endless = malloc(200001);

	memset(endless, 'x', 200000);
	endless[200000] = '\0';
	free(play_ask(play, endless));
	free(endless);
	play_send(play, "a:1|c");
	play_end(play);
}
END_TEST

START_TEST(the_socket_has_its_mode_and_goes_with_the_daemon)
{
	struct play *play = play_new();
	struct stat entry;

	play_option(play, "control.mode=0600");
	play_start(play);
	ck_assert_int_eq(stat(play->control, &entry), 0);
	ck_assert(S_ISSOCK(entry.st_mode));
	ck_assert_int_eq(entry.st_mode & 0777, 0600);
	play_stop(play);
	ck_assert_int_ne(access(play->control, F_OK), 0);
	play_free(play);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(status_has_the_shape_that_programs_rely_on),
    SUITE_TEST(every_kind_of_socket_is_listed),
    SUITE_TEST(connections_are_counted_by_what_became_of_them),
    SUITE_TEST(the_books_of_a_sink_balance_whenever_they_are_asked_for),
    SUITE_TEST(clients_that_say_nothing_keep_nobody_waiting),
    SUITE_TEST(a_client_that_has_said_all_it_will_is_answered),
    SUITE_TEST(clients_that_leave_early_do_no_harm),
    SUITE_TEST(unknown_words_are_answered_and_do_no_harm),
    SUITE_TEST(the_socket_has_its_mode_and_goes_with_the_daemon),
    {0},
};

SUITE_MAIN("scenario/control", tests)
