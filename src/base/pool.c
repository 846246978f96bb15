/* SPDX-License-Identifier: MIT */
/* pool.c -- many small objects of one thread, side by side and without headers.
 *
 *      region   | header | slab 0 | slab 1 | ... | slab 31 |     2 MiB
 *      header   | place, descriptor of each slab, how far each has been used |
 *
 * The header takes the first kilobyte of slab 0; address arithmetic leads from
 * an object to it. Objects that were given back are chained by their places in
 * the slab. Under AddressSanitizer what is not handed out is poisoned. */

#include "base/pool.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONING
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define POISONING
#endif

#ifdef POISONING
#include <sanitizer/asan_interface.h>
#define POISON(at, size) ASAN_POISON_MEMORY_REGION(at, size)
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#else
#define POISON(at, size) ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif

#ifndef MADV_COLLAPSE /* since Linux 6.1 */
#define MADV_COLLAPSE 25
#endif

#define REGION_BYTES ((size_t)2 << 20)
#define SLAB_BYTES ((size_t)64 << 10)
#define SLABS 32
#define HEADER_BYTES 1024
#define FINE_MOST ((size_t)POOL_FINE_CLASSES * POOL_ALIGN)
#define CLASS_MOST (SLAB_BYTES / 2)
#define NOTHING_FREE UINT16_MAX
#define SLAB_UNITS (SLAB_BYTES / POOL_ALIGN)

/* Places in a slab count from its beginning, in units of POOL_ALIGN. */
struct pool_slab {
	struct pool_slab *next, *before; /* among the open ones of its class */
	uint16_t size;                   /* of an object, in units */
	uint16_t used;                   /* objects handed out */
	uint16_t fresh;                  /* place from which none has ever been */
	uint16_t freed;                  /* place of one that was given back */
};

struct header {
	size_t place; /* of the region among the pool's */
	struct pool_slab slab[SLABS];
	uint16_t touched[SLABS]; /* how far objects have ever reached in each, in units */
};

_Static_assert(sizeof(struct header) <= HEADER_BYTES, "the header fits");
_Static_assert(FINE_MOST << 5 == CLASS_MOST, "classes reach up to half a slab");

static struct header *
header_of(const void *at)
{
	return (struct header *)((uintptr_t)at & ~(REGION_BYTES - 1));
}

static unsigned
slab_index(const void *at)
{
	return (unsigned)(((uintptr_t)at & (REGION_BYTES - 1)) / SLAB_BYTES);
}

static char *
slab_base(const struct pool_slab *slab)
{
	struct header *header = header_of(slab);

	return (char *)header + (size_t)(slab - header->slab) * SLAB_BYTES;
}

/* ---- regions ---- */

static char *
map_aligned(size_t bytes)
{
	char *at = mmap(
	    NULL, bytes + REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(at != MAP_FAILED);
	size_t before = -(uintptr_t)at & (REGION_BYTES - 1);

	if (before > 0)
		CHECK(munmap(at, before) == 0);
	CHECK(munmap(at + before + bytes, REGION_BYTES - before) == 0);
	return at + before;
}

static void
unmap(char *at, size_t bytes)
{
	UNPOISON(at, bytes);
	CHECK(munmap(at, bytes) == 0);
}

static struct pool_region *
region_new(struct pool *pool)
{
	char *base = map_aligned(REGION_BYTES);

	/* Where the system makes huge pages of its own accord, not here. */
	(void)madvise(base, REGION_BYTES, MADV_NOHUGEPAGE);
	pool->regions = mem_room(pool->regions, pool->count, &pool->cap, sizeof(*pool->regions));
	pool->regions[pool->count] = (struct pool_region){.base = base, .free = UINT32_MAX};
	pool->empty++;
	POISON(base + HEADER_BYTES, REGION_BYTES - HEADER_BYTES);
	header_of(base)->place = pool->count;
	return &pool->regions[pool->count++];
}

/* Objects reach so far in a slab. */
static void
touch(struct pool *pool, const char *at, size_t units)
{
	uint16_t *touched = &header_of(at)->touched[slab_index(at)];

	if (units <= *touched)
		return;
	pool->held += (units - *touched) * POOL_ALIGN;
	*touched = (uint16_t)units;
}

/* The last one takes its place. */
static void
region_free(struct pool *pool, struct pool_region *region)
{
	struct pool_region *last = &pool->regions[--pool->count];

	for (unsigned i = 0; i < SLABS; i++)
		pool->held -= (size_t)header_of(region->base)->touched[i] * POOL_ALIGN;
	unmap(region->base, REGION_BYTES);
	pool->empty--;
	if (region == last)
		return;
	*region = *last;
	header_of(region->base)->place = (size_t)(region - pool->regions);
}

/* The lowest of so many free slabs in a row; -1: there are none. */
static int
find_row(uint32_t rows, size_t count)
{
	for (size_t i = 1; i < count && rows != 0; i++)
		rows &= rows >> 1;
	return rows != 0 ? __builtin_ctz(rows) : -1;
}

static uint32_t
row_mask(unsigned first, size_t count)
{
	return ((UINT32_C(1) << count) - 1) << first;
}

/* Slabs in a row that nothing is in; whole ones, if the header's will not do. */
static char *
take_slabs(struct pool *pool, size_t count, bool whole)
{
	struct pool_region *region = NULL;
	int first = -1;

	for (size_t i = 0; i < pool->count && first < 0; i++) {
		region = &pool->regions[i];
		first = find_row(whole ? region->free & ~UINT32_C(1) : region->free, count);
	}
	if (first < 0) {
		region = region_new(pool);
		first = whole;
	}
	pool->empty -= region->free == UINT32_MAX;
	region->free &= ~row_mask((unsigned)first, count);
	return region->base + (size_t)first * SLAB_BYTES;
}

static void
give_slabs(struct pool *pool, const char *base, size_t count)
{
	struct pool_region *region = &pool->regions[header_of(base)->place];

	region->free |= row_mask(slab_index(base), count);
	if (region->free != UINT32_MAX)
		return;
	if (++pool->empty > 1)
		region_free(pool, region);
}

/* ---- slabs ---- */

static void
open_slab(struct pool_slab **open, struct pool_slab *slab)
{
	slab->before = NULL;
	slab->next = *open;
	if (slab->next != NULL)
		slab->next->before = slab;
	*open = slab;
}

static void
close_slab(struct pool_slab **open, struct pool_slab *slab)
{
	if (slab->next != NULL)
		slab->next->before = slab->before;
	if (slab->before != NULL)
		slab->before->next = slab->next;
	else
		*open = slab->next;
}

static struct pool_slab *
slab_new(struct pool *pool, unsigned class, size_t bytes)
{
	char *base = take_slabs(pool, 1, false);
	unsigned index = slab_index(base);
	struct pool_slab *slab = &header_of(base)->slab[index];

	*slab = (struct pool_slab){
	    .size = (uint16_t)(bytes / POOL_ALIGN),
	    .fresh = index == 0 ? HEADER_BYTES / POOL_ALIGN : 0,
	    .freed = NOTHING_FREE,
	};
	open_slab(&pool->open[class], slab);
	return slab;
}

static bool
is_full(const struct pool_slab *slab)
{
	return slab->freed == NOTHING_FREE && slab->fresh + slab->size > (int)SLAB_UNITS;
}

/* The class of a size, and how many bytes an object of it takes. */
static unsigned
class_of(size_t size, size_t *bytes_out)
{
	if (size <= FINE_MOST) {
		size_t units = (size + POOL_ALIGN - 1) / POOL_ALIGN;

		*bytes_out = units * POOL_ALIGN;
		return (unsigned)units - 1;
	}
	unsigned doublings = 64 - (unsigned)__builtin_clzll((size - 1) / FINE_MOST);

	*bytes_out = FINE_MOST << doublings;
	return POOL_FINE_CLASSES - 1 + doublings;
}

static size_t
slabs_of(size_t size)
{
	return (size + SLAB_BYTES - 1) / SLAB_BYTES;
}

static size_t
whole_regions(size_t size)
{
	return (size + REGION_BYTES - 1) & ~(REGION_BYTES - 1);
}

/* Slabs of its own, or a mapping. */
static void *
alloc_large(struct pool *pool, size_t size)
{
	if (size > POOL_MOST) {
		pool->used += whole_regions(size);
		pool->held += whole_regions(size);
		return map_aligned(whole_regions(size));
	}
	char *object = take_slabs(pool, slabs_of(size), true);

	for (size_t i = 0; i < slabs_of(size); i++)
		touch(pool, object + i * SLAB_BYTES, SLAB_UNITS);
	pool->used += slabs_of(size) * SLAB_BYTES;
	UNPOISON(object, size);
	return object;
}

static void
free_large(struct pool *pool, char *object, size_t size)
{
	if (size > POOL_MOST) {
		pool->used -= whole_regions(size);
		pool->held -= whole_regions(size);
		unmap(object, whole_regions(size));
		return;
	}
	pool->used -= slabs_of(size) * SLAB_BYTES;
	POISON(object, slabs_of(size) * SLAB_BYTES);
	give_slabs(pool, object, slabs_of(size));
}

void *
pool_alloc(struct pool *pool, size_t size)
{
	size_t bytes;

	if (size > CLASS_MOST)
		return alloc_large(pool, size);
	unsigned class = class_of(size, &bytes);
	struct pool_slab *slab = pool->open[class];

	if (slab == NULL)
		slab = slab_new(pool, class, bytes);
	bool reused = slab->freed != NOTHING_FREE;
	char *object = slab_base(slab) + (size_t)(reused ? slab->freed : slab->fresh) * POOL_ALIGN;

	UNPOISON(object, bytes);
	if (reused) {
		slab->freed = *(uint16_t *)(void *)object;
	} else {
		slab->fresh = (uint16_t)(slab->fresh + slab->size);
		touch(pool, object, slab->fresh);
	}
	POISON(object + size, bytes - size);
	slab->used++;
	pool->used += bytes;
	if (is_full(slab))
		close_slab(&pool->open[class], slab);
	return object;
}

void
pool_free(struct pool *pool, void *object, size_t size)
{
	size_t bytes;

	if (size > CLASS_MOST) {
		free_large(pool, object, size);
		return;
	}
	unsigned class = class_of(size, &bytes);
	struct pool_slab *slab = &header_of(object)->slab[slab_index(object)];
	bool was_full = is_full(slab);
	size_t place = ((uintptr_t)object & (SLAB_BYTES - 1)) / POOL_ALIGN;

	*(uint16_t *)object = slab->freed;
	POISON(object, bytes);
	slab->freed = (uint16_t)place;
	slab->used--;
	pool->used -= bytes;
	if (was_full)
		open_slab(&pool->open[class], slab);
	if (slab->used == 0) {
		close_slab(&pool->open[class], slab);
		give_slabs(pool, slab_base(slab), 1);
	}
}

/* Is nothing in a slab of the region, where once there was something? */
static bool
has_old_slab(const struct pool_region *region)
{
	const struct header *header = header_of(region->base);

	for (uint32_t rest = region->free; rest != 0; rest &= rest - 1)
		if (header->touched[__builtin_ctz(rest)] > SLAB_UNITS / 2)
			return true;
	return false;
}

bool
pool_has_room(struct pool *pool, size_t size)
{
	size_t bytes;

	if (size > CLASS_MOST)
		return false;
	const struct pool_slab *slab = pool->open[class_of(size, &bytes)];

	if (slab != NULL && slab->freed != NOTHING_FREE)
		return true;
	if (slab != NULL)
		return slab->fresh + slab->size <=
		    header_of(slab)->touched[slab - header_of(slab)->slab];
	if (pool->used == pool->no_room)
		return false;
	for (size_t i = 0; i < pool->count; i++)
		if (has_old_slab(&pool->regions[i]))
			return true;
	pool->no_room = pool->used;
	return false;
}

void
pool_fini(struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		unmap(pool->regions[i].base, REGION_BYTES);
	free(pool->regions);
	*pool = (struct pool){0};
}

size_t
pool_take_filled(struct pool *pool, void **regions_out, size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < pool->count && count < most; i++) {
		struct pool_region *region = &pool->regions[i];

		if (region->free != 0 || region->settled)
			continue;
		region->settled = true;
		regions_out[count++] = region->base;
	}
	return count;
}

void
pool_settle(void *region)
{
	/* Older kernels only take the hint and do it when they get to it. */
	(void)madvise(region, REGION_BYTES, MADV_HUGEPAGE);
	(void)madvise(region, REGION_BYTES, MADV_COLLAPSE);
}
