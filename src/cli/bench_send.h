/* SPDX-License-Identifier: MIT */
/* bench_send.h -- send prepared datagrams, flat out or at a steady rate. */

#pragma once

#include "cli/bench_payload.h"

#include <stdint.h>

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

/* Send plan->lines lines over the connected UDP socket. Of the first datagram
 * it is already known that the kernel took it. A datagram for which a call
 * fails is left out, as a client in the field would do. */
void bench_send(int fd, const struct payload *payload, const struct bench_plan *plan,
    struct bench_sent *sent_out);
