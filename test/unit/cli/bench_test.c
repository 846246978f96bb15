/* SPDX-License-Identifier: MIT */
/* bench_test.c -- what bench can be asked for. */

#include "cli/bench.c"

#include "base/mem.h"
#include "test/unit/suite.h"

const struct command commands[] = {
    {"bench", "", "", bench_command},
    {0},
};

START_TEST(counts_are_whole_numbers_within_bounds)
{
	static const struct {
		const char *text;
		bool right;
		uint64_t count;
	} cases[] = {
	    {"1", true, 1},
	    {"1000", true, 1000},
	    {"200k", true, 200000},
	    {"5M", true, 5000000},
	    {"0", false, 0},
	    {"5001k", false, 0},
	    {"6M", false, 0},
	    {"", false, 0},
	    {"k", false, 0},
	    {"-1", false, 0},
	    {"+1", false, 0},
	    {" 1", false, 0},
	    {"1.5k", false, 0},
	    {"1kk", false, 0},
	    {"1K", false, 0},
	    {"18446744073709551617", false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t count = 0;

		ck_assert_msg(parse_count(cases[i].text, 1, 5000000, &count) == cases[i].right,
		    "\"%s\"", cases[i].text);
		ck_assert_uint_eq(count, cases[i].count);
	}
}
END_TEST

START_TEST(wrong_command_lines_are_misuse)
{
	static const char *const cases[][4] = {
	    {"bench"},
	    {"bench", "a:1", "b:2"},
	    {"bench", "--mix", "x:1", "a:1"},
	    {"bench", "--packet", "65508", "a:1"},
	    {"bench", "--series", "0", "a:1"},
	    {"bench", "--senders", "0", "a:1"},
	    {"bench", "--senders", "1001", "a:1"},
	    {"bench", "--seed", "x", "a:1"},
	    {"bench", "--nothing", "a:1"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *argv[5] = {NULL};
		int argc = 0;

		for (; argc < 4 && cases[i][argc] != NULL; argc++)
			argv[argc] = mem_copy_text(cases[i][argc], strlen(cases[i][argc]));
		/* getopt_long() moves them about, and must begin anew. */
		char *kept[5];

		memcpy(kept, argv, sizeof(argv));
		optind = 0;
		ck_assert_msg(bench_command(argc, argv) == EXIT_USAGE, "case %zu", i);
		for (int j = 0; j < argc; j++)
			free(kept[j]);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(counts_are_whole_numbers_within_bounds),
    SUITE_TEST(wrong_command_lines_are_misuse),
    {0},
};

SUITE_MAIN("cli/bench", tests)
