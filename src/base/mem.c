/* SPDX-License-Identifier: MIT */
/* mem.c -- heap memory that is there, or the process stops. */

#include "base/mem.h"

#include "base/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *
mem_alloc(size_t size)
{
	void *mem = malloc(size > 0 ? size : 1);

	CHECK(mem != NULL);
	return mem;
}

void *
mem_zero(size_t count, size_t size)
{
	void *mem = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	CHECK(mem != NULL);
	return mem;
}

void *
mem_resize(void *old, size_t count, size_t size)
{
	CHECK(size > 0 && count <= SIZE_MAX / size);
	void *mem = realloc(old, count > 0 ? count * size : 1);

	CHECK(mem != NULL);
	return mem;
}

char *
mem_copy_text(const char *bytes, size_t len)
{
	char *copy = mem_alloc(len + 1);

	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

void *
mem_room(void *array, size_t used, size_t *cap, size_t size)
{
	if (used < *cap && array != NULL)
		return array;
	*cap = *cap < 8 ? 16 : *cap * 2;
	return mem_resize(array, *cap, size);
}
