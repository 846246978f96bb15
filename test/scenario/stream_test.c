/* SPDX-License-Identifier: MIT */
/* stream_test.c -- lines over connections, and on standard input: how they
 * are put together, what ends a connection, and what is left of it. */

#include "test/scenario/caller.h"
#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LISTENER "listeners.0."
#define CLOSED LISTENER "connections.closed."
#define REFUSED "ledger.lines.refused."

/* A play whose listener takes streams, too; of a unix socket, at *path_out. */
static struct play *
play_streams(char *path_out, size_t path_size)
{
	struct play *play = play_new();

	snprintf(path_out, path_size, "%s/lines", play->dir);
	play_option(play, "listen.stage.tcp=['127.0.0.1:%d','[::1]:%d']", play->port, play->port);
	play_option(play, "listen.stage.unix_stream=%s", path_out);
	return play;
}

START_TEST(lines_come_over_every_kind_of_stream)
{
	struct endpoint *graphite = endpoint_new();
	char path[96];
	struct play *play = play_streams(path, sizeof(path));

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_start(play);
	int callers[] = {caller_tcp(play->port, 1), caller_tcp_v6(play->port), caller_unix(path)};

	for (unsigned i = 0; i < 3; i++)
		caller_say(callers[i], "all:1|c\npar");
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 3);
	for (unsigned i = 0; i < 3; i++)
		caller_say(callers[i], "ts:2|c\n");
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 6);
	WAIT_FOR_NUMBER(play, LISTENER "connections.open", 3);
	WAIT_FOR_NUMBER(play, LISTENER "received_bytes.tcp", 36);
	WAIT_FOR_NUMBER(play, LISTENER "received_bytes.unix_stream", 18);
	for (unsigned i = 0; i < 3; i++)
		close(callers[i]);
	WAIT_FOR_NUMBER(play, CLOSED "end", 3);
	WAIT_FOR_NUMBER(play, LISTENER "connections.open", 0);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.all.count") == 3);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.parts.count") == 6);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(what_ends_in_the_midst_of_a_line_is_truncated)
{
	char path[96];
	struct play *play = play_streams(path, sizeof(path));

	play_start(play);
	int ended = caller_tcp(play->port, 1), reset = caller_tcp(play->port, 1);
	int stopped = caller_tcp(play->port, 1);

	caller_say(ended, "a:1|c\nb:10");
	caller_say(reset, "a:1|c\nb:10");
	caller_say(stopped, "a:1|c\nb:10");
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 3);
	close(ended);
	WAIT_FOR_NUMBER(play, CLOSED "end", 1);
	caller_reset(reset);
	WAIT_FOR_NUMBER(play, CLOSED "error", 1);
	WAIT_FOR_NUMBER(play, REFUSED "truncated", 2);
	struct ledger ledger = play_stop(play);

	ck_assert_uint_eq(ledger.lines_refused, 3);
	ck_assert(play_log_has(play, "3 refused(truncated 3)"));
	ck_assert(caller_is_closed(stopped));
	close(stopped);
	play_free(play);
}
END_TEST

START_TEST(a_line_that_is_too_long_costs_itself_only)
{
	char path[96], line[2048];
	struct play *play = play_streams(path, sizeof(path));

	play_option(play, "limits.line_bytes=1024");
	play_start(play);
	int caller = caller_tcp(play->port, 1);

	memset(line, 'x', sizeof(line));
	caller_say(caller, "a:1|c\n");
	for (unsigned i = 0; i < 10; i++)
		caller_say_bytes(caller, line, sizeof(line));
	WAIT_FOR_NUMBER(play, REFUSED "line_too_long", 1);
	caller_say(caller, ":1|c\nb:1|c\n");
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 2);
	WAIT_FOR_NUMBER(play, "ledger.lines.read", 3);
	WAIT_FOR_NUMBER(play, LISTENER "received_bytes.tcp", 10 * 2048 + 17);
	close(caller);
	play_end(play);
}
END_TEST

START_TEST(what_a_web_page_sends_closes_the_connection)
{
	char path[96];
	struct play *play = play_streams(path, sizeof(path));

	play_start(play);
	for (unsigned i = 1; i <= 3; i++) {
		int caller = caller_tcp(play->port, 1);

		caller_say(caller, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nforged:1|c\n");
		WAIT_FOR_NUMBER(play, CLOSED "http", i);
		WAIT_UNTIL(caller_is_closed(caller));
		close(caller);
	}
	WAIT_FOR_NUMBER(play, REFUSED "http", 3);
	WAIT_FOR_NUMBER(play, "ledger.lines.read", 3);
	char *log = play_log(play), *said = strstr(log, "a request of a web browser's");

	ck_assert_ptr_nonnull(said);
	ck_assert_ptr_null(strstr(said + 1, "a request of a web browser's"));
	free(log);
	play_end(play);
}
END_TEST

START_TEST(frames_are_taken_apart)
{
	char path[96];
	struct play *play = play_streams(path, sizeof(path));

	play_option(play, "listen.stage.framing=length");
	play_start(play);
	int framed = caller_unix(path), lines = caller_tcp(play->port, 1);

	caller_say_bytes(framed, "\13\0\0\0a:1|c\nb:1|c\5\0\0\0c:", 21);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 2);
	caller_say(framed, "1|c");
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 3);
	caller_say(lines, "d:1|c\n"); /* TCP is lines in any case */
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 4);
	caller_say_bytes(framed, "\1\0\1\0", 4);
	WAIT_FOR_NUMBER(play, CLOSED "frame", 1);
	WAIT_FOR_NUMBER(play, REFUSED "line_too_long", 1);
	WAIT_UNTIL(caller_is_closed(framed));
	close(framed);
	close(lines);
	play_end(play);
}
END_TEST

START_TEST(who_is_idle_for_too_long_is_closed)
{
	char path[96];
	struct play *play = play_streams(path, sizeof(path));

	play_option(play, "limits.idle_connection=1s");
	play_start(play);
	int callers[] = {caller_tcp(play->port, 1), caller_unix(path)};

	WAIT_FOR_NUMBER(play, CLOSED "idle", 2);
	for (unsigned i = 0; i < 2; i++) {
		WAIT_UNTIL(caller_is_closed(callers[i]));
		close(callers[i]);
	}
	play_end(play);
}
END_TEST

/* The lowest number that none of the daemon's descriptors has. */
static rlim_t
next_descriptor(const struct play *play)
{
	char path[64];
	rlim_t number = 0;

	do
		snprintf(path, sizeof(path), "/proc/%d/fd/%u", (int)play->pid, (unsigned)number++);
	while (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	return number - 1;
}

#define THRONG 8

START_TEST(without_descriptors_new_connections_wait)
{
	char path[96];
	struct play *play = play_streams(path, sizeof(path));
	struct rlimit limit;
	int callers[THRONG];

	play_start(play);
	ck_assert_int_eq(prlimit(play->pid, RLIMIT_NOFILE, NULL, &limit), 0);
	limit.rlim_cur = next_descriptor(play) + THRONG / 2;
	ck_assert_int_eq(prlimit(play->pid, RLIMIT_NOFILE, &limit, NULL), 0);
	for (unsigned i = 0; i < THRONG; i++) {
		callers[i] = caller_tcp(play->port, 1);
		caller_say(callers[i], "a:1|c\n");
	}
	WAIT_UNTIL(play_log_has(play, "Too many open files; new connections wait"));
	for (unsigned i = 0; i < THRONG; i++) {
		ck_assert(!caller_is_closed(callers[i]));
		close(callers[i]);
	}
	/* They are accepted as others end, and what they sent is taken in. */
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", THRONG);
	WAIT_FOR_NUMBER(play, CLOSED "end", THRONG);
	WAIT_UNTIL(play_number(play, LISTENER "connections.accept_pauses") >= 1);
	play_end(play);
}
END_TEST

START_TEST(a_tcp_port_that_is_taken_is_an_error_that_names_the_holder)
{
	char path[96], said[64];
	struct play *first = play_streams(path, sizeof(path)), *second = play_new();

	play_start(first);
	play_option(second, "listen.stage.tcp=127.0.0.1:%d", first->port);
	ck_assert_int_ne(play_fail_to_start(second), 0);
	snprintf(said, sizeof(said), "Address already in use, by pid %d", (int)first->pid);
	ck_assert(play_log_has(second, said));
	play_free(second);
	play_end(first);
}
END_TEST

/* Run the daemon on what is in the descriptor, to its end. */
static struct play *
play_input(int fd)
{
	struct play *play = play_new();
	const char *arguments[] = {
	    "run", "--stdin", "-c", play->config, "-o", "sinks.out={type: stdout}", NULL};

	ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	ck_assert_int_eq(play_run(play, arguments), 0);
	return play;
}

START_TEST(standard_input_is_read_to_its_end_and_flushed)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "a:1|c\na:2|c\nbad\nb:3|c", 22), 22);
	close(ends[1]);
	struct play *play = play_input(ends[0]);

	ck_assert(play_log_has(play, "lines 4 = 3 accepted + 1 refused"));
	ck_assert(play_output_has(play, "  counter  a  3"));
	ck_assert(play_output_has(play, "  counter  b  3"));
	play_free(play);
}
END_TEST

#define FILE_LINES 500000

START_TEST(a_file_is_aggregated_whole)
{
	FILE *file = tmpfile();
	char said[64];

	for (int i = 0; i < FILE_LINES; i++)
		fprintf(file, "series.%d:1|c\n", i % 1000);
	fflush(file);
	int fd = dup(fileno(file));

	fclose(file);
	lseek(fd, 0, SEEK_SET);
	struct play *play = play_input(fd);

	snprintf(said, sizeof(said), "lines %d = %d accepted", FILE_LINES, FILE_LINES);
	ck_assert(play_log_has(play, said));
	play_free(play);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(lines_come_over_every_kind_of_stream),
    SUITE_TEST(what_ends_in_the_midst_of_a_line_is_truncated),
    SUITE_TEST(a_line_that_is_too_long_costs_itself_only),
    SUITE_TEST(what_a_web_page_sends_closes_the_connection),
    SUITE_TEST(frames_are_taken_apart),
    SUITE_TEST(who_is_idle_for_too_long_is_closed),
    SUITE_TEST(without_descriptors_new_connections_wait),
    SUITE_TEST(a_tcp_port_that_is_taken_is_an_error_that_names_the_holder),
    SUITE_TEST(standard_input_is_read_to_its_end_and_flushed),
    SUITE_TEST(a_file_is_aggregated_whole),
    {0},
};

SUITE_MAIN("scenario/stream", tests)
