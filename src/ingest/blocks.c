/* SPDX-License-Identifier: MIT */
/* blocks.c -- names that an operator has refused. */

#include "ingest/blocks.h"

#include "base/check.h"
#include "base/glob.h"

#include <string.h>

static struct block *
find(struct blocks *blocks, const char *pattern)
{
	for (unsigned i = 0; i < blocks->count; i++)
		if (strcmp(blocks->at[i].pattern, pattern) == 0)
			return &blocks->at[i];
	return NULL;
}

/* The others keep their order. */
static void
remove_block(struct blocks *blocks, struct block *block)
{
	size_t after = (size_t)(&blocks->at[--blocks->count] - block);

	memmove(block, block + 1, after * sizeof(*block));
}

bool
blocks_set(struct blocks *blocks, const char *pattern, int64_t until_ns)
{
	struct block *block = find(blocks, pattern);

	if (block == NULL) {
		if (blocks->count == BLOCKS_MOST)
			return false;
		CHECK(strlen(pattern) < BLOCK_BYTES);
		block = &blocks->at[blocks->count++];
		strcpy(block->pattern, pattern);
	}
	block->until_ns = until_ns;
	return true;
}

bool
blocks_lift(struct blocks *blocks, const char *pattern)
{
	struct block *block = find(blocks, pattern);

	if (block != NULL)
		remove_block(blocks, block);
	return block != NULL;
}

bool
blocks_end(struct blocks *blocks, int64_t now_ns)
{
	unsigned before = blocks->count;

	for (unsigned i = before; i-- > 0;)
		if (blocks->at[i].until_ns <= now_ns)
			remove_block(blocks, &blocks->at[i]);
	return blocks->count < before;
}

bool
blocks_match(const struct blocks *blocks, const char *name, size_t len)
{
	for (unsigned i = 0; i < blocks->count; i++)
		if (glob_match(blocks->at[i].pattern, name, len, false, NULL))
			return true;
	return false;
}
