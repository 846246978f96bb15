/* SPDX-License-Identifier: MIT */
/* timer.c -- call me later, on this thread's loop. */

#include "net/timer.h"

#include "base/check.h"

#include <stddef.h>

static void
on_uv_timer(uv_timer_t *uv)
{
	struct timer *timer = uv->data;

	timer->armed = false;
	timer->fire(timer);
}

void
timer_init(struct timer *timer, struct thread *thread, void (*fire)(struct timer *timer))
{
	timer->thread = thread;
	timer->fire = fire;
	timer->armed = false;
	timer->next = NULL;
	CHECK(uv_timer_init(&thread->loop, &timer->uv) == 0);
	timer->uv.data = timer;
}

/* Virtual timers of a thread: a list in order of due time. */
static void
enlist(struct timer *timer)
{
	struct timer **link = &timer->thread->timers;

	while (*link != NULL && (*link)->due_ns <= timer->due_ns)
		link = &(*link)->next;
	timer->next = *link;
	*link = timer;
}

static void
delist(struct timer *timer)
{
	struct timer **link = &timer->thread->timers;

	while (*link != NULL && *link != timer)
		link = &(*link)->next;
	if (*link != NULL)
		*link = timer->next;
}

void
timer_start(struct timer *timer, int64_t delay_ns)
{
	timer_start_at(timer, clock_mono_ns() + delay_ns);
}

void
timer_start_at(struct timer *timer, int64_t due_ns)
{
	timer_stop(timer);
	timer->armed = true;
	timer->due_ns = due_ns;
	if (clock_is_virtual()) {
		enlist(timer);
		/* Time may have passed it before it stood in the list. */
		if (due_ns <= clock_mono_ns())
			CHECK(uv_async_send(&timer->thread->wake) == 0);
		return;
	}
	int64_t delay_ns = due_ns - clock_mono_ns();
	uint64_t delay_ms = delay_ns > 0 ? (uint64_t)((delay_ns + CLOCK_MS - 1) / CLOCK_MS) : 0;

	/* The loop's idea of now may be old; the delay counts from here. */
	uv_update_time(&timer->thread->loop);
	CHECK(uv_timer_start(&timer->uv, on_uv_timer, delay_ms, 0) == 0);
}

void
timer_stop(struct timer *timer)
{
	if (!timer->armed)
		return;
	timer->armed = false;
	if (clock_is_virtual())
		delist(timer);
	else
		uv_timer_stop(&timer->uv);
}

void
timer_fini(struct timer *timer)
{
	timer_stop(timer);
	uv_close((uv_handle_t *)&timer->uv, NULL);
}

void
timer_run_due(struct thread *thread)
{
	while (thread->timers != NULL && thread->timers->due_ns <= clock_mono_ns()) {
		struct timer *timer = thread->timers;

		delist(timer);
		timer->armed = false;
		timer->fire(timer);
	}
}
