/* SPDX-License-Identifier: MIT */
/* index.c -- numbers for things that come and go, and finding them. */

#include "flush/index.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>

#define SLOTS_AT_FIRST 1024

void
numbers_init(struct numbers *numbers)
{
	*numbers = (struct numbers){.count = 1};
}

void
numbers_fini(struct numbers *numbers)
{
	free(numbers->unused);
}

uint32_t
numbers_take(struct numbers *numbers)
{
	if (numbers->unused_count > 0)
		return numbers->unused[--numbers->unused_count];
	return numbers->count++;
}

void
numbers_give(struct numbers *numbers, uint32_t number)
{
	numbers->unused = mem_room(
	    numbers->unused, numbers->unused_count, &numbers->unused_cap, sizeof(*numbers->unused));
	numbers->unused[numbers->unused_count++] = number;
}

static void
allocate(struct index *index, uint32_t slots)
{
	index->slot = mem_zero(slots, sizeof(*index->slot));
	index->mask = slots - 1;
	index->used = 0;
}

void
index_init(struct index *index)
{
	allocate(index, SLOTS_AT_FIRST);
}

void
index_fini(struct index *index)
{
	free(index->slot);
}

static void
put(struct index *index, struct index_slot slot)
{
	uint32_t at = slot.hash & index->mask;

	while (index->slot[at].number != 0)
		at = (at + 1) & index->mask;
	index->slot[at] = slot;
	index->used++;
}

static void
grow(struct index *index)
{
	struct index larger;

	allocate(&larger, (index->mask + 1) * 2);
	for (uint32_t at = 0; at <= index->mask; at++)
		if (index->slot[at].number != 0)
			put(&larger, index->slot[at]);
	free(index->slot);
	*index = larger;
}

void
index_add(struct index *index, uint32_t hash, uint32_t number)
{
	if ((uint64_t)(index->used + 1) * 4 > (uint64_t)(index->mask + 1) * 3)
		grow(index);
	put(index, (struct index_slot){hash, number});
}

struct index_slot *
index_slot(const struct index *index, uint32_t hash, uint32_t number)
{
	uint32_t at = hash & index->mask;

	while (index->slot[at].number != number) {
		CHECK(index->slot[at].number != 0);
		at = (at + 1) & index->mask;
	}
	return &index->slot[at];
}

/* Empty the slot and move up what could not have stood before it. */
void
index_remove(struct index *index, struct index_slot *slot)
{
	uint32_t hole = (uint32_t)(slot - index->slot), at = hole;

	for (;;) {
		at = (at + 1) & index->mask;
		if (index->slot[at].number == 0)
			break;
		uint32_t home = index->slot[at].hash & index->mask;

		if (((at - home) & index->mask) >= ((at - hole) & index->mask)) {
			index->slot[hole] = index->slot[at];
			hole = at;
		}
	}
	index->slot[hole].number = 0;
	index->used--;
}
