/* SPDX-License-Identifier: MIT */
/* clean.h -- what bytes may stand in a name.
 *
 * Cleaning is StatsD's: a run of white space becomes one underscore, a slash
 * a dash, and everything outside [A-Za-z0-9_.;=-] goes away. A plain name is
 * UTF-8 without white space and control bytes, in which a backend could see
 * the end of it; anything else stays. */

#pragma once

#include "base/text.h"

#include <stdbool.h>

void clean_append(struct text *out, const char *at, size_t len);

/* Are there only bytes of [A-Za-z0-9_.=-], and of a and b? As most names have
 * no others, this tells it quickly. */
bool clean_is_simple(const char *at, size_t len, char a, char b);

bool clean_is_plain(const char *at, size_t len);

/* An underscore in place of each byte that is not plain. */
void clean_append_plain(struct text *out, const char *at, size_t len);
