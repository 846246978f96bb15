/* SPDX-License-Identifier: MIT */
/* place.h -- where in the tables a key leads. */

#pragma once

#include "base/item.h"
#include "conf/node.h"

#include <stdbool.h>
#include <stddef.h>

/* The tables say that here stands the value of an item; and if that is a
 * block, or an entry of a map, what block it is. Neither: nothing is known. */
struct place {
	const struct item *item;        /* NULL: the root, or an entry of a map */
	const struct item_table *block; /* NULL: not a block, or its `type` is not known */
	const struct item *entry_of;    /* the map whose entry this is */
};

struct place place_of(const struct item *item);

/* Whether the item is a list of blocks. */
bool place_has_blocks(const struct item *item);

/* Of one element of a list. */
size_t place_element_size(const struct item *list);

/* The item's default, which of what consists of keys is that nobody says
 * any; NULL: the item is required. */
const char *place_fallback(const struct item *item);

/* The item of that key, or NULL. */
const struct item *place_item(const struct item_table *table, const char *key);

/* The variant of a map that an entry's `type` names: an index into variants,
 * or that of their NULL if there is none of this name. */
size_t place_variant(const struct item *map, const char *type);

/* One step down; from a list of blocks, into the only one that a path can
 * mean. `said` is what the layer in hand says of the place it leads
 * to, and `base` what weaker ones said of it (either may be NULL): an entry's
 * `type` is looked up there. */
struct place
place_step(struct place from, const char *key, const struct node *said, const struct node *base);

/* Turn every short form below node into its long one: a scalar or list in
 * place of a block into a map of the short key, a block in place of a list of
 * them into a list of one, nothing in place of a map, or of a list of blocks,
 * into an empty one. */
void place_lengthen(struct place place, struct node **node, const struct node *base);
