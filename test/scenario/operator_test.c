/* SPDX-License-Identifier: MIT */
/* operator_test.c -- series that nobody wants: who sends them, how they are kept
 * out for a while and for good, and how they are forgotten. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The number of series that an answer is about. */
static json_int_t
ask_series(const struct play *play, const char *line)
{
	json_t *answer = play_ask_json(play, line);
	json_int_t series = json_integer_value(status_at(answer, "series"));

	ck_assert_ptr_null(status_at(answer, "error"));
	json_decref(answer);
	return series;
}

/* A command on this daemon; its exit status. What it prints is added to the
 * play's output. */
static int
command(struct play *play, const char *name, const char *first, const char *second)
{
	char control[128];

	snprintf(control, sizeof(control), "control.socket=%s", play->control);
	const char *arguments[] = {name, "-c", play->config, "-o", control, first, second, NULL};

	return play_run(play, arguments);
}

/* A play whose output is only what commands print. */
static struct play *
open_play(struct endpoint *graphite)
{
	struct play *play = play_new();

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	return play;
}

#define REFUSED "ledger.lines.refused."
#define ACCEPTED "ledger.lines.accepted"

START_TEST(what_is_blocked_is_refused_until_that_is_lifted)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_play(graphite);

	play_option(play, "workers=2");
	play_option(play, "listen.stage.steer=random");
	play_start(play);
	play_send(play, "web.a:1|c\nweb.b:1|g\nweb.b:1|ms|#t:1\ndb.a:1|c");
	WAIT_FOR_NUMBER(play, ACCEPTED, 4);
	ck_assert_int_eq(ask_series(play, "block - web.*\n"), 3);
	play_send(play, "web.a:1|c\nweb.b:1|g\nweb.new:1|c\ndb.a:1|c\ndb.new:1|c");
	WAIT_FOR_NUMBER(play, ACCEPTED, 6);
	WAIT_FOR_NUMBER(play, REFUSED "blocked", 3);
	ck_assert_int_eq(ask_series(play, "block 0 web.*\n"), 3);
	play_send(play, "web.a:1|c\nweb.b:1|g\nweb.new:1|c");
	WAIT_FOR_NUMBER(play, ACCEPTED, 9);
	WAIT_FOR_NUMBER(play, REFUSED "blocked", 3);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

/* Sent again and again until one gets through. */
static bool
gets_through(struct play *play, const char *line, double accepted)
{
	play_send(play, line);
	return play_number(play, ACCEPTED) > accepted;
}

START_TEST(a_block_ends_by_itself)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_play(graphite);

	play_start(play);
	play_send(play, "web.a:1|c");
	WAIT_FOR_NUMBER(play, ACCEPTED, 1);
	ck_assert_int_eq(command(play, "block", "web.*", "--for=1s"), 0);
	play_send(play, "web.a:1|c\nweb.new:1|c");
	WAIT_FOR_NUMBER(play, REFUSED "blocked", 2);
	WAIT_UNTIL(gets_through(play, "web.a:1|c", 1));
	json_t *answer = play_ask_json(play, "block\n");

	ck_assert_uint_eq(json_array_size(status_at(answer, "blocks")), 0);
	json_decref(answer);
	play_settle(play);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(what_is_forgotten_begins_anew)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_play(graphite);

	play_start(play);
	play_send(play, "level:+10|g\nother:+10|g\nspelt a:1|c\nspelt_a:1|c");
	WAIT_UNTIL(endpoint_last(graphite, "stats.gauges.level") == 10);
	ck_assert_int_eq(ask_series(play, "forget level\n"), 1);
	ck_assert_int_eq(ask_series(play, "forget level\n"), 0);
	ck_assert_int_eq(ask_series(play, "forget spelt_*\n"), 1);
	WAIT_FOR_NUMBER(play, "workers.0.keys", 1);
	WAIT_FOR_NUMBER(play, "series.used", 1);
	/* The flusher lets go of what it knows when it has the window. */
	double flushes = play_number(play, "flush.count");

	WAIT_UNTIL(play_number(play, "flush.count") >= flushes + 2);
	play_send(play, "level:+1|g\nother:+1|g");
	WAIT_UNTIL(endpoint_last(graphite, "stats.gauges.other") == 11);
	WAIT_UNTIL(endpoint_last(graphite, "stats.gauges.level") == 1);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

/* What a command has printed after this; free() is the caller's. */
static char *
printed_from(const struct play *play, const char *words)
{
	char *output = play_output(play);
	char *found = strstr(output, words);

	ck_assert_msg(found != NULL, "%s is not in %s", words, output);
	char *copy = strdup(found);

	free(output);
	return copy;
}

START_TEST(the_rule_that_is_printed_refuses_for_good)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_play(graphite);
	char yaml[512];

	play_start(play);
	play_send(play, "web.a:1|c");
	WAIT_FOR_NUMBER(play, ACCEPTED, 1);
	ck_assert_int_eq(command(play, "block", "[vw]e?.*", NULL), 0);
	ck_assert(play_output_has(play,
	    "[vw]e?.* is blocked until the daemon ends: 1 series matches, and what comes for "
	    "such names is refused as `blocked`\n"));
	char *rule = printed_from(play, "rules:\n");

	play_send(play, "web.b:1|c");
	WAIT_FOR_NUMBER(play, REFUSED "blocked", 1);
	play_stop(play);
	snprintf(yaml, sizeof(yaml),
	    "interval: 100ms\nworkers: 1\nlisten: {stage: {udp: \"127.0.0.1:%d\"}}\n%s", play->port,
	    rule);
	play_configure(play, yaml);
	play_start(play);
	play_send(play, "web.b:1|c\nxeb.b:1|c");
	WAIT_FOR_NUMBER(play, ACCEPTED, 1);
	WAIT_FOR_NUMBER(play, REFUSED "rule", 1);
	free(rule);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(a_rule_is_one_whatever_is_in_the_pattern)
{
	static const char *const patterns[] = {
	    "it's.*", "a\"b\\\\c", "%{host}: {x}, [#y]", "-", "!t &a *", "\xc3\xa4\xe2\x82\xac"};
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_play(graphite);

	play_start(play);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		char *before = play_output(play);

		ck_assert_int_eq(command(play, "block", "--", patterns[i]), 0);
		char *output = play_output(play);
		char *rule = strstr(output + strlen(before), "rules:\n");

		ck_assert_ptr_nonnull(rule);
		play_configure(play, rule);
		ck_assert_msg(
		    command(play, "check", NULL, NULL) == 0, "no configuration: %s", rule);
		free(output);
		free(before);
	}
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

/* What is known of a source, borrowed from an answer. */
static json_t *
source_of(json_t *answer, const char *name)
{
	json_t *sources = status_at(answer, "sources");

	for (size_t i = 0; i < json_array_size(sources); i++) {
		json_t *source = json_array_get(sources, i);

		if (strcmp(json_string_value(json_object_get(source, "source")), name) == 0)
			return source;
	}
	ck_abort_msg("there is no source %s", name);
}

static json_int_t
figure(json_t *answer, const char *source, const char *key)
{
	return json_integer_value(json_object_get(source_of(answer, source), key));
}

START_TEST(who_sends_too_many_series_is_named)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_play(graphite);

	play_option(play, "limits.series_per_source=3");
	play_start(play);
	play_send(play, "good.a:1|c\ngood.b:1|c\ngood.a:1|c");
	play_send_v6(play, "good.c:1|c\nbad");
	for (int i = 0; i < 50; i++)
		play_sendf(play, "job.run.id%d:1|c\ngood.a:1|c", i);
	WAIT_FOR_NUMBER(play, "ledger.lines.read", 105);
	WAIT_FOR_NUMBER(play, REFUSED "source_limit", 49);
	WAIT_FOR_NUMBER(play, "series.refused.source_limit", 49);
	WAIT_FOR_NUMBER(play, "series.used", 4);
	json_t *answer = play_ask_json(play, "sources\n");

	ck_assert_int_eq(figure(answer, "127.0.0.1", "lines"), 103);
	ck_assert_int_eq(figure(answer, "127.0.0.1", "refused"), 49);
	ck_assert_int_eq(figure(answer, "127.0.0.1", "series"), 3);
	ck_assert_int_eq(figure(answer, "127.0.0.1", "series_refused"), 49);
	ck_assert_int_eq(figure(answer, "::1", "lines"), 2);
	ck_assert_int_eq(figure(answer, "::1", "refused"), 1);
	ck_assert_int_eq(figure(answer, "::1", "series"), 1);
	ck_assert_str_eq(json_string_value(status_at(answer, "prefixes.0.prefix")), "job.run");
	ck_assert_int_eq(json_integer_value(status_at(answer, "prefixes.0.refused")), 49);
	json_decref(answer);
	ck_assert_int_eq(command(play, "sources", NULL, NULL), 0);
	ck_assert(play_output_has(play, "\n127.0.0.1    103       49       3                49  "));
	ck_assert(play_output_has(play, "\njob.run  49\n"));
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(commands_that_make_no_sense_are_refused)
{
	static const struct {
		const char *name, *first, *second;
		int status;
		const char *said;
	} cases[] = {
	    {"block", "web.[a", NULL, 2, "tidemill block: a bracket is not closed\n"},
	    {"block", "", NULL, 2, "tidemill block: there is no pattern\n"},
	    {"block", "a\nforget *", NULL, 2, "has a control byte"},
	    {"block", "--for=1h", NULL, 2, "usage: tidemill block "},
	    {"block", "--for=1", "a", 2, "--for takes a duration"},
	    {"block", "a", "b", 2, "usage: tidemill block "},
	    {"block", "--json", NULL, 2, "usage: tidemill block "},
	    {"block", "--for=0s", "a", 1, "tidemill block: this pattern is not blocked\n"},
	    {"forget", NULL, NULL, 2, "usage: tidemill forget "},
	    {"forget", "a\\", NULL, 2, "tidemill forget: a backslash stands at the end\n"},
	    {"forget", "--for=1h", "a", 2, "usage: tidemill forget "},
	    {"sources", "a", NULL, 2, "usage: tidemill sources "},
	    {"status", "a", NULL, 2, "usage: tidemill status "},
	    {"status", "--for=1h", NULL, 2, "usage: tidemill status "},
	    {"block", NULL, NULL, 0, "nothing is blocked\n"},
	    {"forget", "no.such.*", NULL, 0, "nothing matches no.such.*"},
	};
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_play(graphite);

	play_start(play);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int status = command(play, cases[i].name, cases[i].first, cases[i].second);

		ck_assert_msg(status == cases[i].status, "case %zu ends with %d", i, status);
		ck_assert_msg(status == 0 ? play_output_has(play, cases[i].said)
					  : play_log_has(play, cases[i].said),
		    "case %zu does not say %s", i, cases[i].said);
	}
	play_send(play, "a:1|c");
	play_settle(play);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(those_who_leave_early_are_still_obeyed)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = open_play(graphite);

	play_start(play);
	play_send(play, "a:1|c\nb:1|c");
	WAIT_FOR_NUMBER(play, ACCEPTED, 2);
	for (int i = 0; i < 50; i++) {
		const char *line = i % 2 == 0 ? "block - a\n" : "forget b\n";
		int fd = play_connect(play);

		ck_assert_int_ge(fd, 0);
		(void)!write(fd, line, strlen(line));
		close(fd);
	}
	WAIT_UNTIL(play_number(play, "workers.0.keys") == 1);
	play_send(play, "a:1|c\nb:1|c");
	WAIT_FOR_NUMBER(play, REFUSED "blocked", 1);
	WAIT_FOR_NUMBER(play, ACCEPTED, 3);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_is_blocked_is_refused_until_that_is_lifted),
    SUITE_TEST(a_block_ends_by_itself),
    SUITE_TEST(what_is_forgotten_begins_anew),
    SUITE_TEST(the_rule_that_is_printed_refuses_for_good),
    SUITE_TEST(a_rule_is_one_whatever_is_in_the_pattern),
    SUITE_TEST(who_sends_too_many_series_is_named),
    SUITE_TEST(commands_that_make_no_sense_are_refused),
    SUITE_TEST(those_who_leave_early_are_still_obeyed),
    {0},
};

SUITE_MAIN("scenario/operator", tests)
