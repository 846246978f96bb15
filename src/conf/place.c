/* SPDX-License-Identifier: MIT */
/* place.c -- where in the tables a key leads. */

#include "conf/place.h"

#include "conf/scalar.h"

#include <string.h>

struct place
place_of(const struct item *item)
{
	return (struct place){
	    .item = item,
	    .block = item->type == ITEM_BLOCK ? item->block : NULL,
	};
}

bool
place_has_blocks(const struct item *item)
{
	return item->type == ITEM_LIST && item->element == ITEM_BLOCK;
}

size_t
place_element_size(const struct item *list)
{
	return place_has_blocks(list) ? list->block->size : scalar_size(list->element);
}

const char *
place_fallback(const struct item *item)
{
	if (item->fallback != NULL)
		return item->fallback;
	return item->type == ITEM_BLOCK || item->type == ITEM_MAP || item->type == ITEM_PAIRS
	    ? "{}"
	    : NULL;
}

const struct item *
place_item(const struct item_table *table, const char *key)
{
	for (const struct item *item = table->items; item->key != NULL; item++)
		if (strcmp(item->key, key) == 0)
			return item;
	return NULL;
}

size_t
place_variant(const struct item *map, const char *type)
{
	size_t i = 0;

	while (map->variants[i] != NULL && strcmp(map->variants[i]->name, type) != 0)
		i++;
	return i;
}

/* The block of an entry that says what `said` says. */
static const struct item_table *
entry_block(const struct item *map, const struct node *said, const struct node *base)
{
	if (map->variants == NULL)
		return map->block;
	const struct node *type = node_get(said, "type");

	if (type == NULL)
		type = node_get(base, "type");
	if (type == NULL || type->type != NODE_SCALAR)
		return NULL;
	return map->variants[place_variant(map, type->text)];
}

/* Of an entry whose type nobody has said yet. */
static const struct item *
any_variants_item(const struct item *map, const char *key)
{
	const struct item *item = NULL;

	for (size_t i = 0; map->variants[i] != NULL && item == NULL; i++)
		item = place_item(map->variants[i], key);
	return item;
}

struct place
place_step(struct place from, const char *key, const struct node *said, const struct node *base)
{
	if (from.item != NULL && from.item->type == ITEM_MAP)
		return (struct place){
		    .block = entry_block(from.item, said, base),
		    .entry_of = from.item,
		};
	const struct item *item = NULL;

	if (from.block != NULL)
		item = place_item(from.block, key);
	else if (from.item != NULL && place_has_blocks(from.item))
		item = place_item(from.item->block, key);
	else if (from.entry_of != NULL && from.entry_of->variants != NULL)
		item = any_variants_item(from.entry_of, key);
	return item != NULL ? place_of(item) : (struct place){0};
}

static bool
is_map(struct place place)
{
	return place.block != NULL || place.entry_of != NULL ||
	    (place.item != NULL &&
		(place.item->type == ITEM_MAP || place.item->type == ITEM_PAIRS));
}

static void
use_short_key(const struct item_table *block, struct node **node)
{
	struct mark mark = (*node)->mark;
	const struct item *item =
	    block != NULL && block->short_key != NULL ? place_item(block, block->short_key) : NULL;
	bool fits = item != NULL &&
	    ((*node)->type == NODE_SCALAR ||
		((*node)->type == NODE_LIST && item->type == ITEM_LIST));

	if (!fits)
		return;
	struct node *map = node_new(NODE_MAP, &mark);

	node_add(map, block->short_key, &mark, node);
	*node = map;
}

static void
wrap_element(struct node **node)
{
	struct mark mark = (*node)->mark;
	struct node *list = node_new(NODE_LIST, &mark);

	node_add(list, NULL, &mark, node);
	*node = list;
}

/* A layer's list replaces those before it: nothing is known of its elements
 * but what it says. */
static void
lengthen_list(const struct item *item, struct node **node)
{
	struct place element = {.block = item->block};
	enum node_type type = (*node)->type;

	if (type == NODE_NONE)
		(*node)->type = NODE_LIST;
	if (type == NODE_MAP || (type == NODE_SCALAR && item->block->short_key != NULL))
		wrap_element(node);
	for (size_t i = 0; (*node)->type == NODE_LIST && i < (*node)->count; i++)
		place_lengthen(element, &(*node)->child[i].node, NULL);
}

void
place_lengthen(struct place place, struct node **node, const struct node *base)
{
	if (place.item != NULL && place_has_blocks(place.item))
		lengthen_list(place.item, node);
	if (!is_map(place))
		return;
	if ((*node)->type == NODE_NONE)
		(*node)->type = NODE_MAP;
	if ((*node)->type != NODE_MAP)
		use_short_key(place.block, node);
	if ((*node)->type != NODE_MAP)
		return;
	for (size_t i = 0; i < (*node)->count; i++) {
		struct node_child *child = &(*node)->child[i];
		const struct node *below = node_get(base, child->key);

		place_lengthen(
		    place_step(place, child->key, child->node, below), &child->node, below);
	}
}
