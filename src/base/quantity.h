/* SPDX-License-Identifier: MIT */
/* quantity.h -- quantities as people write them: 10s, 16MiB, 1%, 0660.
 *
 * A quantity is one decimal number and one unit, nothing between them and
 * nothing around them. Zero needs no unit. None is negative. */

#pragma once

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

enum quantity_status {
	QUANTITY_OK,
	QUANTITY_BAD,       /* not a number and a unit at all */
	QUANTITY_NO_UNIT,   /* a number that needs a unit */
	QUANTITY_BAD_UNIT,  /* a number and a unit that is not one of ours */
	QUANTITY_TOO_LARGE, /* for the type */
	QUANTITY_TOO_FINE,  /* a fraction of the smallest unit */
};

/* ns us ms s m h d: 10s, 1.5h, 100ms. */
enum quantity_status quantity_parse_duration(const char *at, size_t len, int64_t *ns_out);

/* Bytes, with or without B; KiB MiB GiB TiB: 512, 16MiB. */
enum quantity_status quantity_parse_size(const char *at, size_t len, int64_t *bytes_out);

/* 1% is 0.01. */
enum quantity_status quantity_parse_percent(const char *at, size_t len, double *share_out);

/* Permissions in octal, at most 07777: 0660, 660. */
enum quantity_status quantity_parse_mode(const char *at, size_t len, int64_t *mode_out);

/* A whole decimal number with an optional minus sign. */
enum quantity_status quantity_parse_int(const char *at, size_t len, int64_t *value_out);

/* Append what would read back as the same value, in the largest unit that
 * divides it. */
void quantity_print_duration(struct text *out, int64_t ns);
void quantity_print_size(struct text *out, int64_t bytes);
void quantity_print_percent(struct text *out, double share);
void quantity_print_mode(struct text *out, int64_t mode);
