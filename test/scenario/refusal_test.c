/* SPDX-License-Identifier: MIT */
/* refusal_test.c -- what is wrong with a line is counted under its reason,
 * whatever comes, and harms nothing else. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include "metric/reason.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LONG_NAME_BYTES 1100
#define MANY_TAGS 65

/* NULL lines are made by tests of their own. */
static const struct {
	enum reason reason;
	const char *line;
} refusals[] = {
    {REASON_NO_VALUE, "a"},
    {REASON_NO_VALUE, "a:"},
    {REASON_NO_VALUE, "a:|c"},
    {REASON_NO_VALUE, "a:|s"},
    {REASON_NO_NAME, ":1|c"},
    {REASON_NO_TYPE, "a:1"},
    {REASON_NO_TYPE, "a:1|"},
    {REASON_UNKNOWN_TYPE, "a:1|x"},
    {REASON_UNKNOWN_TYPE, "a:1|z"},
    {REASON_UNKNOWN_TYPE, "a:1|Kv"},
    {REASON_BAD_VALUE, "a:one|c"},
    {REASON_BAD_VALUE, "a:1,5|ms"},
    {REASON_BAD_VALUE, "a:0x10|c"},
    {REASON_BAD_VALUE, "a: |g"},
    {REASON_NOT_FINITE, "a:nan|g"},
    {REASON_NOT_FINITE, "a:-Infinity|c"},
    {REASON_NOT_FINITE, "a:1e999|ms"},
    {REASON_NOT_FINITE, "a:1e308|c|@0.001"},
    {REASON_NEGATIVE_TIMER, "a:-1|ms"},
    {REASON_RATE, "a:1|c|@0"},
    {REASON_RATE, "a:1|c|@2"},
    {REASON_RATE, "a:1|c|@-1"},
    {REASON_RATE, "a:1|c|@"},
    {REASON_RATE, "a:1|ms|@nan"},
    {REASON_BAD_NAME, "++:1|c"},
    {REASON_TAGS, "a:1|c|#:value"},
    {REASON_TAGS, "a]b[:1|c"},
    {REASON_TIMESTAMP, "a:1|c|Tsoon"},
    {REASON_LATE, "a:1|c|T1"},
    {REASON_FUTURE, "a:1|g|T9999999999"},
    {REASON_EVENT, "_e{5,4}:title|long text"},
    {REASON_EVENT, "_sc|name|4"},
    {REASON_RULE, NULL},
    {REASON_TYPE_CONFLICT, NULL},
    {REASON_NAME_TOO_LONG, NULL},
    {REASON_SERIES_LIMIT, NULL},
    {REASON_TIMER_BUDGET, NULL},
    {REASON_SET_BUDGET, NULL},
    {REASON_EVENT_BUDGET, NULL},
    /* A million lines, and what holds them is tried without the daemon. */
    {REASON_DATED_BUDGET, NULL},
    /* What only a stream can bring, */
    {REASON_TRUNCATED, NULL},
    {REASON_LINE_TOO_LONG, NULL},
    {REASON_HTTP, NULL},
    /* an operator decides, */
    {REASON_BLOCKED, NULL},
    /* or takes very many series, has scenarios of its own. */
    {REASON_SOURCE_LIMIT, NULL},
    {REASON_MEMORY_LIMIT, NULL},
};

#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static double
refused(struct play *play, enum reason reason)
{
	char path[64];

	snprintf(path, sizeof(path), "ledger.lines.refused.%s", reason_defs[reason].name);
	return play_number(play, path);
}

START_TEST(every_reason_has_a_line_here)
{
	for (enum reason reason = REASON_NONE + 1; reason < REASONS; reason++) {
		size_t i = 0;

		while (i < REFUSALS && refusals[i].reason != reason)
			i++;
		ck_assert_msg(i < REFUSALS, "nothing is refused for %s", reason_defs[reason].name);
	}
}
END_TEST

START_TEST(each_refusal_is_counted_under_its_reason)
{
	struct play *play = play_new();
	double lines = 0;

	play_start(play);
	for (size_t i = 0; i < REFUSALS; i++) {
		if (refusals[i].line == NULL)
			continue;
		double before = refused(play, refusals[i].reason);

		play_send(play, refusals[i].line);
		lines++;
		WAIT_FOR_NUMBER(play, "ledger.lines.refused", lines);
		ck_assert_msg(refused(play, refusals[i].reason) == before + 1,
		    "%s is not refused for %s", refusals[i].line,
		    reason_defs[refusals[i].reason].name);
	}
	WAIT_FOR_NUMBER(play, "ledger.lines.read", lines);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 0);
	WAIT_FOR_NUMBER(play, "ledger.lines.refused", lines);
	play_end(play);
}
END_TEST

START_TEST(names_and_tags_beyond_their_limits_are_refused)
{
	struct play *play = play_new();
	char name[LONG_NAME_BYTES + 1], tags[MANY_TAGS * 8 + 1] = "";

	memset(name, 'n', LONG_NAME_BYTES);
	name[LONG_NAME_BYTES] = '\0';
	for (int i = 0; i < MANY_TAGS; i++)
		sprintf(tags + strlen(tags), "%st%d:v", i > 0 ? "," : "", i);
	play_start(play);
	play_sendf(play, "%s:1|c", name);
	play_sendf(play, "a:1|c|#%s", tags);
	play_sendf(play, "%.1024s:1|c\na:1|c|#%s", name, strchr(tags, ',') + 1);
	play_settle(play);
	WAIT_UNTIL(refused(play, REASON_NAME_TOO_LONG) == 1);
	WAIT_UNTIL(refused(play, REASON_TAGS) == 1);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 2);
	play_end(play);
}
END_TEST

START_TEST(series_beyond_the_limit_are_refused_and_the_old_ones_go_on)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_option(play, "limits.series=10");
	play_start(play);
	for (int i = 0; i < 25; i++)
		play_sendf(play, "s%d:1|c", i);
	for (int i = 0; i < 25; i++)
		play_sendf(play, "s%d:1|c", i);
	play_settle(play);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 20);
	WAIT_UNTIL(refused(play, REASON_SERIES_LIMIT) == 30);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.s9.count") == 2);
	ck_assert_uint_eq(endpoint_points_of(graphite, "stats.counters.s10.count"), 0);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(a_timer_of_many_values_loses_none)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_option(play, "timers.exact=4");
	play_start(play);
	play_send(play, "t:1|ms\nt:2|ms\nt:3|ms\nt:4|ms\nt:5|ms\nt:6|ms\nu:1:2:3:4:5|ms");
	play_settle(play);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 7);
	WAIT_UNTIL(endpoint_points_of(graphite, "stats.timers.t.sum") == 1);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.timers.t.sum"), 21);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.timers.t.upper"), 6);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.timers.u.count"), 5);
	ck_assert_double_eq_tol(endpoint_sum(graphite, "stats.timers.t.upper_90"), 5, 0.05);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

/* `count` lines, each with a number of six digits in it. */
static void
send_many(struct play *play, const char *before, const char *after, int count)
{
	const int per_datagram = 2000;
	char *datagram = malloc((size_t)per_datagram * 32);
	int sent = 0;

	while (sent < count) {
		size_t len = 0;

		for (int i = 0; i < per_datagram && sent < count; i++)
			len += (size_t)snprintf(
			    datagram + len, 32, "%s%06d%s\n", before, sent++, after);
		play_send_bytes(play, datagram, len);
		play_settle(play);
	}
	free(datagram);
}

START_TEST(a_set_of_many_members_is_estimated)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();
	const int members = 70000;

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_option(play, "interval=1h");
	play_start(play);
	send_many(play, "s:", "|s", members);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", members);
	play_stop(play);
	ck_assert_double_eq_tol(
	    endpoint_sum(graphite, "stats.sets.s.count"), members, members * 0.05);
	play_free(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(memory_for_timers_and_sets_is_bounded)
{
	struct play *play = play_new();
	const int each = 60000;

	play_option(play, "interval=1h");
	play_option(play, "timers.exact_memory=1MiB");
	play_option(play, "workers=1");
	play_start(play);
	send_many(play, "s", ":x|s", each);
	send_many(play, "t", ":1|ms", each);
	send_many(play, "u", ":x|s", each);
	WAIT_UNTIL(play_number(play, "ledger.lines.accepted") + refused(play, REASON_SET_BUDGET) +
		refused(play, REASON_TIMER_BUDGET) ==
	    3 * each);
	ck_assert_double_gt(refused(play, REASON_SET_BUDGET), 0);
	ck_assert_double_gt(refused(play, REASON_TIMER_BUDGET), 0);
	ck_assert_double_gt(play_number(play, "ledger.lines.accepted"), 2000);
	play_end(play);
}
END_TEST

START_TEST(events_of_an_interval_are_bounded)
{
	struct play *play = play_new();

	play_option(play, "interval=1h");
	play_option(play, "workers=1");
	play_start(play);
	send_many(play, "_e{1,6}:a|", "", 5000);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 4096);
	WAIT_UNTIL(refused(play, REASON_EVENT_BUDGET) == 5000 - 4096);
	play_end(play);
}
END_TEST

START_TEST(lines_that_a_rule_drops_are_no_bad_lines)
{
	struct play *play = play_new();

	play_option(play, "rules=[{match: 'tmp.*', action: drop}]");
	play_start(play);
	play_send(play, "tmp.a:1|c\ntmp.a:1|c\ntmp.b:1|g\nkept:1|c");
	WAIT_UNTIL(refused(play, REASON_RULE) == 3);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 1);
	ck_assert_double_eq(play_number(play, "ledger.elements_refused"), 0);
	play_end(play);
}
END_TEST

START_TEST(the_second_type_of_a_name_is_refused_where_names_do_not_tell_them_apart)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_option(play, "sinks.graphite.names=plain");
	play_start(play);
	play_send(play, "x:1|c\nx:2|g\ny:2|g\ny:1|c\nz:1|ms\nz:a|s");
	WAIT_UNTIL(refused(play, REASON_TYPE_CONFLICT) == 3);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 3);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(a_line_with_one_good_element_is_accepted)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_start(play);
	play_send(play, "a:1|c:x|c:2|c\nb:3:y:4|c\nc:x|c:y|c");
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.a.count") == 3);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.b.count") == 7);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 2);
	WAIT_FOR_NUMBER(play, "ledger.lines.refused", 1);
	WAIT_FOR_NUMBER(play, "ledger.elements_refused", 4);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(datagrams_of_any_size_are_read_whole)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();
	const size_t large = 60000, largest = 65507;
	char *bytes = malloc(largest);

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_start(play);
	for (size_t i = 0; i < large; i += 8)
		memcpy(bytes + i, "big:1|c\n", 8);
	play_send_bytes(play, bytes, large);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.big.count") == 7500);
	memset(bytes, 'x', largest);
	memcpy(bytes + largest - 8, "\nend:1|c", 8);
	play_send_bytes(play, bytes, largest);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.end.count") == 1);
	play_send_bytes(play, "", 0);
	play_send(play, "\n\n\r\n");
	play_settle(play);
	WAIT_FOR_NUMBER(play, "ledger.datagrams.read", 4);
	WAIT_FOR_NUMBER(play, "ledger.lines.read", 7502);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 7501);
	free(bytes);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

START_TEST(line_ends_may_be_windows_or_missing)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_start(play);
	play_send(play, "a:1|c\r\nb:2|c\r\n\r\n\nc:3|c");
	play_send_bytes(play, "d:4|c\n\0", 7);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.a.count") == 1);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.b.count") == 2);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.c.count") == 3);
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.d.count") == 4);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", 4);
	WAIT_FOR_NUMBER(play, "ledger.lines.refused", 0);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

/* Bytes that are garbage, but of the kind that gets past the first checks. */
static size_t
make_garbage(char *bytes, size_t most)
{
	static const char alphabet[] = "aab:1|c\n\n::||@@##..--,,+=;e0259msghd \r\t";
	size_t len = (size_t)rand() % most;
	bool wild = rand() % 4 == 0;

	for (size_t i = 0; i < len; i++)
		bytes[i] = wild ? (char)(rand() & 0xff)
				: alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
	return len;
}

/* Lines as the manual counts them: empty ones, but for carriage returns and
 * NULs at their end, are none. */
static double
count_lines(const char *bytes, size_t len)
{
	double lines = 0;
	bool any = false;

	for (size_t i = 0; i <= len; i++) {
		if (i == len || bytes[i] == '\n') {
			lines += any;
			any = false;
		} else if (bytes[i] != '\r' && bytes[i] != '\0') {
			any = true;
		}
	}
	return lines;
}

START_TEST(garbage_is_read_line_by_line_and_every_line_counted)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();
	const char *given = getenv("SCENARIO_SEED");
	unsigned seed = given != NULL ? (unsigned)atoi(given) : (unsigned)time(NULL);
	char bytes[1500];
	double lines = 0;

	printf("SCENARIO_SEED=%u\n", seed);
	srand(seed);
	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_option(play, "workers=2");
	play_start(play);
	for (int i = 0; i < 3000; i++) {
		size_t len = make_garbage(bytes, sizeof(bytes));

		play_send_bytes(play, bytes, len);
		lines += count_lines(bytes, len);
		if (i % 50 == 0)
			play_settle(play);
	}
	play_send(play, "after:1|c");
	WAIT_UNTIL(endpoint_sum(graphite, "stats.counters.after.count") == 1);
	play_settle(play);
	WAIT_FOR_NUMBER(play, "ledger.datagrams.dropped", 0);
	WAIT_FOR_NUMBER(play, "ledger.lines.read", lines + 1);
	ck_assert_uint_eq(endpoint_malformed(graphite), 0);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(every_reason_has_a_line_here),
    SUITE_TEST(each_refusal_is_counted_under_its_reason),
    SUITE_TEST(names_and_tags_beyond_their_limits_are_refused),
    SUITE_TEST(series_beyond_the_limit_are_refused_and_the_old_ones_go_on),
    SUITE_TEST(a_timer_of_many_values_loses_none),
    SUITE_TEST(a_set_of_many_members_is_estimated),
    SUITE_TEST(memory_for_timers_and_sets_is_bounded),
    SUITE_TEST(events_of_an_interval_are_bounded),
    SUITE_TEST(lines_that_a_rule_drops_are_no_bad_lines),
    SUITE_TEST(the_second_type_of_a_name_is_refused_where_names_do_not_tell_them_apart),
    SUITE_TEST(a_line_with_one_good_element_is_accepted),
    SUITE_TEST(datagrams_of_any_size_are_read_whole),
    SUITE_TEST(line_ends_may_be_windows_or_missing),
    SUITE_TEST(garbage_is_read_line_by_line_and_every_line_counted),
    {0},
};

SUITE_MAIN("scenario/refusal", tests)
