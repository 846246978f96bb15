/* SPDX-License-Identifier: MIT */
/* control_test.c -- visitors of the control socket come, ask and go, and those
 * who know the answers take their time. */

#include "admin/control.h"

#include "test/unit/suite.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define VISITORS 80 /* more than may wait at once ... */
#define WAITING 64  /* ... which are so many */

/* A control socket on a loop that the test turns; the worker that everybody is
 * sent to is the test, too. */
struct gate {
	struct thread thread;
	struct worker worker;
	struct ingest ingest;
	struct control *control;
	struct mail *letters; /* that have come for the worker, the newest first */
	unsigned letter_count;
	char path[64];
};

static struct gate gate;

static void
wake_nobody(void *arg)
{
	(void)arg;
}

static void
deliver(struct thread *thread, struct mail *mail)
{
	(void)thread;
	control_report(mail);
}

static void
gate_open(void)
{
	const struct control_settings settings = {.mode = 0600, .group = (char[]){""}};
	struct inquiry_desk desk = {.ingest = &gate.ingest, .to = &gate.thread.inbox};
	struct text error = {0};

	gate = (struct gate){0};
	signal(SIGPIPE, SIG_IGN);
	thread_init(&gate.thread, "gate", deliver);
	mailbox_init(&gate.worker.thread.inbox, wake_nobody, NULL);
	gate.ingest.workers = &gate.worker;
	gate.ingest.count = 1;
	snprintf(gate.path, sizeof(gate.path), "/tmp/control_test.%d", (int)getpid());
	gate.control = control_open(&gate.thread, gate.path, &settings, &desk, &error);
	ck_assert_msg(gate.control != NULL, "%s", text_string(&error));
}

/* Until nothing more happens by itself. */
static void
turn(void)
{
	for (int i = 0; i < 20; i++)
		uv_run(&gate.thread.loop, UV_RUN_NOWAIT);
	for (struct mail *mail = mailbox_collect(&gate.worker.thread.inbox); mail != NULL;) {
		struct mail *next = mail->next;

		mail->next = gate.letters;
		gate.letters = mail;
		gate.letter_count++;
		mail = next;
	}
}

/* The worker has done what it was asked. */
static void
answer_all(void)
{
	while (gate.letters != NULL) {
		struct errand *errand = (struct errand *)gate.letters;

		gate.letters = gate.letters->next;
		gate.letter_count--;
		errand->series = 7;
		mailbox_post(errand->to, &errand->mail, errand->kind);
	}
	turn();
}

static void
gate_close(void)
{
	if (gate.control != NULL)
		control_close(&gate.control);
	turn();
	ck_assert_ptr_null(gate.letters);
	thread_finish(&gate.thread);
	thread_run(&gate.thread);
	thread_fini(&gate.thread);
	ck_assert_int_ne(access(gate.path, F_OK), 0);
}

static int
visit(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, gate.path, strlen(gate.path));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	turn();
	return fd;
}

static void
say(int fd, const char *line)
{
	ssize_t sent = send(fd, line, strlen(line), MSG_NOSIGNAL);

	ck_assert(sent == (ssize_t)strlen(line) || errno == EPIPE);
	turn();
}

/* What a visitor has got: "" nothing and the end, NULL nothing yet. */
static const char *
got(int fd)
{
	static char answer[256];
	ssize_t len = recv(fd, answer, sizeof(answer) - 1, 0);

	if (len < 0) {
		ck_assert(errno == EAGAIN || errno == ECONNRESET);
		return errno == EAGAIN ? NULL : "";
	}
	answer[len] = '\0';
	return answer;
}

START_TEST(an_answer_comes_when_the_workers_have_answered)
{
	gate_open();
	int fd = visit();

	say(fd, "forget a");
	ck_assert_uint_eq(gate.letter_count, 0); /* the line is not whole */
	say(fd, ".*\nforget b\n");
	ck_assert_uint_eq(gate.letter_count, 1);
	ck_assert_ptr_null(got(fd));
	answer_all();
	ck_assert_str_eq(got(fd), "{\"pattern\":\"a.*\",\"series\":7}\n");
	ck_assert_str_eq(got(fd), "");
	close(fd);
	gate_close();
}
END_TEST

START_TEST(one_who_leaves_early_is_heeded_and_forgotten)
{
	gate_open();
	int fd = visit();

	say(fd, "forget a\n");
	close(fd);
	turn();
	ck_assert_uint_eq(gate.letter_count, 1);
	answer_all();
	gate_close();
}
END_TEST

START_TEST(letters_may_come_back_after_the_gate_is_closed)
{
	gate_open();
	int stays = visit(), leaves = visit();

	say(stays, "forget a\n");
	say(leaves, "block\n");
	close(leaves);
	turn();
	control_close(&gate.control);
	turn();
	ck_assert_str_eq(got(stays), "");
	ck_assert_uint_eq(gate.letter_count, 2);
	answer_all();
	close(stays);
	gate_close();
}
END_TEST

START_TEST(so_many_may_wait_and_no_more)
{
	int visitors[VISITORS];

	gate_open();
	for (int i = 0; i < VISITORS; i++) {
		visitors[i] = visit();
		say(visitors[i], "block\n");
	}
	ck_assert_uint_eq(gate.letter_count, WAITING);
	for (int i = 0; i < VISITORS; i++)
		ck_assert(i < WAITING ? got(visitors[i]) == NULL : *got(visitors[i]) == '\0');
	answer_all();
	for (int i = 0; i < WAITING; i++)
		ck_assert_str_eq(got(visitors[i]), "{\"blocks\":[]}\n");
	for (int i = 0; i < VISITORS; i++)
		close(visitors[i]);
	int next = visit();

	say(next, "block\n");
	ck_assert_uint_eq(gate.letter_count, 1);
	answer_all();
	close(next);
	gate_close();
}
END_TEST

START_TEST(the_silent_make_room_those_who_wait_do_not)
{
	int visitors[WAITING];

	gate_open();
	for (int i = 0; i < 17; i++)
		visitors[i] = visit();
	ck_assert_str_eq(got(visitors[0]), ""); /* the one that was first */
	for (int i = 1; i < 17; i++) {
		ck_assert_ptr_null(got(visitors[i]));
		say(visitors[i], "block\n");
	}
	ck_assert_uint_eq(gate.letter_count, 16);
	visitors[17] = visit();
	ck_assert_ptr_null(got(visitors[17]));
	visitors[18] = visit();
	ck_assert_str_eq(got(visitors[17]), "");
	ck_assert_uint_eq(gate.letter_count, 16);
	answer_all();
	for (int i = 0; i < 19; i++)
		close(visitors[i]);
	gate_close();
}
END_TEST

START_TEST(an_endless_line_is_given_up)
{
	char much[5000];

	gate_open();
	int fd = visit();

	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	say(fd, much);
	ck_assert_str_eq(got(fd), "");
	close(fd);
	gate_close();
}
END_TEST

START_TEST(a_second_daemon_is_told_what_to_do)
{
	const struct control_settings settings = {.mode = 0600, .group = (char[]){""}};
	struct text error = {0};

	gate_open();
	ck_assert_ptr_null(
	    control_open(&gate.thread, gate.path, &settings, &(struct inquiry_desk){0}, &error));
	ck_assert_ptr_nonnull(
	    strstr(text_string(&error), "; give this one its own with control.socket"));
	turn();
	close(visit()); /* the first one is still there */
	text_fini(&error);
	gate_close();
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(an_answer_comes_when_the_workers_have_answered),
    SUITE_TEST(one_who_leaves_early_is_heeded_and_forgotten),
    SUITE_TEST(letters_may_come_back_after_the_gate_is_closed),
    SUITE_TEST(so_many_may_wait_and_no_more),
    SUITE_TEST(the_silent_make_room_those_who_wait_do_not),
    SUITE_TEST(an_endless_line_is_given_up),
    SUITE_TEST(a_second_daemon_is_told_what_to_do),
    {0},
};

SUITE_MAIN("admin/control", tests)
