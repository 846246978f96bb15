/* SPDX-License-Identifier: MIT */
/* settings.h -- what ingest can be told. */

#pragma once

#include "base/item.h"

enum sanitize { SANITIZE_STATSD, SANITIZE_NONE };

/* One listener. */
struct listen_settings {
	struct item_list udp; /* of char *, addresses */
	int64_t receive_buffer_bytes;
	int sanitize;
};

struct limits_settings {
	int64_t series;
	int64_t name_bytes;
	int64_t tags;
};

extern const struct item_table listen_items;
extern const struct item_table limits_items;
