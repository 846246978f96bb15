/* SPDX-License-Identifier: MIT */
/* points.h -- rows, and the points they become. */

#pragma once

#include "metric/naming.h"

#define QUANTILES_MAX 16

/* The defaults of a configuration that names this scheme. */
struct naming naming_of(enum naming_scheme scheme);

/* Its name and tags are copies, until seven more rows have been made. */
struct row row_of(enum kind kind, const char *name, const char *tags);

/* [100, 200, 300] as statsd's own test has it, each at a rate of 0.1; what
 * the percentiles are is made up. */
struct timer_row *timer_of(void);

/* Of StatsD's rule it is a usual one. At most QUANTILES_MAX in all. */
struct quantile *
add_quantile(struct timer_row *timer, double percent, enum rank_rule rule, double boundary);

/* The percentiles 50, 75, 95, 98, 99 and 99.9 become 200 to 205 by statsite's
 * rule, 210 to 215 by brubeck's. */
void add_others(struct timer_row *timer);

/* Append name=value as a line to a struct text. */
void note_point(void *arg, const char *name, size_t name_len, double value);

/* All points as such lines; as many as naming_count() says. */
void must_give_chosen(const struct naming *naming, enum naming_tags tags,
    const struct naming_choice *choice, const struct row *row, const char *expected);

/* The same of a sink that chooses nothing. */
void must_give(const struct naming *naming, enum naming_tags tags, const struct row *row,
    const char *expected);
