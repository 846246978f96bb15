/* SPDX-License-Identifier: MIT */
/* tcp_sink.c -- a TCP server that counts lines and keeps none: what the
 * daemon flushes to while it is measured.
 *
 * The first line of output is the port on 127.0.0.1. A connection is closed
 * when its peer has closed its side. After SIGTERM one JSON object says how
 * much came. */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 64
#define BUFFER_BYTES (1 << 18)

static volatile sig_atomic_t stopped;
static struct pollfd fds[1 + CONNECTIONS]; /* the first listens */
static nfds_t open_fds = 1;
static uint64_t lines, bytes;

static void
stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "tcp_sink: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void
start_listening(void)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		fail("socket");
	if (bind(fd, (struct sockaddr *)&address, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0 || listen(fd, CONNECTIONS) < 0)
		fail("listen");
	fds[0] = (struct pollfd){.fd = fd, .events = POLLIN};
	printf("%u\n", ntohs(address.sin_port));
	fflush(stdout);
}

static void
take_connection(void)
{
	int fd = accept(fds[0].fd, NULL, NULL);

	if (fd < 0)
		return;
	if (open_fds == 1 + CONNECTIONS) {
		close(fd);
		return;
	}
	fds[open_fds++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* Returns whether the connection is still open. */
static int
take_bytes(int fd)
{
	static char buffer[BUFFER_BYTES];
	ssize_t got = recv(fd, buffer, sizeof(buffer), 0);

	if (got < 0)
		return errno == EINTR;
	bytes += (uint64_t)got;
	for (const char *at = buffer, *end = buffer + got; at < end; lines++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (newline == NULL)
			break;
		at = newline + 1;
	}
	return got > 0;
}

int
main(void)
{
	const struct sigaction action = {.sa_handler = stop};

	if (sigaction(SIGTERM, &action, NULL) < 0)
		fail("sigaction");
	start_listening();
	while (!stopped) {
		if (poll(fds, open_fds, -1) < 0)
			continue;
		for (nfds_t i = open_fds; i-- > 1;) {
			if (fds[i].revents == 0 || take_bytes(fds[i].fd))
				continue;
			close(fds[i].fd);
			fds[i] = fds[--open_fds];
		}
		if (fds[0].revents != 0)
			take_connection();
	}
	printf("{\"lines\":%" PRIu64 ",\"bytes\":%" PRIu64 "}\n", lines, bytes);
	return EXIT_SUCCESS;
}
