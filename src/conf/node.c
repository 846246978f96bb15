/* SPDX-License-Identifier: MIT */
/* node.c -- a tree of what a layer says. */

#include "conf/node.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct node *
node_new(enum node_type type, const struct mark *mark)
{
	struct node *node = mem_zero(1, sizeof(*node));

	node->type = type;
	node->mark = *mark;
	return node;
}

struct node *
node_new_scalar(const struct mark *mark, const char *text, size_t len)
{
	struct node *node = node_new(NODE_SCALAR, mark);

	node->text = mem_copy_text(text, len);
	return node;
}

void
node_free(struct node **node)
{
	struct node *old = *node;

	*node = NULL;
	if (old == NULL)
		return;
	for (size_t i = 0; i < old->count; i++) {
		free(old->child[i].key);
		node_free(&old->child[i].node);
	}
	free(old->child);
	free(old->text);
	free(old);
}

void
node_add(struct node *node, const char *key, const struct mark *mark, struct node **child)
{
	node->child = mem_room(node->child, node->count, &node->cap, sizeof(*node->child));
	node->child[node->count++] = (struct node_child){
	    .key = key != NULL ? mem_copy_text(key, strlen(key)) : NULL,
	    .mark = *mark,
	    .node = *child,
	};
	*child = NULL;
}

struct node_child *
node_child(const struct node *node, const char *key)
{
	if (node == NULL || node->type != NODE_MAP)
		return NULL;
	for (size_t i = 0; i < node->count; i++)
		if (strcmp(node->child[i].key, key) == 0)
			return &node->child[i];
	return NULL;
}

struct node *
node_get(const struct node *node, const char *key)
{
	struct node_child *child = node_child(node, key);

	return child != NULL ? child->node : NULL;
}

void
node_merge(struct node **base, struct node **over)
{
	struct node *from = *over;

	if (*base == NULL || (*base)->type != NODE_MAP || from->type != NODE_MAP) {
		node_free(base);
		*base = from;
		*over = NULL;
		return;
	}
	for (size_t i = 0; i < from->count; i++) {
		struct node_child *child = &from->child[i];
		struct node_child *old = node_child(*base, child->key);

		if (old != NULL) {
			if (old->node->type != NODE_MAP || child->node->type != NODE_MAP)
				old->mark = child->mark;
			node_merge(&old->node, &child->node);
		} else {
			node_add(*base, child->key, &child->mark, &child->node);
		}
	}
	node_free(over);
}
