/* SPDX-License-Identifier: MIT */
/* harbour.c -- workers without threads. */

#include "test/unit/ingest/harbour.h"

#include "base/hash.h"
#include "base/mem.h"
#include "net/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_SECONDS 60

enum heard { HEARD_DRAINED, HEARD_END };

const struct stream_limits harbour_roomy = {
    .line_bytes = 8192, .connections = 10000, .per_address = 10000, .idle_ns = ITEM_WORD};

static int64_t
real_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int64_t
harbour_patience(void)
{
	return real_seconds() + PATIENCE_SECONDS;
}

bool
harbour_patience_lasts(int64_t until)
{
	sched_yield();
	return real_seconds() < until;
}

static void
wake_nobody(void *arg)
{
	(void)arg;
}

void
harbour_open(struct harbour *harbour, unsigned workers, const struct stream_limits *limits)
{
	if (hash_secret[0] == 0)
		hash_init();
	memset(harbour, 0, sizeof(*harbour));
	mailbox_init(&harbour->main, wake_nobody, NULL);
	harbour->quota.most = 1000;
	harbour->origin = (struct origin){
	    .profile = 1,
	    .rules = {.clean = true, .prefix = "", .most_bytes = 1024, .most_tags = 8},
	};
	harbour->plan = (struct worker_plan){
	    .budget = {.timer_values = 512, .bytes = 1 << 20, .scale = 6},
	    .quota = &harbour->quota,
	    .listeners = 1,
	    .receivers = 1,
	    .streams = *limits,
	    .workers = harbour->workers,
	    .count = workers,
	    .sealed = &harbour->main,
	};
	for (unsigned i = 0; i < workers; i++)
		worker_init(&harbour->workers[i], i, &harbour->plan);
}

static unsigned
add_door(struct harbour *harbour, int fd, enum transport_kind transport, enum framing_kind framing,
    const struct access *access)
{
	unsigned number = harbour->door_count++;

	harbour->doors[number].fd = fd;
	harbour->doors[number].length = sizeof(harbour->doors[number].address);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&harbour->doors[number].address,
			     &harbour->doors[number].length),
	    0);
	worker_add_door(&harbour->workers[0],
	    &(struct door){
		.fd = fd,
		.transport = transport,
		.framing = framing,
		.origin = &harbour->origin,
		.access = access,
		.address = "the harbour",
	    });
	return number;
}

unsigned
harbour_add_tcp(struct harbour *harbour, const struct access *access)
{
	union inet_address address = {
	    .v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
	struct text error = {0};
	int fd = tcp_listen(&address, &error);

	ck_assert_msg(fd >= 0, "%s", text_string(&error));
	return add_door(harbour, fd, TRANSPORT_TCP, FRAMING_LINES, access);
}

unsigned
harbour_add_unix(struct harbour *harbour, enum framing_kind framing, const struct access *access)
{
	const struct sockaddr_un any = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	/* Given the family only, the kernel chooses an abstract name. */
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&any, sizeof(sa_family_t)), 0);
	ck_assert_int_eq(listen(fd, 64), 0);
	return add_door(harbour, fd, TRANSPORT_UNIX_STREAM, framing, access);
}

void
harbour_add_stdin(struct harbour *harbour, int fd)
{
	harbour->ended = (struct notice){.to = &harbour->main, .kind = HEARD_END};
	worker_add_stdin(&harbour->workers[0], 0, &harbour->origin, fd, &harbour->ended);
}

void
harbour_start(struct harbour *harbour)
{
	acceptor_start(harbour->workers[0].acceptor);
	if (harbour->workers[0].input != NULL)
		input_start(harbour->workers[0].input);
}

void
harbour_turn(struct harbour *harbour)
{
	for (unsigned i = 0; i < harbour->plan.count; i++)
		uv_run(&harbour->workers[i].thread.loop, UV_RUN_NOWAIT);
	for (struct mail *at = mailbox_collect(&harbour->main); at != NULL; at = at->next)
		*(at->kind == HEARD_DRAINED ? &harbour->drained : &harbour->ends) += 1;
}

int
harbour_connect(const struct harbour *harbour, unsigned door, unsigned host)
{
	const struct sockaddr *address = (const struct sockaddr *)&harbour->doors[door].address;
	int client = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~UINT32_C(255)) + host)};

	ck_assert_int_ge(client, 0);
	if (address->sa_family == AF_INET)
		ck_assert_int_eq(bind(client, (const struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(connect(client, address, harbour->doors[door].length), 0);
	return client;
}

/* Bytes taken in; those of a line that is kept until its end are not. */
static uint64_t
bytes_taken(const struct harbour *harbour)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < TRANSPORTS; i++)
		sum += harbour_count(harbour, INTAKE_BYTES + i);
	return sum;
}

void
harbour_say_bytes(struct harbour *harbour, int client, const char *bytes, size_t len)
{
	uint64_t before = bytes_taken(harbour);

	ck_assert_int_eq(send(client, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
	HARBOUR_UNTIL(harbour, bytes_taken(harbour) > before);
}

void
harbour_say(struct harbour *harbour, int client, const char *text)
{
	harbour_say_bytes(harbour, client, text, strlen(text));
}

uint64_t
harbour_count(const struct harbour *harbour, size_t which)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < harbour->plan.count; i++)
		sum += counter_get(&harbour->workers[i].counters[0][which]);
	return sum;
}

uint64_t
harbour_closed(const struct harbour *harbour, enum close_reason reason)
{
	return harbour_count(harbour, INTAKE_CONNECTIONS_CLOSED + reason);
}

uint64_t
harbour_refused(const struct harbour *harbour, enum reason reason)
{
	return harbour_count(harbour, INTAKE_LINES_REFUSED + reason);
}

void
harbour_stop(struct harbour *harbour)
{
	for (unsigned i = 0; i < harbour->plan.count; i++) {
		harbour->notices[i] = (struct notice){.to = &harbour->main, .kind = HEARD_DRAINED};
		mailbox_post(
		    &harbour->workers[i].thread.inbox, &harbour->notices[i].mail, WORKER_DRAIN);
	}
}

static void
expect_all_closed(const struct harbour *harbour)
{
	uint64_t closed = 0;

	for (enum close_reason reason = 0; reason < CLOSE_REASONS; reason++)
		closed += harbour_closed(harbour, reason);
	ck_assert_uint_eq(harbour_count(harbour, INTAKE_CONNECTIONS), 0);
	ck_assert_uint_eq(harbour_count(harbour, INTAKE_CONNECTIONS_ACCEPTED), closed);
}

void
harbour_close(struct harbour *harbour)
{
	if (harbour->notices[0].to == NULL)
		harbour_stop(harbour);
	HARBOUR_UNTIL(harbour, harbour->drained == harbour->plan.count);
	expect_all_closed(harbour);
	for (unsigned i = 0; i < harbour->plan.count; i++) {
		thread_finish(&harbour->workers[i].thread);
		thread_run(&harbour->workers[i].thread);
	}
	for (unsigned i = 0; i < harbour->plan.count; i++)
		worker_fini(&harbour->workers[i]);
}
