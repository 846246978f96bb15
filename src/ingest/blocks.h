/* SPDX-License-Identifier: MIT */
/* blocks.h -- names that an operator has refused, for a while or until further
 * notice. Each worker has a list of its own, all the same. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one pattern, with its end; and how many there are. */
#define BLOCK_BYTES 256
#define BLOCKS_MOST 64

#define BLOCK_FOREVER INT64_MAX

struct block {
	int64_t until_ns; /* monotonic */
	char pattern[BLOCK_BYTES];
};

/* An empty list is struct blocks b = {0}. */
struct blocks {
	unsigned count;
	struct block at[BLOCKS_MOST];
};

/* Refuse what matches the pattern, which is a glob without a problem and shorter
 * than BLOCK_BYTES; one that is there gets the new end. False: there are too
 * many. */
bool blocks_set(struct blocks *blocks, const char *pattern, int64_t until_ns);

/* No longer. False: there is no such pattern. */
bool blocks_lift(struct blocks *blocks, const char *pattern);

/* Lift those whose end has come. False: there were none. */
bool blocks_end(struct blocks *blocks, int64_t now_ns);

/* Is a name, without its tags, refused? */
bool blocks_match(const struct blocks *blocks, const char *name, size_t len);
