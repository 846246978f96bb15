/* SPDX-License-Identifier: MIT */
/* quantity_test.c -- quantities as people write them. */

#include "base/quantity.h"

#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

typedef enum quantity_status parse_fn(const char *at, size_t len, int64_t *out);

struct whole_case {
	const char *text;
	enum quantity_status status;
	int64_t value;
};

static void
check_all(parse_fn *parse, const struct whole_case *cases)
{
	for (; cases->text != NULL; cases++) {
		int64_t value = -77;
		enum quantity_status status = parse(cases->text, strlen(cases->text), &value);

		ck_assert_msg(status == cases->status, "\"%s\": status %d, not %d", cases->text,
		    (int)status, (int)cases->status);
		if (status == QUANTITY_OK)
			ck_assert_msg(value == cases->value, "\"%s\": %lld, not %lld", cases->text,
			    (long long)value, (long long)cases->value);
	}
}

START_TEST(durations_have_units)
{
	check_all(quantity_parse_duration,
	    (struct whole_case[]){
		{"10s", QUANTITY_OK, 10000000000},
		{"100ms", QUANTITY_OK, 100000000},
		{"5m", QUANTITY_OK, 300000000000},
		{"24h", QUANTITY_OK, 86400000000000},
		{"7d", QUANTITY_OK, 604800000000000},
		{"3us", QUANTITY_OK, 3000},
		{"9ns", QUANTITY_OK, 9},
		{"1.5s", QUANTITY_OK, 1500000000},
		{"0.100000000s", QUANTITY_OK, 100000000},
		{"0.25us", QUANTITY_OK, 250},
		{"0.1h", QUANTITY_OK, 360000000000},
		{"0", QUANTITY_OK, 0},
		{"0s", QUANTITY_OK, 0},
		{"0.0", QUANTITY_OK, 0},
		{"106751d", QUANTITY_OK, 9223286400000000000},
		{"106752d", QUANTITY_TOO_LARGE, 0},
		{"99999999999999999999s", QUANTITY_TOO_LARGE, 0},
		{"9223372036.9s", QUANTITY_TOO_LARGE, 0},
		{"10", QUANTITY_NO_UNIT, 0},
		{"0.5", QUANTITY_NO_UNIT, 0},
		{"10S", QUANTITY_BAD_UNIT, 0},
		{"10 s", QUANTITY_BAD_UNIT, 0},
		{"10sec", QUANTITY_BAD_UNIT, 0},
		{"1e3s", QUANTITY_BAD_UNIT, 0},
		{"1.s", QUANTITY_BAD_UNIT, 0},
		{"1m30s", QUANTITY_BAD_UNIT, 0},
		{"0.5ns", QUANTITY_TOO_FINE, 0},
		{"0.0000000000000000001d", QUANTITY_TOO_FINE, 0},
		{"", QUANTITY_BAD, 0},
		{"s", QUANTITY_BAD, 0},
		{"-1s", QUANTITY_BAD, 0},
		{"+1s", QUANTITY_BAD, 0},
		{".5s", QUANTITY_BAD, 0},
		{" 1s", QUANTITY_BAD, 0},
		{0},
	    });
}
END_TEST

START_TEST(sizes_are_bytes_or_binary_multiples)
{
	check_all(quantity_parse_size,
	    (struct whole_case[]){
		{"512", QUANTITY_OK, 512},
		{"512B", QUANTITY_OK, 512},
		{"8KiB", QUANTITY_OK, 8192},
		{"16MiB", QUANTITY_OK, 16777216},
		{"1.5GiB", QUANTITY_OK, 1610612736},
		{"2TiB", QUANTITY_OK, 2199023255552},
		{"0", QUANTITY_OK, 0},
		{"16MB", QUANTITY_BAD_UNIT, 0},
		{"16M", QUANTITY_BAD_UNIT, 0},
		{"16mib", QUANTITY_BAD_UNIT, 0},
		{"1.5", QUANTITY_TOO_FINE, 0},
		{"8388608TiB", QUANTITY_TOO_LARGE, 0},
		{"many", QUANTITY_BAD, 0},
		{0},
	    });
}
END_TEST

START_TEST(modes_are_octal)
{
	check_all(quantity_parse_mode,
	    (struct whole_case[]){
		{"0660", QUANTITY_OK, 0660},
		{"660", QUANTITY_OK, 0660},
		{"0", QUANTITY_OK, 0},
		{"07777", QUANTITY_OK, 07777},
		{"10000", QUANTITY_TOO_LARGE, 0},
		{"777777777777777777777777777777", QUANTITY_TOO_LARGE, 0},
		{"0668", QUANTITY_BAD, 0},
		{"0x1ff", QUANTITY_BAD, 0},
		{"-660", QUANTITY_BAD, 0},
		{"", QUANTITY_BAD, 0},
		{0},
	    });
}
END_TEST

START_TEST(whole_numbers_are_decimal)
{
	check_all(quantity_parse_int,
	    (struct whole_case[]){
		{"0", QUANTITY_OK, 0},
		{"010", QUANTITY_OK, 10},
		{"-5", QUANTITY_OK, -5},
		{"9223372036854775807", QUANTITY_OK, INT64_MAX},
		{"-9223372036854775808", QUANTITY_OK, INT64_MIN},
		{"9223372036854775808", QUANTITY_TOO_LARGE, 0},
		{"-9223372036854775809", QUANTITY_TOO_LARGE, 0},
		{"1e3", QUANTITY_BAD, 0},
		{"1.0", QUANTITY_BAD, 0},
		{"+1", QUANTITY_BAD, 0},
		{"-", QUANTITY_BAD, 0},
		{"", QUANTITY_BAD, 0},
		{0},
	    });
}
END_TEST

START_TEST(percentages_are_shares)
{
	static const struct {
		const char *text;
		enum quantity_status status;
		double share;
	} cases[] = {
	    {"1%", QUANTITY_OK, 0.01},
	    {"0.5%", QUANTITY_OK, 0.005},
	    {"100%", QUANTITY_OK, 1},
	    {"0", QUANTITY_OK, 0},
	    {"1", QUANTITY_NO_UNIT, 0},
	    {"1%%", QUANTITY_BAD_UNIT, 0},
	    {"1 %", QUANTITY_BAD_UNIT, 0},
	    {"%", QUANTITY_BAD, 0},
	    {"-1%", QUANTITY_BAD, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		double share = -1;
		enum quantity_status status =
		    quantity_parse_percent(cases[i].text, strlen(cases[i].text), &share);

		ck_assert_msg(
		    status == cases[i].status, "\"%s\": status %d", cases[i].text, (int)status);
		if (status == QUANTITY_OK)
			ck_assert_double_eq(share, cases[i].share);
	}
}
END_TEST

START_TEST(printing_takes_the_largest_unit_that_divides)
{
	static const struct {
		void (*print)(struct text *out, int64_t value);
		int64_t value;
		const char *text;
	} cases[] = {
	    {quantity_print_duration, 0, "0s"},
	    {quantity_print_duration, 10000000000, "10s"},
	    {quantity_print_duration, 90000000000, "90s"},
	    {quantity_print_duration, 1500000000, "1500ms"},
	    {quantity_print_duration, 86400000000000, "1d"},
	    {quantity_print_duration, 1, "1ns"},
	    {quantity_print_size, 0, "0"},
	    {quantity_print_size, 1000, "1000"},
	    {quantity_print_size, 8192, "8KiB"},
	    {quantity_print_size, 64 << 20, "64MiB"},
	    {quantity_print_mode, 0660, "0660"},
	    {quantity_print_mode, 07, "0007"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text out = {0};

		cases[i].print(&out, cases[i].value);
		ck_assert_str_eq(text_string(&out), cases[i].text);
		text_fini(&out);
	}
}
END_TEST

static void
reads_back(void (*print)(struct text *, int64_t), parse_fn *parse, int64_t value)
{
	struct text out = {0};
	int64_t again;

	print(&out, value);
	ck_assert_int_eq(parse(out.bytes, out.len, &again), QUANTITY_OK);
	ck_assert_int_eq(again, value);
	text_fini(&out);
}

START_TEST(what_is_printed_reads_back_the_same)
{
	unsigned seed = (unsigned)time(NULL);

	printf("seed %u\n", seed);
	srandom(seed);
	for (int i = 0; i < 20000; i++) {
		int64_t value = ((int64_t)random() << 32 ^ (int64_t)random()) >> (random() % 63);
		double share = (double)(random() % 100000) / (random() % 2 ? 1e5 : 3e5), again;
		struct text out = {0};

		value &= INT64_MAX;
		reads_back(quantity_print_duration, quantity_parse_duration, value);
		reads_back(quantity_print_size, quantity_parse_size, value);
		reads_back(quantity_print_mode, quantity_parse_mode, value & 07777);
		quantity_print_percent(&out, share);
		ck_assert_int_eq(quantity_parse_percent(out.bytes, out.len, &again), QUANTITY_OK);
		ck_assert_double_eq_tol(again, share, 1e-15);
		text_fini(&out);
	}
}
END_TEST

START_TEST(percentages_print_as_they_were_written)
{
	for (int tenth = 0; tenth <= 1000; tenth++) {
		struct text out = {0};
		char text[16];
		double share;

		if (tenth % 10 == 0)
			snprintf(text, sizeof(text), "%d%%", tenth / 10);
		else
			snprintf(text, sizeof(text), "%d.%d%%", tenth / 10, tenth % 10);
		ck_assert_int_eq(quantity_parse_percent(text, strlen(text), &share), QUANTITY_OK);
		quantity_print_percent(&out, share);
		ck_assert_str_eq(text_string(&out), text);
		text_fini(&out);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(durations_have_units),
    SUITE_TEST(sizes_are_bytes_or_binary_multiples),
    SUITE_TEST(modes_are_octal),
    SUITE_TEST(whole_numbers_are_decimal),
    SUITE_TEST(percentages_are_shares),
    SUITE_TEST(percentages_print_as_they_were_written),
    SUITE_TEST(printing_takes_the_largest_unit_that_divides),
    SUITE_TEST(what_is_printed_reads_back_the_same),
    {0},
};

SUITE_MAIN("base/quantity", tests)
