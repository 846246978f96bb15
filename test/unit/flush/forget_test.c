/* SPDX-License-Identifier: MIT */
/* forget_test.c -- what an operator has forgotten, at whatever time of the
 * interval, is gone from the flusher, too; and nothing else is.
 *
 * Other than what a sweep retires, such an entry may have samples in the very
 * window that retires it, and in the one that is being merged. */

#include "test/unit/flush/crew.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>

static void
wake_nobody(void *arg)
{
	(void)arg;
}

static uint64_t
forget(struct crew *crew, unsigned worker, const char *pattern)
{
	struct intake *intake = &crew->worker[worker].intake;
	struct errands errands;
	struct mailbox home;
	struct errand errand = {.verb = ERRAND_FORGET, .pattern = pattern, .to = &home};

	mailbox_init(&home, wake_nobody, NULL);
	errands_init(&errands, NULL, 0);
	errands_add(&errands, intake, &errand);
	while (errands_step(&errands, intake, UINT32_MAX))
		continue;
	ck_assert_ptr_eq(mailbox_collect(&home), &errand.mail);
	return errand.series;
}

static void
forget_everywhere(struct crew *crew, const char *pattern)
{
	for (unsigned i = 0; i < CREW_WORKERS; i++)
		forget(crew, i, pattern);
}

START_TEST(a_forgotten_series_is_sent_no_more_and_begins_anew)
{
	struct crew *crew = crew_new("");

	crew_take(crew, 0, "g:100|g\nold.g:7|g\nold.c:3|c");
	crew_take(crew, 1, "old.c:4|c");
	ck_assert_str_eq(crew_flush(crew, 0), "counter old.c# 7 7\ngauge g# 100\ngauge old.g# 7\n");
	forget_everywhere(crew, "old.*");
	ck_assert_str_eq(crew_flush(crew, 0), "gauge g# 100 idle\n");
	ck_assert_uint_eq(crew->merge.catalog.live, 1);
	crew_take(crew, 1, "old.g:+1|g\nold.c:1|c");
	ck_assert_str_eq(
	    crew_flush(crew, 0), "counter old.c# 1 1\ngauge g# 100 idle\ngauge old.g# 1\n");
	crew_free(crew);
}
END_TEST

START_TEST(what_came_in_the_open_interval_goes_with_it)
{
	struct crew *crew = crew_new("");

	crew_take(crew, 0, "old.c:1|c\nold.t:5|ms\nold.s:a|s\nold.r:5|C\nold.g:1|g\nnew:1|c");
	forget_everywhere(crew, "old.*");
	ck_assert_str_eq(crew_flush(crew, 0), "counter new# 1 1\n");
	ck_assert_uint_eq(crew->merge.hits, 6);
	ck_assert_uint_eq(crew->merge.catalog.live, 1);
	ck_assert_uint_eq(crew->merge.totals.by_key.used, 0);
	crew_free(crew);
}
END_TEST

START_TEST(what_comes_after_it_in_the_same_interval_is_kept)
{
	struct crew *crew = crew_new("");

	crew_take(crew, 0, "c:1|c\nt:5|ms\nr:5|C");
	forget_everywhere(crew, "*");
	crew_take(crew, 0, "c:2|c\nt:6|ms\nr:9|C");
	crew_flush(crew, 0);
	ck_assert_uint_eq(crew->merge.catalog.live, 3);
	crew_take(crew, 0, "c:2|c\nt:6|ms\nr:10|C");
	const char *said = crew_flush(crew, 0);

	ck_assert_ptr_nonnull(strstr(said, "counter c# 2 "));
	ck_assert_ptr_nonnull(strstr(said, "counter r# 1 "));
	ck_assert_ptr_nonnull(strstr(said, "timer t# 1 1"));
	crew_free(crew);
}
END_TEST

START_TEST(forgotten_by_one_worker_only_it_lives_on_in_another)
{
	struct crew *crew = crew_new("");

	crew_take(crew, 0, "c:1|c");
	crew_take(crew, 1, "c:1|c");
	crew_flush(crew, 0);
	ck_assert_uint_eq(forget(crew, 0, "c"), 1);
	ck_assert_str_eq(crew_flush(crew, 0), "counter c# 0 2 idle\n");
	crew_take(crew, 1, "c:1|c");
	ck_assert_str_eq(crew_flush(crew, 0), "counter c# 1 3\n");
	crew_free(crew);
}
END_TEST

/* The flusher has taken these over. */
START_TEST(a_value_that_waits_for_its_time_is_sent_all_the_same)
{
	struct crew *crew = crew_new("");

	crew_take_at(crew, 0, "g:5|g", 25);
	forget_everywhere(crew, "g");
	crew_flush(crew, 0);
	ck_assert_uint_eq(crew->merge.catalog.live, 1);
	crew_flush(crew, 0);
	ck_assert_str_eq(crew_flush(crew, 0), "gauge g# 5\n");
	ck_assert_uint_eq(crew->merge.catalog.live, 0);
	crew_free(crew);
}
END_TEST

/* Comes, goes and is forgotten in any order; in the end nothing is left. */
START_TEST(references_are_right_whatever_is_forgotten_when)
{
	static const char *const types[] = {"c", "g", "ms", "s", "C"};
	uint64_t state = random_seed();
	struct crew *crew = crew_new("");
	char text[64];

	for (int interval = 0; interval < 120; interval++) {
		for (int i = 0; i < 60; i++) {
			unsigned worker = random_below(&state, CREW_WORKERS);

			snprintf(text, sizeof(text), "n%s%u:1|%s",
			    random_below(&state, 4) ? "." : " ", random_below(&state, 20),
			    types[random_below(&state, 5)]);
			if (random_below(&state, 4) == 0 && strchr("cg", text[strlen(text) - 1]))
				crew_take_at(crew, worker, text,
				    interval * 10 + (int)random_below(&state, 30));
			else
				crew_take(crew, worker, text);
			snprintf(text, sizeof(text), "*%u", random_below(&state, 10));
			if (random_below(&state, 10) == 0)
				forget(crew, worker, text);
			if (random_below(&state, 100) == 0)
				crew_sweep(crew, worker, (uint32_t)interval);
		}
		crew_flush(crew, 0);
	}
	forget_everywhere(crew, "*");
	for (int i = 0; i < 5; i++)
		crew_flush(crew, 0);
	ck_assert_uint_eq(crew->merge.catalog.live, 0);
	ck_assert_uint_eq(crew->merge.totals.by_key.used, 0);
	ck_assert_int_eq(crew->quota.used, 0);
	crew_free(crew);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_forgotten_series_is_sent_no_more_and_begins_anew),
    SUITE_TEST(what_came_in_the_open_interval_goes_with_it),
    SUITE_TEST(what_comes_after_it_in_the_same_interval_is_kept),
    SUITE_TEST(forgotten_by_one_worker_only_it_lives_on_in_another),
    SUITE_TEST(a_value_that_waits_for_its_time_is_sent_all_the_same),
    SUITE_TEST(references_are_right_whatever_is_forgotten_when),
    {0},
};

SUITE_MAIN("flush/forget", tests)
