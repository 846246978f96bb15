/* SPDX-License-Identifier: MIT */
/* http_test.c -- requests of web browsers, and lines that are none. */

#include "parse/http.h"

#include "test/unit/suite.h"

static const struct {
	const char *line;
	bool begins, whole;
} lines[] = {
    {"GET / HTTP/1.1", true, true},
    {"GET / HTTP/1.1\r\n", true, true},
    {"GET / HTTP/1.0\n", true, true},
    {"POST /page:1|c|#x HTTP/1.1\r", true, true},
    {"OPTIONS * HTTP/1.1", true, true},
    {"CONNECT host:443 HTTP/1.1", true, true},
    {"PRI * HTTP/2.0\r\n", true, true},
    {"DELETE a HTTP/1.1", true, true},
    {"GET /a very long address, cut", true, false},
    {"GET ", true, false},
    {"GET", false, false},
    {"", false, false},
    {"\r\n", false, false},
    {" HTTP/1.1", false, false},
    {"page HTTP/1.1", false, false},
    {"get / HTTP/1.1", true, true},
    {"patch /page:1|c HTTP/1.1\r\n", true, true},
    {"MADE-UP http://host/ HTTP/1.1", true, true},
    {"MADE-UP page HTTP/1.1", false, false},
    {"MADE-UP /a very long address, cut", true, false},
    {"MADE-UP ", false, false},
    {" / HTTP/1.1", false, false},
    {"disk:1|c|#path: / HTTP/1.1", false, false},
    {"GETTER.calls:1|c", false, false},
    {"GET.calls:1|c|# HTTP/1.1", false, false},
    {"POST page:1|c", true, false},
    {"POST / HTTP/1.1 ", true, false},
    {"Host: localhost", false, false},
};

START_TEST(a_request_is_told_from_a_line)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const char *line = lines[i].line, *end = line + strlen(line);

		ck_assert_msg(http_begins(line, end) == lines[i].begins, "%s", line);
		ck_assert_msg(http_is_request(line, end) == lines[i].whole, "%s", line);
	}
}
END_TEST

START_TEST(a_hello_is_told_from_a_line)
{
	static const struct {
		const char *bytes;
		bool is;
	} firsts[] = {
	    {"\x16\x03\x01", true},
	    {"\x16\x03", true},
	    {"\x16", false},
	    {"\x16 a:1|c", false},
	    {"a:1|c", false},
	    {"", false},
	};

	for (size_t i = 0; i < sizeof(firsts) / sizeof(*firsts); i++) {
		const char *bytes = firsts[i].bytes;

		ck_assert(http_is_hello(bytes, bytes + strlen(bytes)) == firsts[i].is);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_request_is_told_from_a_line),
    SUITE_TEST(a_hello_is_told_from_a_line),
    {0},
};

SUITE_MAIN("parse/http", tests)
