/* SPDX-License-Identifier: MIT */
/* window.h -- what one worker gathered in one interval.
 *
 * The worker owns it from opening to seal, the flusher from seal to return.
 * Each worker has two, for odd and even intervals: while the flusher reads
 * one, the worker fills the other. */

#pragma once

#include "aggregate/entry.h"
#include "base/arena.h"
#include "base/mailbox.h"
#include "metric/counter.h"
#include "metric/event.h"
#include "metric/interval.h"
#include "metric/sample.h"

struct entry_list {
	struct entry **at;
	size_t count, cap;
};

/* A value that brought its own time. */
struct dated {
	struct entry *entry;
	int64_t timestamp; /* s since 1970 */
	double value;      /* of a counter weighted; of a gauge absolute */
};

struct dated_list {
	struct dated *at;
	size_t count, cap;
};

struct event_list {
	struct event *first, *newest; /* copies in the arena */
	size_t count;
	struct arena arena; /* their own: words take nothing from the measurements' budget */
};

struct window {
	struct mail mail; /* to the flusher at the seal, back on return */
	unsigned worker;
	struct interval interval;  /* its seq when opened, the rest at the seal */
	struct entry_list touched; /* canonical entries with a sample, each once */
	struct entry_list retired; /* unlinked entries, freed after the return */
	struct dated_list dated;   /* in the order of their arrival; entries not retired */
	struct event_list events;
	struct arena arena; /* the records */
	/* Counters at the seal: of each listener, since the start. */
	size_t listeners;
	uint64_t (*intake)[INTAKE_COUNTERS];
};

/* What exactness may cost, and what takes its place. */
struct budget {
	uint32_t timer_values; /* exact ones per timer and window; then a sketch */
	size_t bytes;          /* of records, per window, for exactness; see below */
	unsigned scale;        /* of sketches: bins of 2^(2^-scale), sketch_scale() */
	bool weighted;         /* a rate weighs all statistics of a timer */
};

/* When budget.bytes are spent, a timer of more than TIMER_VALUES_FEW values
 * becomes a sketch and a set of more than SET_MEMBERS_FEW members registers;
 * smaller ones go on. At BUDGET_TIMES as much everything that would take more
 * is refused. */
#define TIMER_VALUES_FEW 16
#define SET_MEMBERS_FEW 1024
#define BUDGET_TIMES 8

/* Members a set holds exactly, budget or not. */
#define SET_MEMBERS_MOST 65536

/* Of one window. The event that goes past the bytes is the last. */
#define DATED_MOST ((size_t)1 << 20)
#define EVENTS_MOST 4096
#define EVENTS_MOST_BYTES ((size_t)4 << 20)

void window_init(struct window *window, unsigned worker, size_t listeners);

/* Frees what is on the retired list, too: nobody will return this window. */
void window_fini(struct window *window);

/* Begin interval seq with nothing in it. What was in it is gone. */
void window_open(struct window *window, uint64_t seq);

void entry_list_add(struct entry_list *list, struct entry *entry);

/* An alias was used: it is not idle. */
static inline void
window_stamp(const struct window *window, struct entry *alias)
{
	uint32_t seq = (uint32_t)window->interval.seq;

	atomic_store_explicit(&alias->cell[seq & 1].meta, cell_meta(seq, 0), memory_order_relaxed);
}

/* Fold one sample into a canonical entry's open cell. stamp is its arrival,
 * increasing within a worker. REASON_TIMER_BUDGET and REASON_SET_BUDGET are
 * the only refusals. What turned into a sketch is counted in `table`, the
 * TABLE_COUNTERS of the worker. */
enum reason window_fold(struct window *window, struct entry *entry, const struct sample *sample,
    uint64_t stamp, const struct budget *budget, counter *table);

/* Keep a sample that brought its time, of a canonical entry, which is not idle
 * then. REASON_DATED_BUDGET is the only refusal. */
enum reason window_date(struct window *window, struct entry *entry, const struct sample *sample);

/* Keep a copy of an event. REASON_EVENT_BUDGET is the only refusal. */
enum reason window_add_event(struct window *window, const struct event *event);
