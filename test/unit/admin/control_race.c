/* SPDX-License-Identifier: MIT */
/* control_race.c -- clients of the control socket have series blocked and
 * forgotten, ask who sends them, and leave without an answer, while workers take
 * lines in and the flusher takes their windows; and while the daemon stops. */

#include "cli/client.h"
#include "test/unit/stage.h"
#include "test/unit/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ASKERS 3
#define ROUNDS 60
#define SERIES 200

static const char *const options[] = {"workers=2", "interval=100ms", "listen.stage.steer=random",
    "limits.series=300", "sinks={screen: {type: stdout}}", NULL};

static const char *const lines[] = {"block 60 c.1*", "sources", "forget c.*", "block 0 c.1*",
    "status", "forget *", "block - g.*", "block", "block 0 g.*", "frobnicate"};

#define LINES (sizeof(lines) / sizeof(*lines))

struct asker {
	pthread_t thread;
	const char *path;
	unsigned first;
	unsigned answered;
};

/* Ask, and do not wait for the answer. */
static void
ask_and_leave(const char *path, const char *line)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		send(fd, line, strlen(line), MSG_NOSIGNAL);
		send(fd, "\n", 1, MSG_NOSIGNAL);
	}
	close(fd);
}

static void *
ask_on(void *arg)
{
	struct asker *asker = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		const char *line = lines[(asker->first + i) % LINES];
		struct text answer = {0};

		if (i % 4 == 0) {
			ask_and_leave(asker->path, line);
		} else if (client_ask(asker->path, line, CLIENT_WALK_SECONDS, &answer) == 0 &&
		    answer.len > 2 && answer.bytes[0] == '{') {
			asker->answered++;
		}
		text_fini(&answer);
	}
	return NULL;
}

static void
send_series(struct stage *stage, unsigned round)
{
	char datagram[128];

	for (unsigned i = 0; i < SERIES; i++) {
		int len = snprintf(datagram, sizeof(datagram), "c.%u:1|c\ng.%u:%u|g\nt.%u:1|ms", i,
		    i, round, i % 10);

		stage_send(stage, datagram, (size_t)len);
	}
}

static void
wait_flush(const counter *flushes, uint64_t count)
{
	while (counter_get(flushes) < count)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* Until the workers sit at their sockets again, with full tables. */
static void
settle(struct stage *stage, uint64_t sent)
{
	const counter *flushes = &stage_sources(stage)->flusher->counters[FLUSH_FLUSHES];
	struct account account;
	struct text answer = {0};

	do
		account = stage_account(stage);
	while (account.datagrams_read + account.datagrams_dropped < sent);
	wait_flush(flushes, counter_get(flushes) + 2);
	ck_assert_int_eq(client_ask(stage_control(stage), "block", CLIENT_SECONDS, &answer), 0);
	text_fini(&answer);
}

START_TEST(everybody_is_answered_and_nothing_is_lost)
{
	struct asker askers[ASKERS];
	struct account account;
	uint64_t sent = 0;

	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	struct stage *stage = stage_open(options);

	for (unsigned i = 0; i < ASKERS; i++) {
		askers[i] = (struct asker){.path = stage_control(stage), .first = 3 * i};
		pthread_create(&askers[i].thread, NULL, ask_on, &askers[i]);
	}
	for (unsigned round = 0; round < 20; round++) {
		send_series(stage, round);
		sent += SERIES;
		do
			account = stage_account(stage);
		while (account.datagrams_read + account.datagrams_dropped < sent);
	}
	for (unsigned i = 0; i < ASKERS; i++) {
		pthread_join(askers[i].thread, NULL);
		ck_assert_uint_eq(askers[i].answered, ROUNDS - ROUNDS / 4);
	}
	settle(stage, sent);
	account = stage_close(stage);
	ck_assert(account_balances(&account));
	ck_assert_uint_eq(account.datagrams_read + account.datagrams_dropped, sent);
}
END_TEST

START_TEST(a_daemon_that_stops_waits_for_nobody_s_answer)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	for (unsigned i = 0; i < 10; i++) {
		struct stage *stage = stage_open(options);

		send_series(stage, i);
		settle(stage, SERIES);
		for (unsigned j = 0; j < 12; j++)
			ask_and_leave(stage_control(stage), lines[(i + j) % LINES]);
		struct account account = stage_close(stage);

		ck_assert(account_balances(&account));
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(everybody_is_answered_and_nothing_is_lost),
    SUITE_TEST(a_daemon_that_stops_waits_for_nobody_s_answer),
    {0},
};

SUITE_MAIN("the control socket beside all threads", tests)
