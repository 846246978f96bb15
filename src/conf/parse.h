/* SPDX-License-Identifier: MIT */
/* parse.h -- strict YAML: bytes to a tree.
 *
 * YAML, but without what surprises people: anchors, aliases, tags, a second
 * document, a key twice. Scalars stay text; only the schema gives them a
 * type. */

#pragma once

#include "conf/node.h"

#include <stdbool.h>

/* Of maps and lists within each other. */
#define PARSE_DEPTH 16

/* Of the keys of one map; of the elements of one list. */
#define PARSE_KEYS 4096
#define PARSE_ELEMENTS 65536

/* Never NULL: NODE_NONE if the text says nothing. Where the syntax breaks the
 * tree ends, and *broken_out is set, else left alone. Every node's mark is in
 * this layer; one_line marks the whole layer, not lines of it. */
struct node *parse_yaml(const struct layer *layer, bool one_line, const char *bytes, size_t len,
    struct problems *problems, bool *broken_out);
