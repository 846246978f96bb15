/* SPDX-License-Identifier: MIT */
/* naming.h -- what a statistic of a series is called. Pure functions from
 * (scheme, row, statistic) to bytes; a sink adds the value and the time.
 *
 *   scheme         counter a               timer a              gauge a
 *   statsd         stats.counters.a.rate   stats.timers.a.mean  stats.gauges.a
 *                  stats.counters.a.count
 *   statsd-legacy  stats.a                 stats.timers.a.mean  stats.gauges.a
 *                  stats_counts.a
 *   plain          a.rate, a               a.mean               a
 *
 * A set is stats.sets.a.count; a.count in plain.
 *
 * The suffix follows the statistic, the tags follow the suffix (as ;k=v) or
 * the series' own name (as .k.v). A tag without a value stays without one. */

#pragma once

#include "base/item.h"
#include "base/text.h"
#include "metric/batch.h"

enum naming_scheme { NAMING_STATSD, NAMING_STATSD_LEGACY, NAMING_PLAIN };
enum naming_tags { NAMING_TAGS_GRAPHITE, NAMING_TAGS_PATH, NAMING_TAGS_NONE };

struct naming {
	int scheme;
	char *prefix, *counters, *timers, *gauges, *sets, *suffix;
	bool counts, rates;
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

/* Called once per point: its whole name, as scheme, suffix and tags spell it,
 * valid during the call; and its value. */
typedef void naming_point_fn(void *arg, const char *name, size_t name_len, double value);

/* Every point of one row of a flush, in StatsD's order, through `point`.
 * scratch is reused between calls. */
void naming_points(const struct naming *naming, enum naming_tags tags, const struct row *row,
    const struct interval *interval, struct text *scratch, naming_point_fn *point, void *arg);

/* How many points naming_points() would give. */
size_t naming_count(const struct naming *naming, const struct row *row);
