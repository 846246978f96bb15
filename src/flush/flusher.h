/* SPDX-License-Identifier: MIT */
/* flusher.h -- the thread where both sides meet: at each boundary it has the
 * workers seal, merges their windows, carries what lasts, and offers batches
 * to the sinks. */

#pragma once

#include "flush/self.h"
#include "flush/tick.h"
#include "net/timer.h"

/* What the flusher is told. */
enum flusher_mail {
	FLUSHER_SEALED, /* a struct window, from a worker */
	FLUSHER_ECHO,   /* a struct notice: pass it on, to show that there is life */
	FLUSHER_STOP,   /* a struct notice: flush once more, pass it on, end */
};

struct flusher {
	struct thread thread;
	const struct flush_settings *settings;
	struct ingest *ingest;
	struct egress *egress;
	struct tick tick;
	struct clock_pair clocks;
	struct timer timer;
	const struct item_map *sinks;
	struct terms terms;
	struct merge merge;
	struct rows rows;
	struct self self;
	struct seal *seals;      /* one per worker */
	struct window **windows; /* sealed ones that have arrived */
	unsigned arrived;
	bool sealing;           /* the workers have been asked ... */
	int64_t asked_ns;       /* ... at this time, monotonic */
	struct notice *stop;    /* NULL: go on */
	bool last;              /* the flush under way is the last */
	struct interval sealed; /* what is being flushed */
	_Atomic int64_t due_ns; /* wall; the open interval's end. Relaxed: for people */
	counter counters[FLUSH_COUNTERS];
};

/* The mailbox is ready from here on, for the workers' windows. rules may be
 * NULL; everything else must outlive the flusher. */
void flusher_init(struct flusher *flusher, const struct flush_settings *settings,
    const struct item_map *sinks, const struct rules *rules);

/* Begin the first interval. The workers and sinks must have been opened. */
void flusher_start(struct flusher *flusher, struct ingest *ingest, struct egress *egress);
void flusher_join(struct flusher *flusher);
void flusher_fini(struct flusher *flusher);
