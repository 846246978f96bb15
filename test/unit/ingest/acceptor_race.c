/* SPDX-License-Identifier: MIT */
/* acceptor_race.c -- connections that come, talk, end, are reset and make room
 * for others, at the first worker and handed to another, up to the end of the
 * daemon and in the midst of it. */

#include "test/unit/random.h"
#include "test/unit/stage.h"
#include "test/unit/suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CALLERS 3
#define ROUNDS 500
#define HELD 8 /* by each caller at most: together more than may be open */

static const char *const options[] = {"workers=2", "interval=100ms", "limits.connections=10",
    "limits.connections_per_address=12", "listen.stage.tcp=127.0.0.1:0",
    "sinks={screen: {type: stdout}}", NULL};

struct caller {
	pthread_t thread;
	union inet_address address;
	uint64_t random;
	uint64_t connected;
	_Atomic bool *ended; /* NULL: after so many rounds */
};

static int
connect_to(struct caller *caller)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, &caller->address.any, inet_length(&caller->address)) == 0) {
		caller->connected++;
		return fd;
	}
	close(fd);
	return -1;
}

/* Close it, more or less politely. */
static void
leave(int fd, bool politely)
{
	const struct linger at_once = {.l_onoff = 1};

	if (!politely)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

static void *
call(void *arg)
{
	static const char *const says[] = {
	    "a:1|c\n", "b:1|c\nhalf", ":1|c\nc:1|c\nc:1|c\n", "GET / HTTP/1.1\r\n", "x", "\n"};
	struct caller *caller = arg;
	int held[HELD];

	for (unsigned i = 0; i < HELD; i++)
		held[i] = -1;
	for (unsigned round = 0;
	     caller->ended != NULL ? !atomic_load(caller->ended) : round < ROUNDS; round++) {
		int *fd = &held[random_below(&caller->random, HELD)];
		unsigned what = random_below(&caller->random, 16);

		if (*fd < 0) {
			*fd = connect_to(caller);
		} else if (what < 4) {
			leave(*fd, what < 3);
			*fd = -1;
		} else {
			const char *text = says[what % (sizeof(says) / sizeof(*says))];

			(void)!send(*fd, text, strlen(text), MSG_NOSIGNAL);
		}
	}
	for (unsigned i = 0; i < HELD; i++)
		if (held[i] >= 0)
			leave(held[i], true);
	return NULL;
}

static void
caller_start(struct caller *caller, const struct stage *stage, uint64_t seed, _Atomic bool *ended)
{
	*caller = (struct caller){
	    .address = stage_sources(stage)->ingest->doors[0].address,
	    .random = seed,
	    .ended = ended,
	};
	ck_assert_int_eq(pthread_create(&caller->thread, NULL, call, caller), 0);
}

static uint64_t
closed(const struct ingest *ingest)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < CLOSE_REASONS; i++)
		sum += ingest_listener_counter(ingest, 0, INTAKE_CONNECTIONS_CLOSED + i);
	return sum;
}

START_TEST(every_connection_is_accounted_for)
{
	struct caller callers[CALLERS], late;
	uint64_t seed = random_seed(), connected = 0;
	_Atomic bool ended = false;
	time_t deadline = time(NULL) + 60;

	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	struct stage *stage = stage_open(options);
	const struct ingest *ingest = stage_sources(stage)->ingest;

	for (unsigned i = 0; i < CALLERS; i++)
		caller_start(&callers[i], stage, random_next(&seed), NULL);
	for (unsigned i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		connected += callers[i].connected;
	}
	while (closed(ingest) < connected)
		ck_assert_int_lt(time(NULL), deadline);
	ck_assert_uint_eq(
	    ingest_listener_counter(ingest, 0, INTAKE_CONNECTIONS_ACCEPTED), connected);
	ck_assert_uint_eq(ingest_listener_counter(ingest, 0, INTAKE_CONNECTIONS), 0);
	ck_assert_uint_gt(
	    ingest_listener_counter(ingest, 0, INTAKE_CONNECTIONS_CLOSED + CLOSE_CROWDED), 0);
	ck_assert_uint_gt(
	    ingest_listener_counter(ingest, 0, INTAKE_CONNECTIONS_CLOSED + CLOSE_HTTP), 0);

	caller_start(&late, stage, random_next(&seed), &ended);
	while (closed(ingest) < connected + 10)
		ck_assert_int_lt(time(NULL), deadline);
	struct account account = stage_close(stage);

	atomic_store(&ended, true);
	pthread_join(late.thread, NULL);
	ck_assert(account_balances(&account));
	ck_assert_uint_gt(account.accepted, 0);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(every_connection_is_accounted_for),
    {0},
};

SUITE_MAIN("connections between threads", tests)
