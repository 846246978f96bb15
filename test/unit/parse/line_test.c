/* SPDX-License-Identifier: MIT */
/* line_test.c -- what a line means, element by element. */

#include "parse/line.h"

#include "base/text.h"
#include "metric/kind.h"
#include "parse/quick.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One sample as text: kind, name, value, ~ if relative, = if a total, *weight,
 * @time, #tags; or !reason. */
static void
describe(struct text *out, const struct sample *sample, enum reason reason)
{
	if (out->len > 0)
		text_byte(out, ' ');
	if (reason != REASON_NONE) {
		text_printf(out, "!%s", reason_defs[reason].name);
		return;
	}
	text_printf(out, "%s(%.*s,", kind_names[sample->kind], (int)sample->name_len, sample->name);
	if (sample->kind == KIND_SET)
		text_append(out, sample->member, sample->member_len);
	else
		text_printf(out, "%s%s%g", sample->relative ? "~" : "", sample->total ? "=" : "",
		    sample->value);
	if (sample->weight != 1)
		text_printf(out, "*%g", sample->weight);
	if (sample->timestamp != 0)
		text_printf(out, "@%" PRId64, sample->timestamp);
	ck_assert_ptr_null(sample->source);
	if (sample->tags_len > 0)
		text_printf(out, "#%.*s", (int)sample->tags_len, sample->tags);
	text_byte(out, ')');
}

/* All samples of a line, which is copied, so that a read past its end is seen. */
static void
describe_line(struct text *out, const char *line_text)
{
	struct line line;
	struct sample sample;
	enum reason reason;
	size_t len = strlen(line_text);
	char *copy = malloc(len > 0 ? len : 1);

	memcpy(copy, line_text, len);
	if (line_begin(&line, copy, copy + len))
		while (line_next(&line, &sample, &reason))
			describe(out, &sample, reason);
	free(copy);
}

static void
expect(const char *line_text, const char *expected)
{
	struct text got = {0};

	describe_line(&got, line_text);
	ck_assert_msg(strcmp(text_string(&got), expected) == 0, "%s\n   gives %s\n  not it %s",
	    line_text, text_string(&got), expected);
	text_fini(&got);
}

struct row {
	const char *line, *expected;
};

static void
expect_all(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect(rows[i].line, rows[i].expected);
}

#define EXPECT_ALL(rows) expect_all(rows, sizeof(rows) / sizeof(*(rows)))

START_TEST(each_type_gives_its_kind)
{
	static const struct row rows[] = {
	    {"a:1|c", "counter(a,1)"},
	    {"a:1|g", "gauge(a,1)"},
	    {"a:1|ms", "timer(a,1)"},
	    {"a:1|h", "timer(a,1)"},
	    {"a:1|d", "timer(a,1)"},
	    {"a:1|s", "set(a,1)"},
	    {"a:user five|s", "set(a,user five)"},
	    {"a:1|m", "counter(a,1)"},
	    {"a:1|C", "counter(a,=1)"},
	    {"a:1|kv", "gauge(a,1)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(numbers_are_decimal_and_finite)
{
	static const struct row rows[] = {
	    {"a:-1.5|c", "counter(a,-1.5)"},
	    {"a:+2|c", "counter(a,2)"},
	    {"a:.5|c", "counter(a,0.5)"},
	    {"a:5.|c", "counter(a,5)"},
	    {"a:1e3|c", "counter(a,1000)"},
	    {"a:1E-2|c", "counter(a,0.01)"},
	    {"a:1,5|c", "!bad_value"},
	    {"a:0x10|c", "!bad_value"},
	    {"a: 1|c", "!bad_value"},
	    {"a:1 |c", "!bad_value"},
	    {"a:1_000|c", "!bad_value"},
	    {"a:.|c", "!bad_value"},
	    {"a:-|c", "!bad_value"},
	    {"a:abc|c", "!bad_value"},
	    {"a:1e999|c", "!not_finite"},
	    {"a:-1e999|g", "!not_finite"},
	    {"a:nan|c", "!not_finite"},
	    {"a:-NaN|c", "!not_finite"},
	    {"a:Infinity|g", "!not_finite"},
	    {"a:+inf|ms", "!not_finite"},
	    {"a:nano|c", "!bad_value"},
	    {"a:1e308|c|@0.1", "!not_finite"},
	    {"a:1e308|g|@0.1", "gauge(a,1e+308*10)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_sign_makes_a_gauge_relative)
{
	static const struct row rows[] = {
	    {"a:+5|g", "gauge(a,~5)"},
	    {"a:-5|g", "gauge(a,~-5)"},
	    {"a:5|g", "gauge(a,5)"},
	    {"a:+5|c", "counter(a,5)"},
	    {"a:-0|g", "gauge(a,~-0)"},
	    {"a:+5|kv", "gauge(a,5)"},
	    {"a:-5|kv", "gauge(a,-5)"},
	    {"a:0|g:-5|g", "gauge(a,0) gauge(a,~-5)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_duration_is_not_negative)
{
	static const struct row rows[] = {
	    {"a:-1|ms", "!negative_timer"},
	    {"a:-0.0|ms", "timer(a,-0)"},
	    {"a:+1|ms", "timer(a,1)"},
	    {"a:-1|h", "timer(a,-1)"},
	    {"a:-1|d", "timer(a,-1)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_rate_is_a_weight)
{
	static const struct row rows[] = {
	    {"a:1|c|@0.1", "counter(a,1*10)"},
	    {"a:1|c|@.5", "counter(a,1*2)"},
	    {"a:1|c|@1", "counter(a,1)"},
	    {"a:1|c|@1e-9", "counter(a,1*1e+09)"},
	    {"a:1|ms|@0.5", "timer(a,1*2)"},
	    {"a:1|c|@0.5|junk", "counter(a,1*2)"},
	    {"a:1|c|@0.5|@0.25", "counter(a,1*4)"},
	    {"a:1|c|@0", "!rate"},
	    {"a:1|c|@1.5", "!rate"},
	    {"a:1|c|@-1", "!rate"},
	    {"a:1|c|@+0.5", "!rate"},
	    {"a:1|c|@nan", "!rate"},
	    {"a:1|c|@Infinity", "!rate"},
	    {"a:1|c|@1e-320", "!rate"},
	    {"a:1|c|@", "!rate"},
	    {"a:1|c|@.1.2", "!rate"},
	    {"a:1|c|@blah", "!rate"},
	    {"a:1|g|@0", "!rate"},
	    {"a:1|kv|@0.5", "gauge(a,1*2)"},
	    {"a:1|m|@0.5", "counter(a,1*2)"},
	    {"a:7|C|@0.1", "counter(a,=7)"},
	    {"a:1e308|C|@0.1", "counter(a,=1e+308)"},
	    {"a:7|C|@0", "!rate"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(missing_parts_have_their_reasons)
{
	static const struct row rows[] = {
	    {"a", "!no_value"},
	    {"a:", "!no_value"},
	    {"a|c", "!no_value"},
	    {"a:|c", "!no_value"},
	    {"a:|s", "!no_value"},
	    {"a:|ms", "!no_value"},
	    {":1|c", "!no_name"},
	    {"::", "!no_name"},
	    {"a:1", "!no_type"},
	    {"a:1:2", "!no_type"},
	    {"a:1|", "!no_type"},
	    {"a:1||@0.5", "!no_type"},
	    {"a:1|z", "!unknown_type"},
	    {"a:1|cc", "!unknown_type"},
	    {"a:1|k", "!unknown_type"},
	    {"a:1|M", "!unknown_type"},
	    {"a:1|Kv", "!unknown_type"},
	    {"a:1|mss", "!unknown_type"},
	    {"a:1| c", "!unknown_type"},
	    {"_e{5,4}:title|text", "!unknown_type"},
	    {"_sc|name|0", "!no_value"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_line_may_hold_several_elements)
{
	static const struct row rows[] = {
	    {"a:1|c:2|c:3|c", "counter(a,1) counter(a,2) counter(a,3)"},
	    {"a:1|c:5|ms", "counter(a,1) timer(a,5)"},
	    {"a:1|c|@0.5:2|c", "counter(a,1*2) counter(a,2)"},
	    {"a:1|x:2|c", "!unknown_type counter(a,2)"},
	    {"a:x|c:2|c", "!bad_value counter(a,2)"},
	    {"a:1|c:", "counter(a,1) !no_value"},
	    {"a:1|c:2", "counter(a,1) !no_type"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(values_may_be_packed)
{
	static const struct row rows[] = {
	    {"a:1:2:3|ms", "timer(a,1) timer(a,2) timer(a,3)"},
	    {"a:1:2|c|@0.5", "counter(a,1*2) counter(a,2*2)"},
	    {"a:21::22|h", "timer(a,21) !no_value timer(a,22)"},
	    {"a:1:x:3|ms", "timer(a,1) !bad_value timer(a,3)"},
	    {"a:1:2|s", "set(a,1:2)"},
	    {"a:1|c:x:y|s", "counter(a,1) set(a,x:y)"},
	    {"a:1:2|ms:3|c", "timer(a,1) timer(a,2) counter(a,3)"},
	    {"a:1:+2|g", "gauge(a,1) gauge(a,~2)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(tags_belong_to_the_whole_line)
{
	static const struct row rows[] = {
	    {"a:1|c|#k:v", "counter(a,1#k:v)"},
	    {"a:1|c|@0.1|#k:v", "counter(a,1*10#k:v)"},
	    {"a:1|c|#k:v|@0.1", "counter(a,1*10#k:v)"},
	    {"a:1|c:2|ms|#k:v", "counter(a,1#k:v) timer(a,2#k:v)"},
	    {"a:1:2|ms|#k:v", "timer(a,1#k:v) timer(a,2#k:v)"},
	    {"a:1|c|#url:http://x/y", "counter(a,1#url:http://x/y)"},
	    {"a:1|c|#", "counter(a,1)"},
	    {"a:1|c|#x:1|#y:2", "counter(a,1#y:2)"},
	    {"a:1|c:2|c|#x:1|#y:2", "counter(a,1#y:2) counter(a,2#y:2)"},
	    {"a:1|c|#x:1|@0.5:2|c|#y:2", "counter(a,1*2#y:2) counter(a,2#y:2)"},
	    {"a:1|c:2|c|#x:1|@0.5:3|c|#y:2|#", "counter(a,1) counter(a,2*2) counter(a,3)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(unknown_fields_are_ignored)
{
	static const struct row rows[] = {
	    {"a:1|c|", "counter(a,1)"},
	    {"a:1|c||", "counter(a,1)"},
	    {"a:1|c|0.1", "counter(a,1)"},
	    {"a:1|c|m:test:2|c", "counter(a,1)"},
	    {"a:1|c|x", "counter(a,1)"},
	    {"a:1|c|t1700000000", "counter(a,1)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

/* DogStatsD through v1.6. */
START_TEST(fields_come_in_any_order)
{
	static const struct row rows[] = {
	    {"a:1|c|c:ci-123|T1700000000|e:it-false|card:low|#k:v", "counter(a,1@1700000000#k:v)"},
	    {"a:1|c|c:ci-abc|T1700000000|#k:v|@0.5|e:it-false,cn-x|card:low",
		"counter(a,1*2@1700000000#k:v)"},
	    {"a:1|c|card:low|e:it-false,cn-x,pu-1|@0.5|#k:v,x|T1|c:in-42",
		"counter(a,1*2@1#k:v,x)"},
	    {"a:1:2|ms|c:cid-1|#k:v|@0.5", "timer(a,1*2#k:v) timer(a,2*2#k:v)"},
	    {"a:1|c|@0.5|c:x:2|c", "counter(a,1*2)"},
	    {"a:1|c|c:x|@0.5:2|g|#k", "counter(a,1*2#k) gauge(a,2#k)"},
	    {"a:x|s|#k:v|c:y", "set(a,x#k:v)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_time_is_kept_where_it_means_something)
{
	static const struct row rows[] = {
	    {"a:1|c|T1", "counter(a,1@1)"},
	    {"a:1|m|T1700000000", "counter(a,1@1700000000)"},
	    {"a:+1|g|T1700000000", "gauge(a,~1@1700000000)"},
	    {"a:1|kv|T1700000000", "gauge(a,1@1700000000)"},
	    {"a:1:2|g|T9", "gauge(a,1@9) gauge(a,2@9)"},
	    {"a:1|c|T5|T9999999999", "counter(a,1@9999999999)"},
	    {"a:1|c|T5|@0.5:2|c", "counter(a,1*2@5) counter(a,2)"},
	    {"a:1|ms|T5", "timer(a,1)"},
	    {"a:1|h|T5", "timer(a,1)"},
	    {"a:1|d|T5", "timer(a,1)"},
	    {"a:x|s|T5", "set(a,x)"},
	    {"a:1|C|T5", "counter(a,=1)"},
	    {"a:1|c|T", "!timestamp"},
	    {"a:1|c|T0", "!timestamp"},
	    {"a:1|c|T0000000000", "!timestamp"},
	    {"a:1|c|T-1", "!timestamp"},
	    {"a:1|c|T+1", "!timestamp"},
	    {"a:1|c|T1.5", "!timestamp"},
	    {"a:1|c|T1e9", "!timestamp"},
	    {"a:1|c|T12345678901", "!timestamp"},
	    {"a:1|c|T5:2|c", "!timestamp"},
	    {"a:1|ms|T0", "!timestamp"},
	    {"a:1|C|Tx", "!timestamp"},
	    {"a:1|z|T0", "!unknown_type"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(line_endings_of_all_clients_are_tolerated)
{
	static const struct row rows[] = {
	    {"", ""},
	    {"\r", ""},
	    {"a:1|c\r", "counter(a,1)"},
	    {"a:x|s\r", "set(a,x)"},
	    {"a:1|kv\r", "gauge(a,1)"},
	    {"a:1|c|T5\r", "counter(a,1@5)"},
	};
	EXPECT_ALL(rows);
	struct line line;

	ck_assert(!line_begin(&line, "\0\0", &"\0\0"[2]));
}
END_TEST

/* Whatever comes in, a line that is a line gives at least one answer, and the
 * iterator comes to an end. */
START_TEST(any_bytes_are_answered)
{
	static const char alphabet[] = "a1.:|@#cgmshkvCT,;=+-e \n\r\0\xff";
	uint64_t random = random_seed();

	for (int round = 0; round < 200000; round++) {
		size_t len = 1 + random_below(&random, 24), answers = 0;
		char *bytes = malloc(len);
		struct line line;
		struct sample sample;
		enum reason reason;

		for (size_t i = 0; i < len; i++)
			bytes[i] = alphabet[random_below(&random, sizeof(alphabet) - 1)];
		bool is_line = line_begin(&line, bytes, bytes + len);

		while (is_line && line_next(&line, &sample, &reason)) {
			ck_assert_uint_lt(reason, REASONS);
			ck_assert_uint_le(++answers, len);
		}
		ck_assert(is_line == (answers > 0));
		free(bytes);
	}
}
END_TEST

static bool
quick_line(const char **at, const char *end, struct sample *sample)
{
	const char *stop = quick_sample(*at, end, sample);

	return stop != NULL && quick_end(at, stop, end);
}

typedef bool quick_fn(const char **at, const char *end, struct sample *sample_out);

/* What a quick way takes of these bytes, which are copied, the thorough way
 * takes just so. Does it take them? */
static bool
agrees(quick_fn *quick, const char *bytes, size_t len)
{
	char *copy = malloc(len);
	const char *at = copy;
	struct sample sample, thorough;
	enum reason reason;
	struct line line;

	memcpy(copy, bytes, len);
	bool taken = quick(&at, copy + len, &sample);

	if (taken) {
		const char *newline = memchr(copy, '\n', len);
		const char *end = newline != NULL ? newline : copy + len;
		struct text a = {0}, b = {0};

		ck_assert_ptr_eq(at, newline != NULL ? newline + 1 : end);
		ck_assert(line_begin(&line, copy, end));
		ck_assert(line_next(&line, &thorough, &reason));
		describe(&a, &sample, REASON_NONE);
		describe(&b, &thorough, reason);
		ck_assert_msg(strcmp(text_string(&a), text_string(&b)) == 0, "%.*s: %s, not %s",
		    (int)len, bytes, text_string(&a), text_string(&b));
		ck_assert(!line_next(&line, &thorough, &reason));
		text_fini(&a);
		text_fini(&b);
	} else {
		ck_assert_ptr_eq(at, copy);
	}
	free(copy);
	return taken;
}

/* A line that has begun as the quickest ones do goes on from there. */
static bool
quick_or_fields(const char **at, const char *end, struct sample *sample)
{
	const char *stop = quick_sample(*at, end, sample);

	return stop != NULL && (quick_end(at, stop, end) || line_fields(at, stop, end, sample));
}

START_TEST(the_quick_ways_take_the_usual_lines)
{
	static const struct {
		const char *line;
		bool plain;
	} rows[] = {
	    {"a:1|c", true},
	    {"a.b:-1.5|g", true},
	    {"a:+1|g\nb:1|c", true},
	    {"name.of.metric:320|ms\nb:1|c", true},
	    {"a|b:1|c", false},
	    {"a:0.25|h", false},
	    {"a:-3|d", false},
	    {"a:user:5|s", false},
	    {"a:12|s|#b", false},
	    {"a:1|c|@0.1", false},
	    {"a:1|c|#region:eu,zone:b\nb:1|c", false},
	    {"a:1|ms|@0.5|#region:eu,zone:b|c:in-4026531840|e:it-false", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *line = rows[i].line;

		ck_assert_msg(agrees(quick_line, line, strlen(line)) == rows[i].plain, "%s", line);
		ck_assert_msg(agrees(line_single, line, strlen(line)), "%s", line);
	}
}
END_TEST

/* Usual lines, with a few bytes changed. */
START_TEST(the_quick_ways_take_what_the_thorough_one_would)
{
	static const char alphabet[] = "ab1.0:|cgmsCkvhd\n-+e@#T\r _{,";
	static const char *const types[] = {"ms", "s", "c", "g", "h", "d"};
	static const char *const fields[] = {
	    "", "|@0.5", "|#a:b,c", "|@1|#x:y\r", "|#a|#b:c", "|c:id|#t:u", "|T17", "|@0.1|@0.2"};
	uint64_t random = random_seed();
	unsigned plain = 0, begun = 0, taken = 0;

	for (int round = 0; round < 150000; round++) {
		char bytes[60];
		size_t len = (size_t)snprintf(bytes, sizeof(bytes), "%.*s:%d|%s%s%s",
		    (int)random_below(&random, 20), "abcdefghijklmnopqrst",
		    (int)random_below(&random, 100) - 50, types[random_below(&random, 6)],
		    fields[random_below(&random, 2) * random_below(&random, 8)],
		    random_below(&random, 4) == 0 ? "\nb:1|c" : "");

		for (unsigned i = random_below(&random, 3); i > 0; i--)
			bytes[random_below(&random, (unsigned)len)] =
			    alphabet[random_below(&random, sizeof(alphabet) - 1)];
		plain += agrees(quick_line, bytes, len);
		begun += agrees(quick_or_fields, bytes, len);
		taken += agrees(line_single, bytes, len);
	}
	ck_assert_uint_gt(plain, 3000);
	ck_assert_uint_gt(begun, plain + 3000);
	ck_assert_uint_gt(taken, 30000);
}
END_TEST

/* An event whose title or text is a number looks like a metric. */
START_TEST(the_quick_way_takes_no_event)
{
	static const struct {
		const char *line;
		bool taken;
	} rows[] = {
	    {"_e{1,1}:1|c", false},
	    {"_e{:1|c", false},
	    {"_sc|a:1|c", false},
	    {"_sc|a:1|ms\nb:1|c", false},
	    {"_e:1|c", true},
	    {"_:1|c", true},
	    {"_sc:1|c", true},
	    {"_script.time:1|ms", true},
	    {"__e{1,1}:1|c", true},
	    {"a_e{1,1}:1|c", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *at = rows[i].line, *end = at + strlen(at);
		struct sample sample;

		ck_assert_msg(line_single(&at, end, &sample) == rows[i].taken, "%s", rows[i].line);
		ck_assert_ptr_eq(at, rows[i].taken ? end : rows[i].line);
		at = rows[i].line;
		ck_assert_msg(!quick_line(&at, end, &sample) || rows[i].taken, "%s", rows[i].line);
	}
}
END_TEST

/* What a line means does not depend on what else the buffer holds. */
START_TEST(elements_of_one_line_are_lines_of_their_own)
{
	static const char *const elements[] = {"1|c", "2|ms", "+3|g", "x|s", "4|kv", "5|C",
	    "6|m|@0.5", "7:8|h", "bad", "9|z", "10|c|@0"};
	uint64_t random = random_seed();
	const unsigned count = sizeof(elements) / sizeof(*elements);

	for (int round = 0; round < 20000; round++) {
		struct text line = {0}, expected = {0}, got = {0};

		text_puts(&line, "name");
		for (unsigned n = 1 + random_below(&random, 4); n > 0; n--) {
			const char *element = elements[random_below(&random, count)];
			char alone[64];

			/* Without a type it would join the next element's values. */
			if (n > 1 && strchr(element, '|') == NULL)
				continue;
			snprintf(alone, sizeof(alone), "name:%s", element);
			text_printf(&line, ":%s", element);
			describe_line(&expected, alone);
		}
		describe_line(&got, text_string(&line));
		if (strchr(text_string(&line), ':') != NULL)
			ck_assert_str_eq(text_string(&got), text_string(&expected));
		text_fini(&line);
		text_fini(&expected);
		text_fini(&got);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(the_quick_way_takes_no_event),
    SUITE_TEST(elements_of_one_line_are_lines_of_their_own),
    SUITE_TEST(fields_come_in_any_order),
    SUITE_TEST(a_time_is_kept_where_it_means_something),
    SUITE_TEST(the_quick_ways_take_the_usual_lines),
    SUITE_TEST(the_quick_ways_take_what_the_thorough_one_would),
    SUITE_TEST(each_type_gives_its_kind),
    SUITE_TEST(numbers_are_decimal_and_finite),
    SUITE_TEST(a_sign_makes_a_gauge_relative),
    SUITE_TEST(a_duration_is_not_negative),
    SUITE_TEST(a_rate_is_a_weight),
    SUITE_TEST(missing_parts_have_their_reasons),
    SUITE_TEST(a_line_may_hold_several_elements),
    SUITE_TEST(values_may_be_packed),
    SUITE_TEST(tags_belong_to_the_whole_line),
    SUITE_TEST(unknown_fields_are_ignored),
    SUITE_TEST(line_endings_of_all_clients_are_tolerated),
    SUITE_TEST(any_bytes_are_answered),
    {0},
};

SUITE_MAIN("parse/line", tests)
