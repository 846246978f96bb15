/* SPDX-License-Identifier: MIT */
/* stack.h -- what the layers read so far say together. */

#pragma once

#include "conf/conf.h"
#include "conf/node.h"
#include "conf/problem.h"

struct conf {
	const struct item_table *root;
	struct layer **layers; /* each on its own: marks point at them */
	size_t count, cap;
	struct node *tree; /* merged and without short forms; NODE_MAP */
	struct problems problems;
	bool broken; /* the tree is not all that was written: say nothing of what it lacks */
	char *host;  /* %{host} */
};

/* A new, strongest layer; the name is copied. */
const struct layer *
stack_layer(struct conf *conf, enum layer_kind kind, const char *name, size_t len);

/* Lay a layer's tree over what there is; takes it. */
void stack_merge(struct conf *conf, struct node **root);
