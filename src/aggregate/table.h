/* SPDX-License-Identifier: MIT */
/* table.h -- a worker's series: single writer, lock-free, readable while it
 * changes.
 *
 * 256 sub-tables by eight bits of the hash, each doubled alone, so that growth
 * never stalls the worker for long. A sub-table is an array of slots, and a
 * slot is the address of an entry and, in the bits that no address has, a tag:
 * the same bits of the hash. Tags lead to slots, so that a sub-table is doubled
 * without a look at the entries.
 *
 *      hash      | 16 tag | 36 | 8 sub-table | 4 tag |
 *      slot      | 16 tag | 44 address       | 4 tag |     0 empty, 1 tombstone
 *      sub-table | 59 address of the slots | 5 log2 of their number |
 *
 * A search begins at the slot whose share of all slots is the tag's share of
 * all tags, and goes on to the right. Where there are more slots than tags,
 * beyond 2^28 in all, searches only become longer.
 *
 * The worker inserts, unlinks and frees. One reader on another thread, and
 * only one, may walk a sub-table at any time: it raises `reading` meanwhile.
 * What the worker has unlinked it frees only after it has, later, found the
 * flag down. All four accesses are sequentially consistent: either the reader
 * finds the slot emptied or the worker finds the flag up. */

#pragma once

#include "aggregate/window.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/pool.h"

#define TABLE_SUBS 256

#define SLOT_EMPTY 0
#define SLOT_TOMBSTONE 1
#define SLOT_TAG UINT64_C(0xffff00000000000f)

#define SUB_LOG2 31 /* the bits of it */

struct table {
	_Atomic uint64_t sub[TABLE_SUBS];
	struct {
		uint32_t used; /* slots that are not empty, tombstones included */
		uint32_t live;
		uint32_t rebuilt; /* times */
	} load[TABLE_SUBS];       /* the worker's */
	_Atomic bool reading;
	struct pool pool; /* of entries and slots; the worker's */
	/* Unlinked, not freed yet; the worker's. */
	struct entry_list limbo;
	uint64_t *limbo_subs;
	size_t limbo_subs_count, limbo_subs_cap;
	/* What spellings that are to be dropped are aliases of, and how many there
	 * are; it is no series, and never folded into. The worker's. */
	struct entry *dropped;
	uint32_t dropped_spellings;
	counter counters[TABLE_COUNTERS]; /* written by the worker */
};

void table_init(struct table *table);

/* Frees every entry, those on lists of windows included. */
void table_fini(struct table *table);

/* The entry of a spelling, or NULL. A profile is one bit; 0 wants the canonical
 * entry with exactly these bytes. */
struct entry *table_find(
    const struct table *table, uint64_t hash, const struct sample *spelling, uint32_t profile);

/* Add an entry that is not there. alias NULL: a canonical one, spelled by
 * `profiles`. modes are bits of enum entry_mode; ENTRY_TOTAL is added to those
 * of a total, which counts as a counter, as series do; ENTRY_ALIAS to an
 * alias's. */
struct entry *table_insert(struct table *table, uint64_t hash, const struct sample *spelling,
    uint32_t profiles, struct entry *alias, uint8_t modes, uint16_t plan);

/* A walk through the table, a sub-table at a time. It does not mind that the
 * table changes between its steps; what comes or goes meanwhile it may miss. */
struct table_walk {
	unsigned sub;     /* the next sub-table ... */
	uint64_t place;   /* ... and what of 2^32 of it is done ... */
	uint32_t rebuilt; /* ... since it was rebuilt for so many times */
};

/* What is done with an entry. True: it is to go. */
typedef bool table_visit_fn(void *arg, struct entry *entry);

/* Does the next step begin a sub-table? It does so again where everything in it
 * has moved, so that no entry is passed by. */
static inline bool
table_walk_begins(const struct table *table, const struct table_walk *walk)
{
	return walk->place == 0 || walk->rebuilt != table->load[walk->sub].rebuilt;
}

/* Slots of the sub-table that it is in. */
uint32_t table_walk_slots(const struct table *table, const struct table_walk *walk);

/* Go on over at most so many slots, and no farther than the end of the
 * sub-table. What is to go is unlinked and handed to the window's retired list;
 * nothing may be an alias of it any more. True: that was the end. */
bool table_walk_on(struct table *table, struct table_walk *walk, uint32_t most,
    struct window *window, table_visit_fn *visit, void *arg);

/* Has a canonical entry or an alias had no sample since before oldest_seq? Then
 * it may go. */
static inline bool
entry_is_idle(const struct entry *entry, uint32_t oldest_seq)
{
	for (unsigned i = 0; i < 2; i++)
		if (cell_seq(atomic_load_explicit(&entry->cell[i].meta, memory_order_relaxed)) >=
		    oldest_seq)
			return false;
	return entry->aliases == 0;
}

/* Does the pool have room for an entry of the spelling without growing? */
bool table_has_room(struct table *table, const struct sample *spelling);

/* The window has returned: what was retired in it may be freed as soon as
 * nobody reads. */
void table_release(struct table *table, struct entry_list *retired);

/* Free a block of what is in limbo, unless the reader is at work. True: go on,
 * there is more. */
bool table_collect(struct table *table);

/* The one reader: call visit for each series of a sub-table. */
void table_read(struct table *table, unsigned index,
    void (*visit)(const struct entry *entry, void *arg), void *arg);

/* The reader, within visit: hits and value of a counter's cell in its newest
 * interval. False: it is changing, or not a counter. */
bool entry_read_counter(
    const struct entry *entry, uint32_t *seq_out, uint32_t *hits_out, double *value_out);

/* ---- finding, inline: the hot path ---- */

/* Hash of a spelling: kind, name and tags, as they are in the sample; of a
 * total its source, too. */
static inline uint64_t
table_hash(const struct sample *spelling)
{
	uint64_t hash = hash_bytes(spelling->name, spelling->name_len);

	if (spelling->tags_len > 0)
		hash = hash_join(hash, hash_bytes(spelling->tags, spelling->tags_len));
	if (spelling->total)
		hash = hash_join(hash, hash_any((const char *)spelling->source, SOURCE_BYTES));
	return hash_join(hash, (uint64_t)spelling->kind + 1);
}

static inline _Atomic uint64_t *
sub_slots(uint64_t sub)
{
	return (_Atomic uint64_t *)(uintptr_t)(sub & ~(uint64_t)SUB_LOG2);
}

static inline uint32_t
sub_mask(uint64_t sub)
{
	return (UINT32_C(1) << (sub & SUB_LOG2)) - 1;
}

/* The tag's share of all tags, as one of 2^32; of a hash or of a slot. */
static inline uint32_t
tag_place(uint64_t tagged)
{
	return (uint32_t)(tagged >> 48) << 16 | (uint32_t)(tagged & 15) << 12;
}

static inline bool
same_tag(uint64_t tagged, uint64_t other)
{
	return ((tagged ^ other) & SLOT_TAG) == 0;
}

static inline unsigned
hash_sub(uint64_t hash)
{
	return (unsigned)(hash >> 4) & (TABLE_SUBS - 1);
}

/* Where a search begins. */
static inline uint32_t
sub_home(uint64_t sub, uint64_t tagged)
{
	return tag_place(tagged) >> (32 - (sub & SUB_LOG2));
}

static inline struct entry *
slot_entry(uint64_t slot)
{
	return (struct entry *)(uintptr_t)(slot & ~SLOT_TAG);
}

/* By the worker, who alone changes it. */
static inline uint64_t
own_sub(const struct table *table, uint64_t hash)
{
	return atomic_load_explicit(&table->sub[hash_sub(hash)], memory_order_relaxed);
}

static inline uint64_t
own_slot(uint64_t sub, uint32_t at)
{
	return atomic_load_explicit(&sub_slots(sub)[at], memory_order_relaxed);
}

/* Bring near the slot that a hash leads to. */
static inline void
table_prefetch(const struct table *table, uint64_t hash)
{
	uint64_t sub = own_sub(table, hash);

	__builtin_prefetch(&sub_slots(sub)[sub_home(sub, hash)]);
}

/* Then, a while later, the entry whose tag is the hash's: as many of its lines
 * as the spelling's key ends in. It is returned: as good as always the one that
 * table_find() finds, if entry_fits() says so. NULL: there is none. */
static inline struct entry *
table_prefetch_entry(const struct table *table, uint64_t hash, const struct sample *spelling)
{
	uint64_t sub = own_sub(table, hash);
	uint32_t at = sub_home(sub, hash);
	uint64_t slot = own_slot(sub, at);

	while (!same_tag(slot, hash) && slot != SLOT_EMPTY) {
		at = (at + 1) & sub_mask(sub);
		slot = own_slot(sub, at);
	}
	struct entry *entry = slot_entry(slot);

	__builtin_prefetch(entry, 1);
	__builtin_prefetch((const void *)((uintptr_t)entry + 64), 1);
	if (spelling->name_len + spelling->tags_len > 64)
		__builtin_prefetch((const void *)((uintptr_t)entry + 128), 1);
	return entry;
}

/* Of two totals: do they come from the same source? */
bool entry_is_from(const struct entry *entry, const struct sample *spelling);

/* Is it the entry of a spelling, to table_find()? */
static inline bool
entry_fits(const struct entry *entry, const struct sample *spelling, uint32_t profile)
{
	if (entry->name_len != spelling->name_len || entry->tags_len != spelling->tags_len ||
	    entry->kind != spelling->kind || entry_is_total(entry) != spelling->total)
		return false;
	if (profile != 0 ? (entry->profiles & profile) == 0 : entry_alias(entry) != NULL)
		return false;
	return mem_equal(entry->key, spelling->name, spelling->name_len) &&
	    (spelling->tags_len == 0 ||
		mem_equal(entry_tags(entry), spelling->tags, spelling->tags_len)) &&
	    (!spelling->total || entry_is_from(entry, spelling));
}
