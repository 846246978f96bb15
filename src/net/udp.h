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

/* Open `count` sockets on one address, non-blocking, each with a receive
 * buffer of buffer_bytes or what the kernel grants. The first is bound
 * without SO_REUSEPORT, so that a port somebody else holds is an error and
 * never half the datagrams; the option is set then, and its siblings join.
 * Port 0 is replaced in *address by the one the kernel chose. Returns 0, or a
 * negative errno with a sentence in *error; then nothing stays open. */
int udp_open_shared(
    union udp_address *address, size_t buffer_bytes, int *fds, unsigned count, struct text *error);

/* Of a socket's receive buffer, in bytes as the kernel charges them; dropped
 * counts datagrams since it was opened, modulo 2^32. Returns 0 or a negative
 * errno. */
struct udp_memory {
	uint32_t queued, capacity, dropped;
};

int udp_memory(int fd, struct udp_memory *memory_out);
