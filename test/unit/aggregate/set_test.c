/* SPDX-License-Identifier: MIT */
/* set_test.c -- distinct members, of one worker and of several. */

#include "aggregate/set.c"

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

#define MURMUR UINT64_C(0xc6a4a7935bd1e995)

static uint64_t
inverse(uint64_t odd)
{
	uint64_t x = odd;

	for (int i = 0; i < 6; i++)
		x *= 2 - odd * x;
	return x;
}

/* The eight bytes that hash to this: every step of the hash can be undone. */
static uint64_t
member_of(uint64_t hash)
{
	uint64_t back = inverse(MURMUR), h = hash ^ (hash >> 47);

	h *= back;
	h ^= h >> 47;
	h = h * back ^ UINT64_C(0xadc83b19) ^ 8 * MURMUR;
	h *= back;
	h ^= h >> 47;
	return h * back;
}

START_TEST(members_made_to_collide_do_not)
{
	struct arena arena = {0};
	struct set_record *record = NULL;
	uint32_t farthest = 0;

	hash_init();
	for (uint64_t i = 1; i <= 3000; i++) {
		uint64_t bytes = member_of(i << 32);
		const struct sample sample = {
		    .kind = KIND_SET, .member = (const char *)&bytes, .member_len = sizeof(bytes)};

		ck_assert_uint_eq(hash_member(sample.member, sample.member_len), i << 32);
		record = set_fold(record, &arena, &sample, &roomy);
	}
	for (uint32_t at = 0; at <= record->mask; at++) {
		uint64_t member = record->members[at];
		uint32_t away = (at - first_slot(member, record->mask)) & record->mask;

		if (member != 0 && away > farthest)
			farthest = away;
	}
	ck_assert_uint_eq(record->count, 3000);
	ck_assert_uint_lt(farthest, 300);
	arena_fini(&arena);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(members_made_to_collide_do_not),
    SUITE_TEST(each_member_counts_once),
    SUITE_TEST(workers_unite),
    SUITE_TEST(beyond_the_budget_only_known_members_are_taken),
    SUITE_TEST(a_set_has_a_most),
    SUITE_TEST(members_hash_by_their_bytes_alone),
    {0},
};

SUITE_MAIN("aggregate/set", tests)
