/* SPDX-License-Identifier: MIT */
/* settings.c -- the whole configuration: every module's table, gathered. */

#include "cli/settings.h"

#include "base/address.h"
#include "sink/egress.h"

#include <stddef.h>
#include <stdio.h>
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
	.fallback = "{default: {udp: [\"localhost:8125\"], tcp: [\"localhost:8125\"]}}",
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
    {.key = "rules",
	.type = ITEM_LIST,
	.element = ITEM_BLOCK,
	.block = &rule_items,
	.offset = offsetof(struct settings, rules),
	.fallback = "[]",
	.help = "what to do with series, by their names; the first match decides, once"},
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

/* Do two lists of addresses take from the same kind of port, or of path? */
static bool
collide(enum listen_kind a, enum listen_kind b)
{
	static const unsigned ports[LISTEN_KINDS] = {
	    [LISTEN_UDP] = 1,
	    [LISTEN_TCP] = 2,
	    [LISTEN_GRAPHITE] = 1 | 2,
	    [LISTEN_UNIX_DATAGRAM] = 4,
	    [LISTEN_UNIX_STREAM] = 4,
	};

	return (ports[a] & ports[b]) != 0;
}

/* How often an address stands in a listener's lists that take it from the same
 * kind of place. */
static unsigned
count_address(const struct listen_settings *listener, enum listen_kind kind, const char *text)
{
	unsigned count = 0;

	for (enum listen_kind k = 0; k < LISTEN_KINDS; k++) {
		const struct item_list *list = listen_addresses(listener, k);

		for (size_t i = 0; i < list->count && collide(k, kind); i++)
			count += strcmp(((char **)list->at)[i], text) == 0;
	}
	return count;
}

/* Port 0 is another one each time. */
static bool
is_definite(const char *text)
{
	struct address address;
	const char *problem;

	return address_parse(text, &address, &problem) == 0 &&
	    (address.kind == ADDRESS_UNIX || address.port != 0);
}

/* Has another listener before this one, or this one itself, the same address
 * again? A sentence that says so, or NULL. */
static const char *
explain_twice(
    const struct settings *settings, size_t listener, enum listen_kind kind, const char *text)
{
	static char sentence[512];
	const struct item_map *listen = &settings->listen;

	if (!is_definite(text))
		return NULL;
	for (size_t i = 0; i < listener; i++) {
		if (count_address(listen->at[i].settings, kind, text) > 0) {
			snprintf(sentence, sizeof(sentence), "listen.%s has the address %s already",
			    listen->at[i].name, text);
			return sentence;
		}
	}
	if (count_address(listen->at[listener].settings, kind, text) == 1)
		return NULL;
	snprintf(sentence, sizeof(sentence), "the address %s stands in this listener twice", text);
	return sentence;
}

static const char *
verify_listener(const struct settings *settings, size_t listener, const char **key_out)
{
	static char key[128];
	const struct item_entry *entry = &settings->listen.at[listener];
	size_t addresses = 0;

	*key_out = key;
	for (enum listen_kind kind = 0; kind < LISTEN_KINDS; kind++) {
		const struct item_list *list = listen_addresses(entry->settings, kind);

		snprintf(key, sizeof(key), "listen.%s.%s", entry->name, listen_kind_keys[kind]);
		for (size_t i = 0; i < list->count; i++) {
			const char *problem =
			    explain_twice(settings, listener, kind, ((char **)list->at)[i]);

			if (problem != NULL)
				return problem;
		}
		addresses += list->count;
	}
	snprintf(key, sizeof(key), "listen.%s", entry->name);
	return addresses > 0
	    ? NULL
	    : "the listener has no address; give it one, like udp: [\"localhost:8125\"]";
}

/* Do listeners differ in more ways than can be told apart? */
static bool
has_too_many_ways(const struct settings *settings)
{
	for (size_t i = 0; i < settings->listen.count; i++)
		for (int graphite = 0; graphite < 2; graphite++)
			if (listen_takes(settings->listen.at[i].settings, graphite) &&
			    listen_profile(&settings->listen, i, graphite) >= LISTEN_PROFILES)
				return true;
	return false;
}

static const char *
settings_verify(const void *at, const char **key_out)
{
	const struct settings *settings = at;
	const char *problem = NULL;

	*key_out = "hostname";
	if (settings->hostname[0] == '\0' || strchr(settings->hostname, '%') != NULL)
		return "a host name is not empty and has no %; %{host} stands for it elsewhere";
	*key_out = "control";
	if (settings->control.socket[0] == '\0')
		return "control.socket is a path, or auto";
	for (size_t i = 0; i < settings->listen.count && problem == NULL; i++)
		problem = verify_listener(settings, i, key_out);
	if (problem != NULL)
		return problem;
	*key_out = "listen";
	if (has_too_many_ways(settings))
		problem = "listeners may differ in at most 32 ways in how they take "
			  "lines in: grammar, dialects, prefix, tags and the like";
	return problem;
}

const struct item_table settings_items = {
    .name = "tidemill",
    .items = settings_table,
    .size = sizeof(struct settings),
    .verify = settings_verify,
};
