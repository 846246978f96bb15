/* SPDX-License-Identifier: MIT */
/* ingest.h -- all workers, and all sockets they serve: every worker has one
 * of every address of every listener. */

#pragma once

#include "ingest/settings.h"
#include "ingest/worker.h"

/* What to open; all that is pointed at must outlive the workers. */
struct ingest_plan {
	const struct item_map *listen; /* of struct listen_settings */
	const struct limits_settings *limits;
	struct budget budget;
	const struct rules *rules; /* NULL: none */
	bool kinds_clash;          /* a sink's names do not tell all kinds apart */
	unsigned workers;
	struct mailbox *sealed; /* where sealed windows go ... */
	unsigned sealed_kind;   /* ... as what */
};

struct ingest {
	struct worker_plan plan;
	struct series_quota quota;
	const struct item_map *listen;
	struct origin *origins; /* of each listener, without counters */
	char **prefixes;        /* theirs */
	struct worker *workers;
	unsigned count;
};

/* How lines of a listener are taken in, but for profile and counters. Its
 * prefix, with its dot, is written to `prefix`, which the origin points into. */
void ingest_origin(const struct listen_settings *settings, const struct limits_settings *limits,
    struct text *prefix, struct origin *origin_out);

/* Set up the workers and open the sockets. Returns 0, or a negative errno and
 * a sentence in *error: then nothing is undone, the process is about to end. */
int ingest_open(struct ingest *ingest, const struct ingest_plan *plan, struct text *error);
void ingest_start(struct ingest *ingest);
void ingest_join(struct ingest *ingest);

/* After ingest_join(). */
void ingest_fini(struct ingest *ingest);

const char *ingest_listener_name(const struct ingest *ingest, size_t listener);

/* A counter of a listener, summed over the workers. */
uint64_t ingest_listener_counter(const struct ingest *ingest, size_t listener, size_t which);
