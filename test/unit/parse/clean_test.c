/* SPDX-License-Identifier: MIT */
/* clean_test.c -- what bytes may stand in a name, told quickly. */

#include "parse/clean.h"

#include "test/unit/suite.h"

#include <string.h>

#define KEPT "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.=-"
#define LENGTHS 50

START_TEST(each_byte_is_told_at_each_place)
{
	for (size_t len = 1; len < LENGTHS; len++) {
		for (size_t at = 0; at < len; at++) {
			for (int byte = 0; byte < 256; byte++) {
				char name[LENGTHS];
				bool simple = byte != 0 && strchr(KEPT "+", byte) != NULL;

				memset(name, 'z', sizeof(name));
				name[at] = (char)byte;
				if (clean_is_simple(name, len, '_', '+') != simple ||
				    clean_is_simple(name, len, '+', '_') != simple)
					ck_abort_msg("byte %d of %zu: %d", (int)at, len, byte);
			}
		}
	}
}
END_TEST

START_TEST(what_stands_around_a_name_is_no_part_of_it)
{
	char bytes[2 * LENGTHS];

	memset(bytes, ' ', sizeof(bytes));
	for (size_t len = 0; len < LENGTHS; len++) {
		ck_assert(clean_is_simple(bytes + 20, len, '_', '_'));
		bytes[20 + len] = 'a';
	}
}
END_TEST

START_TEST(what_is_kept_is_kept_at_any_length)
{
	static const char kept[] = KEPT ";", after_another[] = "+" KEPT ";";
	struct text text = {0};

	for (size_t len = 0; len < sizeof(kept); len++) {
		text_reset(&text);
		clean_append(&text, kept, len);
		clean_append(&text, after_another, 1 + len);
		ck_assert_uint_eq(text.len, 2 * len);
		if (len == 0)
			continue;
		ck_assert_mem_eq(text.bytes, kept, len);
		ck_assert_mem_eq(text.bytes + len, kept, len);
	}
	text_fini(&text);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(each_byte_is_told_at_each_place),
    SUITE_TEST(what_stands_around_a_name_is_no_part_of_it),
    SUITE_TEST(what_is_kept_is_kept_at_any_length),
    {0},
};

SUITE_MAIN("parse/clean", tests)
