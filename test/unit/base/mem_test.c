/* SPDX-License-Identifier: MIT */
/* mem_test.c -- memory that is there. */

#include "base/mem.h"

#include "test/unit/suite.h"

#include <string.h>

START_TEST(nothing_is_memory_too)
{
	void *plain = mem_alloc(0), *zeroed = mem_zero(0, 8);

	plain = mem_resize(plain, 0, 8);
	ck_assert_ptr_nonnull(plain);
	ck_assert_ptr_nonnull(zeroed);
	free(plain);
	free(zeroed);
}
END_TEST

START_TEST(zeroed_memory_is_zero)
{
	char zeros[800] = {0};
	char *zeroed = mem_zero(100, 8);

	ck_assert_mem_eq(zeroed, zeros, sizeof(zeros));
	free(zeroed);
}
END_TEST

START_TEST(a_copy_of_text_ends_in_nul)
{
	char *copy = mem_copy_text("abcdef", 3), *empty = mem_copy_text(NULL, 0);

	ck_assert_str_eq(copy, "abc");
	ck_assert_str_eq(empty, "");
	free(copy);
	free(empty);
}
END_TEST

START_TEST(room_doubles_and_keeps_what_stands)
{
	size_t cap = 0, grown = 0;
	int *array = NULL;

	for (size_t i = 0; i < 1000; i++) {
		size_t before = cap;

		array = mem_room(array, i, &cap, sizeof(*array));
		grown += cap != before;
		array[i] = (int)i;
	}
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(array[i], i);
	ck_assert_uint_eq(cap, 1024);
	ck_assert_uint_eq(grown, 7);
	free(array);
}
END_TEST

/* Of every length; each difference is seen, and nothing beyond the end. */
START_TEST(equal_bytes_are_equal_and_one_that_differs_is_seen)
{
	char a[80], b[80];

	for (size_t len = 0; len < sizeof(a); len++) {
		memset(a, 'x', sizeof(a));
		memset(b, 'x', sizeof(b));
		b[len] = 'y';
		ck_assert(mem_equal(a, b, len));
		for (size_t at = 0; at < len; at++) {
			b[at] ^= 1;
			ck_assert(!mem_equal(a, b, len));
			b[at] ^= 1;
		}
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(equal_bytes_are_equal_and_one_that_differs_is_seen),
    SUITE_TEST(nothing_is_memory_too),
    SUITE_TEST(zeroed_memory_is_zero),
    SUITE_TEST(a_copy_of_text_ends_in_nul),
    SUITE_TEST(room_doubles_and_keeps_what_stands),
    {0},
};

SUITE_MAIN("base/mem", tests)
