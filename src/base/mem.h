/* SPDX-License-Identifier: MIT */
/* mem.h -- heap memory that is there, or the process stops.
 *
 * A daemon that lives within limits it enforces itself has no use for a
 * failed malloc: all of these stop the process with a message instead of
 * returning NULL. What they return is given back with free(). */

#pragma once

#include <stddef.h>

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
