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

static const struct suite_test tests[] = {
    SUITE_TEST(a_host_is_that_of_ipv6_or_mapped_into_it),
    {0},
};

SUITE_MAIN("net/inet", tests)
