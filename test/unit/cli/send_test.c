/* SPDX-License-Identifier: MIT */
/* send_test.c -- send refuses what a server would, and packs the rest. */

#include "cli/send.c"

#include "test/unit/suite.h"

#include <sys/un.h>

const struct command commands[] = {
    {"send", "", "", send_command},
    {0},
};

START_TEST(lines_are_judged_as_the_server_would)
{
	static const struct {
		const char *line;
		enum reason reason;
	} cases[] = {
	    {"page.views:1|c", REASON_NONE},
	    {"page.load:320|ms|@0.1|#region:eu", REASON_NONE},
	    {"a:1:2:3|ms", REASON_NONE},
	    {"", REASON_NONE},
	    {"page.views", REASON_NO_VALUE},
	    {":1|c", REASON_NO_NAME},
	    {"a:1", REASON_NO_TYPE},
	    {"a:1|x", REASON_UNKNOWN_TYPE},
	    {"a:one|c", REASON_BAD_VALUE},
	    {"a:1|c|@2", REASON_RATE},
	    {"a:1|c:2|x", REASON_UNKNOWN_TYPE}, /* half of it would be lost */
	    {"!!:1|c", REASON_BAD_NAME},
	    {"a:1|m", REASON_NONE},
	    {"a:-1|kv", REASON_NONE},
	    {"a:1|C", REASON_NONE},
	    {"a:1|c|T1700000000|c:ci-1|card:low", REASON_NONE},
	    {"a:1|c|Tnow", REASON_TIMESTAMP},
	    {"a,k=v:1|c", REASON_NONE},
	    {"a]b[:1|c", REASON_TAGS},
	    {"_e{5,4}:title|text|t:error", REASON_NONE},
	    {"_e{5,9}:title|text", REASON_EVENT},
	    {"_sc|disk|2|m:full", REASON_NONE},
	    {"_sc|disk|4", REASON_EVENT},
	};
	struct canonical canonical = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *line = cases[i].line;
		enum reason reason = check_line(line, line + strlen(line), &canonical);

		ck_assert_msg(reason == cases[i].reason, "%s: %s", line, reason_defs[reason].name);
	}
	canonical_fini(&canonical);
}
END_TEST

START_TEST(every_bad_line_is_counted)
{
	struct text lines = {0};

	text_puts(&lines, "a:1|c\nbad\n\nb:2|g\nworse\n");
	ck_assert_uint_eq(check_lines(&lines), 2);
	text_reset(&lines);
	text_puts(&lines, "a:1|c\nb:2|g");
	ck_assert_uint_eq(check_lines(&lines), 0);
	text_fini(&lines);
}
END_TEST

START_TEST(datagrams_hold_whole_lines)
{
	static const struct {
		size_t line_bytes[4]; /* with their newlines */
		size_t first;         /* of the datagrams */
	} cases[] = {
	    {{10, 10}, 20},
	    {{PACKET_BYTES}, PACKET_BYTES},
	    {{PACKET_BYTES + 500}, PACKET_BYTES + 500}, /* cannot be helped */
	    {{PACKET_BYTES, 5}, PACKET_BYTES},
	    {{1000, 432, 1}, 1432},
	    {{1000, 433, 1}, 1000},
	    {{5, PACKET_BYTES, 5}, 5},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text lines = {0};

		for (size_t j = 0; j < 4 && cases[i].line_bytes[j] > 0; j++) {
			for (size_t k = 1; k < cases[i].line_bytes[j]; k++)
				text_byte(&lines, 'x');
			text_byte(&lines, '\n');
		}
		ck_assert_msg(next_datagram(lines.bytes, lines.bytes + lines.len) == cases[i].first,
		    "case %zu", i);
		text_fini(&lines);
	}
}
END_TEST

/* A path is of a socket for datagrams, or for connections. */
START_TEST(a_unix_socket_takes_lines_in_its_way)
{
	static const int types[] = {SOCK_DGRAM, SOCK_STREAM};

	for (size_t i = 0; i < 2; i++) {
		char dir[] = "/tmp/tidemill-send-XXXXXX", got[4096];
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		struct text lines = {0};
		int server = socket(AF_UNIX, types[i], 0);
		size_t len = 0;

		ck_assert_ptr_nonnull(mkdtemp(dir));
		snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", dir);
		ck_assert_int_eq(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
		if (types[i] == SOCK_STREAM)
			ck_assert_int_eq(listen(server, 1), 0);
		while (lines.len < 2 * PACKET_BYTES)
			text_puts(&lines, "page.views:1|c\n");
		ck_assert_int_eq(send_lines(address.sun_path, &lines), EXIT_SUCCESS);
		int fd = types[i] == SOCK_STREAM ? accept(server, NULL, NULL) : server;

		while (len < lines.len) {
			ssize_t some = read(fd, got + len, sizeof(got) - len);

			ck_assert_int_gt(some, 0);
			len += (size_t)some;
			ck_assert_int_eq(got[len - 1], '\n');
		}
		ck_assert_uint_eq(len, lines.len);
		ck_assert_mem_eq(got, lines.bytes, len);
		if (fd != server)
			close(fd);
		close(server);
		ck_assert_int_eq(unlink(address.sun_path), 0);
		ck_assert_int_eq(send_lines(address.sun_path, &lines), EXIT_FAILURE);
		ck_assert_int_eq(rmdir(dir), 0);
		text_fini(&lines);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(lines_are_judged_as_the_server_would),
    SUITE_TEST(every_bad_line_is_counted),
    SUITE_TEST(datagrams_hold_whole_lines),
    SUITE_TEST(a_unix_socket_takes_lines_in_its_way),
    {0},
};

SUITE_MAIN("cli/send", tests)
