/* SPDX-License-Identifier: MIT */
/* index_test.c -- numbers under hashes, colliding or not. */

#include "flush/index.h"

#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdbool.h>

#define NUMBERS 4000

static bool
is_found(const struct index *index, uint32_t hash, uint32_t wanted)
{
	uint32_t number, at = hash;

	while ((number = index_next(index, hash, &at)) != 0)
		if (number == wanted)
			return true;
	return false;
}

/* Hashes of so few bits that there are many of each, and at the very end of
 * the array, where searches wrap around. */
static uint32_t
crowded_hash(uint64_t *random)
{
	return random_below(random, 2) == 0 ? random_below(random, 300)
					    : UINT32_MAX - random_below(random, 300);
}

START_TEST(what_is_in_is_found_and_nothing_else)
{
	static uint32_t hashes[NUMBERS + 1];
	static bool in[NUMBERS + 1];
	uint64_t random = random_seed();
	struct index index;
	uint32_t used = 0;

	index_init(&index);
	for (int step = 0; step < 20000; step++) {
		uint32_t number = 1 + random_below(&random, NUMBERS);

		if (in[number]) {
			index_remove(&index, index_slot(&index, hashes[number], number));
			used--;
		} else {
			hashes[number] = crowded_hash(&random);
			index_add(&index, hashes[number], number);
			used++;
		}
		in[number] = !in[number];
		ck_assert_uint_eq(index.used, used);
	}
	for (uint32_t number = 1; number <= NUMBERS; number++)
		ck_assert_int_eq(is_found(&index, hashes[number], number), in[number]);
	index_fini(&index);
}
END_TEST

START_TEST(a_search_meets_each_number_of_a_hash_once)
{
	struct index index;
	uint32_t number, at = 7, met = 0;

	index_init(&index);
	for (uint32_t i = 1; i <= 2000; i++)
		index_add(&index, i <= 20 ? 7 : i * 2654435769u, i);
	while ((number = index_next(&index, 7, &at)) != 0) {
		ck_assert_uint_le(number, 20);
		ck_assert_uint_eq(met & (UINT32_C(1) << number), 0);
		met |= UINT32_C(1) << number;
	}
	ck_assert_uint_eq(met, ((UINT32_C(1) << 20) - 1) << 1);
	index_fini(&index);
}
END_TEST

START_TEST(numbers_given_back_come_first)
{
	struct numbers numbers;

	numbers_init(&numbers);
	for (uint32_t i = 1; i <= 10; i++)
		ck_assert_uint_eq(numbers_take(&numbers), i);
	numbers_give(&numbers, 4);
	numbers_give(&numbers, 7);
	ck_assert_uint_eq(numbers_take(&numbers), 7);
	ck_assert_uint_eq(numbers_take(&numbers), 4);
	ck_assert_uint_eq(numbers_take(&numbers), 11);
	numbers_fini(&numbers);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_is_in_is_found_and_nothing_else),
    SUITE_TEST(a_search_meets_each_number_of_a_hash_once),
    SUITE_TEST(numbers_given_back_come_first),
    {0},
};

SUITE_MAIN("flush/index", tests)
