/* SPDX-License-Identifier: MIT */
/* batch.c -- a self-contained chunk of one flush.
 *
 * A batch of few rows costs little: the untouched part of its array of rows is
 * never backed by memory, and is not counted. */

#include "metric/batch.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>

static void
count_bytes(struct batch *batch)
{
	batch->bytes = sizeof(*batch) + batch->count * sizeof(batch->rows[0]) + batch->arena.cap;
}

struct batch *
batch_new(const struct interval *interval, int64_t timestamp_ns, int64_t step_ns)
{
	struct batch *batch = mem_alloc(sizeof(*batch) + BATCH_ROWS * sizeof(struct row));

	atomic_init(&batch->holders, 1);
	batch->interval = *interval;
	batch->timestamp_ns = timestamp_ns;
	batch->step_ns = step_ns;
	batch->last = false;
	batch->count = 0;
	batch->arena = (struct arena){0};
	batch->events = batch->newest_event = NULL;
	count_bytes(batch);
	return batch;
}

double
batch_row_seconds(const struct batch *batch, const struct row *row)
{
	return row->timestamp_ns != 0 ? (double)batch->step_ns / 1e9
				      : interval_seconds(&batch->interval);
}

void *
batch_alloc(struct batch *batch, size_t size)
{
	void *mem = arena_alloc(&batch->arena, size);

	count_bytes(batch);
	return mem;
}

struct row *
batch_add(struct batch *batch, enum kind kind, const char *name, size_t name_len, const char *tags,
    size_t tags_len)
{
	CHECK(name_len <= UINT16_MAX && tags_len <= UINT16_MAX);
	if (batch->count == BATCH_ROWS)
		return NULL;
	struct row *row = &batch->rows[batch->count++];

	*row = (struct row){
	    .kind = kind,
	    .name_len = (uint16_t)name_len,
	    .tags_len = (uint16_t)tags_len,
	    .name = arena_copy(&batch->arena, name, name_len),
	    .tags = arena_copy(&batch->arena, tags, tags_len),
	};
	count_bytes(batch);
	return row;
}

void
batch_add_event(struct batch *batch, const struct event *event)
{
	struct event *copy = event_copy(event, &batch->arena);

	if (batch->newest_event != NULL)
		batch->newest_event->next = copy;
	else
		batch->events = copy;
	batch->newest_event = copy;
	count_bytes(batch);
}

struct batch *
batch_hold(struct batch *batch)
{
	atomic_fetch_add_explicit(&batch->holders, 1, memory_order_relaxed);
	return batch;
}

void
batch_drop(struct batch **held)
{
	struct batch *batch = *held;

	*held = NULL;
	if (atomic_fetch_sub_explicit(&batch->holders, 1, memory_order_acq_rel) > 1)
		return;
	arena_fini(&batch->arena);
	free(batch);
}
