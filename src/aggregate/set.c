/* SPDX-License-Identifier: MIT */
/* set.c -- sets: how many different members came, by their hashes.
 *
 * Exact up to two members whose 64-bit hashes collide. */

#include "aggregate/set.h"

#include "base/hash.h"

#define SLOTS_AT_FIRST 8

/* Where a member's search begins. Members' hashes are public, as Redis' are,
 * so a stranger can make any number agree in any bits: places are keyed. */
static uint32_t
first_slot(uint64_t member, uint32_t mask)
{
	return (uint32_t)hash_bytes((const char *)&member, sizeof(member)) & mask;
}

/* False: it is there already. There is a free slot. */
static bool
insert(uint64_t *slots, uint32_t mask, uint64_t member)
{
	uint32_t at = first_slot(member, mask);

	while (slots[at] != 0 && slots[at] != member)
		at = (at + 1) & mask;
	if (slots[at] == member)
		return false;
	slots[at] = member;
	return true;
}

static bool
contains(const struct set_record *record, uint64_t member)
{
	uint32_t at = first_slot(member, record->mask);

	while (record->members[at] != 0 && record->members[at] != member)
		at = (at + 1) & record->mask;
	return record->members[at] == member;
}

static uint64_t *
new_slots(struct arena *arena, uint32_t slots)
{
	return memset(arena_alloc(arena, slots * sizeof(uint64_t)), 0, slots * sizeof(uint64_t));
}

/* Twice the room, from the arena; what was before stays there until its
 * reset. */
static void
grow(struct set_record *record, struct arena *arena)
{
	uint32_t slots = (record->mask + 1) * 2;
	uint64_t *members = new_slots(arena, slots);

	for (uint32_t i = 0; i <= record->mask; i++)
		if (record->members[i] != 0)
			insert(members, slots - 1, record->members[i]);
	record->members = members;
	record->mask = slots - 1;
}

struct set_record *
set_fold(struct set_record *record, struct arena *arena, const struct sample *sample,
    const struct budget *budget)
{
	uint64_t member = hash_member(sample->member, sample->member_len);
	uint32_t slots = record != NULL ? record->mask + 1 : SLOTS_AT_FIRST;
	bool full = record != NULL && (record->count + 1) * 4 > slots * 3;

	if (member == 0)
		member = 1;
	if (record != NULL && contains(record, member))
		return record;
	if (record != NULL && record->count == SET_MEMBERS_MOST)
		return NULL;
	if ((record == NULL || full) &&
	    arena->used + slots * 2 * sizeof(uint64_t) + sizeof(*record) > budget->bytes)
		return NULL;
	if (record == NULL) {
		record = arena_alloc(arena, sizeof(*record));
		*record =
		    (struct set_record){.mask = slots - 1, .members = new_slots(arena, slots)};
	}
	if (full)
		grow(record, arena);
	insert(record->members, record->mask, member);
	record->count++;
	return record;
}

uint64_t
set_count(const struct record *records, struct arena *arena)
{
	const struct set_record *first = (const struct set_record *)records;
	uint32_t most = 0, slots = SLOTS_AT_FIRST;
	uint64_t count = 0;

	if (records->next == NULL)
		return first->count;
	for (const struct record *at = records; at != NULL; at = at->next)
		most += ((const struct set_record *)at)->count;
	while (slots < most * 2)
		slots *= 2;
	uint64_t *members = new_slots(arena, slots);

	for (const struct record *at = records; at != NULL; at = at->next) {
		const struct set_record *record = (const struct set_record *)at;

		for (uint32_t i = 0; i <= record->mask; i++)
			if (record->members[i] != 0)
				count += insert(members, slots - 1, record->members[i]);
	}
	return count;
}
