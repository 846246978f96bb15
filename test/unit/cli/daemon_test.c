/* SPDX-License-Identifier: MIT */
/* daemon_test.c -- the whole daemon under virtual time: a day of intervals in
 * seconds, series that idle and are forgotten. */

#include "test/unit/stage.h"
#include "test/unit/suite.h"

#include <stdio.h>

#define S CLOCK_SECOND
#define NOON (INT64_C(1767268800) * S)

static const counter *
flush_counters(const struct stage *stage)
{
	return stage_sources(stage)->flusher->counters;
}

static struct stage *
open_at(int64_t wall_ns, const char *const *options)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	clock_make_virtual(wall_ns);
	return stage_open(options);
}

/* Let time pass in steps that no flush can miss. */
static void
pass(struct stage *stage, int64_t step_ns, uint64_t flushes)
{
	for (uint64_t i = 0; i < flushes; i++) {
		uint64_t before = counter_get(&flush_counters(stage)[FLUSH_FLUSHES]);

		clock_advance(step_ns);
		stage_wait_flush_counter(stage, FLUSH_FLUSHES, before + 1);
	}
}

START_TEST(a_day_of_intervals_passes_in_seconds)
{
	static const char *const options[] = {"workers=2", "sinks={screen: {type: stdout}}", NULL};
	struct stage *stage = open_at(NOON, options);

	stage_send_text(stage, "a:1|c");
	stage_wait_lines(stage, 1);
	pass(stage, 10 * S, 8640);
	ck_assert_uint_eq(counter_get(&flush_counters(stage)[FLUSH_FLUSHES]), 8640);
	ck_assert_uint_eq(counter_get(&flush_counters(stage)[FLUSH_LATE]), 0);
	ck_assert_uint_eq(
	    counter_get(&flush_counters(stage)[FLUSH_TIMESTAMP]), (uint64_t)(NOON / S + 86400));
	ck_assert_uint_eq(counter_get(&flush_counters(stage)[FLUSH_IMBALANCE]), 0);
	struct account account = stage_close(stage);

	ck_assert(account_balances(&account));
	ck_assert_uint_eq(account.accepted, 1);
}
END_TEST

START_TEST(what_is_idle_is_forgotten_and_may_come_again)
{
	static const char *const options[] = {
	    "workers=1", "idle.forget=1m", "sinks={screen: {type: stdout}}", NULL};
	struct stage *stage = open_at(NOON, options);
	const struct table *table = &stage_sources(stage)->ingest->workers[0].intake.table;

	stage_send_text(stage, "a:1|c\nb b:1|g");
	stage_wait_lines(stage, 2);
	pass(stage, 10 * S, 1);
	ck_assert_uint_eq(counter_get(&flush_counters(stage)[FLUSH_SERIES]), 2);
	/* a minute until it may go, a round of the sweep, a window's return */
	pass(stage, 10 * S, 24);
	ck_assert_uint_eq(counter_get(&flush_counters(stage)[FLUSH_SERIES]), 0);
	ck_assert_uint_eq(counter_get(&table->counters[TABLE_KEYS]), 0);
	ck_assert_int_eq(atomic_load(&stage_sources(stage)->ingest->quota.used), 0);
	stage_send_text(stage, "a:1|c");
	stage_wait_lines(stage, 3);
	pass(stage, 10 * S, 1);
	ck_assert_uint_eq(counter_get(&flush_counters(stage)[FLUSH_SERIES]), 1);
	struct account account = stage_close(stage);

	ck_assert(account_balances(&account));
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_day_of_intervals_passes_in_seconds),
    SUITE_TEST(what_is_idle_is_forgotten_and_may_come_again),
    {0},
};

SUITE_MAIN("the daemon under virtual time", tests)
