/* SPDX-License-Identifier: MIT */
/* window.c -- what one worker gathered in one interval. */

#include "aggregate/window.h"

#include "aggregate/gauge.h"
#include "aggregate/set.h"
#include "aggregate/timer.h"
#include "aggregate/total.h"
#include "base/mem.h"
#include "base/number.h"

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
	for (size_t i = 0; i < window->retired.count; i++)
		free(window->retired.at[i]);
	free(window->retired.at);
	free(window->touched.at);
	free(window->dated.at);
	free(window->intake);
	arena_fini(&window->arena);
	arena_fini(&window->events.arena);
}

void
window_open(struct window *window, uint64_t seq)
{
	window->interval = (struct interval){.seq = seq};
	window->touched.count = 0;
	window->retired.count = 0;
	window->dated.count = 0;
	window->events.first = window->events.newest = NULL;
	window->events.count = 0;
	arena_reset(&window->events.arena);
	arena_reset(&window->arena);
}

void
entry_list_add(struct entry_list *list, struct entry *entry)
{
	list->at = mem_room(list->at, list->count, &list->cap, sizeof(*list->at));
	list->at[list->count++] = entry;
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
window_fold(struct window *window, struct entry *entry, const struct sample *sample, uint64_t stamp,
    const struct budget *budget, counter *table)
{
	uint32_t seq = (uint32_t)window->interval.seq;
	struct cell *cell = &entry->cell[seq & 1];
	uint64_t meta = atomic_load_explicit(&cell->meta, memory_order_relaxed);
	uint64_t value = atomic_load_explicit(&cell->value, memory_order_relaxed);
	uint32_t hits = cell_seq(meta) == seq ? cell_hits(meta) : 0;

	if (sample->kind == KIND_COUNTER && (entry->modes & ENTRY_TOTAL) == 0) {
		double sum = hits > 0 ? bits_double(value) : 0;

		value = double_bits(number_add(sum, sample->value * sample->weight));
	} else {
		void *record = fold_record(window, hits > 0 ? (void *)(uintptr_t)value : NULL,
		    sample, stamp, budget, table);

		if (record == NULL)
			return sample->kind == KIND_TIMER ? REASON_TIMER_BUDGET : REASON_SET_BUDGET;
		value = (uintptr_t)record;
	}
	if (hits == 0)
		entry_list_add(&window->touched, entry);
	atomic_store_explicit(&cell->value, value, memory_order_relaxed);
	/* Four thousand million samples of one series in one interval count as
	 * such; 0 would begin it anew. */
	hits += hits < UINT32_MAX;
	atomic_store_explicit(&cell->meta, cell_meta(seq, hits), memory_order_release);
	return REASON_NONE;
}

enum reason
window_date(struct window *window, struct entry *entry, const struct sample *sample)
{
	uint32_t seq = (uint32_t)window->interval.seq;
	struct dated_list *dated = &window->dated;
	double weight = sample->kind == KIND_COUNTER ? sample->weight : 1;

	if (dated->count == DATED_MOST)
		return REASON_DATED_BUDGET;
	dated->at = mem_room(dated->at, dated->count, &dated->cap, sizeof(*dated->at));
	dated->at[dated->count++] = (struct dated){.entry = entry,
	    .timestamp = sample->timestamp,
	    .value = number_add(0, sample->value * weight)};
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
