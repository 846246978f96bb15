/* SPDX-License-Identifier: MIT */
/* bench_send.c -- send prepared datagrams.
 *
 * A steady rate is kept by a burst each millisecond; one that comes late is
 * made up for, unless it is so late that making up would be a flood. */

#include "cli/bench_send.h"

#include "base/check.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define TURN 8 /* datagrams of one client, where there are others */
#define BURST_NS CLOCK_MS
#define LATENESS_FORGIVEN_NS (50 * CLOCK_MS)

/* A socket connected to where this one is, or a negative errno. */
static int
open_alike(int fd)
{
	struct sockaddr_storage server = {0};
	socklen_t len = sizeof(server);

	if (getpeername(fd, (struct sockaddr *)&server, &len) < 0)
		return -errno;
	int other = socket(server.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (other < 0)
		return -errno;
	if (connect(other, (const struct sockaddr *)&server, len) == 0)
		return other;
	int status = -errno;

	close(other);
	return status;
}

int
bench_sockets_open(struct bench_sockets *sockets, int fd, size_t count)
{
	CHECK(count >= 1 && count <= BENCH_SENDERS_MAX);
	sockets->fds[0] = fd;
	for (sockets->count = 1; sockets->count < count; sockets->count++) {
		int other = open_alike(fd);

		if (other < 0)
			return other;
		sockets->fds[sockets->count] = other;
	}
	return 0;
}

void
bench_sockets_close(struct bench_sockets *sockets)
{
	while (sockets->count > 0)
		close(sockets->fds[--sockets->count]);
}

struct sender {
	const struct bench_sockets *sockets;
	size_t turn; /* whose it is */
	const struct payload *payload;
	size_t next; /* datagram */
	uint64_t lines_left;
	struct bench_sent *sent;
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	uint32_t lines[BATCH]; /* in each message */
};

/* Fill in messages of at most `lines` lines, or of one datagram. */
static unsigned
fill_batch(struct sender *sender, uint64_t lines)
{
	uint64_t filled = 0;
	unsigned count = 0, most = sender->sockets->count > 1 ? TURN : BATCH;
	size_t next = sender->next;

	while (count < most && filled < sender->lines_left) {
		const struct payload_datagram *datagram = &sender->payload->datagrams[next];
		uint64_t left = sender->lines_left - filled;
		uint32_t takes = left < datagram->lines ? (uint32_t)left : datagram->lines;

		if (count > 0 && filled + takes > lines)
			break;
		sender->parts[count] =
		    (struct iovec){.iov_base = sender->payload->bytes.bytes + datagram->offset,
			.iov_len = payload_prefix(sender->payload, datagram, takes)};
		sender->lines[count++] = takes;
		filled += takes;
		next = next + 1 < sender->payload->count ? next + 1 : 0;
	}
	return count;
}

static void
step_over(struct sender *sender, unsigned count, bool taken)
{
	for (unsigned i = 0; i < count; i++) {
		sender->lines_left -= sender->lines[i];
		if (taken) {
			sender->sent->datagrams++;
			sender->sent->lines += sender->lines[i];
			sender->sent->bytes += sender->parts[i].iov_len;
		}
	}
	sender->next = (sender->next + count) % sender->payload->count;
}

/* One call's worth: the lines it got rid of, sent or not. */
static uint64_t
send_batch(struct sender *sender, uint64_t lines)
{
	uint64_t left = sender->lines_left;
	unsigned count = fill_batch(sender, lines);
	int fd = sender->sockets->fds[sender->turn];
	int taken = sendmmsg(fd, sender->messages, count, 0);

	if (taken >= 0) {
		/* The error that stopped it halfway is lost: sendmmsg(2). */
		sender->sent->failures += (unsigned)taken < count;
		step_over(sender, (unsigned)taken, true);
	} else if (errno == EAGAIN) {
		struct pollfd room = {.fd = fd, .events = POLLOUT};

		poll(&room, 1, -1);
	} else if (errno != EINTR) {
		sender->sent->failures++;
		sender->sent->last_error = errno;
		step_over(sender, 1, false);
	}
	sender->turn = (sender->turn + 1) % sender->sockets->count;
	return left - sender->lines_left;
}

static void
sleep_until(int64_t mono_ns)
{
	const struct timespec at = {
	    .tv_sec = mono_ns / CLOCK_SECOND, .tv_nsec = mono_ns % CLOCK_SECOND};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		continue;
}

static void
send_paced(struct sender *sender, double rate)
{
	const double per_burst = rate * (double)BURST_NS / (double)CLOCK_SECOND;
	int64_t due = clock_mono_ns();
	double credit = 0; /* lines; below zero after a datagram that held more */

	while (sender->lines_left > 0) {
		for (credit += per_burst; credit >= 1 && sender->lines_left > 0;)
			credit -= (double)send_batch(sender, (uint64_t)credit);
		due += BURST_NS;
		int64_t now = clock_mono_ns();

		if (now < due)
			sleep_until(due);
		else if (now - due > LATENESS_FORGIVEN_NS)
			due = now;
	}
}

static double
cpu_time_ns(void)
{
	struct timespec used;

	CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0);
	return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

void
bench_send(const struct bench_sockets *sockets, const struct payload *payload,
    const struct bench_plan *plan, struct bench_sent *sent)
{
	struct sender sender = {
	    .sockets = sockets, .payload = payload, .lines_left = plan->lines, .sent = sent};

	*sent = (struct bench_sent){0};
	for (size_t i = 0; i < BATCH; i++)
		sender.messages[i].msg_hdr =
		    (struct msghdr){.msg_iov = &sender.parts[i], .msg_iovlen = 1};
	fill_batch(&sender, 1);
	step_over(&sender, 1, true);
	double cpu = cpu_time_ns();
	int64_t start = clock_mono_ns();

	if (plan->rate > 0)
		send_paced(&sender, plan->rate);
	else
		while (sender.lines_left > 0)
			send_batch(&sender, UINT64_MAX);
	sent->seconds = (double)(clock_mono_ns() - start) / 1e9;
	sent->cpu_ns = cpu_time_ns() - cpu;
}
