/* SPDX-License-Identifier: MIT */
/* arena.h -- memory that is given back all at once. Chunks are kept over a
 * reset, so that a busy arena soon stops asking the allocator. */

#pragma once

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *first, *open; /* chunks after `open` are empty */
	size_t used;                      /* bytes handed out since the reset */
	size_t cap;                       /* bytes in chunks */
};

/* An empty arena needs no memory: struct arena a = {0}. */

/* size bytes, aligned to 16. Never fails. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of len bytes, aligned to nothing. */
char *arena_copy(struct arena *arena, const char *bytes, size_t len);

/* Take everything back; of the chunks that were not reached since the last
 * reset, one goes back to the allocator. */
void arena_reset(struct arena *arena);
void arena_fini(struct arena *arena);
