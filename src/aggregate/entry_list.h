/* SPDX-License-Identifier: MIT */
/* entry_list.h -- a list of entries in blocks, so that growing never copies it
 * and a list that is done with can serve another one block by block. */

#pragma once

#include "aggregate/entry.h"

#define ENTRY_BLOCK 510 /* with its header it takes a page */

/* Long lists are longer than caches are large: memory is brought near so many
 * bytes before it is written. */
#define ENTRY_AHEAD_BYTES 256

struct entry_block {
	struct entry_block *next;
	size_t count;
	struct entry *at[ENTRY_BLOCK];
};

/* In a list none is empty; what is in a spare one means nothing. */
struct entry_blocks {
	struct entry_block *first, *last;
};

/* An empty list needs no memory: struct entry_list l = {0}. */
struct entry_list {
	struct entry_blocks blocks;
	size_t count; /* of entries */
};

/* One more block, of the spare ones if there are any. */
struct entry_block *entry_list_extend(struct entry_list *list, struct entry_blocks *spare);

static inline void
entry_list_add(struct entry_list *list, struct entry_blocks *spare, struct entry *entry)
{
	struct entry_block *block = list->blocks.last;

	if (block == NULL || block->count == ENTRY_BLOCK)
		block = entry_list_extend(list, spare);
	__builtin_prefetch((const char *)(block->at + block->count) + ENTRY_AHEAD_BYTES, 1);
	block->at[block->count++] = entry;
	list->count++;
}

/* Move everything in a list behind what is in another. */
void entry_list_append(struct entry_list *to, struct entry_list *from);

/* Take the first block out of a list that is not empty. */
struct entry_block *entry_list_take(struct entry_list *list);

/* Empty a list; its blocks become spare. */
void entry_list_clear(struct entry_list *list, struct entry_blocks *spare);

/* Empty a list; its blocks are freed. */
void entry_list_fini(struct entry_list *list);

/* Move all spare blocks to others. */
void entry_blocks_append(struct entry_blocks *to, struct entry_blocks *from);

/* Free at most so many spare blocks. */
void entry_blocks_trim(struct entry_blocks *spare, size_t most);

/* A walk through a list: its next entry, or NULL. */
struct entry_cursor {
	const struct entry_block *block;
	size_t at;
};

static inline struct entry_cursor
entry_list_begin(const struct entry_list *list)
{
	return (struct entry_cursor){.block = list->blocks.first};
}

static inline struct entry *
entry_list_next(struct entry_cursor *cursor)
{
	if (cursor->block != NULL && cursor->at == cursor->block->count)
		*cursor = (struct entry_cursor){.block = cursor->block->next};
	return cursor->block != NULL ? cursor->block->at[cursor->at++] : NULL;
}

/* Pass over so many. */
static inline void
entry_list_skip(struct entry_cursor *cursor, size_t count)
{
	while (count-- > 0)
		entry_list_next(cursor);
}
