/* SPDX-License-Identifier: MIT */
/* pool_test.c -- a pool against a simple list of what it handed out. */

#include "base/pool.c"

#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HELD 4000

struct held {
	unsigned char *at;
	size_t size;
	unsigned char byte;
};

static struct held held[HELD];

/* Mostly names, now and then an array. */
static size_t
random_size(uint64_t *state)
{
	switch (random_below(state, 64)) {
	case 0: return 2 + random_below(state, 200000);
	case 1: return (size_t)64 << random_below(state, 12);
	case 2: return 2 + random_below(state, 40000);
	default: return 2 + random_below(state, 300);
	}
}

static void
take(struct pool *pool, struct held *one, size_t size, unsigned char byte)
{
	*one = (struct held){pool_alloc(pool, size), size, byte};
	size_t align = (size & (size - 1)) == 0 && size >= 64 ? 64 : POOL_ALIGN;

	if ((uintptr_t)one->at % align != 0)
		ck_abort_msg("%zu bytes at %p", size, (void *)one->at);
	memset(one->at, byte, size);
}

static void
give(struct pool *pool, struct held *one)
{
	for (size_t i = 0; i < one->size; i++)
		if (one->at[i] != one->byte)
			ck_abort_msg("byte %zu of %zu was overwritten", i, one->size);
	pool_free(pool, one->at, one->size);
	one->at = NULL;
}

START_TEST(objects_are_aligned_apart_and_all_come_back)
{
	uint64_t state = random_seed();
	struct pool pool = {0};

	for (unsigned round = 0; round < 60000; round++) {
		struct held *one = &held[random_below(&state, HELD)];

		if (one->at != NULL)
			give(&pool, one);
		else
			take(&pool, one, random_size(&state), (unsigned char)round);
	}
	for (size_t i = 0; i < HELD; i++)
		if (held[i].at != NULL)
			give(&pool, &held[i]);
	ck_assert_uint_eq(pool.used, 0);
	ck_assert_uint_eq(pool.count, 1);
	ck_assert_uint_eq(pool.empty, 1);
	ck_assert_uint_eq(pool.regions[0].free, UINT32_MAX);
	for (size_t i = 0; i < POOL_CLASSES; i++)
		ck_assert_ptr_null(pool.open[i]);
	pool_fini(&pool);
}
END_TEST

static const struct {
	size_t size, bytes;
	unsigned class;
} classes[] = {{1, 16, 0}, {16, 16, 0}, {17, 32, 1}, {90, 96, 5}, {1024, 1024, 63},
    {1025, 2048, 64}, {2048, 2048, 64}, {2049, 4096, 65}, {16385, 32768, 68}, {32768, 32768, 68}};

START_TEST(sizes_have_their_class)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		size_t bytes;

		ck_assert_uint_eq(class_of(classes[i].size, &bytes), classes[i].class);
		ck_assert_uint_eq(bytes, classes[i].bytes);
	}
}
END_TEST

START_TEST(objects_of_a_size_are_packed)
{
	struct pool pool = {0};
	const char *before = pool_alloc(&pool, 90);

	for (int i = 0; i < 500; i++) {
		const char *at = pool_alloc(&pool, 91);

		ck_assert(at == before + 96);
		before = at;
	}
	ck_assert_uint_eq(pool.used, 501 * 96);
	pool_fini(&pool);
}
END_TEST

START_TEST(an_empty_slab_serves_another_size)
{
	struct pool pool = {0};
	void *small[64];

	for (size_t i = 0; i < 64; i++)
		small[i] = pool_alloc(&pool, 1008);
	const char *base = pool.regions[0].base;

	for (size_t i = 0; i < 64; i++)
		pool_free(&pool, small[i], 1008);
	const char *array = pool_alloc(&pool, 32768);

	ck_assert(array >= base && array < base + SLAB_BYTES);
	ck_assert_uint_eq(pool.count, 1);
	pool_free(&pool, (void *)(uintptr_t)array, 32768);
	ck_assert_uint_eq(pool.used, 0);
	pool_fini(&pool);
}
END_TEST

START_TEST(large_objects_have_slabs_in_a_row_or_a_mapping)
{
	const size_t sizes[] = {32769, 65536, 65537, 1 << 20, (1 << 20) + 1, 5 << 20};
	struct pool pool = {0};
	char *at[6];

	for (size_t i = 0; i < 6; i++) {
		at[i] = pool_alloc(&pool, sizes[i]);
		ck_assert_uint_eq((uintptr_t)at[i] % SLAB_BYTES, 0);
		memset(at[i], (int)i, sizes[i]);
	}
	for (size_t i = 0; i < 6; i++) {
		ck_assert(at[i][0] == (char)i && at[i][sizes[i] - 1] == (char)i);
		pool_free(&pool, at[i], sizes[i]);
	}
	ck_assert_uint_eq(pool.used, 0);
	pool_fini(&pool);
}
END_TEST

/* As many as one region holds when it holds nothing else. */
static size_t
fill_region(struct pool *pool, void **objects)
{
	size_t count = 0, regions = pool->count;

	do
		objects[count++] = pool_alloc(pool, 32768);
	while (pool->count <= regions || pool->regions[pool->count - 1].free != 0);
	return count;
}

START_TEST(full_regions_are_told_of_once_and_can_be_settled)
{
	struct pool pool = {0};
	void *objects[512], *filled[8];

	ck_assert_uint_eq(pool_take_filled(&pool, filled, 8), 0);
	for (size_t i = 0; i < 4; i++)
		fill_region(&pool, objects + i * 64);
	memset(objects[5], 7, 32768);
	ck_assert_uint_eq(pool_take_filled(&pool, filled, 3), 3);
	ck_assert_ptr_eq(filled[0], pool.regions[0].base);
	pool_settle(filled[0]);
	ck_assert_int_eq(((char *)objects[5])[32767], 7);
	ck_assert_uint_eq(pool_take_filled(&pool, filled, 3), 1);
	ck_assert_uint_eq(pool_take_filled(&pool, filled, 3), 0);
	pool_fini(&pool);
	/* it is gone */
	pool_settle(filled[0]);
}
END_TEST

/* Is this flag set for the mapping that an address is in? */
static bool
is_mapped_with(const void *address, const char *flag)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	uintptr_t begin, end, at = (uintptr_t)address;
	bool within = false, set = false;
	char line[4096];

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2)
			within = at >= begin && at < end;
		else if (within && strncmp(line, "VmFlags:", 8) == 0)
			set = strstr(line, flag) != NULL;
	fclose(maps);
	return set;
}

START_TEST(a_region_has_small_pages_until_it_is_settled)
{
	struct pool pool = {0};
	void *object = pool_alloc(&pool, 90);

	/* where the kernel knows of huge pages */
	if (access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0) {
		ck_assert(is_mapped_with(object, " nh"));
		pool_settle(pool.regions[0].base);
		ck_assert(!is_mapped_with(object, " nh"));
		ck_assert(is_mapped_with(object, " hg"));
	}
	pool_fini(&pool);
}
END_TEST

START_TEST(empty_regions_go_back_but_for_one)
{
	struct pool pool = {0};
	void *objects[512];
	size_t count = 0;

	for (size_t i = 0; i < 4; i++)
		count += fill_region(&pool, objects + count);
	ck_assert_uint_eq(pool.count, 4);
	for (size_t i = 0; i < count; i++)
		pool_free(&pool, objects[i], 32768);
	ck_assert_uint_eq(pool.count, 1);
	ck_assert_uint_eq(pool.used, 0);
	pool_fini(&pool);
}
END_TEST

START_TEST(what_has_been_in_use_is_held_until_it_goes_back)
{
	struct pool pool = {0};
	void *objects[512], *few[10];
	size_t count = fill_region(&pool, objects);
	size_t full = pool.held;

	ck_assert_uint_ge(full, pool.used);
	ck_assert_uint_le(full, (size_t)2 << 20);
	for (size_t i = 0; i < 10; i++)
		few[i] = pool_alloc(&pool, 96);
	ck_assert_uint_ge(pool.held, full + 10 * 96);
	ck_assert_uint_lt(pool.held, full + 10 * 96 + 2048);
	for (size_t i = 0; i < count; i++)
		pool_free(&pool, objects[i], 32768);
	ck_assert_uint_ge(pool.held, full);
	for (size_t i = 0; i < 10; i++)
		pool_free(&pool, few[i], 96);
	/* One empty region stays. */
	ck_assert_uint_le(pool.held, full);
	void *huge = pool_alloc(&pool, POOL_MOST + 1);
	size_t most = pool.held;

	pool_free(&pool, huge, POOL_MOST + 1);
	ck_assert_uint_ge(most, pool.held + POOL_MOST);
	pool_fini(&pool);
}
END_TEST

START_TEST(there_is_room_where_objects_have_been_and_nowhere_else)
{
	struct pool pool = {0};
	char *objects[SLAB_BYTES / 64];

	ck_assert(!pool_has_room(&pool, 64));
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		objects[i] = pool_alloc(&pool, 64);
		ck_assert(!pool_has_room(&pool, 64));
	}
	pool_free(&pool, objects[5], 64);
	ck_assert(pool_has_room(&pool, 64));
	ck_assert(!pool_has_room(&pool, 80));
	objects[5] = pool_alloc(&pool, 64);
	ck_assert(!pool_has_room(&pool, 64));
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++)
		pool_free(&pool, objects[i], 64);
	/* A slab that nothing is in serves any size, as far as it has been used. */
	size_t before = pool.held;

	ck_assert(pool_has_room(&pool, 80));
	objects[0] = pool_alloc(&pool, 80);
	ck_assert_uint_eq(pool.held, before);
	ck_assert(pool_has_room(&pool, 80));
	ck_assert(!pool_has_room(&pool, POOL_MOST));
	pool_free(&pool, objects[0], 80);
	pool_fini(&pool);
}
END_TEST

START_TEST(an_object_that_was_given_back_is_poisoned)
{
#ifdef POISONING
	struct pool pool = {0};
	char *at = pool_alloc(&pool, 90);

	ck_assert(!__asan_address_is_poisoned(at + 89));
	ck_assert(__asan_address_is_poisoned(at + 90));
	pool_free(&pool, at, 90);
	ck_assert(__asan_address_is_poisoned(at));
	ck_assert_ptr_eq(pool_alloc(&pool, 96), at);
	pool_fini(&pool);
#endif
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(objects_are_aligned_apart_and_all_come_back),
    SUITE_TEST(sizes_have_their_class),
    SUITE_TEST(objects_of_a_size_are_packed),
    SUITE_TEST(an_empty_slab_serves_another_size),
    SUITE_TEST(large_objects_have_slabs_in_a_row_or_a_mapping),
    SUITE_TEST(full_regions_are_told_of_once_and_can_be_settled),
    SUITE_TEST(a_region_has_small_pages_until_it_is_settled),
    SUITE_TEST(empty_regions_go_back_but_for_one),
    SUITE_TEST(what_has_been_in_use_is_held_until_it_goes_back),
    SUITE_TEST(there_is_room_where_objects_have_been_and_nowhere_else),
    SUITE_TEST(an_object_that_was_given_back_is_poisoned),
    {0},
};

SUITE_MAIN("base/pool", tests)
