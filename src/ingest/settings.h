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

/* One listener. */
struct listen_settings {
	struct item_list udp; /* of char *, addresses */
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

/* Listeners that take lines in alike are of one profile. Which one, counted
 * from 0: less than LISTEN_PROFILES, or there are too many different ones. */
#define LISTEN_PROFILES 32
size_t listen_profile(const struct item_map *listen, size_t listener);

struct limits_settings {
	int64_t series;
	int64_t name_bytes;
	int64_t tags;
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
