/* SPDX-License-Identifier: MIT */
/* inet_test.c -- addresses of sockets. */

#include "net/inet.h"

#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <string.h>

START_TEST(a_host_is_that_of_ipv6_or_mapped_into_it)
{
	static const struct {
		int family;
		const char *host, *expected;
	} cases[] = {
	    {AF_INET, "192.0.2.7", "::ffff:192.0.2.7"},
	    {AF_INET6, "2001:db8::1", "2001:db8::1"},
	    {AF_INET6, "::1", "::1"},
	    {AF_UNSPEC, NULL, "::"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		union inet_address address = {.any.sa_family = (sa_family_t)cases[i].family};
		uint8_t host[INET_HOST_BYTES], expected[INET_HOST_BYTES];

		if (cases[i].family == AF_INET)
			inet_pton(AF_INET, cases[i].host, &address.v4.sin_addr);
		if (cases[i].family == AF_INET6)
			inet_pton(AF_INET6, cases[i].host, &address.v6.sin6_addr);
		inet_pton(AF_INET6, cases[i].expected, expected);
		inet_host(&address, host);
		ck_assert_msg(memcmp(host, expected, sizeof(host)) == 0, "case %zu", i);
	}
}
END_TEST

START_TEST(an_address_is_printed_as_it_is_written)
{
	static const struct {
		const char *host;
		unsigned scope;
		const char *expected;
	} cases[] = {
	    {"2001:db8::1", 0, "[2001:db8::1]:8125"},
	    {"fe80::1", 1, "[fe80::1%lo]:8125"},
	    {"fe80::1", 4000000, "[fe80::1%4000000]:8125"},
	};
	union inet_address v4 = {.v4 = {.sin_family = AF_INET, .sin_port = htons(8125)}};
	struct text printed = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		union inet_address address = {.v6 = {.sin6_family = AF_INET6,
						  .sin6_port = htons(8125),
						  .sin6_scope_id = cases[i].scope}};

		inet_pton(AF_INET6, cases[i].host, &address.v6.sin6_addr);
		text_reset(&printed);
		inet_print(&address, &printed);
		ck_assert_str_eq(text_string(&printed), cases[i].expected);
	}
	text_reset(&printed);
	inet_print(&v4, &printed);
	ck_assert_str_eq(text_string(&printed), "0.0.0.0:8125");
	text_fini(&printed);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(an_address_is_printed_as_it_is_written),
    SUITE_TEST(a_host_is_that_of_ipv6_or_mapped_into_it),
    {0},
};

SUITE_MAIN("net/inet", tests)
