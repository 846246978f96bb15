/* SPDX-License-Identifier: MIT */
/* index.h -- numbers for things that come and go, and finding them by a hash:
 * open addressing with linear probing, deletion by shifting back. A slot has
 * the hash beside the number: neither growth nor most misses of a search ever
 * look at the things themselves. */

#pragma once

#include <stddef.h>
#include <stdint.h>

/* Numbers from 1; those given back come first. */
struct numbers {
	uint32_t count; /* given out so far, and 1 */
	uint32_t *unused;
	size_t unused_count, unused_cap;
};

void numbers_init(struct numbers *numbers);
void numbers_fini(struct numbers *numbers);

/* The things' array must have room for numbers->count + 1 of them. */
uint32_t numbers_take(struct numbers *numbers);
void numbers_give(struct numbers *numbers, uint32_t number);

struct index_slot {
	uint32_t hash;
	uint32_t number; /* 0: empty */
};

struct index {
	struct index_slot *slot;
	uint32_t mask, used;
};

void index_init(struct index *index);
void index_fini(struct index *index);
void index_add(struct index *index, uint32_t hash, uint32_t number);

/* The slot that holds a number, which is there. */
struct index_slot *index_slot(const struct index *index, uint32_t hash, uint32_t number);
void index_remove(struct index *index, struct index_slot *slot);

/* Where a search begins. */
static inline void
index_prefetch(const struct index *index, uint32_t hash)
{
	__builtin_prefetch(&index->slot[hash & index->mask]);
}

/* The numbers under a hash, one after the other: *at is the hash at first. 0:
 * there is no further one. */
static inline uint32_t
index_next(const struct index *index, uint32_t hash, uint32_t *at)
{
	for (;;) {
		const struct index_slot *slot = &index->slot[(*at)++ & index->mask];

		if (slot->number == 0 || slot->hash == hash)
			return slot->number;
	}
}
