/* SPDX-License-Identifier: MIT */
/* adopt.c -- sockets that the service manager has opened. */

#include "ingest/adopt.h"

#include "base/network.h"

#include <errno.h>
#include <string.h>

static int
find_listener(const struct inherited *socket, const struct item_map *listen,
    struct bind_point *point, struct text *error)
{
	if (listen_of_name(listen, socket->name, &point->listener, &point->graphite))
		return 0;
	if (listen->count == 1) {
		point->listener = 0;
		return 0;
	}
	text_puts(error, "the socket ");
	inherit_print(socket, error);
	text_puts(error, " of the service manager is for no listener: its name is ");
	text_escape(error, socket->name, strlen(socket->name));
	text_puts(error, ", but FileDescriptorName= must be one of");
	for (size_t i = 0; i < listen->count; i++)
		text_printf(error, "%s %s", i == 0 ? "" : ",", listen->at[i].name);
	text_puts(error, ", or one of these and " LISTEN_GRAPHITE_SUFFIX);
	return -ENOENT;
}

/* Sockets that others opened are held to the same rules as our own. */
static int
check_rules(const struct inherited *socket, const struct item_map *listen,
    const struct bind_point *point, struct text *error)
{
	const struct listen_settings *settings = listen->at[point->listener].settings;
	const char *name = listen->at[point->listener].name;
	uint8_t host[INET_HOST_BYTES];

	if (!listen_takes(settings, point->graphite)) {
		text_printf(error,
		    "the socket %s is for %s lines, and the listener %s has no address for these",
		    socket->name, point->graphite ? "Graphite's" : "StatsD's", name);
		return -EINVAL;
	}
	if (point->path != NULL || listen_names_networks(settings))
		return 0;
	inet_host(&point->address, host);
	if (network_is_loopback(host))
		return 0;
	text_printf(error,
	    "other machines can reach the socket %s: say which of them may send, with a line like "
	    "allow: [private] in the listener %s",
	    socket->name, name);
	return -EINVAL;
}

int
adopt_socket(const struct inherited *socket, const struct item_map *listen,
    struct bind_point *point_out, struct text *error)
{
	bool stream = socket->type == SOCK_STREAM;

	*point_out = (struct bind_point){.path = socket->path, .address = socket->address};
	if (socket->family == AF_UNIX)
		point_out->transport = stream ? TRANSPORT_UNIX_STREAM : TRANSPORT_UNIX_DATAGRAM;
	else
		point_out->transport = stream ? TRANSPORT_TCP : TRANSPORT_UDP;
	int status = find_listener(socket, listen, point_out, error);

	return status == 0 ? check_rules(socket, listen, point_out, error) : status;
}

bool
adopt_covers(const struct inheritance *inherited, const struct bind_point *point)
{
	bool stream =
	    point->transport == TRANSPORT_TCP || point->transport == TRANSPORT_UNIX_STREAM;
	int type = stream ? SOCK_STREAM : SOCK_DGRAM;

	return point->path != NULL ? inherit_covers_path(inherited, type, point->path)
				   : inherit_covers_address(inherited, type, &point->address);
}
