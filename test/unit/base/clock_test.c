/* SPDX-License-Identifier: MIT */
/* clock_test.c -- real time runs, a test's stands until it is moved. Each
 * test is a process of its own, so making time virtual harms no other. */

#include "base/clock.h"

#include "test/unit/suite.h"

#include <time.h>

#define NEW_YEAR (INT64_C(1767225600) * CLOCK_SECOND)

START_TEST(real_time_is_the_systems)
{
	int64_t before = (int64_t)time(NULL) * CLOCK_SECOND;
	int64_t now = clock_wall_ns();
	int64_t after = ((int64_t)time(NULL) + 2) * CLOCK_SECOND;
	int64_t mono = clock_mono_ns();

	ck_assert(!clock_is_virtual());
	ck_assert(before - CLOCK_SECOND <= now && now <= after);
	while (clock_mono_ns() == mono)
		;
	ck_assert_int_gt(clock_mono_ns(), mono);
}
END_TEST

START_TEST(virtual_time_stands_until_it_is_advanced)
{
	clock_make_virtual(NEW_YEAR);
	int64_t mono = clock_mono_ns();

	ck_assert(clock_is_virtual());
	ck_assert_int_eq(clock_wall_ns(), NEW_YEAR);
	ck_assert_int_gt(mono, 0);
	clock_advance(10 * CLOCK_SECOND + 5 * CLOCK_MS);
	ck_assert_int_eq(clock_wall_ns(), NEW_YEAR + 10005 * CLOCK_MS);
	ck_assert_int_eq(clock_mono_ns(), mono + 10005 * CLOCK_MS);
}
END_TEST

START_TEST(a_step_moves_only_the_wall)
{
	clock_make_virtual(NEW_YEAR);
	int64_t mono = clock_mono_ns();

	clock_step(-3600 * CLOCK_SECOND);
	ck_assert_int_eq(clock_wall_ns(), NEW_YEAR - 3600 * CLOCK_SECOND);
	ck_assert_int_eq(clock_mono_ns(), mono);
}
END_TEST

static int woken[3];

static void
wake_first(struct clock_watcher *watcher)
{
	(void)watcher;
	woken[0]++;
}

static void
wake_second(struct clock_watcher *watcher)
{
	(void)watcher;
	woken[1]++;
}

static void
wake_third(struct clock_watcher *watcher)
{
	(void)watcher;
	woken[2]++;
}

START_TEST(watchers_are_woken_while_they_watch)
{
	struct clock_watcher first = {.wake = wake_first};
	struct clock_watcher second = {.wake = wake_second};
	struct clock_watcher third = {.wake = wake_third};

	clock_make_virtual(NEW_YEAR);
	clock_watch(&first);
	clock_watch(&second);
	clock_watch(&third);
	clock_advance(1);
	clock_unwatch(&second);
	clock_step(1);
	clock_unwatch(&second);
	clock_unwatch(&third);
	clock_advance(0);
	clock_unwatch(&first);
	clock_advance(1);
	ck_assert_int_eq(woken[0], 3);
	ck_assert_int_eq(woken[1], 1);
	ck_assert_int_eq(woken[2], 2);
}
END_TEST

START_TEST(nobody_watches_real_time)
{
	struct clock_watcher watcher = {.wake = wake_first};

	clock_watch(&watcher);
	clock_make_virtual(NEW_YEAR);
	clock_advance(1);
	ck_assert_int_eq(woken[0], 0);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(real_time_is_the_systems),
    SUITE_TEST(virtual_time_stands_until_it_is_advanced),
    SUITE_TEST(a_step_moves_only_the_wall),
    SUITE_TEST(watchers_are_woken_while_they_watch),
    SUITE_TEST(nobody_watches_real_time),
    {0},
};

SUITE_MAIN("base/clock", tests)
