/* SPDX-License-Identifier: MIT */
/* entry_list_test.c -- lists of entries in blocks against plain arrays. */

#include "aggregate/entry_list.h"

#include "test/unit/random.h"
#include "test/unit/suite.h"

#define MOST 5000

static struct entry entries[MOST];

static void
add(struct entry_list *list, struct entry_blocks *spare, size_t from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		entry_list_add(list, spare, &entries[from + i]);
}

static void
expect(const struct entry_list *list, size_t from, size_t count)
{
	struct entry_cursor at = entry_list_begin(list);

	ck_assert_uint_eq(list->count, count);
	for (size_t i = 0; i < count; i++)
		ck_assert_ptr_eq(entry_list_next(&at), &entries[from + i]);
	ck_assert_ptr_null(entry_list_next(&at));
	ck_assert_ptr_null(entry_list_next(&at));
}

START_TEST(what_was_added_is_there_in_order_however_it_was_moved)
{
	uint64_t state = random_seed();
	struct entry_blocks spare = {0};

	for (int round = 0; round < 20; round++) {
		struct entry_list list = {0}, more = {0};
		size_t count = 0;

		while (count < MOST) {
			size_t part = random_below(&state, 1200);

			if (part > MOST - count)
				part = MOST - count;
			bool apart = random_below(&state, 2) == 0;

			add(apart ? &more : &list, &spare, count, part);
			entry_list_append(&list, &more);
			count += part;
		}
		expect(&list, 0, MOST);
		entry_list_clear(&list, &spare);
		expect(&list, 0, 0);
	}
	entry_blocks_trim(&spare, SIZE_MAX);
}
END_TEST

START_TEST(a_list_is_taken_block_by_block)
{
	struct entry_blocks spare = {0};
	struct entry_list list = {0};
	size_t count = 0;

	add(&list, &spare, 0, 3 * ENTRY_BLOCK + 1);
	while (list.count > 0) {
		struct entry_block *block = entry_list_take(&list);

		for (size_t i = 0; i < block->count; i++)
			ck_assert_ptr_eq(block->at[i], &entries[count + i]);
		count += block->count;
		expect(&list, count, 3 * ENTRY_BLOCK + 1 - count);
		free(block);
	}
	add(&list, &spare, 0, 2);
	expect(&list, 0, 2);
	entry_list_fini(&list);
}
END_TEST

static size_t
count_blocks(const struct entry_blocks *blocks)
{
	size_t count = 0;

	for (const struct entry_block *at = blocks->first; at != NULL; at = at->next)
		count++;
	return count;
}

START_TEST(blocks_serve_again_and_some_go)
{
	struct entry_blocks spare = {0}, other = {0};
	struct entry_list list = {0};

	for (int round = 0; round < 10; round++) {
		add(&list, &spare, 0, 4 * ENTRY_BLOCK);
		ck_assert_uint_eq(count_blocks(&spare), 0);
		entry_list_clear(&list, &spare);
		ck_assert_uint_eq(count_blocks(&spare), 4);
	}
	entry_blocks_append(&other, &spare);
	ck_assert_uint_eq(count_blocks(&spare), 0);
	entry_blocks_trim(&other, 3);
	ck_assert_uint_eq(count_blocks(&other), 1);
	entry_blocks_trim(&other, 3);
	ck_assert_uint_eq(count_blocks(&other), 0);
	add(&list, &other, 0, 1);
	expect(&list, 0, 1);
	entry_list_fini(&list);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_was_added_is_there_in_order_however_it_was_moved),
    SUITE_TEST(a_list_is_taken_block_by_block),
    SUITE_TEST(blocks_serve_again_and_some_go),
    {0},
};

SUITE_MAIN("aggregate/entry_list", tests)
