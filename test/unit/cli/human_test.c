/* SPDX-License-Identifier: MIT */
/* human_test.c -- figures and tables as people read them. */

#include "cli/human.h"

#include "test/unit/suite.h"

#include <time.h>

START_TEST(counts_are_grouped_by_thousands)
{
	static const struct {
		uint64_t count;
		const char *text;
	} cases[] = {
	    {0, "0"},
	    {999, "999"},
	    {1000, "1,000"},
	    {123456, "123,456"},
	    {1234567, "1,234,567"},
	    {UINT64_MAX, "18,446,744,073,709,551,615"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text out = {0};

		human_count(&out, cases[i].count);
		ck_assert_str_eq(text_string(&out), cases[i].text);
		text_fini(&out);
	}
}
END_TEST

START_TEST(bytes_have_the_unit_that_fits)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
	    {0, "0 B"},
	    {1023, "1023 B"},
	    {1024, "1.0 KiB"},
	    {1536, "1.5 KiB"},
	    {1048575, "1.0 MiB"},
	    {64 << 20, "64.0 MiB"},
	    {UINT64_MAX, "16.0 EiB"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text out = {0};

		human_bytes(&out, cases[i].bytes);
		ck_assert_str_eq(text_string(&out), cases[i].text);
		text_fini(&out);
	}
}
END_TEST

START_TEST(seconds_have_the_units_that_matter)
{
	static const struct {
		double seconds;
		const char *text;
	} cases[] = {
	    {-1, "0 us"},
	    {0, "0 us"},
	    {0.00025, "250 us"},
	    {0.0031, "3.1 ms"},
	    {0.9999, "1.0 s"},
	    {4.21, "4.2 s"},
	    {9.99, "10 s"},
	    {42, "42 s"},
	    {150, "2 min 30 s"},
	    {11520, "3 h 12 min"},
	    {200000, "2 d 7 h"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text out = {0};

		human_seconds(&out, cases[i].seconds);
		ck_assert_str_eq(text_string(&out), cases[i].text);
		text_fini(&out);
	}
}
END_TEST

START_TEST(times_have_a_date_unless_they_are_today_s)
{
	struct text out = {0};
	time_t now = time(NULL);
	char today[32];

	setenv("TZ", "UTC0", 1);
	human_time(&out, 1000000000.9);
	ck_assert_str_eq(text_string(&out), "2001-09-09 01:46:40");
	text_reset(&out);
	human_time(&out, (double)now);
	strftime(today, sizeof(today), "%H:%M:%S", gmtime(&now));
	/* Midnight may pass meanwhile. */
	ck_assert_ptr_nonnull(strstr(text_string(&out), today));
	text_fini(&out);
}
END_TEST

START_TEST(columns_are_aligned_and_lines_do_not_end_in_spaces)
{
	struct human_table table = {.align = "lrl"};
	struct text out = {0};

	human_titles(&table, "name|n|last state");
	human_cell(&table, "a");
	human_cell_count(&table, 1234);
	human_cell(&table, "up");
	for (int i = 0; i < 3; i++)
		human_cell(&table, "%s", "");
	human_table_print(&table, &out);
	ck_assert_str_eq(text_string(&out),
	    "name      n  last state\n"
	    "a     1,234  up\n\n");
	ck_assert_uint_eq(table.count, 0);
	text_fini(&out);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(counts_are_grouped_by_thousands),
    SUITE_TEST(bytes_have_the_unit_that_fits),
    SUITE_TEST(seconds_have_the_units_that_matter),
    SUITE_TEST(times_have_a_date_unless_they_are_today_s),
    SUITE_TEST(columns_are_aligned_and_lines_do_not_end_in_spaces),
    {0},
};

SUITE_MAIN("cli/human", tests)
