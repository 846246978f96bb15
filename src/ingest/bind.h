/* SPDX-License-Identifier: MIT */
/* bind.h -- every place that listeners take lines from, as the configuration
 * names it and the resolver knows it. */

#pragma once

#include "ingest/settings.h"
#include "metric/counter.h"
#include "net/inet.h"

struct bind_point {
	size_t listener;
	enum transport_kind transport;
	bool graphite;
	bool optional;              /* one family of two: it may be missing on this machine */
	const char *path;           /* of a unix socket; else NULL */
	union inet_address address; /* of the others */
};

struct bind_points {
	struct bind_point *at;
	size_t count, cap;
};

/* All of them, listener by listener. An empty host is any address and
 * "localhost" the loopback, of both families each; a name is all it resolves
 * to. 0, or a negative errno and a sentence in *error. */
int bind_points_gather(
    const struct item_map *listen, struct bind_points *points_out, struct text *error);

/* "udp 127.0.0.1:8125", "unix stream /run/tidemill/statsd.sock" */
void bind_point_print(const struct bind_point *point, struct text *out);
