/* SPDX-License-Identifier: MIT */
/* connection.h -- one client's stream of lines, and those that one worker
 * serves.
 *
 * A connection is accepted by the first worker, which keeps the books of all
 * (the acceptor), goes by letter to the worker that serves it, and comes home
 * when it is closed. Nothing is ever written to a client.
 *
 *     acceptor                                worker
 *        │ ── CONNECTION_SERVE ─────────────────►│ reads, takes in
 *        │ ── CONNECTION_EVICT ─────────────────►│ closes, if it has not yet
 *        │◄─────────────── CONNECTION_EVICTED ── │
 *        │◄────────────────── CONNECTION_HOME ── │ closed
 *
 * It is freed when both letters are home. */

#pragma once

#include "ingest/feed.h"
#include "net/thread.h"

/* Letters about connections: the first kinds of those that a worker gets. */
enum connection_mail {
	CONNECTION_SERVE,   /* serve it */
	CONNECTION_EVICT,   /* close it: it has been idle longest */
	CONNECTION_LAST,    /* from the acceptor: no further ones will come */
	CONNECTION_HOME,    /* to the acceptor: it is closed */
	CONNECTION_EVICTED, /* to the acceptor: eviction was heeded */
	CONNECTION_MAILS,
};

/* What streams may have. */
struct stream_limits {
	size_t line_bytes;
	int64_t connections, per_address; /* of all workers */
	int64_t idle_ns;                  /* ITEM_WORD: never too long */
};

/* Streams can wait, datagrams cannot: whenever so much has been spent on
 * streams, in bytes, datagrams have their turn. */
#define TURN_BYTES_MOST (128 << 10)

struct turn {
	size_t spent;
	void (*over)(struct turn *turn);
};

void turn_spend(struct turn *turn, size_t bytes);

/* A listening socket, over TCP or unix. */
struct door {
	int fd;
	enum transport_kind transport;
	enum framing_kind framing;
	size_t listener;             /* whose lines come through it ... */
	const struct origin *origin; /* ... without counters; outlives the workers */
	const struct access *access; /* who may; NULL: everybody. Outlives the workers */
	const char *address;         /* for people: "tcp 127.0.0.1:8125" */
};

struct client;

struct connection {
	struct mail mail;  /* to the worker, and home */
	struct mail evict; /* the same */
	const struct door *door;
	int fd;
	uint8_t source[SOURCE_BYTES];

	/* When bytes came last, or it was accepted, monotonic. The worker writes,
	 * the acceptor reads; relaxed: any of the newest will do. */
	_Atomic int64_t active_ns;

	/* The worker's. */
	struct connections *serving;
	struct connection *previous, *next;
	struct feed feed;
	uv_poll_t poll;
	bool closed;

	/* The acceptor's. */
	unsigned desk; /* which worker has it */
	bool evicted;
	unsigned letters;      /* that are not home */
	struct client *client; /* its address; NULL: it does not count for one */
	size_t place;          /* in the order of how long they are idle ... */
	int64_t seen_ns;       /* ... as of this look at active_ns */
};

/* All that one worker serves. */
struct connections {
	struct thread *thread;
	struct intake *intake;
	counter (*counters)[INTAKE_COUNTERS]; /* of each listener */
	const struct stream_limits *limits;
	struct mailbox *home; /* the acceptor's */
	struct turn *turn;
	struct connection *first; /* the newest */
	char *room;               /* for what is read */
};

void connections_init(struct connections *connections, struct thread *thread, struct intake *intake,
    counter (*counters)[INTAKE_COUNTERS], const struct stream_limits *limits, struct mailbox *home,
    struct turn *turn);
void connections_fini(struct connections *connections);

/* The two letters of the acceptor. */
void connection_serve(struct connections *connections, struct connection *connection);
void connection_evict(struct connections *connections, struct connection *connection);

/* Close what has been idle too long. */
void connections_look(struct connections *connections);

/* Take in what has arrived on each, and close it. */
void connections_stop(struct connections *connections);
