/* SPDX-License-Identifier: MIT */
/* control_test.c -- the control socket: what status says, whoever asks, and
 * however badly. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
    {"listeners.0.name", JSON_STRING},
    {"listeners.0.sockets.0.address", JSON_STRING},
    {"listeners.0.sockets.0.worker", JSON_INTEGER},
    {"listeners.0.sockets.0.receive_buffer_bytes", JSON_INTEGER},
    {"listeners.0.datagrams", JSON_INTEGER},
    {"listeners.0.dropped", JSON_INTEGER},
    {"listeners.0.bytes", JSON_INTEGER},
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
	int silent[40]; /* more than it keeps */

	play_start(play);
	for (int i = 0; i < 40; i++) {
		silent[i] = play_connect(play);
		ck_assert_int_ge(silent[i], 0);
	}
	ck_assert_int_eq(send(silent[39], "sta", 3, MSG_NOSIGNAL), 3);
	play_send(play, "a:1|c");
	play_settle(play);
	play_end(play);
	for (int i = 0; i < 40; i++)
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
	static const char *const words[] = {
	    "frobnicate\n", "\n", "status now please\n", "STATUS\n", "GET / HTTP/1.0\r\n\r\n"};
	struct play *play = play_new();

	play_start(play);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *answer = play_ask(play, words[i]);

		ck_assert_msg(answer != NULL && answer[0] != '\0', "no answer to %s", words[i]);
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
    SUITE_TEST(the_books_of_a_sink_balance_whenever_they_are_asked_for),
    SUITE_TEST(clients_that_say_nothing_keep_nobody_waiting),
    SUITE_TEST(a_client_that_has_said_all_it_will_is_answered),
    SUITE_TEST(clients_that_leave_early_do_no_harm),
    SUITE_TEST(unknown_words_are_answered_and_do_no_harm),
    SUITE_TEST(the_socket_has_its_mode_and_goes_with_the_daemon),
    {0},
};

SUITE_MAIN("scenario/control", tests)
