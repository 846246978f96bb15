/* SPDX-License-Identifier: MIT */
/* backoff.h -- how long to wait before the next attempt: exponential, and
 * jittered, so that many senders do not return to a server all at once. */

#pragma once

#include <stdint.h>

struct backoff {
	int64_t ceiling_ns; /* of the next wait */
	uint64_t random;    /* xorshift64*, never 0 */
};

void backoff_init(struct backoff *backoff);
void backoff_reset(struct backoff *backoff);

/* From 100 ms to 30 s: between half its ceiling and the whole of it, which
 * doubles each time. */
int64_t backoff_next_ns(struct backoff *backoff);
