/* SPDX-License-Identifier: MIT */
/* expand.h -- %{host} and %{env:NAME} in a text. */

#pragma once

#include "base/text.h"

#include <stdbool.h>

/* Append text with host and the environment put in. False: why not is in
 * `why`. A percent sign before anything but a brace is itself. */
bool expand(const char *text, const char *host, struct text *out, struct text *why);
