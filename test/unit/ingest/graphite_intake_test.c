/* SPDX-License-Identifier: MIT */
/* graphite_intake_test.c -- from Graphite's lines to values that wait for their
 * time. */

#include "aggregate/gauge.h"
#include "base/clock.h"
#include "test/unit/ingest/pond.h"
#include "test/unit/suite.h"

#include <inttypes.h>
#include <string.h>

#define NOW INT64_C(1700000000)

static void
open_graphite(struct pond *pond, bool keep_time)
{
	if (!clock_is_virtual())
		clock_make_virtual(NOW * CLOCK_SECOND);
	pond_open(pond, 100);
	pond->origin.rules.dialects = UINT32_C(1) << DIALECT_GRAPHITE;
	pond->origin.graphite = true;
	pond->origin.keep_time = keep_time;
}

/* All values of the window, "name value time" each, ! before an exact one. */
static void
expect_values(const struct pond *pond, const char *expected)
{
	struct text got = {0};

	for (const struct dated_block *block = pond->window.dated.first; block != NULL;
	     block = block->next)
		for (size_t i = 0; i < block->count; i++) {
			const struct dated *at = &block->at[i];

			text_printf(&got, "%s%.*s %g %" PRId64 "\n", at->exact ? "!" : "",
			    (int)(at->entry->name_len + at->entry->tags_len), at->entry->key,
			    at->value, at->timestamp - NOW);
		}
	ck_assert_str_eq(text_string(&got), expected);
	text_fini(&got);
}

static const char lines[] = "a 1 1700000000\n"
			    "b.c -2.5 1699999990\r\n"
			    "\n"
			    "  a \t +3  1700000001.9 \n"
			    "a;z=1;k=v 4 1700000000\n"
			    "now 5 -1\n"
			    "x,y=z 6 1700000000";

START_TEST(every_line_is_a_value_of_its_time)
{
	for (int keep = 0; keep < 2; keep++)
		for (int stream = 0; stream < 2; stream++) {
			struct pond pond;

			open_graphite(&pond, keep);
			if (stream)
				ck_assert(pond_take_lines(&pond, lines));
			else
				pond_take(&pond, lines);
			expect_values(&pond,
			    keep ? "!a 1 0\n!b.c -2.5 -10\n!a 3 1\n!ak:v,z:1 4 0\n!now 5 0\n"
				   "!xy=z 6 0\n"
				 : "a 1 0\nb.c -2.5 -10\na 3 1\nak:v,z:1 4 0\nnow 5 0\nxy=z 6 0\n");
			ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES), 6);
			ck_assert_uint_eq(pond_count(&pond, INTAKE_SAMPLES + KIND_GAUGE), 6);
			pond_expect_balance(&pond);
			pond_close(&pond);
		}
}
END_TEST

/* From an hour ago to a minute ahead, whichever way a line is read. */
START_TEST(a_time_has_bounds)
{
	static const struct {
		int64_t offset;
		enum reason reason;
	} times[] = {
	    {-INTAKE_OLDEST_SECONDS, REASON_NONE},
	    {-INTAKE_OLDEST_SECONDS - 1, REASON_LATE},
	    {INTAKE_NEWEST_SECONDS, REASON_NONE},
	    {INTAKE_NEWEST_SECONDS + 1, REASON_FUTURE},
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		struct pond pond;
		struct text text = {0};

		open_graphite(&pond, true);
		text_printf(&text, "a 1 %" PRId64 "\n a 1 %" PRId64 "\n", NOW + times[i].offset,
		    NOW + times[i].offset);
		pond_take(&pond, text_string(&text));
		ck_assert_uint_eq(
		    pond_refused(&pond, times[i].reason), times[i].reason == REASON_NONE ? 0 : 2);
		ck_assert_uint_eq(pond.window.dated.count, times[i].reason == REASON_NONE ? 2 : 0);
		pond_expect_balance(&pond);
		text_fini(&text);
		pond_close(&pond);
	}
}
END_TEST

START_TEST(what_is_no_such_line_is_refused)
{
	static const struct {
		const char *line;
		enum reason reason;
	} refused[] = {
	    {"a", REASON_NO_VALUE},
	    {"a:1|c", REASON_NO_VALUE},
	    {"_e{1,1}:a|b", REASON_NO_VALUE},
	    {"_sc|a|0", REASON_NO_VALUE},
	    {";k=v 1 1700000000", REASON_NO_NAME},
	    {"!! 1 1700000000", REASON_BAD_NAME},
	    {"a;=v 1 1700000000", REASON_TAGS},
	    {"a x 1700000000", REASON_BAD_VALUE},
	    {"a nan 1700000000", REASON_NOT_FINITE},
	    {"a 1 now", REASON_TIMESTAMP},
	    {"a 1 0", REASON_LATE},
	    {"a 1 -1700000000", REASON_LATE},
	    {"a 1 1700000000000", REASON_FUTURE},
	    {"a 1 1e300", REASON_FUTURE},
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct pond pond;

		open_graphite(&pond, true);
		pond_take(&pond, refused[i].line);
		ck_assert_msg(pond_refused(&pond, refused[i].reason) == 1, "%s", refused[i].line);
		ck_assert_uint_eq(pond.window.dated.count, 0);
		pond_expect_balance(&pond);
		pond_close(&pond);
	}
}
END_TEST

START_TEST(a_line_that_was_cut_is_refused)
{
	static const char cut[] = "a 1 1700000000\na 1 17000";
	struct pond pond;

	open_graphite(&pond, true);
	pond_take_bytes(&pond, cut, strlen(cut), true);
	expect_values(&pond, "!a 1 0\n");
	ck_assert_uint_eq(pond_refused(&pond, REASON_TRUNCATED), 1);
	pond_close(&pond);
}
END_TEST

START_TEST(a_request_of_a_web_browser_ends_a_stream)
{
	struct pond pond;

	open_graphite(&pond, true);
	ck_assert(!pond_take_lines(&pond, "a 1 1700000000\nGET /a HTTP/1.1\r\na 2 1700000000\n"));
	expect_values(&pond, "!a 1 0\n");
	ck_assert_uint_eq(pond_refused(&pond, REASON_HTTP), 1);
	pond_close(&pond);
}
END_TEST

/* More than are brought near at once, and more than there are outcomes for. */
START_TEST(a_long_batch_is_taken_whole)
{
	struct text text = {0};
	struct pond pond;

	open_graphite(&pond, true);
	for (unsigned i = 0; i < 1000; i++)
		text_printf(&text, "%sa%u %u 1700000000\n", i % 3 == 0 ? " " : "", i % 50, i);
	for (unsigned i = 0; i < 200; i++)
		text_puts(&text, "a x 1\n");
	pond_take(&pond, text_string(&text));
	ck_assert_uint_eq(pond.window.dated.count, 1000);
	ck_assert_uint_eq(pond_refused(&pond, REASON_BAD_VALUE), 200);
	pond_expect_balance(&pond);
	text_fini(&text);
	pond_close(&pond);
}
END_TEST

/* What a series keeps between flushes is one, whoever sends to it. */
START_TEST(the_gauge_of_a_statsd_line_is_the_same_series)
{
	struct pond pond;

	open_graphite(&pond, true);
	pond_take(&pond, "a 1 1700000000");
	pond.origin.graphite = false;
	pond.origin.profile = 2;
	pond_take(&pond, "a:5|g\na:+1|g");
	const struct entry *entry = pond_find(&pond, "a", "", KIND_GAUGE);

	ck_assert_ptr_eq(pond.window.dated.first->at[0].entry, entry);
	ck_assert_double_eq(((struct gauge_record *)pond_record(entry))->absolute, 5);
	ck_assert_double_eq(pond_changes((struct gauge_record *)pond_record(entry)), 1);
	pond_close(&pond);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(every_line_is_a_value_of_its_time),
    SUITE_TEST(a_time_has_bounds),
    SUITE_TEST(what_is_no_such_line_is_refused),
    SUITE_TEST(a_line_that_was_cut_is_refused),
    SUITE_TEST(a_request_of_a_web_browser_ends_a_stream),
    SUITE_TEST(a_long_batch_is_taken_whole),
    SUITE_TEST(the_gauge_of_a_statsd_line_is_the_same_series),
    {0},
};

SUITE_MAIN("ingest/graphite_intake", tests)
