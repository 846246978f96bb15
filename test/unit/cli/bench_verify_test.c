/* SPDX-License-Identifier: MIT */
/* bench_verify_test.c -- the ledger is read right, and judged right. */

#include "cli/bench_verify.h"

#include "test/unit/suite.h"

START_TEST(ledger_is_taken_from_the_status)
{
	static const char status[] =
	    "{\"ledger\":{\"datagrams\":{\"read\":10,\"dropped\":2,\"filtered\":3},"
	    "\"lines\":{\"read\":100,\"accepted\":90,\"refused\":{\"rate\":4,\"tags\":6}}}}";
	json_t *parsed = json_loads(status, 0, NULL);
	struct bench_ledger ledger = bench_ledger_of(parsed);

	ck_assert_uint_eq(ledger.read, 10);
	ck_assert_uint_eq(ledger.dropped, 2);
	ck_assert_uint_eq(ledger.filtered, 3);
	ck_assert_uint_eq(ledger.lines, 100);
	ck_assert_uint_eq(ledger.accepted, 90);
	ck_assert_uint_eq(ledger.refused, 10);
	json_decref(parsed);
}
END_TEST

START_TEST(ledger_balances_only_if_nothing_is_missing_or_extra)
{
	static const struct {
		struct bench_ledger grown;
		uint64_t sent;
		bool balances;
	} cases[] = {
	    {{10, 0, 0, 100, 100, 0}, 10, true},
	    {{8, 2, 0, 80, 70, 10}, 10, true},
	    {{8, 1, 1, 80, 80, 0}, 10, true},
	    {{8, 1, 0, 80, 80, 0}, 10, false},
	    {{11, 0, 0, 110, 110, 0}, 10, false},
	    {{10, 0, 0, 100, 99, 0}, 10, false},
	    {{10, 0, 0, 100, 99, 2}, 10, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_msg(
		    bench_ledger_balances(&cases[i].grown, cases[i].sent) == cases[i].balances,
		    "case %zu", i);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(ledger_is_taken_from_the_status),
    SUITE_TEST(ledger_balances_only_if_nothing_is_missing_or_extra),
    {0},
};

SUITE_MAIN("cli/bench_verify", tests)
