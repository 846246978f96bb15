/* SPDX-License-Identifier: MIT */
/* thread.c -- a thread with an event loop and a mailbox. */

#include "net/thread.h"

#include "base/check.h"
#include "net/timer.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

static void
wake_owner(void *arg)
{
	struct thread *thread = arg;

	CHECK(uv_async_send(&thread->wake) == 0);
}

static void
wake_watcher(struct clock_watcher *watcher)
{
	wake_owner((char *)watcher - offsetof(struct thread, watcher));
}

static void
on_wake(uv_async_t *wake)
{
	struct thread *thread = wake->data;
	struct mail *mail = mailbox_collect(&thread->inbox);

	while (mail != NULL) {
		struct mail *next = mail->next;

		thread->deliver(thread, mail);
		mail = next;
	}
	timer_run_due(thread);
}

void
thread_init(struct thread *thread, const char *name,
    void (*deliver)(struct thread *thread, struct mail *mail))
{
	thread->name = name;
	thread->deliver = deliver;
	thread->timers = NULL;
	CHECK(uv_loop_init(&thread->loop) == 0);
	CHECK(uv_async_init(&thread->loop, &thread->wake, on_wake) == 0);
	thread->loop.data = thread;
	thread->wake.data = thread;
	mailbox_init(&thread->inbox, wake_owner, thread);
	thread->watcher.wake = wake_watcher;
	clock_watch(&thread->watcher);
}

void
thread_run(struct thread *thread)
{
	uv_run(&thread->loop, UV_RUN_DEFAULT);
}

static void
run_named(void *arg)
{
	struct thread *thread = arg;

	pthread_setname_np(pthread_self(), thread->name);
	thread_run(thread);
}

void
thread_start(struct thread *thread)
{
	sigset_t all, before;

	sigfillset(&all);
	CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	CHECK(uv_thread_create(&thread->id, run_named, thread) == 0);
	CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

void
thread_finish(struct thread *thread)
{
	clock_unwatch(&thread->watcher);
	uv_close((uv_handle_t *)&thread->wake, NULL);
}

void
thread_join(struct thread *thread)
{
	CHECK(uv_thread_join(&thread->id) == 0);
}

void
thread_fini(struct thread *thread)
{
	CHECK(uv_loop_close(&thread->loop) == 0);
}
