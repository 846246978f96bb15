/* SPDX-License-Identifier: MIT */
/* space_saving_test.c -- the most frequent of any number of keys. */

#include "aggregate/space_saving.h"

#include "base/hash.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void
add(struct space_saving *sketch, const char *key, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		space_saving_add(sketch, key, strlen(key));
}

static const struct space_saving_item *
find(const struct space_saving *sketch, const char *key)
{
	for (uint32_t i = 0; i < sketch->count; i++)
		if (sketch->item[i].len == strlen(key) &&
		    memcmp(sketch->item[i].key, key, strlen(key)) == 0)
			return &sketch->item[i];
	return NULL;
}

static void
fill(struct space_saving *sketch, unsigned keys, unsigned times)
{
	char key[16];

	for (unsigned i = 0; i < keys; i++) {
		snprintf(key, sizeof(key), "key.%u", i);
		add(sketch, key, times);
	}
}

START_TEST(counts_are_exact_while_there_is_room)
{
	struct space_saving sketch = {0};

	hash_init();
	fill(&sketch, SPACE_SAVING_MOST, 3);
	add(&sketch, "key.7", 2);
	ck_assert_uint_eq(sketch.count, SPACE_SAVING_MOST);
	ck_assert_uint_eq(find(&sketch, "key.7")->count, 5);
	ck_assert_uint_eq(find(&sketch, "key.8")->count, 3);
	ck_assert_uint_eq(find(&sketch, "key.8")->error, 0);
}
END_TEST

START_TEST(a_further_key_takes_the_place_and_the_count_of_the_rarest)
{
	struct space_saving sketch = {0};

	hash_init();
	fill(&sketch, SPACE_SAVING_MOST - 1, 5);
	add(&sketch, "rare", 2);
	add(&sketch, "new", 1);
	ck_assert_ptr_null(find(&sketch, "rare"));
	ck_assert_uint_eq(find(&sketch, "new")->count, 3);
	ck_assert_uint_eq(find(&sketch, "new")->error, 2);
	ck_assert_uint_eq(sketch.count, SPACE_SAVING_MOST);
}
END_TEST

START_TEST(of_a_long_key_its_beginning_counts)
{
	struct space_saving sketch = {0};
	char one[SPACE_SAVING_BYTES + 8], other[SPACE_SAVING_BYTES + 8];

	hash_init();
	memset(one, 'k', sizeof(one));
	memset(other, 'k', sizeof(other));
	other[SPACE_SAVING_BYTES] = '2';
	space_saving_add(&sketch, one, sizeof(one));
	space_saving_add(&sketch, other, sizeof(other));
	other[SPACE_SAVING_BYTES - 1] = '2';
	space_saving_add(&sketch, other, sizeof(other));
	ck_assert_uint_eq(sketch.count, 2);
	ck_assert_uint_eq(sketch.item[0].count, 2);
	ck_assert_uint_eq(sketch.item[0].len, SPACE_SAVING_BYTES);
}
END_TEST

START_TEST(merged_the_most_frequent_come_first_and_counting_goes_on)
{
	struct space_saving sketch = {0};
	const struct space_saving nothing = {0};

	hash_init();
	add(&sketch, "b", 2);
	add(&sketch, "a", 7);
	add(&sketch, "c", 4);
	space_saving_merge(&sketch, &nothing);
	add(&sketch, "c", 1);
	ck_assert_uint_eq(sketch.count, 3);
	ck_assert_mem_eq(sketch.item[0].key, "a", 1);
	ck_assert_mem_eq(sketch.item[1].key, "c", 1);
	ck_assert_uint_eq(sketch.item[1].count, 5);
	ck_assert_mem_eq(sketch.item[2].key, "b", 1);
}
END_TEST

#define KEYS 2000
#define TIMES 100000

/* A few keys come often, most hardly ever. */
static unsigned
draw(uint64_t *state)
{
	unsigned spread = 1 + random_below(state, KEYS);

	return random_below(state, 1 + random_below(state, spread));
}

static void
expect_bounds(const struct space_saving *sketch, const unsigned *truth, uint64_t all)
{
	char key[16];

	for (unsigned i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "key.%u", i);
		const struct space_saving_item *item = find(sketch, key);

		if (item == NULL) {
			ck_assert_uint_le(truth[i], all / SPACE_SAVING_MOST);
			continue;
		}
		ck_assert_uint_ge(item->count, truth[i]);
		ck_assert_uint_le(item->count - item->error, truth[i]);
	}
}

START_TEST(a_count_is_no_less_than_the_truth_and_more_by_its_error_at_most)
{
	static unsigned truth[2][KEYS], both[KEYS];
	uint64_t state = random_seed();
	struct space_saving sketch[2] = {{0}};
	char key[16];

	hash_init();
	for (unsigned i = 0; i < 2 * TIMES; i++) {
		unsigned number = draw(&state);

		snprintf(key, sizeof(key), "key.%u", number);
		add(&sketch[i % 2], key, 1);
		truth[i % 2][number]++;
		both[number]++;
	}
	expect_bounds(&sketch[0], truth[0], TIMES);
	expect_bounds(&sketch[1], truth[1], TIMES);
	space_saving_merge(&sketch[0], &sketch[1]);
	ck_assert_uint_eq(sketch[0].count, SPACE_SAVING_MOST);
	expect_bounds(&sketch[0], both, 2 * (2 * TIMES));
}
END_TEST

START_TEST(merged_into_an_empty_one_it_is_the_same)
{
	struct space_saving sketch = {0}, other = {0};

	hash_init();
	fill(&other, SPACE_SAVING_MOST + 40, 2);
	space_saving_merge(&sketch, &other);
	ck_assert_uint_eq(sketch.count, other.count);
	for (uint32_t i = 0; i < other.count; i++) {
		char key[SPACE_SAVING_BYTES + 1] = {0};

		memcpy(key, other.item[i].key, other.item[i].len);
		ck_assert_uint_eq(find(&sketch, key)->count, other.item[i].count);
		ck_assert_uint_eq(find(&sketch, key)->error, other.item[i].error);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(counts_are_exact_while_there_is_room),
    SUITE_TEST(a_further_key_takes_the_place_and_the_count_of_the_rarest),
    SUITE_TEST(of_a_long_key_its_beginning_counts),
    SUITE_TEST(merged_the_most_frequent_come_first_and_counting_goes_on),
    SUITE_TEST(a_count_is_no_less_than_the_truth_and_more_by_its_error_at_most),
    SUITE_TEST(merged_into_an_empty_one_it_is_the_same),
    {0},
};

SUITE_MAIN("aggregate/space_saving", tests)
