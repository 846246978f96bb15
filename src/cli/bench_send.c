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

#define BATCH 64
#define BURST_NS CLOCK_MS
#define LATENESS_FORGIVEN_NS (50 * CLOCK_MS)

struct sender {
	int fd;
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
	unsigned count = 0;
	size_t next = sender->next;

	while (count < BATCH && filled < sender->lines_left) {
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
	int taken = sendmmsg(sender->fd, sender->messages, count, 0);

	if (taken >= 0) {
		/* The error that stopped it halfway is lost: sendmmsg(2). */
		sender->sent->failures += (unsigned)taken < count;
		step_over(sender, (unsigned)taken, true);
	} else if (errno == EAGAIN) {
		struct pollfd room = {.fd = sender->fd, .events = POLLOUT};

		poll(&room, 1, -1);
	} else if (errno != EINTR) {
		sender->sent->failures++;
		sender->sent->last_error = errno;
		step_over(sender, 1, false);
	}
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
bench_send(
    int fd, const struct payload *payload, const struct bench_plan *plan, struct bench_sent *sent)
{
	struct sender sender = {
	    .fd = fd, .payload = payload, .lines_left = plan->lines, .sent = sent};

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
