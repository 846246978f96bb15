/* SPDX-License-Identifier: MIT */
/* catalog.h -- the flusher's series: one for each canonical key of any
 * worker, with what is carried from flush to flush.
 *
 * A series has a number, its gid, which every worker's entry of it remembers:
 * after the first sight merging is indexing. It lives as long as something
 * refers to it: an entry, a running total that feeds it, a value that waits
 * for its time. Series of one name hang on the first of them, its leader, so
 * that a walk gives their rows together.
 *
 * A key is not copied: it is that of the entry that brought the series. No
 * worker frees an entry before the window that retires it has been returned,
 * and by then catalog_release() has given the series a copy if it lives on. */

#pragma once

#include "aggregate/gauge.h"
#include "flush/index.h"
#include "flush/settings.h"

#include <stdbool.h>

#define GID_BITS 28
#define GID_MOST ((UINT32_C(1) << GID_BITS) - 1)

/* There may be millions of these. */
struct series {
	const char *key; /* name, then tags; NULL: this gid is free */
	/* Carried. */
	union {
		struct gauge_base gauge;
		double total; /* of a counter, of all flushes before */
		struct {
			uint16_t plan;     /* what a rule wants of it; 0: nothing of its own */
			uint8_t histogram; /* which of timers.histograms, from 1; 0: none */
		} timer;
	};
	uint32_t refs;
	uint32_t open_s; /* samples that bring a time before this second are too late */
	/* Of this flush; nothing, between flushes. */
	union {
		struct record *records; /* of a gauge, a timer, a set */
		double delta;           /* of a counter */
	};
	uint32_t seen_seq;          /* low half of its last flush with a sample */
	uint32_t before : GID_BITS; /* of the same name; 0: none, it is the leader */
	uint32_t kind : 2;
	bool owns_key : 1;
	bool muted : 1;           /* another kind has its name at a sink: nothing is sent */
	uint32_t next : GID_BITS; /* of the same name; 0: none */
	bool fresh : 1;           /* something has been merged into it in this flush */
	bool due : 1;             /* and values that brought their time are to be sent */
	bool dated : 1;           /* such values came, now or before */
	bool exact : 1;           /* open_s follows a point of just the second before */
	uint16_t name_len, tags_len;
};

/* They stand in chunks, so that growing neither moves nor reserves many. */
#define SERIES_CHUNK_BITS 12
#define SERIES_CHUNK (UINT32_C(1) << SERIES_CHUNK_BITS)

struct catalog {
	const struct timers_settings *timers;
	bool kinds_clash;
	struct series **chunk;
	size_t chunks, chunk_cap;
	struct numbers gids;
	uint32_t live;
	uint64_t conflicts;   /* series muted, since the start */
	struct index by_name; /* leaders */
	struct index by_key;  /* the others */
};

/* kinds_clash: a sink's names do not tell a counter from a gauge and a timer
 * from a set. */
void catalog_init(struct catalog *catalog, const struct timers_settings *timers, bool kinds_clash);
void catalog_fini(struct catalog *catalog);

/* By gid, which has been given out before. */
static inline struct series *
catalog_at(const struct catalog *catalog, uint32_t gid)
{
	return &catalog->chunk[gid >> SERIES_CHUNK_BITS][gid & (SERIES_CHUNK - 1)];
}

/* Bring near what merging an entry will touch. */
void catalog_prefetch(const struct catalog *catalog, const struct entry *entry);

/* The gid of an entry the flusher has not met: that of its series, which is
 * made if need be. Counts a reference and writes it into the entry. */
uint32_t catalog_adopt(struct catalog *catalog, struct entry *entry);

/* The entry has been retired: its reference is dropped, and nothing points
 * into it any more. */
void catalog_release(struct catalog *catalog, struct entry *entry);

/* The gid of the counter that a running total's entry feeds, which is made if
 * need be. Counts a reference, which is the caller's to drop. */
uint32_t catalog_hold_fed(struct catalog *catalog, const struct entry *total);

/* One more reference, one less; a series without is forgotten. */
void catalog_hold(struct catalog *catalog, uint32_t gid);
void catalog_drop(struct catalog *catalog, uint32_t gid);
