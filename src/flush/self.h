/* SPDX-License-Identifier: MIT */
/* self.h -- the daemon's own series in each flush, under StatsD's names where
 * StatsD has one. What was counted while lines came in is that of the sealed
 * windows, so that it belongs to their interval. */

#pragma once

#include "flush/rows.h"
#include "ingest/ingest.h"
#include "sink/egress.h"

/* What it tells of; all must outlive it. */
struct self_sources {
	const char *prefix;
	int64_t started_ns; /* wall */
	const struct ingest *ingest;
	const struct item_map *sinks; /* those of egress */
	const struct egress *egress;
	const counter *flush; /* FLUSH_COUNTERS of them */
};

struct self {
	struct self_sources of;
	const counter *graphite;                 /* of the first such sink; NULL: there is none */
	bool flushed;                            /* not for the first time */
	uint64_t intake[INTAKE_COUNTERS];        /* sums over workers and listeners ... */
	uint64_t intake_before[INTAKE_COUNTERS]; /* ... and at the flush before */
	uint64_t table_before[TABLE_COUNTERS];
	uint64_t flush_before[FLUSH_COUNTERS];
	uint64_t (*sinks_before)[SINK_COUNTERS];
	struct text name;
};

void self_init(struct self *self, const struct self_sources *sources);
void self_fini(struct self *self);

/* Before the windows of a flush are added up. */
void self_begin(struct self *self);
void self_add_window(struct self *self, const struct window *window);

/* Samples accepted in this interval, all kinds: what hits must add up to. */
uint64_t self_samples(const struct self *self);

/* Lines that are neither accepted nor refused, since the start: 0, or a bug. */
uint64_t self_stray_lines(const struct self *self);

struct self_times {
	int64_t processing_ns;  /* from the last window to the rows */
	int64_t calculation_ns; /* from the seal to the rows */
	int64_t lag_ns;         /* by how much the interval is longer than configured */
};

/* Append the rows. */
void self_add_rows(struct self *self, struct rows *rows, const struct self_times *times);
