/* SPDX-License-Identifier: MIT */
/* catalog.h -- the flusher's series: one for each canonical key of any
 * worker, with what is carried from flush to flush.
 *
 * A series has a number, its gid, which every worker's entry of it remembers:
 * after the first sight merging is indexing. It lives as long as an entry
 * refers to it. Series of one name hang on the first of them, its leader, so
 * that a walk gives their rows together. */

#pragma once

#include "aggregate/gauge.h"

struct series {
	char *key; /* name, then tags; NULL: this gid is free */
	uint64_t hash;
	struct record *records; /* of this flush: gauge, timer, set */
	union {
		struct gauge_base gauge;
		struct {
			double delta; /* of this flush */
			double total; /* of all before */
		} counter;
	};
	uint32_t seen_seq; /* low half of its last flush with a sample */
	uint32_t refs;     /* entries that have its gid */
	uint32_t next;     /* of the same name; 0: none */
	uint16_t name_len, tags_len;
	uint8_t kind;
	bool leader;
};

struct gid_index {
	uint32_t *slot; /* gids; 0: empty */
	uint32_t mask, used;
};

struct catalog {
	struct series *series; /* by gid; [0] is no series */
	uint32_t count;        /* gids given out so far, and 1 */
	size_t cap;
	uint32_t *unused; /* gids to be given out again */
	size_t unused_count, unused_cap;
	uint32_t live;
	struct gid_index by_key;  /* every series */
	struct gid_index by_name; /* leaders */
};

void catalog_init(struct catalog *catalog);
void catalog_fini(struct catalog *catalog);

/* The gid of an entry the flusher has not met: that of its series, which is
 * made if need be. Counts a reference and writes it into the entry. */
uint32_t catalog_adopt(struct catalog *catalog, struct entry *entry);

/* The entry has been retired: a series without entries is forgotten. */
void catalog_release(struct catalog *catalog, struct entry *entry);
