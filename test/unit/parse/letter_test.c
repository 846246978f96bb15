/* SPDX-License-Identifier: MIT */
/* letter_test.c -- lines and their keys as StatsD has them, to the letter. */

#include "parse/letter.h"

#include "base/text.h"
#include "metric/kind.h"
#include "parse/canonical.h"
#include "parse/line.h"
#include "parse/quick.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct canonical_rules cleaned = {
    .letter = true, .clean = true, .prefix = "", .most_bytes = 1024, .most_tags = 64};
static struct canonical canonical;

/* The key as StatsD has it: tags behind semicolons, with an = each. */
static void
describe_key(struct text *out, const struct sample *sample)
{
	ck_assert_int_eq(canonical_make(&cleaned, sample, &canonical), REASON_NONE);
	ck_assert_int_eq(canonical_finish(&cleaned, &canonical), REASON_NONE);
	text_append(out, canonical.name.bytes, canonical.name.len);
	if (canonical.tags.len > 0)
		text_byte(out, ';');
	bool assigned = false;

	for (size_t i = 0; i < canonical.tags.len; i++) {
		char byte = canonical.tags.bytes[i];

		if (byte == ':' && !assigned) {
			text_byte(out, '=');
			assigned = true;
		} else if (byte == ',') {
			text_byte(out, ';');
			assigned = false;
		} else {
			text_byte(out, byte);
		}
	}
}

/* One sample as text: kind, key, value, ~ if relative, *weight; or !reason. */
static void
describe(struct text *out, const struct sample *sample, enum reason reason)
{
	if (out->len > 0)
		text_byte(out, ' ');
	if (reason != REASON_NONE) {
		text_printf(out, "!%s", reason_defs[reason].name);
		return;
	}
	text_printf(out, "%s(", kind_names[sample->kind]);
	describe_key(out, sample);
	text_byte(out, ',');
	if (sample->kind == KIND_SET)
		text_append(out, sample->member, sample->member_len);
	else
		text_printf(out, "%s%.17g", sample->relative ? "~" : "", sample->value);
	if (sample->weight != 1)
		text_printf(out, "*%g", sample->weight);
	text_byte(out, ')');
	ck_assert(!sample->total && sample->timestamp == 0 && sample->source == NULL);
}

/* All samples of the lines of a datagram; each is copied, so that a read past
 * its end is seen. */
static void
describe_datagram(struct text *out, const char *bytes, size_t len)
{
	const char *end = bytes + len;

	for (const char *stop; bytes < end; bytes = stop + 1) {
		stop = memchr(bytes, '\n', (size_t)(end - bytes));
		stop = stop != NULL ? stop : end;
		size_t line_len = (size_t)(stop - bytes);
		char *copy = malloc(line_len > 0 ? line_len : 1);
		struct letter letter;
		struct sample sample;
		enum reason reason;

		memcpy(copy, bytes, line_len);
		if (letter_begin(&letter, copy, copy + line_len))
			while (letter_next(&letter, &sample, &reason))
				describe(out, &sample, reason);
		free(copy);
	}
}

struct row {
	const char *lines, *expected;
};

static void
expect_all(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text got = {0};

		describe_datagram(&got, rows[i].lines, strlen(rows[i].lines));
		ck_assert_msg(strcmp(text_string(&got), rows[i].expected) == 0,
		    "%s\n   gives %s\n  not it %s", rows[i].lines, text_string(&got),
		    rows[i].expected);
		text_fini(&got);
	}
	canonical_fini(&canonical);
}

#define EXPECT_ALL(rows) expect_all(rows, sizeof(rows) / sizeof(*(rows)))

/* StatsD's line conformance table, row by row; what it counts as a bad line is
 * one refusal each. */
START_TEST(each_row_of_the_conformance_table_holds)
{
	static const struct row rows[] = {
	    /* L1 */ {"a:1|c", "counter(a,1)"},
	    /* L2 */ {"a:1|c|@0.1", "counter(a,1*10)"},
	    /* L3 */ {"a:1|c:2|c:3|c", "counter(a,1) counter(a,2) counter(a,3)"},
	    /* L4 */ {"a:1|c:5|ms", "counter(a,1) timer(a,5)"},
	    /* L5 */ {"a:1:2|c", "!no_type counter(a,2)"},
	    /* L6 */ {"a", "!no_value"},
	    {"a|c", "!no_value"},
	    {"2|g", "!no_value"},
	    /* L7 */ {"a:|c", "!no_value"},
	    {"a:|g", "!no_value"},
	    {"a:|ms", "!no_value"},
	    /* L8 */ {"a:|s", "set(a,0)"},
	    /* L9 */ {"a:1|", "counter(a,1)"},
	    /* L10 */ {"a:1|c|", "!rate"},
	    {"a:1|c|0.1", "!rate"},
	    {"a:1|c|@", "!rate"},
	    {"a:1|c|@-1", "!rate"},
	    {"a:1|c|@.", "!rate"},
	    {"a:1|c|@.1.", "!rate"},
	    {"a:1|c|@.1.2.3", "!rate"},
	    {"a:1|c|@blah", "!rate"},
	    /* L11 */ {"a:1|c|@0.5|junk", "counter(a,1*2)"},
	    /* L12 */ {"a:-1|ms", "!negative_timer"},
	    {"a:-1.0|ms", "!negative_timer"},
	    {"a:-0.0|ms", "timer(a,-0)"},
	    {"a:+1|ms", "timer(a,1)"},
	    /* L13 */ {"a:+10e1|c", "counter(a,100)"},
	    /* L14 */ {"a:-10|c", "counter(a,-10)"},
	    /* L15 */ {"a:0x10|c", "counter(a,16)"},
	    /* L16 */ {"a:1,5|c", "!bad_value"},
	    /* L17 */ {":1|c", "counter(,1)"},
	    /* L18 */ {"fo/o:1|c", "counter(fo-o,1)"},
	    {"b ar:1|c", "counter(b_ar,1)"},
	    {"foo+bar:1|c", "counter(foobar,1)"},
	    /* L19 */ {"a;t1=v1;t2=v2:1|c", "counter(a;t1=v1;t2=v2,1)"},
	    /* L20 */ {"a:1|c|#t1:v1,t2:v2", "counter(a;t1=v1;t2=v2,1)"},
	    /* L21 */ {"a:1|c|@0.1|#t:v", "counter(a;t=v,1*10)"},
	    /* L22 */ {"a:1|c|#t:v|@0.1", "counter(a;t=v0.1,1)"},
	    /* L23 */ {"a:1|c|#tag1:val;1", "counter(a;tag1=val_1,1)"},
	    /* L24 */ {"a:1|c|#url:http://x/y", "counter(a;url=http--x-y,1)"},
	    /* L25 */ {"a:1|c|#prod", "counter(a;prod,1)"},
	    /* L26 */
	    {"g:333|g\ng:-10|g\ng:+4|g", "gauge(g,333) gauge(g,~-10) gauge(g,~4)"},
	    /* L27 */ {"a:1|h", "counter(a,1)"},
	    {"a:1|d", "counter(a,1)"},
	    {"a:1|kv", "counter(a,1)"},
	    {"a:1|C", "counter(a,1)"},
	    /* L28 */ {"_e{5,4}:title|text", "!bad_value"},
	    {"_e{1,1}:1|c", "counter(_e11,1)"},
	    {"_sc|name|0", "!no_value"},
	    /* L29 */ {"\n\na:1|c\n\n", "counter(a,1)"},
	    /* L30 */ {"a:1|c\nb:2|c", "counter(a,1) counter(b,2)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_carriage_return_belongs_to_its_line)
{
	static const struct row rows[] = {
	    {"a:1|c\r", "counter(a,1)"},
	    {"a:5|ms\r", "timer(a,5)"},
	    {"a:-5|ms\r", "timer(a,-5)"},
	    {"a:-5| ms", "timer(a,-5)"},
	    {"a:foo|s\r", "!bad_value"},
	    {"a:5|s\r", "set(a,5)"},
	    {"a: |s\r", "set(a, )"},
	    {"a:Infinity|s\r", "set(a,Infinity)"},
	    {"a:|s\r", "!no_value"},
	    {"a:1|c|@0.5\r", "counter(a,1*2)"},
	    {"a:-1|g\r", "gauge(a,~-1)"},
	    {"\r", "!no_value"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(types_are_taken_without_white_space_around_them)
{
	static const struct row rows[] = {
	    {"a:1| g ", "gauge(a,1)"},
	    {"a:1|\xc2\xa0ms\xe3\x80\x80", "timer(a,1)"},
	    {"a:1|ms\xef\xbb\xbf", "timer(a,1)"},
	    {"a:1|G", "counter(a,1)"},
	    {"a:1|m s", "counter(a,1)"},
	    {"a:x|z", "!bad_value"},
	    {"a:user five|s", "set(a,user five)"},
	    {"a:x|s|@0.1|y", "set(a,x*10)"},
	    {"a:1|g|@0.1", "gauge(a,1*10)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(gauges_are_relative_by_their_first_byte)
{
	static const struct row rows[] = {
	    {"a:+5|g", "gauge(a,~5)"},
	    {"a:-5|g", "gauge(a,~-5)"},
	    {"a: -5|g", "gauge(a,-5)"},
	    {"a:-5 |g", "gauge(a,~-5)"},
	    {"a:+5|c", "counter(a,5)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_rate_is_the_digits_it_begins_with)
{
	static const struct row rows[] = {
	    {"a:1|c|@.2", "counter(a,1*5)"},
	    {"a:1|c|@2", "counter(a,1*0.5)"},
	    {"a:1|c|@2e-1", "counter(a,1*0.5)"},
	    {"a:1|c|@0.5 ", "counter(a,1*2)"},
	    {"a:1|ms|@0.1", "timer(a,1*10)"},
	    {"a:1|c|@1e999", "counter(a,1)"},
	    {"a:1|c|@0", "!rate"},
	    {"a:1|g|@0", "!rate"},
	    {"a:1|c|@0x10", "!rate"},
	    {"a:1|c|@+0.5", "!rate"},
	    {"a:1|c|@ 0.5", "!rate"},
	    {"a:1|c|@ ", "!rate"},
	    {"a:1|c|@Infinity", "!rate"},
	    {"a:1|c|@1e", "!rate"},
	    {"a:1e308|c|@0.1", "!not_finite"},
	    {"a:1e308|ms|@0.1", "timer(a,1e+308*10)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(the_first_mark_of_tags_ends_the_elements)
{
	static const struct row rows[] = {
	    {"a|#k:v:1|c", "!no_value"},
	    {"a:1|c|#k:v|#z:1", "counter(a;k=v,1)"},
	    {"a:1|c|#|#z:1", "counter(a,1)"},
	    {"a:1|c|#", "counter(a,1)"},
	    {"a:1|c:2|c|#k:v", "counter(a;k=v,1) counter(a;k=v,2)"},
	    {"a:1|c:|#k:v", "counter(a;k=v,1) !no_value"},
	    {"a:1|c|@0.1|T1700000000|#k:v|c:x", "counter(a;k=vcx,1*10)"},
	};
	EXPECT_ALL(rows);
}
END_TEST

struct number {
	const char *text;
	double value; /* NAN: none; INFINITY: not finite */
};

static double
read_number(const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);
	double value;

	memcpy(copy, text, len);
	enum number_status status = letter_number(copy, copy + len, &value);

	free(copy);
	return status == NUMBER_BAD ? NAN : status == NUMBER_INFINITE ? INFINITY : value;
}

START_TEST(numbers_are_those_of_javascript)
{
	static const struct number rows[] = {
	    {"1", 1},
	    {"-1.5", -1.5},
	    {"+.5", .5},
	    {"5.", 5},
	    {"5.e1", 50},
	    {"1E-2", .01},
	    {"00012", 12},
	    {"", 0},
	    {" \t\v\f\r", 0},
	    {" 7\r", 7},
	    {"\xc2\xa0\xe1\x9a\x80\xe2\x80\x80\xe2\x80\x8a"
	     "7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\x9f\xe3\x80\x80\xef\xbb\xbf",
		7},
	    {"7\xe2\x80\x8b", NAN}, /* U+200B */
	    {"7\xc2\x85", NAN},     /* U+0085 */
	    {"7\xe1\xa0\x8e", NAN}, /* U+180E */
	    {"7\xe2\x80", NAN},
	    {"\xa0"
	     "7",
		NAN},
	    {"1 2", NAN},
	    {"Infinity", INFINITY},
	    {"+Infinity", INFINITY},
	    {" -Infinity ", INFINITY},
	    {"infinity", NAN},
	    {"inf", NAN},
	    {"NaN", NAN},
	    {"1e999", INFINITY},
	    {"abc", NAN},
	    {"1abc", NAN},
	    {"1,5", NAN},
	    {"1_000", NAN},
	    {".", NAN},
	    {"-", NAN},
	    {"+-1", NAN},
	    {"- 1", NAN},
	    {"1e", NAN},
	    {"1e+", NAN},
	    {".e1", NAN},
	    {"1.2.3", NAN},
	    {"1n", NAN},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		double value = read_number(rows[i].text);

		ck_assert_msg(value == rows[i].value || (isnan(value) && isnan(rows[i].value)),
		    "%s is %g", rows[i].text, value);
	}
}
END_TEST

START_TEST(literals_have_three_bases_and_no_sign)
{
	static const struct number rows[] = {
	    {"0x1f", 31},
	    {"0X1F", 31},
	    {" 0xff ", 255},
	    {"0o17", 15},
	    {"0O7", 7},
	    {"0b101", 5},
	    {"0B1", 1},
	    {"0x0", 0},
	    {"0x", NAN},
	    {"0xg", NAN},
	    {"0o8", NAN},
	    {"0b2", NAN},
	    {"-0x10", NAN},
	    {"+0x10", NAN},
	    {"0x1.8", NAN},
	    {"0x 1", NAN},
	    {"0xffffffffffffffff", 0x1p64},
	    {"0x20000000000000", 0x1p53},
	    /* Halfway is rounded to even, anything more upwards. */
	    {"0x20000000000001", 0x1p53},
	    {"0x20000000000003", 0x1.0000000000002p53},
	    {"0x200000000000010", 0x1p57},
	    {"0x2000000000000100000000", 0x1p85},
	    {"0x2000000000000100000001", 0x1.0000000000001p85},
	    {"0x0000000000000000000000000000000000000000000000000000000000000000010", 16},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		double value = read_number(rows[i].text);

		ck_assert_msg(value == rows[i].value || (isnan(value) && isnan(rows[i].value)),
		    "%s is %a", rows[i].text, value);
	}
	char digits[1200];

	memset(digits, 'f', sizeof(digits));
	memcpy(digits, "0x", 2);
	digits[2 + 255] = '\0';
	ck_assert_double_eq(read_number(digits), 0x1p1020);
	digits[2 + 255] = 'f';
	digits[2 + 256] = '\0';
	ck_assert_double_eq(read_number(digits), INFINITY);
	memset(digits + 2, '0', 1000);
	memcpy(digits + 1002, "11", 3);
	ck_assert_double_eq(read_number(digits), 17);
}
END_TEST

/* `count` times a digit, between what stands before and behind. */
static double
read_long(const char *before, char digit, size_t count, const char *behind)
{
	struct text text = {0};

	text_puts(&text, before);
	for (size_t i = 0; i < count; i++)
		text_byte(&text, digit);
	text_puts(&text, behind);
	double value = read_number(text_string(&text));

	text_fini(&text);
	return value;
}

START_TEST(numbers_may_be_of_any_length)
{
	ck_assert_double_eq(read_number("1e0000000000000000002"), 100);
	ck_assert_double_eq(read_number("1e-0000000000000000002"), .01);
	ck_assert_double_eq(read_number("1e1000"), INFINITY);
	ck_assert_double_eq(read_number("-1e-1000"), 0);
	ck_assert_double_eq(read_number("1e99999999999999999999999999"), INFINITY);
	ck_assert_double_eq(read_number("1e-99999999999999999999999999"), 0);
	ck_assert_double_eq(read_number("0e99999999999999999999999999"), 0);
	ck_assert_double_eq(read_long("", '0', 2000, "7"), 7);
	ck_assert_double_eq(read_long(".", '0', 2000, "7"), 0);
	ck_assert_double_eq(read_long(".", '0', 2000, "7e2001"), 7);
	ck_assert_double_eq(read_long("-1", '0', 2000, "e-2000"), -1);
	ck_assert_double_eq(read_long("", '9', 400, ""), INFINITY);
	ck_assert(isnan(read_long("", '1', 2000, "x")));
	ck_assert(isnan(read_long("", '1', 2000, "e")));
	ck_assert(isnan(read_long("", '1', 2000, ".1.")));
	/* 2^53 + 1 is halfway between two doubles. */
	ck_assert_double_eq(read_long("9007199254740993.", '0', 2000, ""), 0x1p53);
	ck_assert_double_eq(read_long("9007199254740993.", '0', 2000, "1"), 0x1p53 + 2);
	ck_assert_double_eq(read_long("9007199254740993", '0', 2000, "1e-2001"), 0x1p53 + 2);
}
END_TEST

/* Whatever comes in, a line that is a line gives at least one answer, and the
 * iterator comes to an end. */
START_TEST(any_bytes_are_answered)
{
	static const char alphabet[] = "a1.:|@#cgmsxob,;=+-e \r\0\xff\xc2\xa0\xe2\x80";
	uint64_t random = random_seed();

	for (int round = 0; round < 200000; round++) {
		size_t len = 1 + random_below(&random, 24), answers = 0;
		char *bytes = malloc(len);
		struct letter letter;
		struct sample sample;
		enum reason reason;

		for (size_t i = 0; i < len; i++)
			bytes[i] = alphabet[random_below(&random, sizeof(alphabet) - 1)];
		ck_assert(letter_begin(&letter, bytes, bytes + len));
		while (letter_next(&letter, &sample, &reason)) {
			ck_assert_uint_lt(reason, REASONS);
			ck_assert_uint_le(++answers, len + 1);
			ck_assert(reason != REASON_NONE || isfinite(sample.weight));
			ck_assert(reason != REASON_NONE || sample.kind == KIND_SET ||
			    isfinite(sample.value));
		}
		ck_assert_uint_gt(answers, 0);
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

/* The quick way takes only what the thorough one would take just so. */
START_TEST(the_quick_way_takes_what_the_thorough_one_would)
{
	static const char alphabet[] = "ab1.0:|cgmskv\n-+e@#\r ;_{";
	uint64_t random = random_seed();
	unsigned taken = 0;

	for (int round = 0; round < 200000; round++) {
		char bytes[40];
		size_t len = (size_t)snprintf(bytes, sizeof(bytes), "%.*s:%d|%s",
		    (int)random_below(&random, 20), "abc;efg|#jklmnopqrst",
		    (int)random_below(&random, 100) - 50, &"ms"[random_below(&random, 2)]);

		for (unsigned i = random_below(&random, 3); i > 0; i--)
			bytes[random_below(&random, (unsigned)len)] =
			    alphabet[random_below(&random, sizeof(alphabet) - 1)];
		const char *at = bytes;
		struct text quick = {0}, thorough = {0};
		struct sample sample;

		if (quick_line(&at, bytes + len, &sample)) {
			taken++;
			describe(&quick, &sample, REASON_NONE);
			describe_datagram(&thorough, bytes, (size_t)(at - bytes));
			ck_assert_str_eq(text_string(&quick), text_string(&thorough));
		} else {
			ck_assert_ptr_eq(at, bytes);
		}
		text_fini(&quick);
		text_fini(&thorough);
	}
	ck_assert_uint_gt(taken, 1000);
	canonical_fini(&canonical);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(each_row_of_the_conformance_table_holds),
    SUITE_TEST(a_carriage_return_belongs_to_its_line),
    SUITE_TEST(types_are_taken_without_white_space_around_them),
    SUITE_TEST(gauges_are_relative_by_their_first_byte),
    SUITE_TEST(a_rate_is_the_digits_it_begins_with),
    SUITE_TEST(the_first_mark_of_tags_ends_the_elements),
    SUITE_TEST(numbers_are_those_of_javascript),
    SUITE_TEST(literals_have_three_bases_and_no_sign),
    SUITE_TEST(numbers_may_be_of_any_length),
    SUITE_TEST(any_bytes_are_answered),
    SUITE_TEST(the_quick_way_takes_what_the_thorough_one_would),
    {0},
};

SUITE_MAIN("parse/letter", tests)
