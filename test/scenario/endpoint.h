/* SPDX-License-Identifier: MIT */
/* endpoint.h -- a Graphite server that counts, and misbehaves when told to.
 *
 * It runs in a thread of its own. What it received counts only when the
 * connection was read to its end and closed without a reset, which is when a
 * sender may call it delivered; lines of other connections are kept apart. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum endpoint_manner {
	ENDPOINT_READS,        /* all there is, then closes */
	ENDPOINT_RESETS,       /* the connection, after some bytes */
	ENDPOINT_STALLS,       /* after some bytes: reads no more, until told otherwise */
	ENDPOINT_ENDS_EARLY,   /* says its end after some bytes, and reads no more */
	ENDPOINT_NEVER_CLOSES, /* reads all, keeps its side open */
};

struct endpoint_point {
	char *name;
	double value;
	int64_t timestamp;
	size_t connection;
};

struct endpoint;

/* A port of its own on 127.0.0.1 that refuses connections. */
struct endpoint *endpoint_new(void);
void endpoint_free(struct endpoint *endpoint);
int endpoint_port(const struct endpoint *endpoint);

void endpoint_listen(struct endpoint *endpoint);
void endpoint_refuse(struct endpoint *endpoint);

/* How connections are treated from now on, until so many (SIZE_MAX: no end)
 * have been treated so. Stalled ones are read on once the manner is
 * ENDPOINT_READS. */
void endpoint_behave(
    struct endpoint *endpoint, enum endpoint_manner manner, size_t after_bytes, size_t connections);

/* Connections accepted so far, and those that were reset, stalled or ended
 * early. */
size_t endpoint_connections(struct endpoint *endpoint);
size_t endpoint_misbehaved(struct endpoint *endpoint);

/* Lines that are not `name value timestamp`, a cut last one included. */
size_t endpoint_malformed(struct endpoint *endpoint);

/* All points delivered; those of one name. */
size_t endpoint_points(struct endpoint *endpoint);
size_t endpoint_points_of(struct endpoint *endpoint, const char *name);

/* Of one name: the sum of its values; the newest; the largest. 0 and NAN if
 * none came. */
double endpoint_sum(struct endpoint *endpoint, const char *name);
double endpoint_last(struct endpoint *endpoint, const char *name);
double endpoint_most(struct endpoint *endpoint, const char *name);

/* The timestamp of the newest of that name; INT64_MIN if none came. */
int64_t endpoint_last_at(struct endpoint *endpoint, const char *name);

/* The sum over all names that begin and end so. */
double endpoint_sum_all(struct endpoint *endpoint, const char *prefix, const char *suffix);

/* The sum of one name as Graphite would see it: of the points of one timestamp only
 * the last counts. */
double endpoint_sum_kept(struct endpoint *endpoint, const char *name);

/* A copy of the points of one name, or of all for NULL, in order of arrival,
 * for endpoint_points_free(). */
struct endpoint_point *
endpoint_copy(struct endpoint *endpoint, const char *name, size_t *count_out);
void endpoint_points_free(struct endpoint_point *points, size_t count);
