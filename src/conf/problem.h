/* SPDX-License-Identifier: MIT */
/* problem.h -- what is wrong, and where it stands. */

#pragma once

#include "base/text.h"

#include <stddef.h>

/* Where settings come from; the stronger has the higher rank. */
enum layer_kind { LAYER_FILE, LAYER_ENVIRONMENT, LAYER_OPTION };

struct layer {
	enum layer_kind kind;
	size_t rank;
	char *name; /* of the file, the variable, the key */
};

/* A place in a layer. */
struct mark {
	const struct layer *layer; /* NULL: the built-in defaults */
	size_t line, column;       /* of a file, from 1; 0: the whole of it */
};

/* "FILE:LINE:COLUMN", "environment NAME", "-o KEY", "default". */
void mark_print(const struct mark *mark, struct text *out);

struct problem {
	struct mark mark;
	size_t order; /* of its finding */
	char *text;
};

struct problems {
	struct problem *at;
	size_t count, cap;
};

/* Add a sentence. Control bytes that came with what it quotes are escaped. */
void problem_add(struct problems *problems, const struct mark *mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* By layer, then line, then order of finding. */
void problems_sort(struct problems *problems);
void problems_fini(struct problems *problems);
