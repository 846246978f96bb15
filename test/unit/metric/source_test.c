/* SPDX-License-Identifier: MIT */
/* source_test.c -- where a line came from, as people read it. */

#include "metric/source.h"

#include "test/unit/suite.h"

static const struct {
	uint8_t source[SOURCE_BYTES];
	const char *expected;
} printed[] = {
    {{[10] = 0xff, 0xff, 10, 0, 0, 1}, "10.0.0.1"},
    {{[10] = 0xff, 0xff, 255, 255, 255, 255}, "255.255.255.255"},
    {{0xfd, [15] = 1}, "fd00::1"},
    {{[15] = 1}, "::1"},
    {{0}, "stdin"},
    {{1, [14] = 3, 0xe8}, "uid 1000"},
    {{1, [4] = 1}, "100:0:100::"},
};

START_TEST(a_source_prints_as_what_it_is)
{
	for (size_t i = 0; i < sizeof(printed) / sizeof(*printed); i++) {
		struct text out = {0};

		source_print(printed[i].source, &out);
		ck_assert_str_eq(text_string(&out), printed[i].expected);
		text_fini(&out);
	}
}
END_TEST

START_TEST(a_user_is_a_source_of_its_own)
{
	static const uint32_t uids[] = {0, 1000, UINT32_MAX};
	static const char *const expected[] = {"uid 0", "uid 1000", "uid 4294967295"};

	for (size_t i = 0; i < 3; i++) {
		uint8_t source[SOURCE_BYTES];
		struct text out = {0};

		source_of_user(uids[i], source);
		source_print(source, &out);
		ck_assert_str_eq(text_string(&out), expected[i]);
		text_fini(&out);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_source_prints_as_what_it_is),
    SUITE_TEST(a_user_is_a_source_of_its_own),
    {0},
};

SUITE_MAIN("metric/source", tests)
