/* SPDX-License-Identifier: MIT */
/* settings.c -- the whole configuration: every module's table, gathered. */

#include "cli/settings.h"

#include "sink/egress.h"

#include <stddef.h>
#include <string.h>

static const struct item settings_table[] = {
    {.key = "interval",
	.type = ITEM_DURATION,
	.offset = offsetof(struct settings, flush.interval_ns),
	.fallback = "10s",
	.least = 100e6,
	.most = 3600e9,
	.help = "between flushes, at its multiples in UTC; best what divides a minute"},
    {.key = "timestamp",
	.type = ITEM_CHOICE,
	.choices = timestamp_choices,
	.offset = offsetof(struct settings, flush.timestamp),
	.fallback = "end",
	.help = "of the interval, on every point; StatsD sends its end"},
    {.key = "hostname",
	.type = ITEM_STRING,
	.offset = offsetof(struct settings, hostname),
	.fallback = "auto",
	.help = "what %{host} stands for; auto: the machine's; there is %{env:NAME} too"},
    {.key = "workers",
	.type = ITEM_INT,
	.offset = offsetof(struct settings, workers),
	.fallback = "auto",
	.word = "auto",
	.least = 1,
	.most = 64,
	.help = "threads, each serves every listener; auto: CPUs by affinity and cgroup quota, at "
		"most 4"},
    {.key = "shutdown_timeout",
	.type = ITEM_DURATION,
	.offset = offsetof(struct settings, shutdown_timeout_ns),
	.fallback = "5s",
	.most = 3600e9,
	.help = "to deliver what is left after SIGTERM"},
    {.key = "control",
	.type = ITEM_BLOCK,
	.block = &control_items,
	.offset = offsetof(struct settings, control),
	.help = "the socket that tidemill status and its like talk to"},
    {.key = "listen",
	.type = ITEM_MAP,
	.block = &listen_items,
	.offset = offsetof(struct settings, listen),
	.fallback = "{default: {udp: [\"localhost:8125\"]}}",
	.help = "by names of yours; this one exists while no other is named"},
    {.key = "timers",
	.type = ITEM_BLOCK,
	.block = &timers_items,
	.offset = offsetof(struct settings, flush.timers)},
    {.key = "idle",
	.type = ITEM_BLOCK,
	.block = &idle_items,
	.offset = offsetof(struct settings, flush.idle),
	.help = "what is sent of a series without samples, and how long"},
    {.key = "limits",
	.type = ITEM_BLOCK,
	.block = &limits_items,
	.offset = offsetof(struct settings, limits)},
    {.key = "self",
	.type = ITEM_BLOCK,
	.block = &self_items,
	.offset = offsetof(struct settings, flush.self)},
    {.key = "sinks",
	.type = ITEM_MAP,
	.variants = sink_variants,
	.offset = offsetof(struct settings, sinks),
	.fallback = "{screen: {type: stdout}}",
	.help = "by names of yours; this one exists while no other is named"},
    {.key = "log",
	.type = ITEM_BLOCK,
	.block = &log_items,
	.offset = offsetof(struct settings, log)},
    {0},
};

static const char *
settings_verify(const void *at, const char **key_out)
{
	const struct settings *settings = at;

	*key_out = "hostname";
	if (strchr(settings->hostname, '%') != NULL)
		return "a host name has no %; %{host} stands for it elsewhere";
	*key_out = "listen";
	for (size_t i = 0; i < settings->listen.count; i++) {
		const struct listen_settings *listener = settings->listen.at[i].settings;

		if (listener->udp.count == 0)
			return "a listener has no address; give it one, like udp: [\"localhost:8125\"]";
	}
	return NULL;
}

const struct item_table settings_items = {
    .name = "tidemill",
    .items = settings_table,
    .size = sizeof(struct settings),
    .verify = settings_verify,
};
