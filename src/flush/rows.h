/* SPDX-License-Identifier: MIT */
/* rows.h -- from series to rows to batches: what one flush says. */

#pragma once

#include "flush/catalog.h"
#include "flush/settings.h"
#include "metric/batch.h"

/* One flush's rows on their way into batches. A full batch goes out through
 * `offer` at once, so that a large flush streams. */
struct rows {
	const struct flush_settings *settings;
	struct interval interval;
	void (*offer)(void *arg, struct batch **batch); /* takes the reference */
	void *arg;
	struct batch *open;
	size_t series;      /* rows of clients' series so far */
	uint64_t ambiguous; /* gauges whose deltas straddled an absolute value */
	/* Scratch, reused from flush to flush. */
	double *values;
	size_t values_cap;
	struct arena arena;
};

void rows_init(struct rows *rows, const struct flush_settings *settings,
    void (*offer)(void *arg, struct batch **batch), void *arg);
void rows_fini(struct rows *rows);

void rows_begin(struct rows *rows, const struct interval *interval);

/* A row for every series that has something to say in this flush. Consumes
 * the records that were merged. */
void rows_add_catalog(struct rows *rows, struct catalog *catalog);

/* One of the daemon's own. */
struct row *rows_add_own(struct rows *rows, enum kind kind, const char *name, size_t name_len);

/* Offer the last batch, be it empty. */
void rows_end(struct rows *rows);
