/* SPDX-License-Identifier: MIT */
/* intake_test.c -- datagrams in, cells and counts out. */

#include "base/clock.h"
#include "test/unit/ingest/pond.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1767268800)

static struct pond pond;

START_TEST(a_datagram_is_its_lines)
{
	pond_open(&pond, 100);
	pond_take(&pond, "a:1|c\nb:2|c\n\r\n\na:3|c|@0.5\n");
	pond_take(&pond, "a:1|c");
	pond_take(&pond, "");
	ck_assert(pond_counter(&pond, "a", "") == 8 && pond_counter(&pond, "b", "") == 2);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_DATAGRAMS), 3);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES), 4);
	ck_assert_uint_eq(pond.window.touched.count, 2);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(a_line_with_one_good_element_is_accepted)
{
	pond_open(&pond, 100);
	pond_take(&pond, "a:1|c:x|c:2|c:nan|g\nb:x|c:y|z");
	ck_assert(pond_counter(&pond, "a", "") == 3);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES_ACCEPTED), 1);
	ck_assert_uint_eq(pond_refused(&pond, REASON_BAD_VALUE), 1);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_ELEMENTS_REFUSED), 4);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(all_spellings_of_a_series_meet)
{
	pond_open(&pond, 100);
	for (int round = 0; round < 3; round++) {
		pond_take(&pond, "a b:1|c\na_b:1|c\na  b:1|c\na\tb:1|c");
		pond_take(&pond, "t:1|c|#x:1,y:2\nt:1|c|#y:2,x:1\nt;y=2;x=1:1|c\nt:1|c|#y:2,,x:1,");
	}
	ck_assert(pond_counter(&pond, "a_b", "") == 12);
	ck_assert(pond_counter(&pond, "t", "x:1,y:2") == 12);
	ck_assert_uint_eq(counter_get(&pond.intake.table.counters[TABLE_SERIES + KIND_COUNTER]), 2);
	ck_assert_uint_eq(counter_get(&pond.intake.table.counters[TABLE_KEYS]), 8);
	ck_assert_int_eq(atomic_load(&pond.quota.used), 2);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(spellings_beyond_the_cache_still_count)
{
	char line[64];

	pond_open(&pond, 100);
	for (int round = 0; round < 2; round++)
		for (int i = 1; i <= 40; i++) {
			snprintf(line, sizeof(line), "a%*s:1|c", i + 1, "b");
			pond_take(&pond, line);
		}
	ck_assert(pond_counter(&pond, "a_b", "") == 80);
	ck_assert_uint_eq(
	    counter_get(&pond.intake.table.counters[TABLE_KEYS]), 1 + ENTRY_ALIASES_MOST);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(known_series_stay_exact_at_the_limit)
{
	pond_open(&pond, 3);
	pond_take(&pond, "a:1|c\nb:1|c\nc:1|c\nd:1|c\ne:1|g\na:1|c");
	ck_assert(pond_counter(&pond, "a", "") == 2);
	ck_assert_ptr_null(pond_find(&pond, "d", "", KIND_COUNTER));
	ck_assert_uint_eq(pond_refused(&pond, REASON_SERIES_LIMIT), 2);
	ck_assert_int_eq(atomic_load(&pond.quota.used), 3);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(a_cut_datagram_loses_its_last_line_only)
{
	pond_open(&pond, 100);
	pond_take_bytes(&pond, "a:1|c\na:1|c", 11, true);
	pond_take_bytes(&pond, "a:1|c\n", 6, true);
	ck_assert(pond_counter(&pond, "a", "") == 2);
	ck_assert_uint_eq(pond_refused(&pond, REASON_TRUNCATED), 1);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_DATAGRAMS_TRUNCATED), 2);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(one_line_may_have_thousands_of_elements)
{
	char line[20000] = "a";

	pond_open(&pond, 100);
	for (int i = 0; i < 4000; i++)
		strcat(line + 2 * (size_t)i, ":1");
	strcat(line, "|c");
	pond_take(&pond, line);
	ck_assert(pond_counter(&pond, "a", "") == 4000);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES), 1);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES_ACCEPTED), 1);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(a_negative_gauge_is_zero_then_a_delta_in_order)
{
	pond_open(&pond, 100);
	pond_take(&pond, "g:100|g\ng:0|g\ng:-5|g");
	const struct entry *entry = pond_find(&pond, "g", "", KIND_GAUGE);
	const struct gauge_record *record =
	    (const struct gauge_record *)(uintptr_t)entry->cell[1].value;

	ck_assert(record->absolute == 0 && pond_changes(record) == -5);
	ck_assert_uint_lt(record->absolute_stamp, record->deltas[0].stamp);
	pond_close(&pond);
}
END_TEST

/* However lines are cut into datagrams, they fold alike; and no bytes upset
 * the balance. Values are dyadic, so that sums are exact in any order. */
START_TEST(a_split_stream_folds_like_the_whole)
{
	static const char *const lines[] = {"a:0.5|c", "b:2|c|@0.25", "a b:1|c", "g:3|g", "g:+1|g",
	    "t:4|ms", "t:1:2:3|ms", "s:x|s", "bad", "a:1|c:x|c", "c:1|c|#y:1,x:2", ":1|c",
	    "n:nan|c", "", "z\xff:1|c", "a:1|q", "_e{1,1}:a|b", "_sc|a|9", "total:7|C"};
	uint64_t random = random_seed();
	double sums[2];
	uint64_t samples[2], refused[2];

	for (int round = 0; round < 200; round++) {
		for (int pass = 0; pass < 2; pass++) {
			char datagram[4096] = "";

			uint64_t replay = random + (uint64_t)round;

			pond_open(&pond, 100);
			for (int i = 0; i < 100; i++) {
				unsigned which =
				    random_below(&replay, sizeof(lines) / sizeof(*lines));

				strcat(strcat(datagram, lines[which]), "\n");
				if (pass == 1 && i % 7 == round % 7) {
					pond_take(&pond, datagram);
					datagram[0] = '\0';
				}
			}
			pond_take(&pond, datagram);
			pond_expect_balance(&pond);
			sums[pass] = 0;
			samples[pass] = 0;
			struct entry_cursor at = entry_list_begin(&pond.window.touched);
			const struct entry *entry;

			while ((entry = entry_list_next(&at)) != NULL) {
				if (entry->kind == KIND_COUNTER && entry->modes == 0)
					sums[pass] += bits_double(entry->cell[1].value);
				samples[pass] += cell_hits(entry->cell[1].meta);
			}
			refused[pass] = pond_count(&pond, INTAKE_ELEMENTS_REFUSED);
			pond_close(&pond);
		}
		ck_assert_double_eq(sums[0], sums[1]);
		ck_assert_uint_eq(samples[0], samples[1]);
		ck_assert_uint_eq(refused[0], refused[1]);
	}
}
END_TEST

START_TEST(the_listener_says_how_lines_are_read)
{
	static const struct {
		const char *line;
		uint64_t safe, letter; /* samples accepted */
	} cases[] = {
	    {"a:1|c", 1, 1},
	    {"a:1|c\r", 1, 1},
	    {"a:1|c\n", 1, 1},
	    {"a:0x10|c", 0, 1},
	    {"a:1|q", 0, 1},
	    {"a|#b:1|c", 1, 0}, /* to StatsD |# ends the elements, and 1 has no type */
	    {"a|b:1|c", 1, 1},
	    {"a:1:2|c", 2, 1},
	    {"a:1|c|@2", 0, 1},
	    {":1|c", 0, 1},
	    {"_e{1,1}:5|c", 0, 1},   /* an event, that reads like a counter */
	    {"_sc|a|0|d:1|c", 0, 1}, /* a check, that reads like one */
	    {"_score:1|c", 1, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (int letter = 0; letter < 2; letter++) {
			uint64_t samples = 0;

			pond_open(&pond, 100);
			pond.origin.rules.letter = letter != 0;
			pond_take(&pond, cases[i].line);
			for (size_t kind = 0; kind < KINDS; kind++)
				samples += counter_get(&pond.counters[INTAKE_SAMPLES + kind]);
			ck_assert_msg(samples == (letter ? cases[i].letter : cases[i].safe),
			    "%s, letter %d: %d samples", cases[i].line, letter, (int)samples);
			pond_expect_balance(&pond);
			pond_close(&pond);
		}
}
END_TEST

START_TEST(events_are_kept_apart_from_metrics)
{
	pond_open(&pond, 100);
	pond_take(&pond,
	    "_e{5,4}:title|text|t:error|#a:1\na:1|c\n_sc|disk|2|m:full\r\n"
	    "_e{9,9}:short\n_e{1,1}:5|c");
	ck_assert_uint_eq(pond_count(&pond, INTAKE_EVENTS), 2);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_CHECKS), 1);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES), 5);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES_ACCEPTED), 4);
	ck_assert_uint_eq(pond_refused(&pond, REASON_EVENT), 1);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_ELEMENTS_REFUSED), 1);
	ck_assert_uint_eq(pond.window.events.count, 3);
	const struct event *first = pond.window.events.first;

	ck_assert_int_eq(memcmp(first->title.at, "title", 5), 0);
	ck_assert_int_eq(first->alert, EVENT_ERROR);
	ck_assert(first->next->check && first->next->alert == CHECK_CRITICAL);
	ck_assert_uint_eq(pond.window.touched.count, 1);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(events_are_lines_like_others_where_they_are_not_known)
{
	pond_open(&pond, 100);
	pond.origin.rules.dialects = 0;
	pond_take(&pond, "_e{1,1}:5|c\n_sc|a|0");
	ck_assert(pond_counter(&pond, "_e11", "") == 5);
	ck_assert_uint_eq(pond_refused(&pond, REASON_NO_VALUE), 1);
	ck_assert_uint_eq(pond.window.events.count, 0);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(events_beyond_the_budget_are_refused)
{
	pond_open(&pond, 100);
	for (int i = 0; i < EVENTS_MOST + 3; i++)
		pond_take(&pond, "_e{1,1}:a|b");
	ck_assert_uint_eq(pond_count(&pond, INTAKE_EVENTS), EVENTS_MOST);
	ck_assert_uint_eq(pond_refused(&pond, REASON_EVENT_BUDGET), 3);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

/* Of the wall clock, which stands still meanwhile. */
START_TEST(a_value_of_its_own_time_is_kept_apart)
{
	static const struct {
		int64_t timestamp;
		enum reason reason;
	} cases[] = {
	    {NOW, REASON_NONE},
	    {NOW - 3600, REASON_NONE},
	    {NOW - 3601, REASON_LATE},
	    {NOW + 60, REASON_NONE},
	    {NOW + 61, REASON_FUTURE},
	    {1, REASON_LATE},
	    {9999999999, REASON_FUTURE},
	};

	clock_make_virtual(NOW * CLOCK_SECOND + CLOCK_SECOND / 2);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool accepted = cases[i].reason == REASON_NONE;
		char line[64];

		pond_open(&pond, 100);
		snprintf(line, sizeof(line), "a:2|c|@0.5|T%lld", (long long)cases[i].timestamp);
		pond_take(&pond, line);
		ck_assert_uint_eq(pond.window.dated.count, accepted);
		if (accepted) {
			const struct dated *dated = &pond.window.dated.first->at[0];

			ck_assert_int_eq(dated->timestamp, cases[i].timestamp);
			ck_assert(dated->value == 4);
			ck_assert_ptr_eq(dated->entry, pond_find(&pond, "a", "", KIND_COUNTER));
		} else {
			ck_assert_uint_eq(pond_refused(&pond, cases[i].reason), 1);
			ck_assert_ptr_null(pond_find(&pond, "a", "", KIND_COUNTER));
		}
		ck_assert_uint_eq(pond.window.touched.count, 0);
		pond_expect_balance(&pond);
		pond_close(&pond);
	}
}
END_TEST

START_TEST(a_time_means_something_for_counters_and_gauges_only)
{
	clock_make_virtual(NOW * CLOCK_SECOND);
	pond_open(&pond, 100);
	pond_take(&pond, "a:1|ms|T1\na:b|s|T1\nc:1|C|T1");
	pond.origin.cumulative = true;
	pond_take(&pond, "d:1|c|T1");
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES_ACCEPTED), 4);
	ck_assert_uint_eq(pond.window.dated.count, 0);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

/* Many samples of one datagram are less far apart than two datagrams. */
START_TEST(stamps_do_not_run_ahead_of_arrivals)
{
	char datagram[40000] = "";
	size_t len = 0;

	pond_open(&pond, 100);
	while (len + 16 < sizeof(datagram))
		len += (size_t)snprintf(datagram + len, sizeof(datagram) - len, "g:1|g\n");
	pond.now = 1000;
	pond_take(&pond, datagram);
	const struct gauge_record *record =
	    (const struct gauge_record *)pond_record(pond_find(&pond, "g", "", KIND_GAUGE));

	ck_assert_uint_lt(record->absolute_stamp, 2000 * STAMPS_PER_NS);
	pond_take(&pond, "g:2|g");
	ck_assert_uint_gt(record->absolute_stamp, 1000 * STAMPS_PER_NS);
	ck_assert(record->absolute == 2);
	pond_close(&pond);
}
END_TEST

START_TEST(a_stream_is_its_lines_but_no_datagram)
{
	pond_open(&pond, 100);
	pond.origin.transport = TRANSPORT_TCP;
	ck_assert(pond_take_lines(&pond, "a:1|c\nb:2|c\nbad\n"));
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES), 3);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES_ACCEPTED), 2);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_DATAGRAMS), 0);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_BYTES + TRANSPORT_TCP), 16);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_BYTES + TRANSPORT_UDP), 0);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

/* In the guise of a good line, too. */
START_TEST(a_browser_ends_a_stream)
{
	static const char *const requests[] = {
	    "GET / HTTP/1.1\r\n",
	    "POST / HTTP/1.0\n",
	    "POST /x:1|c|x HTTP/1.1\r\n",
	    "GET /x:1|c|#tag HTTP/1.1\n",
	};
	static const bool letters[] = {false, true};

	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		for (size_t j = 0; j < 2; j++) {
			char text[128];

			pond_open(&pond, 100);
			pond.origin.rules.letter = letters[j];
			snprintf(text, sizeof(text), "before:1|c\n%safter:1|c\n", requests[i]);
			ck_assert_msg(!pond_take_lines(&pond, text), "%s", requests[i]);
			ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES), 2);
			ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES_ACCEPTED), 1);
			ck_assert_uint_eq(pond_refused(&pond, REASON_HTTP), 1);
			/* Off another stream lines are lines again. */
			ck_assert(pond_take_lines(&pond, "next:1|c\n"));
			ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES_ACCEPTED), 2);
			/* A datagram has no browser behind it. */
			pond_take(&pond, text);
			ck_assert_uint_eq(pond_refused(&pond, REASON_HTTP), 1);
			ck_assert_uint_ge(pond_count(&pond, INTAKE_LINES_ACCEPTED), 4);
			pond_expect_balance(&pond);
			pond_close(&pond);
		}
	}
}
END_TEST

START_TEST(a_line_refused_unseen_is_counted_like_any)
{
	pond_open(&pond, 100);
	const struct arrival arrival = {.stamp = 1, .source = pond.source};

	intake_refuse(&pond.intake, &pond.origin, REASON_LINE_TOO_LONG, 9000, &arrival);
	intake_refuse(&pond.intake, &pond.origin, REASON_TRUNCATED, 7, &arrival);
	ck_assert_uint_eq(pond_refused(&pond, REASON_LINE_TOO_LONG), 1);
	ck_assert_uint_eq(pond_refused(&pond, REASON_TRUNCATED), 1);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES), 2);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_ELEMENTS_REFUSED), 2);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_BYTES), 9007);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_datagram_is_its_lines),
    SUITE_TEST(a_line_with_one_good_element_is_accepted),
    SUITE_TEST(all_spellings_of_a_series_meet),
    SUITE_TEST(spellings_beyond_the_cache_still_count),
    SUITE_TEST(known_series_stay_exact_at_the_limit),
    SUITE_TEST(a_cut_datagram_loses_its_last_line_only),
    SUITE_TEST(one_line_may_have_thousands_of_elements),
    SUITE_TEST(a_negative_gauge_is_zero_then_a_delta_in_order),
    SUITE_TEST(a_split_stream_folds_like_the_whole),
    SUITE_TEST(the_listener_says_how_lines_are_read),
    SUITE_TEST(events_are_kept_apart_from_metrics),
    SUITE_TEST(events_are_lines_like_others_where_they_are_not_known),
    SUITE_TEST(events_beyond_the_budget_are_refused),
    SUITE_TEST(a_value_of_its_own_time_is_kept_apart),
    SUITE_TEST(a_time_means_something_for_counters_and_gauges_only),
    SUITE_TEST(stamps_do_not_run_ahead_of_arrivals),
    SUITE_TEST(a_stream_is_its_lines_but_no_datagram),
    SUITE_TEST(a_browser_ends_a_stream),
    SUITE_TEST(a_line_refused_unseen_is_counted_like_any),
    {0},
};

SUITE_MAIN("ingest/intake", tests)
