/* SPDX-License-Identifier: MIT */
/* settings.h -- where people reach the daemon. */

#pragma once

#include "base/item.h"

struct control_settings {
	char *socket; /* a path, or "auto" */
	int64_t mode;
	char *group;
};

extern const struct item_table control_items;
