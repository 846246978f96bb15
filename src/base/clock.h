/* SPDX-License-Identifier: MIT */
/* clock.h -- the one place where time comes from.
 *
 * Two clocks, both in nanoseconds: the wall (UTC since 1970) decides
 * boundaries and timestamps, the monotonic one measures waiting. A test may
 * switch the process to virtual time, before it starts any thread: from then
 * on both clocks stand still until clock_advance() or clock_step() moves
 * them, and every watcher is told, so that timers of any length fire at once
 * and in order. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_MS INT64_C(1000000)
#define CLOCK_SECOND INT64_C(1000000000)

int64_t clock_wall_ns(void);
int64_t clock_mono_ns(void);

/* Whoever sleeps on the clock asks to be woken when virtual time moves. */
struct clock_watcher {
	struct clock_watcher *next;
	void (*wake)(struct clock_watcher *watcher); /* from any thread */
};

bool clock_is_virtual(void);
void clock_make_virtual(int64_t start_wall_ns);
void clock_advance(int64_t ns); /* time passes: both clocks move */
void clock_step(int64_t ns);    /* somebody sets the wall clock */
void clock_watch(struct clock_watcher *watcher);
void clock_unwatch(struct clock_watcher *watcher);
