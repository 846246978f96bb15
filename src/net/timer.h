/* SPDX-License-Identifier: MIT */
/* timer.h -- call me later, on this thread's loop. One-shot. Under virtual
 * time it fires when the test's clock reaches it, else it is a uv_timer. */

#pragma once

#include "net/thread.h"

#include <stdbool.h>

struct timer {
	struct thread *thread;
	void (*fire)(struct timer *timer);
	uv_timer_t uv;
	bool armed;
	int64_t due_ns; /* monotonic */
	struct timer *next;
};

void timer_init(struct timer *timer, struct thread *thread, void (*fire)(struct timer *timer));

/* Fire once, no earlier than delay_ns from now, or than a monotonic time;
 * again moves it. */
void timer_start(struct timer *timer, int64_t delay_ns);
void timer_start_at(struct timer *timer, int64_t due_ns);
void timer_stop(struct timer *timer);

/* Before the thread finishes; the struct must outlive the loop. */
void timer_fini(struct timer *timer);

/* The thread's: fire what virtual time has made due. */
void timer_run_due(struct thread *thread);
