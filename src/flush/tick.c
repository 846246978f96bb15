/* SPDX-License-Identifier: MIT */
/* tick.c -- when an interval ends, and what it is called. */

#include "flush/tick.h"

static int64_t
boundary_before(const struct tick *tick, int64_t wall_ns)
{
	return wall_ns - wall_ns % tick->length_ns;
}

static void
open_at(struct tick *tick, int64_t boundary_ns)
{
	tick->open.opened_ns = boundary_ns;
	tick->open.closed_ns = boundary_ns + tick->length_ns;
}

static int64_t
boundary_nearest(const struct tick *tick, int64_t wall_ns)
{
	return boundary_before(tick, wall_ns + tick->length_ns / 2);
}

void
tick_begin(struct tick *tick, int64_t length_ns, int64_t wall_ns)
{
	tick->length_ns = length_ns;
	tick->open.seq = 1;
	open_at(tick, boundary_nearest(tick, wall_ns));
}

int64_t
tick_wait_ns(const struct tick *tick, int64_t wall_ns)
{
	return wall_ns >= tick->open.closed_ns ? 0 : tick->open.closed_ns - wall_ns;
}

bool
tick_follow(struct tick *tick, int64_t wall_ns, int64_t step_ns)
{
	if (-step_ns < tick->length_ns && tick->open.opened_ns - wall_ns < tick->length_ns)
		return false;
	open_at(tick, boundary_nearest(tick, wall_ns));
	return true;
}

struct interval
tick_close(struct tick *tick, int64_t wall_ns)
{
	struct interval closed = tick->open;
	int64_t newest = boundary_before(tick, wall_ns);

	if (newest > closed.closed_ns)
		closed.closed_ns = newest;
	tick->open.seq++;
	open_at(tick, closed.closed_ns);
	return closed;
}

int64_t
clock_pair_step(struct clock_pair *pair, int64_t wall_ns, int64_t mono_ns)
{
	int64_t step = (wall_ns - pair->wall_ns) - (mono_ns - pair->mono_ns);

	*pair = (struct clock_pair){wall_ns, mono_ns};
	return step > CLOCK_STEP_LEAST || step < -CLOCK_STEP_LEAST ? step : 0;
}
