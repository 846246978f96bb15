/* SPDX-License-Identifier: MIT */
/* suggest_test.c -- "did you mean". */

#include "conf/suggest.h"

#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

START_TEST(a_letter_counts_two_and_its_case_one)
{
	static const struct {
		const char *one, *other;
		unsigned distance;
	} cases[] = {
	    {"", "", 0},
	    {"interval", "interval", 0},
	    {"intervall", "interval", 2},
	    {"inerval", "interval", 2},
	    {"interbal", "interval", 2},
	    {"intevral", "interval", 2},
	    {"Interval", "interval", 1},
	    {"", "abc", 6},
	    {"kitten", "sitting", 6},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_uint_eq(
		    suggest_distance(cases[i].one, cases[i].other), cases[i].distance);
}
END_TEST

START_TEST(the_nearest_is_suggested_if_it_is_near)
{
	static const char *const candidates[] = {
	    "address", "ack", "ack_timeout", "tags", "queue", "e"};
	static const struct {
		const char *word, *nearest;
	} cases[] = {
	    {"adress", "address"},
	    {"addres", "address"},
	    {"Tags", "tags"},
	    {"tag", "tags"},
	    {"ack_timout", "ack_timeout"},
	    {"quuee", "queue"},
	    {"remoteAddress", "address"},
	    {"frequency", NULL},
	    {"x", NULL},
	    {"", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct suggestion suggestion = {.word = cases[i].word};

		for (size_t j = 0; j < sizeof(candidates) / sizeof(*candidates); j++)
			suggest_consider(&suggestion, candidates[j]);
		if (cases[i].nearest == NULL)
			ck_assert_ptr_null(suggestion.nearest);
		else
			ck_assert_str_eq(suggestion.nearest, cases[i].nearest);
	}
}
END_TEST

START_TEST(distance_is_the_same_both_ways_and_bounded)
{
	unsigned seed = (unsigned)time(NULL);

	printf("seed %u\n", seed);
	srandom(seed);
	for (int i = 0; i < 5000; i++) {
		char word[2][80];
		size_t longest = 0;

		for (int w = 0; w < 2; w++) {
			size_t len = (size_t)random() % sizeof(word[w]);

			for (size_t j = 0; j < len; j++)
				word[w][j] = "abAB\xff"[random() % 5];
			word[w][len] = '\0';
			longest = len > longest ? len : longest;
		}
		unsigned distance = suggest_distance(word[0], word[1]);

		ck_assert_uint_eq(distance, suggest_distance(word[1], word[0]));
		ck_assert_uint_le(distance, 2 * longest);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_letter_counts_two_and_its_case_one),
    SUITE_TEST(the_nearest_is_suggested_if_it_is_near),
    SUITE_TEST(distance_is_the_same_both_ways_and_bounded),
    {0},
};

SUITE_MAIN("conf/suggest", tests)
