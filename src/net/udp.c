/* SPDX-License-Identifier: MIT */
/* udp.c -- UDP sockets that share a port, and what the kernel says of them. */

#include "net/udp.h"

#include "net/holder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <time.h>
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

/* Have the kernel draw lots among the sockets of a group, and note when each
 * datagram arrived. All are bound: they are numbered as they came. */
static int
steer_randomly(const int *fds, unsigned count)
{
	struct sock_filter lots[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
	    BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
	    BPF_STMT(BPF_RET | BPF_A, 0),
	};
	const struct sock_fprog program = {
	    .len = sizeof(lots) / sizeof(*lots),
	    .filter = lots,
	};
	int on = 1;

	for (unsigned i = 0; i < count; i++)
		if (setsockopt(fds[i], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0)
			return -errno;
	if (setsockopt(fds[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) !=
	    0)
		return -errno;
	return 0;
}

static void
explain(const union udp_address *address, const char *what, int code, struct text *error)
{
	text_printf(error, "cannot %s ", what);
	udp_address_print(address, error);
	text_printf(error, ": %s", strerror(-code));
	if (code == -EADDRINUSE)
		holder_describe(address, error);
}

static int
open_all(
    union udp_address *address, size_t buffer_bytes, int *fds, unsigned count, unsigned *opened_out)
{
	for (unsigned i = 0; i < count; i++) {
		*opened_out = i;
		fds[i] = open_one(address, buffer_bytes, i == 0, count > 1);
		if (fds[i] < 0)
			return fds[i];
	}
	*opened_out = count;
	return 0;
}

int
udp_open_shared(union udp_address *address, size_t buffer_bytes, enum udp_steering steering,
    int *fds, unsigned count, struct text *error)
{
	unsigned opened;
	int status = open_all(address, buffer_bytes, fds, count, &opened);

	if (status != 0) {
		explain(address, "receive on", status, error);
	} else if (steering == UDP_STEER_RANDOM && count > 1) {
		status = steer_randomly(fds, count);
		if (status != 0)
			explain(address, "steer at random what comes to", status, error);
	}
	while (status != 0 && opened > 0)
		close(fds[--opened]);
	return status;
}

bool
udp_arrival(struct msghdr *message, int64_t *wall_ns_out)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct timespec time;

	while (control != NULL &&
	    (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS))
		control = CMSG_NXTHDR(message, control);
	if (control == NULL || control->cmsg_len < CMSG_LEN(sizeof(time)))
		return false;
	memcpy(&time, CMSG_DATA(control), sizeof(time));
	*wall_ns_out = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
	return true;
}

void
udp_host(const union udp_address *address, uint8_t *host_out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	memset(host_out, 0, UDP_HOST_BYTES);
	if (address->any.sa_family == AF_INET6) {
		memcpy(host_out, &address->v6.sin6_addr, UDP_HOST_BYTES);
	} else if (address->any.sa_family == AF_INET) {
		memcpy(host_out, mapped, sizeof(mapped));
		memcpy(host_out + sizeof(mapped), &address->v4.sin_addr, 4);
	}
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
