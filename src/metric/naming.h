/* SPDX-License-Identifier: MIT */
/* naming.h -- what a statistic of a series is called. Pure functions from
 * (scheme, row, statistic) to bytes and a value; a sink adds the time.
 *
 *   scheme         counter a               timer a              gauge a         set a
 *   statsd         stats.counters.a.rate   stats.timers.a.mean  stats.gauges.a  stats.sets.a.count
 *                  stats.counters.a.count
 *   statsd-legacy  stats.a                 stats.timers.a.mean  stats.gauges.a  stats.sets.a.count
 *                  stats_counts.a
 *   statsite       counts.a                timers.a.mean        gauges.a        sets.a
 *   brubeck        a                       a.mean               a               a.count
 *   plain          a.rate, a               a.mean               a               a.count
 *
 * A scheme has its own statistics, too: statsite's deviation is that of a
 * sample and its rate that of the sum; brubeck's percentiles follow its rule
 * for ranks. What a sink chooses it chooses by StatsD's names: lower is also
 * min, std stdev, count_ps sample_rate, sum rate, upper_percent any percentile.
 *
 * The suffix follows the statistic, the tags follow the suffix (as ;k=v) or
 * the series' own name (as .k.v). A tag without a value stays without one. */

#pragma once

#include "base/item.h"
#include "base/text.h"
#include "metric/batch.h"

enum naming_scheme {
	NAMING_STATSD,
	NAMING_STATSD_LEGACY,
	NAMING_STATSITE,
	NAMING_BRUBECK,
	NAMING_PLAIN
};
enum naming_tags { NAMING_TAGS_GRAPHITE, NAMING_TAGS_PATH, NAMING_TAGS_NONE };

struct naming {
	int scheme;
	char *prefix, *counters; /* "auto": the scheme's */
	char *timers, *gauges, *sets, *suffix;
	bool counts, rates; /* rates: statsite and brubeck have none */
};

/* May this stand before or behind names, as components of theirs: no longer
 * than NAMING_COMPONENT_MOST, nothing that a backend could take for the end of
 * a name or the beginning of a tag, and no empty component within? */
#define NAMING_COMPONENT_MOST 255
#define NAMING_COMPONENT_RULE                                                    \
	"components of a name are at most 255 bytes long, have no white space, " \
	"control bytes or semicolons, and none is empty"

bool naming_is_component(const char *bytes, bool may_be_empty);

extern const struct item_table naming_items; /* the block `names` of a sink */

/* Which of a timer's points are wanted; those that a rule chose for a series
 * come before. */
struct naming_choice {
	struct item_list percentiles; /* of double; none: the scheme's, or timers.percentiles */
	struct item_list statistics;  /* of int, statistic_choices; none: timers.statistics */
};

/* NULL: this may be chosen; else a plain sentence and the key it is about. */
const char *naming_choice_problem(
    const struct naming *naming, const struct naming_choice *choice, const char **key_out);

/* Do these names tell a counter and a gauge, a timer and a set of one name
 * apart? */
bool naming_tells_kinds_apart(const struct naming *naming);

/* The percentiles that points of this scheme and choice need, `usual` being
 * timers.percentiles: call `want` for each, none twice. Of a series whose rule
 * chose percentiles: with these as the choice. */
void naming_wants(const struct naming *naming, const struct naming_choice *choice,
    const struct item_list *usual, void (*want)(void *arg, const struct percentile *percentile),
    void *arg);

/* The rule for ranks of this scheme. */
enum rank_rule naming_rank_rule(const struct naming *naming);

/* How the rows of one sink are spelt, with what begins the names of each kind
 * ready to be copied. It is made for many rows, and may be forgotten. */
struct speller {
	const struct naming *naming;
	const struct naming_choice *choice;
	enum naming_tags tags;
	size_t prefix_len; /* of each head: what stands before the kind's component */
	struct speller_head {
		size_t len;
		char bytes[2 * (NAMING_COMPONENT_MOST + 1)];
	} head[KINDS];
};

void speller_init(struct speller *speller, const struct naming *naming, enum naming_tags tags,
    const struct naming_choice *choice);

/* Called once per point: its whole name, as scheme, suffix and tags spell it,
 * which has just been appended to `out`; and its value. */
typedef void naming_point_fn(void *arg, const char *name, size_t name_len, double value);

/* Every point of one row of a flush, in the order of the scheme's model,
 * through `point`. seconds is what rates divide by: batch_row_seconds().
 *
 * Names are appended to `out`, and so may `point` append what follows a name;
 * it must leave there what it finds. A _ stands where a name would be nothing,
 * and before one that begins as tags do. */
void naming_points(const struct speller *speller, const struct row *row, double seconds,
    struct text *out, naming_point_fn *point, void *arg);

/* How many points naming_points() would give. */
size_t naming_count(
    const struct naming *naming, const struct naming_choice *choice, const struct row *row);
