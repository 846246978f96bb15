/* SPDX-License-Identifier: MIT */
/* roster.h -- the connections that are open: how many there are of each
 * address, and which one has been idle longest. */

#pragma once

#include "ingest/connection.h"

struct roster {
	struct client **clients; /* by the hash of their address */
	size_t client_mask;
	/* A heap. The root has been idle longest, as far as has been seen: what
	 * the others did since is looked at when the longest idle one is wanted,
	 * and only as far as that takes. */
	struct connection **order;
	size_t open, order_cap;
};

/* For about so many. */
void roster_init(struct roster *roster, int64_t connections);
void roster_fini(struct roster *roster);

/* A connection whose source and activity are known; by_host: it counts for its
 * address. */
void roster_enter(struct roster *roster, struct connection *connection, bool by_host);
void roster_leave(struct roster *roster, struct connection *connection);

int64_t roster_of_host(const struct roster *roster, const uint8_t *host);

/* Of at least one. */
struct connection *roster_longest_idle(struct roster *roster);
