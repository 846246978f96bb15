/* SPDX-License-Identifier: MIT */
/* index.h -- numbers for things that come and go, and finding them by a hash:
 * open addressing with linear probing, deletion by shifting back. */

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

struct index {
	uint32_t *slot; /* numbers; 0: empty */
	uint32_t mask, used;
};

/* Where a thing of the owner's would best stand: any bits of its hash. */
typedef uint32_t index_place_fn(const void *owner, uint32_t number);

void index_init(struct index *index);
void index_fini(struct index *index);
void index_add(struct index *index, index_place_fn *place, const void *owner, uint32_t number);

/* The slot that holds a number, which is there. */
uint32_t index_slot(const struct index *index, uint32_t place, uint32_t number);
void index_remove(struct index *index, index_place_fn *place, const void *owner, uint32_t slot);
