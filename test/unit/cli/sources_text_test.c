/* SPDX-License-Identifier: MIT */
/* sources_text_test.c -- what a person reads of who sends how much. */

#include "cli/sources_text.h"

#include "test/unit/suite.h"

static void
expect(const char *answer, const char *expected)
{
	struct text out = {0};
	json_t *parsed = json_loads(answer, 0, NULL);

	setenv("TZ", "UTC0", 1);
	ck_assert_ptr_nonnull(parsed);
	sources_print(parsed, &out);
	ck_assert_str_eq(text_string(&out), expected);
	json_decref(parsed);
	text_fini(&out);
}

START_TEST(sources_are_a_table_and_prefixes_another)
{
	expect("{\"sources\":[{\"source\":\"10.0.0.1\",\"lines\":1234,\"refused\":5,\"series\":6,"
	       "\"series_refused\":7,\"last_seen\":1000000000.25},"
	       "{\"source\":\"uid 1000\",\"lines\":1,\"last_seen\":1000000000}],"
	       "\"others\":{\"lines\":3,\"refused\":0,\"series\":2,\"series_refused\":1,"
	       "\"last_seen\":1000000001},"
	       "\"prefixes\":[{\"prefix\":\"web.api\",\"refused\":1234,\"error\":0},"
	       "{\"prefix\":\"a\\u0007\",\"refused\":3,\"error\":2}]}",
	    "source    lines  refused  series  new ones refused  last seen\n"
	    "10.0.0.1  1,234        5       6                 7  2001-09-09 01:46:40\n"
	    "uid 1000      1        0       0                 0  2001-09-09 01:46:40\n"
	    "others        3        0       2                 1  2001-09-09 01:46:41\n"
	    "\n"
	    "lines refused for new series beyond a limit, by how their names begin\n"
	    "web.api      1,234\n"
	    "a\\x07    at most 3\n");
}
END_TEST

/* 30 sources, each less busy than the one before; of the last one new series
 * were refused. 30 prefixes. */
START_TEST(the_busiest_and_the_worst_are_shown)
{
	struct text answer = {0}, out = {0};

	text_puts(&answer, "{\"sources\":[");
	for (int i = 0; i < 30; i++)
		text_printf(&answer,
		    "%s{\"source\":\"10.0.0.%d\",\"lines\":%d,\"series_refused\":%d}",
		    i > 0 ? "," : "", i, 100 - i, i == 29 ? 7 : 0);
	text_puts(&answer, "],\"others\":null,\"prefixes\":[");
	for (int i = 0; i < 30; i++)
		text_printf(&answer, "%s{\"prefix\":\"web.p%d\",\"refused\":%d}", i > 0 ? "," : "",
		    i, 100 - i);
	text_puts(&answer, "]}");
	json_t *parsed = json_loads(text_string(&answer), 0, NULL);

	ck_assert_ptr_nonnull(parsed);
	sources_print(parsed, &out);
	const char *said = text_string(&out);

	ck_assert_ptr_nonnull(strstr(said, "\n10.0.0.0 "));
	ck_assert_ptr_nonnull(strstr(said, "\n10.0.0.19 "));
	ck_assert_ptr_null(strstr(said, "\n10.0.0.20 "));
	ck_assert_ptr_nonnull(strstr(said, "\n10.0.0.29 "));
	ck_assert_ptr_nonnull(strstr(said, "\nand 9 more; --json has them all\n\nlines refused"));
	ck_assert_ptr_nonnull(strstr(said, "\nweb.p19 "));
	ck_assert_ptr_null(strstr(said, "\nweb.p20 "));
	ck_assert_ptr_nonnull(strstr(said, "\nand 10 more; --json has them all\n"));
	json_decref(parsed);
	text_fini(&answer);
	text_fini(&out);
}
END_TEST

START_TEST(what_is_not_there_is_not_shown)
{
	expect("{\"sources\":[],\"others\":null,\"prefixes\":[]}",
	    "source  lines  refused  series  new ones refused  last seen\n");
}
END_TEST

START_TEST(nonsense_is_survived)
{
	static const char *const cases[] = {
	    "{}", "{\"sources\":3,\"others\":[],\"prefixes\":\"a\"}"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		expect(cases[i], "source  lines  refused  series  new ones refused  last seen\n");
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(sources_are_a_table_and_prefixes_another),
    SUITE_TEST(the_busiest_and_the_worst_are_shown),
    SUITE_TEST(what_is_not_there_is_not_shown),
    SUITE_TEST(nonsense_is_survived),
    {0},
};

SUITE_MAIN("cli/sources_text", tests)
