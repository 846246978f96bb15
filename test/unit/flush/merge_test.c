/* SPDX-License-Identifier: MIT */
/* merge_test.c -- from windows to rows: however samples are spread over
 * workers, and in whatever order their windows are merged, a flush says the
 * same; and what is carried from flush to flush. Values are dyadic, so that
 * sums are exact in any order. */

#include "flush/merge.h"

#include "test/unit/flush/crew.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <string.h>

#define LINES 400

/* Totals only grow: what a restart in the midst of an interval hides depends
 * on who saw it. */
static void
random_line(uint64_t *random, char *line, size_t size)
{
	static const char *const signs[] = {"", "+", "-"};
	static unsigned total;
	unsigned name = random_below(random, 12);
	double value = random_below(random, 64) / 4.0;

	switch (random_below(random, 6)) {
	case 0: snprintf(line, size, "c%u:%g|c|@0.25", name, value); break;
	case 1: snprintf(line, size, "c%u:%g|c|#b:1,a:%u", name, value, name % 2); break;
	case 2:
		snprintf(line, size, "g%u:%s%g|g", name, signs[random_below(random, 3)], value);
		break;
	case 3: snprintf(line, size, "t%u:%g|ms", name, value); break;
	case 4:
		total += random_below(random, 64);
		snprintf(line, size, "r%u:%u|C", name, total);
		break;
	default: snprintf(line, size, "s%u:%u|s", name, random_below(random, 40)); break;
	}
}

START_TEST(spreading_and_merge_order_do_not_matter)
{
	static const unsigned orders[3][CREW_WORKERS] = {{0, 1, 2}, {2, 0, 1}, {1, 2, 0}};
	uint64_t random = random_seed();

	for (int round = 0; round < 50; round++) {
		struct crew *crews[3] = {crew_new(""), crew_new(""), crew_new("")};

		for (uint64_t seq = 1; seq <= 3; seq++) {
			char line[64];

			for (uint64_t i = 0; i < LINES; i++) {
				random_line(&random, line, sizeof(line));
				crew_take(crews[0], 0, line);
				for (int j = 1; j < 3; j++)
					crew_take(
					    crews[j], random_below(&random, CREW_WORKERS), line);
			}
			const char *said = crew_flush_in_order(crews[0], 0, orders[0]);

			for (int j = 1; j < 3; j++)
				ck_assert_str_eq(crew_flush_in_order(crews[j], 0, orders[j]), said);
			for (int j = 0; j < 3; j++)
				ck_assert_uint_eq(crews[j]->merge.hits, LINES);
		}
		for (int j = 0; j < 3; j++)
			crew_free(crews[j]);
	}
}
END_TEST

/* A datagram for the worker of its number; NULL: nothing. */
struct act {
	const char *text[CREW_WORKERS];
};

#define ACTS 8

struct story {
	const char *settings;
	struct act act[ACTS]; /* one per interval */
	size_t count;
	const char *said; /* in the last */
};

static void
expect(const struct story *stories, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct story *story = &stories[i];
		struct crew *crew = crew_new(story->settings);
		const char *said = "";

		for (size_t act = 0; act < story->count; act++) {
			for (unsigned worker = 0; worker < CREW_WORKERS; worker++)
				if (story->act[act].text[worker] != NULL)
					crew_take(crew, worker, story->act[act].text[worker]);
			said = crew_flush(crew, 0);
		}
		ck_assert_msg(strcmp(said, story->said) == 0, "story %zu: said\n%snot\n%s", i, said,
		    story->said);
		crew_free(crew);
	}
}

#define EXPECT(stories) expect(stories, sizeof(stories) / sizeof(*(stories)))

START_TEST(series_carry_what_they_must_from_flush_to_flush)
{
	static const struct story stories[] = {
	    {"", {{{"g:100|g"}}, {{"g:+5|g"}}}, 2, "gauge g# 105\n"},
	    {"", {{{"g:100|g"}}}, 2, "gauge g# 100 idle\n"},
	    {"", {{{"g:-5|g"}}}, 1, "gauge g# -5\n"},
	    {"", {{{"g:7|g\ng:0|g\ng:-5|g"}}}, 1, "gauge g# -5\n"},
	    {"", {{{"c:2|c"}}, {{"c:3|c"}}}, 2, "counter c# 3 5\n"},
	    {"", {{{"c:2|c"}}}, 3, "counter c# 0 2 idle\n"},
	    {"", {{{"t:2|ms"}}}, 2, "timer t# 0 0 idle\n"},
	    {"", {{{"s:a|s\ns:b|s\ns:a|s"}}}, 1, "set s# 2\n"},
	    {"", {{{"s:a|s"}}}, 2, "set s# 0 idle\n"},
	    {"", {{{"a:1|c\na:1|g"}}}, 1, "counter a# 1 1\ngauge a# 1\n"},
	};

	EXPECT(stories);
}
END_TEST

/* Datagrams of one interval come in the order of the workers' numbers. */
START_TEST(gauges_are_right_across_workers)
{
	static const struct story stories[] = {
	    {"", {{{"g:10|g", "g:+5|g", "g:-1|g"}}}, 1, "gauge g# 14\n"},
	    {"", {{{"g:+5|g", "g:10|g", "g:+1|g"}}}, 1, "gauge g# 11\n"},
	    {"", {{{"g:1|g", "g:2|g", "g:3|g"}}}, 1, "gauge g# 3\n"},
	    {"", {{{NULL, "g:10|g"}}, {{"g:+1|g", NULL, "g:+2|g"}}}, 2, "gauge g# 13\n"},
	    {"", {{{"g:1|g"}}, {{NULL, "g:10|g"}}, {{"g:+1|g"}}}, 3, "gauge g# 11\n"},
	};

	EXPECT(stories);
}
END_TEST

START_TEST(totals_are_what_they_have_grown_by)
{
	static const struct story stories[] = {
	    {"", {{{"r:100|C"}}}, 1, "counter r# 0 0\n"},
	    {"", {{{"r:100|C"}}, {{"r:130|C"}}}, 2, "counter r# 30 30\n"},
	    {"", {{{"r:100|C\nr:130|C"}}}, 1, "counter r# 30 30\n"},
	    {"", {{{"r:100|C", "r:130|C"}}}, 1, "counter r# 30 30\n"},
	    /* from another worker, of the same source */
	    {"", {{{"r:100|C"}}, {{NULL, "r:130|C"}}}, 2, "counter r# 30 30\n"},
	    {"", {{{"r:100|C"}}, {{"r:110|C", "r:120|C", "r:130|C"}}}, 2, "counter r# 30 30\n"},
	    {"", {{{NULL, NULL, "r:5|C"}}, {{"r:6|C", "r:8|C"}}, {{"r:9|C"}}}, 3,
		"counter r# 1 4\n"},
	    /* a restart */
	    {"", {{{"r:100|C"}}, {{"r:30|C"}}}, 2, "counter r# 30 30\n"},
	    {"", {{{"r:100|C"}}, {{"r:130|C\nr:5|C\nr:7|C"}}}, 2, "counter r# 37 37\n"},
	    /* beside what is counted in the usual way */
	    {"", {{{"r:100|C\nr:1|c"}}, {{"r:130|C", "r:2|c"}}}, 2, "counter r# 32 33\n"},
	    {"", {{{"r:100|C|#a:b"}}, {{"r:130|C|#a:b"}}}, 2, "counter r#a:b 30 30\n"},
	    {"", {{{"r:100|C"}}, {{"r:130|C"}}}, 3, "counter r# 0 30 idle\n"},
	    /* forgotten; the first one says nothing again */
	    {"idle: {forget: 10s}", {{{"r:100|C"}}, {{"r:130|C"}}, {{NULL}}, {{"r:150|C"}}}, 4,
		"counter r# 0 0\n"},
	    {"idle: {forget: 20s}", {{{"r:100|C"}}, {{"r:130|C"}}, {{NULL}}, {{"r:150|C"}}}, 4,
		"counter r# 20 50\n"},
	};

	EXPECT(stories);
}
END_TEST

START_TEST(totals_of_two_sources_add_up)
{
	struct crew *crew = crew_new("");

	crew_take(crew, 0, "r:100|C");
	crew->source[15] = 1;
	crew_take(crew, 0, "r:7|C");
	crew_take(crew, 1, "r:8|C");
	ck_assert_str_eq(crew_flush(crew, 0), "counter r# 1 1\n");
	crew_take(crew, 1, "r:9|C");
	crew->source[15] = 0;
	crew_take(crew, 1, "r:110|C");
	ck_assert_str_eq(crew_flush(crew, 0), "counter r# 11 12\n");
	ck_assert_uint_eq(crew->merge.hits, 2);
	ck_assert_uint_eq(crew->merge.catalog.live, 1);
	crew_free(crew);
}
END_TEST

START_TEST(a_series_lives_as_long_as_a_total_feeds_it)
{
	struct crew *crew = crew_new("");

	crew_take(crew, 0, "r:100|C");
	crew_take(crew, 1, "r:100|C");
	crew_flush(crew, 0);
	ck_assert_uint_eq(crew->merge.catalog.live, 1);
	crew_flush(crew, 0);
	crew_flush(crew, 0);
	crew_sweep(crew, 0, 3);
	ck_assert_uint_eq(crew->worker[0].window.retired.count > 0, 1);
	ck_assert_str_eq(crew_flush(crew, 0), "counter r# 0 0 idle\n");
	crew_take(crew, 2, "r:105|C");
	crew_sweep(crew, 1, 3);
	ck_assert_str_eq(crew_flush(crew, 0), "counter r# 5 5\n");
	ck_assert_uint_eq(crew->merge.catalog.live, 1);
	crew_flush(crew, 0);
	crew_flush(crew, 0);
	crew_sweep(crew, 2, 7);
	ck_assert_str_eq(crew_flush(crew, 0), "");
	ck_assert_uint_eq(crew->merge.catalog.live, 0);
	ck_assert_uint_eq(crew->merge.totals.by_key.used, 0);
	crew_free(crew);
}
END_TEST

START_TEST(a_series_retired_here_and_touched_there_keeps_what_it_carries)
{
	struct crew *crew = crew_new("");

	crew_take(crew, 0, "g:100|g");
	crew_flush(crew, 0);
	crew_flush(crew, 0);
	crew_sweep(crew, 0, 2);
	ck_assert_uint_eq(crew->worker[0].window.retired.count, 1);
	crew_take(crew, 1, "g:+5|g");
	ck_assert_str_eq(crew_flush(crew, 0), "gauge g# 105\n");
	ck_assert_uint_eq(crew->merge.catalog.live, 1);
	crew_free(crew);
}
END_TEST

#define STOP "idle: {counters: {send: zero, for: 20s}, gauges: {send: repeat, for: 10s}}"

START_TEST(idle_series_are_sent_as_long_as_configured)
{
	static const struct story stories[] = {
	    {STOP, {{{"c:1|c\ng:1|g"}}}, 2, "counter c# 0 1 idle\ngauge g# 1 idle\n"},
	    {STOP, {{{"c:1|c\ng:1|g"}}}, 3, "counter c# 0 1 idle\n"},
	    {STOP, {{{"c:1|c\ng:1|g"}}}, 4, ""},
	    {STOP, {{{"c:1|c\ng:1|g"}}, {{NULL}}, {{NULL}}, {{NULL}}, {{"c:1|c\ng:+1|g"}}}, 5,
		"counter c# 1 2\ngauge g# 2\n"},
	    {"idle: {gauges: zero}", {{{"g:1|g"}}}, 2, "gauge g# 0 idle\n"},
	    {"idle: {gauges: zero}", {{{"g:1|g"}}, {{NULL}}, {{"g:+1|g"}}}, 3, "gauge g# 2\n"},
	    {"idle: {gauges: nothing, counters: {for: 0s}}", {{{"g:1|g\nc:1|c"}}}, 2, ""},
	    {"idle: {counters: {for: forever}}", {{{"c:1|c"}}}, 8, "counter c# 0 1 idle\n"},
	    /* what has been forgotten is not sent, whatever `for` says */
	    {"idle: {counters: {for: forever}, forget: 20s}", {{{"c:1|c"}}}, 3,
		"counter c# 0 1 idle\n"},
	    {"idle: {counters: {for: forever}, forget: 20s}", {{{"c:1|c"}}}, 4, ""},
	    {"idle: {gauges: {for: 1h}, forget: 0s}", {{{"g:1|g"}}}, 2, ""},
	};

	EXPECT(stories);
}
END_TEST

START_TEST(forgetting_is_exact)
{
	static const struct story stories[] = {
	    {"idle: {forget: 20s}", {{{"g:1|g"}}, {{NULL}}, {{"g:+1|g"}}}, 3, "gauge g# 2\n"},
	    {"idle: {forget: 20s}", {{{"g:1|g"}}, {{NULL}}, {{NULL}}, {{"g:+1|g"}}}, 4,
		"gauge g# 1\n"},
	    {"idle: {forget: 29s}", {{{"g:1|g"}}, {{NULL}}, {{NULL}}, {{"g:+1|g"}}}, 4,
		"gauge g# 1\n"},
	    {"idle: {forget: 30s}", {{{"g:1|g"}}, {{NULL}}, {{NULL}}, {{"g:+1|g"}}}, 4,
		"gauge g# 2\n"},
	    {"idle: {forget: 0s}", {{{"g:1|g"}}, {{"g:+1|g"}}}, 2, "gauge g# 1\n"},
	    {"idle: {forget: 0s}", {{{"g:1|g\ng:+1|g"}}}, 1, "gauge g# 2\n"},
	    {"idle: {forget: 10s}", {{{"c:1|c"}}, {{NULL}}, {{"c:1|c"}}}, 3, "counter c# 1 1\n"},
	    {"idle: {forget: 20s}", {{{"c:1|c"}}, {{NULL}}, {{"c:1|c"}}}, 3, "counter c# 1 2\n"},
	    /* whoever saw it before */
	    {"idle: {forget: 10s}", {{{"g:1|g"}}, {{NULL}}, {{NULL, "g:+1|g"}}}, 3, "gauge g# 1\n"},
	};

	EXPECT(stories);
}
END_TEST

/* deleteIdleStats: nothing is sent of what is idle, and gauges begin anew. */
#define DELETE_IDLE                                                                   \
	"idle: {counters: nothing, timers: nothing, sets: nothing, gauges: nothing, " \
	"forget: 0s}"

/* gaugesMaxTTL: 3, sent for three flushes, absent from the fourth. */
#define TTL_3 "idle: {gauges: {send: repeat, for: 20s}, forget: 20s}"

START_TEST(idle_clocks_can_be_those_of_statsd)
{
	static const struct story stories[] = {
	    {DELETE_IDLE, {{{"c:1|c\nt:1|ms\ns:a|s\ng:1|g"}}}, 2, ""},
	    {DELETE_IDLE, {{{"g:1|g"}}, {{"g:+1|g"}}}, 2, "gauge g# 1\n"},
	    {DELETE_IDLE, {{{"c:1|c"}}, {{NULL}}, {{"c:2|c"}}}, 3, "counter c# 2 2\n"},
	    {TTL_3, {{{"g:5|g"}}}, 1, "gauge g# 5\n"},
	    {TTL_3, {{{"g:5|g"}}}, 3, "gauge g# 5 idle\n"},
	    {TTL_3, {{{"g:5|g"}}}, 4, ""},
	    {TTL_3, {{{"g:5|g"}}, {{NULL}}, {{"g:+1|g"}}}, 3, "gauge g# 6\n"},
	    {TTL_3, {{{"g:5|g"}}, {{NULL}}, {{"g:+1|g"}}}, 5, "gauge g# 6 idle\n"},
	    {TTL_3, {{{"g:5|g"}}, {{NULL}}, {{NULL}}, {{"g:+1|g"}}}, 4, "gauge g# 1\n"},
	};

	EXPECT(stories);
}
END_TEST

#define PLAIN "sinks: {g: {type: graphite, address: 'a:1', names: plain}}"

START_TEST(the_second_kind_of_a_name_is_silent_where_kinds_clash)
{
	static const struct story stories[] = {
	    {PLAIN, {{{"a:1|c", "a:2|g"}}}, 1, "counter a# 1 1\n"},
	    {PLAIN, {{{"a:2|g", "a:1|c"}}}, 2, "gauge a# 2 idle\n"},
	    {PLAIN, {{{"a:x|s", "a:1|ms"}}}, 1, "set a# 1\n"},
	    {PLAIN, {{{"a:1|c", "a:x|s"}}}, 1, "counter a# 1 1\nset a# 1\n"},
	    {PLAIN, {{{"a:1|c|#k:1", "a:2|g|#k:2"}}}, 1, "counter a#k:1 1 1\ngauge a#k:2 2\n"},
	    {"", {{{"a:1|c", "a:2|g"}}}, 1, "counter a# 1 1\ngauge a# 2\n"},
	};

	EXPECT(stories);
}
END_TEST

START_TEST(a_silenced_series_counts_once_and_speaks_when_the_other_is_gone)
{
	struct crew *crew = crew_new(PLAIN);

	crew_take(crew, 0, "a:1|c");
	crew_take(crew, 1, "a:2|g");
	for (int i = 0; i < 3; i++) {
		crew_flush(crew, 0);
		ck_assert_uint_eq(crew->merge.catalog.conflicts, 1);
		ck_assert_uint_eq(crew->rows.series, 1);
		crew_take(crew, 1, "a:3|g");
	}
	crew_sweep(crew, 0, 3);
	ck_assert_str_eq(crew_flush(crew, 0), "gauge a# 3\n");
	ck_assert_uint_eq(crew->merge.catalog.live, 1);
	crew_free(crew);
}
END_TEST

START_TEST(a_silenced_series_carries_what_comes_meanwhile)
{
	struct crew *crew = crew_new(PLAIN);

	crew_take(crew, 0, "a:1|c\nb:1|g");
	crew_take(crew, 1, "a:100|g\nb:8|c");
	crew_flush(crew, 0);
	crew_take(crew, 1, "a:+5|g\nb:2|c");
	crew_flush(crew, 0);
	crew_sweep(crew, 0, 2);
	ck_assert_str_eq(crew_flush(crew, 0), "counter b# 0 10 idle\ngauge a# 105 idle\n");
	crew_free(crew);
}
END_TEST

/* What the flusher keeps from flush to flush, in elements. */
static size_t
kept(const struct crew *crew)
{
	const struct merge *merge = &crew->merge;

	return merge->catalog.chunks + merge->catalog.gids.unused_cap + merge->catalog.by_key.mask +
	    merge->catalog.by_name.mask + merge->totals.cap + merge->totals.fresh_cap +
	    merge->totals.numbers.unused_cap + merge->totals.by_key.mask + merge->dated.cap;
}

/* Names that nobody uses twice, for a day of 10 s. */
START_TEST(what_comes_and_goes_leaves_nothing)
{
	struct crew *crew = crew_new("idle: {forget: 30s}");
	size_t early = 0;
	char line[128];

	for (unsigned at = 1; at <= 8640; at++) {
		for (unsigned worker = 0; worker < CREW_WORKERS; worker++) {
			snprintf(line, sizeof(line),
			    "c%u:1|c\ng%u:1|g|#k:%u\nt%u:1|ms\ns%u:1|s\nr%u:%u|C", at, at, at, at,
			    at, at, at);
			crew_take(crew, worker, line);
			if (at > 4)
				crew_sweep(crew, worker, at - 4);
		}
		snprintf(line, sizeof(line), "d%u:1|c", at);
		crew_take_at(crew, 0, line, (at - 1) * 10 + at % 60);
		crew_flush(crew, 0);
		if (at == 50)
			early = kept(crew);
	}
	ck_assert_uint_eq(kept(crew), early);
	ck_assert_uint_lt(crew->merge.catalog.live, 100);
	ck_assert_uint_lt(counter_get(&crew->worker[0].intake.table.counters[TABLE_KEYS]), 100);
	crew_free(crew);
}
END_TEST

START_TEST(a_late_flush_says_what_came_meanwhile)
{
	struct crew *crew = crew_new("");

	crew_take(crew, 0, "c:1|c\ng:1|g");
	ck_assert_str_eq(crew_flush(crew, 3), "counter c# 1 1\ngauge g# 1\n");
	ck_assert_str_eq(crew_flush(crew, 0), "counter c# 0 1 idle\ngauge g# 1 idle\n");
	crew_free(crew);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(spreading_and_merge_order_do_not_matter),
    SUITE_TEST(series_carry_what_they_must_from_flush_to_flush),
    SUITE_TEST(gauges_are_right_across_workers),
    SUITE_TEST(totals_are_what_they_have_grown_by),
    SUITE_TEST(totals_of_two_sources_add_up),
    SUITE_TEST(a_series_lives_as_long_as_a_total_feeds_it),
    SUITE_TEST(a_series_retired_here_and_touched_there_keeps_what_it_carries),
    SUITE_TEST(idle_series_are_sent_as_long_as_configured),
    SUITE_TEST(forgetting_is_exact),
    SUITE_TEST(idle_clocks_can_be_those_of_statsd),
    SUITE_TEST(the_second_kind_of_a_name_is_silent_where_kinds_clash),
    SUITE_TEST(a_silenced_series_counts_once_and_speaks_when_the_other_is_gone),
    SUITE_TEST(a_silenced_series_carries_what_comes_meanwhile),
    SUITE_TEST(what_comes_and_goes_leaves_nothing),
    SUITE_TEST(a_late_flush_says_what_came_meanwhile),
    {0},
};

SUITE_MAIN("flush/merge", tests)
