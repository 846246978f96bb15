/* SPDX-License-Identifier: MIT */
/* arena.c -- memory that is given back all at once.
 *
 * A list of chunks filled front to back. The first chunk is small, so that an
 * idle arena is; each further one doubles up to CHUNK_MOST. A reset frees at
 * most one chunk that the round did not reach. */

#include "base/arena.h"

#include "base/mem.h"

#include <stdlib.h>

#define CHUNK_LEAST ((size_t)16 << 10)
#define CHUNK_MOST ((size_t)1 << 20)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, cap;
	_Alignas(16) char bytes[];
};

static struct arena_chunk *
chunk_new(struct arena *arena, size_t size)
{
	size_t cap = arena->open == NULL ? CHUNK_LEAST : arena->open->cap * 2;

	if (cap > CHUNK_MOST)
		cap = CHUNK_MOST;
	if (cap < size)
		cap = size;
	struct arena_chunk *chunk = mem_alloc(sizeof(*chunk) + cap);

	chunk->used = 0;
	chunk->cap = cap;
	arena->cap += cap;
	return chunk;
}

/* The open chunk is full: go on with the next that fits. */
static struct arena_chunk *
open_next(struct arena *arena, size_t size)
{
	struct arena_chunk **link = arena->open == NULL ? &arena->first : &arena->open->next;

	if (*link == NULL || (*link)->cap < size) {
		struct arena_chunk *chunk = chunk_new(arena, size);

		chunk->next = *link;
		*link = chunk;
	}
	arena->open = *link;
	return arena->open;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->open;

	size = (size + 15) & ~(size_t)15;
	if (chunk == NULL || chunk->cap - chunk->used < size)
		chunk = open_next(arena, size);
	void *mem = chunk->bytes + chunk->used;

	chunk->used += size;
	arena->used += size;
	return mem;
}

void
arena_reset(struct arena *arena)
{
	struct arena_chunk *unused = arena->open != NULL ? arena->open->next : NULL;

	if (unused != NULL) {
		arena->open->next = unused->next;
		arena->cap -= unused->cap;
		free(unused);
	}
	for (struct arena_chunk *chunk = arena->first; chunk != NULL; chunk = chunk->next)
		chunk->used = 0;
	arena->open = arena->first;
	arena->used = 0;
}

void
arena_fini(struct arena *arena)
{
	while (arena->first != NULL) {
		struct arena_chunk *next = arena->first->next;

		free(arena->first);
		arena->first = next;
	}
	*arena = (struct arena){0};
}
