/* SPDX-License-Identifier: MIT */
/* log_race.c -- many threads talk at once; each line is written once, whole,
 * and in its thread's order, or counted. */

#include "base/log.h"

#include "test/unit/suite.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TALKERS 4
#define LINES 3000

static struct log_site sites[TALKERS][LINES]; /* one for each line: no burst */
static struct log_site shared;
static size_t lines_read; /* the listener's until it is joined */

struct talker {
	pthread_t thread;
	int number;
	bool shares;
};

static void *
talk(void *arg)
{
	const struct talker *me = arg;

	for (int i = 0; i < LINES; i++)
		log_write(me->shares ? &shared : &sites[me->number][i], LOG_LEVEL_INFO, "%d %d end",
		    me->number, i);
	return NULL;
}

static void *
listen_all(void *arg)
{
	FILE *in = fdopen(*(int *)arg, "r");
	int last[TALKERS] = {-1, -1, -1, -1}, talker, line;
	char text[600];

	while (fgets(text, sizeof(text), in) != NULL) {
		char end[8] = "";

		ck_assert_int_eq(sscanf(text, "%*s info %d %d %7s", &talker, &line, end), 3);
		ck_assert_str_eq(end, "end");
		ck_assert_int_gt(line, last[talker]);
		last[talker] = line;
		lines_read++;
	}
	fclose(in);
	return NULL;
}

static void
let_them_talk(bool share)
{
	int ends[2], kept = dup(STDERR_FILENO);
	struct talker talkers[TALKERS];
	pthread_t listener;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	ck_assert_int_eq(pthread_create(&listener, NULL, listen_all, &ends[0]), 0);
	log_start(&(struct log_settings){.level = LOG_LEVEL_INFO, .format = LOG_FORMAT_HUMAN});
	for (int i = 0; i < TALKERS; i++) {
		talkers[i] = (struct talker){.number = i, .shares = share};
		ck_assert_int_eq(pthread_create(&talkers[i].thread, NULL, talk, &talkers[i]), 0);
	}
	for (int i = 0; i < TALKERS; i++)
		pthread_join(talkers[i].thread, NULL);
	log_stop();
	dup2(kept, STDERR_FILENO); /* the pipe's last writer: its reader ends */
	close(kept);
	pthread_join(listener, NULL);
}

START_TEST(every_line_is_written_whole_and_in_order_or_counted)
{
	let_them_talk(false);
	ck_assert_uint_ge(lines_read, 1024); /* nothing is lost before the ring is full */
	ck_assert_uint_eq(lines_read + log_suppressed(), TALKERS * LINES);
}
END_TEST

START_TEST(threads_that_share_a_site_share_its_burst)
{
	let_them_talk(true);
	ck_assert_uint_ge(lines_read, LOG_SITE_BURST);
	ck_assert_uint_lt(lines_read, LINES);
	ck_assert_uint_eq(lines_read + log_suppressed(), TALKERS * LINES);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(every_line_is_written_whole_and_in_order_or_counted),
    SUITE_TEST(threads_that_share_a_site_share_its_burst),
    {0},
};

SUITE_MAIN("base/log", tests)
