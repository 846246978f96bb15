/* SPDX-License-Identifier: MIT */
/* settings.c -- what ingest can be told. */

#include "ingest/settings.h"

#include "base/address.h"
#include "base/utf8.h"
#include "metric/naming.h"
#include "net/access.h"
#include "parse/canonical.h"
#include "parse/framing.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define TAG_MOST 255

static const char *const framing_choices[] = {
    [FRAMING_LINES] = "lines", [FRAMING_LENGTH] = "length", NULL};
static const char *const timestamps_choices[] = {"keep", "bucket", NULL};
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
    {.key = "tcp",
	.type = ITEM_LIST,
	.element = ITEM_ADDRESS,
	.offset = offsetof(struct listen_settings, tcp),
	.fallback = "[]",
	.help = "addresses to take connections on, for lines"},
    {.key = "unix_datagram",
	.type = ITEM_LIST,
	.element = ITEM_ADDRESS,
	.offset = offsetof(struct listen_settings, unix_datagram),
	.fallback = "[]",
	.help = "paths of sockets to receive datagrams on, as DogStatsD's clients send them"},
    {.key = "unix_stream",
	.type = ITEM_LIST,
	.element = ITEM_ADDRESS,
	.offset = offsetof(struct listen_settings, unix_stream),
	.fallback = "[]",
	.help = "paths of sockets to take connections on"},
    {.key = "framing",
	.type = ITEM_CHOICE,
	.choices = framing_choices,
	.offset = offsetof(struct listen_settings, framing),
	.fallback = "lines",
	.help = "of unix_stream; length: DogStatsD's, 4 bytes little-endian before each packet"},
    {.key = "graphite",
	.type = ITEM_LIST,
	.element = ITEM_ADDRESS,
	.offset = offsetof(struct listen_settings, graphite),
	.fallback = "[]",
	.help = "addresses for Graphite's lines, over TCP and UDP: name value time"},
    {.key = "graphite_timestamps",
	.type = ITEM_CHOICE,
	.choices = timestamps_choices,
	.offset = offsetof(struct listen_settings, graphite_timestamps),
	.fallback = "keep",
	.help = "points leave with their own time, or with that of the interval it is in"},
    {.key = "socket_mode",
	.type = ITEM_MODE,
	.offset = offsetof(struct listen_settings, socket_mode),
	.fallback = "0666",
	.most = 0777,
	.help = "of unix sockets"},
    {.key = "socket_group",
	.type = ITEM_STRING,
	.offset = offsetof(struct listen_settings, socket_group),
	.fallback = "\"\"",
	.help = "that owns unix sockets; empty: the daemon's own"},
    {.key = "allow",
	.type = ITEM_LIST,
	.element = ITEM_STRING,
	.offset = offsetof(struct listen_settings, allow),
	.fallback = "[]",
	.help = "who may send: networks, any, private, loopback; at unix sockets uid:NAME, "
		"gid:NAME; empty: all who reach it"},
    {.key = "deny",
	.type = ITEM_LIST,
	.element = ITEM_STRING,
	.offset = offsetof(struct listen_settings, deny),
	.fallback = "[]",
	.help = "who may not, even if allowed"},
    {.key = "receive_buffer",
	.type = ITEM_SIZE,
	.offset = offsetof(struct listen_settings, receive_buffer_bytes),
	.fallback = "32MiB",
	.least = 4096,
	.most = 1 << 30,
	.help = "of each socket for UDP; what the kernel granted is logged"},
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

const char *const listen_kind_keys[LISTEN_KINDS] = {
    [LISTEN_UDP] = "udp",
    [LISTEN_TCP] = "tcp",
    [LISTEN_UNIX_DATAGRAM] = "unix_datagram",
    [LISTEN_UNIX_STREAM] = "unix_stream",
    [LISTEN_GRAPHITE] = "graphite",
};

const struct item_list *
listen_addresses(const struct listen_settings *settings, enum listen_kind kind)
{
	const struct item_list *const lists[LISTEN_KINDS] = {
	    [LISTEN_UDP] = &settings->udp,
	    [LISTEN_TCP] = &settings->tcp,
	    [LISTEN_UNIX_DATAGRAM] = &settings->unix_datagram,
	    [LISTEN_UNIX_STREAM] = &settings->unix_stream,
	    [LISTEN_GRAPHITE] = &settings->graphite,
	};

	return lists[kind];
}

bool
listen_of_name(
    const struct item_map *listen, const char *name, size_t *listener_out, bool *graphite_out)
{
	size_t len = strlen(name), suffix = strlen(LISTEN_GRAPHITE_SUFFIX);

	*graphite_out = len > suffix && strcmp(name + len - suffix, LISTEN_GRAPHITE_SUFFIX) == 0;
	*listener_out = item_map_find(listen, name, *graphite_out ? len - suffix : len);
	return *listener_out < listen->count;
}

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

/* Is a host of this machine only, by what it says? Of a name nobody knows. */
static bool
is_loopback(const struct address *address)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, address->host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
	if (inet_pton(AF_INET6, address->host, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6);
	return strcmp(address->host, "localhost") == 0;
}

bool
listen_names_networks(const struct listen_settings *settings)
{
	const struct item_list *allow = &settings->allow;

	for (size_t i = 0; i < allow->count; i++)
		if (!access_is_user(((char **)allow->at)[i]))
			return true;
	return false;
}

/* An address that other machines reach, without a word on which of them may. */
static const char *
explain_open_door(const char *text)
{
	static char sentence[512];

	snprintf(sentence, sizeof(sentence),
	    "other machines can reach %s; say in this listener which of them may send, with a line "
	    "like allow: [private], allow: [192.0.2.0/24] or, for all of them, allow: [any]",
	    text);
	return sentence;
}

static const char *
verify_address(const struct listen_settings *settings, enum listen_kind kind, const char *text)
{
	bool is_path = kind == LISTEN_UNIX_DATAGRAM || kind == LISTEN_UNIX_STREAM;
	struct address address;
	const char *problem;

	if (address_parse(text, &address, &problem) != 0)
		return problem;
	if (is_path && address.kind != ADDRESS_UNIX)
		return "a unix socket is a path that begins with a slash, like "
		       "/run/tidemill/statsd.sock";
	if (!is_path && address.kind != ADDRESS_INET)
		return "this is a host and port, like localhost:8125, and not a path";
	if (!is_path && !is_loopback(&address) && !listen_names_networks(settings))
		return explain_open_door(text);
	return NULL;
}

static const char *
verify_addresses(const struct listen_settings *settings, const char **key_out)
{
	const char *problem = NULL;

	for (enum listen_kind kind = 0; kind < LISTEN_KINDS; kind++) {
		const struct item_list *list = listen_addresses(settings, kind);

		*key_out = listen_kind_keys[kind];
		for (size_t i = 0; i < list->count && problem == NULL; i++)
			problem = verify_address(settings, kind, ((char **)list->at)[i]);
		if (problem != NULL)
			break;
	}
	return problem;
}

static const char *
verify_access(const struct listen_settings *settings, const char **key_out)
{
	const struct item_list *const lists[] = {&settings->allow, &settings->deny};
	static const char *const keys[] = {"allow", "deny"};
	static char sentence[512];
	const char *problem;

	for (size_t i = 0; i < 2; i++) {
		*key_out = keys[i];
		for (size_t j = 0; j < lists[i]->count; j++) {
			const char *text = ((char **)lists[i]->at)[j];

			if (access_check(text, &problem) == 0)
				continue;
			snprintf(
			    sentence, sizeof(sentence), "\"%s\" names nobody: %s", text, problem);
			return sentence;
		}
	}
	return NULL;
}

static const char *
listen_verify(const void *at, const char **key_out)
{
	const struct listen_settings *settings = at;
	const char *problem = verify_access(settings, key_out);

	if (problem == NULL)
		problem = verify_addresses(settings, key_out);
	if (problem != NULL)
		return problem;

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

/* Do the two make the same of every name? */
static bool
name_alike(const struct listen_settings *a, const struct listen_settings *b)
{
	return a->sanitize == b->sanitize && strcmp(a->prefix, b->prefix) == 0 &&
	    same_tags(&a->tags, &b->tags);
}

/* Do the two make the same of every line, of StatsD or of Graphite? */
static bool
take_in_alike(const struct listen_settings *a, const struct listen_settings *b, bool graphite)
{
	if (graphite)
		return name_alike(a, b) && a->graphite_timestamps == b->graphite_timestamps;
	return name_alike(a, b) && a->grammar == b->grammar &&
	    a->signed_gauges == b->signed_gauges && a->counters == b->counters &&
	    same_dialects(&a->dialects, &b->dialects);
}

bool
listen_takes(const struct listen_settings *settings, bool graphite)
{
	size_t others = 0;

	for (enum listen_kind kind = 0; kind < LISTEN_GRAPHITE; kind++)
		others += listen_addresses(settings, kind)->count;
	return graphite ? settings->graphite.count > 0
			: others > 0 || settings->graphite.count == 0;
}

/* The first listener that takes such lines in as this one does. */
static size_t
first_alike(const struct item_map *listen, size_t listener, bool graphite)
{
	size_t first = 0;

	while (first < listener &&
	    (!listen_takes(listen->at[first].settings, graphite) ||
		!take_in_alike(
		    listen->at[first].settings, listen->at[listener].settings, graphite)))
		first++;
	return first;
}

/* In how many ways the first so many listeners take such lines in. */
static size_t
count_ways(const struct item_map *listen, size_t listeners, bool graphite)
{
	size_t ways = 0;

	for (size_t i = 0; i < listeners; i++)
		ways += listen_takes(listen->at[i].settings, graphite) &&
		    first_alike(listen, i, graphite) == i;
	return ways;
}

size_t
listen_profile(const struct item_map *listen, size_t listener, bool graphite)
{
	size_t before = graphite ? count_ways(listen, listen->count, false) : 0;

	return before + count_ways(listen, first_alike(listen, listener, graphite), graphite);
}

static const struct item limits_table[] = {
    {.key = "memory",
	.type = ITEM_SIZE,
	.offset = offsetof(struct limits_settings, memory_bytes),
	.fallback = "auto",
	.word = "auto",
	.least = 16 << 20,
	.most = (double)(INT64_C(1) << 44),
	.help = "of the daemon; beyond it new series are refused; auto: 80 % of the cgroup's "
		"limit, else a quarter of the machine"},
    {.key = "series",
	.type = ITEM_INT,
	.offset = offsetof(struct limits_settings, series),
	.fallback = "1000000",
	.least = 1,
	.most = 100e6,
	.help = "known at once, each worker's counted; a new one beyond is refused"},
    {.key = "series_per_source",
	.type = ITEM_INT,
	.offset = offsetof(struct limits_settings, series_per_source),
	.fallback = "0",
	.most = 16e6,
	.help = "that one address, or one user at a unix socket, brought first; 0: no limit"},
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
    {.key = "line_bytes",
	.type = ITEM_SIZE,
	.offset = offsetof(struct limits_settings, line_bytes),
	.fallback = "8KiB",
	.least = 64,
	.most = 1 << 20,
	.help = "of a line of a stream; a datagram may fill its 64 KiB"},
    {.key = "connections",
	.type = ITEM_INT,
	.offset = offsetof(struct limits_settings, connections),
	.fallback = "1024",
	.least = 1,
	.most = 65536,
	.help = "of clients; for one more the one that was idle longest is closed"},
    {.key = "connections_per_address",
	.type = ITEM_INT,
	.offset = offsetof(struct limits_settings, connections_per_address),
	.fallback = "256",
	.least = 1,
	.most = 65536,
	.help = "over TCP; one more is refused"},
    {.key = "idle_connection",
	.type = ITEM_DURATION,
	.offset = offsetof(struct limits_settings, idle_connection_ns),
	.fallback = "never",
	.word = "never",
	.least = 1e9,
	.most = 366.0 * 86400e9,
	.help = "without a byte for so long a connection is closed"},
    {0},
};

const struct item_table limits_items = {
    .name = "limits",
    .items = limits_table,
    .size = sizeof(struct limits_settings),
};
