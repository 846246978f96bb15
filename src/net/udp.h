/* SPDX-License-Identifier: MIT */
/* udp.h -- UDP sockets that share a port, and what the kernel says of them. */

#pragma once

#include "base/text.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* The kernel charges this much of a receive buffer for a datagram of one
 * short line (measured on Linux 5 and 6). */
#define UDP_DATAGRAM_CHARGE 832

/* An address of a socket, with room for either family. */
union udp_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

socklen_t udp_address_length(const union udp_address *address);

/* "127.0.0.1:8125", "[::1]:8125" */
void udp_address_print(const union udp_address *address, struct text *out);

/* Which of the sockets of an address gets a datagram. */
enum udp_steering {
	UDP_STEER_CLIENT, /* always the same of one client's address and port */
	UDP_STEER_RANDOM, /* any, each time */
};

/* Open `count` sockets on one address, non-blocking, each with a receive
 * buffer of buffer_bytes or what the kernel grants. The first is bound
 * without SO_REUSEPORT, so that a port somebody else holds is an error and
 * never half the datagrams; the option is set then, and its siblings join.
 * Port 0 is replaced in *address by the one the kernel chose. Where datagrams
 * of one client go to several sockets, each bears its time of arrival, which
 * says in what order they came. Returns 0, or a negative errno with a sentence
 * in *error; then nothing stays open. */
int udp_open_shared(union udp_address *address, size_t buffer_bytes, enum udp_steering steering,
    int *fds, unsigned count, struct text *error);

/* Room for what the kernel says of a datagram beside its bytes. */
#define UDP_CONTROL_BYTES 64

/* When a datagram arrived, by the wall clock. False: the kernel did not say. */
bool udp_arrival(struct msghdr *message, int64_t *wall_ns_out);

/* The 16 bytes of an IPv6 address, or of the one that stands for it in IPv6. */
#define UDP_HOST_BYTES 16
void udp_host(const union udp_address *address, uint8_t *host_out);

/* Of a socket's receive buffer, in bytes as the kernel charges them; dropped
 * counts datagrams since it was opened, modulo 2^32. Returns 0 or a negative
 * errno. */
struct udp_memory {
	uint32_t queued, capacity, dropped;
};

int udp_memory(int fd, struct udp_memory *memory_out);
