/* SPDX-License-Identifier: MIT */
/* account_test.c -- the ledger's sums and its sentence. */

#include "metric/account.h"

#include "test/unit/suite.h"

#include <stdio.h>

static const char *
sentence_of(const struct account *account)
{
	static struct text out;

	text_reset(&out);
	account_sentence(account, &out);
	return text_string(&out);
}

START_TEST(sentence_reads_the_same_everywhere)
{
	static const struct {
		struct account account;
		const char *sentence;
	} cases[] = {
	    {{0},
		"datagrams 0 read + 0 dropped by the kernel; lines 0 = 0 accepted + 0 refused; "
		"points 0 = 0 delivered + 0 queued + 0 dropped"},
	    {{.datagrams_read = 7,
		 .lines = 9,
		 .accepted = 8,
		 .refused = {[REASON_RATE] = 1},
		 .points = 40,
		 .delivered = 40},
		"datagrams 7 read + 0 dropped by the kernel; lines 9 = 8 accepted + 1 refused"
		"(rate 1); points 40 = 40 delivered + 0 queued + 0 dropped"},
	    {{.datagrams_read = 1,
		 .datagrams_dropped = 2,
		 .lines = 10,
		 .accepted = 4,
		 .refused = {[REASON_NO_VALUE] = 3, [REASON_TAGS] = 1, [REASON_SET_BUDGET] = 2},
		 .points = 15,
		 .delivered = 1,
		 .queued = 2,
		 .queue_full = 4,
		 .shutdown = 8},
		"datagrams 1 read + 2 dropped by the kernel; lines 10 = 4 accepted + 6 refused"
		"(no_value 3, tags 1, set_budget 2); points 15 = 1 delivered + 2 queued + 12 "
		"dropped(queue_full 4, shutdown 8)"},
	    {{.datagrams_read = 3, .datagrams_dropped = 1, .datagrams_filtered = 9},
		"datagrams 3 read + 1 dropped by the kernel + 9 filtered; lines 0 = 0 accepted + "
		"0 refused; points 0 = 0 delivered + 0 queued + 0 dropped"},
	    {{.points = 8, .shutdown = 8},
		"datagrams 0 read + 0 dropped by the kernel; lines 0 = 0 accepted + 0 refused; "
		"points 8 = 0 delivered + 0 queued + 8 dropped(shutdown 8)"},
	    {{.lines = UINT64_MAX, .accepted = UINT64_MAX},
		"datagrams 0 read + 0 dropped by the kernel; lines 18446744073709551615 = "
		"18446744073709551615 accepted + 0 refused; "
		"points 0 = 0 delivered + 0 queued + 0 dropped"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_str_eq(sentence_of(&cases[i].account), cases[i].sentence);
		ck_assert_msg(account_balances(&cases[i].account), "%s", cases[i].sentence);
	}
}
END_TEST

START_TEST(every_reason_stands_in_the_sentence)
{
	for (size_t i = 0; i < REASONS; i++) {
		struct account account = {.lines = 5};
		char expected[64];

		account.refused[i] = 5;
		snprintf(expected, sizeof(expected), "= 0 accepted + 5 refused(%s 5);",
		    reason_defs[i].name);
		ck_assert_msg(strstr(sentence_of(&account), expected) != NULL, "%s lacks %s",
		    sentence_of(&account), expected);
		ck_assert(account_balances(&account));
	}
}
END_TEST

/* Whatever single figure is one off, one side no longer adds up. */
START_TEST(a_line_or_point_too_many_or_too_few_is_an_imbalance)
{
	static const struct account even = {
	    .lines = 30,
	    .accepted = 20,
	    .refused = {[REASON_BAD_NAME] = 6, [REASON_TRUNCATED] = 4},
	    .points = 100,
	    .delivered = 70,
	    .queued = 15,
	    .queue_full = 10,
	    .shutdown = 5,
	};
	struct account odd = even;
	uint64_t *const figures[] = {&odd.lines, &odd.accepted, &odd.refused[REASON_BAD_NAME],
	    &odd.refused[REASON_TRUNCATED], &odd.points, &odd.delivered, &odd.queued,
	    &odd.queue_full, &odd.shutdown};

	ck_assert(account_balances(&even));
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		++*figures[i];
		ck_assert_msg(!account_balances(&odd), "figure %zu, one more", i);
		*figures[i] -= 2;
		ck_assert_msg(!account_balances(&odd), "figure %zu, one less", i);
		++*figures[i];
		ck_assert(account_balances(&odd));
	}
}
END_TEST

/* What the kernel dropped was never read: it belongs to no sum. */
START_TEST(datagrams_stand_beside_the_sums)
{
	const struct account account = {.datagrams_read = 3, .datagrams_dropped = 1000};

	ck_assert(account_balances(&account));
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(sentence_reads_the_same_everywhere),
    SUITE_TEST(every_reason_stands_in_the_sentence),
    SUITE_TEST(a_line_or_point_too_many_or_too_few_is_an_imbalance),
    SUITE_TEST(datagrams_stand_beside_the_sums),
    {0},
};

SUITE_MAIN("metric/account", tests)
