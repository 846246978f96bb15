/* SPDX-License-Identifier: MIT */
/* mem.h -- heap memory that is there, or the process stops.
 *
 * A daemon that lives within limits it enforces itself has no use for a
 * failed malloc: all of these stop the process with a message instead of
 * returning NULL. What they return is given back with free(). */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Uninitialised memory of size bytes. */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));

/* Zeroed memory for count objects of size bytes. */
void *mem_zero(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Resize an array to count objects of size bytes, as realloc does. */
void *mem_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

/* A NUL-terminated copy of len bytes. */
char *mem_copy_text(const char *bytes, size_t len) __attribute__((malloc, returns_nonnull));

/* Make room for one more element in the array at *array that holds `used` of
 * *cap elements of size bytes; the capacity doubles, from 16. Returns the
 * array's new place, for assignment. */
void *mem_room(void *array, size_t used, size_t *cap, size_t size) __attribute__((returns_nonnull));

static inline uint64_t
mem_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* Of fewer than 16 bytes. */
static inline bool
mem_equal_short(const char *a, const char *b, size_t len)
{
	if (len >= 8)
		return mem_word(a) == mem_word(b) && mem_word(a + len - 8) == mem_word(b + len - 8);
	while (len > 0 && a[len - 1] == b[len - 1])
		len--;
	return len == 0;
}

/* Are these bytes the same? For names, which are short: there is no call, and
 * one branch that depends on the bytes. */
static inline bool
mem_equal(const char *a, const char *b, size_t len)
{
	uint64_t differ __attribute__((vector_size(16))) = {0, 0};
	uint64_t one __attribute__((vector_size(16))), other __attribute__((vector_size(16)));

	if (len < sizeof(one))
		return mem_equal_short(a, b, len);
	for (size_t at = 0; at + sizeof(one) < len; at += sizeof(one)) {
		memcpy(&one, a + at, sizeof(one));
		memcpy(&other, b + at, sizeof(other));
		differ |= one ^ other;
	}
	/* The last ones may be among those before. */
	memcpy(&one, a + len - sizeof(one), sizeof(one));
	memcpy(&other, b + len - sizeof(other), sizeof(other));
	differ |= one ^ other;
	return (differ[0] | differ[1]) == 0;
}
