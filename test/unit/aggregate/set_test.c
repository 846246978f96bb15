/* SPDX-License-Identifier: MIT */
/* set_test.c -- distinct members, of one worker and of several, exactly and
 * by registers. */

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
	    .member_len = (uint32_t)snprintf(text, sizeof(text), "user%d", member)};

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

START_TEST(beyond_the_limit_only_what_needs_no_memory_is_taken)
{
	const struct budget small = {.bytes = 512};
	struct arena arena = {0};
	struct set_record *record = NULL, *next;
	int taken = 0;

	while ((next = fold(record, &arena, &small, taken)) != NULL) {
		record = next;
		taken++;
	}
	ck_assert_int_gt(taken, 8);
	ck_assert_uint_le(arena.used, small.bytes * BUDGET_TIMES);
	ck_assert_ptr_eq(fold(record, &arena, &small, 0), record);
	ck_assert_uint_eq(set_count(&record->record, &arena), (unsigned)taken);
	while (arena.used < small.bytes * BUDGET_TIMES)
		arena_alloc(&arena, 16);
	ck_assert_ptr_null(fold(NULL, &arena, &small, 0));
	arena_fini(&arena);
}
END_TEST

/* Members from..to-1 one after the other. */
static struct set_record *
fold_range(
    struct set_record *record, struct arena *arena, const struct budget *budget, int from, int to)
{
	for (int i = from; i < to; i++) {
		record = fold(record, arena, budget, i);
		ck_assert_ptr_nonnull(record);
	}
	return record;
}

/* Registers that took the same members one by one. */
static void
expect_registers(const struct set_record *record, int from, int to)
{
	uint8_t *registers = calloc(1, HYPERLOGLOG_REGISTERS);
	char text[16];

	for (int i = from; i < to; i++) {
		int len = snprintf(text, sizeof(text), "user%d", i);

		hyperloglog_add(registers, hash_member(text, (size_t)len));
	}
	ck_assert_ptr_nonnull(record->registers);
	ck_assert_mem_eq(record->registers, registers, HYPERLOGLOG_REGISTERS);
	free(registers);
}

START_TEST(the_first_member_beyond_the_most_makes_registers)
{
	struct arena arena = {0};
	struct set_record *record = fold_range(NULL, &arena, &roomy, 0, SET_MEMBERS_MOST);

	ck_assert_uint_eq(set_count(&record->record, &arena), SET_MEMBERS_MOST);
	record = fold_range(record, &arena, &roomy, 0, 1000);
	ck_assert_ptr_null(record->registers);
	record = fold_range(record, &arena, &roomy, SET_MEMBERS_MOST - 10, SET_MEMBERS_MOST + 10);
	expect_registers(record, 0, SET_MEMBERS_MOST + 10);
	size_t used = arena.used;

	record = fold_range(record, &arena, &roomy, 0, 100000);
	expect_registers(record, 0, 100000);
	ck_assert_uint_eq(arena.used, used);
	/* as a Redis server 7.0.15 counts them */
	ck_assert_uint_eq(set_count(&record->record, &arena), 99725);
	arena_fini(&arena);
}
END_TEST

START_TEST(a_spent_budget_makes_registers_early_but_not_of_few)
{
	const struct budget small = {.bytes = 16384};
	struct arena arena = {0};
	struct set_record *few = fold_range(NULL, &arena, &small, 0, SET_MEMBERS_FEW);
	struct set_record *many = fold_range(NULL, &arena, &small, 0, 1700);

	ck_assert_ptr_null(few->registers);
	ck_assert_uint_eq(set_count(&few->record, &arena), SET_MEMBERS_FEW);
	expect_registers(many, 0, 1700);
	arena_fini(&arena);
}
END_TEST

/* What each of three workers got, and whether as registers. */
static const struct {
	struct {
		int from, to;
		bool registers;
	} part[3];
	uint64_t exact; /* 0: by registers, from the first to the last */
} mixes[] = {
    {{{0, 2000, false}, {1000, 3000, false}, {2000, 4000, false}}, 4000},
    {{{0, 2000, true}, {1000, 3000, false}, {2000, 4000, false}}, 0},
    {{{0, 2000, false}, {1000, 3000, true}, {2000, 4000, false}}, 0},
    {{{0, 2000, false}, {1000, 3000, true}, {2000, 4000, true}}, 0},
    {{{0, 2000, true}, {1000, 3000, true}, {2000, 4000, true}}, 0},
    {{{0, 1, false}, {0, 4000, true}, {0, 1, false}}, 0},
};

START_TEST(workers_unite_whatever_they_keep)
{
	const struct budget spent = {.bytes = 1 << 14};

	for (size_t i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++) {
		struct arena scratch = {0}, own[3] = {{0}};
		struct set_record *record[3];

		for (unsigned k = 0; k < 3; k++) {
			record[k] =
			    fold_range(NULL, &own[k], mixes[i].part[k].registers ? &spent : &roomy,
				mixes[i].part[k].from, mixes[i].part[k].to);
			ck_assert((record[k]->registers != NULL) == mixes[i].part[k].registers);
			if (k > 0)
				record[k - 1]->record.next = &record[k]->record;
		}
		uint64_t count = set_count(&record[0]->record, &scratch);

		if (mixes[i].exact > 0) {
			ck_assert_uint_eq(count, mixes[i].exact);
		} else {
			expect_registers(record[0], 0, 4000);
			ck_assert_uint_eq(count, hyperloglog_count(record[0]->registers));
		}
		arena_fini(&scratch);
		for (unsigned k = 0; k < 3; k++)
			arena_fini(&own[k]);
	}
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
    SUITE_TEST(beyond_the_limit_only_what_needs_no_memory_is_taken),
    SUITE_TEST(the_first_member_beyond_the_most_makes_registers),
    SUITE_TEST(a_spent_budget_makes_registers_early_but_not_of_few),
    SUITE_TEST(workers_unite_whatever_they_keep),
    SUITE_TEST(members_hash_by_their_bytes_alone),
    {0},
};

SUITE_MAIN("aggregate/set", tests)
