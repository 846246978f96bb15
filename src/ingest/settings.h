/* SPDX-License-Identifier: MIT */
/* settings.h -- what ingest can be told. */

#pragma once

#include "base/item.h"

enum sanitize { SANITIZE_STATSD, SANITIZE_NONE };
enum grammar { GRAMMAR_SAFE, GRAMMAR_STATSD };
enum steer { STEER_HASH, STEER_RANDOM };

/* How a signed gauge, and a counter, is meant; of a rule, _LISTENER: as the
 * listener has it. */
enum signed_gauges { SIGNED_DELTA, SIGNED_ABSOLUTE, SIGNED_LISTENER };
enum counters { COUNTERS_DELTA, COUNTERS_CUMULATIVE, COUNTERS_LISTENER };

/* What is done with the times that Graphite's lines bring. */
enum graphite_timestamps { GRAPHITE_KEEP, GRAPHITE_BUCKET };

/* One listener. */
struct listen_settings {
	struct item_list udp, tcp;                   /* of char *, addresses */
	struct item_list unix_datagram, unix_stream; /* of char *, paths */
	int framing;                                 /* of unix_stream, enum framing_kind */
	struct item_list graphite;                   /* of char *, addresses, TCP and UDP */
	int graphite_timestamps;
	int64_t socket_mode;          /* of unix sockets */
	char *socket_group;           /* ""; theirs */
	struct item_list allow, deny; /* of char *: who may send */
	int64_t receive_buffer_bytes;
	int steer;
	int sanitize;
	int grammar;
	struct item_list dialects; /* of int, enum dialect */
	int signed_gauges;
	int counters;
	char *prefix;
	struct item_pairs tags;
};

/* The lists of addresses a listener has, each with its key. */
enum listen_kind {
	LISTEN_UDP,
	LISTEN_TCP,
	LISTEN_UNIX_DATAGRAM,
	LISTEN_UNIX_STREAM,
	LISTEN_GRAPHITE,
	LISTEN_KINDS,
};

extern const char *const listen_kind_keys[LISTEN_KINDS];
const struct item_list *
listen_addresses(const struct listen_settings *settings, enum listen_kind kind);

/* After a listener's name: its Graphite lines. */
#define LISTEN_GRAPHITE_SUFFIX ".graphite"

/* NAME means a listener, and NAME.graphite its Graphite lines. False: there is
 * no listener of that name. */
bool listen_of_name(
    const struct item_map *listen, const char *name, size_t *listener_out, bool *graphite_out);

/* Does `allow` say anything of networks? */
bool listen_names_networks(const struct listen_settings *settings);

/* Does it take StatsD's lines, or Graphite's? One without any address takes
 * StatsD's, which come some other way. */
bool listen_takes(const struct listen_settings *settings, bool graphite);

/* Listeners that take such lines in alike are of one profile. Which one is that
 * of a listener that takes them, counted from 0: less than LISTEN_PROFILES, or
 * there are too many different ones. */
#define LISTEN_PROFILES 32
size_t listen_profile(const struct item_map *listen, size_t listener, bool graphite);

struct limits_settings {
	int64_t memory_bytes; /* ITEM_WORD: auto */
	int64_t series;
	int64_t series_per_source; /* 0: none */
	int64_t name_bytes;
	int64_t tags;
	int64_t line_bytes; /* of a stream */
	int64_t connections;
	int64_t connections_per_address;
	int64_t idle_connection_ns; /* ITEM_WORD: never */
};

enum match_type { MATCH_GLOB, MATCH_REGEX };
enum rule_action { RULE_KEEP, RULE_DROP };

/* One element of `rules`: a rule, or a file of them. */
struct rule_settings {
	char *include; /* a statsd_exporter mapping file; else "" */
	char *match;
	int match_type;
	struct item_list type; /* of int, enum kind; none: all */
	int action;
	char *rename; /* ""; else $1, ${1} ... stand for what the stars took */
	struct item_pairs tags;
	struct item_list percentiles; /* of double; none: not the rule's affair */
	struct item_list statistics;  /* of int, indexes into statistic_choices; none: the same */
	int signed_gauges;
	int counters;
};

extern const struct item_table listen_items;
extern const struct item_table limits_items;
extern const struct item_table rule_items; /* of one element of `rules` */
