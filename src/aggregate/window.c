/* SPDX-License-Identifier: MIT */
/* window.c -- what one worker gathered in one interval. */

#include "aggregate/window.h"

#include "aggregate/gauge.h"
#include "aggregate/set.h"
#include "aggregate/timer.h"
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
	free(window->intake);
	arena_fini(&window->arena);
}

void
window_open(struct window *window, uint64_t seq)
{
	window->interval = (struct interval){.seq = seq};
	window->touched.count = 0;
	window->retired.count = 0;
	arena_reset(&window->arena);
}

void
entry_list_add(struct entry_list *list, struct entry *entry)
{
	list->at = mem_room(list->at, list->count, &list->cap, sizeof(*list->at));
	list->at[list->count++] = entry;
}

/* The value after one more sample; `hits` 0 means it is the first. Returns
 * false with *reason_out if the budget does not hold it. */
static bool
fold_value(struct window *window, uint64_t *value, uint32_t hits, const struct sample *sample,
    uint64_t stamp, const struct budget *budget, enum reason *reason_out)
{
	void *record = hits > 0 ? (void *)(uintptr_t)*value : NULL;

	switch (sample->kind) {
	case KIND_COUNTER: {
		double sum = hits > 0 ? bits_double(*value) : 0;

		*value = double_bits(number_add(sum, sample->value * sample->weight));
		return true;
	}
	case KIND_GAUGE: record = gauge_fold(record, &window->arena, sample, stamp); break;
	case KIND_TIMER:
		*reason_out = REASON_TIMER_BUDGET;
		record = timer_fold(record, &window->arena, sample, budget);
		break;
	case KIND_SET:
		*reason_out = REASON_SET_BUDGET;
		record = set_fold(record, &window->arena, sample, budget);
		break;
	}
	if (record != NULL)
		*value = (uintptr_t)record;
	return record != NULL;
}

enum reason
window_fold(struct window *window, struct entry *entry, const struct sample *sample, uint64_t stamp,
    const struct budget *budget)
{
	uint32_t seq = (uint32_t)window->interval.seq;
	struct cell *cell = &entry->cell[seq & 1];
	uint64_t meta = atomic_load_explicit(&cell->meta, memory_order_relaxed);
	uint64_t value = atomic_load_explicit(&cell->value, memory_order_relaxed);
	uint32_t hits = cell_seq(meta) == seq ? cell_hits(meta) : 0;
	enum reason reason = REASON_NONE;

	if (!fold_value(window, &value, hits, sample, stamp, budget, &reason))
		return reason;
	if (hits == 0)
		entry_list_add(&window->touched, entry);
	atomic_store_explicit(&cell->value, value, memory_order_relaxed);
	/* Four thousand million samples of one series in one interval count as
	 * such; 0 would begin it anew. */
	hits += hits < UINT32_MAX;
	atomic_store_explicit(&cell->meta, cell_meta(seq, hits), memory_order_release);
	return REASON_NONE;
}
