/* SPDX-License-Identifier: MIT */
/* settings.c -- what the flush can be told. */

#include "flush/settings.h"

#include "metric/naming.h"

const char *const timestamp_choices[] = {"end", "start", NULL};

static const struct item timers_table[] = {
    {.key = "percentiles",
	.type = ITEM_LIST,
	.element = ITEM_NUMBER,
	.offset = offsetof(struct timers_settings, percentiles),
	.fallback = "[90]",
	.least = -100,
	.most = 100,
	.most_elements = 16,
	.help =
	    "StatsD's names: upper_90, mean_90; 99.9 gives upper_99_9; negative counts from the top"},
    {.key = "exact",
	.type = ITEM_INT,
	.offset = offsetof(struct timers_settings, exact),
	.fallback = "512",
	.least = 1,
	.most = 1 << 20,
	.help = "values kept per timer and interval; further ones are refused and counted"},
    {.key = "exact_memory",
	.type = ITEM_SIZE,
	.offset = offsetof(struct timers_settings, exact_memory_bytes),
	.fallback = "64MiB",
	.least = 1 << 20,
	.most = 64.0 * (1 << 30),
	.help = "for the values and members of one interval, per worker"},
    {0},
};

static const char *
timers_verify(const void *at, const char **key_out)
{
	const struct timers_settings *settings = at;
	const double *percentiles = settings->percentiles.at;

	*key_out = "percentiles";
	for (size_t i = 0; i < settings->percentiles.count; i++) {
		if (percentiles[i] == 0)
			return "the percentile 0 holds no value";
		for (size_t j = 0; j < i; j++)
			if (percentiles[i] == percentiles[j])
				return "a percentile stands there twice";
	}
	return NULL;
}

const struct item_table timers_items = {
    .name = "timers",
    .items = timers_table,
    .size = sizeof(struct timers_settings),
    .verify = timers_verify,
};

/* Indexes are those of enum idle_send. */
static const char *const zero_choices[] = {"nothing", "zero", NULL};
static const char *const repeat_choices[] = {"nothing", "zero", "repeat", NULL};

#define IDLE_FOR(text)                                                                            \
	{                                                                                         \
		.key = "for", .type = ITEM_DURATION,                                              \
		.offset = offsetof(struct idle_kind_settings, for_ns), .fallback = text,          \
		.word = "forever", .help = "after its last sample; 0s: not at all", .live = true, \
	}

static const struct item zero_table[] = {
    {.key = "send",
	.type = ITEM_CHOICE,
	.choices = zero_choices,
	.offset = offsetof(struct idle_kind_settings, send),
	.fallback = "zero",
	.help = "what stands for a series without samples",
	.live = true},
    IDLE_FOR("5m"),
    {0},
};

static const struct item repeat_table[] = {
    {.key = "send",
	.type = ITEM_CHOICE,
	.choices = repeat_choices,
	.offset = offsetof(struct idle_kind_settings, send),
	.fallback = "repeat",
	.help = "what stands for a gauge without samples",
	.live = true},
    IDLE_FOR("1h"),
    {0},
};

static const struct item_table zero_items = {
    .name = "idle",
    .items = zero_table,
    .size = sizeof(struct idle_kind_settings),
    .short_key = "send",
};

static const struct item_table repeat_items = {
    .name = "idle gauges",
    .items = repeat_table,
    .size = sizeof(struct idle_kind_settings),
    .short_key = "send",
};

static const struct item idle_table[] = {
    {.key = "counters",
	.type = ITEM_BLOCK,
	.block = &zero_items,
	.offset = offsetof(struct idle_settings, counters),
	.help = "rate and count are sent as 0"},
    {.key = "timers",
	.type = ITEM_BLOCK,
	.block = &zero_items,
	.offset = offsetof(struct idle_settings, timers),
	.help = "count and count_ps only, as StatsD"},
    {.key = "sets",
	.type = ITEM_BLOCK,
	.block = &zero_items,
	.offset = offsetof(struct idle_settings, sets),
	.help = "count is sent as 0"},
    {.key = "gauges",
	.type = ITEM_BLOCK,
	.block = &repeat_items,
	.offset = offsetof(struct idle_settings, gauges),
	.help = "the newest value is sent again"},
    {.key = "forget",
	.type = ITEM_DURATION,
	.offset = offsetof(struct idle_settings, forget_ns),
	.fallback = "24h",
	.least = 1e9,
	.most = 366 * 86400e9,
	.help = "state (a gauge's base, a counter's total) is kept this long"},
    {0},
};

const struct item_table idle_items = {
    .name = "idle",
    .items = idle_table,
    .size = sizeof(struct idle_settings),
};

static const struct item self_table[] = {
    {.key = "prefix",
	.type = ITEM_STRING,
	.offset = offsetof(struct self_settings, prefix),
	.fallback = "statsd",
	.expand = true,
	.help = "before the daemon's own series; a fleet: statsd.%{host}"},
    {0},
};

static const char *
self_verify(const void *at, const char **key_out)
{
	const struct self_settings *settings = at;

	*key_out = "prefix";
	return naming_is_component(settings->prefix, false) ? NULL : NAMING_COMPONENT_RULE;
}

const struct item_table self_items = {
    .name = "self",
    .items = self_table,
    .size = sizeof(struct self_settings),
    .verify = self_verify,
    .short_key = "prefix",
};
