/* SPDX-License-Identifier: MIT */
/* worker.c -- a thread that receives, parses and folds. */

#include "ingest/worker.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_EVERY CLOCK_SECOND

/* Slots that are swept in one step. */
#define SWEEP_SLOTS 2048

/* Blocks that an interval did not need: so many are freed at its end. */
#define SPARE_LESS 8

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

static void
tidy_later(struct worker *worker)
{
	if (worker->tidying || worker->draining)
		return;
	worker->tidying = true;
	mailbox_post(&worker->thread.inbox, &worker->tidy, WORKER_TIDY);
}

/* Remove what has been idle too long. */
static void
sweep(struct worker *worker)
{
	struct intake *intake = &worker->intake;
	size_t gone = 0;

	if (table_sweep_on(&intake->table, &worker->sweep, SWEEP_SLOTS, worker->oldest_seq,
		intake->window, &gone))
		worker->sweep_subs--;
	atomic_fetch_sub_explicit(&intake->quota->used, (int64_t)gone, memory_order_relaxed);
}

/* One step. Between two of them the sockets have their turn. */
static void
tidy(struct worker *worker)
{
	worker->tidying = false;
	bool more = table_collect(&worker->intake.table);

	if (worker->sweep_subs > 0)
		sweep(worker);
	if (more || worker->sweep_subs > 0)
		tidy_later(worker);
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
	window->filled =
	    pool_take_filled(&worker->intake.table.pool, window->filled_at, WINDOW_FILLED_MOST);
	for (size_t i = 0; i < window->listeners; i++)
		for (size_t j = 0; j < INTAKE_COUNTERS; j++)
			window->intake[i][j] = counter_get(&worker->counters[i][j]);
	window_open(next, seal.interval.seq + 1);
	entry_blocks_trim(&window->spare, SPARE_LESS);
	window_lend(window, next);
	worker->intake.window = next;
	mailbox_post(worker->plan->sealed, &window->mail, worker->plan->sealed_kind);
	worker->sweep_subs += seal.sweep;
	if (worker->sweep_subs > TABLE_SUBS)
		worker->sweep_subs = TABLE_SUBS;
	worker->oldest_seq = seal.oldest_seq;
	tidy_later(worker);
}

/* What the flusher has merged is done with; its memory serves the open window. */
static void
take_back(struct worker *worker, struct window *window)
{
	table_release(&worker->intake.table, &window->retired);
	window_clear(window);
	window_lend(window, worker->intake.window);
	tidy_later(worker);
}

static void
drain_sockets(struct worker *worker, struct notice *notice)
{
	for (size_t i = 0; i < worker->receiver_count; i++)
		receiver_stop(&worker->receivers[i]);
	timer_fini(&worker->look);
	worker->draining = true;
	mailbox_post(notice->to, &notice->mail, notice->kind);
}

static void
deliver(struct thread *thread, struct mail *mail)
{
	struct worker *worker = (struct worker *)((char *)thread - offsetof(struct worker, thread));

	switch ((enum worker_mail)mail->kind) {
	case WORKER_SEAL: seal_window(worker, *(struct seal *)mail); break;
	case WORKER_RETURN: take_back(worker, (struct window *)mail); break;
	case WORKER_TIDY: tidy(worker); break;
	case WORKER_DRAIN: drain_sockets(worker, (struct notice *)mail); break;
	case WORKER_FINISH: thread_finish(thread); break;
	}
}

void
worker_init(struct worker *worker, unsigned index, const struct worker_plan *plan)
{
	worker->index = index;
	worker->plan = plan;
	worker->tidying = worker->draining = false;
	worker->sweep = (struct table_sweep){0};
	worker->sweep_subs = 0;
	worker->oldest_seq = 0;
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
