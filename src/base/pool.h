/* SPDX-License-Identifier: MIT */
/* pool.h -- many small objects of one thread, side by side and without headers.
 *
 * Memory comes in regions of 2 MiB, aligned to their size, so that one huge
 * page can hold each. A region is cut into 32 slabs; a slab holds objects of
 * one size, or several slabs in a row one large object. An empty slab serves
 * any size next, and an empty region goes back to the kernel, but for one.
 *
 * A huge page takes longer to make than a thread may stand still that has
 * datagrams to read. So a region begins with small pages, and when all of it is
 * in use another thread may replace them by a huge one: pool_settle(). */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Objects are aligned to POOL_ALIGN; those whose size is a power of two, to
 * their size or to 64. */
#define POOL_ALIGN 16

/* Sizes in steps of 16 bytes, then in powers of two up to half a slab. */
#define POOL_FINE_CLASSES 64
#define POOL_CLASSES (POOL_FINE_CLASSES + 5)

struct pool_slab;

struct pool_region {
	char *base;
	uint32_t free; /* a bit for each slab that nothing is in */
	bool settled;  /* it has been full, and is a huge page or about to be */
};

/* An empty pool needs no memory: struct pool p = {0}. */
struct pool {
	struct pool_slab *open[POOL_CLASSES]; /* slabs of each class that have room */
	struct pool_region *regions;
	size_t count, cap; /* of regions */
	size_t empty;      /* of these: nothing is in them */
	size_t used;       /* bytes handed out, rounded up to what they take */
	size_t held;       /* bytes that have ever been, of what is not given back to the kernel */
	size_t no_room;    /* what was used when no slab was found that has been in use before */
};

/* Uninitialised memory for size bytes, at least 2. Never fails. */
void *pool_alloc(struct pool *pool, size_t size);

/* Give it back; the size is the one it was made with. */
void pool_free(struct pool *pool, void *object, size_t size);

/* Is there room for size bytes where there have been objects before, without
 * taking more memory? As good as always right; of large objects always no. */
bool pool_has_room(struct pool *pool, size_t size);

/* Take everything back, objects that have not been given back included; but
 * for those of more than POOL_MOST bytes. */
#define POOL_MOST ((size_t)1 << 20)
void pool_fini(struct pool *pool);

/* Regions that have become full since the last time, at most so many. */
size_t pool_take_filled(struct pool *pool, void **regions_out, size_t most);

/* Any thread: have the kernel hold a region in one huge page, if it will. The
 * region need not be there any more. */
void pool_settle(void *region);
