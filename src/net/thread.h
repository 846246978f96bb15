/* SPDX-License-Identifier: MIT */
/* thread.h -- a thread with an event loop and a mailbox: what a worker, the
 * flusher and the egress thread each are, and main too. */

#pragma once

#include "base/clock.h"
#include "base/mailbox.h"

#include <uv.h>

struct timer;

struct thread {
	uv_loop_t loop;
	uv_async_t wake;
	struct mailbox inbox;
	void (*deliver)(
	    struct thread *thread, struct mail *mail); /* owner's, one letter at a time */
	const char *name;                              /* at most 15 bytes, shown by ps -L */
	uv_thread_t id;
	struct timer *timers;         /* armed ones, under virtual time */
	struct clock_watcher watcher; /* wakes the loop when virtual time moves */
};

/* Set up loop and mailbox; mail may be posted from here on, and handles be
 * opened on the loop, before the thread runs. */
void thread_init(struct thread *thread, const char *name,
    void (*deliver)(struct thread *thread, struct mail *mail));

/* Run the loop in a thread of its own, with all signals blocked. */
void thread_start(struct thread *thread);

/* Run the loop in the calling thread. */
void thread_run(struct thread *thread);

/* The owner, on its own thread: let the loop end once every other handle is
 * closed. */
void thread_finish(struct thread *thread);

/* Anyone, later: wait for a started thread to have ended. */
void thread_join(struct thread *thread);

/* Give back what thread_init took; the loop must have ended. */
void thread_fini(struct thread *thread);
