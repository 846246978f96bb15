/* SPDX-License-Identifier: MIT */
/* settings.h -- the whole configuration: every module's table, gathered. */

#pragma once

#include "admin/settings.h"
#include "base/item.h"
#include "base/log.h"
#include "flush/settings.h"
#include "ingest/settings.h"

struct settings {
	struct flush_settings flush; /* interval, timestamp, timers, idle, self */
	struct limits_settings limits;
	struct control_settings control;
	struct log_settings log;
	struct item_map listen; /* of struct listen_settings */
	struct item_list rules; /* of struct rule_settings */
	struct item_map sinks;  /* of sink_variants */
	char *hostname;         /* the real one where the file says auto */
	int64_t workers;        /* ITEM_WORD: auto */
	int64_t shutdown_timeout_ns;
};

extern const struct item_table settings_items;
