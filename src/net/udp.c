/* SPDX-License-Identifier: MIT */
/* udp.c -- UDP sockets that share a port, and what the kernel says of them. */

#include "net/udp.h"

#include "net/holder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <unistd.h>

socklen_t
udp_address_length(const union udp_address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

void
udp_address_print(const union udp_address *address, struct text *out)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (address->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof(host));
		text_printf(out, "[%s]:%u", host, ntohs(address->v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof(host));
		text_printf(out, "%s:%u", host, ntohs(address->v4.sin_port));
	}
}

/* The privileged way first; without the privilege the kernel caps it. */
static void
ask_for_buffer(int fd, size_t bytes)
{
	int wanted = (int)bytes;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
}

static int
share_port(int fd)
{
	int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
}

/* Open and bind one socket; the first of its address learns its port, and
 * lets its siblings, if there are to be any, join. */
static int
open_one(union udp_address *address, size_t buffer_bytes, bool first, bool siblings)
{
	int on = 1;
	socklen_t length = udp_address_length(address);
	int fd = socket(address->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (address->any.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
		goto failed;
	ask_for_buffer(fd, buffer_bytes);
	if (!first && share_port(fd) != 0)
		goto failed;
	if (bind(fd, &address->any, length) != 0)
		goto failed;
	if (first &&
	    ((siblings && share_port(fd) != 0) || getsockname(fd, &address->any, &length) != 0))
		goto failed;
	return fd;

failed:;
	int error = -errno;

	close(fd);
	return error;
}

static void
explain(const union udp_address *address, int code, struct text *error)
{
	text_puts(error, "cannot receive on ");
	udp_address_print(address, error);
	text_printf(error, ": %s", strerror(-code));
	if (code == -EADDRINUSE)
		holder_describe(address, error);
}

int
udp_open_shared(
    union udp_address *address, size_t buffer_bytes, int *fds, unsigned count, struct text *error)
{
	for (unsigned i = 0; i < count; i++) {
		int fd = open_one(address, buffer_bytes, i == 0, count > 1);

		if (fd < 0) {
			explain(address, fd, error);
			while (i > 0)
				close(fds[--i]);
			return fd;
		}
		fds[i] = fd;
	}
	return 0;
}

int
udp_memory(int fd, struct udp_memory *memory_out)
{
	uint32_t figures[SK_MEMINFO_VARS];
	socklen_t length = sizeof(figures);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, figures, &length) != 0)
		return -errno;
	*memory_out = (struct udp_memory){
	    .queued = figures[SK_MEMINFO_RMEM_ALLOC],
	    .capacity = figures[SK_MEMINFO_RCVBUF],
	    .dropped = figures[SK_MEMINFO_DROPS],
	};
	return 0;
}
