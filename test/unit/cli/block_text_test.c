/* SPDX-License-Identifier: MIT */
/* block_text_test.c -- what a person reads of what was blocked and forgotten. */

#include "cli/block_text.h"

#include "test/unit/suite.h"

#define GOOD "\nThe first rule of a configuration that refuses it for good:\n\nrules:\n"

static const struct {
	void (*print)(const json_t *answer, struct text *out);
	const char *answer, *expected;
} cases[] = {
    {block_print, "{\"pattern\":\"web.*\",\"series\":12,\"blocked\":true,\"until\":1000000000.5}",
	"web.* is blocked until 2001-09-09 01:46:40: 12 series match, and what comes for such "
	"names is refused as `blocked`\n" GOOD "  - {match: 'web.*', action: drop}\n"},
    {block_print, "{\"pattern\":\"it's a\\\"\",\"series\":1,\"blocked\":true,\"until\":null}",
	"it's a\\\" is blocked until the daemon ends: 1 series matches, and what comes for such "
	"names is refused as `blocked`\n" GOOD "  - {match: 'it''s a\"', action: drop}\n"},
    {block_print, "{\"pattern\":\"web.*\",\"series\":1234,\"blocked\":false}",
	"web.* is no longer blocked: 1,234 series match\n"},
    {block_print, "{}", " is no longer blocked: 0 series match\n"},
    {block_print, "{\"blocked\":true,\"pattern\":7}",
	" is blocked until the daemon ends: 0 series match, and what comes for such names is "
	"refused as `blocked`\n"},
    {block_print_list, "{\"blocks\":[]}", "nothing is blocked\n"},
    {block_print_list,
	"{\"blocks\":[{\"pattern\":\"web.*\",\"until\":1000000000},"
	"{\"pattern\":\"a\\u001b\",\"until\":null}]}",
	"web.*  until 2001-09-09 01:46:40\na\\x1b  until the daemon ends\n"},
    {block_print_list, "{\"blocks\":7}", "nothing is blocked\n"},
    {forget_print, "{\"pattern\":\"*.tmp\",\"series\":2}",
	"2 series match *.tmp, and nothing is kept of them any more\n"},
    {forget_print, "{\"pattern\":\"*.tmp\",\"series\":0}", "nothing matches *.tmp\n"},
    {forget_print, "{}", "nothing matches \n"},
};

START_TEST(what_became_of_it_is_said)
{
	setenv("TZ", "UTC0", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text out = {0};
		json_t *answer = json_loads(cases[i].answer, 0, NULL);

		ck_assert_ptr_nonnull(answer);
		cases[i].print(answer, &out);
		ck_assert_str_eq(text_string(&out), cases[i].expected);
		json_decref(answer);
		text_fini(&out);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_became_of_it_is_said),
    {0},
};

SUITE_MAIN("cli/block_text", tests)
