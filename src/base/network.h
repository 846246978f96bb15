/* SPDX-License-Identifier: MIT */
/* network.h -- networks of IPv4 and IPv6 addresses, and which hosts are of one.
 *
 *   10.0.0.0/8, 192.0.2.7       IPv4
 *   fd00::/8, 2001:db8::1       IPv6
 *   loopback                    127.0.0.0/8 and ::1
 *   private                     loopback, RFC 1918's, fc00::/7, link-local ones
 *   any                         every address of both
 *
 * A host is the 16 bytes of its IPv6 address; IPv4's are mapped into it. A
 * network is of one family: ::/0 holds no IPv4 address. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETWORK_BYTES 16

struct network {
	bool v4;
	uint8_t bytes[NETWORK_BYTES]; /* as a host's; 0 beyond the bits that count */
	unsigned bits;                /* of 128; of IPv4's 96 more than were written */
};

/* A word stands for so many at most. */
#define NETWORK_WORD_MOST 8

/* The networks that a text stands for, NETWORK_WORD_MOST at most. 0, or
 * -EINVAL and in *error_out a plain sentence about what is wrong. */
int network_parse(
    const char *text, struct network *networks_out, size_t *count_out, const char **error_out);

bool network_holds(const struct network *network, const uint8_t *host);

bool network_is_loopback(const uint8_t *host);
