/* SPDX-License-Identifier: MIT */
/* space_saving.h -- the most frequent of any number of keys, in bounded memory
 * (Metwally, Agrawal, El Abbadi 2005).
 *
 * As many keys are counted as there is room for; a further one takes the place
 * of the rarest, and its count, too. So a count is never less than the truth,
 * and more by `error` at most; and a key that came more often than the count
 * of the rarest is there. */

#pragma once

#include <stddef.h>
#include <stdint.h>

#define SPACE_SAVING_MOST 128
#define SPACE_SAVING_BYTES 64

struct space_saving_item {
	uint64_t count, error;
	uint32_t len;
	char key[SPACE_SAVING_BYTES];
};

/* An empty one is struct space_saving s = {0}. */
struct space_saving {
	uint32_t count;                   /* of items */
	uint32_t newest;                  /* the one that came last: most often it comes again */
	uint64_t hash[SPACE_SAVING_MOST]; /* of the items' keys */
	struct space_saving_item item[SPACE_SAVING_MOST];
};

/* A key came once more. Of one longer than SPACE_SAVING_BYTES its beginning
 * counts. */
void space_saving_add(struct space_saving *sketch, const char *key, size_t len);

/* Add what another sketch has counted, and put the most frequent first. */
void space_saving_merge(struct space_saving *into, const struct space_saving *from);
