/* SPDX-License-Identifier: MIT */
/* bind.c -- every place that listeners take lines from. */

#include "ingest/bind.h"

#include "base/address.h"
#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

static struct bind_point *
add_point(struct bind_points *points, const struct bind_point *point)
{
	points->at = mem_room(points->at, points->count, &points->cap, sizeof(*points->at));
	points->at[points->count] = *point;
	return &points->at[points->count++];
}

/* Points like this one for every address of a host. */
static int
add_host(struct bind_points *points, const struct bind_point *like, const struct address *address,
    struct text *error)
{
	bool both = address->host[0] == '\0' || strcmp(address->host, "localhost") == 0;
	struct addrinfo hints = {
	    .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV | (both ? AI_PASSIVE : 0)};
	const char *hosts[] = {address->host, NULL};
	char port[8];

	if (address->host[0] == '\0')
		hosts[0] = "0.0.0.0", hosts[1] = "::";
	else if (both)
		hosts[0] = "127.0.0.1", hosts[1] = "::1";
	snprintf(port, sizeof(port), "%u", address->port);
	for (size_t i = 0; i < 2 && hosts[i] != NULL; i++) {
		struct addrinfo *found;
		int status = getaddrinfo(hosts[i], port, &hints, &found);

		if (status != 0) {
			text_printf(error, "cannot resolve %s: %s", hosts[i], gai_strerror(status));
			return -EADDRNOTAVAIL;
		}
		for (struct addrinfo *at = found; at != NULL; at = at->ai_next) {
			struct bind_point *point = add_point(points, like);

			point->optional = both;
			memcpy(&point->address, at->ai_addr, at->ai_addrlen);
		}
		freeaddrinfo(found);
	}
	return 0;
}

/* The points of one text of a listener's. */
static int
add_text(struct bind_points *points, size_t listener, enum listen_kind kind, const char *text,
    struct text *error)
{
	static const enum transport_kind transports[LISTEN_KINDS] = {
	    [LISTEN_UDP] = TRANSPORT_UDP,
	    [LISTEN_TCP] = TRANSPORT_TCP,
	    [LISTEN_UNIX_DATAGRAM] = TRANSPORT_UNIX_DATAGRAM,
	    [LISTEN_UNIX_STREAM] = TRANSPORT_UNIX_STREAM,
	    [LISTEN_GRAPHITE] = TRANSPORT_UDP,
	};
	struct bind_point like = {
	    .listener = listener,
	    .transport = transports[kind],
	    .graphite = kind == LISTEN_GRAPHITE,
	};
	struct address address;
	const char *problem;

	/* The configuration took it for what its kind wants. */
	CHECK(address_parse(text, &address, &problem) == 0);
	if (address.kind == ADDRESS_UNIX) {
		like.path = text;
		add_point(points, &like);
		return 0;
	}
	int status = add_host(points, &like, &address, error);

	if (status != 0 || kind != LISTEN_GRAPHITE)
		return status;
	like.transport = TRANSPORT_TCP;
	return add_host(points, &like, &address, error);
}

int
bind_points_gather(
    const struct item_map *listen, struct bind_points *points_out, struct text *error)
{
	int status = 0;

	*points_out = (struct bind_points){0};
	for (size_t i = 0; i < listen->count; i++) {
		for (enum listen_kind kind = 0; kind < LISTEN_KINDS; kind++) {
			const struct item_list *list =
			    listen_addresses(listen->at[i].settings, kind);

			for (size_t j = 0; j < list->count && status == 0; j++)
				status =
				    add_text(points_out, i, kind, ((char **)list->at)[j], error);
		}
	}
	return status;
}

void
bind_point_print(const struct bind_point *point, struct text *out)
{
	static const char *const names[TRANSPORTS] = {
	    [TRANSPORT_UDP] = "udp",
	    [TRANSPORT_TCP] = "tcp",
	    [TRANSPORT_UNIX_DATAGRAM] = "unix datagram",
	    [TRANSPORT_UNIX_STREAM] = "unix stream",
	    [TRANSPORT_STDIN] = "standard input",
	};

	text_printf(out, "%s ", names[point->transport]);
	if (point->path != NULL)
		text_puts(out, point->path);
	else
		inet_print(&point->address, out);
}
