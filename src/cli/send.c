/* SPDX-License-Identifier: MIT */
/* send.c -- send lines to a server, after the parser that would read them
 * there has read them here: nothing leaves if one is refused. */

#include "cli/command.h"
#include "cli/target.h"
#include "parse/canonical.h"
#include "parse/event.h"
#include "parse/line.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_ADDRESS "localhost:8125"
#define PACKET_BYTES 1432 /* what an Ethernet frame carries at worst */
#define REFUSALS_SHOWN 20

/* The server's own defaults, with the widest limits there are. */
static const struct canonical_rules rules = {
    .clean = true,
    .dialects = 1 << DIALECT_DOGSTATSD | 1 << DIALECT_GRAPHITE | 1 << DIALECT_INFLUX |
	1 << DIALECT_LIBRATO | 1 << DIALECT_SIGNALFX,
    .prefix = "",
    .most_bytes = 32768,
    .most_tags = 255,
};

static enum reason
check_series(const struct sample *sample, struct canonical *canonical)
{
	enum reason reason = canonical_make(&rules, sample, canonical);

	return reason == REASON_NONE ? canonical_finish(&rules, canonical) : reason;
}

/* Why the line, or the first bad part of it, would be refused. */
static enum reason
check_line(const char *at, const char *end, struct canonical *canonical)
{
	struct line line;
	struct event event;
	struct sample sample;
	enum reason reason = REASON_NONE;

	if (end - at > TARGET_DATAGRAM_MAX)
		return REASON_TRUNCATED;
	if (event_begins(at, end))
		return event_parse(at, end, &event);
	if (!line_begin(&line, at, end))
		return REASON_NONE;
	while (reason == REASON_NONE && line_next(&line, &sample, &reason))
		if (reason == REASON_NONE)
			reason = check_series(&sample, canonical);
	return reason;
}

static void
report_refusal(size_t number, enum reason reason, const char *line, size_t len)
{
	struct text shown = {0};

	text_escape(&shown, line, len < 200 ? len : 200);
	fprintf(stderr, "tidemill send: line %zu: %s: %s\n\t%s%s\n", number,
	    reason_defs[reason].name, reason_defs[reason].help, text_string(&shown),
	    len < 200 ? "" : "...");
	text_fini(&shown);
}

/* How many lines are refused; the first ones are reported. */
static size_t
check_lines(const struct text *lines)
{
	struct canonical canonical = {0};
	const char *at = lines->bytes, *end = at + lines->len;
	size_t number = 0, refused = 0;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (stop == NULL)
			stop = end;
		enum reason reason = check_line(at, stop, &canonical);

		number++;
		if (reason != REASON_NONE && ++refused <= REFUSALS_SHOWN)
			report_refusal(number, reason, at, (size_t)(stop - at));
		at = stop < end ? stop + 1 : end;
	}
	canonical_fini(&canonical);
	if (refused > 0)
		fprintf(stderr,
		    "tidemill send: %zu of %zu lines would be refused; nothing was sent\n", refused,
		    number);
	return refused;
}

/* How much of [at, end) the next datagram takes: whole lines, at least one,
 * the newline after the last of them included. */
static size_t
next_datagram(const char *at, const char *end)
{
	size_t len = 0;

	while (at + len < end) {
		const char *line = at + len;
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t line_len = (size_t)((stop != NULL ? stop + 1 : end) - line);

		if (len > 0 && len + line_len > PACKET_BYTES)
			break;
		len += line_len;
	}
	return len;
}

static int
send_lines(const char *address, const struct text *lines)
{
	const char *at = lines->bytes, *end = at + lines->len;
	size_t len = next_datagram(at, end);
	int fd = target_open("send", address, at, len);

	if (fd < 0)
		return EXIT_FAILURE;
	for (at += len; at < end; at += len) {
		len = next_datagram(at, end);
		if (send(fd, at, len, MSG_NOSIGNAL) < 0) {
			fprintf(stderr, "tidemill send: %s: %s; %zu of %zu bytes were sent\n",
			    address, strerror(errno), (size_t)(at - lines->bytes), lines->len);
			close(fd);
			return EXIT_FAILURE;
		}
	}
	close(fd);
	return EXIT_SUCCESS;
}

static int
read_input(struct text *lines)
{
	char buffer[16384];
	size_t got;

	while ((got = fread(buffer, 1, sizeof(buffer), stdin)) > 0)
		text_append(lines, buffer, got);
	if (lines->len > 0 && lines->bytes[lines->len - 1] != '\n')
		text_byte(lines, '\n');
	if (!ferror(stdin))
		return 0;
	fprintf(stderr, "tidemill send: standard input: %s\n", strerror(errno));
	return -EIO;
}

static int
gather_lines(int argc, char **argv, struct text *lines)
{
	if (argc == 1 && strcmp(argv[0], "-") == 0)
		return read_input(lines);
	for (int i = 0; i < argc; i++) {
		text_puts(lines, argv[i]);
		text_byte(lines, '\n');
	}
	return 0;
}

static const char details[] =
    "  --to ADDRESS  host:port, [v6]:port or :port, by UDP, or the /path of a unix socket;\n"
    "                default " DEFAULT_ADDRESS "\n"
    "  -             read lines from standard input\n"
    "\n"
    "Every line is checked first; if one would be refused nothing is sent.\n"
    "\n"
    "  tidemill send page.views:1\\|c 'page.load:320|ms|@0.1'\n";

int
send_command(int argc, char **argv)
{
	static const struct option options[] = {
	    {"to", required_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'}, {0}};
	const char *address = DEFAULT_ADDRESS;
	int letter;

	while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (letter == 'h')
			return command_help(argv[0], details);
		if (letter != 't')
			return command_misused(argv[0]);
		address = optarg;
	}
	if (optind == argc)
		return command_misused(argv[0]);
	struct text lines = {0};
	int status = EXIT_FAILURE;

	if (gather_lines(argc - optind, argv + optind, &lines) == 0) {
		if (lines.len == 0)
			fprintf(stderr, "tidemill send: there is nothing to send\n");
		else if (check_lines(&lines) == 0)
			status = send_lines(address, &lines);
	}
	text_fini(&lines);
	return status;
}
