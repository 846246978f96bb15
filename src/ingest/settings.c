/* SPDX-License-Identifier: MIT */
/* settings.c -- what ingest can be told. */

#include "ingest/settings.h"

static const char *const sanitize_choices[] = {"statsd", "none", NULL};

static const struct item listen_table[] = {
    {.key = "udp",
	.type = ITEM_LIST,
	.element = ITEM_ADDRESS,
	.offset = offsetof(struct listen_settings, udp),
	.fallback = "[]",
	.help = "addresses to receive datagrams on; localhost is both families"},
    {.key = "receive_buffer",
	.type = ITEM_SIZE,
	.offset = offsetof(struct listen_settings, receive_buffer_bytes),
	.fallback = "32MiB",
	.least = 4096,
	.most = 1 << 30,
	.help = "of each socket; what the kernel granted is logged in datagrams"},
    {.key = "sanitize",
	.type = ITEM_CHOICE,
	.choices = sanitize_choices,
	.offset = offsetof(struct listen_settings, sanitize),
	.fallback = "statsd",
	.help = "names as StatsD cleans them, or kept as they are"},
    {0},
};

const struct item_table listen_items = {
    .name = "listener",
    .items = listen_table,
    .size = sizeof(struct listen_settings),
    .short_key = "udp",
};

static const struct item limits_table[] = {
    {.key = "series",
	.type = ITEM_INT,
	.offset = offsetof(struct limits_settings, series),
	.fallback = "1000000",
	.least = 1,
	.most = 100e6,
	.help = "known at once, each worker's counted; a new one beyond is refused"},
    {.key = "name_bytes",
	.type = ITEM_SIZE,
	.offset = offsetof(struct limits_settings, name_bytes),
	.fallback = "1024",
	.least = 16,
	.most = 32768,
	.help = "of a name and its tags"},
    {.key = "tags",
	.type = ITEM_INT,
	.offset = offsetof(struct limits_settings, tags),
	.fallback = "64",
	.least = 0,
	.most = 255,
	.help = "of one series"},
    {0},
};

const struct item_table limits_items = {
    .name = "limits",
    .items = limits_table,
    .size = sizeof(struct limits_settings),
};
