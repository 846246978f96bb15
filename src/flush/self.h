/* SPDX-License-Identifier: MIT */
/* self.h -- the daemon's own series in each flush, under StatsD's names where
 * StatsD has one. What was counted while lines came in is that of the sealed
 * windows, so that it belongs to their interval. */

#pragma once

#include "flush/rows.h"
#include "ingest/ingest.h"
#include "sink/egress.h"

struct self {
	const char *prefix;
	const struct ingest *ingest;
	const struct egress *egress;
	const counter *flush;                    /* FLUSH_COUNTERS of them */
	uint64_t intake[INTAKE_COUNTERS];        /* sums over workers and listeners ... */
	uint64_t intake_before[INTAKE_COUNTERS]; /* ... and at the flush before */
	uint64_t table_before[TABLE_COUNTERS];
	uint64_t flush_before[FLUSH_COUNTERS];
	uint64_t (*sinks_before)[SINK_COUNTERS];
	struct text name;
};

void self_init(struct self *self, const char *prefix, const struct ingest *ingest,
    const struct egress *egress, const counter *flush);
void self_fini(struct self *self);

/* Before the windows of a flush are added up. */
void self_begin(struct self *self);
void self_add_window(struct self *self, const struct window *window);

/* Samples accepted in this interval, all kinds: what hits must add up to. */
uint64_t self_samples(const struct self *self);

/* Lines that are neither accepted nor refused, since the start: 0, or a bug. */
uint64_t self_stray_lines(const struct self *self);

/* Append the rows. processing_ms: spent on this flush so far; lag_ns: by how
 * much its interval is longer than configured. */
void self_add_rows(struct self *self, struct rows *rows, double processing_ms, int64_t lag_ns);
