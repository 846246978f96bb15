/* SPDX-License-Identifier: MIT */
/* errand.h -- what an operator has all workers do, while they work.
 *
 * An errand is one letter that goes from worker to worker and then back. Each
 * adds what it has done to the answer. What takes a walk through the table is
 * done in steps, between datagrams; an errand that comes meanwhile waits. */

#pragma once

#include "aggregate/space_saving.h"
#include "aggregate/table.h"
#include "ingest/blocks.h"

struct intake;

enum errand_verb {
	ERRAND_BLOCK,   /* refuse what matches; a pattern that is blocked gets a new end */
	ERRAND_UNBLOCK, /* no longer refuse what this very pattern blocks */
	ERRAND_FORGET,  /* let go of the series that match, and of what is kept of them */
	ERRAND_REPORT,  /* tell what is blocked, and what was refused for a limit */
};

/* It is the sender's before and after. */
struct errand {
	struct mail mail;
	enum errand_verb verb;
	const char *pattern; /* a glob, without a problem, shorter than BLOCK_BYTES */
	int64_t until_ns;    /* of a block, monotonic, or BLOCK_FOREVER */
	struct mailbox *to;  /* where it goes in the end ... */
	unsigned kind;       /* ... as what */
	/* The answer; all zero to begin with. */
	const char *problem;  /* NULL: done. Else a sentence: nothing was done */
	uint64_t series;      /* entries of all workers that are blocked, no longer, or gone */
	struct blocks blocks; /* of a report */
	struct space_saving prefixes; /* of a report: of refused new series, the worst first */
};

/* Of one worker: those that wait, and how far the first one is. */
struct errands {
	struct mailbox *next; /* where they go from here; NULL: back */
	unsigned next_kind;
	struct mail *first, *last;
	struct table_walk walk;
	unsigned subs;  /* that are still to be walked through for the first one */
	uint64_t found; /* in the sub-table that the walk is in, by one that blocks */
	bool aliases;   /* of one that forgets: spellings go before what they stood for */
	/* Blocks have ended: what is still to be looked through. */
	struct table_walk review;
	unsigned review_subs;
	bool closed;
};

void errands_init(struct errands *errands, struct mailbox *next, unsigned next_kind);

/* One has come. */
void errands_add(struct errands *errands, struct intake *intake, struct errand *errand);

/* Go on with the first one, over at most so many slots, and no farther than the
 * end of a walk. False: there is nothing more to do. */
bool errands_step(struct errands *errands, struct intake *intake, uint32_t most);

/* Now and then: lift blocks whose end has come. True: there is something to do. */
bool errands_look(struct errands *errands, struct intake *intake, int64_t now_ns);

/* Nothing is done any more: what waits or comes goes back at once. */
void errands_close(struct errands *errands, struct intake *intake);
