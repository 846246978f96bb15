/* SPDX-License-Identifier: MIT */
/* input_test.c -- standard input: a pipe, a file, and what cannot be read. */

#include "test/unit/ingest/harbour.h"
#include "test/unit/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct harbour harbour;

static void
open_on(int fd)
{
	harbour_open(&harbour, 1, &harbour_roomy);
	harbour_add_stdin(&harbour, fd);
	harbour_start(&harbour);
}

/* A file that holds this many lines, and `last` after them. */
static int
file_of(unsigned lines, const char *last)
{
	FILE *file = tmpfile();

	for (unsigned i = 0; i < lines; i++)
		fputs("a:1|c\n", file);
	fputs(last, file);
	fflush(file);
	int fd = dup(fileno(file));

	fclose(file);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

START_TEST(a_pipe_is_read_to_its_end_and_stays_blocking)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	open_on(ends[0]);
	ck_assert_int_eq(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(write(ends[1], "a:1|c\nb:", 8), 8);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_LINES_ACCEPTED) == 1);
	for (unsigned i = 0; i < 10; i++)
		harbour_turn(&harbour);
	ck_assert_uint_eq(harbour.ends, 0);
	ck_assert_int_eq(write(ends[1], "1|c\n", 4), 4);
	close(ends[1]);
	HARBOUR_UNTIL(&harbour, harbour.ends == 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 2);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_BYTES + TRANSPORT_STDIN), 12);
	harbour_close(&harbour);
	close(ends[0]);
}
END_TEST

START_TEST(a_file_is_read_a_slice_at_a_time)
{
	int fd = file_of(100000, "");
	uint64_t before = 0;
	unsigned turns = 0;

	open_on(fd);
	while (harbour.ends == 0) {
		uint64_t now = harbour_count(&harbour, INTAKE_BYTES + TRANSPORT_STDIN);

		ck_assert_uint_le(now - before, 2 * 16384);
		before = now;
		turns++;
		harbour_turn(&harbour);
	}
	ck_assert_uint_gt(turns, 10);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 100000);
	harbour_close(&harbour);
	close(fd);
}
END_TEST

START_TEST(the_end_of_a_file_ends_its_last_line)
{
	int fd = file_of(1, "b:1|c");

	open_on(fd);
	HARBOUR_UNTIL(&harbour, harbour.ends == 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 2);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES), 2);
	harbour_close(&harbour);
	close(fd);
}
END_TEST

/* A log that is replayed may hold anything, and nobody made a browser send it. */
START_TEST(a_request_of_a_browser_is_a_bad_line)
{
	static char lines[10000] = "GET / HTTP/1.1\nb:1|c\nGET ";

	memset(lines + strlen(lines), 'x', sizeof(lines) - strlen(lines) - 1);
	int fd = file_of(1, lines);

	open_on(fd);
	HARBOUR_UNTIL(&harbour, harbour.ends == 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES_ACCEPTED), 2);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES), 4);
	ck_assert_uint_eq(harbour_refused(&harbour, REASON_LINE_TOO_LONG), 1);
	ck_assert_uint_eq(harbour_refused(&harbour, REASON_HTTP), 0);
	harbour_close(&harbour);
	close(fd);
}
END_TEST

START_TEST(a_stop_before_the_end_leaves_a_line_truncated)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	open_on(ends[0]);
	ck_assert_int_eq(write(ends[1], "a:1|c\nb:1", 9), 9);
	HARBOUR_UNTIL(&harbour, harbour_count(&harbour, INTAKE_LINES_ACCEPTED) == 1);
	harbour_stop(&harbour);
	HARBOUR_UNTIL(&harbour, harbour.drained == 1);
	ck_assert_uint_eq(harbour_refused(&harbour, REASON_TRUNCATED), 1);
	ck_assert_uint_eq(harbour.ends, 0);
	harbour_close(&harbour);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* The letter by which a file goes on may be under way. */
START_TEST(a_stop_in_the_midst_of_a_file_is_heeded)
{
	int fd = file_of(100000, "");

	open_on(fd);
	harbour_turn(&harbour);
	harbour_close(&harbour);
	ck_assert_uint_eq(harbour.ends, 0);
	close(fd);
}
END_TEST

START_TEST(what_cannot_be_read_has_ended)
{
	int fd = open("/", O_RDONLY | O_CLOEXEC);

	open_on(fd);
	HARBOUR_UNTIL(&harbour, harbour.ends == 1);
	ck_assert_uint_eq(harbour_count(&harbour, INTAKE_LINES), 0);
	harbour_close(&harbour);
	close(fd);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_pipe_is_read_to_its_end_and_stays_blocking),
    SUITE_TEST(a_file_is_read_a_slice_at_a_time),
    SUITE_TEST(the_end_of_a_file_ends_its_last_line),
    SUITE_TEST(a_request_of_a_browser_is_a_bad_line),
    SUITE_TEST(a_stop_before_the_end_leaves_a_line_truncated),
    SUITE_TEST(a_stop_in_the_midst_of_a_file_is_heeded),
    SUITE_TEST(what_cannot_be_read_has_ended),
    {0},
};

SUITE_MAIN("ingest/input", tests)
