/* SPDX-License-Identifier: MIT */
/* worker.c -- a thread that receives, parses and folds. */

#include "ingest/worker.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_EVERY CLOCK_SECOND

/* Slots that are swept in one step, and those that an errand looks at. */
#define SWEEP_SLOTS 2048
#define ERRAND_SLOTS 256

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
tidy_later(struct worker *worker)
{
	if (worker->tidying || worker->draining)
		return;
	worker->tidying = true;
	mailbox_post(&worker->thread.inbox, &worker->tidy, WORKER_TIDY);
}

static void
on_look(struct timer *look)
{
	struct worker *worker = (struct worker *)((char *)look - offsetof(struct worker, look));

	look_at_sockets(worker);
	connections_look(&worker->connections);
	if (errands_look(&worker->errands, &worker->intake, clock_mono_ns()))
		tidy_later(worker);
	timer_start(look, LOOK_EVERY);
}

/* Streams have had their turn. */
static void
on_turn_over(struct turn *turn)
{
	struct worker *worker = (struct worker *)((char *)turn - offsetof(struct worker, turn));

	for (size_t i = 0; i < worker->receiver_count; i++)
		receiver_take(&worker->receivers[i]);
}

static bool
sweep_entry(void *arg, struct entry *entry)
{
	struct worker *worker = arg;

	if (!entry_is_idle(entry, worker->oldest_seq))
		return false;
	intake_let_go(&worker->intake, entry);
	return true;
}

/* Remove what has been idle too long. */
static void
sweep(struct worker *worker)
{
	struct intake *intake = &worker->intake;

	if (table_walk_on(
		&intake->table, &worker->sweep, SWEEP_SLOTS, intake->window, sweep_entry, worker))
		worker->sweep_subs--;
}

/* One step. Between two of them the sockets have their turn. */
static void
tidy(struct worker *worker)
{
	worker->tidying = false;
	bool more = table_collect(&worker->intake.table);

	intake_count_memory(&worker->intake);
	if (worker->sweep_subs > 0)
		sweep(worker);
	if (errands_step(&worker->errands, &worker->intake, ERRAND_SLOTS) || more ||
	    worker->sweep_subs > 0)
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

/* Those that others have closed are on their way home to the first worker. */
static void
finish_drain(struct worker *worker)
{
	struct notice *notice = worker->drain;

	if (!worker->draining || notice == NULL ||
	    (worker->acceptor != NULL && !acceptor_is_done(worker->acceptor)))
		return;
	worker->drain = NULL;
	notice_pass(notice);
}

/* Once it is to drain, and has every connection it will ever get. */
static void
drain_sockets(struct worker *worker)
{
	if (worker->drain == NULL || !worker->last)
		return;
	for (size_t i = 0; i < worker->receiver_count; i++)
		receiver_stop(&worker->receivers[i]);
	connections_stop(&worker->connections);
	if (worker->input != NULL)
		input_stop(worker->input);
	timer_fini(&worker->look);
	worker->draining = true;
	finish_drain(worker);
}

static void
begin_drain(struct worker *worker, struct notice *notice)
{
	worker->drain = notice;
	for (size_t i = 0; i < worker->receiver_count; i++)
		receiver_refuse(&worker->receivers[i]);
	errands_close(&worker->errands, &worker->intake);
	if (worker->acceptor != NULL)
		acceptor_stop(worker->acceptor);
	drain_sockets(worker);
}

static void
deliver_stream_mail(struct worker *worker, struct mail *mail)
{
	struct connections *connections = &worker->connections;

	switch ((enum connection_mail)mail->kind) {
	case CONNECTION_SERVE:
		connection_serve(connections,
		    (struct connection *)((char *)mail - offsetof(struct connection, mail)));
		break;
	case CONNECTION_EVICT:
		connection_evict(connections,
		    (struct connection *)((char *)mail - offsetof(struct connection, evict)));
		break;
	case CONNECTION_LAST:
		worker->last = true;
		drain_sockets(worker);
		break;
	case CONNECTION_HOME:
	case CONNECTION_EVICTED:
		acceptor_take_back(worker->acceptor, mail);
		finish_drain(worker);
		break;
	case CONNECTION_MAILS: break;
	}
}

static void
take_errand(struct worker *worker, struct errand *errand)
{
	errands_add(&worker->errands, &worker->intake, errand);
	tidy_later(worker);
}

static void
deliver(struct thread *thread, struct mail *mail)
{
	struct worker *worker = (struct worker *)((char *)thread - offsetof(struct worker, thread));

	if (mail->kind < CONNECTION_MAILS) {
		deliver_stream_mail(worker, mail);
		return;
	}
	switch ((enum worker_mail)mail->kind) {
	case WORKER_SEAL: seal_window(worker, *(struct seal *)mail); break;
	case WORKER_RETURN: take_back(worker, (struct window *)mail); break;
	case WORKER_TIDY: tidy(worker); break;
	case WORKER_DRAIN: begin_drain(worker, (struct notice *)mail); break;
	case WORKER_ERRAND: take_errand(worker, (struct errand *)mail); break;
	case WORKER_INPUT: input_read_slice(worker->input); break;
	case WORKER_ECHO: notice_pass((struct notice *)mail); break;
	case WORKER_FINISH: thread_finish(thread); break;
	}
}

/* The first worker accepts connections for all. */
static void
open_streams(struct worker *worker)
{
	const struct worker_plan *plan = worker->plan;
	struct worker *first = plan->workers;

	worker->turn = (struct turn){.over = on_turn_over};
	worker->last = false;
	worker->drain = NULL;
	worker->acceptor = NULL;
	worker->input = NULL;
	connections_init(&worker->connections, &worker->thread, &worker->intake, worker->counters,
	    &plan->streams, &first->thread.inbox, &worker->turn);
	if (worker != first)
		return;
	worker->acceptor = mem_alloc(sizeof(*worker->acceptor));
	acceptor_init(
	    worker->acceptor, &worker->thread, worker->counters, &plan->streams, &worker->turn);
	for (unsigned i = 0; i < plan->count; i++)
		acceptor_add_desk(worker->acceptor, &plan->workers[i].thread.inbox);
}

void
worker_init(struct worker *worker, unsigned index, const struct worker_plan *plan)
{
	worker->index = index;
	worker->plan = plan;
	worker->tidying = worker->draining = false;
	worker->sweep = (struct table_walk){0};
	worker->sweep_subs = 0;
	worker->oldest_seq = 0;
	snprintf(worker->name, sizeof(worker->name), "worker %u", index);
	thread_init(&worker->thread, worker->name, deliver);
	intake_init(&worker->intake, &plan->budget, plan->quota, plan->rules, plan->kinds_clash);
	if (plan->sources != NULL)
		source_desk_init(&worker->intake.desk, plan->sources, index);
	errands_init(&worker->errands,
	    index + 1 < plan->count ? &plan->workers[index + 1].thread.inbox : NULL, WORKER_ERRAND);
	for (unsigned i = 0; i < 2; i++)
		window_init(&worker->windows[i], index, plan->listeners);
	worker->counters = mem_zero(plan->listeners, sizeof(*worker->counters));
	worker->slots = slots_new();
	worker->receivers = mem_zero(plan->receivers, sizeof(*worker->receivers));
	worker->receiver_count = 0;
	worker->intake.window = &worker->windows[1];
	window_open(worker->intake.window, 1);
	timer_init(&worker->look, &worker->thread, on_look);
	open_streams(worker);
}

void
worker_add_socket(
    struct worker *worker, size_t listener, const struct origin *origin, const struct inlet *inlet)
{
	struct origin own = *origin;

	CHECK(worker->receiver_count < worker->plan->receivers);
	struct receiver *receiver = &worker->receivers[worker->receiver_count++];

	own.counters = worker->counters[listener];
	receiver_init(receiver, &worker->thread, &worker->intake, worker->slots, &own, inlet);
	receiver->listener = listener;
}

void
worker_add_door(struct worker *first, const struct door *door)
{
	acceptor_add_door(first->acceptor, door);
}

void
worker_add_stdin(struct worker *first, size_t listener, const struct origin *origin, int fd,
    struct notice *ended)
{
	struct origin own = *origin;

	own.counters = first->counters[listener];
	own.transport = TRANSPORT_STDIN;
	first->input = mem_zero(1, sizeof(*first->input));
	feed_init(&first->input->feed, &first->intake, &own, source_none, FRAMING_LINES,
	    first->plan->streams.line_bytes);
	input_init(first->input, &first->thread, WORKER_INPUT, &first->turn, fd, ended);
}

void
worker_start(struct worker *worker)
{
	for (size_t i = 0; i < worker->receiver_count; i++)
		receiver_start(&worker->receivers[i]);
	if (worker->acceptor != NULL)
		acceptor_start(worker->acceptor);
	if (worker->input != NULL)
		input_start(worker->input);
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
	if (worker->acceptor != NULL)
		acceptor_fini(worker->acceptor);
	free(worker->acceptor);
	if (worker->input != NULL)
		input_fini(worker->input);
	free(worker->input);
	connections_fini(&worker->connections);
	for (unsigned i = 0; i < 2; i++)
		window_fini(&worker->windows[i]);
	intake_fini(&worker->intake);
	slots_free(worker->slots);
	free(worker->receivers);
	free(worker->counters);
}
