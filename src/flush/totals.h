/* SPDX-License-Identifier: MIT */
/* totals.h -- running totals: what each source of each cumulative counter has
 * counted so far. They are no series; each feeds one. */

#pragma once

#include "aggregate/total.h"
#include "flush/index.h"

struct total {
	char *key;              /* name, tags, then the source; NULL: this number is free */
	struct record *records; /* of this flush; NULL between flushes */
	struct total_base base; /* carried */
	uint32_t gid;           /* the counter that it feeds; 0: not known yet */
	uint32_t seen_seq;      /* low half of its last flush with a sample */
	uint32_t refs;          /* entries that have its number */
	uint16_t name_len, tags_len;
};

struct totals {
	struct total *at; /* by number; [0] is none */
	size_t cap;
	struct numbers numbers;
	struct index by_key;
	/* Those with records. */
	uint32_t *fresh;
	size_t fresh_count, fresh_cap;
};

void totals_init(struct totals *totals);
void totals_fini(struct totals *totals);

/* The total of an entry the flusher has not met, made if need be. Counts a
 * reference, and writes its number where a series' entry has its gid. */
struct total *totals_adopt(struct totals *totals, struct entry *entry);

/* Another record of this flush. */
void totals_add(struct totals *totals, uint32_t number, struct record *record);

/* The entry has been retired. Returns the gid whose reference is to be
 * dropped, since nothing is left of the total; 0: none. */
uint32_t totals_release(struct totals *totals, struct entry *entry);
