/* SPDX-License-Identifier: MIT */
/* node.h -- a tree of what a layer says, each piece with its place. */

#pragma once

#include "conf/problem.h"

#include <stdbool.h>
#include <stddef.h>

enum node_type {
	NODE_NONE, /* nothing stands there: `key:` */
	NODE_SCALAR,
	NODE_LIST,
	NODE_MAP,
	NODE_BAD, /* something refused already; nobody need complain again */
};

struct node {
	enum node_type type;
	struct mark mark;
	char *text;               /* of a scalar; no NUL within */
	struct node_child *child; /* of a list or a map */
	size_t count, cap;
};

struct node_child {
	char *key;        /* of a map; NULL in a list */
	struct mark mark; /* of the key */
	struct node *node;
};

struct node *node_new(enum node_type type, const struct mark *mark);
void node_free(struct node **node);

/* A scalar with a copy of the text. */
struct node *node_new_scalar(const struct mark *mark, const char *text, size_t len);

/* Append to a list, or with a key (copied) to a map; takes the child. */
void node_add(struct node *node, const char *key, const struct mark *mark, struct node **child);

/* NULL if node is NULL, no map, or has no such key. */
struct node_child *node_child(const struct node *node, const char *key);

/* The value of that key, or NULL. */
struct node *node_get(const struct node *node, const char *key);

/* Lay `over` over *base, which may be NULL: maps merge, all else replaces.
 * Takes over. */
void node_merge(struct node **base, struct node **over);
