/* SPDX-License-Identifier: MIT */
/* kind.c -- the kinds of series, by name. */

#include "metric/kind.h"

const char *const kind_names[KINDS] = {"counter", "gauge", "timer", "set"};
