/* SPDX-License-Identifier: MIT */
/* settings.c -- what the flush can be told. */

#include "flush/settings.h"

#include "aggregate/sketch.h"
#include "base/glob.h"
#include "metric/naming.h"
#include "metric/statistic.h"

const char *const timestamp_choices[] = {"end", "start", NULL};

static const struct item histogram_table[] = {
    {.key = "match",
	.type = ITEM_STRING,
	.offset = offsetof(struct histogram_settings, match),
	.help = "a glob over the whole name of the series"},
    {.key = "bins",
	.type = ITEM_LIST,
	.element = ITEM_NUMBER,
	.word = "inf",
	.offset = offsetof(struct histogram_settings, bins),
	.fallback = "[]",
	.most_elements = 256,
	.help = "upper limits, ascending and exclusive; inf takes the rest; []: no histogram"},
    {0},
};

static const char *
histogram_verify(const void *at, const char **key_out)
{
	const struct histogram_settings *settings = at;
	const double *bins = settings->bins.at;
	const char *problem = glob_problem(settings->match);

	*key_out = "match";
	if (problem != NULL)
		return problem;
	*key_out = "bins";
	for (size_t i = 1; i < settings->bins.count; i++)
		if (bins[i] <= bins[i - 1])
			return "the limits of the bins do not ascend";
	return NULL;
}

static const struct item_table histogram_items = {
    .name = "timers histograms",
    .items = histogram_table,
    .size = sizeof(struct histogram_settings),
    .verify = histogram_verify,
};

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
    {.key = "statistics",
	.type = ITEM_LIST,
	.element = ITEM_CHOICE,
	.choices = statistic_choices,
	.offset = offsetof(struct timers_settings, statistics),
	.fallback = "all",
	.most_elements = STATISTICS,
	.help = "which of StatsD's are sent"},
    {.key = "exact",
	.type = ITEM_INT,
	.offset = offsetof(struct timers_settings, exact),
	.fallback = "512",
	.least = 1,
	.most = 1 << 20,
	.help = "values kept exactly per timer and interval; past that the sketch"},
    {.key = "exact_memory",
	.type = ITEM_SIZE,
	.offset = offsetof(struct timers_settings, exact_memory_bytes),
	.fallback = "64MiB",
	.least = 1 << 20,
	.most = 64.0 * (1 << 30),
	.help = "per worker and interval; when spent, timers over 16 values turn into sketches"},
    {.key = "error",
	.type = ITEM_PERCENT,
	.offset = offsetof(struct timers_settings, error),
	.fallback = "1%",
	.least = 0.14 / 100,
	.most = 4.4 / 100,
	.help = "upper bound of what a sketch may be off by"},
    {.key = "weighted",
	.type = ITEM_BOOL,
	.offset = offsetof(struct timers_settings, weighted),
	.fallback = "false",
	.help = "true: a sample rate also weighs sum, mean, std and percentiles"},
    {.key = "histograms",
	.type = ITEM_LIST,
	.element = ITEM_BLOCK,
	.block = &histogram_items,
	.offset = offsetof(struct timers_settings, histograms),
	.fallback = "[]",
	.most_elements = HISTOGRAMS_MOST,
	.help = "bins for the timers whose name matches; the first match counts"},
    {0},
};

static const char *
timers_verify(const void *at, const char **key_out)
{
	const struct item_list *percentiles = &((const struct timers_settings *)at)->percentiles;

	*key_out = "percentiles";
	return statistic_percents_problem(percentiles->at, percentiles->count);
}

const struct item_table timers_items = {
    .name = "timers",
    .items = timers_table,
    .size = sizeof(struct timers_settings),
    .verify = timers_verify,
};

struct budget
timers_budget(const struct timers_settings *settings)
{
	return (struct budget){
	    .timer_values = (uint32_t)settings->exact,
	    .bytes = (size_t)settings->exact_memory_bytes,
	    .scale = sketch_scale(settings->error),
	    .weighted = settings->weighted,
	};
}

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
	.least = 0,
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
