/* SPDX-License-Identifier: MIT */
/* table.c -- a worker's series: single writer, lock-free, readable while it
 * changes. */

#include "aggregate/table.h"

#include "base/check.h"

#include <stdlib.h>

#define SLOTS_AT_FIRST_LOG2 4
#define SLOTS_MOST_LOG2 31

/* Entries to bring near while sweeping or freeing. */
#define AHEAD 8

_Static_assert(POOL_ALIGN == 16, "an entry's address leaves four bits free");

static size_t
sub_bytes(uint64_t sub)
{
	return sizeof(uint64_t) << (sub & SUB_LOG2);
}

static uint64_t
sub_new(struct table *table, unsigned log2)
{
	CHECK(log2 <= SLOTS_MOST_LOG2);
	void *slots = pool_alloc(&table->pool, sub_bytes(log2));

	CHECK(((uintptr_t)slots & SUB_LOG2) == 0);
	return (uintptr_t)memset(slots, 0, sub_bytes(log2)) | log2;
}

static void
sub_free(struct table *table, uint64_t sub)
{
	pool_free(&table->pool, (void *)(uintptr_t)sub_slots(sub), sub_bytes(sub));
}

void
table_init(struct table *table)
{
	memset(table, 0, sizeof(*table));
	for (unsigned i = 0; i < TABLE_SUBS; i++)
		atomic_init(&table->sub[i], sub_new(table, SLOTS_AT_FIRST_LOG2));
	table->dropped = mem_zero(1, sizeof(*table->dropped));
}

static void
free_limbo_subs(struct table *table)
{
	while (table->limbo_subs_count > 0)
		sub_free(table, table->limbo_subs[--table->limbo_subs_count]);
}

void
table_fini(struct table *table)
{
	free_limbo_subs(table);
	for (unsigned i = 0; i < TABLE_SUBS; i++)
		sub_free(table, atomic_load(&table->sub[i]));
	pool_fini(&table->pool);
	entry_list_fini(&table->limbo);
	free(table->limbo_subs);
	free(table->dropped);
}

bool
entry_is_from(const struct entry *entry, const struct sample *spelling)
{
	return memcmp(entry_source(entry), spelling->source, SOURCE_BYTES) == 0;
}

struct entry *
table_find(
    const struct table *table, uint64_t hash, const struct sample *spelling, uint32_t profile)
{
	uint64_t sub = own_sub(table, hash);

	for (uint32_t at = sub_home(sub, hash);; at = (at + 1) & sub_mask(sub)) {
		uint64_t slot = own_slot(sub, at);
		struct entry *entry = slot_entry(slot);

		if (slot == SLOT_EMPTY)
			return NULL;
		if (same_tag(slot, hash) && entry != NULL && entry_fits(entry, spelling, profile))
			return entry;
	}
}

/* Put a slot where searches for its tag find it. */
static void
link_slot(uint64_t sub, uint64_t slot)
{
	uint32_t at = sub_home(sub, slot);

	while (own_slot(sub, at) != SLOT_EMPTY)
		at = (at + 1) & sub_mask(sub);
	atomic_store_explicit(&sub_slots(sub)[at], slot, memory_order_release);
}

/* Free what nobody can be reading any more. */
static void
collect_subs(struct table *table)
{
	if (table->limbo_subs_count > 0 && !atomic_load(&table->reading))
		free_limbo_subs(table);
}

/* A larger sub-table, or one without tombstones, in the place of the old. */
static uint64_t
rebuild(struct table *table, unsigned index)
{
	uint64_t old = atomic_load_explicit(&table->sub[index], memory_order_relaxed);
	uint32_t slots = sub_mask(old) + 1;
	bool larger = table->load[index].live >= slots / 4;
	uint64_t sub = sub_new(table, (unsigned)(old & SUB_LOG2) + larger);

	for (uint32_t at = 0; at < slots; at++)
		if (own_slot(old, at) > SLOT_TOMBSTONE)
			link_slot(sub, own_slot(old, at));
	atomic_store(&table->sub[index], sub);
	table->load[index].used = table->load[index].live;
	table->load[index].rebuilt++;
	table->limbo_subs = mem_room(table->limbo_subs, table->limbo_subs_count,
	    &table->limbo_subs_cap, sizeof(*table->limbo_subs));
	table->limbo_subs[table->limbo_subs_count++] = old;
	collect_subs(table);
	return sub;
}

static void
count_entry(struct table *table, const struct entry *entry, bool comes)
{
	uint64_t one = comes ? 1 : UINT64_MAX;

	counter_add(&table->counters[TABLE_KEYS], one);
	if (entry_alias(entry) != NULL)
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
entry_bytes(size_t name_len, size_t tags_len, bool total)
{
	size_t bytes =
	    offsetof(struct entry, key) + name_len + tags_len + (total ? SOURCE_BYTES : 0);

	return bytes > sizeof(struct entry) ? bytes : sizeof(struct entry);
}

bool
table_has_room(struct table *table, const struct sample *spelling)
{
	return pool_has_room(
	    &table->pool, entry_bytes(spelling->name_len, spelling->tags_len, spelling->total));
}

static void
free_entry(struct table *table, struct entry *entry)
{
	pool_free(&table->pool, entry,
	    entry_bytes(entry->name_len, entry->tags_len, entry_is_total(entry)));
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
	unsigned index = hash_sub(hash);
	uint64_t sub = own_sub(table, hash);
	struct entry *entry = pool_alloc(
	    &table->pool, entry_bytes(spelling->name_len, spelling->tags_len, spelling->total));

	CHECK(((uintptr_t)entry & SLOT_TAG) == 0);
	*entry = (struct entry){
	    .cell[0].value = (uintptr_t)alias,
	    .profiles = profiles,
	    .name_len = (uint16_t)spelling->name_len,
	    .tags_len = (uint16_t)spelling->tags_len,
	    .plan = plan,
	    .kind = (uint8_t)spelling->kind,
	    .modes = (uint8_t)(modes | (spelling->total ? ENTRY_TOTAL : 0) |
		(alias != NULL ? ENTRY_ALIAS : 0)),
	};
	copy_key(entry, spelling);
	if (alias != NULL)
		count_alias(table, alias, true);
	if (((uint64_t)table->load[index].used + 1) * 8 > ((uint64_t)sub_mask(sub) + 1) * 5)
		sub = rebuild(table, index);
	link_slot(sub, (hash & SLOT_TAG) | (uintptr_t)entry);
	table->load[index].used++;
	table->load[index].live++;
	count_entry(table, entry, true);
	return entry;
}

static void
retire(struct table *table, struct entry *entry, struct window *window)
{
	struct entry *alias = entry_alias(entry);

	CHECK(entry->aliases == 0);
	if (alias != NULL)
		count_alias(table, alias, false);
	count_entry(table, entry, false);
	entry_list_add(&window->retired, &window->spare, entry);
}

uint32_t
table_walk_slots(const struct table *table, const struct table_walk *walk)
{
	return sub_mask(atomic_load_explicit(&table->sub[walk->sub], memory_order_relaxed)) + 1;
}

bool
table_walk_on(struct table *table, struct table_walk *walk, uint32_t most, struct window *window,
    table_visit_fn *visit, void *arg)
{
	unsigned index = walk->sub;
	uint64_t sub = atomic_load_explicit(&table->sub[index], memory_order_relaxed);

	if (table_walk_begins(table, walk))
		*walk = (struct table_walk){.sub = index, .rebuilt = table->load[index].rebuilt};
	uint32_t mask = sub_mask(sub), at = (uint32_t)(walk->place << (sub & SUB_LOG2) >> 32);
	uint32_t last = mask - at < most ? mask : at + most - 1;

	for (; at <= last; at++) {
		uint64_t slot = own_slot(sub, at);

		__builtin_prefetch(slot_entry(own_slot(sub, (at + AHEAD) & mask)));
		if (slot <= SLOT_TOMBSTONE || !visit(arg, slot_entry(slot)))
			continue;
		atomic_store(&sub_slots(sub)[at], SLOT_TOMBSTONE);
		table->load[index].live--;
		retire(table, slot_entry(slot), window);
	}
	if (last < mask) {
		walk->place = (uint64_t)(last + 1) << (32 - (sub & SUB_LOG2));
		return false;
	}
	*walk = (struct table_walk){.sub = (index + 1) % TABLE_SUBS};
	return true;
}

void
table_release(struct table *table, struct entry_list *retired)
{
	entry_list_append(&table->limbo, retired);
	table_collect(table);
}

bool
table_collect(struct table *table)
{
	collect_subs(table);
	if (table->limbo.count == 0 || atomic_load(&table->reading))
		return false;
	struct entry_block *block = entry_list_take(&table->limbo);

	for (size_t i = 0; i < block->count; i++) {
		if (i + AHEAD < block->count)
			__builtin_prefetch(block->at[i + AHEAD], 1);
		free_entry(table, block->at[i]);
	}
	free(block);
	return table->limbo.count > 0;
}

void
table_read(struct table *table, unsigned index, void (*visit)(const struct entry *entry, void *arg),
    void *arg)
{
	atomic_store(&table->reading, true);
	uint64_t sub = atomic_load(&table->sub[index]);

	for (uint32_t at = 0; at <= sub_mask(sub); at++) {
		uint64_t slot = atomic_load(&sub_slots(sub)[at]);

		if (slot > SLOT_TOMBSTONE &&
		    (entry_modes(slot_entry(slot)) & (ENTRY_ALIAS | ENTRY_TOTAL)) == 0)
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

	if (entry->kind != KIND_COUNTER || entry_is_total(entry))
		return false;
	*seq_out = cell_seq(meta);
	*hits_out = cell_hits(meta);
	/* Acquire keeps the second look at meta behind the value. */
	*value_out = bits_double(atomic_load_explicit(&cell->value, memory_order_acquire));
	return atomic_load_explicit(&cell->meta, memory_order_relaxed) == meta;
}
