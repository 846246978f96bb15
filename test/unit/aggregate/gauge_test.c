/* SPDX-License-Identifier: MIT */
/* gauge_test.c -- gauges of one worker, and of several. */

#include "aggregate/gauge.h"

#include "test/unit/suite.h"

#include <float.h>

static struct arena arena;

static struct gauge_record *
fold(struct gauge_record *record, bool relative, double value, uint64_t stamp)
{
	const struct sample sample = {.kind = KIND_GAUGE, .relative = relative, .value = value};

	return gauge_fold(record, &arena, &sample, stamp);
}

static struct gauge_record *
set(struct gauge_record *record, double value, uint64_t stamp)
{
	return fold(record, false, value, stamp);
}

static struct gauge_record *
add(struct gauge_record *record, double value, uint64_t stamp)
{
	return fold(record, true, value, stamp);
}

/* Both orders of two workers' records must give the same. */
static void
expect(struct gauge_record *a, struct gauge_record *b, struct gauge_base base, double value,
    unsigned straddling)
{
	struct gauge_record *records[2] = {a, b};

	for (int first = 0; first < 2; first++) {
		struct gauge_base merged = base;
		struct gauge_record *head = records[first], *next = records[1 - first];

		if (head == NULL)
			continue;
		head->record.next = next != NULL ? &next->record : NULL;
		if (next != NULL)
			next->record.next = NULL;
		ck_assert_uint_eq(gauge_merge(&merged, &head->record), straddling);
		ck_assert_double_eq(merged.value, value);
	}
}

START_TEST(an_absolute_value_replaces_what_was_before)
{
	expect(set(add(set(NULL, 333, 1), -10, 2), 7, 3), NULL, (struct gauge_base){5, 0}, 7, 0);
	expect(add(add(set(NULL, 333, 1), -10, 2), 4, 3), NULL, (struct gauge_base){0, 0}, 327, 0);
}
END_TEST

/* As StatsD adds: to what the gauge has, one after the other. */
START_TEST(relative_values_are_added_in_their_order)
{
	struct gauge_record *record = NULL;
	double value = 1;

	expect(add(add(NULL, 1e30, 1), -1e30, 2), NULL, (struct gauge_base){1, 0}, 0, 0);
	expect(add(add(set(NULL, 1, 1), 1e30, 2), -1e30, 3), NULL, (struct gauge_base){5, 0}, 0, 0);
	for (uint64_t i = 1; i <= GAUGE_DELTAS_MOST; i++) {
		record = add(record, 0.1, i);
		value += 0.1;
	}
	expect(record, NULL, (struct gauge_base){1, 0}, value, 0);
}
END_TEST

/* Further ones are not lost. */
START_TEST(a_flood_of_relative_values_is_summed)
{
	struct gauge_record *record = NULL;

	for (uint64_t i = 1; i <= 1000; i++)
		record = add(record, 1, i);
	expect(record, NULL, (struct gauge_base){5, 0}, 1005, 0);
}
END_TEST

START_TEST(a_relative_value_adds_to_the_carried_base)
{
	expect(add(NULL, 5, 10), NULL, (struct gauge_base){100, 3}, 105, 0);
	expect(add(NULL, -5, 10), NULL, (struct gauge_base){0, 0}, -5, 0);
}
END_TEST

START_TEST(the_newest_absolute_value_of_all_workers_wins)
{
	expect(set(NULL, 1, 10), set(NULL, 2, 20), (struct gauge_base){0}, 2, 0);
	expect(set(NULL, 1, 10), NULL, (struct gauge_base){9, 15}, 9, 0);
}
END_TEST

START_TEST(deltas_of_another_worker_count_after_the_absolute_value_only)
{
	expect(set(NULL, 100, 10), add(NULL, 5, 20), (struct gauge_base){0}, 105, 0);
	expect(set(NULL, 100, 10), add(NULL, 5, 5), (struct gauge_base){0}, 100, 0);
	expect(add(set(NULL, 1, 1), 50, 2), set(NULL, 100, 10), (struct gauge_base){0}, 100, 0);
}
END_TEST

START_TEST(deltas_around_an_absolute_value_are_told_apart)
{
	expect(set(NULL, 100, 10), add(add(NULL, 5, 5), 7, 20), (struct gauge_base){0}, 107, 0);
	expect(add(set(NULL, 100, 10), 1, 15), add(add(add(NULL, 5, 5), 7, 12), 9, 20),
	    (struct gauge_base){0}, 117, 0);
}
END_TEST

START_TEST(deltas_of_all_workers_are_added_in_the_order_of_their_arrival)
{
	expect(add(add(NULL, 1e30, 1), 3, 4), add(add(NULL, -1e30, 2), 2, 3),
	    (struct gauge_base){1, 0}, 5, 0);
}
END_TEST

START_TEST(a_straddling_sum_is_counted_and_reported)
{
	struct gauge_record *record = NULL;

	for (uint64_t i = 1; i <= GAUGE_DELTAS_MOST + 10; i++)
		record = add(record, 1, 10 * i);
	/* Within the sum, and before it. */
	expect(record, set(NULL, 100, 10 * GAUGE_DELTAS_MOST + 5), (struct gauge_base){0}, 111, 1);
	expect(record, set(NULL, 100, 15), (struct gauge_base){0}, 100 + GAUGE_DELTAS_MOST + 9, 0);
}
END_TEST

START_TEST(an_overflow_stays_a_number)
{
	struct gauge_record *record = add(add(NULL, 1.7e308, 1), 1.7e308, 2);

	expect(record, NULL, (struct gauge_base){1e308, 0}, DBL_MAX, 0);
	expect(add(NULL, -DBL_MAX, 3), NULL, (struct gauge_base){DBL_MAX, 0}, 0, 0);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(an_overflow_stays_a_number),
    SUITE_TEST(an_absolute_value_replaces_what_was_before),
    SUITE_TEST(relative_values_are_added_in_their_order),
    SUITE_TEST(a_flood_of_relative_values_is_summed),
    SUITE_TEST(a_relative_value_adds_to_the_carried_base),
    SUITE_TEST(the_newest_absolute_value_of_all_workers_wins),
    SUITE_TEST(deltas_of_another_worker_count_after_the_absolute_value_only),
    SUITE_TEST(deltas_around_an_absolute_value_are_told_apart),
    SUITE_TEST(deltas_of_all_workers_are_added_in_the_order_of_their_arrival),
    SUITE_TEST(a_straddling_sum_is_counted_and_reported),
    {0},
};

SUITE_MAIN("aggregate/gauge", tests)
