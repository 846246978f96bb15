/* SPDX-License-Identifier: MIT */
/* set.c -- sets: how many different members came, by their hashes.
 *
 * Exact up to two members whose 64-bit hashes collide; a hash of 0, which
 * would be an empty slot, counts as 1. */

#include "aggregate/set.h"

#include "aggregate/hyperloglog.h"
#include "base/hash.h"

#define SLOTS_AT_FIRST 8

/* Where a member's search begins. Members' hashes are public, as Redis' are,
 * so a stranger can make any number agree in any bits: places are keyed. */
static uint32_t
first_slot(uint64_t member, uint32_t mask)
{
	return (uint32_t)hash_bytes((const char *)&member, sizeof(member)) & mask;
}

/* The slot that holds a member, or the empty one it would go into; there is
 * one. */
static uint64_t *
find_slot(uint64_t *slots, uint32_t mask, uint64_t member)
{
	uint32_t at = first_slot(member, mask);

	while (slots[at] != 0 && slots[at] != member)
		at = (at + 1) & mask;
	return &slots[at];
}

/* False: it is there already. There is a free slot. */
static bool
insert(uint64_t *slots, uint32_t mask, uint64_t member)
{
	uint64_t *slot = find_slot(slots, mask, member);

	if (*slot == member)
		return false;
	*slot = member;
	return true;
}

static void *
new_zeros(struct arena *arena, size_t bytes)
{
	return memset(arena_alloc(arena, bytes), 0, bytes);
}

/* An empty record. */
static struct set_record *
record_new(struct arena *arena)
{
	struct set_record *record = arena_alloc(arena, sizeof(*record));

	*record = (struct set_record){.mask = SLOTS_AT_FIRST - 1,
	    .members = new_zeros(arena, SLOTS_AT_FIRST * sizeof(uint64_t))};
	return record;
}

/* Twice the room, from the arena; what was before stays there until its
 * reset. */
static void
grow(struct set_record *record, struct arena *arena)
{
	uint32_t slots = (record->mask + 1) * 2;
	uint64_t *members = new_zeros(arena, slots * sizeof(*members));

	for (uint32_t i = 0; i <= record->mask; i++)
		if (record->members[i] != 0)
			insert(members, slots - 1, record->members[i]);
	record->members = members;
	record->mask = slots - 1;
}

static void
add_to_registers(uint8_t *registers, const struct set_record *record)
{
	if (record->registers != NULL) {
		hyperloglog_merge(registers, record->registers);
		return;
	}
	for (uint32_t i = 0; i <= record->mask; i++)
		if (record->members[i] != 0)
			hyperloglog_add(registers, record->members[i]);
}

/* Registers in the place of members. */
static void
estimate(struct set_record *record, struct arena *arena)
{
	uint8_t *registers = new_zeros(arena, HYPERLOGLOG_REGISTERS);

	add_to_registers(registers, record);
	record->registers = registers;
	record->members = NULL;
	record->count = record->mask = 0;
}

static bool
has_room(const struct set_record *record)
{
	return record->count < SET_MEMBERS_MOST &&
	    (record->count + 1) * 4 <= (record->mask + 1) * 3;
}

/* Room for one more member, among others or in registers. False: there is
 * none. */
static bool
make_room(struct set_record *record, struct arena *arena, const struct budget *budget)
{
	size_t bytes = (record->mask + 1) * 2 * sizeof(uint64_t);
	bool exact = record->count < SET_MEMBERS_MOST &&
	    (record->count < SET_MEMBERS_FEW || arena->used + bytes <= budget->bytes);

	if (!exact)
		bytes = HYPERLOGLOG_REGISTERS;
	if (arena->used + bytes > BUDGET_TIMES * budget->bytes)
		return false;
	if (exact)
		grow(record, arena);
	else
		estimate(record, arena);
	return true;
}

/* Into a record without registers. False: there is no room for it. */
static bool
add_member(
    struct set_record *record, uint64_t member, struct arena *arena, const struct budget *budget)
{
	uint64_t *slot = find_slot(record->members, record->mask, member);

	if (*slot == member)
		return true;
	if (has_room(record)) {
		*slot = member;
		record->count++;
		return true;
	}
	if (!make_room(record, arena, budget))
		return false;
	if (record->registers != NULL)
		hyperloglog_add(record->registers, member);
	else
		record->count += insert(record->members, record->mask, member);
	return true;
}

struct set_record *
set_fold(struct set_record *record, struct arena *arena, const struct sample *sample,
    const struct budget *budget)
{
	uint64_t member = hash_member(sample->member, sample->member_len);
	const size_t least = sizeof(*record) + SLOTS_AT_FIRST * sizeof(member);

	if (member == 0)
		member = 1;
	if (record == NULL) {
		if (arena->used + least > BUDGET_TIMES * budget->bytes)
			return NULL;
		record = record_new(arena);
	}
	if (record->registers != NULL)
		hyperloglog_add(record->registers, member);
	else if (!add_member(record, member, arena, budget))
		return NULL;
	return record;
}

/* Of several records, none of which has registers. */
static uint64_t
count_members(const struct record *records, struct arena *arena)
{
	uint32_t most = 0, slots = SLOTS_AT_FIRST;
	uint64_t count = 0;

	for (const struct record *at = records; at != NULL; at = at->next)
		most += ((const struct set_record *)at)->count;
	while (slots < most * 2)
		slots *= 2;
	uint64_t *members = new_zeros(arena, slots * sizeof(*members));

	for (const struct record *at = records; at != NULL; at = at->next) {
		const struct set_record *record = (const struct set_record *)at;

		for (uint32_t i = 0; i <= record->mask; i++)
			if (record->members[i] != 0)
				count += insert(members, slots - 1, record->members[i]);
	}
	return count;
}

uint64_t
set_count(struct record *records, struct arena *arena)
{
	struct set_record *first = (struct set_record *)records;
	bool exact = first->registers == NULL;

	for (const struct record *at = records->next; at != NULL; at = at->next)
		exact &= ((const struct set_record *)at)->registers == NULL;
	if (exact)
		return records->next == NULL ? first->count : count_members(records, arena);
	if (first->registers == NULL)
		estimate(first, arena);
	for (const struct record *at = records->next; at != NULL; at = at->next)
		add_to_registers(first->registers, (const struct set_record *)at);
	return hyperloglog_count(first->registers);
}
