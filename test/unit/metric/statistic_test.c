/* SPDX-License-Identifier: MIT */
/* statistic_test.c -- which of n values a percentile is, by whose rule. */

#include "metric/statistic.h"

#include "test/unit/suite.h"

START_TEST(each_rule_has_ranks_of_its_own)
{
	static const struct {
		double percent;
		uint64_t n, statsd, statsite, brubeck;
	} cases[] = {
	    {90, 1, 1, 1, 1},
	    {1, 1, 1, 1, 1},  /* a single value is in all */
	    {90, 5, 5, 5, 5}, /* 4.5 is 5 */
	    {20, 2, 0, 1, 1}, /* 0.4 is nothing at all, but the least elsewhere */
	    {50, 2, 1, 1, 1},
	    {50, 3, 2, 2, 2},
	    {50, 4, 2, 2, 2},
	    {50, 5, 3, 3, 3},
	    {75, 3, 2, 3, 2}, /* 2.25 */
	    {80, 3, 2, 3, 2}, /* 2.4 */
	    {95, 10, 10, 10, 10},
	    {95, 100, 95, 95, 95},
	    {98, 10, 10, 10, 10},
	    {99, 1000, 990, 990, 990},
	    {99.9, 1000, 999, 999, 999},
	    {99.9, 100, 100, 100, 100},
	    {99.9, 1001, 1000, 1000, 1000},
	    {99.9, 1200, 1199, 1199, 1199},
	    {99.9, 1300, 1299, 1299, 1299},
	    {99.9, 1600, 1598, 1599, 1598}, /* 1598.4 */
	    {100, 7, 7, 7, 7},
	    {0.01, 10, 0, 1, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		double percent = cases[i].percent;
		uint64_t n = cases[i].n;

		ck_assert_uint_eq(statistic_rank(RANK_STATSD, percent, n), cases[i].statsd);
		ck_assert_uint_eq(statistic_rank(RANK_STATSITE, percent, n), cases[i].statsite);
		ck_assert_uint_eq(statistic_rank(RANK_BRUBECK, percent, n), cases[i].brubeck);
	}
}
END_TEST

START_TEST(from_the_top_as_many_values_count)
{
	ck_assert_uint_eq(statistic_rank(RANK_STATSD, -20, 10), 2);
	ck_assert_uint_eq(statistic_rank(RANK_STATSD, -10, 1), 1);
	ck_assert_uint_eq(statistic_rank(RANK_STATSD, -10, 4), 0);
	ck_assert_uint_eq(statistic_rank(RANK_STATSD, -100, 4), 4);
}
END_TEST

START_TEST(choices_are_the_statistics_in_order)
{
	static const struct {
		int choices[3];
		size_t count;
		statistic_mask expected;
	} cases[] = {
	    {{0}, 0, 0},
	    {{0}, 1, STATISTICS_ALL},
	    {{1 + STATISTIC_COUNT}, 1, 1 << STATISTIC_COUNT},
	    {{1 + STATISTIC_STD, 1 + STATISTIC_MEAN, 1 + STATISTIC_STD}, 3,
		1 << STATISTIC_STD | 1 << STATISTIC_MEAN},
	    {{1 + STATISTIC_SUM_SQUARES_PERCENT, 0}, 2, STATISTICS_ALL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_uint_eq(
		    statistic_set(cases[i].choices, cases[i].count), cases[i].expected);
	ck_assert_str_eq(statistic_choices[0], "all");
	ck_assert_str_eq(statistic_choices[1 + STATISTIC_COUNT_PS], "count_ps");
	ck_assert_str_eq(statistic_choices[1 + STATISTIC_UPPER_PERCENT], "upper_percent");
	ck_assert_ptr_null(statistic_choices[1 + STATISTICS]);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(each_rule_has_ranks_of_its_own),
    SUITE_TEST(from_the_top_as_many_values_count),
    SUITE_TEST(choices_are_the_statistics_in_order),
    {0},
};

SUITE_MAIN("metric/statistic", tests)
