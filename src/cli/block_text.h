/* SPDX-License-Identifier: MIT */
/* block_text.h -- what became of series that an operator wants no more of, for
 * people: the daemon's answers to `block` and `forget`. */

#pragma once

#include "base/text.h"

#include <jansson.h>

/* What is blocked now, or no longer is, and the rule that makes it permanent. */
void block_print(const json_t *answer, struct text *out);

/* All that is blocked. */
void block_print_list(const json_t *answer, struct text *out);
void forget_print(const json_t *answer, struct text *out);
