/* SPDX-License-Identifier: MIT */
/* statsd_traffic.h -- random datagrams of good and bad lines, for two daemons
 * that should make the same of them.
 *
 * Names are few, spelt in many ways, so that keys meet again; in each interval
 * some of them rest. Lines that only one of the two is to take do not occur:
 *
 *   - values and weights that are not finite, and sums that overflow
 *   - sample rates that do not begin with a digit or a point
 *   - names that are words of JavaScript
 *   - names over 1024 bytes and numbers over 400 digits
 *   - a last tag of nothing ("a;:1|c")
 *   - members of sets that are not UTF-8: all the same to StatsD
 *   - tags in which StatsD finds what a histogram is for ("lat", "off")
 *   - the name of one of the daemon's own series */

#pragma once

#include "base/text.h"

#include <stdint.h>

#define TRAFFIC_NAMES 48

struct traffic_line {
	size_t at, len; /* in `lines` */
	unsigned interval;
};

struct traffic {
	uint64_t random;
	unsigned interval;
	struct text names[TRAFFIC_NAMES];
	unsigned awake[TRAFFIC_NAMES]; /* indexes of those that do not rest, so many */
	unsigned awake_count;
	struct text datagram;
	struct text lines; /* all so far */
	struct traffic_line *line;
	size_t line_count, line_cap;
};

void traffic_init(struct traffic *traffic, uint64_t seed);
void traffic_fini(struct traffic *traffic);

/* The next interval, of other names. */
void traffic_turn(struct traffic *traffic);

/* Put a datagram of some lines, or of none, into traffic->datagram. */
void traffic_fill(struct traffic *traffic);

/* Print the last lines, of intervals up to this one, that this series is made
 * of: the newest first. */
void traffic_print_of(const struct traffic *traffic, const char *series, unsigned interval);
