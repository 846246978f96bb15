/* SPDX-License-Identifier: MIT */
/* entry_list.c -- a list of entries in blocks. No block in a list is empty. */

#include "aggregate/entry_list.h"

#include "base/mem.h"

#include <stdlib.h>

static struct entry_block *
take_block(struct entry_blocks *blocks)
{
	struct entry_block *block = blocks->first;

	blocks->first = block->next;
	if (blocks->first == NULL)
		blocks->last = NULL;
	return block;
}

void
entry_blocks_append(struct entry_blocks *to, struct entry_blocks *from)
{
	if (from->first == NULL)
		return;
	if (to->last != NULL)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	*from = (struct entry_blocks){0};
}

struct entry_block *
entry_list_extend(struct entry_list *list, struct entry_blocks *spare)
{
	struct entry_blocks one;
	struct entry_block *block =
	    spare->first != NULL ? take_block(spare) : mem_alloc(sizeof(*block));

	block->next = NULL;
	block->count = 0;
	one = (struct entry_blocks){block, block};
	entry_blocks_append(&list->blocks, &one);
	return block;
}

void
entry_list_append(struct entry_list *to, struct entry_list *from)
{
	entry_blocks_append(&to->blocks, &from->blocks);
	to->count += from->count;
	from->count = 0;
}

struct entry_block *
entry_list_take(struct entry_list *list)
{
	struct entry_block *block = take_block(&list->blocks);

	list->count -= block->count;
	return block;
}

void
entry_list_clear(struct entry_list *list, struct entry_blocks *spare)
{
	entry_blocks_append(spare, &list->blocks);
	list->count = 0;
}

void
entry_list_fini(struct entry_list *list)
{
	entry_blocks_trim(&list->blocks, SIZE_MAX);
	list->count = 0;
}

void
entry_blocks_trim(struct entry_blocks *spare, size_t most)
{
	for (; spare->first != NULL && most > 0; most--)
		free(take_block(spare));
}
