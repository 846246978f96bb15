/* SPDX-License-Identifier: MIT */
/* worker.c -- a thread that receives, parses and folds. */

#include "ingest/worker.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_EVERY CLOCK_SECOND

static void
look_at_sockets(struct worker *worker)
{
	struct timespec busy;

	for (size_t i = 0; i < worker->receiver_count; i++)
		receiver_look(&worker->receivers[i]);
	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &busy) == 0)
		counter_set(&worker->intake.table.counters[TABLE_BUSY_NS],
		    (uint64_t)(busy.tv_sec * CLOCK_SECOND + busy.tv_nsec));
}

static void
on_look(struct timer *look)
{
	struct worker *worker = (struct worker *)((char *)look - offsetof(struct worker, look));

	look_at_sockets(worker);
	timer_start(look, LOOK_EVERY);
}

/* Remove what has been idle too long, a few sub-tables at a time. */
static void
sweep(struct worker *worker, unsigned subs, uint32_t oldest_seq)
{
	struct intake *intake = &worker->intake;
	size_t gone = 0;

	for (unsigned i = 0; i < subs; i++) {
		gone += table_sweep(&intake->table, worker->swept, oldest_seq, intake->window);
		worker->swept = (worker->swept + 1) % TABLE_SUBS;
	}
	atomic_fetch_sub_explicit(&intake->quota->used, (int64_t)gone, memory_order_relaxed);
}

/* The open window ends here, between two datagrams, and goes to the flusher;
 * the other one, returned long ago, is the next. Once the window is posted the
 * letter may be written anew: it is taken by value. */
static void
seal_window(struct worker *worker, const struct seal seal)
{
	struct window *window = worker->intake.window;
	struct window *next = &worker->windows[(seal.interval.seq + 1) & 1];

	CHECK(window->interval.seq == seal.interval.seq);
	look_at_sockets(worker);
	window->interval = seal.interval;
	for (size_t i = 0; i < window->listeners; i++)
		for (size_t j = 0; j < INTAKE_COUNTERS; j++)
			window->intake[i][j] = counter_get(&worker->counters[i][j]);
	window_open(next, seal.interval.seq + 1);
	worker->intake.window = next;
	mailbox_post(worker->plan->sealed, &window->mail, worker->plan->sealed_kind);
	sweep(worker, seal.sweep, seal.oldest_seq);
}

static void
drain_sockets(struct worker *worker, struct notice *notice)
{
	for (size_t i = 0; i < worker->receiver_count; i++)
		receiver_stop(&worker->receivers[i]);
	timer_fini(&worker->look);
	mailbox_post(notice->to, &notice->mail, notice->kind);
}

static void
deliver(struct thread *thread, struct mail *mail)
{
	struct worker *worker = (struct worker *)((char *)thread - offsetof(struct worker, thread));

	switch ((enum worker_mail)mail->kind) {
	case WORKER_SEAL: seal_window(worker, *(struct seal *)mail); break;
	case WORKER_RETURN:
		table_release(&worker->intake.table, &((struct window *)mail)->retired);
		break;
	case WORKER_DRAIN: drain_sockets(worker, (struct notice *)mail); break;
	case WORKER_FINISH: thread_finish(thread); break;
	}
}

void
worker_init(struct worker *worker, unsigned index, const struct worker_plan *plan)
{
	worker->index = index;
	worker->plan = plan;
	worker->swept = 0;
	snprintf(worker->name, sizeof(worker->name), "worker %u", index);
	thread_init(&worker->thread, worker->name, deliver);
	intake_init(&worker->intake, &plan->budget, plan->quota, plan->rules, plan->kinds_clash);
	for (unsigned i = 0; i < 2; i++)
		window_init(&worker->windows[i], index, plan->listeners);
	worker->counters = mem_zero(plan->listeners, sizeof(*worker->counters));
	worker->slots = slots_new();
	worker->receivers = mem_zero(plan->receivers, sizeof(*worker->receivers));
	worker->receiver_count = 0;
	worker->intake.window = &worker->windows[1];
	window_open(worker->intake.window, 1);
	timer_init(&worker->look, &worker->thread, on_look);
}

void
worker_add_socket(struct worker *worker, size_t listener, const struct origin *origin, int fd,
    const union udp_address *address)
{
	struct origin own = *origin;

	CHECK(worker->receiver_count < worker->plan->receivers);
	struct receiver *receiver = &worker->receivers[worker->receiver_count++];

	own.counters = worker->counters[listener];
	receiver_init(receiver, &worker->thread, &worker->intake, worker->slots, &own, fd, address);
	receiver->listener = listener;
}

void
worker_start(struct worker *worker)
{
	for (size_t i = 0; i < worker->receiver_count; i++)
		receiver_start(&worker->receivers[i]);
	timer_start(&worker->look, LOOK_EVERY);
	thread_start(&worker->thread);
}

void
worker_join(struct worker *worker)
{
	thread_join(&worker->thread);
}

void
worker_fini(struct worker *worker)
{
	thread_fini(&worker->thread);
	for (unsigned i = 0; i < 2; i++)
		window_fini(&worker->windows[i]);
	intake_fini(&worker->intake);
	slots_free(worker->slots);
	free(worker->receivers);
	free(worker->counters);
}
