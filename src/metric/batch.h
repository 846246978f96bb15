/* SPDX-License-Identifier: MIT */
/* batch.h -- a self-contained chunk of one flush: at most BATCH_ROWS rows
 * with all they point at. The flusher fills it; once offered it is immutable,
 * and whoever keeps it holds one reference. All batches of a flush have the
 * same interval and timestamp; the last one says so. */

#pragma once

#include "base/arena.h"
#include "metric/event.h"
#include "metric/interval.h"
#include "metric/row.h"

#include <stdatomic.h>

#define BATCH_ROWS 16384
#define BATCH_KEY_BYTES 40 /* of a name and its tags, on average; more is possible */

struct batch {
	_Atomic uint32_t holders; /* relaxed up, acq_rel down */
	struct interval interval;
	int64_t timestamp_ns; /* a boundary, frozen */
	int64_t step_ns;      /* between boundaries: the length of an interval that is not late */
	bool last;            /* of its flush */
	struct event *events; /* in the order of their arrival; linked */
	struct event *newest_event;
	struct arena arena; /* timers, events, and keys once `keys` is full */
	size_t count;       /* rows */
	size_t keys_used;
	struct row rows[BATCH_ROWS];
	char keys[BATCH_ROWS * BATCH_KEY_BYTES]; /* of rows: names and tags */
};

/* Of memory, all told. */
size_t batch_bytes(const struct batch *batch);

/* An empty batch with one holder, the caller. */
struct batch *batch_new(const struct interval *interval, int64_t timestamp_ns, int64_t step_ns);

/* What rates of a row divide by: the batch's interval, however late; of a row
 * with a time of its own, one step. */
double batch_row_seconds(const struct batch *batch, const struct row *row);

/* While it is being filled: memory that lives as long as the batch, aligned
 * for any object. */
void *batch_alloc(struct batch *batch, size_t size);

/* Append a zeroed row with a copy of its name and tags; the caller fills in
 * the rest. NULL if the batch is full. */
struct row *batch_add(struct batch *batch, enum kind kind, const char *name, size_t name_len,
    const char *tags, size_t tags_len);

/* Append a copy of an event. */
void batch_add_event(struct batch *batch, const struct event *event);

struct batch *batch_hold(struct batch *batch);
void batch_drop(struct batch **held); /* NULLs the caller's pointer */
