/* SPDX-License-Identifier: MIT */
/* table.c -- a worker's series: single writer, lock-free, readable while it
 * changes. */

#include "aggregate/table.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>

#define SLOTS_AT_FIRST 16
#define TOMBSTONE UINT64_C(1)
#define POINTER_BITS 48
#define POINTER_MASK ((UINT64_C(1) << POINTER_BITS) - 1)

struct subtable {
	uint32_t mask;
	uint32_t used; /* slots that are not empty, tombstones included; the worker's */
	uint32_t live; /* the worker's */
	_Atomic uint64_t slot[];
};

static struct entry *
slot_entry(uint64_t slot)
{
	return (struct entry *)(uintptr_t)(slot & POINTER_MASK);
}

static uint64_t
hash_tag(uint64_t hash)
{
	return hash >> 32 << POINTER_BITS;
}

static struct subtable *
subtable_new(uint32_t slots)
{
	struct subtable *sub = mem_zero(1, sizeof(*sub) + slots * sizeof(sub->slot[0]));

	sub->mask = slots - 1;
	return sub;
}

/* By the worker, who alone changes it. */
static struct subtable *
own_sub(const struct table *table, uint64_t hash)
{
	return atomic_load_explicit(&table->sub[hash >> 56], memory_order_relaxed);
}

static uint64_t
own_slot(const struct subtable *sub, uint32_t at)
{
	return atomic_load_explicit(&sub->slot[at], memory_order_relaxed);
}

void
table_init(struct table *table)
{
	memset(table, 0, sizeof(*table));
	for (unsigned i = 0; i < TABLE_SUBS; i++)
		atomic_init(&table->sub[i], subtable_new(SLOTS_AT_FIRST));
	table->dropped = mem_zero(1, sizeof(*table->dropped));
}

void
table_fini(struct table *table)
{
	for (unsigned i = 0; i < TABLE_SUBS; i++) {
		struct subtable *sub = atomic_load(&table->sub[i]);

		for (uint32_t at = 0; at <= sub->mask; at++)
			if (own_slot(sub, at) > TOMBSTONE)
				free(slot_entry(own_slot(sub, at)));
		free(sub);
	}
	table_collect(table);
	free(table->limbo.at);
	free(table->dropped);
}

void
table_prefetch(const struct table *table, uint64_t hash)
{
	const struct subtable *sub = own_sub(table, hash);

	__builtin_prefetch(&sub->slot[(uint32_t)hash & sub->mask]);
}

void
table_prefetch_entry(const struct table *table, uint64_t hash)
{
	const struct subtable *sub = own_sub(table, hash);

	__builtin_prefetch(slot_entry(own_slot(sub, (uint32_t)hash & sub->mask)));
}

uint64_t
table_hash(const struct sample *spelling)
{
	uint64_t hash = hash_bytes(spelling->name, spelling->name_len);

	if (spelling->tags_len > 0)
		hash = hash_join(hash, hash_bytes(spelling->tags, spelling->tags_len));
	if (spelling->total)
		hash = hash_join(hash, hash_bytes((const char *)spelling->source, SOURCE_BYTES));
	return hash_join(hash, (uint64_t)spelling->kind + 1);
}

static bool
is_total(const struct entry *entry)
{
	return (entry->modes & ENTRY_TOTAL) != 0;
}

/* One of them at least is a total. */
static bool
is_same_total(const struct entry *entry, const struct sample *spelling)
{
	return is_total(entry) && spelling->total &&
	    memcmp(entry_source(entry), spelling->source, SOURCE_BYTES) == 0;
}

static bool
is_spelled(const struct entry *entry, uint64_t hash, const struct sample *spelling)
{
	return entry->hash == hash && entry->name_len == spelling->name_len &&
	    entry->tags_len == spelling->tags_len && entry->kind == spelling->kind &&
	    memcmp(entry->key, spelling->name, spelling->name_len) == 0 &&
	    (spelling->tags_len == 0 ||
		memcmp(entry_tags(entry), spelling->tags, spelling->tags_len) == 0) &&
	    (!(is_total(entry) | spelling->total) || is_same_total(entry, spelling));
}

struct entry *
table_find(
    const struct table *table, uint64_t hash, const struct sample *spelling, uint32_t profile)
{
	const struct subtable *sub = own_sub(table, hash);
	uint64_t tag = hash_tag(hash);

	for (uint32_t at = (uint32_t)hash & sub->mask;; at = (at + 1) & sub->mask) {
		uint64_t slot = own_slot(sub, at);

		if (slot == 0)
			return NULL;
		if (slot == TOMBSTONE || (slot & ~POINTER_MASK) != tag)
			continue;
		struct entry *entry = slot_entry(slot);
		bool fits = profile != 0 ? (entry->profiles & profile) != 0 : entry->alias == NULL;

		if (fits && is_spelled(entry, hash, spelling))
			return entry;
	}
}

static void
put_in_limbo(struct table *table, void *unlinked)
{
	table->limbo.at = mem_room(
	    table->limbo.at, table->limbo.count, &table->limbo.cap, sizeof(*table->limbo.at));
	table->limbo.at[table->limbo.count++] = unlinked;
}

static void
link_entry(struct subtable *sub, struct entry *entry)
{
	uint32_t at = (uint32_t)entry->hash & sub->mask;

	while (own_slot(sub, at) != 0)
		at = (at + 1) & sub->mask;
	atomic_store_explicit(
	    &sub->slot[at], hash_tag(entry->hash) | (uintptr_t)entry, memory_order_release);
	sub->used++;
	sub->live++;
}

/* A larger sub-table, or one without tombstones, in the place of the old. */
static struct subtable *
rebuild(struct table *table, unsigned index, const struct subtable *old)
{
	uint32_t slots = old->mask + 1;
	struct subtable *sub = subtable_new(old->live * 4 >= slots ? slots * 2 : slots);

	for (uint32_t at = 0; at <= old->mask; at++)
		if (own_slot(old, at) > TOMBSTONE)
			link_entry(sub, slot_entry(own_slot(old, at)));
	atomic_store(&table->sub[index], sub);
	return sub;
}

static void
count_entry(struct table *table, const struct entry *entry, bool comes)
{
	uint64_t one = comes ? 1 : UINT64_MAX;

	counter_add(&table->counters[TABLE_KEYS], one);
	if (entry->alias != NULL)
		return;
	counter_add(&table->counters[TABLE_SERIES + entry->kind], one);
	counter_add(&table->counters[comes ? TABLE_SERIES_CREATED : TABLE_SERIES_EXPIRED], 1);
}

/* The dropped entry has any number of spellings, a series only a few. */
static void
count_alias(struct table *table, struct entry *of, bool comes)
{
	if (of == table->dropped)
		table->dropped_spellings += comes ? 1 : UINT32_MAX;
	else
		of->aliases = (uint8_t)(of->aliases + (comes ? 1 : -1));
}

/* The key begins before the end of the struct. */
static size_t
entry_bytes(const struct sample *spelling)
{
	size_t bytes = offsetof(struct entry, key) + spelling->name_len + spelling->tags_len +
	    (spelling->total ? SOURCE_BYTES : 0);

	return bytes > sizeof(struct entry) ? bytes : sizeof(struct entry);
}

/* Put the bytes of the key after an entry that is filled in. */
static void
copy_key(struct entry *entry, const struct sample *spelling)
{
	char *tags = entry->key + spelling->name_len;

	memcpy(entry->key, spelling->name, spelling->name_len);
	if (spelling->tags_len > 0)
		memcpy(tags, spelling->tags, spelling->tags_len);
	if (spelling->total)
		memcpy(tags + spelling->tags_len, spelling->source, SOURCE_BYTES);
}

struct entry *
table_insert(struct table *table, uint64_t hash, const struct sample *spelling, uint32_t profiles,
    struct entry *alias, uint8_t modes, uint16_t plan)
{
	struct subtable *sub = own_sub(table, hash);
	struct entry *entry = mem_alloc(entry_bytes(spelling));

	CHECK(((uintptr_t)entry & ~POINTER_MASK) == 0);
	*entry = (struct entry){
	    .alias = alias,
	    .hash = hash,
	    .profiles = profiles,
	    .name_len = (uint16_t)spelling->name_len,
	    .tags_len = (uint16_t)spelling->tags_len,
	    .plan = plan,
	    .kind = (uint8_t)spelling->kind,
	    .modes = (uint8_t)(modes | (spelling->total ? ENTRY_TOTAL : 0)),
	};
	copy_key(entry, spelling);
	if (alias != NULL)
		count_alias(table, alias, true);
	if ((sub->used + 1) * 8 > (sub->mask + 1) * 5) {
		put_in_limbo(table, sub);
		sub = rebuild(table, (unsigned)(hash >> 56), sub);
	}
	link_entry(sub, entry);
	count_entry(table, entry, true);
	return entry;
}

static bool
is_idle(const struct entry *entry, uint32_t oldest_seq)
{
	for (unsigned i = 0; i < 2; i++)
		if (cell_seq(atomic_load_explicit(&entry->cell[i].meta, memory_order_relaxed)) >=
		    oldest_seq)
			return false;
	return entry->aliases == 0;
}

size_t
table_sweep(struct table *table, unsigned index, uint32_t oldest_seq, struct window *window)
{
	struct subtable *sub = atomic_load_explicit(&table->sub[index], memory_order_relaxed);
	size_t gone = 0;

	for (uint32_t at = 0; at <= sub->mask; at++) {
		uint64_t slot = own_slot(sub, at);

		if (slot <= TOMBSTONE || !is_idle(slot_entry(slot), oldest_seq))
			continue;
		struct entry *entry = slot_entry(slot);

		atomic_store(&sub->slot[at], TOMBSTONE);
		sub->live--;
		if (entry->alias != NULL)
			count_alias(table, entry->alias, false);
		else
			gone++;
		count_entry(table, entry, false);
		entry_list_add(&window->retired, entry);
	}
	return gone;
}

void
table_release(struct table *table, struct entry_list *retired)
{
	for (size_t i = 0; i < retired->count; i++)
		put_in_limbo(table, retired->at[i]);
	retired->count = 0;
	table_collect(table);
}

void
table_collect(struct table *table)
{
	if (table->limbo.count == 0 || atomic_load(&table->reading))
		return;
	for (size_t i = 0; i < table->limbo.count; i++)
		free(table->limbo.at[i]);
	table->limbo.count = 0;
}

void
table_read(struct table *table, unsigned index, void (*visit)(const struct entry *entry, void *arg),
    void *arg)
{
	atomic_store(&table->reading, true);
	struct subtable *sub = atomic_load(&table->sub[index]);

	for (uint32_t at = 0; at <= sub->mask; at++) {
		uint64_t slot = atomic_load(&sub->slot[at]);

		if (slot > TOMBSTONE && slot_entry(slot)->alias == NULL &&
		    !is_total(slot_entry(slot)))
			visit(slot_entry(slot), arg);
	}
	atomic_store(&table->reading, false);
}

bool
entry_read_counter(
    const struct entry *entry, uint32_t *seq_out, uint32_t *hits_out, double *value_out)
{
	uint64_t even = atomic_load_explicit(&entry->cell[0].meta, memory_order_acquire);
	uint64_t odd = atomic_load_explicit(&entry->cell[1].meta, memory_order_acquire);
	const struct cell *cell = &entry->cell[cell_seq(odd) > cell_seq(even)];
	uint64_t meta = cell_seq(odd) > cell_seq(even) ? odd : even;

	if (entry->kind != KIND_COUNTER || is_total(entry))
		return false;
	*seq_out = cell_seq(meta);
	*hits_out = cell_hits(meta);
	/* Acquire keeps the second look at meta behind the value. */
	*value_out = bits_double(atomic_load_explicit(&cell->value, memory_order_acquire));
	return atomic_load_explicit(&cell->meta, memory_order_relaxed) == meta;
}
