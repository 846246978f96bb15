/* SPDX-License-Identifier: MIT */
/* scalar.h -- one value: text to the C member an item declares, and back. */

#pragma once

#include "base/item.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* Of the member that holds one scalar of that type. */
size_t scalar_size(enum item_type type);

/* Read text as a `type` (the item's, or that of its elements) within the
 * item's bounds. False: why not is appended, as what follows "key: ". */
bool scalar_read(
    const struct item *item, enum item_type type, const char *text, void *member, struct text *why);

/* "a duration like 10s": what one of these is. */
const char *scalar_describe(enum item_type type);

/* As YAML that reads back the same. */
void
scalar_print(const struct item *item, enum item_type type, const void *member, struct text *out);

/* A bound or another number of the item, in its unit. */
void scalar_print_number(enum item_type type, double number, struct text *out);

/* A string as YAML, in quotes where it needs them. */
void scalar_print_string(const char *string, struct text *out);
