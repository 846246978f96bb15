/* SPDX-License-Identifier: MIT */
/* acceptor.h -- the listening sockets of the daemon, all in its first worker,
 * and the books of all connections.
 *
 * A new connection goes to the worker that has the fewest. With as many as
 * there may be, the one that has been idle longest makes room, wherever it is
 * served. When there is no descriptor or no memory for a new one, it waits in
 * the kernel's queue: the acceptor stays away from all doors until a
 * connection has closed, or for a moment. */

#pragma once

#include "ingest/roster.h"
#include "net/timer.h"

/* Descriptors in use at once beyond limits.connections: of those that are
 * being closed. */
#define ACCEPTOR_SPARE 64

/* Descriptors that clients leave to everybody else. */
#define ACCEPTOR_RESERVE 32

/* A worker that connections are handed to. */
struct desk {
	struct mailbox *inbox;
	size_t serving;
	struct mail last;
};

struct acceptor {
	struct thread *thread;
	counter (*counters)[INTAKE_COUNTERS]; /* of each listener, this worker's */
	const struct stream_limits *limits;
	struct turn *turn;
	struct entrance *first;
	struct desk *desks;
	unsigned desk_count;
	struct roster roster; /* those that are neither closed nor evicted */
	size_t out;           /* connections that exist */
	size_t affordable;    /* that may exist, for want of descriptors */
	struct timer resume;
	bool waiting; /* for a connection to close, or the timer */
	bool stopping;
	int64_t shortage_log_ns; /* when a shortage may be said again */
};

/* The limits must outlive it. */
void acceptor_init(struct acceptor *acceptor, struct thread *thread,
    counter (*counters)[INTAKE_COUNTERS], const struct stream_limits *limits, struct turn *turn);

/* After the threads have ended. */
void acceptor_fini(struct acceptor *acceptor);

/* Before it starts. The door's socket becomes the acceptor's, and its text of
 * an address is copied. */
void acceptor_add_desk(struct acceptor *acceptor, struct mailbox *inbox);
void acceptor_add_door(struct acceptor *acceptor, const struct door *door);
void acceptor_start(struct acceptor *acceptor);

/* A letter of a connection's has come home: CONNECTION_HOME or
 * CONNECTION_EVICTED. */
void acceptor_take_back(struct acceptor *acceptor, struct mail *mail);

/* Hand out what has connected by now, close the doors, and tell every worker
 * that it has got the last one. */
void acceptor_stop(struct acceptor *acceptor);

/* It has stopped, and every connection is home. */
bool acceptor_is_done(const struct acceptor *acceptor);
