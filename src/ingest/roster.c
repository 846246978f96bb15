/* SPDX-License-Identifier: MIT */
/* roster.c -- the connections that are open. */

#include "ingest/roster.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define CLIENTS_LEAST 64
#define CLIENTS_MOST 65536

/* An address that has connections. */
struct client {
	struct client *next; /* of the same hash */
	uint8_t host[SOURCE_BYTES];
	int64_t connections;
};

void
roster_init(struct roster *roster, int64_t connections)
{
	size_t clients = CLIENTS_LEAST;

	while ((int64_t)clients < connections && clients < CLIENTS_MOST)
		clients *= 2;
	*roster = (struct roster){
	    .clients = mem_zero(clients, sizeof(struct client *)),
	    .client_mask = clients - 1,
	};
}

void
roster_fini(struct roster *roster)
{
	free(roster->clients);
	free(roster->order);
}

static struct client **
client_link(const struct roster *roster, const uint8_t *host)
{
	uint64_t hash = hash_any((const char *)host, SOURCE_BYTES);
	struct client **link = &roster->clients[hash & roster->client_mask];

	while (*link != NULL && memcmp((*link)->host, host, SOURCE_BYTES) != 0)
		link = &(*link)->next;
	return link;
}

static struct client *
client_enter(const struct roster *roster, const uint8_t *host)
{
	struct client **link = client_link(roster, host);

	if (*link == NULL) {
		*link = mem_zero(1, sizeof(**link));
		memcpy((*link)->host, host, SOURCE_BYTES);
	}
	(*link)->connections++;
	return *link;
}

static void
client_leave(const struct roster *roster, struct client *client)
{
	if (--client->connections > 0)
		return;
	struct client **link = client_link(roster, client->host);

	*link = client->next;
	free(client);
}

int64_t
roster_of_host(const struct roster *roster, const uint8_t *host)
{
	const struct client *client = *client_link(roster, host);

	return client != NULL ? client->connections : 0;
}

static void
put(struct roster *roster, size_t place, struct connection *connection)
{
	roster->order[place] = connection;
	connection->place = place;
}

static void
rise(struct roster *roster, struct connection *connection)
{
	struct connection **order = roster->order;
	size_t place = connection->place;

	while (place > 0 && order[(place - 1) / 2]->seen_ns > connection->seen_ns) {
		put(roster, place, order[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	put(roster, place, connection);
}

static void
sink(struct roster *roster, struct connection *connection)
{
	struct connection **order = roster->order;
	size_t place = connection->place, child;

	while ((child = 2 * place + 1) < roster->open) {
		if (child + 1 < roster->open && order[child + 1]->seen_ns < order[child]->seen_ns)
			child++;
		if (order[child]->seen_ns >= connection->seen_ns)
			break;
		put(roster, place, order[child]);
		place = child;
	}
	put(roster, place, connection);
}

static int64_t
active_ns(const struct connection *connection)
{
	return atomic_load_explicit(&connection->active_ns, memory_order_relaxed);
}

void
roster_enter(struct roster *roster, struct connection *connection, bool by_host)
{
	connection->client = by_host ? client_enter(roster, connection->source) : NULL;
	connection->seen_ns = active_ns(connection);
	roster->order =
	    mem_room(roster->order, roster->open, &roster->order_cap, sizeof(*roster->order));
	connection->place = roster->open++;
	rise(roster, connection);
}

void
roster_leave(struct roster *roster, struct connection *connection)
{
	struct connection *last = roster->order[--roster->open];

	if (connection->client != NULL)
		client_leave(roster, connection->client);
	if (last == connection)
		return;
	put(roster, connection->place, last);
	rise(roster, last);
	sink(roster, last);
}

/* What is busy meanwhile cannot keep this from ending: each is looked at once. */
struct connection *
roster_longest_idle(struct roster *roster)
{
	for (size_t looks = 0; looks < roster->open; looks++) {
		struct connection *root = roster->order[0];
		int64_t seen_ns = active_ns(root);

		if (root->seen_ns == seen_ns)
			break;
		root->seen_ns = seen_ns;
		sink(roster, root);
	}
	return roster->order[0];
}
