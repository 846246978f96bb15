/* SPDX-License-Identifier: MIT */
/* inet.h -- addresses of IPv4 and IPv6 sockets. */

#pragma once

#include "base/text.h"

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

/* An address of a socket, with room for either family. */
union inet_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

socklen_t inet_length(const union inet_address *address);

/* "127.0.0.1:8125", "[::1]:8125" */
void inet_print(const union inet_address *address, struct text *out);

/* The 16 bytes of an IPv6 address, or of the one that stands for it in IPv6. */
#define INET_HOST_BYTES 16
void inet_host(const union inet_address *address, uint8_t *host_out);
