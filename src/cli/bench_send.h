/* SPDX-License-Identifier: MIT */
/* bench_send.h -- send prepared datagrams, flat out or at a steady rate. */

#pragma once

#include "cli/bench_payload.h"

#include <stddef.h>
#include <stdint.h>

#define BENCH_SENDERS_MAX 1000

/* Clients: each has an address of its own. */
struct bench_sockets {
	int fds[BENCH_SENDERS_MAX];
	size_t count;
};

/* Take over the connected socket, and connect others to the same server until
 * there are `count`. 0 or a negative errno; bench_sockets_close() either way. */
int bench_sockets_open(struct bench_sockets *sockets, int fd, size_t count);
void bench_sockets_close(struct bench_sockets *sockets);

struct bench_plan {
	uint64_t lines;
	double rate; /* lines a second; 0: flat out */
};

/* What the kernel took; what became of it the kernel does not say. */
struct bench_sent {
	uint64_t datagrams, lines, bytes;
	uint64_t failures; /* calls that failed or stopped halfway: a full queue, or a
	                    * refusal that came back */
	int last_error;    /* positive errno of the newest of them; 0: the kernel did not say */
	double seconds;
	double cpu_ns; /* user and system time of this process */
};

/* Send plan->lines lines over connected UDP sockets, which take turns. Of the
 * first datagram it is already known that the kernel took it. A datagram for
 * which a call fails is left out, as a client in the field would do. */
void bench_send(const struct bench_sockets *sockets, const struct payload *payload,
    const struct bench_plan *plan, struct bench_sent *sent_out);
