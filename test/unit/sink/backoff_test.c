/* SPDX-License-Identifier: MIT */
/* backoff_test.c -- waits grow, stay in bounds, and differ. */

#include "sink/backoff.h"

#include "base/clock.h"

#include "test/unit/suite.h"

START_TEST(waits_grow_from_a_tenth_of_a_second_to_half_a_minute)
{
	struct backoff backoff;
	int64_t ceiling_ns = 200 * CLOCK_MS;

	backoff_init(&backoff);
	for (int i = 0; i < 1000; i++) {
		int64_t wait_ns = backoff_next_ns(&backoff);

		ck_assert_int_ge(wait_ns, ceiling_ns / 2);
		ck_assert_int_le(wait_ns, ceiling_ns);
		ceiling_ns *= 2;
		if (ceiling_ns > 30 * CLOCK_SECOND)
			ceiling_ns = 30 * CLOCK_SECOND;
	}
	backoff_reset(&backoff);
	ck_assert_int_le(backoff_next_ns(&backoff), 200 * CLOCK_MS);
}
END_TEST

START_TEST(two_senders_do_not_wait_alike)
{
	struct backoff one, other;
	int alike = 0;

	backoff_init(&one);
	backoff_init(&other);
	for (int i = 0; i < 20; i++)
		alike += backoff_next_ns(&one) == backoff_next_ns(&other);
	ck_assert_int_lt(alike, 3);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(waits_grow_from_a_tenth_of_a_second_to_half_a_minute),
    SUITE_TEST(two_senders_do_not_wait_alike),
    {0},
};

SUITE_MAIN("sink/backoff", tests)
