/* SPDX-License-Identifier: MIT */
/* caller.c -- clients that keep a connection. */

#include "test/scenario/caller.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int
open_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	return fd;
}

int
caller_tcp(int port, unsigned host)
{
	const struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~UINT32_C(255)) + host)};
	const struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
	int fd = open_socket(AF_INET);

	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

int
caller_tcp_v6(int port)
{
	const struct sockaddr_in6 to = {.sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT,
	    .sin6_port = htons((uint16_t)port)};
	int fd = open_socket(AF_INET6);

	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

int
caller_unix(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = open_socket(AF_UNIX);

	ck_assert_uint_lt(strlen(path), sizeof(to.sun_path));
	strcpy(to.sun_path, path);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

void
caller_say_bytes(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

		ck_assert_int_gt(sent, 0);
		bytes += sent;
		len -= (size_t)sent;
	}
}

void
caller_say(int fd, const char *text)
{
	caller_say_bytes(fd, text, strlen(text));
}

bool
caller_is_closed(int fd)
{
	char byte;
	ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);

	ck_assert_msg(got <= 0, "the daemon has said something to a client");
	return got == 0 || (errno != EAGAIN && errno != EINTR);
}

void
caller_reset(int fd)
{
	const struct linger at_once = {.l_onoff = 1};

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fd);
}
