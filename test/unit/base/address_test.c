/* SPDX-License-Identifier: MIT */
/* address_test.c -- which texts are addresses, and of what. */

#include "base/address.h"

#include "test/unit/suite.h"

#include <errno.h>
#include <string.h>

START_TEST(takes_addresses_apart_and_writes_them_back)
{
	static const struct {
		const char *text, *host;
		unsigned port;
	} cases[] = {
	    {"localhost:8125", "localhost", 8125},
	    {"graphite-1.example.com:2003", "graphite-1.example.com", 2003},
	    {"a_b.example.com.:1", "a_b.example.com.", 1},
	    {"1password.com:443", "1password.com", 443},
	    {"127.0.0.1:0", "127.0.0.1", 0},
	    {"255.255.255.255:65535", "255.255.255.255", 65535},
	    {":8125", "", 8125},
	    {"[::]:8125", "::", 8125},
	    {"[::1]:8125", "::1", 8125},
	    {"[2001:db8::1]:53", "2001:db8::1", 53},
	    {"[::ffff:10.0.0.1]:53", "::ffff:10.0.0.1", 53},
	    {"[fe80::1%eth0.1]:9", "fe80::1%eth0.1", 9},
	    {"[fe80::1%2]:9", "fe80::1%2", 9},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct address address;
		const char *error;
		struct text out = {0};

		ck_assert_msg(
		    address_parse(cases[i].text, &address, &error) == 0, "'%s'", cases[i].text);
		ck_assert_ptr_null(error);
		ck_assert_int_eq(address.kind, ADDRESS_INET);
		ck_assert_str_eq(address.host, cases[i].host);
		ck_assert_uint_eq(address.port, cases[i].port);
		ck_assert_str_eq(address.path, "");
		address_print(&address, &out);
		ck_assert_str_eq(text_string(&out), cases[i].text);
		text_fini(&out);
	}
}
END_TEST

START_TEST(a_slash_begins_the_path_of_a_unix_socket)
{
	char longest[109];
	struct address address;
	const char *error;
	struct text out = {0};

	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[107] = '\0';
	ck_assert_int_eq(address_parse(longest, &address, &error), 0);
	ck_assert_int_eq(address.kind, ADDRESS_UNIX);
	ck_assert_str_eq(address.path, longest);
	ck_assert_str_eq(address.host, "");
	address_print(&address, &out);
	ck_assert_str_eq(text_string(&out), longest);
	text_fini(&out);

	longest[107] = 'x';
	longest[108] = '\0';
	ck_assert_int_eq(address_parse(longest, &address, &error), -EINVAL);
	ck_assert_str_eq(error, "the path of a unix socket has at most 107 bytes");
}
END_TEST

START_TEST(refuses_with_a_sentence)
{
	static const struct {
		const char *text, *part_of_error;
	} cases[] = {
	    {"", "host:port, [v6]:port, :port or /path"},
	    {"localhost", "port is missing"},
	    {"localhost:", "port is missing"},
	    {":", "port is missing"},
	    {"8125", "port is missing"},
	    {"[::1]", "after the bracket"},
	    {"[::1]8125", "after the bracket"},
	    {"[::1]:", "port is missing"},
	    {"[::1:8125", "closing bracket"},
	    {"::1:8125", "brackets"},
	    {"a:b:1", "brackets"},
	    {"[]:1", "not an IPv6 address"},
	    {"[localhost]:1", "not an IPv6 address"},
	    {"[127.0.0.1]:1", "not an IPv6 address"},
	    {"[1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20]:1", "not an IPv6 address"},
	    {"[fe80::1%]:1", "network interface"},
	    {"[fe80::1%eth/0]:1", "network interface"},
	    {"[fe80::1%sixteen_bytes_is]:1", "network interface"},
	    {"host:65536", "0 to 65535"},
	    {"host:000080", "0 to 65535"},
	    {"host:http", "0 to 65535"},
	    {"host:-1", "0 to 65535"},
	    {"host: 80", "0 to 65535"},
	    {"127.0.0.256:80", "0 to 255"},
	    {"127.1:80", "0 to 255"},
	    {"example.123:80", "0 to 255"},
	    {"80:80", "0 to 255"},
	    {"a..b:80", "two dots"},
	    {".a:80", "two dots"},
	    {".:80", "two dots"},
	    {"a b:80", "letters, digits"},
	    {"*:80", "letters, digits"},
	    {"h\xc3\xb6st:80", "letters, digits"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct address address;
		const char *error = NULL;

		ck_assert_msg(address_parse(cases[i].text, &address, &error) == -EINVAL, "'%s'",
		    cases[i].text);
		ck_assert_msg(strstr(error, cases[i].part_of_error) != NULL, "'%s': %s",
		    cases[i].text, error);
	}
}
END_TEST

/* Parts of 63 bytes and dots between them, cut at len, and a port. */
static const char *
name_of_length(size_t len)
{
	static char text[300];

	memset(text, 'a', sizeof(text));
	for (size_t dot = 63; dot < len - 1; dot += 64)
		text[dot] = '.';
	memcpy(text + len, ":1", 3);
	return text;
}

START_TEST(host_names_have_at_most_253_bytes_and_parts_63)
{
	struct address address;
	const char *error;
	char part[] = "0123456789012345678901234567890123456789012345678901234567890123.a:1";

	ck_assert_int_eq(address_parse(name_of_length(253), &address, &error), 0);
	ck_assert_uint_eq(strlen(address.host), 253);
	ck_assert_int_eq(address_parse(name_of_length(254), &address, &error), -EINVAL);
	ck_assert_str_eq(error, "a host name has at most 253 bytes");
	ck_assert_int_eq(address_parse(name_of_length(290), &address, &error), -EINVAL);
	ck_assert_str_eq(error, "a host name has at most 253 bytes");

	ck_assert_int_eq(address_parse(part, &address, &error), -EINVAL);
	ck_assert_str_eq(error, "a part of a host name has at most 63 bytes");
	ck_assert_int_eq(address_parse(part + 1, &address, &error), 0);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(takes_addresses_apart_and_writes_them_back),
    SUITE_TEST(a_slash_begins_the_path_of_a_unix_socket),
    SUITE_TEST(refuses_with_a_sentence),
    SUITE_TEST(host_names_have_at_most_253_bytes_and_parts_63),
    {0},
};

SUITE_MAIN("base/address", tests)
