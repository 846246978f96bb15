/* SPDX-License-Identifier: MIT */
/* dated_test.c -- values that brought their own time count at their own
 * boundary, and never over a point that has been sent. */

#include "flush/dated.h"

#include "aggregate/window.h"
#include "base/clock.h"
#include "test/unit/flush/crew.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <string.h>

START_TEST(a_boundary_is_the_end_of_its_interval)
{
	static const struct {
		int64_t timestamp, interval_ms, boundary_ms;
	} cases[] = {
	    {100, 10000, 110000},
	    {101, 10000, 110000},
	    {109, 10000, 110000},
	    {110, 10000, 120000},
	    {1, 1500, 1500},
	    {3, 1500, 4500},
	    {1, 100, 1100},
	    {7, 60000, 60000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_int_eq(
		    dated_boundary_ns(cases[i].timestamp, cases[i].interval_ms * CLOCK_MS),
		    cases[i].boundary_ms * CLOCK_MS);
}
END_TEST

START_TEST(seconds_of_a_boundary_end_where_the_next_one_begins)
{
	static const int64_t lengths_ms[] = {100, 300, 700, 1000, 1500, 7000, 10000, 60000};

	for (size_t i = 0; i < sizeof(lengths_ms) / sizeof(*lengths_ms); i++) {
		int64_t length = lengths_ms[i] * CLOCK_MS;

		for (int64_t boundary = length; boundary < 200 * CLOCK_SECOND; boundary += length)
			for (int64_t at = boundary / CLOCK_SECOND; at < 202; at++)
				ck_assert_int_eq(dated_boundary_ns(at, length) <= boundary,
				    at < dated_next_second(boundary, length));
	}
}
END_TEST

/* When a line is taken in, in which interval (from 1), and its timestamp in s
 * after the beginning of the first; -1: none. "g 1" is Graphite's, whose time is
 * kept as it is, "=g 1" Graphite's at its boundary. */
struct dated_line {
	const char *text;
	unsigned interval;
	int64_t second;
};

#define LINES_MOST 8

struct story {
	const char *settings;
	struct dated_line line[LINES_MOST];
	unsigned intervals;
	const char *said; /* in the last */
	uint64_t late;    /* in all */
};

static const struct story stories[] = {
    /* at the boundary that is flushed: one row with what has no time */
    {"", {{"c:1|c", 1, 5}, {"c:2|c", 1, -1}}, 1, "counter c# 3 3\n", 0},
    {"", {{"c:1|c", 1, 9}}, 1, "counter c# 1 1\n", 0},
    {"", {{"c:1|c|@0.5", 1, 9}}, 1, "counter c# 2 2\n", 0},
    {"", {{"g:7|g", 1, 3}}, 1, "gauge g# 7\n", 0},
    {"", {{"g:7|g", 1, 3}, {"g:5|g", 1, 2}}, 1, "gauge g# 7\n", 0},
    {"", {{"g:7|g", 1, 3}, {"g:5|g", 1, 3}}, 1, "gauge g# 5\n", 0},
    {"", {{"g:1|g", 1, -1}, {"g:7|g", 1, 3}}, 1, "gauge g# 1\n", 0},
    {"", {{"g:1|g", 1, -1}, {"g:7|g", 2, 13}, {"g:+1|g", 2, -1}}, 2, "gauge g# 8\n", 0},
    /* earlier ones: rows of their own */
    {"", {{"c:1|c", 1, -61}, {"c:2|c", 1, -61}, {"c:4|c", 1, -58}}, 1,
	"counter c# 3 3 @-60\ncounter c# 4 7 @-50\n", 0},
    {"", {{"g:1|g", 1, -61}, {"g:2|g", 1, -58}}, 1, "gauge g# 1 @-60\ngauge g# 2 @-50\n", 0},
    {"", {{"g:1|g", 1, -61}, {"g:+1|g", 1, -1}}, 1, "gauge g# 1 @-60\ngauge g# 2\n", 0},
    {"", {{"c:1|c|#a:b", 1, -61}, {"c:1|c", 1, -61}}, 1,
	"counter c# 1 1 @-60\ncounter c#a:b 1 1 @-60\n", 0},
    /* as the start of their interval, if that is configured */
    {"timestamp: start", {{"c:1|c", 1, -61}, {"c:2|c", 1, 1}}, 1,
	"counter c# 1 1 @-70\ncounter c# 2 3\n", 0},
    /* what stands at or before a point that was sent is late */
    {"", {{"c:1|c", 1, -1}, {"c:2|c", 2, 9}}, 2, "", 1},
    {"", {{"c:1|c", 1, -1}, {"c:2|c", 2, 9}, {"c:4|c", 2, 11}}, 2, "counter c# 4 5\n", 1},
    {"", {{"c:1|c", 1, -31}, {"c:2|c", 2, -21}}, 2, "counter c# 2 3 @-20\n", 0},
    {"", {{"c:1|c", 1, -31}, {"c:2|c", 2, -31}, {"c:2|c", 2, -41}}, 2, "", 2},
    /* an idle point was sent there, too */
    {"", {{"c:1|c", 1, -1}, {"c:2|c", 3, 19}}, 3, "", 1},
    /* later ones wait */
    {"", {{"c:1|c", 1, 11}}, 1, "", 0},
    {"", {{"c:1|c", 1, 11}}, 2, "counter c# 1 1\n", 0},
    {"", {{"c:1|c", 1, 11}}, 3, "", 0},
    {"", {{"c:1|c", 1, 35}, {"c:2|c", 2, 36}, {"c:4|c", 4, -1}}, 4, "counter c# 7 7\n", 0},
    {"", {{"g:1|g", 1, 36}, {"g:2|g", 2, 35}}, 4, "gauge g# 1\n", 0},
    {"", {{"g:1|g", 1, 35}, {"g:2|g", 2, 35}}, 4, "gauge g# 2\n", 0},
    {"idle: {forget: 0s}", {{"g:1|g", 1, 55}}, 6, "gauge g# 1\n", 0},
    /* no idle points ever after */
    {"", {{"c:1|c", 1, 5}}, 2, "", 0},
    {"", {{"c:1|c", 1, 5}, {"c:1|c", 2, -1}}, 3, "", 0},
    {"", {{"g:1|g", 1, 5}}, 2, "", 0},
    /* unless all that has been forgotten */
    {"idle: {forget: 10s}", {{"c:1|c", 1, 5}, {"c:1|c", 3, -1}}, 4, "counter c# 0 1 idle\n", 0},
};

static const struct story kept[] = {
    /* just its time, each of them, sorted here as text */
    {"", {{"g 7", 1, 3}}, 1, "gauge g# 7 @3\n", 0},
    {"", {{"g 7", 1, 3}, {"g 5", 1, 8}, {"g 4", 1, 5}}, 1,
	"gauge g# 4 @5\ngauge g# 5 @8\ngauge g# 7 @3\n", 0},
    {"timestamp: start", {{"g 7", 1, 0}, {"g 5", 1, 3}}, 1, "gauge g# 5 @3\ngauge g# 7 @0\n", 0},
    {"timestamp: start", {{"g 7", 1, 9}}, 1, "gauge g# 7 @9\n", 0},
    {"", {{"g -7", 1, 3}, {"g +5", 1, 4}}, 1, "gauge g# -7 @3\ngauge g# 5 @4\n", 0},
    {"", {{"g 7", 1, -61}}, 1, "gauge g# 7 @-61\n", 0},
    {"", {{"g;b=c;a=d 7", 1, 3}}, 1, "gauge g#a:d,b:c 7 @3\n", 0},
    /* of one time the later one */
    {"", {{"g 7", 1, 3}, {"g 5", 1, 3}}, 1, "gauge g# 5 @3\n", 0},
    /* due at the first flush that is not before it */
    {"", {{"g 7", 1, 10}, {"g 8", 1, 11}, {"g 9", 2, 20}}, 1, "gauge g# 7 @10\n", 0},
    {"", {{"g 7", 1, 10}, {"g 8", 1, 11}, {"g 9", 2, 20}}, 2, "gauge g# 8 @11\ngauge g# 9 @20\n",
	0},
    {"interval: 100ms", {{"g 7", 1, 0}, {"g 8", 1, 1}}, 1, "gauge g# 7 @0\n", 0},
    {"interval: 100ms", {{"g 7", 1, 0}, {"g 8", 1, 1}}, 10, "gauge g# 8 @1\n", 0},
    {"idle: {forget: 0s}", {{"g 1", 1, 55}}, 6, "gauge g# 1 @55\n", 0},
    /* at or before one that was sent is too late */
    {"", {{"g 7", 1, 3}, {"g 8", 2, 3}, {"g 9", 2, 2}, {"g 5", 2, 4}}, 2, "gauge g# 5 @4\n", 2},
    {"interval: 100ms", {{"g 7", 1, 0}, {"g 8", 2, 0}}, 2, "", 1},
    /* never repeated */
    {"", {{"g 7", 1, 3}}, 2, "", 0},
    /* beside values without a time, which are newer, and have their own point */
    {"", {{"g 7", 1, 3}, {"g:1|g", 1, -1}}, 1, "gauge g# 1\ngauge g# 7 @3\n", 0},
    {"", {{"g:1|g", 1, -1}, {"g 7", 1, 3}, {"g:+1|g", 1, -1}}, 1, "gauge g# 2\ngauge g# 7 @3\n", 0},
    {"", {{"g 7", 1, 3}, {"g:+1|g", 2, -1}}, 2, "gauge g# 8\n", 0},
    {"", {{"g 7", 1, 10}, {"g:1|g", 1, -1}}, 1, "gauge g# 1\n", 0},
    {"timestamp: start", {{"g 7", 1, 0}, {"g:1|g", 1, -1}}, 1, "gauge g# 1\n", 0},
    {"timestamp: start", {{"g 7", 1, 0}, {"g 8", 1, 5}, {"g:1|g", 1, -1}}, 1,
	"gauge g# 1\ngauge g# 8 @5\n", 0},
    {"", {{"g:1|g", 1, -1}, {"g 7", 2, 10}, {"g 8", 2, 11}}, 2, "gauge g# 8 @11\n", 1},
    {"timestamp: start", {{"g:1|g", 1, -1}, {"g 7", 2, 9}, {"g 8", 2, 10}}, 2, "gauge g# 8 @10\n",
	1},
    /* beside values of a boundary */
    {"", {{"=g 7", 1, 3}}, 1, "gauge g# 7\n", 0},
    {"", {{"=g 7", 1, 13}, {"g 8", 1, 13}}, 2, "gauge g# 7\ngauge g# 8 @13\n", 0},
    {"", {{"=g 7", 1, 13}, {"g 8", 1, 20}}, 2, "gauge g# 8\n", 0},
    {"", {{"=g 7", 1, -13}, {"g 8", 1, -10}, {"g 6", 2, -9}}, 1, "gauge g# 8 @-10\n", 0},
    {"", {{"=g 7", 1, -13}, {"g 8", 2, -10}, {"g 6", 2, -9}}, 2, "gauge g# 6 @-9\n", 1},
    {"timestamp: start", {{"g 7", 1, -10}, {"=g 8", 1, -9}}, 1, "gauge g# 8 @-10\n", 0},
    {"timestamp: start", {{"g 7", 1, -10}, {"=g 8", 2, -9}, {"=g 9", 2, 1}}, 2, "gauge g# 9 @0\n",
	1},
    {"timestamp: start", {{"g 7", 1, 0}, {"=g 8", 1, 5}}, 1, "gauge g# 8\n", 0},
    {"timestamp: start", {{"g 7", 1, 0}, {"=g 8", 2, 5}}, 2, "", 1},
    {"timestamp: start", {{"g 7", 1, 10}, {"=g 8", 1, 12}}, 1, "", 0},
    {"timestamp: start", {{"g 7", 1, 10}, {"=g 8", 1, 12}, {"=g 9", 1, 24}}, 2, "gauge g# 8\n", 0},
    {"timestamp: start", {{"g 7", 1, 10}, {"=g 8", 1, 12}, {"=g 9", 1, 24}}, 3, "gauge g# 9\n", 0},
    {"timestamp: start", {{"g 7", 1, 10}}, 2, "gauge g# 7 @10\n", 0},
    {"timestamp: start", {{"g 7", 1, 10}, {"g:1|g", 2, -1}}, 2, "gauge g# 1\n", 0},
    {"timestamp: start", {{"g 7", 1, -10}, {"g 6", 1, -7}, {"=g 8", 1, -5}}, 1,
	"gauge g# 6 @-7\ngauge g# 8 @-10\n", 0},
    {"timestamp: start", {{"=g 8", 1, -15}, {"g 7", 1, -18}, {"g 6", 2, -17}}, 2, "", 1},
    {"timestamp: start", {{"=g 8", 1, -15}, {"g 7", 2, -11}, {"g 6", 2, -10}}, 2,
	"gauge g# 6 @-10\n", 1},
    /* a counter of that name has its own time */
    {"", {{"g 7", 1, 3}, {"g:1|c", 1, 3}}, 1, "counter g# 1 1\ngauge g# 7 @3\n", 0},
};

static void
take_dated(struct crew *crew, unsigned worker, const struct dated_line *line)
{
	if (line->second == -1)
		crew_take(crew, worker, line->text);
	else if (strchr(line->text, ':') != NULL)
		crew_take_at(crew, worker, line->text, line->second);
	else
		crew_take_graphite(crew, worker, line->text + (*line->text == '='), line->second,
		    *line->text != '=');
}

static void
tell(const struct story *told, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct story *story = &told[i];
		struct crew *crew = crew_new(story->settings);
		const char *said = "";
		uint64_t late = 0;

		for (unsigned at = 1; at <= story->intervals; at++) {
			size_t hits = 0;

			for (unsigned j = 0; j < LINES_MOST && story->line[j].text != NULL; j++) {
				const struct dated_line *line = &story->line[j];

				if (line->interval != at)
					continue;
				hits++;
				take_dated(crew, j % CREW_WORKERS, line);
			}
			said = crew_flush(crew, 0);
			late += crew->merge.late;
			ck_assert_msg(crew->merge.hits == hits, "story %zu: hits", i);
		}
		ck_assert_msg(strcmp(said, story->said) == 0, "story %zu: said\n%snot\n%s", i, said,
		    story->said);
		ck_assert_msg(late == story->late, "story %zu: %d late", i, (int)late);
		crew_free(crew);
	}
}

START_TEST(a_value_counts_at_its_own_boundary)
{
	tell(stories, sizeof(stories) / sizeof(*stories));
}
END_TEST

START_TEST(a_value_whose_time_is_kept_is_sent_with_it)
{
	tell(kept, sizeof(kept) / sizeof(*kept));
}
END_TEST

/* A flush that ends at the third boundary. */
START_TEST(a_late_flush_sends_what_it_passed_apart)
{
	struct crew *crew = crew_new("");

	for (int64_t second = 5; second < 30; second += 10)
		crew_take_at(crew, 0, "c:1|c", second);
	ck_assert_str_eq(
	    crew_flush(crew, 2), "counter c# 1 1 @10\ncounter c# 1 2 @20\ncounter c# 1 3\n");
	crew_free(crew);
	/* The row of what has no time says 0, too: it is one with the first. */
	crew = crew_new("timestamp: start");
	for (int64_t second = 5; second < 30; second += 10)
		crew_take_at(crew, 0, "c:1|c", second);
	ck_assert_str_eq(crew_flush(crew, 2), "counter c# 1 1 @10\ncounter c# 2 3\n");
	crew_free(crew);
}
END_TEST

START_TEST(what_waits_keeps_its_series_until_it_has_been_sent)
{
	struct crew *crew = crew_new("idle: {forget: 0s}");
	size_t retired = 0;

	crew_take_at(crew, 0, "c:1|c", 45);
	crew_take_at(crew, 0, "c:1|c", 46);
	for (unsigned at = 1; at <= 4; at++) {
		ck_assert_str_eq(crew_flush(crew, 0), "");
		crew_sweep(crew, 0, at);
		retired += crew->worker[0].window.retired.count;
		ck_assert_uint_eq(crew->merge.catalog.live, 1);
	}
	ck_assert_uint_eq(retired, 1);
	ck_assert_str_eq(crew_flush(crew, 0), "counter c# 2 2\n");
	ck_assert_uint_eq(crew->merge.catalog.live, 0);
	ck_assert_uint_eq(crew->merge.dated.count, 0);
	crew_free(crew);
}
END_TEST

START_TEST(a_silenced_series_sends_no_dated_rows)
{
	struct crew *crew = crew_new("sinks: {g: {type: graphite, address: 'a:1', names: plain}}");

	crew_take(crew, 0, "a:1|g");
	crew_take_at(crew, 1, "a:1|c", -61);
	ck_assert_str_eq(crew_flush(crew, 0), "gauge a# 1\n");
	ck_assert_uint_eq(crew->rows.series, 1);
	crew_free(crew);
}
END_TEST

START_TEST(a_series_with_several_rows_is_one_series)
{
	struct crew *crew = crew_new("");

	crew_take_at(crew, 0, "a:1|c", -61);
	crew_take_at(crew, 0, "a:1|c", -51);
	crew_take(crew, 0, "a:1|c");
	crew_take_at(crew, 0, "b:1|c", -51);
	crew_flush(crew, 0);
	ck_assert_uint_eq(crew->rows.series, 2);
	crew_free(crew);
}
END_TEST

/* Seconds of one series' points, after CREW_BEGIN. */
static struct {
	const struct crew *crew;
	int64_t newest; /* of all flushes before ... */
	int64_t latest; /* ... and of this one, with how many there were */
	size_t count;
	int64_t at[64];
} points;

static void
look_at_point(const struct row *row)
{
	int64_t ns =
	    row->timestamp_ns != 0 ? row->timestamp_ns : merge_point_ns(&points.crew->merge);
	int64_t second = ns / CLOCK_SECOND - CREW_BEGIN;

	ck_assert_msg(
	    second > points.newest, "%d was sent, and then %d", (int)points.newest, (int)second);
	for (size_t i = 0; i < points.count; i++)
		ck_assert_msg(points.at[i] != second, "%d was sent twice", (int)second);
	points.at[points.count++] = second;
	if (second > points.latest)
		points.latest = second;
}

/* Values of all sorts for the open interval, which begins at a second. */
static size_t
take_some(struct crew *crew, uint64_t *random, int64_t begin)
{
	static const char *const texts[] = {
	    "g:1|g", "g:2|g", "g:+1|g", "g 3", "g 4", "=g 5", "=g 6"};
	unsigned count = random_below(random, 6);

	for (unsigned i = 0; i < count; i++) {
		struct dated_line line = {
		    .text = texts[random_below(random, 7)],
		    .second = begin - 25 + random_below(random, 45),
		};

		if (line.second == -1 || (strchr(line.text, ':') != NULL && line.text[2] == '+'))
			crew_take(crew, random_below(random, CREW_WORKERS), "g:+1|g");
		else if (strchr(line.text, ':') != NULL && random_below(random, 2) == 0)
			crew_take(crew, random_below(random, CREW_WORKERS), line.text);
		else
			take_dated(crew, random_below(random, CREW_WORKERS), &line);
	}
	return count;
}

START_TEST(whatever_comes_no_point_is_sent_twice_nor_before_an_older_one)
{
	static const char *const settings[] = {"interval: 10s", "interval: 10s\ntimestamp: start",
	    "interval: 1s", "interval: 1s\ntimestamp: start", "interval: 7s\ntimestamp: start"};
	uint64_t random = random_seed();

	for (unsigned round = 0; round < 60; round++) {
		struct crew *crew = crew_new(settings[round % 5]);

		crew->look = look_at_point;
		points.crew = crew;
		points.newest = points.latest = INT64_MIN;
		for (unsigned at = 0; at < 30; at++) {
			int64_t begin = crew->interval.opened_ns / CLOCK_SECOND - CREW_BEGIN;
			size_t count = take_some(crew, &random, begin);

			points.count = 0;
			crew_flush(crew, random_below(&random, 5) == 0);
			points.newest = points.latest;
			ck_assert_uint_eq(crew->merge.hits, count);
		}
		crew_free(crew);
	}
}
END_TEST

static bool
is_late(void *arg, const struct dated_value *value)
{
	(void)arg;
	return value->value < 0;
}

struct tally {
	size_t united, dropped;
};

static void
count_gone(void *arg, uint32_t gid, bool united)
{
	struct tally *tally = arg;

	ck_assert_uint_gt(gid, 0);
	tally->united += united;
	tally->dropped += !united;
}

START_TEST(what_waits_is_bounded)
{
	struct dated_queue queue = {0};
	struct tally tally = {0};

	for (uint32_t i = 0; i < DATED_MOST + 10; i++)
		dated_add(&queue,
		    &(struct dated_value){.gid = i + 1, .boundary_ns = 100, .point_ns = 100});
	for (uint32_t i = 0; i < 5; i++)
		dated_add(
		    &queue, &(struct dated_value){.gid = i + 1, .boundary_ns = 50, .point_ns = 50});
	dated_sort(&queue, 50, is_late, count_gone, &tally);
	ck_assert_uint_eq(tally.dropped, 10);
	ck_assert_uint_eq(tally.united, 0);
	ck_assert_uint_eq(queue.due, 5);
	dated_shift(&queue);
	ck_assert_uint_eq(queue.count, DATED_MOST);
	dated_add(&queue, &(struct dated_value){.gid = 1, .boundary_ns = 100, .point_ns = 100});
	dated_sort(&queue, 60, is_late, count_gone, &tally);
	ck_assert_uint_eq(tally.dropped, 10);
	ck_assert_uint_eq(tally.united, 1);
	dated_fini(&queue);
}
END_TEST

/* Sorted by series and boundary, one value for each; sums are kept. */
START_TEST(the_queue_holds_one_value_per_series_and_boundary)
{
	uint64_t random = random_seed();

	for (int round = 0; round < 200; round++) {
		struct dated_queue queue = {0};
		struct tally tally = {0};
		double expected[8][8] = {0};
		size_t cells = 0, count = random_below(&random, 100);

		for (size_t i = 0; i < count; i++) {
			unsigned gid = random_below(&random, 8), at = random_below(&random, 8);

			cells += expected[gid][at] == 0;
			expected[gid][at] += 1;
			dated_add(&queue,
			    &(struct dated_value){
				.gid = gid + 1, .boundary_ns = at, .point_ns = at, .value = 1});
			if (random_below(&random, 10) == 0)
				dated_sort(&queue, 3, is_late, count_gone, &tally);
		}
		dated_sort(&queue, 3, is_late, count_gone, &tally);
		ck_assert_uint_eq(queue.count, cells);
		ck_assert_uint_eq(tally.united, count - cells);
		for (size_t i = 0; i < queue.count; i++) {
			const struct dated_value *value = &queue.at[i];

			ck_assert(value->value == expected[value->gid - 1][value->boundary_ns]);
			ck_assert_int_eq(value->waits, value->boundary_ns > 3);
			ck_assert_int_eq(value->waits, i >= queue.due);
			if (!value->waits)
				ck_assert(dated_find(&queue, value->gid) <= value);
		}
		dated_fini(&queue);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(whatever_comes_no_point_is_sent_twice_nor_before_an_older_one),
    SUITE_TEST(a_boundary_is_the_end_of_its_interval),
    SUITE_TEST(seconds_of_a_boundary_end_where_the_next_one_begins),
    SUITE_TEST(a_value_counts_at_its_own_boundary),
    SUITE_TEST(a_value_whose_time_is_kept_is_sent_with_it),
    SUITE_TEST(a_late_flush_sends_what_it_passed_apart),
    SUITE_TEST(what_waits_keeps_its_series_until_it_has_been_sent),
    SUITE_TEST(a_silenced_series_sends_no_dated_rows),
    SUITE_TEST(a_series_with_several_rows_is_one_series),
    SUITE_TEST(what_waits_is_bounded),
    SUITE_TEST(the_queue_holds_one_value_per_series_and_boundary),
    {0},
};

SUITE_MAIN("flush/dated", tests)
