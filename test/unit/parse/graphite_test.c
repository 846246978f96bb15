/* SPDX-License-Identifier: MIT */
/* graphite_test.c -- what a line of Graphite's plaintext means. */

#include "parse/graphite.h"

#include "base/text.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* name value @time, or !reason, or nothing if it is no line. */
static void
describe(struct text *out, const struct sample *sample, enum reason reason)
{
	if (reason != REASON_NONE) {
		text_printf(out, "!%s", reason_defs[reason].name);
		return;
	}
	ck_assert_int_eq(sample->kind, KIND_GAUGE);
	ck_assert_uint_eq(sample->tags_len, 0);
	ck_assert_double_eq(sample->weight, 1);
	ck_assert(!sample->relative && !sample->total && !sample->exact);
	ck_assert_ptr_null(sample->source);
	text_append(out, sample->name, sample->name_len);
	text_printf(out, " %.17g @%" PRId64, sample->value, sample->timestamp);
}

static void
describe_line(struct text *out, const char *bytes, const char *end)
{
	struct sample sample;
	enum reason reason;

	if (graphite_line(bytes, end, &sample, &reason))
		describe(out, &sample, reason);
}

static const struct {
	const char *line, *expected;
} rows[] = {
    {"a.b 1 1700000000", "a.b 1 @1700000000"},
    {"a.b 12345678901234567 1700000000", "a.b 12345678901234568 @1700000000"},
    {"a 0.25 1", "a 0.25 @1"},
    {"a -0.25 1", "a -0.25 @1"},
    {"a +3 1", "a 3 @1"},
    {"a 1.5e3 1", "a 1500 @1"},
    {"a 1.0E-5 1", "a 1.0000000000000001e-05 @1"},
    {"a .5 1", "a 0.5 @1"},
    {"a 5. 1", "a 5 @1"},
    /* anything may stand in a name, tags and all */
    {"a;k=v;k2=v2 1 1", "a;k=v;k2=v2 1 @1"},
    {"a:b|c,d=e 1 1", "a:b|c,d=e 1 @1"},
    {"\xc3\xa9 1 1", "\xc3\xa9 1 @1"},
    {"a\rb 1 1", "a\rb 1 @1"},
    {"1 2 3", "1 2 @3"},
    /* white space */
    {"", ""},
    {"  \t \r", ""},
    {" a 1 1", "a 1 @1"},
    {"\ta 1 1", "a 1 @1"},
    {"a  1\t 1", "a 1 @1"},
    {"a\t1\t1", "a 1 @1"},
    {"a 1 1 ", "a 1 @1"},
    {"a 1 1\r", "a 1 @1"},
    {"a 1 1 \r", "a 1 @1"},
    {"a 1 1\r\r", "a 1 @1"},
    /* a time is cut to seconds; -1 is that of arrival */
    {"a 1 1700000000.999", "a 1 @1700000000"},
    {"a 1 1700000000.", "a 1 @1700000000"},
    {"a 1 1.7E9", "a 1 @1700000000"},
    {"a 1 +17", "a 1 @17"},
    {"a 1 -1", "a 1 @0"},
    {"a 1 -1.0", "a 1 @0"},
    {"a 1 -1.9", "a 1 @0"},
    {"a 1 0017", "a 1 @17"},
    {"a 1 00000000000017", "a 1 @17"},
    {"a 1 0", "!late"},
    {"a 1 0.9", "!late"},
    {"a 1 -0.9", "!late"},
    {"a 1 -2", "!late"},
    {"a 1 -1700000000", "!late"},
    {"a 1 -1e999", "!late"},
    {"a 1 1700000000000", "a 1 @1700000000000"},
    {"a 1 9007199254740992", "a 1 @9007199254740992"},
    {"a 1 9007199254740994", "!future"},
    {"a 1 1e999", "!future"},
    {"a 1 now", "!timestamp"},
    {"a 1 nan", "!timestamp"},
    {"a 1 N", "!timestamp"},
    {"a 1 17x", "!timestamp"},
    {"a 1 0x17", "!timestamp"},
    /* what is missing, and what is too much */
    {"a", "!no_value"},
    {"a ", "!no_value"},
    {"a 1", "!timestamp"},
    {"a 1700000000", "!timestamp"},
    {"a 1 1 1", "!timestamp"},
    {"a 1 1 host=b", "!timestamp"},
    {"a b 1 1", "!bad_value"},
    {";k=v 1 1", "!no_name"},
    {"; 1 1", "!no_name"},
    /* what is no number */
    {"a x 1", "!bad_value"},
    {"a 1x 1", "!bad_value"},
    {"a 1,5 1", "!bad_value"},
    {"a 1_000 1", "!bad_value"},
    {"a 0x10 1", "!bad_value"},
    {"a - 1", "!bad_value"},
    {"a:1|c", "!no_value"},
    {"a nan 1", "!not_finite"},
    {"a -NaN 1", "!not_finite"},
    {"a inf 1", "!not_finite"},
    {"a -Infinity 1", "!not_finite"},
    {"a 1e999 1", "!not_finite"},
    /* the first mistake */
    {"a nan x", "!not_finite"},
    {";a x x", "!no_name"},
};

START_TEST(a_line_means_what_it_says)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t len = strlen(rows[i].line);
		char *copy = malloc(len + 1); /* so that a read past its end is seen */
		struct text got = {0};

		memcpy(copy, rows[i].line, len);
		describe_line(&got, copy, copy + len);
		ck_assert_msg(strcmp(text_string(&got), rows[i].expected) == 0,
		    "%s\n   gives %s\n  not it %s", rows[i].line, text_string(&got),
		    rows[i].expected);
		free(copy);
		text_fini(&got);
	}
}
END_TEST

START_TEST(a_nul_at_the_end_is_not_part_of_a_line)
{
	static const char line[] = "a 1 1\0\0";
	struct text got = {0};

	describe_line(&got, line, line + sizeof(line));
	ck_assert_str_eq(text_string(&got), "a 1 @1");
	text_fini(&got);
}
END_TEST

/* The usual line is read in one pass, wherever it ends. */
START_TEST(the_usual_line_is_quick)
{
	static const char *const usual[] = {
	    "a 1 1700000000",
	    "collectd.host.cpu-0.cpu-user 12.345000 1700000000",
	    "disk.used;host=web1;mount=root -42 1700000000",
	    "a 1e-5 1",
	};
	static const char *const ends[] = {"", "\n", "\r\n", "\nb 2 2\n"};

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		for (size_t j = 0; j < sizeof(ends) / sizeof(*ends); j++) {
			char line[128];
			size_t own = strlen(usual[i]) + strcspn(ends[j], "\n") +
			    (strchr(ends[j], '\n') != NULL);
			struct sample sample;

			strcpy(stpcpy(line, usual[i]), ends[j]);
			ck_assert_ptr_eq(
			    graphite_quick(line, line + strlen(line), &sample), line + own);
		}
}
END_TEST

/* What the quick way takes the thorough one takes just so. Returns whether it
 * was taken. */
static bool
compare_ways(const char *bytes, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	const char *end = copy + len;
	struct text quickly = {0}, thoroughly = {0};
	struct sample sample;

	memcpy(copy, bytes, len);
	const char *next = len > 0 ? graphite_quick(copy, end, &sample) : NULL;

	if (next != NULL) {
		const char *newline = memchr(copy, '\n', len);
		const char *line_end = newline != NULL ? newline : end;

		ck_assert_ptr_eq(next, newline != NULL ? newline + 1 : end);
		describe(&quickly, &sample, REASON_NONE);
		describe_line(&thoroughly, copy, line_end);
		ck_assert_msg(strcmp(text_string(&quickly), text_string(&thoroughly)) == 0,
		    "%.*s: %s, not %s", (int)len, bytes, text_string(&quickly),
		    text_string(&thoroughly));
	}
	free(copy);
	text_fini(&quickly);
	text_fini(&thoroughly);
	return next != NULL;
}

/* One of several words, of which the first is the likeliest. */
static const char *
pick(uint64_t *random, const char *const *words, unsigned count)
{
	return words[random_below(random, 2) == 0 ? 0 : random_below(random, count)];
}

#define PICK(random, ...)                                \
	pick(random, (const char *const[]){__VA_ARGS__}, \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Lines put together of what they are made of, and of what they are not. */
START_TEST(what_is_quick_is_what_is_thorough)
{
	uint64_t random = random_seed();
	size_t taken = 0;

	for (int round = 0; round < 20000; round++) {
		struct text line = {0};

		text_puts(
		    &line, PICK(&random, "a.b", "", ";k=v", "a;k=v", "\xff", "a\r", " ", "\t"));
		text_puts(&line, PICK(&random, " ", "", "  ", "\t", "\n", " \r"));
		text_puts(&line, PICK(&random, "1", "", "-", "+", "123456789012", "."));
		text_puts(&line, PICK(&random, "", ".5", "e3", "nan", "1_", "e999", "x", "\n"));
		text_puts(&line, PICK(&random, " ", "", "  ", "\t", "\n", "\r"));
		text_puts(
		    &line, PICK(&random, "17", "", "-", "+1", "0", "1700000000", "99999999999"));
		text_puts(&line, PICK(&random, "", "0", ".5", "e3", "x", " ", " 1", "\r"));
		text_puts(&line, PICK(&random, "", "\n", "\r\n", "\r", " \n", "\nb 1 1"));
		taken += compare_ways(line.bytes, line.len);
		text_fini(&line);
	}
	ck_assert_uint_gt(taken, 200);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		compare_ways(rows[i].line, strlen(rows[i].line));
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_line_means_what_it_says),
    SUITE_TEST(a_nul_at_the_end_is_not_part_of_a_line),
    SUITE_TEST(the_usual_line_is_quick),
    SUITE_TEST(what_is_quick_is_what_is_thorough),
    {0},
};

SUITE_MAIN("parse/graphite", tests)
