/* SPDX-License-Identifier: MIT */
/* worker.h -- a thread that receives, parses and folds: sockets, a table, and
 * two windows that it fills in turn. */

#pragma once

#include "ingest/acceptor.h"
#include "ingest/input.h"
#include "ingest/receiver.h"
#include "net/timer.h"

/* What a worker is told. */
enum worker_mail {
	WORKER_SEAL = CONNECTION_MAILS, /* a struct seal: post the window, open the next */
	WORKER_RETURN,                  /* a struct window, merged: it may be used again */
	WORKER_DRAIN,  /* a struct notice: stop taking in, close, then post it back */
	WORKER_TIDY,   /* its own: go on with what is done between datagrams */
	WORKER_ERRAND, /* a struct errand: do it and pass it on */
	WORKER_INPUT,  /* its own: go on reading standard input, a file */
	WORKER_ECHO,   /* a struct notice: pass it on, to show that there is life */
	WORKER_FINISH, /* a struct notice: end the thread */
};

struct seal {
	struct mail mail;
	struct interval interval; /* the one that ends; seq is the open one's */
	uint32_t oldest_seq;      /* entries idle since before it are removed ... */
	unsigned sweep;           /* ... from this many of the next sub-tables */
};

/* What all workers share. */
struct worker_plan {
	struct budget budget;
	struct series_quota *quota;
	struct sources *sources;
	const struct rules *rules; /* NULL: none */
	bool kinds_clash;
	size_t listeners;
	size_t receivers; /* per worker */
	struct stream_limits streams;
	struct worker *workers; /* all of them ... */
	unsigned count;         /* ... these many */
	struct mailbox *sealed; /* where windows go ... */
	unsigned sealed_kind;   /* ... as what */
};

struct worker {
	struct thread thread;
	char name[16];
	unsigned index;
	const struct worker_plan *plan;
	struct intake intake;
	struct window windows[2];             /* [seq & 1] is open */
	counter (*counters)[INTAKE_COUNTERS]; /* of each listener */
	struct slots *slots;
	struct receiver *receivers;
	size_t receiver_count;
	struct turn turn; /* of streams; then it is that of datagrams */
	struct connections connections;
	struct acceptor *acceptor; /* the first worker's; else NULL */
	struct input *input;       /* standard input; else NULL */
	struct notice *drain;      /* that it is to drain has been said */
	bool last;                 /* no connection will be handed to it any more */
	struct timer look;         /* at the sockets, each second */
	/* Sweeping and freeing, a step at a time: the worker writes to itself. */
	struct mail tidy;
	bool tidying;            /* that letter is under way */
	bool draining;           /* none is sent any more */
	struct table_walk sweep; /* how far it has come ... */
	unsigned sweep_subs;     /* ... how many sub-tables are still to be swept ... */
	uint32_t oldest_seq;     /* ... and what goes */
	struct errands errands;
};

/* The first interval is seq 1. */
void worker_init(struct worker *worker, unsigned index, const struct worker_plan *plan);

/* Before it starts: what datagrams come through, whose lines count for a
 * listener; origin is that listener's, without the counters. */
void worker_add_socket(
    struct worker *worker, size_t listener, const struct origin *origin, const struct inlet *inlet);

/* Before it starts, of the first worker, which accepts for all: a listening
 * socket becomes its own. */
void worker_add_door(struct worker *first, const struct door *door);

/* The same, of standard input, or any other file: its lines count for a
 * listener. When it has ended `ended` is passed on; not if the worker is told
 * to drain before. */
void worker_add_stdin(struct worker *first, size_t listener, const struct origin *origin, int fd,
    struct notice *ended);
void worker_start(struct worker *worker);
void worker_join(struct worker *worker);
void worker_fini(struct worker *worker);
