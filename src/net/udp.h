/* SPDX-License-Identifier: MIT */
/* udp.h -- UDP sockets that share a port, and what the kernel says of them. */

#pragma once

#include "base/text.h"
#include "net/inet.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

/* The kernel charges this much of a receive buffer for a datagram of one
 * short line (measured on Linux 5 and 6). */
#define UDP_DATAGRAM_CHARGE 832

/* Which of the sockets of an address gets a datagram. */
enum udp_steering {
	UDP_STEER_CLIENT, /* always the same of one client's address and port */
	UDP_STEER_RANDOM, /* any, each time */
};

struct access;

struct udp_plan {
	size_t buffer_bytes; /* of each socket; less if the kernel does not grant it */
	enum udp_steering steering;
	const struct access *access; /* who may send; NULL: everybody */
	unsigned count;
};

/* Open plan->count sockets on one address, non-blocking. The first is bound
 * without SO_REUSEPORT, so that a port somebody else holds is an error and
 * never half the datagrams; the option is set then, and its siblings join.
 * Port 0 is replaced in *address by the one the kernel chose. Where datagrams
 * of one client go to several sockets, each bears its time of arrival, which
 * says in what order they came.
 *
 * Where some hosts are refused there is one socket more, the bin: the kernel
 * sends it what they send, and it takes nothing, so that its drops are what
 * was refused, those of the others what did not fit, and nothing refused takes
 * up room. No other program or filter can be attached while the sockets are
 * open. *bin_out is -1 where there is none: nobody is refused, or, said in the
 * log, the kernel does not do it. In any case who reads must ask
 * access_admits_host(), too: what is sent to a broadcast address comes to every
 * socket.
 *
 * Returns 0, or a negative errno with a sentence in *error; then nothing
 * stays open. */
int udp_open_shared(union inet_address *address, const struct udp_plan *plan, int *fds,
    int *bin_out, struct text *error);

/* Nothing arrives on the socket any more: senders see what they see when it
 * is closed. What is there can still be read. Where several share a port this
 * is so once all of them have been told, the bin last. Returns 0 or a negative
 * errno. */
int udp_refuse(int fd);

/* Room for what the kernel says of a datagram beside its bytes: when it
 * arrived. */
#define UDP_CONTROL_BYTES CMSG_SPACE(sizeof(struct timespec))

/* When a datagram arrived, by the wall clock. False: the kernel did not say. */
bool udp_arrival(struct msghdr *message, int64_t *wall_ns_out);

/* Of a socket's receive buffer, in bytes as the kernel charges them; dropped
 * counts datagrams since it was opened, modulo 2^32. Returns 0 or a negative
 * errno. */
struct udp_memory {
	uint32_t queued, capacity, dropped;
};

int udp_memory(int fd, struct udp_memory *memory_out);
