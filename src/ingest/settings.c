/* SPDX-License-Identifier: MIT */
/* settings.c -- what ingest can be told. */

#include "ingest/settings.h"

#include "base/utf8.h"
#include "metric/naming.h"
#include "parse/canonical.h"

#include <string.h>

#define TAG_MOST 255

static const char *const steer_choices[] = {"hash", "random", NULL};
static const char *const sanitize_choices[] = {"statsd", "none", NULL};
static const char *const grammar_choices[] = {"safe", "statsd", NULL};
static const char *const signed_choices[] = {"delta", "absolute", NULL};
static const char *const counters_choices[] = {"delta", "cumulative", NULL};
static const char *const dialect_choices[] = {
    [DIALECT_DOGSTATSD] = "dogstatsd",
    [DIALECT_GRAPHITE] = "graphite",
    [DIALECT_INFLUX] = "influx",
    [DIALECT_LIBRATO] = "librato",
    [DIALECT_SIGNALFX] = "signalfx",
    NULL,
};

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
    {.key = "steer",
	.type = ITEM_CHOICE,
	.choices = steer_choices,
	.offset = offsetof(struct listen_settings, steer),
	.fallback = "hash",
	.help = "how datagrams spread over workers; random: for one very busy client"},
    {.key = "sanitize",
	.type = ITEM_CHOICE,
	.choices = sanitize_choices,
	.offset = offsetof(struct listen_settings, sanitize),
	.fallback = "statsd",
	.help = "names as StatsD cleans them, or kept as they are"},
    {.key = "grammar",
	.type = ITEM_CHOICE,
	.choices = grammar_choices,
	.offset = offsetof(struct listen_settings, grammar),
	.fallback = "safe",
	.help = "statsd: to the letter; unknown types are counters, 0x10 is 16"},
    {.key = "dialects",
	.type = ITEM_LIST,
	.element = ITEM_CHOICE,
	.choices = dialect_choices,
	.offset = offsetof(struct listen_settings, dialects),
	.fallback = "[dogstatsd, graphite, influx, librato, signalfx]",
	.help = "ways to write tags that are understood; not of the grammar statsd"},
    {.key = "signed_gauges",
	.type = ITEM_CHOICE,
	.choices = signed_choices,
	.offset = offsetof(struct listen_settings, signed_gauges),
	.fallback = "delta",
	.help = "+5 and -5 change a gauge, or are its value"},
    {.key = "counters",
	.type = ITEM_CHOICE,
	.choices = counters_choices,
	.offset = offsetof(struct listen_settings, counters),
	.fallback = "delta",
	.help = "cumulative: running totals, per source address and name"},
    {.key = "prefix",
	.type = ITEM_STRING,
	.offset = offsetof(struct listen_settings, prefix),
	.fallback = "\"\"",
	.expand = true,
	.help = "before every name"},
    {.key = "tags",
	.type = ITEM_PAIRS,
	.offset = offsetof(struct listen_settings, tags),
	.fallback = "{}",
	.expand = true,
	.help = "on every series; the client's own tag wins"},
    {0},
};

/* Would a backend take it for what it is, and would cleaning leave it so? */
static bool
is_tag_text(const char *text, const char *unwanted)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f ||
		    strchr(unwanted, text[i]) != NULL)
			return false;
	return len > 0 && len <= TAG_MOST && utf8_valid(text, len);
}

static const char *
listen_verify(const void *at, const char **key_out)
{
	const struct listen_settings *settings = at;

	*key_out = "prefix";
	if (!naming_is_component(settings->prefix, true))
		return NAMING_COMPONENT_RULE;
	*key_out = "tags";
	for (size_t i = 0; i < settings->tags.count; i++) {
		if (!is_tag_text(settings->tags.at[i].key, ";=:,!^"))
			return "a tag's key is 1 to 255 bytes long, without white space, control "
			       "bytes and any of ; = : , ! ^";
		if (!is_tag_text(settings->tags.at[i].value, ";,") ||
		    settings->tags.at[i].value[0] == '~')
			return "a tag's value is 1 to 255 bytes long, without white space, "
			       "control bytes, semicolons and commas, and without ~ in front";
	}
	return NULL;
}

const struct item_table listen_items = {
    .name = "listener",
    .items = listen_table,
    .size = sizeof(struct listen_settings),
    .short_key = "udp",
    .verify = listen_verify,
};

static bool
same_dialects(const struct item_list *a, const struct item_list *b)
{
	return a->count == b->count &&
	    (a->count == 0 || memcmp(a->at, b->at, a->count * sizeof(int)) == 0);
}

static bool
same_tags(const struct item_pairs *a, const struct item_pairs *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->at[i].key, b->at[i].key) != 0 ||
		    strcmp(a->at[i].value, b->at[i].value) != 0)
			return false;
	return true;
}

/* Do the two make the same of every line? */
static bool
take_in_alike(const struct listen_settings *a, const struct listen_settings *b)
{
	return a->sanitize == b->sanitize && a->grammar == b->grammar &&
	    a->signed_gauges == b->signed_gauges && a->counters == b->counters &&
	    strcmp(a->prefix, b->prefix) == 0 && same_dialects(&a->dialects, &b->dialects) &&
	    same_tags(&a->tags, &b->tags);
}

/* The first listener that takes lines in as this one does. */
static size_t
first_alike(const struct item_map *listen, size_t listener)
{
	size_t first = 0;

	while (!take_in_alike(listen->at[first].settings, listen->at[listener].settings))
		first++;
	return first;
}

size_t
listen_profile(const struct item_map *listen, size_t listener)
{
	size_t first = first_alike(listen, listener), profile = 0;

	for (size_t i = 0; i < first; i++)
		profile += first_alike(listen, i) == i;
	return profile;
}

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
