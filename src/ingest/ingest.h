/* SPDX-License-Identifier: MIT */
/* ingest.h -- all workers, and all sockets they serve: every worker has one
 * of every address of every listener. */

#pragma once

#include "ingest/settings.h"
#include "ingest/worker.h"

struct ingest {
	struct worker_plan plan;
	struct series_quota quota;
	const struct item_map *listen;
	struct worker *workers;
	unsigned count;
};

/* Set up `count` workers and open the sockets of the listeners in `listen`,
 * which must outlive them. Sealed windows go to `sealed`. Returns 0, or a
 * negative errno and a sentence in *error: then nothing is undone, the process
 * is about to end. */
int ingest_open(struct ingest *ingest, const struct item_map *listen,
    const struct limits_settings *limits, const struct budget *budget, unsigned count,
    struct mailbox *sealed, unsigned sealed_kind, struct text *error);
void ingest_start(struct ingest *ingest);
void ingest_join(struct ingest *ingest);

/* After ingest_join(). */
void ingest_fini(struct ingest *ingest);

const char *ingest_listener_name(const struct ingest *ingest, size_t listener);

/* A counter of a listener, summed over the workers. */
uint64_t ingest_listener_counter(const struct ingest *ingest, size_t listener, size_t which);
