/* SPDX-License-Identifier: MIT */
/* trial.h -- what would become of a line: one listener's intake, a table, the
 * merge, the rows and the encoders, as in the daemon, but without threads,
 * sockets or sinks that anything leaves by. */

#pragma once

#include "cli/settings.h"
#include "flush/rows.h"
#include "ingest/intake.h"

struct trial {
	const struct settings *settings;
	struct flush_settings flush; /* the settings', but idle series are silent */
	struct series_quota quota;
	struct intake intake;
	struct window windows[2]; /* [seq & 1] is open */
	struct origin origin;
	struct text prefix;
	counter counters[INTAKE_COUNTERS];
	struct terms terms;
	struct merge merge;
	struct rows rows;
	struct interval interval; /* the one of now; seq goes on from line to line */
	uint64_t late;            /* values of the newest line whose time has been sent */
	struct batch **batches;
	size_t batch_count, batch_cap;
};

/* A trial of the listener at this index, of its Graphite lines or the others.
 * The settings and rules must outlive it; rules may be NULL. */
void trial_init(struct trial *trial, const struct settings *settings, const struct rules *rules,
    size_t listener, bool graphite);
void trial_fini(struct trial *trial);

/* Take a line in, in an interval of its own, which it then flushes; what it
 * makes can be had by trial_encode() until the next line. Gauges and totals go
 * on from line to line. Returns why the whole line was refused, or
 * REASON_NONE; *elements_out is how many elements were. */
enum reason trial_line(struct trial *trial, const char *bytes, size_t len, uint64_t *elements_out);

/* Append what the sink at this index would send of it. */
void trial_encode(const struct trial *trial, size_t sink, struct text *out);
