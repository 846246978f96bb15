/* SPDX-License-Identifier: MIT */
/* status_text.h -- the daemon's status, for people. */

#pragma once

#include "base/text.h"

#include <jansson.h>

/* The ledger's sentence, then a short table of each part of the daemon. */
void status_print(const json_t *status, struct text *out);
