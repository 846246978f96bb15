/* SPDX-License-Identifier: MIT */
/* text_test.c -- a growing run of bytes. */

#include "base/text.h"

#include "test/unit/suite.h"

START_TEST(grows_with_what_is_appended)
{
	struct text text = {0};

	for (int i = 0; i < 10000; i++) {
		text_byte(&text, (char)('a' + i % 26));
		text_append(&text, "xyz", (size_t)(i % 4));
	}
	ck_assert_uint_eq(text.len, 10000 + 10000 / 4 * 6);
	size_t at = 0;

	for (int i = 0; i < 10000; i++) {
		ck_assert_int_eq(text.bytes[at], 'a' + i % 26);
		ck_assert_mem_eq(text.bytes + at + 1, "xyz", (size_t)(i % 4));
		at += 1 + (size_t)(i % 4);
	}
	text_fini(&text);
	ck_assert_ptr_null(text.bytes);
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

START_TEST(reserved_room_counts_once_it_is_used)
{
	struct text text = {0};

	text_puts(&text, "ab");
	memset(text_reserve(&text, 5000), 'c', 5000);
	ck_assert_uint_eq(text.len, 2);
	text.len += 5000;
	ck_assert_uint_eq(strlen(text_string(&text)), 5002);
	ck_assert_uint_eq(text.len, 5002);
	text_reset(&text);
	ck_assert_str_eq(text_string(&text), "");
	text_fini(&text);
}
END_TEST

START_TEST(appending_nothing_needs_no_memory)
{
	struct text text = {0};

	text_append(&text, NULL, 0);
	text_puts(&text, "");
	ck_assert_ptr_null(text.bytes);
	ck_assert_str_eq(text_string(&text), "");
	text_fini(&text);
}
END_TEST

START_TEST(prints_more_than_it_had_room_for)
{
	struct text text = {0};
	char expected[301];

	memset(expected, ' ', sizeof(expected));
	memcpy(expected + 298, "42", 3);
	text_printf(&text, "%300d", 42);
	ck_assert_str_eq(text_string(&text), expected);
	text_printf(&text, "/%s/", "x");
	ck_assert_uint_eq(text.len, 303);
	ck_assert_str_eq(text_string(&text) + 300, "/x/");
	text_fini(&text);
}
END_TEST

START_TEST(escapes_what_people_should_not_see_raw)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *shown;
	} cases[] = {
	    {"", 0, ""},
	    {"plain text", 10, "plain text"},
	    {"a\nb\rc\td", 7, "a\\nb\\rc\\td"},
	    {"\"\\", 2, "\\\"\\\\"},
	    {"\0\x01\x1f\x7f", 4, "\\x00\\x01\\x1f\\x7f"},
	    {"\x1b[31m", 5, "\\x1b[31m"},
	    {"\xc2\x9bz\xc2\xa0", 5, "\\xc2\\x9bz\xc2\xa0"},
	    {"caf\xc3\xa9", 5, "caf\xc3\xa9"},
	    {"caf\xc3", 4, "caf\\xc3"},
	    {"\xff\xc3\xa9\xfe", 4, "\\xff\xc3\xa9\\xfe"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text text = {0};

		text_escape(&text, cases[i].bytes, cases[i].len);
		ck_assert_str_eq(text_string(&text), cases[i].shown);
		text_fini(&text);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(grows_with_what_is_appended),
    SUITE_TEST(reserved_room_counts_once_it_is_used),
    SUITE_TEST(appending_nothing_needs_no_memory),
    SUITE_TEST(prints_more_than_it_had_room_for),
    SUITE_TEST(escapes_what_people_should_not_see_raw),
    {0},
};

SUITE_MAIN("base/text", tests)
