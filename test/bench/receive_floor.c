/* SPDX-License-Identifier: MIT */
/* receive_floor.c -- what it costs only to receive: a UDP server that throws
 * everything away. No daemon can be cheaper on this machine.
 *
 * It waits a millisecond after each drain and drains again, so that many
 * datagrams share one wake-up. The first line of output is the port on
 * 127.0.0.1; after SIGTERM one JSON object says how much came. */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define SLOTS 64
/* An odd stride: slots a power of two apart would share cache sets. */
#define SLOT_BYTES (65536 + 64)
#define BUFFER_BYTES (32 << 20)
#define PAUSE_NS 1000000

static volatile sig_atomic_t stopped;

static char slots[SLOTS][SLOT_BYTES];
static struct iovec parts[SLOTS];
static struct mmsghdr messages[SLOTS];
static uint64_t datagrams, bytes;

static void
stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "receive_floor: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static int
open_socket(void)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	const int size = BUFFER_BYTES;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		fail("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)
		fail("SO_RCVBUF");
	if (bind(fd, (struct sockaddr *)&address, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		fail("bind");
	printf("%u\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

/* Returns how many datagrams came. */
static uint64_t
drain(int fd)
{
	uint64_t before = datagrams;

	for (;;) {
		int got = recvmmsg(fd, messages, SLOTS, 0, NULL);

		if (got < 0 && errno != EAGAIN && errno != EINTR)
			fail("recvmmsg");
		for (int i = 0; i < got; i++)
			bytes += messages[i].msg_len;
		datagrams += got > 0 ? (uint64_t)got : 0;
		if (got < SLOTS)
			return datagrams - before;
	}
}

static void
serve(int fd)
{
	const struct timespec pause_time = {.tv_nsec = PAUSE_NS};
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	while (!stopped) {
		if (poll(&ready, 1, -1) < 0)
			continue;
		while (drain(fd) > 0 && !stopped)
			nanosleep(&pause_time, NULL);
	}
	drain(fd);
}

int
main(void)
{
	const struct sigaction action = {.sa_handler = stop};
	uint32_t memory[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(memory);

	for (size_t i = 0; i < SLOTS; i++) {
		parts[i] = (struct iovec){.iov_base = slots[i], .iov_len = 65536};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
	}
	if (sigaction(SIGTERM, &action, NULL) < 0)
		fail("sigaction");
	int fd = open_socket();

	serve(fd);
	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &len) < 0)
		fail("SO_MEMINFO");
	printf("{\"datagrams\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"dropped\":%" PRIu32 "}\n",
	    datagrams, bytes, memory[SK_MEMINFO_DROPS]);
	return EXIT_SUCCESS;
}
