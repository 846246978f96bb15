/* SPDX-License-Identifier: MIT */
/* arena_test.c -- memory that is given back all at once. */

#include "base/arena.h"

#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <string.h>

#define PIECES 2000

/* Each piece is filled to its end with its own byte and read when all are. */
static void
fill_and_compare(struct arena *arena, uint64_t *state, unsigned most)
{
	static unsigned char *at[PIECES];
	static size_t sizes[PIECES];
	size_t before = arena->used, total = 0;

	for (size_t i = 0; i < PIECES; i++) {
		sizes[i] = random_below(state, most + 1);
		at[i] = arena_alloc(arena, sizes[i]);
		memset(at[i], (int)(i % 251), sizes[i]);
		total += sizes[i];
		if ((uintptr_t)at[i] % 16 != 0)
			ck_abort_msg("piece %zu of %zu bytes is not aligned", i, sizes[i]);
	}
	for (size_t i = 0; i < PIECES; i++)
		for (size_t byte = 0; byte < sizes[i]; byte++)
			if (at[i][byte] != i % 251)
				ck_abort_msg("byte %zu of piece %zu was overwritten", byte, i);
	ck_assert_uint_ge(arena->used - before, total);
	ck_assert_uint_ge(arena->cap, arena->used);
}

START_TEST(pieces_are_aligned_and_apart_round_after_round)
{
	uint64_t state = random_seed();
	struct arena arena = {0};

	for (int round = 0; round < 20; round++) {
		fill_and_compare(&arena, &state, 1 + random_below(&state, 5000));
		arena_reset(&arena);
		ck_assert_uint_eq(arena.used, 0);
	}
	arena_fini(&arena);
	ck_assert_uint_eq(arena.cap, 0);
}
END_TEST

START_TEST(an_arena_nobody_uses_has_no_memory)
{
	struct arena arena = {0};

	arena_reset(&arena);
	ck_assert_uint_eq(arena.cap, 0);
	arena_fini(&arena);
}
END_TEST

START_TEST(a_round_like_the_last_needs_no_further_memory)
{
	struct arena arena = {0};

	for (int i = 0; i < 1000; i++)
		arena_alloc(&arena, 1000);
	size_t cap = arena.cap;

	for (int round = 0; round < 10; round++) {
		arena_reset(&arena);
		for (int i = 0; i < 1000; i++)
			arena_alloc(&arena, 1000);
		ck_assert_uint_eq(arena.cap, cap);
	}
	arena_fini(&arena);
}
END_TEST

START_TEST(memory_of_one_busy_round_goes_back_in_the_quiet_ones)
{
	struct arena arena = {0};

	for (int i = 0; i < 10000; i++)
		arena_alloc(&arena, 1000);
	size_t busy = arena.cap;

	for (int round = 0; round < 100; round++) {
		arena_reset(&arena);
		arena_alloc(&arena, 16);
	}
	ck_assert_uint_ge(busy, 10000 * 1000);
	ck_assert_uint_le(arena.cap, 64 << 10);
	arena_fini(&arena);
}
END_TEST

START_TEST(a_piece_larger_than_any_chunk_fits)
{
	struct arena arena = {0};
	size_t large = (size_t)5 << 20;

	arena_alloc(&arena, 1);
	memset(arena_alloc(&arena, large), 'x', large);
	arena_alloc(&arena, 1);
	arena_reset(&arena);
	memset(arena_alloc(&arena, large), 'x', large);
	arena_fini(&arena);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(pieces_are_aligned_and_apart_round_after_round),
    SUITE_TEST(an_arena_nobody_uses_has_no_memory),
    SUITE_TEST(a_round_like_the_last_needs_no_further_memory),
    SUITE_TEST(memory_of_one_busy_round_goes_back_in_the_quiet_ones),
    SUITE_TEST(a_piece_larger_than_any_chunk_fits),
    {0},
};

SUITE_MAIN("base/arena", tests)
