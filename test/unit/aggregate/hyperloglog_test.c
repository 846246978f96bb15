/* SPDX-License-Identifier: MIT */
/* hyperloglog_test.c -- registers and estimates that Redis has for the same
 * members, and how far off they are. */

#include "aggregate/hyperloglog.c"

#include "base/hash.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>

static uint8_t registers[HYPERLOGLOG_REGISTERS], other[HYPERLOGLOG_REGISTERS];

/* What a Redis server 7.0.15 says of "user0", "user1", ... */
static const struct {
	unsigned members;
	uint64_t count;
} counts[] = {{1, 1}, {2, 2}, {10, 10}, {100, 99}, {1000, 1011}, {10000, 10067}, {100000, 99725},
    {1000000, 1001788}};

START_TEST(counts_are_those_of_redis)
{
	char text[16];
	unsigned member = 0;

	ck_assert_uint_eq(hyperloglog_count(registers), 0);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		for (; member < counts[i].members; member++) {
			int len = snprintf(text, sizeof(text), "user%u", member);

			hyperloglog_add(registers, hash_member(text, (size_t)len));
		}
		ck_assert_uint_eq(hyperloglog_count(registers), counts[i].count);
	}
}
END_TEST

static const struct {
	const char *member;
	unsigned index;
	uint8_t rank;
} ranks[] = {
    {"a", 12711, 2},
    {"", 5938, 2},
    {"hello", 9216, 1},
    {"tidemill", 6283, 2},
};

START_TEST(registers_are_those_of_redis)
{
	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
		memset(registers, 0, sizeof(registers));
		hyperloglog_add(registers, hash_member(ranks[i].member, strlen(ranks[i].member)));
		ck_assert_msg(registers[ranks[i].index] == ranks[i].rank, "%s", ranks[i].member);
		ck_assert_uint_eq(hyperloglog_count(registers), 1);
	}
}
END_TEST

static const struct {
	uint64_t hash;
	unsigned index;
	uint8_t rank;
} hashes[] = {
    {0, 0, 51},
    {0x3fff, 0x3fff, 51},
    {0x4000, 0, 1},
    {0x8000, 0, 2},
    {UINT64_C(1) << 63, 0, 50},
    {UINT64_MAX, 0x3fff, 1},
};

START_TEST(low_bits_choose_the_register_and_the_first_one_of_the_rest_its_rank)
{
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		memset(registers, 0, sizeof(registers));
		hyperloglog_add(registers, hashes[i].hash);
		ck_assert_uint_eq(registers[hashes[i].index], hashes[i].rank);
		hyperloglog_add(registers, UINT64_MAX >> 50 << 50 | (hashes[i].hash & 0x3fff));
		ck_assert_uint_ge(registers[hashes[i].index], hashes[i].rank);
	}
}
END_TEST

START_TEST(estimates_are_within_three_deviations)
{
	static const unsigned sizes[] = {100, 3000, 20000, 50000, 100000, 400000, 1000000};
	uint64_t state = 1; /* always the same: one run of 400 is beyond by chance */

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(registers, 0, sizeof(registers));
		for (unsigned k = 0; k < sizes[i]; k++)
			hyperloglog_add(registers, random_next(&state));
		double off = (double)hyperloglog_count(registers) / sizes[i] - 1;

		/* 1.04 / sqrt(16384) */
		ck_assert_msg(fabs(off) < 3 * 0.008125, "%u: %g", sizes[i], off);
	}
}
END_TEST

START_TEST(merging_is_as_if_one_had_taken_all)
{
	static uint8_t all[HYPERLOGLOG_REGISTERS];
	uint64_t state = random_seed();

	for (unsigned i = 0; i < 100000; i++) {
		uint64_t hash = random_next(&state);

		hyperloglog_add(all, hash);
		if (i % 3 != 0)
			hyperloglog_add(registers, hash);
		if (i % 3 != 1)
			hyperloglog_add(other, hash);
	}
	hyperloglog_merge(registers, other);
	ck_assert_mem_eq(registers, all, sizeof(all));
	hyperloglog_merge(registers, all);
	ck_assert_mem_eq(registers, all, sizeof(all));
}
END_TEST

START_TEST(any_registers_have_a_count)
{
	memset(registers, HYPERLOGLOG_RANK_MOST, sizeof(registers));
	ck_assert_uint_gt(hyperloglog_count(registers), UINT64_C(1) << 60);
	registers[0] = 0;
	ck_assert_uint_gt(hyperloglog_count(registers), 0);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(counts_are_those_of_redis),
    SUITE_TEST(registers_are_those_of_redis),
    SUITE_TEST(low_bits_choose_the_register_and_the_first_one_of_the_rest_its_rank),
    SUITE_TEST(estimates_are_within_three_deviations),
    SUITE_TEST(merging_is_as_if_one_had_taken_all),
    SUITE_TEST(any_registers_have_a_count),
    {0},
};

SUITE_MAIN("aggregate/hyperloglog", tests)
