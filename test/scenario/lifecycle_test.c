/* SPDX-License-Identifier: MIT */
/* lifecycle_test.c -- start, refuse to start, be looked at, be signalled,
 * lose an output, stop. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(a_second_daemon_on_the_port_is_told_who_holds_it)
{
	struct play *play = play_new();
	struct play *second = play_new();
	char pid[32];

	play_start(play);
	play_option(second, "listen.stage.udp=127.0.0.1:%d", play->port);
	ck_assert_int_eq(play_fail_to_start(second), 1);
	snprintf(pid, sizeof(pid), "%d", (int)play->pid);
	char *log = play_log(second);

	ck_assert_msg(strstr(log, pid) != NULL && strstr(log, "in use") != NULL,
	    "the log names neither \"in use\" nor the pid %s: %s", pid, log);
	free(log);
	play_free(second);
	for (int i = 0; i < 100; i++)
		play_send_apart(play, "still:1|c");
	play_settle(play);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 100);
	play_end(play);
}
END_TEST

START_TEST(a_second_daemon_on_the_control_socket_leaves_it_to_the_first)
{
	struct play *play = play_new();
	struct play *second = play_new();

	play_start(play);
	snprintf(second->control, sizeof(second->control), "%s", play->control);
	ck_assert_int_eq(play_fail_to_start(second), 1);
	play_free(second);
	WAIT_FOR_NUMBER(play, "pid", play->pid);
	play_end(play);
}
END_TEST

START_TEST(a_control_socket_left_behind_is_taken_over)
{
	struct play *play = play_new();

	play_start(play);
	play_signal(play, SIGKILL);
	ck_assert_int_eq(play_wait_exit(play), -SIGKILL);
	ck_assert_int_eq(access(play->control, F_OK), 0);
	play_start(play);
	play_send(play, "a:1|c");
	play_end(play);
}
END_TEST

static const struct {
	const char *yaml, *expected;
} bad_configurations[] = {
    {"interval: 10s\nintervall: 10s\n", ":2:1"},
    {"interval: soon\n", ":1:11"},
    {"interval: 1ms\n", ":1:11"},
    {"interval: 10s\ninterval: 10s\n", ":2:1"},
    {"listen:\n  a:\n    tpc: [\"127.0.0.1:1\"]\n", ":3:5"},
    {"sinks: {x: {type: carbon}}\n", ":1:"},
    {"a: [\n", ":2:1"},
};

START_TEST(a_bad_configuration_exits_78_and_says_where)
{
	for (size_t i = 0; i < sizeof(bad_configurations) / sizeof(bad_configurations[0]); i++) {
		struct play *play = play_new();
		const char *const check[] = {"check", "-c", play->config, NULL};

		play_configure(play, bad_configurations[i].yaml);
		ck_assert_int_eq(play_fail_to_start(play), 78);
		char *log = play_log(play), expected[160];

		snprintf(expected, sizeof(expected), "%s%s", play->config,
		    bad_configurations[i].expected);
		ck_assert_msg(strstr(log, expected) != NULL, "no \"%s\" in: %s", expected, log);
		free(log);
		ck_assert_int_eq(play_run(play, check), 78);
		play_free(play);
	}
}
END_TEST

START_TEST(a_bad_option_or_variable_exits_78)
{
	struct play *play = play_new(), *other = play_new(), *third = play_new();

	play_option(play, "workers=many");
	ck_assert_int_eq(play_fail_to_start(play), 78);
	ck_assert(play_log_has(play, "workers"));
	play_free(play);
	play_environment(other, "TIDEMILL__INTERVAL=never");
	ck_assert_int_eq(play_fail_to_start(other), 78);
	ck_assert(play_log_has(other, "TIDEMILL__INTERVAL"));
	play_free(other);
	snprintf(third->config, sizeof(third->config), "%s/absent.yaml", third->dir);
	ck_assert_int_eq(play_fail_to_start(third), 78);
	ck_assert(play_log_has(third, "absent.yaml"));
	play_free(third);
}
END_TEST

START_TEST(options_are_stronger_than_the_environment_than_the_file)
{
	struct play *play = play_new();

	play_environment(play, "TIDEMILL__INTERVAL=300ms");
	play_environment(play, "TIDEMILL__WORKERS=2");
	play_option(play, "interval=200ms");
	play_start(play);
	WAIT_FOR_NUMBER(play, "interval_seconds", 0.2);
	json_t *status = play_status(play);

	ck_assert_uint_eq(json_array_size(json_object_get(status, "workers")), 2);
	json_decref(status);
	play_end(play);
}
END_TEST

/* The last of each list is NULL. */
static const struct {
	int status;
	const char *arguments[6];
} commands[] = {
    {0, {"version"}},
    {0, {"run", "-h"}},
    {0, {"status", "-h"}},
    {0, {"bench", "-h"}},
    {0, {"check"}},
    {0, {"config", "--defaults"}},
    {0, {"config"}},
    {2, {"frobnicate"}},
    {2, {"run", "--frobnicate"}},
    {2, {"run", "-c"}},
    {2, {"check", "surplus"}},
    {2, {"version", "surplus"}},
    {2, {"bench"}},
    {2, {"send"}},
};

START_TEST(commands_exit_0_when_done_and_2_when_misused)
{
	struct play *play = play_new();

	/* Whatever this machine has in /etc. */
	play_environment(play, "TIDEMILL_CONFIG=/dev/null");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		ck_assert_msg(play_run(play, commands[i].arguments) == commands[i].status,
		    "tidemill %s %s does not exit %d", commands[i].arguments[0],
		    commands[i].arguments[1] != NULL ? commands[i].arguments[1] : "",
		    commands[i].status);
	ck_assert(play_log_has(play, "usage: tidemill"));
	play_free(play);
}
END_TEST

START_TEST(status_for_people_says_what_status_for_programs_says)
{
	struct play *play = play_new();
	char control[160];

	snprintf(control, sizeof(control), "control.socket=%s", play->control);
	const char *const ask[] = {"status", "-c", play->config, "-o", control, NULL};

	ck_assert_int_ne(play_run(play, ask), 0); /* nobody there yet */
	play_start(play);
	play_send(play, "a:1|c\nb:x|c");
	play_settle(play);
	ck_assert_int_eq(play_run(play, ask), 0);
	json_t *status = play_status(play);
	const char *sentence =
	    json_string_value(json_object_get(json_object_get(status, "ledger"), "sentence"));

	ck_assert_ptr_nonnull(sentence);
	/* Points go on being delivered; datagrams and lines stand still. */
	char *head = strndup(sentence, strcspn(sentence, ";"));

	ck_assert_msg(play_output_has(play, head), "status does not say: %s", head);
	free(head);
	json_decref(status);
	play_end(play);
}
END_TEST

START_TEST(send_sends_what_is_right_and_nothing_when_something_is_wrong)
{
	struct play *play = play_new();
	char address[32];

	snprintf(address, sizeof(address), "127.0.0.1:%d", play->port);
	const char *const good[] = {"send", "--to", address, "a:1|c", "b:2|ms|#k:v", NULL};
	const char *const bad[] = {"send", "--to", address, "a:1|c", "a:1|zzz", NULL};

	play_start(play);
	ck_assert_int_eq(play_run(play, good), 0);
	play->sent = 1;
	play_settle(play);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 2);
	ck_assert_int_ne(play_run(play, bad), 0);
	ck_assert(play_log_has(play, "unknown_type"));
	play_send(play, "a:1|c"); /* arrives after whatever was sent before */
	play_settle(play);
	WAIT_FOR_NUMBER(play, "ledger.lines.read", 3);
	play_end(play);
}
END_TEST

START_TEST(bench_verifies_that_every_line_was_read)
{
	struct play *play = play_new();
	char address[32], control[160];

	snprintf(address, sizeof(address), "127.0.0.1:%d", play->port);
	snprintf(control, sizeof(control), "control.socket=%s", play->control);
	const char *const bench[] = {"bench", address, "--lines", "20000", "--rate", "100000",
	    "--series", "100", "--mix", "c:60,ms:30,g:8,s:2", "--verify", "-c", play->config, "-o",
	    control, NULL};

	play_option(play, "timers.exact=100000");
	play_start(play);
	ck_assert_int_eq(play_run(play, bench), 0);
	WAIT_FOR_NUMBER(play, "ledger.lines.read", 20000);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 20000);
	play->sent = (uint64_t)play_number(play, "ledger.datagrams");
	play_end(play);
}
END_TEST

START_TEST(sighup_is_logged_and_changes_nothing)
{
	struct play *play = play_new();

	play_start(play);
	play_send(play, "a:1|c");
	play_settle(play);
	play_signal(play, SIGHUP);
	WAIT_UNTIL(play_log_has(play, "SIGHUP"));
	play_send(play, "a:1|c");
	play_settle(play);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 2);
	WAIT_FOR_NUMBER(play, "pid", play->pid);
	play_end(play);
}
END_TEST

START_TEST(the_table_on_stdout_shows_what_came)
{
	struct play *play = play_new();

	play_start(play);
	WAIT_UNTIL(play_output_has(play, "\n")); /* a line when nothing came */
	ck_assert(!play_output_has(play, "hello.world"));
	play_send(play, "hello.world:1|c\nhello.time:12.5|ms\nhello.level:7|g\nhello.who:me|s");
	WAIT_UNTIL(play_output_has(play, "hello.world"));
	WAIT_UNTIL(play_output_has(play, "hello.time") && play_output_has(play, "12.5"));
	WAIT_UNTIL(play_output_has(play, "hello.level") && play_output_has(play, "hello.who"));
	play_end(play);
}
END_TEST

START_TEST(the_start_says_where_it_listens_and_what_to_try)
{
	struct play *play = play_new();
	char port[16];

	play_start(play);
	snprintf(port, sizeof(port), ":%d", play->port);
	WAIT_UNTIL(play_log_has(play, port) || play_output_has(play, port));
	WAIT_UNTIL(play_log_has(play, play->config) || play_output_has(play, play->config));
	WAIT_UNTIL(play_log_has(play, "tidemill send") || play_output_has(play, "tidemill send"));
	play_end(play);
}
END_TEST

/* A daemon that writes to a pipe: who reads it is up to the test. */
static struct endpoint *
open_piped(struct play **play_out, int pipe_out[2])
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_option(play, "sinks.screen.type=stdout");
	play_option(play, "shutdown_timeout=300ms");
	ck_assert_int_eq(pipe2(pipe_out, O_CLOEXEC), 0);
	*play_out = play;
	return graphite;
}

static void
send_and_wait(struct play *play, struct endpoint *graphite, double wanted)
{
	play_send(play, "on:1|c");
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.on.count") == wanted);
}

START_TEST(a_closed_stdout_costs_the_table_and_nothing_else)
{
	struct play *play;
	int ends[2];
	struct endpoint *graphite = open_piped(&play, ends);

	play->out_fd = ends[1];
	close(ends[0]);
	play_start(play);
	close(ends[1]);
	for (int i = 1; i <= 10; i++)
		send_and_wait(play, graphite, i);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(without_standard_streams_it_runs_all_the_same)
{
	struct play *play;
	int ends[2];
	struct endpoint *graphite = open_piped(&play, ends);

	close(ends[0]);
	close(ends[1]);
	play->out_fd = play->err_fd = PLAY_CLOSED;
	play_start(play);
	for (int i = 1; i <= 3; i++)
		send_and_wait(play, graphite, i);
	ck_assert_uint_eq((unsigned)play_number(play, "ledger.points.dropped.queue_full"), 0);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(a_blocked_stdout_costs_the_table_and_nothing_else)
{
	struct play *play;
	int ends[2];
	struct endpoint *graphite = open_piped(&play, ends);

	play->out_fd = ends[1];
	fcntl(ends[1], F_SETPIPE_SZ, 4096);
	play_start(play);
	close(ends[1]);
	for (int i = 0; i < 1000; i++)
		play_sendf(play, "much.text.for.a.small.pipe.%d:1|c", i);
	for (int i = 1; i <= 10; i++)
		send_and_wait(play, graphite, i);
	play_end(play);
	close(ends[0]);
	endpoint_free(graphite);
}
END_TEST

START_TEST(a_blocked_or_closed_stderr_costs_log_lines_and_nothing_else)
{
	for (int closed = 0; closed < 2; closed++) {
		struct play *play;
		int ends[2];
		struct endpoint *graphite = open_piped(&play, ends);

		play->err_fd = ends[1];
		fcntl(ends[1], F_SETPIPE_SZ, 4096);
		if (closed)
			close(ends[0]);
		play_start(play);
		close(ends[1]);
		for (int i = 0; i < 200; i++)
			play_signal(play, SIGHUP); /* each a line of log */
		for (int i = 1; i <= 10; i++)
			send_and_wait(play, graphite, i);
		play_end(play);
		if (!closed)
			close(ends[0]);
		endpoint_free(graphite);
	}
}
END_TEST

/* As timeout(1) stops a daemon: it, and then its process group. */
START_TEST(a_signal_that_comes_twice_at_once_is_one)
{
	struct play *play = play_new();

	play_start(play);
	play_send(play, "a:1|c");
	play_settle(play);
	/* Neither is heeded before both are there. */
	play_pause(play);
	play_signal(play, SIGTERM);
	play_signal(play, SIGINT);
	play_signal(play, SIGCONT);
	ck_assert_int_eq(play_wait_exit(play), 0);
	struct ledger ledger = ledger_of_log(play);

	ledger_assert(&ledger);
	ck_assert_uint_eq(ledger.lines_accepted, 1);
	play_free(play);
}
END_TEST

START_TEST(the_second_signal_ends_it_at_once)
{
	struct endpoint *nobody = endpoint_new();
	struct play *play = play_new();

	play_deliver_to(play, "graphite", nobody);
	play_option(play, "shutdown_timeout=10m");
	play_start(play);
	play_send(play, "a:1|c");
	WAIT_UNTIL(play_number(play, "sinks.0.points.queued") > 0);
	play_signal(play, SIGTERM);
	/* The first is known to be taken when nobody holds the port any more. */
	WAIT_UNTIL(play_port_is_free(play->port));
	/* Right after the first it would be the same. */
	WAIT_UNTIL(play_log_has(play, "SIGTERM again") || (play_signal(play, SIGTERM), false));
	ck_assert_int_eq(play_wait_exit(play), 1);
	play_free(play);
	endpoint_free(nobody);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_second_daemon_on_the_port_is_told_who_holds_it),
    SUITE_TEST(a_second_daemon_on_the_control_socket_leaves_it_to_the_first),
    SUITE_TEST(a_control_socket_left_behind_is_taken_over),
    SUITE_TEST(a_bad_configuration_exits_78_and_says_where),
    SUITE_TEST(a_bad_option_or_variable_exits_78),
    SUITE_TEST(options_are_stronger_than_the_environment_than_the_file),
    SUITE_TEST(commands_exit_0_when_done_and_2_when_misused),
    SUITE_TEST(status_for_people_says_what_status_for_programs_says),
    SUITE_TEST(send_sends_what_is_right_and_nothing_when_something_is_wrong),
    SUITE_TEST(bench_verifies_that_every_line_was_read),
    SUITE_TEST(sighup_is_logged_and_changes_nothing),
    SUITE_TEST(the_table_on_stdout_shows_what_came),
    SUITE_TEST(the_start_says_where_it_listens_and_what_to_try),
    SUITE_TEST(a_closed_stdout_costs_the_table_and_nothing_else),
    SUITE_TEST(without_standard_streams_it_runs_all_the_same),
    SUITE_TEST(a_blocked_stdout_costs_the_table_and_nothing_else),
    SUITE_TEST(a_blocked_or_closed_stderr_costs_log_lines_and_nothing_else),
    SUITE_TEST(a_signal_that_comes_twice_at_once_is_one),
    SUITE_TEST(the_second_signal_ends_it_at_once),
    {0},
};

SUITE_MAIN("scenario/lifecycle", tests)
