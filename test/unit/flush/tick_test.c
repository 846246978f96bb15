/* SPDX-License-Identifier: MIT */
/* tick_test.c -- boundaries, whatever the clock does. */

#include "flush/tick.h"

#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define S INT64_C(1000000000)
#define NOON (INT64_C(1767268800) * S) /* a multiple of 10 s */

static struct tick
begin(int64_t wall_ns)
{
	struct tick tick;

	tick_begin(&tick, 10 * S, wall_ns);
	return tick;
}

static void
expect(struct interval interval, uint64_t seq, int64_t opened_s, int64_t closed_s)
{
	ck_assert_uint_eq(interval.seq, seq);
	ck_assert_int_eq(interval.opened_ns, NOON + opened_s * S);
	ck_assert_int_eq(interval.closed_ns, NOON + closed_s * S);
}

START_TEST(boundaries_are_multiples_of_the_length)
{
	struct tick tick = begin(NOON + 3 * S);

	ck_assert_int_eq(tick_wait_ns(&tick, NOON + 3 * S), 7 * S);
	ck_assert_int_eq(tick_wait_ns(&tick, NOON + 10 * S - 1), 1);
	ck_assert_int_eq(tick_wait_ns(&tick, NOON + 10 * S), 0);
	expect(tick_close(&tick, NOON + 10 * S), 1, 0, 10);
	expect(tick_close(&tick, NOON + 20 * S + 1), 2, 10, 20);
}
END_TEST

START_TEST(a_first_interval_shorter_than_half_runs_on)
{
	struct tick tick = begin(NOON + 7 * S);

	ck_assert_int_eq(tick_wait_ns(&tick, NOON + 7 * S), 13 * S);
	expect(tick_close(&tick, NOON + 20 * S), 1, 10, 20);
	tick = begin(NOON + 5 * S);
	ck_assert_int_eq(tick_wait_ns(&tick, NOON + 5 * S), 15 * S);
	tick = begin(NOON);
	ck_assert_int_eq(tick_wait_ns(&tick, NOON), 10 * S);
}
END_TEST

START_TEST(a_late_flush_lengthens_its_interval)
{
	struct tick tick = begin(NOON);

	expect(tick_close(&tick, NOON + 47 * S), 1, 0, 40);
	expect(tick_close(&tick, NOON + 50 * S), 2, 40, 50);
}
END_TEST

START_TEST(a_small_step_back_is_waited_for)
{
	struct tick tick = begin(NOON);

	tick_close(&tick, NOON + 10 * S);
	ck_assert(!tick_follow(&tick, NOON + 1 * S, -9 * S));
	ck_assert_int_eq(tick_wait_ns(&tick, NOON + 1 * S), 19 * S);
	expect(tick_close(&tick, NOON + 20 * S), 2, 10, 20);
}
END_TEST

START_TEST(a_large_step_back_is_followed_at_once)
{
	struct tick tick = begin(NOON);

	tick_close(&tick, NOON + 10 * S);
	ck_assert(tick_follow(&tick, NOON - 3599 * S, 0));
	ck_assert_int_eq(tick_wait_ns(&tick, NOON - 3599 * S), 9 * S);
	expect(tick_close(&tick, NOON - 3590 * S), 2, -3600, -3590);
	tick = begin(NOON);
	ck_assert(tick_follow(&tick, NOON - 10 * S, 0));
	/* From late in an interval to early in the one before. */
	tick = begin(NOON);
	ck_assert(tick_follow(&tick, NOON - 6 * S, -15 * S));
	expect(tick_close(&tick, NOON), 1, -10, 0);
}
END_TEST

START_TEST(the_last_interval_keeps_the_boundary_it_would_have_had)
{
	struct tick tick = begin(NOON);

	expect(tick_close(&tick, NOON + 4 * S), 1, 0, 10);
}
END_TEST

START_TEST(a_step_is_what_the_wall_clock_did_alone)
{
	struct clock_pair pair = {NOON, 0};

	ck_assert_int_eq(clock_pair_step(&pair, NOON + 5 * S, 5 * S), 0);
	ck_assert_int_eq(clock_pair_step(&pair, NOON + 65 * S, 6 * S), 59 * S);
	ck_assert_int_eq(clock_pair_step(&pair, NOON + 5 * S, 7 * S), -61 * S);
	ck_assert_int_eq(clock_pair_step(&pair, NOON + 6 * S + S / 4, 8 * S), 0);
}
END_TEST

/* Whatever the clock does forward, intervals follow each other without gap or
 * overlap, on boundaries; whatever it does, a boundary is never reused unless
 * the clock was followed back. */
START_TEST(intervals_tile_time_under_random_clocks)
{
	uint64_t random = random_seed();

	for (int round = 0; round < 1000; round++) {
		int64_t wall = NOON + random_below(&random, 100) * S;
		struct tick tick = begin(wall);
		int64_t before = tick.open.opened_ns;

		for (int i = 0; i < 100; i++) {
			wall += ((int64_t)random_below(&random, 40) - 8) * S +
			    random_below(&random, 1000);
			if (tick_follow(&tick, wall, 0))
				before = tick.open.opened_ns;
			if (tick_wait_ns(&tick, wall) > 0)
				continue;
			struct interval interval = tick_close(&tick, wall);

			ck_assert_int_eq(interval.opened_ns, before);
			ck_assert_int_gt(interval.closed_ns, interval.opened_ns);
			ck_assert_int_eq(interval.closed_ns % (10 * S), 0);
			ck_assert_int_le(interval.closed_ns, wall);
			before = interval.closed_ns;
		}
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(boundaries_are_multiples_of_the_length),
    SUITE_TEST(a_first_interval_shorter_than_half_runs_on),
    SUITE_TEST(a_late_flush_lengthens_its_interval),
    SUITE_TEST(a_small_step_back_is_waited_for),
    SUITE_TEST(a_large_step_back_is_followed_at_once),
    SUITE_TEST(the_last_interval_keeps_the_boundary_it_would_have_had),
    SUITE_TEST(a_step_is_what_the_wall_clock_did_alone),
    SUITE_TEST(intervals_tile_time_under_random_clocks),
    {0},
};

SUITE_MAIN("flush/tick", tests)
