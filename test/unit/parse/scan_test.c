/* SPDX-License-Identifier: MIT */
/* scan_test.c -- what several parsers look for. */

#include "parse/scan.h"

#include "test/unit/random.h"
#include "test/unit/suite.h"

static const char *
first_of_three(const char *at, const char *end, const char *three)
{
	while (at < end && memchr(three, *at, 3) == NULL)
		at++;
	return at;
}

/* Buffers of every length around a step's; a read past an end is seen. */
START_TEST(the_first_of_three_bytes_is_found_at_any_distance)
{
	static const char alphabet[] = {
	    'a', 'b', ':', '|', '\n', '\0', '\x80', (char)0xff, ';', '9'};
	uint64_t random = random_seed();

	for (int round = 0; round < 20000; round++) {
		size_t len = random_below(&random, 70);
		unsigned marks = random_below(&random, 3);
		char *bytes = malloc(len > 0 ? len : 1);

		for (size_t i = 0; i < len; i++)
			bytes[i] =
			    alphabet[random_below(&random, 2) * 7 + random_below(&random, 2)];
		while (marks-- > 0 && len > 0)
			bytes[random_below(&random, (unsigned)len)] =
			    alphabet[random_below(&random, sizeof(alphabet))];
		for (size_t from = 0; from <= len; from += 1 + random_below(&random, 9))
			ck_assert_ptr_eq(scan_first(bytes + from, bytes + len, ':', '\n', '|'),
			    first_of_three(bytes + from, bytes + len, ":\n|"));
		free(bytes);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(the_first_of_three_bytes_is_found_at_any_distance),
    {0},
};

SUITE_MAIN("parse/scan", tests)
