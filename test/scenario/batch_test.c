/* SPDX-License-Identifier: MIT */
/* batch_test.c -- run --stdin as a job: whose lines they are, and what its
 * exit status says. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char listeners[] =
    "listen:\n"
    "  mixed: { udp: \"127.0.0.1:1\", graphite: \"127.0.0.1:2\", prefix: mixed }\n"
    "  carbon: { graphite: \"127.0.0.1:3\", prefix: carbon }\n"
    "  plain: { udp: \"127.0.0.1:4\", prefix: plain }\n";

/* What standard input will hold. */
static void
put_input(const char *text)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], text, strlen(text)), (int)strlen(text));
	close(ends[1]);
	ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
}

/* Run a job with this option; its exit status. */
static int
run_job(struct play *play, const char *option)
{
	const char *arguments[] = {
	    "run", option, "-c", play->config, "-o", "sinks.out={type: stdout}", NULL};

	return play_run(play, arguments);
}

static const struct {
	const char *option, *input, *shows;
} jobs[] = {
    {"--stdin", "a:1|c", "counter  mixed.a  1"},
    {"--stdin=plain", "a:1|c\n", "counter  plain.a  1"},
    {"--stdin=mixed.graphite", "a 5 -1\n", "gauge    mixed.a  5"},
    {"--stdin=carbon", "a 5 -1", "gauge    carbon.a  5"},
    {"--stdin=carbon.graphite", "a 5 -1", "gauge    carbon.a  5"},
};

START_TEST(lines_are_taken_as_a_listener_takes_them)
{
	for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++) {
		struct play *play = play_new();

		play_configure(play, listeners);
		put_input(jobs[i].input);
		ck_assert_int_eq(run_job(play, jobs[i].option), 0);
		ck_assert_msg(play_output_has(play, jobs[i].shows), "%s", jobs[i].option);
		ck_assert(play_log_has(play, "lines 1 = 1 accepted + 0 refused"));
		play_free(play);
	}
}
END_TEST

static const struct {
	const char *option, *says;
} misuses[] = {
    {"--stdin=nobody", "there is no listener nobody"},
    {"--stdin=", "there is no listener "},
    {"--stdin=.graphite", "there is no listener .graphite"},
    {"--stdin=plain.graphite", "the listener plain has no address for Graphite's lines"},
};

START_TEST(a_listener_that_is_not_there_is_misuse)
{
	for (size_t i = 0; i < sizeof(misuses) / sizeof(*misuses); i++) {
		struct play *play = play_new();

		play_configure(play, listeners);
		put_input("");
		ck_assert_int_eq(run_job(play, misuses[i].option), 2);
		ck_assert_msg(play_log_has(play, misuses[i].says), "%s", misuses[i].option);
		play_free(play);
	}
}
END_TEST

START_TEST(nothing_at_all_is_a_whole_job_and_refused_lines_do_not_spoil_one)
{
	static const char *const inputs[] = {"", "\n\n", "what\nis:this\n"};

	for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
		struct play *play = play_new();

		put_input(inputs[i]);
		ck_assert_int_eq(run_job(play, "--stdin"), 0);
		play_free(play);
	}
}
END_TEST

START_TEST(input_that_cannot_be_read_has_failed)
{
	struct play *play = play_new();
	int fd = open("/", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	ck_assert_int_eq(run_job(play, "--stdin"), 1);
	ck_assert(play_log_has(play, "standard input was not read to its end"));
	play_free(play);
}
END_TEST

START_TEST(points_that_are_not_delivered_have_failed)
{
	struct play *play = play_new();
	char sink[96];
	const char *arguments[] = {
	    "run", "--stdin", "-c", play->config, "-o", sink, "-o", "shutdown_timeout=100ms", NULL};

	snprintf(sink, sizeof(sink), "sinks.g={type: graphite, address: \"127.0.0.1:%d\"}",
	    play_free_port());
	put_input("a:1|c\n");
	ck_assert_int_eq(play_run(play, arguments), 1);
	ck_assert(play_log_has(play, "lines 1 = 1 accepted + 0 refused"));
	ck_assert(play_log_has(play, "not delivered"));
	play_free(play);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(lines_are_taken_as_a_listener_takes_them),
    SUITE_TEST(a_listener_that_is_not_there_is_misuse),
    SUITE_TEST(nothing_at_all_is_a_whole_job_and_refused_lines_do_not_spoil_one),
    SUITE_TEST(input_that_cannot_be_read_has_failed),
    SUITE_TEST(points_that_are_not_delivered_have_failed),
    {0},
};

SUITE_MAIN("scenario/batch", tests)
