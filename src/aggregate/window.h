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
#include "metric/interval.h"
#include "metric/sample.h"

struct entry_list {
	struct entry **at;
	size_t count, cap;
};

struct window {
	struct mail mail; /* to the flusher at the seal, back on return */
	unsigned worker;
	struct interval interval;  /* its seq when opened, the rest at the seal */
	struct entry_list touched; /* canonical entries with a sample, each once */
	struct entry_list retired; /* unlinked entries, freed after the return */
	struct arena arena;        /* the records */
	/* Counters at the seal: of each listener, since the start. */
	size_t listeners;
	uint64_t (*intake)[INTAKE_COUNTERS];
};

/* What exactness may cost until it is refused. */
struct budget {
	uint32_t timer_values; /* per timer and window */
	size_t bytes;          /* of records, per window */
};

/* Members a set holds exactly. */
#define SET_MEMBERS_MOST 65536

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
 * the only refusals. */
enum reason window_fold(struct window *window, struct entry *entry, const struct sample *sample,
    uint64_t stamp, const struct budget *budget);
