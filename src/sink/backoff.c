/* SPDX-License-Identifier: MIT */
/* backoff.c -- how long to wait before the next attempt. */

#include "sink/backoff.h"

#include "base/clock.h"

#include <sys/random.h>

#define FIRST_CEILING_NS (200 * CLOCK_MS)
#define LAST_CEILING_NS (30 * CLOCK_SECOND)

void
backoff_reset(struct backoff *backoff)
{
	backoff->ceiling_ns = FIRST_CEILING_NS;
}

void
backoff_init(struct backoff *backoff)
{
	backoff_reset(backoff);
	/* Without randomness the clock still differs between machines. */
	if (getrandom(&backoff->random, sizeof(backoff->random), GRND_NONBLOCK) < 0)
		backoff->random = (uint64_t)clock_mono_ns();
	backoff->random |= 1;
}

int64_t
backoff_next_ns(struct backoff *backoff)
{
	int64_t half_ns = backoff->ceiling_ns / 2;
	uint64_t x = backoff->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	backoff->random = x;
	if (backoff->ceiling_ns < LAST_CEILING_NS / 2)
		backoff->ceiling_ns *= 2;
	else
		backoff->ceiling_ns = LAST_CEILING_NS;
	return half_ns + (int64_t)((x * UINT64_C(0x2545f4914f6cdd1d)) % (uint64_t)(half_ns + 1));
}
