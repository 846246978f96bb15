/* SPDX-License-Identifier: MIT */
/* entry.h -- one raw key of a worker's table, and what it gathers.
 *
 *      entry  | 32 cells | 4 gid | 4 profiles | 11 small ones | key
 *
 * An entry has two cells: the one of the open interval, which the worker
 * writes, and the one of the interval before, which the flusher may be
 * reading. A cell is stamped with its interval: one from an older interval is
 * simply stale, and nobody ever has to zero it. */

#pragma once

#include "metric/kind.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Single writer. The value is stored before meta (release): whoever reads
 * meta (acquire), value, and the same meta again has a value that was there.
 * The value is a double's bits for a counter; for the others the address of
 * a record in the window's arena, which only the flusher follows, and only
 * after the seal. */
struct cell {
	_Atomic uint64_t meta; /* low half of the interval's seq : 32, hits : 32 */
	_Atomic uint64_t value;
};

struct entry {
	/* cell[seq & 1] is open. An alias folds nothing: its cells are only
	 * stamped, and the first one's value is the address of what it stands for. */
	struct cell cell[2];
	/* Immutable once published, but for the worker's own `profiles` and
	 * `aliases` and the flusher's `gid`. */
	uint32_t gid;      /* the flusher's number for the series; 0: not seen yet */
	uint32_t profiles; /* a bit per listener profile that spells it so; the worker's */
	uint16_t name_len, tags_len;
	uint16_t plan;   /* what a rule wants of the series; 0: nothing of its own */
	uint16_t source; /* number of whom it counts for; the worker's */
	uint8_t kind;
	/* Bits of enum entry_mode; relaxed: all that changes is the worker's own bit. */
	_Atomic uint8_t modes;
	uint8_t aliases; /* that point here; the worker's */
	char key[];      /* name, then tags; of a total then its source */
};

_Static_assert(offsetof(struct entry, key) == 51, "what a series costs beside its key");

#define ENTRY_ALIASES_MOST 16

/* Of a raw key, aliases included: how its samples are to be understood. */
enum entry_mode {
	ENTRY_ABSOLUTE = 1,   /* of a gauge: a sign is part of the value */
	ENTRY_CUMULATIVE = 2, /* of a counter: its samples are totals, kept by source */
	ENTRY_TOTAL = 4,      /* the running total of one source; no series, but feeds one */
	ENTRY_ALIAS = 8,      /* another spelling of what is canonical */
	ENTRY_BLOCKED = 16,   /* of what is canonical: an operator has it refused; the worker's */
};

/* Records of one interval. Each begins with a link, by which the flusher
 * chains those of one series from several workers. */
struct record {
	struct record *next;
};

struct gauge_delta {
	double value;
	uint64_t stamp;
};

struct gauge_record {
	struct record record;
	double absolute;            /* the newest absolute value */
	uint64_t absolute_stamp;    /* 0: none came */
	struct gauge_delta *deltas; /* those since, in the order of their arrival */
	uint32_t count, cap;        /* of deltas */
	uint32_t merged;            /* the flusher's: of these, so many are done with */
	uint64_t summed_from; /* the last delta is a sum of all since this stamp; 0: it is one */
};

/* What one source has counted so far. */
struct total_record {
	struct record record;
	double first; /* the oldest total of the interval ... */
	double total; /* ... the newest ... */
	double grown; /* ... and what was counted in between, restarts included */
	uint64_t first_stamp, stamp;
};

struct sketch;

struct timer_record {
	struct record record;
	uint32_t count, cap;
	double weight;         /* sum of the samples' weights */
	double *values;        /* value, or, if timers are weighted, value and weight */
	struct sketch *sketch; /* NULL: the values are all there is; else of those before */
};

struct set_record {
	struct record record;
	uint32_t count, mask; /* open addressing; 0 is an empty slot */
	uint64_t *members;    /* hashes */
	uint8_t *registers;   /* NULL: the members are all there is; else HyperLogLog's */
};

static inline uint8_t
entry_modes(const struct entry *entry)
{
	return atomic_load_explicit(&entry->modes, memory_order_relaxed);
}

/* The worker, of a canonical entry. */
static inline void
entry_set_blocked(struct entry *entry, bool blocked)
{
	unsigned modes = entry_modes(entry) & ~(unsigned)ENTRY_BLOCKED;

	atomic_store_explicit(
	    &entry->modes, (uint8_t)(modes | (blocked ? ENTRY_BLOCKED : 0)), memory_order_relaxed);
}

/* What it is an alias of; NULL: this key is its own canonical form. */
static inline struct entry *
entry_alias(const struct entry *entry)
{
	if ((entry_modes(entry) & ENTRY_ALIAS) == 0)
		return NULL;
	return (struct entry *)(uintptr_t)atomic_load_explicit(
	    &entry->cell[0].value, memory_order_relaxed);
}

static inline bool
entry_is_total(const struct entry *entry)
{
	return (entry_modes(entry) & ENTRY_TOTAL) != 0;
}

static inline const char *
entry_tags(const struct entry *entry)
{
	return entry->key + entry->name_len;
}

static inline const uint8_t *
entry_source(const struct entry *entry)
{
	return (const uint8_t *)entry->key + entry->name_len + entry->tags_len;
}

static inline uint64_t
cell_meta(uint32_t seq, uint32_t hits)
{
	return (uint64_t)seq << 32 | hits;
}

static inline uint32_t
cell_seq(uint64_t meta)
{
	return (uint32_t)(meta >> 32);
}

static inline uint32_t
cell_hits(uint64_t meta)
{
	return (uint32_t)meta;
}
