/* SPDX-License-Identifier: MIT */
/* suite.h -- a test program is a table of libcheck tests and this main. */

#pragma once

#include <check.h>
#include <stdlib.h>

struct suite_test {
	const TTest *const *test;
};

#define SUITE_TEST(name) \
	{                \
		&name    \
	}

/* Seconds one test may take on a slow machine under a sanitizer. */
#define SUITE_TIMEOUT 120

static inline int
suite_run(const char *name, const struct suite_test *tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, SUITE_TIMEOUT);
	for (; tests->test != NULL; tests++)
		tcase_add_test(tcase, *tests->test);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define SUITE_MAIN(name, tests)                \
	int main(void)                         \
	{                                      \
		return suite_run(name, tests); \
	}
