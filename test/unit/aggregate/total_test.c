/* SPDX-License-Identifier: MIT */
/* total_test.c -- running totals of one source, seen by one worker or two. */

#include "aggregate/total.h"

#include "test/unit/suite.h"

#include <float.h>

static struct arena arena;

static struct total_record *
fold(struct total_record *record, double total, uint64_t stamp)
{
	const struct sample sample = {
	    .kind = KIND_COUNTER, .total = true, .value = total, .weight = 1};

	return total_fold(record, &arena, &sample, stamp);
}

/* What two workers have as their newest, in both orders; stamp 0: nothing. */
static const struct {
	struct total_base base;
	struct total_base newest[2];
	double counted;
	struct total_base after;
} rows[] = {
    /* the first one ever says nothing */
    {{0, 0}, {{1000, 5}, {0, 0}}, 0, {1000, 5}},
    {{0, 0}, {{1000, 5}, {1200, 6}}, 200, {1200, 6}},
    /* what was counted since */
    {{1000, 5}, {{1010, 9}, {0, 0}}, 10, {1010, 9}},
    {{1000, 5}, {{1010, 9}, {1030, 10}}, 30, {1030, 10}},
    {{1000, 5}, {{1000, 9}, {0, 0}}, 0, {1000, 9}},
    /* a smaller one has begun anew */
    {{1000, 5}, {{7, 9}, {0, 0}}, 7, {7, 9}},
    {{1000, 5}, {{1010, 9}, {7, 10}}, 7, {7, 10}},
    /* an older one is not looked at */
    {{1000, 5}, {{2000, 4}, {0, 0}}, 0, {1000, 5}},
    {{1000, 5}, {{2000, 4}, {1001, 6}}, 1, {1001, 6}},
    /* of two at once the greater */
    {{1000, 5}, {{1010, 9}, {1020, 9}}, 20, {1020, 9}},
    /* never infinite */
    {{-DBL_MAX, 5}, {{DBL_MAX, 9}, {0, 0}}, DBL_MAX, {DBL_MAX, 9}},
};

START_TEST(a_total_counts_what_it_has_grown_by)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned first = 0; first < 2; first++) {
			const struct total_base *a = &rows[i].newest[first];
			const struct total_base *b = &rows[i].newest[1 - first];
			struct total_record *records[2] = {NULL, NULL};
			struct total_base base = rows[i].base;

			if (b->stamp > 0)
				records[1] = fold(NULL, b->total, b->stamp);
			if (a->stamp > 0)
				records[0] = fold(NULL, a->total, a->stamp);
			else
				records[0] = records[1];
			if (records[0] != records[1])
				records[0]->record.next =
				    records[1] != NULL ? &records[1]->record : NULL;
			double counted = total_merge(&base, &records[0]->record);

			ck_assert_msg(counted == rows[i].counted, "row %zu: %g", i, counted);
			ck_assert_msg(
			    base.total == rows[i].after.total && base.stamp == rows[i].after.stamp,
			    "row %zu", i);
		}
	arena_fini(&arena);
}
END_TEST

/* All that one worker saw of an interval. */
static const struct {
	struct total_base base;
	double totals[4];
	double counted;
} stories[] = {
    {{0, 0}, {1200, 1260, 1270, 1270}, 70},
    {{1100, 5}, {1200, 1260, 1270, 1270}, 170},
    /* a restart costs what nobody sent, and no more */
    {{1100, 5}, {1200, 30, 40, 50}, 150},
    {{1100, 5}, {10, 30, 5, 6}, 36},
    {{0, 0}, {10, 30, 5, 6}, 26},
};

START_TEST(what_one_worker_saw_counts_whole)
{
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct total_record *record = NULL;
		struct total_base base = stories[i].base;

		for (unsigned j = 0; j < 4; j++)
			record = fold(record, stories[i].totals[j], 10 + j);
		double counted = total_merge(&base, &record->record);

		ck_assert_msg(counted == stories[i].counted, "story %zu: %g", i, counted);
		ck_assert(base.total == stories[i].totals[3] && base.stamp == 13);
	}
	arena_fini(&arena);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_total_counts_what_it_has_grown_by),
    SUITE_TEST(what_one_worker_saw_counts_whole),
    {0},
};

SUITE_MAIN("aggregate/total", tests)
