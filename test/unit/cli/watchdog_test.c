/* SPDX-License-Identifier: MIT */
/* watchdog_test.c -- the manager's clock is wound only by all of them
 * together. The threads that are watched are mailboxes, which the test
 * answers for, or does not; time is virtual. */

#include "cli/watchdog.h"

#include "test/unit/suite.h"

#include <stdio.h>
#include <unistd.h>

#define THREADS 3
#define LETTER 7
#define ANSWER 9

struct stand {
	struct thread main;
	struct watchdog watchdog;
	int manager;
	struct mailbox boxes[THREADS];
	struct notice *kept[THREADS]; /* letters that were not passed on */
	size_t letters[THREADS];
	struct ingest ingest;
	struct flusher flusher;
	struct egress *egress;
	struct status_sources sources;
};

/* Of which there are none. */
static const struct item_map nothing;

static void
deliver(struct thread *thread, struct mail *mail)
{
	struct stand *stand = (struct stand *)((char *)thread - offsetof(struct stand, main));

	ck_assert_uint_eq(mail->kind, ANSWER);
	watchdog_hear(&stand->watchdog, mail);
}

static void
wake_nobody(void *arg)
{
	(void)arg;
}

/* Let main do what it has to. */
static void
turn(struct stand *stand)
{
	for (int i = 0; i < 5; i++)
		uv_run(&stand->main.loop, UV_RUN_NOWAIT);
}

static void
collect(struct stand *stand, size_t thread)
{
	struct mail *mail = mailbox_collect(&stand->boxes[thread]);

	if (mail == NULL)
		return;
	ck_assert_ptr_null(mail->next);
	ck_assert_uint_eq(mail->kind, LETTER);
	ck_assert_ptr_null(stand->kept[thread]);
	stand->kept[thread] = (struct notice *)mail;
	stand->letters[thread]++;
}

/* It was written to, and answers. */
static void
answer(struct stand *stand, size_t thread)
{
	collect(stand, thread);
	ck_assert_ptr_nonnull(stand->kept[thread]);
	notice_pass(stand->kept[thread]);
	stand->kept[thread] = NULL;
	turn(stand);
}

static void
answer_all(struct stand *stand)
{
	for (size_t i = 0; i < THREADS; i++)
		answer(stand, i);
}

static void
pass_seconds(struct stand *stand, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		clock_advance(CLOCK_SECOND);
		turn(stand);
	}
}

/* The next thing the manager hears; "" if nothing. */
static const char *
hear(struct stand *stand)
{
	static char got[512];
	ssize_t len = recv(stand->manager, got, sizeof(got) - 1, MSG_DONTWAIT);

	got[len > 0 ? len : 0] = '\0';
	return got;
}

static void
open_manager(struct stand *stand, const char *usec)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char named[64];

	snprintf(named, sizeof(named), "@tidemill-watchdog-%d", (int)getpid());
	memcpy(address.sun_path + 1, named + 1, strlen(named) - 1);
	stand->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(stand->manager, (struct sockaddr *)&address,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(named))),
	    0);
	setenv("NOTIFY_SOCKET", named, 1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (usec != NULL)
		setenv("WATCHDOG_USEC", usec, 1);
}

static void
stand_open(struct stand *stand)
{
	static const char *const names[THREADS] = {"worker 0", "worker 1", "flusher"};

	clock_make_virtual(INT64_C(1700000000) * CLOCK_SECOND);
	stand->ingest.listen = &nothing;
	stand->egress = egress_new(&nothing);
	stand->sources = (struct status_sources){
	    .ingest = &stand->ingest,
	    .flusher = &stand->flusher,
	    .egress = stand->egress,
	};
	thread_init(&stand->main, "main", deliver);
	watchdog_open(&stand->watchdog);
	for (size_t i = 0; i < THREADS; i++) {
		mailbox_init(&stand->boxes[i], wake_nobody, NULL);
		watchdog_watch(&stand->watchdog, names[i], &stand->boxes[i], LETTER);
	}
	watchdog_start(&stand->watchdog, &stand->main, ANSWER, &stand->sources);
	turn(stand);
}

static void
stand_close(struct stand *stand)
{
	watchdog_stop(&stand->watchdog, 5 * CLOCK_SECOND);
	for (size_t i = 0; i < THREADS; i++) {
		collect(stand, i);
		if (stand->kept[i] != NULL)
			answer(stand, i);
	}
	thread_finish(&stand->main);
	thread_run(&stand->main);
	thread_fini(&stand->main);
	watchdog_close(&stand->watchdog);
	egress_free(stand->egress);
}

#define FIGURES "STATUS=0 lines/s; series 0; connections 0; points delivered 0"

START_TEST(ready_is_said_once_and_stopping_at_the_end)
{
	struct stand stand = {0};

	open_manager(&stand, NULL);
	stand_open(&stand);
	ck_assert_str_eq(hear(&stand), "READY=1\nSTATUS=taking lines in");
	ck_assert_str_eq(hear(&stand), "");
	stand_close(&stand);
	ck_assert_str_eq(hear(&stand),
	    "STOPPING=1\nEXTEND_TIMEOUT_USEC=25000000\nSTATUS=stopping: one more flush, then what "
	    "is queued is delivered");
	ck_assert_str_eq(hear(&stand), "");
}
END_TEST

START_TEST(figures_come_without_a_watchdog_but_no_winding)
{
	struct stand stand = {0};

	open_manager(&stand, NULL);
	stand_open(&stand);
	hear(&stand);
	for (int i = 0; i < 3; i++) {
		answer_all(&stand);
		ck_assert_str_eq(hear(&stand), "");
		pass_seconds(&stand, 10);
		ck_assert_str_eq(hear(&stand), FIGURES);
	}
	stand_close(&stand);
}
END_TEST

START_TEST(the_last_answer_of_a_round_winds_the_clock)
{
	struct stand stand = {0};

	open_manager(&stand, "4000000");
	stand_open(&stand);
	hear(&stand);
	for (int round = 0; round < 5; round++) {
		/* In another order each time. */
		for (size_t i = 0; i < THREADS; i++) {
			ck_assert_str_eq(hear(&stand), "");
			answer(&stand, (i + (size_t)round) % THREADS);
		}
		ck_assert_str_eq(hear(&stand), "WATCHDOG=1");
		ck_assert_str_eq(hear(&stand), "");
		pass_seconds(&stand, 1);
		ck_assert_str_eq(hear(&stand), FIGURES);
	}
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_uint_eq(stand.letters[i], 5);
	stand_close(&stand);
}
END_TEST

/* Whichever it is, and however the others fare. */
START_TEST(one_thread_that_hangs_stops_the_winding)
{
	for (size_t hanging = 0; hanging < THREADS; hanging++) {
		struct stand stand = {0};
		static const char *const silent[THREADS] = {"worker 0", "worker 1", "flusher"};
		char expected[64];

		open_manager(&stand, "4000000");
		stand_open(&stand);
		hear(&stand);
		answer_all(&stand);
		ck_assert_str_eq(hear(&stand), "WATCHDOG=1");
		pass_seconds(&stand, 1);
		hear(&stand);
		for (size_t i = 0; i < THREADS; i++)
			if (i != hanging)
				answer(&stand, i);
		for (int second = 1; second <= 30; second++) {
			pass_seconds(&stand, 1);
			snprintf(expected, sizeof(expected), "STATUS=no answer for %d s from %s",
			    second, silent[hanging]);
			ck_assert_str_eq(hear(&stand), expected);
			ck_assert_str_eq(hear(&stand), "");
		}
		/* Nobody was written to again meanwhile. */
		for (size_t i = 0; i < THREADS; i++)
			if (i != hanging)
				ck_assert_ptr_null(mailbox_collect(&stand.boxes[i]));
		stand_close(&stand);
		close(stand.manager);
	}
}
END_TEST

START_TEST(a_thread_that_was_only_slow_winds_it_again)
{
	struct stand stand = {0};

	open_manager(&stand, "4000000");
	stand_open(&stand);
	hear(&stand);
	answer(&stand, 0);
	answer(&stand, 2);
	pass_seconds(&stand, 1);
	ck_assert_str_eq(hear(&stand), "STATUS=no answer for 1 s from worker 1");
	answer(&stand, 1);
	ck_assert_str_eq(hear(&stand), "WATCHDOG=1");
	pass_seconds(&stand, 1);
	ck_assert_str_eq(hear(&stand), FIGURES);
	answer_all(&stand);
	ck_assert_str_eq(hear(&stand), "WATCHDOG=1");
	stand_close(&stand);
}
END_TEST

START_TEST(all_that_are_silent_are_named)
{
	struct stand stand = {0};

	open_manager(&stand, "4000000");
	stand_open(&stand);
	hear(&stand);
	answer(&stand, 1);
	pass_seconds(&stand, 1);
	ck_assert_str_eq(hear(&stand), "STATUS=no answer for 1 s from worker 0, flusher");
	stand_close(&stand);
}
END_TEST

START_TEST(after_stopping_nothing_is_wound)
{
	struct stand stand = {0};

	open_manager(&stand, "4000000");
	stand_open(&stand);
	stand_close(&stand); /* all answer now */
	hear(&stand);
	ck_assert_int_eq(strncmp(hear(&stand), "STOPPING=1\n", 11), 0);
	ck_assert_str_eq(hear(&stand), "");
}
END_TEST

START_TEST(letters_go_out_four_times_within_its_patience)
{
	static const struct {
		const char *usec;
		int64_t period_ns;
	} cases[] = {
	    {NULL, 10 * CLOCK_SECOND},
	    {"30000000", 7500 * CLOCK_MS},
	    {"2000000", 500 * CLOCK_MS},
	    {"600000000", 10 * CLOCK_SECOND},
	    {"1", 10 * CLOCK_MS},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct stand stand = {0};

		open_manager(&stand, cases[i].usec);
		stand_open(&stand);
		hear(&stand);
		answer_all(&stand);
		hear(&stand);
		clock_advance(cases[i].period_ns - 1);
		turn(&stand);
		ck_assert_str_eq(hear(&stand), "");
		clock_advance(1);
		turn(&stand);
		ck_assert_str_eq(hear(&stand), FIGURES);
		stand_close(&stand);
		close(stand.manager);
	}
}
END_TEST

START_TEST(without_a_manager_nobody_is_written_to)
{
	struct stand stand = {0};

	unsetenv("NOTIFY_SOCKET");
	stand_open(&stand);
	pass_seconds(&stand, 30);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_ptr_null(mailbox_collect(&stand.boxes[i]));
	stand_close(&stand);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(ready_is_said_once_and_stopping_at_the_end),
    SUITE_TEST(figures_come_without_a_watchdog_but_no_winding),
    SUITE_TEST(the_last_answer_of_a_round_winds_the_clock),
    SUITE_TEST(one_thread_that_hangs_stops_the_winding),
    SUITE_TEST(a_thread_that_was_only_slow_winds_it_again),
    SUITE_TEST(all_that_are_silent_are_named),
    SUITE_TEST(after_stopping_nothing_is_wound),
    SUITE_TEST(letters_go_out_four_times_within_its_patience),
    SUITE_TEST(without_a_manager_nobody_is_written_to),
    {0},
};

SUITE_MAIN("watchdog", tests)
