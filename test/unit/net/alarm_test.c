/* SPDX-License-Identifier: MIT */
/* alarm_test.c -- one call for one setting, never too early. */

#include "base/clock.h"
#include "net/alarm.h"
#include "test/unit/suite.h"

#include <stddef.h>

struct stand {
	struct thread thread;
	struct alarm alarm;
	int64_t due_ns;
	int fired, wanted;
};

static void
deliver(struct thread *thread, struct mail *mail)
{
	(void)thread;
	(void)mail;
}

static void
set(struct stand *stand, int64_t delay_ns)
{
	stand->due_ns = clock_mono_ns() + delay_ns;
	alarm_set(&stand->alarm, delay_ns);
}

/* Set it again until it has fired as often as wanted. */
static void
on_fire(struct alarm *alarm)
{
	struct stand *stand = (struct stand *)((char *)alarm - offsetof(struct stand, alarm));

	ck_assert_int_ge(clock_mono_ns(), stand->due_ns);
	if (++stand->fired < stand->wanted) {
		set(stand, 100000);
	} else {
		alarm_fini(&stand->alarm);
		thread_finish(&stand->thread);
	}
}

START_TEST(an_alarm_fires_once_each_time_it_is_set)
{
	struct stand stand = {.wanted = 20};

	thread_init(&stand.thread, "stand", deliver);
	alarm_init(&stand.alarm, &stand.thread, on_fire);
	set(&stand, 1);
	thread_run(&stand.thread);
	ck_assert_int_eq(stand.fired, 20);
	thread_fini(&stand.thread);
}
END_TEST

START_TEST(setting_it_again_moves_it)
{
	struct stand stand = {.wanted = 1};

	thread_init(&stand.thread, "stand", deliver);
	alarm_init(&stand.alarm, &stand.thread, on_fire);
	set(&stand, 1);
	set(&stand, 2 * CLOCK_MS);
	thread_run(&stand.thread);
	ck_assert_int_eq(stand.fired, 1);
	thread_fini(&stand.thread);
}
END_TEST

START_TEST(one_that_was_never_set_does_not_fire)
{
	struct stand stand = {.wanted = 1};

	thread_init(&stand.thread, "stand", deliver);
	alarm_init(&stand.alarm, &stand.thread, on_fire);
	uv_run(&stand.thread.loop, UV_RUN_NOWAIT);
	ck_assert_int_eq(stand.fired, 0);
	alarm_fini(&stand.alarm);
	thread_finish(&stand.thread);
	thread_run(&stand.thread);
	thread_fini(&stand.thread);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(an_alarm_fires_once_each_time_it_is_set),
    SUITE_TEST(setting_it_again_moves_it),
    SUITE_TEST(one_that_was_never_set_does_not_fire),
    {0},
};

SUITE_MAIN("net/alarm", tests)
