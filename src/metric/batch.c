/* SPDX-License-Identifier: MIT */
/* batch.c -- a self-contained chunk of one flush.
 *
 * Names and timers stand in blocks that grow with the batch and go with it;
 * a batch of few rows costs little beyond its fixed array of rows, whose
 * untouched part is never backed by memory. */

#include "metric/batch.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Blocks double in size, from the first. */
#define BLOCK_LEAST ((size_t)4 << 10)
#define BLOCK_MOST ((size_t)64 << 10)

struct batch_block {
	struct batch_block *next;
	size_t used, cap;
	_Alignas(16) char bytes[];
};

struct batch *
batch_new(const struct interval *interval, int64_t timestamp_ns)
{
	struct batch *batch = mem_alloc(sizeof(*batch) + BATCH_ROWS * sizeof(struct row));

	atomic_init(&batch->holders, 1);
	batch->interval = *interval;
	batch->timestamp_ns = timestamp_ns;
	batch->last = false;
	batch->count = 0;
	batch->bytes = sizeof(*batch);
	batch->blocks = NULL;
	return batch;
}

static struct batch_block *
add_block(struct batch *batch, size_t size)
{
	size_t cap = batch->blocks == NULL ? BLOCK_LEAST : batch->blocks->cap * 2;

	if (cap > BLOCK_MOST)
		cap = BLOCK_MOST;
	if (cap < size)
		cap = size;
	struct batch_block *block = mem_alloc(sizeof(*block) + cap);

	block->next = batch->blocks;
	block->used = 0;
	block->cap = cap;
	batch->blocks = block;
	batch->bytes += sizeof(*block) + cap;
	return block;
}

/* From the newest block; its rest is left behind when it is too small. */
static char *
take(struct batch *batch, size_t size, size_t align)
{
	struct batch_block *block = batch->blocks;
	size_t at = block != NULL ? (block->used + align - 1) & ~(align - 1) : 0;

	if (block == NULL || at > block->cap || block->cap - at < size) {
		block = add_block(batch, size);
		at = 0;
	}
	block->used = at + size;
	return block->bytes + at;
}

void *
batch_alloc(struct batch *batch, size_t size)
{
	return take(batch, size, 16);
}

static const char *
copy_bytes(struct batch *batch, const char *bytes, size_t len)
{
	if (len == 0)
		return "";
	return memcpy(take(batch, len, 1), bytes, len);
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
	    .name = copy_bytes(batch, name, name_len),
	    .tags = copy_bytes(batch, tags, tags_len),
	};
	batch->bytes += sizeof(*row);
	return row;
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
	while (batch->blocks != NULL) {
		struct batch_block *next = batch->blocks->next;

		free(batch->blocks);
		batch->blocks = next;
	}
	free(batch);
}
