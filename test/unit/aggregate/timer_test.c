/* SPDX-License-Identifier: MIT */
/* timer_test.c -- StatsD's worked examples, to the last digit. */

#include "aggregate/timer.h"

#include "base/arena.h"
#include "test/unit/suite.h"

#include <string.h>

static const struct budget roomy = {.timer_values = 512, .bytes = 1 << 20};

struct summary {
	struct timer_row row;
	struct quantile quantile[4];
};

static struct summary
summarise(const double *values, size_t count, double weight, const double *percents, size_t asked)
{
	struct summary summary = {.row.quantiles = asked};
	double copy[64];

	memcpy(copy, values, count * sizeof(*values));
	for (size_t i = 0; i < asked; i++)
		summary.row.quantile[i].percent = percents[i];
	timer_summarise(&summary.row, copy, count, weight);
	return summary;
}

#define SUMMARISE(values, percents)                                 \
	summarise(values, sizeof(values) / sizeof(*(values)),       \
	    (double)(sizeof(values) / sizeof(*(values))), percents, \
	    sizeof(percents) / sizeof(*(percents)))

START_TEST(three_values_as_statsd_has_them)
{
	static const double values[] = {300, 100, 200}, percents[] = {90, 80};
	struct summary s = SUMMARISE(values, percents);

	ck_assert_uint_eq(s.row.n, 3);
	ck_assert(s.row.count == 3 && s.row.sum == 600 && s.row.sum_squares == 140000);
	ck_assert(s.row.mean == 200 && s.row.lower == 100 && s.row.upper == 300);
	ck_assert(s.row.median == 200 && s.row.deviation == 81.64965809277261);
	ck_assert_uint_eq(s.row.quantile[0].count, 3);
	ck_assert(s.row.quantile[0].mean == 200 && s.row.quantile[0].boundary == 300);
	ck_assert(s.row.quantile[0].sum == 600 && s.row.quantile[0].sum_squares == 140000);
	ck_assert_uint_eq(s.row.quantile[1].count, 2);
	ck_assert(s.row.quantile[1].mean == 150 && s.row.quantile[1].boundary == 200);
	ck_assert(s.row.quantile[1].sum == 300 && s.row.quantile[1].sum_squares == 50000);
}
END_TEST

START_TEST(an_even_count_has_its_median_between)
{
	static const double values[] = {300, 200, 400, 100}, percents[] = {90};

	ck_assert(SUMMARISE(values, percents).row.median == 250);
}
END_TEST

START_TEST(negative_percentiles_count_from_the_top)
{
	static const double values[] = {10, 10, 10, 10, 10, 10, 10, 10, 100, 200};
	static const double percents[] = {-20, -100};
	struct summary s = SUMMARISE(values, percents);

	ck_assert(s.row.quantile[0].mean == 150 && s.row.quantile[0].boundary == 100);
	ck_assert(s.row.quantile[0].sum == 300);
	/* where StatsD gives NaN, all values */
	ck_assert(s.row.quantile[1].sum == 380 && s.row.quantile[1].boundary == 10);
}
END_TEST

START_TEST(one_value_is_in_every_percentile)
{
	static const double values[] = {100}, percents[] = {-10, 0.1, 90};
	struct summary s = SUMMARISE(values, percents);

	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(s.row.quantile[i].count, 1);
		ck_assert(s.row.quantile[i].mean == 100 && s.row.quantile[i].boundary == 100);
		ck_assert(s.row.quantile[i].sum_squares == 10000);
	}
}
END_TEST

START_TEST(a_half_is_rounded_up_and_nothing_is_not_published)
{
	static const double five[] = {1, 2, 3, 4, 5}, two[] = {1, 2}, percents[] = {90, 20};

	ck_assert(SUMMARISE(five, percents).row.quantile[0].boundary == 5);
	ck_assert_uint_eq(SUMMARISE(two, percents).row.quantile[1].count, 0);
}
END_TEST

static struct timer_record *
fold(struct timer_record *record, struct arena *arena, const struct budget *budget, double value,
    double weight)
{
	const struct sample sample = {.kind = KIND_TIMER, .value = value, .weight = weight};

	return timer_fold(record, arena, &sample, budget);
}

START_TEST(values_come_back_as_they_went_in)
{
	struct arena arena = {0};
	struct timer_record *a = NULL, *b = NULL;
	double values[150];

	for (int i = 0; i < 100; i++)
		a = fold(a, &arena, &roomy, i, 1);
	for (int i = 100; i < 150; i++)
		b = fold(b, &arena, &roomy, i, 4);
	a->record.next = &b->record;
	ck_assert_uint_eq(timer_count(&a->record), 150);
	ck_assert(timer_gather(&a->record, values) == 100 + 50 * 4);
	for (int i = 0; i < 150; i++)
		ck_assert(values[i] == i);
	arena_fini(&arena);
}
END_TEST

START_TEST(the_budget_refuses_what_is_beyond_it)
{
	const struct budget few = {.timer_values = 5, .bytes = 1 << 20};
	const struct budget small = {.timer_values = 1000, .bytes = 256};
	struct arena arena = {0};
	struct timer_record *record = NULL;

	for (int i = 0; i < 5; i++)
		record = fold(record, &arena, &few, i, 1);
	ck_assert_ptr_null(fold(record, &arena, &few, 5, 1));
	ck_assert_uint_eq(record->count, 5);
	arena_reset(&arena);
	record = NULL;
	int taken = 0;

	for (struct timer_record *next = NULL;
	     (next = fold(record, &arena, &small, taken, 1)) != NULL; taken++)
		record = next;
	ck_assert_int_gt(taken, 0);
	ck_assert_uint_le(arena.used, small.bytes);
	ck_assert_uint_eq(record->count, (unsigned)taken);
	arena_fini(&arena);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(three_values_as_statsd_has_them),
    SUITE_TEST(an_even_count_has_its_median_between),
    SUITE_TEST(negative_percentiles_count_from_the_top),
    SUITE_TEST(one_value_is_in_every_percentile),
    SUITE_TEST(a_half_is_rounded_up_and_nothing_is_not_published),
    SUITE_TEST(values_come_back_as_they_went_in),
    SUITE_TEST(the_budget_refuses_what_is_beyond_it),
    {0},
};

SUITE_MAIN("aggregate/timer", tests)
