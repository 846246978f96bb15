/* SPDX-License-Identifier: MIT */
/* tick.h -- when an interval ends, and what it is called. Pure: the wall
 * clock is an argument, in UTC nanoseconds.
 *
 * Boundaries are the multiples of the interval's length. The first interval
 * begins at the boundary nearest to the start, so that it lasts half a length
 * at least. A flush that comes late closes at the newest boundary passed, and
 * its interval is that much longer. A clock that steps back by less than a
 * length is waited for; one that steps back further is followed at once. */

#pragma once

#include "metric/interval.h"

#include <stdbool.h>

struct tick {
	int64_t length_ns;
	struct interval open; /* closed_ns: where it ends unless late */
};

void tick_begin(struct tick *tick, int64_t length_ns, int64_t wall_ns);

/* How long until the open interval ends; 0: it has. */
int64_t tick_wait_ns(const struct tick *tick, int64_t wall_ns);

/* If the clock was set back by a length or more, by its step or by where it
 * stands, begin anew at the nearest boundary, with what is in the open
 * interval. step_ns: by how much it was set since the last look. True if it
 * was. */
bool tick_follow(struct tick *tick, int64_t wall_ns, int64_t step_ns);

/* End the open interval, which is due or the last one, and open the next. */
struct interval tick_close(struct tick *tick, int64_t wall_ns);

/* Both clocks side by side: by how much the wall clock was set since the last
 * look; 0 unless by more than CLOCK_STEP_LEAST. */
#define CLOCK_STEP_LEAST INT64_C(500000000)

struct clock_pair {
	int64_t wall_ns, mono_ns;
};

int64_t clock_pair_step(struct clock_pair *pair, int64_t wall_ns, int64_t mono_ns);
