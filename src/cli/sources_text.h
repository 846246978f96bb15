/* SPDX-License-Identifier: MIT */
/* sources_text.h -- who sends how much, for people. */

#pragma once

#include "base/text.h"

#include <jansson.h>

/* A table of the daemon's answer to `sources`, and one of the prefixes of what
 * was refused for a limit, if anything was. */
void sources_print(const json_t *answer, struct text *out);
