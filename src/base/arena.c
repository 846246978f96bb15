/* SPDX-License-Identifier: MIT */
/* arena.c -- memory that is given back all at once.
 *
 * A list of chunks filled front to back. The first chunk is small, so that an
 * idle arena is; each further one doubles up to CHUNK_MOST. A reset frees at
 * most one chunk that the round did not reach. */

#include "base/arena.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

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

static char *
take(struct arena *arena, size_t size, size_t align)
{
	struct arena_chunk *chunk = arena->open;
	size_t at = chunk != NULL ? (chunk->used + align - 1) & ~(align - 1) : 0;

	if (chunk == NULL || at > chunk->cap || chunk->cap - at < size) {
		chunk = open_next(arena, size);
		at = 0;
	}
	chunk->used = at + size;
	arena->used += size;
	return chunk->bytes + at;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	return take(arena, size, 16);
}

char *
arena_copy(struct arena *arena, const char *bytes, size_t len)
{
	char *copy = take(arena, len, 1);

	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
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
