/* SPDX-License-Identifier: MIT */
/* udp.c -- UDP sockets that share a port, and what the kernel says of them. */

#include "net/udp.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/access.h"
#include "net/holder.h"
#include "net/steer.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The privileged way first; without the privilege the kernel caps it. */
static void
ask_for_buffer(int fd, size_t bytes)
{
	int wanted = (int)bytes;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
}

/* The bin is as small as can be, and takes nothing. */
static int
make_bin(int fd)
{
	struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = {.len = 1, .filter = &refuse};
	int least = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int
share_port(int fd)
{
	int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
}

/* What is sent to a multicast group that some other process has joined is not
 * for us; every socket of an address would get it. */
static int
ignore_groups(int fd, sa_family_t family)
{
	int off = 0;

	return family == AF_INET6
	    ? setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off, sizeof(off))
	    : setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off));
}

/* Bind it. The first of its address learns its port, and lets its siblings, if
 * there are to be any, join. */
static int
join(int fd, union inet_address *address, bool first, bool siblings)
{
	int on = 1;
	socklen_t length = inet_length(address);

	if (address->any.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
		return -errno;
	(void)ignore_groups(fd, address->any.sa_family);
	if (!first && share_port(fd) != 0)
		return -errno;
	if (bind(fd, &address->any, length) != 0)
		return -errno;
	if (first &&
	    ((siblings && share_port(fd) != 0) || getsockname(fd, &address->any, &length) != 0))
		return -errno;
	return 0;
}

static int
open_socket(const union inet_address *address)
{
	int fd = socket(address->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd >= 0 ? fd : -errno;
}

/* The bin comes first: it is number 0 of the group, and stays that while
 * others leave. */
static int
open_bin(union inet_address *address, int *bin_out)
{
	*bin_out = open_socket(address);
	if (*bin_out < 0)
		return *bin_out;
	if (make_bin(*bin_out) != 0)
		return -errno;
	return join(*bin_out, address, true, true);
}

static int
open_all(union inet_address *address, const struct udp_plan *plan, int *fds, int *bin_out)
{
	bool siblings = plan->count > 1, first = true;

	if (access_restricts_hosts(plan->access)) {
		int status = open_bin(address, bin_out);

		if (status != 0)
			return status;
		first = false;
	}
	for (unsigned i = 0; i < plan->count; i++) {
		fds[i] = open_socket(address);
		if (fds[i] < 0)
			return fds[i];
		ask_for_buffer(fds[i], plan->buffer_bytes);
		int status = join(fds[i], address, first, siblings);

		if (status != 0)
			return status;
		first = false;
	}
	return 0;
}

/* All are bound: they are numbered as they came. */
static int
attach_program(int fd, const struct steering *steering)
{
	struct sock_filter *code = mem_zero(BPF_MAXINSNS, sizeof(*code));
	int len = steer_program(steering, code), status = len < 0 ? len : 0;
	const struct sock_fprog program = {.len = (unsigned short)len, .filter = code};

	if (status == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) != 0)
		status = -errno;
	free(code);
	return status;
}

static int
set_each(const int *fds, unsigned count, int option)
{
	int on = 1;

	for (unsigned i = 0; i < count; i++)
		if (setsockopt(fds[i], SOL_SOCKET, option, &on, sizeof(on)) != 0)
			return -errno;
	return 0;
}

static void
explain(const union inet_address *address, const char *what, int code, struct text *error)
{
	text_printf(error, "cannot %s ", what);
	inet_print(address, error);
	text_printf(error, ": %s", strerror(-code));
	if (code == -EADDRINUSE)
		holder_describe(address, SOCK_DGRAM, error);
}

/* Without the kernel's help what is refused is read, and then thrown away. */
static void
do_without_bin(const union inet_address *address, int code, int *bin)
{
	struct text why = {0};

	explain(address, "filter in the kernel what comes to", code, &why);
	log_warn("%s; what is refused takes up room in the receive buffer", text_string(&why));
	text_fini(&why);
	close(*bin);
	*bin = -1;
}

/* Have the kernel sort out what may not come, and lock that. */
static int
steer_around(const int *fds, const struct steering *steering, int bin)
{
	int status = attach_program(fds[0], steering);

	if (status == 0)
		status = set_each(fds, steering->workers, SO_LOCK_FILTER);
	if (status == 0)
		status = set_each(&bin, 1, SO_LOCK_FILTER);
	return status;
}

static int
steer(const union inet_address *address, const struct udp_plan *plan, const int *fds, int *bin)
{
	struct steering steering = {
	    .family = address->any.sa_family,
	    .random = plan->steering == UDP_STEER_RANDOM && plan->count > 1,
	    .workers = plan->count,
	};
	int status = steering.random ? set_each(fds, plan->count, SO_TIMESTAMPNS) : 0;

	if (status != 0)
		return status;
	if (*bin >= 0) {
		steering.access = plan->access;
		status = steer_around(fds, &steering, *bin);
		if (status == 0)
			return 0;
		do_without_bin(address, status, bin);
		steering.access = NULL;
	}
	return steering.random ? attach_program(fds[0], &steering) : 0;
}

static void
close_all(int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int
udp_open_shared(union inet_address *address, const struct udp_plan *plan, int *fds, int *bin_out,
    struct text *error)
{
	*bin_out = -1;
	for (unsigned i = 0; i < plan->count; i++)
		fds[i] = -1;
	int status = open_all(address, plan, fds, bin_out);

	if (status != 0) {
		explain(address, "receive on", status, error);
	} else {
		status = steer(address, plan, fds, bin_out);
		if (status != 0)
			explain(address, "steer at random what comes to", status, error);
	}
	if (status != 0) {
		close_all(fds, plan->count);
		close_all(bin_out, 1);
	}
	return status;
}

int
udp_refuse(int fd)
{
	union inet_address own = {0};
	socklen_t length = sizeof(own);
	int on = 1;

	/* From then on it hears but itself, and it never says a word. One of a
	 * broadcast address has to be told that it might. Where the family has no
	 * loopback interface there is no way to itself; the socket will be closed
	 * soon. */
	(void)setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (getsockname(fd, &own.any, &length) == 0 &&
	    (connect(fd, &own.any, length) == 0 || errno == ENETUNREACH || errno == EADDRNOTAVAIL))
		return 0;
	return -errno;
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
