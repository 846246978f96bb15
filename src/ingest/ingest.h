/* SPDX-License-Identifier: MIT */
/* ingest.h -- all workers, and all sockets they serve: of UDP every worker has
 * one of every address of every listener; the others have one socket, in one
 * worker. */

#pragma once

#include "ingest/bind.h"
#include "ingest/worker.h"
#include "net/inherit.h"
#include "net/unix.h"

/* What to open; all that is pointed at must outlive the workers. */
struct ingest_plan {
	const struct item_map *listen; /* of struct listen_settings */
	const struct limits_settings *limits;
	struct budget budget;
	const struct rules *rules; /* NULL: none */
	bool kinds_clash;          /* a sink's names do not tell all kinds apart */
	unsigned workers;
	const struct inheritance *inherited; /* sockets that are open already */
	/* Unless NULL: no socket is served, but standard input, with lines as of a
	 * listener; at its end this is passed on. */
	struct notice *stdin_ended;
	size_t stdin_listener;
	bool stdin_graphite;    /* Graphite's lines, as on its addresses for these */
	struct mailbox *sealed; /* where sealed windows go ... */
	unsigned sealed_kind;   /* ... as what */
};

/* One listener's ways to take lines in, and who may send them. */
struct listener {
	const struct listen_settings *settings;
	const char *name;
	struct origin lines, graphite; /* without counters */
	char *prefix;                  /* what both point into */
	struct access *access;
};

struct ingest {
	struct worker_plan plan;
	struct series_quota quota;
	struct sources *sources;
	const struct item_map *listen;
	struct listener *listeners;
	struct unix_name *names; /* of unix sockets */
	size_t names_count, names_cap;
	struct bind_point *doors; /* sockets that take connections */
	size_t door_count, door_cap;
	unsigned next; /* the worker that gets the next socket that only one gets */
	struct worker *workers;
	unsigned count;
};

/* How lines of a listener, StatsD's or Graphite's, are taken in, but for
 * profile and counters. Its prefix, with its dot, is written to `prefix`, which
 * the origin points into. */
void ingest_origin(const struct listen_settings *settings, const struct limits_settings *limits,
    bool graphite, struct text *prefix, struct origin *origin_out);

/* Set up the workers and open the sockets. Returns 0, or a negative errno and
 * a sentence in *error: then nothing is undone, the process is about to end. */
int ingest_open(struct ingest *ingest, const struct ingest_plan *plan, struct text *error);
void ingest_start(struct ingest *ingest);

/* Nobody finds a unix socket any more. Once, before the workers are told to
 * drain: a name is known to be ours as long as its socket is open. */
void ingest_hide(struct ingest *ingest);
void ingest_join(struct ingest *ingest);

/* After ingest_join(). */
void ingest_fini(struct ingest *ingest);

const char *ingest_listener_name(const struct ingest *ingest, size_t listener);

/* A counter of a listener, summed over the workers; and over all listeners. */
uint64_t ingest_listener_counter(const struct ingest *ingest, size_t listener, size_t which);
uint64_t ingest_counter(const struct ingest *ingest, size_t which);
