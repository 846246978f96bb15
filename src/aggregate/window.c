/* SPDX-License-Identifier: MIT */
/* window.c -- what one worker gathered in one interval. */

#include "aggregate/window.h"

#include "aggregate/gauge.h"
#include "aggregate/set.h"
#include "aggregate/timer.h"
#include "aggregate/total.h"
#include "base/mem.h"
#include "base/pool.h"

#include <stdlib.h>

void
window_init(struct window *window, unsigned worker, size_t listeners)
{
	*window = (struct window){.worker = worker, .listeners = listeners};
	window->intake = mem_zero(listeners, sizeof(*window->intake));
}

void
window_fini(struct window *window)
{
	entry_list_fini(&window->touched);
	entry_list_fini(&window->retired);
	entry_blocks_trim(&window->spare, SIZE_MAX);
	arena_fini(&window->dated.arena);
	arena_fini(&window->events.arena);
	arena_fini(&window->arena);
	free(window->intake);
}

void
window_clear(struct window *window)
{
	entry_list_clear(&window->touched, &window->spare);
	entry_list_clear(&window->retired, &window->spare);
	window->dated.first = window->dated.last = NULL;
	window->dated.count = 0;
	window->events.first = window->events.newest = NULL;
	window->events.count = 0;
	window->filled = 0;
	arena_reset(&window->dated.arena);
	arena_reset(&window->events.arena);
	arena_reset(&window->arena);
}

void
window_open(struct window *window, uint64_t seq)
{
	window_clear(window);
	window->interval = (struct interval){.seq = seq};
}

void
window_lend(struct window *from, struct window *to)
{
	entry_blocks_append(&to->spare, &from->spare);
}

void
window_settle(const struct window *window)
{
	for (size_t i = 0; i < window->filled; i++)
		pool_settle(window->filled_at[i]);
}

/* The record after one more sample; record is NULL for the interval's first.
 * NULL: refused. */
static void *
fold_record(struct window *window, void *record, const struct sample *sample, uint64_t stamp,
    const struct budget *budget, counter *table)
{
	switch (sample->kind) {
	case KIND_COUNTER: return total_fold(record, &window->arena, sample, stamp);
	case KIND_GAUGE: return gauge_fold(record, &window->arena, sample, stamp);
	case KIND_TIMER: return timer_fold(record, &window->arena, sample, budget, table);
	case KIND_SET: return set_fold(record, &window->arena, sample, budget);
	}
	return NULL;
}

enum reason
window_fold_record(struct window *window, struct entry *entry, const struct sample *sample,
    uint64_t stamp, const struct budget *budget, counter *table)
{
	uint32_t seq = (uint32_t)window->interval.seq;
	struct cell *cell = &entry->cell[seq & 1];
	uint64_t meta = atomic_load_explicit(&cell->meta, memory_order_relaxed);
	uint32_t hits = cell_seq(meta) == seq ? cell_hits(meta) : 0;
	void *record = NULL;

	if (hits > 0)
		record =
		    (void *)(uintptr_t)atomic_load_explicit(&cell->value, memory_order_relaxed);
	record = fold_record(window, record, sample, stamp, budget, table);
	if (record == NULL)
		return sample->kind == KIND_TIMER ? REASON_TIMER_BUDGET : REASON_SET_BUDGET;
	window_store(window, entry, cell, (uintptr_t)record, hits);
	return REASON_NONE;
}

/* A place for one more. */
static struct dated *
add_dated(struct dated_list *dated)
{
	if (dated->last == NULL || dated->last->count == DATED_BLOCK) {
		struct dated_block *block = arena_alloc(&dated->arena, sizeof(*block));

		block->next = NULL;
		block->count = 0;
		if (dated->last != NULL)
			dated->last->next = block;
		else
			dated->first = block;
		dated->last = block;
	}
	dated->count++;
	return &dated->last->at[dated->last->count++];
}

enum reason
window_date(struct window *window, struct entry *entry, const struct sample *sample)
{
	uint32_t seq = (uint32_t)window->interval.seq;
	double weight = sample->kind == KIND_COUNTER ? sample->weight : 1;

	if (window->dated.count == DATED_MOST)
		return REASON_DATED_BUDGET;
	*add_dated(&window->dated) = (struct dated){.entry = entry,
	    .timestamp = sample->timestamp,
	    .value = number_add(0, sample->value * weight),
	    .exact = sample->exact};
	/* What the cell has of this interval stays. */
	if (cell_seq(atomic_load_explicit(&entry->cell[seq & 1].meta, memory_order_relaxed)) != seq)
		window_stamp(window, entry);
	return REASON_NONE;
}

enum reason
window_add_event(struct window *window, const struct event *event)
{
	struct event_list *events = &window->events;

	if (events->count == EVENTS_MOST || events->arena.used >= EVENTS_MOST_BYTES)
		return REASON_EVENT_BUDGET;
	struct event *copy = event_copy(event, &events->arena);

	if (events->first == NULL)
		events->first = copy;
	else
		events->newest->next = copy;
	events->newest = copy;
	events->count++;
	return REASON_NONE;
}
