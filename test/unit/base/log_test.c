/* SPDX-License-Identifier: MIT */
/* log_test.c -- what the operator reads. Standard error is a pipe of ours;
 * each test is a process of its own. */

#include "base/log.h"

#include "base/clock.h"
#include "test/unit/suite.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* 2026-01-02T03:04:05.678Z */
#define THEN (INT64_C(1767323045678) * CLOCK_MS)
#define MANY 5000

static char seen[1 << 20];
static size_t seen_len;

/* From here on standard error is a pipe; returns its other end. */
static int
catch_stderr(void)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	clock_make_virtual(THEN);
	return ends[0];
}

/* All that has come, with what is in the pipe now. */
static const char *
read_more(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	while (poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN)) {
		ssize_t got = read(fd, seen + seen_len, sizeof(seen) - 1 - seen_len);

		ck_assert_int_gt(got, 0);
		seen_len += (size_t)got;
	}
	seen[seen_len] = '\0';
	return seen;
}

/* What has come since the last look. */
static const char *
read_now(int fd)
{
	seen_len = 0;
	return read_more(fd);
}

static void
start(int level, int format)
{
	log_start(&(struct log_settings){.level = level, .format = format});
}

START_TEST(before_the_start_people_read_it_at_once)
{
	int fd = catch_stderr();

	log_info("listening on %s", "127.0.0.1:8125");
	ck_assert_str_eq(read_now(fd), "03:04:05 info  listening on 127.0.0.1:8125\n");
	log_debug("not shown");
	log_warn("cannot open \"x\"\n\x1b[31m");
	ck_assert_str_eq(read_now(fd), "03:04:05 warn  cannot open \"x\"\\n\\x1b[31m\n");
}
END_TEST

START_TEST(logfmt_is_written_where_no_person_looks)
{
	int fd = catch_stderr();

	start(LOG_LEVEL_INFO, LOG_FORMAT_AUTO);
	log_error("cannot open \"x\\y\"\tcaf\xc3\xa9\xff");
	log_stop();
	ck_assert_str_eq(read_now(fd),
	    "time=2026-01-02T03:04:05.678Z level=error "
	    "msg=\"cannot open \\\"x\\\\y\\\"\\tcaf\xc3\xa9\\xff\"\n");
}
END_TEST

START_TEST(what_is_less_important_than_the_level_is_not_written)
{
	int fd = catch_stderr();

	start(LOG_LEVEL_WARN, LOG_FORMAT_HUMAN);
	log_debug("one");
	log_info("two");
	log_warn("three");
	log_error("four");
	log_stop();
	ck_assert_str_eq(read_now(fd), "03:04:05 warn  three\n03:04:05 error four\n");
	ck_assert_uint_eq(log_suppressed(), 0);
}
END_TEST

START_TEST(it_can_be_started_again_and_is_direct_between)
{
	int fd = catch_stderr();

	for (int i = 0; i < 3; i++) {
		start(LOG_LEVEL_DEBUG, LOG_FORMAT_HUMAN);
		log_debug("in the ring %d", i);
		log_stop();
		log_stop();
		log_info("direct %d", i);
	}
	ck_assert_str_eq(read_now(fd),
	    "03:04:05 debug in the ring 0\n03:04:05 info  direct 0\n"
	    "03:04:05 debug in the ring 1\n03:04:05 info  direct 1\n"
	    "03:04:05 debug in the ring 2\n03:04:05 info  direct 2\n");
}
END_TEST

START_TEST(too_long_a_line_ends_in_dots_between_characters)
{
	int fd = catch_stderr();
	char text[2001];

	for (size_t i = 0; i < 2000; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[2000] = '\0';
	for (int shift = 0; shift < 2; shift++) {
		log_info("%.*s%s", shift, "x", text);
		const char *line = read_now(fd), *end = strstr(line + 100, "...\n");

		ck_assert_ptr_nonnull(end);
		ck_assert_ptr_null(strstr(line, "\\x"));
		ck_assert_uint_gt((size_t)(end - line), 400);
	}
}
END_TEST

static void
say(int i)
{
	log_warn("line %d", i);
}

START_TEST(a_site_that_repeats_itself_is_held_back_and_says_so)
{
	int fd = catch_stderr();

	for (int i = 0; i < LOG_SITE_BURST + 5; i++)
		say(i);
	ck_assert_ptr_nonnull(strstr(read_now(fd), "line 9\n"));
	ck_assert_ptr_null(strstr(seen, "line 10"));
	ck_assert_uint_eq(log_suppressed(), 5);
	log_warn("another site");
	ck_assert_str_eq(read_now(fd), "03:04:05 warn  another site\n");

	clock_advance(CLOCK_SECOND);
	say(100);
	say(101);
	ck_assert_str_eq(
	    read_now(fd), "03:04:06 warn  line 100 (suppressed 5)\n03:04:06 warn  line 101\n");
	ck_assert_uint_eq(log_suppressed(), 5);
}
END_TEST

static void
say_at_length(int i)
{
	clock_advance(CLOCK_SECOND); /* or the site would hold it back */
	log_info("%0400d", i);
}

/* More than the pipe and the ring take while nobody reads. */
static void
flood(void)
{
	for (int i = 0; i < MANY; i++)
		say_at_length(i);
}

static size_t
count_in(const char *text, const char *part)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
		count++;
	return count;
}

static void
read_lines(int fd, size_t lines)
{
	while (count_in(read_more(fd), "\n") < lines)
		poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
}

START_TEST(a_full_pipe_costs_lines_and_never_the_caller)
{
	int fd = catch_stderr();

	start(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
	flood();
	uint64_t lost = log_suppressed();

	/* A ring of 1024 and a pipe of 64 KiB hold far less. */
	ck_assert_uint_gt(lost, MANY / 2);
	ck_assert_uint_lt(lost, MANY - 1024);
	log_stop();
	log_info("nobody writes this: that would wait");
	ck_assert_uint_eq(log_suppressed(), lost + 1);
	close(fd);
}
END_TEST

START_TEST(lines_lost_to_a_full_ring_are_told_with_the_next)
{
	static const char part[] = "(suppressed ";
	int fd = catch_stderr();
	uint64_t told = 0;

	start(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
	flood();
	uint64_t lost = log_suppressed();

	read_lines(fd, MANY - (size_t)lost);
	say_at_length(MANY);
	log_stop();
	for (const char *at = read_more(fd); (at = strstr(at, part)) != NULL; at++)
		told += strtoull(at + strlen(part), NULL, 10);
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_eq(told, lost);
	ck_assert_uint_eq(log_suppressed(), lost);
}
END_TEST

START_TEST(a_reader_that_went_away_costs_lines_only)
{
	int fd = catch_stderr();

	start(LOG_LEVEL_INFO, LOG_FORMAT_HUMAN);
	close(fd);
	log_info("into the void");
	log_stop();
	ck_assert_uint_eq(log_suppressed(), 1);
}
END_TEST

START_TEST(a_pipe_that_does_not_block_is_waited_for)
{
	int fd = catch_stderr();

	ck_assert_int_eq(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK), 0);
	start(LOG_LEVEL_INFO, LOG_FORMAT_HUMAN);
	for (int i = 0; i < 1000; i++)
		say_at_length(i);
	read_lines(fd, 1000);
	log_stop();
	ck_assert_uint_eq(log_suppressed(), 0);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(before_the_start_people_read_it_at_once),
    SUITE_TEST(logfmt_is_written_where_no_person_looks),
    SUITE_TEST(what_is_less_important_than_the_level_is_not_written),
    SUITE_TEST(it_can_be_started_again_and_is_direct_between),
    SUITE_TEST(too_long_a_line_ends_in_dots_between_characters),
    SUITE_TEST(a_site_that_repeats_itself_is_held_back_and_says_so),
    SUITE_TEST(a_full_pipe_costs_lines_and_never_the_caller),
    SUITE_TEST(lines_lost_to_a_full_ring_are_told_with_the_next),
    SUITE_TEST(a_reader_that_went_away_costs_lines_only),
    SUITE_TEST(a_pipe_that_does_not_block_is_waited_for),
    {0},
};

SUITE_MAIN("base/log", tests)
