/* SPDX-License-Identifier: MIT */
/* tcp.c -- sockets that wait for connections over TCP. */

#include "net/tcp.h"

#include "net/holder.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Connections that wait to be accepted; the kernel has a limit of its own. */
#define BACKLOG 4096

/* A vanished peer is noticed after 60 + 4 * 15 s. */
#define KEEPALIVE_IDLE_SECONDS 60
#define KEEPALIVE_EVERY_SECONDS 15
#define KEEPALIVE_PROBES 4

/* A daemon that starts again need not wait for the connections of the one
 * before to be forgotten; SO_REUSEADDR lets no two listen at once. */
static int
bind_and_listen(int fd, union inet_address *address)
{
	int on = 1;
	socklen_t length = inet_length(address);

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    (address->any.sa_family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
	    bind(fd, &address->any, length) != 0 || listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, &address->any, &length) != 0)
		return -errno;
	return 0;
}

int
tcp_listen(union inet_address *address, struct text *error)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int status = fd < 0 ? -errno : bind_and_listen(fd, address);

	if (status == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	text_puts(error, "cannot listen on tcp ");
	inet_print(address, error);
	text_printf(error, ": %s", strerror(-status));
	if (status == -EADDRINUSE)
		holder_describe(address, SOCK_STREAM, error);
	return status;
}

void
tcp_keep_alive(int fd)
{
	int on = 1, idle = KEEPALIVE_IDLE_SECONDS, every = KEEPALIVE_EVERY_SECONDS,
	    probes = KEEPALIVE_PROBES;

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

/* Is it the fault of the one connection that was next? accept(2) passes on
 * what the network said of it. */
static bool
is_of_one(int error)
{
	static const int errors[] = {EINTR, ECONNABORTED, EPERM, EPROTO, ENOPROTOOPT, ENETDOWN,
	    ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENONET};

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (errors[i] == error)
			return true;
	return false;
}

int
tcp_accept(int fd, union inet_address *peer_out)
{
	int accepted;

	do {
		socklen_t length = sizeof(*peer_out);

		memset(peer_out, 0, sizeof(*peer_out));
		accepted = accept4(fd, &peer_out->any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (accepted < 0 && is_of_one(errno));
	return accepted < 0 ? -errno : accepted;
}
