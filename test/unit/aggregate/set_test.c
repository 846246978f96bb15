/* SPDX-License-Identifier: MIT */
/* set_test.c -- distinct members, of one worker and of several. */

#include "aggregate/set.h"

#include "base/hash.h"
#include "test/unit/suite.h"

#include <stdio.h>

static const struct budget roomy = {.bytes = 64 << 20};

static struct set_record *
fold(struct set_record *record, struct arena *arena, const struct budget *budget, int member)
{
	char text[16];
	const struct sample sample = {.kind = KIND_SET,
	    .member = text,
	    .member_len = (size_t)snprintf(text, sizeof(text), "user%d", member)};

	return set_fold(record, arena, &sample, budget);
}

START_TEST(each_member_counts_once)
{
	struct arena arena = {0};
	struct set_record *record = NULL;

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 5000; i++)
			record = fold(record, &arena, &roomy, i);
	ck_assert_uint_eq(set_count(&record->record, &arena), 5000);
	arena_fini(&arena);
}
END_TEST

START_TEST(workers_unite)
{
	struct arena arena = {0}, scratch = {0};
	struct set_record *a = NULL, *b = NULL, *c = NULL;

	for (int i = 0; i < 1000; i++) {
		a = fold(a, &arena, &roomy, i);
		b = fold(b, &arena, &roomy, i + 500);
	}
	c = fold(c, &arena, &roomy, 1499);
	a->record.next = &b->record;
	b->record.next = &c->record;
	ck_assert_uint_eq(set_count(&a->record, &scratch), 1500);
	arena_fini(&arena);
	arena_fini(&scratch);
}
END_TEST

START_TEST(beyond_the_budget_only_known_members_are_taken)
{
	const struct budget small = {.bytes = 4096};
	struct arena arena = {0};
	struct set_record *record = NULL, *next;
	int taken = 0;

	while ((next = fold(record, &arena, &small, taken)) != NULL) {
		record = next;
		taken++;
	}
	ck_assert_int_gt(taken, 8);
	ck_assert_ptr_eq(fold(record, &arena, &small, 0), record);
	ck_assert_uint_eq(set_count(&record->record, &arena), (unsigned)taken);
	arena_fini(&arena);
}
END_TEST

START_TEST(a_set_has_a_most)
{
	struct arena arena = {0};
	struct set_record *record = NULL;

	for (int i = 0; i < SET_MEMBERS_MOST; i++)
		record = fold(record, &arena, &roomy, i);
	ck_assert_ptr_null(fold(record, &arena, &roomy, SET_MEMBERS_MOST));
	ck_assert_ptr_eq(fold(record, &arena, &roomy, 7), record);
	arena_fini(&arena);
}
END_TEST

/* The test vectors of the 64-bit MurmurHash2 under Redis' seed are those that
 * PFADD uses: equal members give equal hashes for any length and alignment. */
START_TEST(members_hash_by_their_bytes_alone)
{
	char padded[64];
	uint64_t before = 0;

	for (size_t len = 0; len < 20; len++) {
		uint64_t hash = hash_member("abcdefghijklmnopqrst", len);

		for (size_t shift = 0; shift < 8; shift++) {
			memcpy(padded + shift, "abcdefghijklmnopqrst", len);
			ck_assert_uint_eq(hash_member(padded + shift, len), hash);
		}
		ck_assert_uint_ne(hash, before);
		before = hash;
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(each_member_counts_once),
    SUITE_TEST(workers_unite),
    SUITE_TEST(beyond_the_budget_only_known_members_are_taken),
    SUITE_TEST(a_set_has_a_most),
    SUITE_TEST(members_hash_by_their_bytes_alone),
    {0},
};

SUITE_MAIN("aggregate/set", tests)
