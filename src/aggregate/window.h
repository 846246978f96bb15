/* SPDX-License-Identifier: MIT */
/* window.h -- what one worker gathered in one interval.
 *
 * The worker owns it from opening to seal, the flusher from seal to return.
 * Each worker has two, for odd and even intervals: while the flusher reads
 * one, the worker fills the other. */

#pragma once

#include "aggregate/entry_list.h"
#include "base/arena.h"
#include "base/mailbox.h"
#include "base/number.h"
#include "metric/counter.h"
#include "metric/event.h"
#include "metric/interval.h"
#include "metric/sample.h"

/* A value that brought its own time. */
struct dated {
	struct entry *entry;
	int64_t timestamp; /* s since 1970 */
	double value;      /* of a counter weighted; of a gauge absolute */
	bool exact;        /* to be sent with just that time */
};

#define DATED_BLOCK 128

struct dated_block {
	struct dated_block *next;
	size_t count;
	struct dated at[DATED_BLOCK];
};

struct dated_list {
	struct dated_block *first, *last;
	size_t count;
	struct arena arena; /* their own */
};

struct event_list {
	struct event *first, *newest; /* copies in the arena */
	size_t count;
	struct arena arena; /* their own: words take nothing from the measurements' budget */
};

/* Regions of memory that one flush settles at most; others wait for the next. */
#define WINDOW_FILLED_MOST 64

struct window {
	struct mail mail; /* to the flusher at the seal, back on return */
	unsigned worker;
	struct interval interval;  /* its seq when opened, the rest at the seal */
	struct entry_list touched; /* canonical entries with a sample, each once */
	struct entry_list retired; /* unlinked entries, freed after the return */
	struct dated_list dated;   /* in the order of their arrival */
	struct event_list events;
	struct arena arena;        /* the records */
	struct entry_blocks spare; /* for the lists of entries */
	/* Memory of the table's that has become full: see window_settle(). */
	size_t filled;
	void *filled_at[WINDOW_FILLED_MOST];
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

void window_fini(struct window *window);

/* Begin interval seq with nothing in it. What was in it is gone. */
void window_open(struct window *window, uint64_t seq);

/* Nothing of what was in it is needed any more. */
void window_clear(struct window *window);

/* What of one window's memory is spare serves the other, too. */
void window_lend(struct window *from, struct window *to);

/* The flusher, before it returns the window: have the table's memory that was
 * filled in this interval held in huge pages. */
void window_settle(const struct window *window);

/* An alias was used: it is not idle. */
static inline void
window_stamp(const struct window *window, struct entry *alias)
{
	uint32_t seq = (uint32_t)window->interval.seq;

	atomic_store_explicit(&alias->cell[seq & 1].meta, cell_meta(seq, 0), memory_order_relaxed);
}

/* One more sample is in the cell that had so many; value is what it holds. */
static inline void
window_store(
    struct window *window, struct entry *entry, struct cell *cell, uint64_t value, uint32_t hits)
{
	if (hits == 0)
		entry_list_add(&window->touched, &window->spare, entry);
	atomic_store_explicit(&cell->value, value, memory_order_relaxed);
	/* Four thousand million samples of one series in one interval count as
	 * such; 0 would begin it anew. */
	hits += hits < UINT32_MAX;
	atomic_store_explicit(
	    &cell->meta, cell_meta((uint32_t)window->interval.seq, hits), memory_order_release);
}

/* Bring near what the next sample of an entry goes into. A counter has no
 * record, but its cell is near. The address is made without a branch, since
 * kinds come in any order. */
static inline void
window_prefetch(const struct window *window, const struct entry *entry)
{
	const struct cell *cell = &entry->cell[window->interval.seq & 1];
	uint64_t value = atomic_load_explicit(&cell->value, memory_order_relaxed);
	uint64_t other = -(uint64_t)(entry->kind != KIND_COUNTER);

	__builtin_prefetch((const void *)((value & other) | ((uintptr_t)cell & ~other)));
}

/* window_fold() of what needs a record. */
enum reason window_fold_record(struct window *window, struct entry *entry,
    const struct sample *sample, uint64_t stamp, const struct budget *budget, counter *table);

/* Fold one sample into a canonical entry's open cell. stamp is its arrival,
 * increasing within a worker. REASON_TIMER_BUDGET and REASON_SET_BUDGET are
 * the only refusals. What turned into a sketch is counted in `table`, the
 * TABLE_COUNTERS of the worker. */
static inline enum reason
window_fold(struct window *window, struct entry *entry, const struct sample *sample, uint64_t stamp,
    const struct budget *budget, counter *table)
{
	if (sample->kind != KIND_COUNTER || entry_is_total(entry))
		return window_fold_record(window, entry, sample, stamp, budget, table);
	uint32_t seq = (uint32_t)window->interval.seq;
	struct cell *cell = &entry->cell[seq & 1];
	uint64_t meta = atomic_load_explicit(&cell->meta, memory_order_relaxed);
	uint32_t hits = cell_seq(meta) == seq ? cell_hits(meta) : 0;
	double sum = 0;

	if (hits > 0)
		sum = bits_double(atomic_load_explicit(&cell->value, memory_order_relaxed));
	sum = number_add(sum, sample->value * sample->weight);
	window_store(window, entry, cell, double_bits(sum), hits);
	return REASON_NONE;
}

/* Keep a sample that brought its time, of a canonical entry, which is not idle
 * then. REASON_DATED_BUDGET is the only refusal. */
enum reason window_date(struct window *window, struct entry *entry, const struct sample *sample);

/* Keep a copy of an event. REASON_EVENT_BUDGET is the only refusal. */
enum reason window_add_event(struct window *window, const struct event *event);
