/* SPDX-License-Identifier: MIT */
/* settings.c -- where people reach the daemon. */

#include "admin/settings.h"

static const struct item control_table[] = {
    {.key = "socket",
	.type = ITEM_STRING,
	.offset = offsetof(struct control_settings, socket),
	.fallback = "auto",
	.help = "a path; auto: $RUNTIME_DIRECTORY/control, else /run/tidemill/control, else "
		"$XDG_RUNTIME_DIR/tidemill/control"},
    {.key = "mode",
	.type = ITEM_MODE,
	.offset = offsetof(struct control_settings, mode),
	.fallback = "0660",
	.most = 0777,
	.help = "of the socket"},
    {.key = "group",
	.type = ITEM_STRING,
	.offset = offsetof(struct control_settings, group),
	.fallback = "\"\"",
	.help = "that owns the socket; empty: the daemon's own"},
    {0},
};

const struct item_table control_items = {
    .name = "control",
    .items = control_table,
    .size = sizeof(struct control_settings),
    .short_key = "socket",
};
