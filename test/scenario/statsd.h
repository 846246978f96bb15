/* SPDX-License-Identifier: MIT */
/* statsd.h -- the real StatsD, of the npm package that the installer fetches,
 * under a clock that moves when the test says so. What it flushes goes to a
 * Graphite endpoint. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Are node and the package there? Else says SKIPPED, or fails. */
bool statsd_present(void);

struct statsd;

/* Start it at this time with these members of its configuration, in
 * JavaScript. It flushes to a port of 127.0.0.1. */
struct statsd *statsd_start(int64_t seconds, int graphite_port, const char *members);

void statsd_send(const struct statsd *statsd, const char *datagram, size_t len);

/* It is this late now, and it is to flush; what was sent before is in it. */
void statsd_flush(const struct statsd *statsd, int64_t seconds);

/* Fails the test if it has ended, with its last words. */
void statsd_check(const struct statsd *statsd);

void statsd_stop(struct statsd *statsd);
