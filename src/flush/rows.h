/* SPDX-License-Identifier: MIT */
/* rows.h -- from series to rows to batches: what one flush says. */

#pragma once

#include "aggregate/timer.h"
#include "flush/merge.h"
#include "flush/terms.h"
#include "metric/batch.h"

/* One flush's rows on their way into batches. A full batch goes out through
 * `offer` at once, so that a large flush streams. */
struct rows {
	const struct flush_settings *settings;
	const struct terms *terms;
	struct budget budget; /* whether timers are weighted, and how fine sketches are */
	struct interval interval;
	uint32_t open_s; /* the first second that counts in a later one */
	void (*offer)(void *arg, struct batch **batch); /* takes the reference */
	void *arg;
	struct batch *open;
	size_t series;      /* of clients, that have rows, so far */
	uint64_t ambiguous; /* gauges whose deltas straddled an absolute value */
	uint64_t saturated; /* values that reached the largest double */
	/* Scratch, reused from series to series. */
	struct timer_room room;
	struct arena arena;
};

/* terms must outlive the rows. */
void rows_init(struct rows *rows, const struct flush_settings *settings, const struct terms *terms,
    void (*offer)(void *arg, struct batch **batch), void *arg);
void rows_fini(struct rows *rows);

void rows_begin(struct rows *rows, const struct interval *interval);

/* Before any row: the events of a window. */
void rows_add_events(struct rows *rows, const struct window *window);

/* Rows for every series that has something to say in this flush. Consumes
 * what was merged. */
void rows_add_series(struct rows *rows, struct merge *merge);

/* One of the daemon's own. */
struct row *rows_add_own(struct rows *rows, enum kind kind, const char *name, size_t name_len);

/* Offer the last batch, be it empty. */
void rows_end(struct rows *rows);
