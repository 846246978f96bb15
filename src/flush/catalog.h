/* SPDX-License-Identifier: MIT */
/* catalog.h -- the flusher's series: one for each canonical key of any
 * worker, with what is carried from flush to flush.
 *
 * A series has a number, its gid, which every worker's entry of it remembers:
 * after the first sight merging is indexing. It lives as long as something
 * refers to it: an entry, a running total that feeds it, a value that waits
 * for its time. Series of one name hang on the first of them, its leader, so
 * that a walk gives their rows together. */

#pragma once

#include "aggregate/gauge.h"
#include "flush/index.h"
#include "flush/settings.h"

struct series {
	char *key; /* name, then tags; NULL: this gid is free */
	uint64_t hash;
	/* Of this flush; nothing, between flushes. */
	union {
		struct record *records; /* of a gauge, a timer, a set */
		double delta;           /* of a counter */
	};
	/* Carried. */
	union {
		struct gauge_base gauge;
		double total; /* of a counter, of all flushes before */
	};
	int64_t sent_ns;   /* the latest boundary that a point was sent for; 0: none */
	uint32_t seen_seq; /* low half of its last flush with a sample */
	uint32_t refs;
	uint32_t next; /* of the same name; 0: none */
	uint16_t name_len, tags_len;
	uint16_t plan; /* what a rule wants of it; 0: nothing of its own */
	uint8_t kind;
	uint8_t histogram; /* of a timer: which of timers.histograms, from 1; 0: none */
	bool leader : 1;
	bool muted : 1; /* another kind has its name at a sink: nothing is sent */
	bool fresh : 1; /* something has been merged into it in this flush */
	bool due : 1;   /* and values that brought their time are to be sent */
	bool dated : 1; /* such values came, now or before */
};

struct catalog {
	const struct timers_settings *timers;
	bool kinds_clash;
	struct series *series; /* by gid; [0] is no series */
	size_t cap;
	struct numbers gids;
	uint32_t live;
	uint64_t conflicts;   /* series muted, since the start */
	struct index by_key;  /* every series */
	struct index by_name; /* leaders */
};

/* kinds_clash: a sink's names do not tell a counter from a gauge and a timer
 * from a set. */
void catalog_init(struct catalog *catalog, const struct timers_settings *timers, bool kinds_clash);
void catalog_fini(struct catalog *catalog);

/* The gid of an entry the flusher has not met: that of its series, which is
 * made if need be. Counts a reference and writes it into the entry. */
uint32_t catalog_adopt(struct catalog *catalog, struct entry *entry);

/* The entry has been retired: its reference is dropped. */
void catalog_release(struct catalog *catalog, struct entry *entry);

/* The gid of the counter that a running total's entry feeds, which is made if
 * need be. Counts a reference, which is the caller's to drop. */
uint32_t catalog_hold_fed(struct catalog *catalog, const struct entry *total);

/* One more reference, one less; a series without is forgotten. */
void catalog_hold(struct catalog *catalog, uint32_t gid);
void catalog_drop(struct catalog *catalog, uint32_t gid);
