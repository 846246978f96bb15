/* SPDX-License-Identifier: MIT */
/* batch.c -- a self-contained chunk of one flush.
 *
 * A batch of few rows costs little: the untouched pages of its arrays are
 * never backed by memory, and are not counted. A block so large is one that the
 * allocator gets from the system, and gives back there. */

#include "metric/batch.h"

#include "base/check.h"
#include "base/mem.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct batch *
batch_new(const struct interval *interval, int64_t timestamp_ns, int64_t step_ns)
{
	struct batch *batch = mem_alloc(sizeof(*batch));

	atomic_init(&batch->holders, 1);
	batch->interval = *interval;
	batch->timestamp_ns = timestamp_ns;
	batch->step_ns = step_ns;
	batch->last = false;
	batch->events = batch->newest_event = NULL;
	batch->arena = (struct arena){0};
	batch->count = 0;
	batch->keys_used = 0;
	return batch;
}

/* What stands behind the first so many bytes of an array that begins anywhere. */
static size_t
backed_bytes(size_t touched)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return touched > 0 ? (touched / page + 2) * page : 0;
}

size_t
batch_bytes(const struct batch *batch)
{
	size_t rows = batch->count * sizeof(batch->rows[0]);

	return backed_bytes(offsetof(struct batch, rows) + rows) + backed_bytes(batch->keys_used) +
	    batch->arena.cap;
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
	return arena_alloc(&batch->arena, size);
}

static char *
take_key(struct batch *batch, size_t len)
{
	size_t at = batch->keys_used;

	if (sizeof(batch->keys) - at < len)
		return arena_alloc(&batch->arena, len);
	batch->keys_used += len;
	return batch->keys + at;
}

struct row *
batch_add(struct batch *batch, enum kind kind, const char *name, size_t name_len, const char *tags,
    size_t tags_len)
{
	CHECK(name_len <= UINT16_MAX && tags_len <= UINT16_MAX);
	if (batch->count == BATCH_ROWS)
		return NULL;
	struct row *row = &batch->rows[batch->count++];
	char *key = take_key(batch, name_len + tags_len);

	memcpy(key, name, name_len);
	if (tags_len > 0)
		memcpy(key + name_len, tags, tags_len);
	*row = (struct row){
	    .kind = kind,
	    .name_len = (uint16_t)name_len,
	    .tags_len = (uint16_t)tags_len,
	    .name = key,
	};
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
