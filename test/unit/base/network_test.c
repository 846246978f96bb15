/* SPDX-License-Identifier: MIT */
/* network_test.c -- which hosts are of which network. */

#include "base/network.h"

#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <string.h>

/* A host as the daemon has it: IPv4 mapped into IPv6. */
static void
host_of(const char *text, uint8_t *host_out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (inet_pton(AF_INET6, text, host_out) == 1)
		return;
	memcpy(host_out, mapped, sizeof(mapped));
	ck_assert_int_eq(inet_pton(AF_INET, text, host_out + 12), 1);
}

static bool
holds(const char *text, const char *host)
{
	struct network networks[NETWORK_WORD_MOST];
	uint8_t bytes[NETWORK_BYTES];
	const char *error = NULL;
	size_t count = 0;

	ck_assert_msg(network_parse(text, networks, &count, &error) == 0, "%s: %s", text, error);
	ck_assert_uint_le(count, NETWORK_WORD_MOST);
	host_of(host, bytes);
	for (size_t i = 0; i < count; i++)
		if (network_holds(&networks[i], bytes))
			return true;
	return false;
}

START_TEST(a_network_holds_its_hosts_and_no_others)
{
	static const struct {
		const char *network, *host;
		bool expected;
	} cases[] = {
	    {"192.0.2.7/32", "192.0.2.7", true},
	    {"192.0.2.7/32", "192.0.2.6", false},
	    {"2001:db8::1/128", "2001:db8::1", true},
	    {"10.0.0.0/8", "10.0.0.0", true},
	    {"10.0.0.0/8", "10.255.255.255", true},
	    {"10.0.0.0/8", "11.0.0.0", false},
	    {"10.0.0.0/8", "9.255.255.255", false},
	    {"10.0.0.0/8", "::ffff:10.1.2.3", true},
	    {"10.0.0.0/8", "a00::", false},
	    {"10.0.0.0/8", "::10.0.0.1", false},
	    {"172.16.0.0/12", "172.31.255.255", true},
	    {"172.16.0.0/12", "172.32.0.0", false},
	    {"192.0.2.128/25", "192.0.2.255", true},
	    {"192.0.2.128/25", "192.0.2.127", false},
	    {"192.0.2.7", "192.0.2.7", true},
	    {"192.0.2.7", "192.0.2.6", false},
	    {"192.0.2.6/31", "192.0.2.7", true},
	    {"0.0.0.0/0", "203.0.113.1", true},
	    {"0.0.0.0/0", "2001:db8::1", false},
	    {"::/0", "2001:db8::1", true},
	    {"::/0", "::1", true},
	    {"::/0", "203.0.113.1", false},
	    {"fd00::/8", "fdff:ffff::1", true},
	    {"fd00::/8", "fc00::1", false},
	    {"2001:db8::/33", "2001:db8:7fff::1", true},
	    {"2001:db8::/33", "2001:db8:8000::1", false},
	    {"2001:db8::1", "2001:db8::1", true},
	    {"2001:db8::1", "2001:db8::2", false},
	    {"::ffff:10.0.0.0/104", "10.9.9.9", true},
	    {"::ffff:10.0.0.0/104", "11.0.0.0", false},
	    {"::ffff:192.0.2.7", "192.0.2.7", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_msg(holds(cases[i].network, cases[i].host) == cases[i].expected,
		    "%s and %s", cases[i].network, cases[i].host);
}
END_TEST

START_TEST(words_stand_for_networks_of_both_families)
{
	static const struct {
		const char *host;
		bool loopback, private;
	} cases[] = {
	    {"127.0.0.1", true, true},
	    {"127.255.255.255", true, true},
	    {"128.0.0.0", false, false},
	    {"::1", true, true},
	    {"::2", false, false},
	    {"::", false, false},
	    {"10.1.2.3", false, true},
	    {"172.20.0.1", false, true},
	    {"172.32.0.1", false, false},
	    {"192.168.255.1", false, true},
	    {"192.169.0.0", false, false},
	    {"169.254.7.7", false, true},
	    {"fd12::1", false, true},
	    {"fc00::1", false, true},
	    {"fe80::1", false, true},
	    {"fec0::1", false, false},
	    {"203.0.113.9", false, false},
	    {"2001:db8::1", false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t host[NETWORK_BYTES];

		ck_assert(holds("any", cases[i].host));
		ck_assert_msg(holds("loopback", cases[i].host) == cases[i].loopback, "loopback: %s",
		    cases[i].host);
		ck_assert_msg(holds("private", cases[i].host) == cases[i].private, "private: %s",
		    cases[i].host);
		host_of(cases[i].host, host);
		ck_assert(network_is_loopback(host) == cases[i].loopback);
	}
}
END_TEST

START_TEST(what_is_no_network_is_refused_with_a_reason)
{
	static const char form[] = "expected a network", bits4[] = "0 to 32", bits6[] = "0 to 128",
			  beyond[] = "bits set beyond";
	static const struct {
		const char *text, *expected;
	} cases[] = {
	    {"", form},
	    {"Any", form},
	    {"anyone", form},
	    {"10.0.0", form},
	    {"10.0.0.256", form},
	    {"10.0.0.0:8125", form},
	    {"example.org", form},
	    {"fe80::1%lo", form},
	    {"[::1]", form},
	    {"/8", form},
	    {" 10.0.0.0/8", form},
	    {"1111:2222:3333:4444:5555:6666:7777:8888:9999:1111", form},
	    {"10.0.0.0/", bits4},
	    {"10.0.0.0/33", bits4},
	    {"10.0.0.0/-1", bits4},
	    {"10.0.0.0/+8", bits4},
	    {"10.0.0.0/08", bits4},
	    {"10.0.0.0/8/8", bits4},
	    {"10.0.0.0/255.0.0.0", bits4},
	    {"10.0.0.0/4294967304", bits4},
	    {"fd00::/129", bits6},
	    {"fd00::/x", bits6},
	    {"10.0.0.1/8", beyond},
	    {"192.0.2.255/31", beyond},
	    {"fd00::1/64", beyond},
	    {"::1/0", beyond},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct network networks[NETWORK_WORD_MOST];
		const char *error = NULL;
		size_t count;

		ck_assert_msg(network_parse(cases[i].text, networks, &count, &error) != 0,
		    "'%s' is taken", cases[i].text);
		ck_assert_msg(
		    strstr(error, cases[i].expected) != NULL, "'%s': %s", cases[i].text, error);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_network_holds_its_hosts_and_no_others),
    SUITE_TEST(words_stand_for_networks_of_both_families),
    SUITE_TEST(what_is_no_network_is_refused_with_a_reason),
    {0},
};

SUITE_MAIN("base/network", tests)
