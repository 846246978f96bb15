/* SPDX-License-Identifier: MIT */
/* table.h -- a worker's series: single writer, lock-free, readable while it
 * changes.
 *
 * 256 sub-tables by the hash's top byte, each doubled alone, so that growth
 * never stalls the worker for long. A slot is a pointer and 16 more bits of
 * the hash; probing is linear.
 *
 *      hash  | 8 sub-table | 8 | 16 tag | 32 ... first slot |
 *      slot  | 16 tag | 48 pointer |     0 empty, 1 tombstone
 *
 * The worker inserts, unlinks and frees. One reader on another thread, and
 * only one, may walk a sub-table at any time: it raises `reading` meanwhile.
 * What the worker has unlinked it frees only after it has, later, found the
 * flag down. All four accesses are sequentially consistent: either the reader
 * finds the slot emptied or the worker finds the flag up. */

#pragma once

#include "aggregate/window.h"

#define TABLE_SUBS 256

struct subtable;

struct table {
	_Atomic(struct subtable *) sub[TABLE_SUBS];
	_Atomic bool reading;
	struct {
		void **at;
		size_t count, cap;
	} limbo; /* unlinked, not freed yet; the worker's */
	/* What spellings that are to be dropped are aliases of, and how many there
	 * are; it is no series, and never folded into. The worker's. */
	struct entry *dropped;
	uint32_t dropped_spellings;
	counter counters[TABLE_COUNTERS]; /* written by the worker */
};

void table_init(struct table *table);

/* Frees every entry. */
void table_fini(struct table *table);

/* Bring near the slot that a hash leads to; then, a while later, the entry
 * that stands in it. */
void table_prefetch(const struct table *table, uint64_t hash);
void table_prefetch_entry(const struct table *table, uint64_t hash);

/* Hash of a spelling: kind, name and tags, as they are in the sample; of a
 * total its source, too. */
uint64_t table_hash(const struct sample *spelling);

/* The entry of a spelling. A profile is one bit; 0 finds the canonical entry
 * with exactly these bytes. */
struct entry *table_find(
    const struct table *table, uint64_t hash, const struct sample *spelling, uint32_t profile);

/* Add an entry that is not there. alias NULL: a canonical one, spelled by
 * `profiles`. modes are bits of enum entry_mode; ENTRY_TOTAL is added to those
 * of a total, which counts as a counter, as series do. */
struct entry *table_insert(struct table *table, uint64_t hash, const struct sample *spelling,
    uint32_t profiles, struct entry *alias, uint8_t modes, uint16_t plan);

/* Unlink from one sub-table what has had no sample since before oldest_seq,
 * and hand it to the window's retired list. Returns how many canonical
 * entries went. */
size_t table_sweep(struct table *table, unsigned index, uint32_t oldest_seq, struct window *window);

/* The window has returned: what was retired in it may be freed as soon as
 * nobody reads. */
void table_release(struct table *table, struct entry_list *retired);

/* Free what is in limbo unless the reader is at work. */
void table_collect(struct table *table);

/* The one reader: call visit for each series of a sub-table. */
void table_read(struct table *table, unsigned index,
    void (*visit)(const struct entry *entry, void *arg), void *arg);

/* The reader, within visit: hits and value of a counter's cell in its newest
 * interval. False: it is changing, or not a counter. */
bool entry_read_counter(
    const struct entry *entry, uint32_t *seq_out, uint32_t *hits_out, double *value_out);
