/* SPDX-License-Identifier: MIT */
/* blocks_test.c -- names that an operator has refused. */

#include "ingest/blocks.h"

#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>

static bool
is_blocked(const struct blocks *blocks, const char *name)
{
	return blocks_match(blocks, name, strlen(name));
}

START_TEST(names_that_match_any_pattern_are_blocked)
{
	struct blocks blocks = {0};

	ck_assert(!is_blocked(&blocks, "a"));
	ck_assert(blocks_set(&blocks, "bad.*", BLOCK_FOREVER));
	ck_assert(blocks_set(&blocks, "*.worse", BLOCK_FOREVER));
	ck_assert(is_blocked(&blocks, "bad.one"));
	ck_assert(is_blocked(&blocks, "good.worse"));
	ck_assert(!is_blocked(&blocks, "good.one"));
	ck_assert(!is_blocked(&blocks, "very.bad.one"));
}
END_TEST

START_TEST(a_pattern_is_lifted_by_its_very_text)
{
	struct blocks blocks = {0};

	blocks_set(&blocks, "a.*", BLOCK_FOREVER);
	blocks_set(&blocks, "b.*", BLOCK_FOREVER);
	blocks_set(&blocks, "c.*", BLOCK_FOREVER);
	ck_assert(!blocks_lift(&blocks, "a.b"));
	ck_assert(!blocks_lift(&blocks, "*"));
	ck_assert(blocks_lift(&blocks, "a.*"));
	ck_assert(!blocks_lift(&blocks, "a.*"));
	ck_assert(!is_blocked(&blocks, "a.b"));
	ck_assert(is_blocked(&blocks, "b.b"));
	ck_assert(is_blocked(&blocks, "c.b"));
}
END_TEST

START_TEST(each_ends_at_its_time_and_a_second_call_sets_it_anew)
{
	struct blocks blocks = {0};

	blocks_set(&blocks, "a", 100);
	blocks_set(&blocks, "b", 100);
	blocks_set(&blocks, "c", BLOCK_FOREVER);
	blocks_set(&blocks, "b", 200);
	ck_assert_uint_eq(blocks.count, 3);
	ck_assert(!blocks_end(&blocks, 99));
	ck_assert(blocks_end(&blocks, 100));
	ck_assert(!is_blocked(&blocks, "a"));
	ck_assert(is_blocked(&blocks, "b"));
	ck_assert(blocks_end(&blocks, 300));
	ck_assert(!blocks_end(&blocks, INT64_MAX - 1));
	ck_assert_uint_eq(blocks.count, 1);
	ck_assert(is_blocked(&blocks, "c"));
}
END_TEST

START_TEST(there_are_only_so_many_and_the_longest_fits)
{
	struct blocks blocks = {0};
	char pattern[BLOCK_BYTES];

	memset(pattern, 'x', sizeof(pattern) - 1);
	pattern[sizeof(pattern) - 1] = '\0';
	for (int i = 0; i < BLOCKS_MOST; i++) {
		pattern[0] = (char)('0' + i % 10);
		pattern[1] = (char)('0' + i / 10);
		ck_assert(blocks_set(&blocks, pattern, BLOCK_FOREVER));
	}
	ck_assert(is_blocked(&blocks, pattern));
	ck_assert(blocks_set(&blocks, pattern, 5));
	ck_assert(!blocks_set(&blocks, "one more", BLOCK_FOREVER));
	ck_assert(!is_blocked(&blocks, "one more"));
	ck_assert(blocks_end(&blocks, 5));
	ck_assert(blocks_set(&blocks, "one more", BLOCK_FOREVER));
	ck_assert(is_blocked(&blocks, "one more"));
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(names_that_match_any_pattern_are_blocked),
    SUITE_TEST(a_pattern_is_lifted_by_its_very_text),
    SUITE_TEST(each_ends_at_its_time_and_a_second_call_sets_it_anew),
    SUITE_TEST(there_are_only_so_many_and_the_longest_fits),
    {0},
};

SUITE_MAIN("ingest/blocks", tests)
