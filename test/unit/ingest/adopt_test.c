/* SPDX-License-Identifier: MIT */
/* adopt_test.c -- which listener a socket of the service manager's is for. */

#include "ingest/adopt.h"

#include "conf/conf.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

static const struct item table[] = {
    {.key = "listen", .type = ITEM_MAP, .block = &listen_items, .offset = 0, .fallback = "{}"},
    {0},
};

static const struct item_table items = {
    .name = "stand",
    .items = table,
    .size = sizeof(struct item_map),
};

/* The first so many of these. */
static const char *const listeners[] = {
    "edge: {udp: 'localhost:1', graphite: 'localhost:2'}",
    "inner: {udp: 'localhost:3', graphite: 'localhost:4', allow: private}",
    "lines: {tcp: 'localhost:5'}",
    "carbon: {graphite: 'localhost:6'}",
};

static struct item_map
load(size_t count)
{
	struct text text = {0};
	struct item_map listen;
	struct conf *conf = conf_new(&items);

	text_puts(&text, "listen:\n");
	for (size_t i = 0; i < count; i++)
		text_printf(&text, "  %s\n", listeners[i]);
	conf_read_text(conf, "test.yaml", text.bytes, text.len);
	ck_assert_uint_eq(conf_apply(conf, &listen), 0);
	conf_free(conf);
	text_fini(&text);
	return listen;
}

static const struct {
	size_t listeners;
	const char *name;
	const char *host; /* NULL: a path */
	int status;
	size_t listener;
	bool graphite;
} sockets[] = {
    {2, "edge", "127.0.0.1", 0, 0, false},
    {2, "inner", "127.0.0.1", 0, 1, false},
    {2, "inner.graphite", "127.0.0.1", 0, 1, true},
    {2, "tidemill.socket", "127.0.0.1", -ENOENT, 0, false},
    {2, "edge.", "127.0.0.1", -ENOENT, 0, false},
    {2, "edg", "127.0.0.1", -ENOENT, 0, false},
    {2, "edges", "127.0.0.1", -ENOENT, 0, false},
    {2, ".graphite", "127.0.0.1", -ENOENT, 0, false},
    {2, "", "127.0.0.1", -ENOENT, 0, false},
    /* Where there is one only, any name will do. */
    {1, "edge", "127.0.0.1", 0, 0, false},
    {1, "edge.graphite", "127.0.0.1", 0, 0, true},
    {1, "tidemill.socket", "127.0.0.1", 0, 0, false},
    {1, "metrics.graphite", "127.0.0.1", 0, 0, true},
    {1, "unknown", "127.0.0.1", 0, 0, false},
    /* Other machines reach it, and who of them may send is said or not. */
    {2, "edge", "0.0.0.0", -EINVAL, 0, false},
    {2, "edge.graphite", "192.0.2.1", -EINVAL, 0, false},
    {2, "inner", "0.0.0.0", 0, 1, false},
    {2, "edge", NULL, 0, 0, false},
    /* Lines that the listener has no address for. */
    {4, "lines", "127.0.0.1", 0, 2, false},
    {4, "lines.graphite", "127.0.0.1", -EINVAL, 0, false},
    {4, "carbon.graphite", "127.0.0.1", 0, 3, true},
    {4, "carbon", "127.0.0.1", -EINVAL, 0, false},
};

START_TEST(a_socket_is_for_the_listener_that_its_name_means)
{
	for (size_t i = 0; i < sizeof(sockets) / sizeof(*sockets); i++) {
		struct item_map listen = load(sockets[i].listeners);
		char name[32], path[] = "/run/lines";
		struct inherited socket = {.name = name, .type = SOCK_DGRAM, .family = AF_UNIX};
		struct bind_point point;
		struct text error = {0};

		snprintf(name, sizeof(name), "%s", sockets[i].name);
		if (sockets[i].host != NULL) {
			socket.family = AF_INET;
			socket.address.v4.sin_family = AF_INET;
			inet_pton(AF_INET, sockets[i].host, &socket.address.v4.sin_addr);
		} else {
			socket.path = path;
		}
		int status = adopt_socket(&socket, &listen, &point, &error);

		ck_assert_msg(status == sockets[i].status, "%s at %s: %d, %s", sockets[i].name,
		    sockets[i].host, status, text_string(&error));
		ck_assert_int_eq(error.len > 0, status != 0);
		if (status == 0) {
			ck_assert_uint_eq(point.listener, sockets[i].listener);
			ck_assert_int_eq(point.graphite, sockets[i].graphite);
			ck_assert_int_eq(point.transport,
			    sockets[i].host != NULL ? TRANSPORT_UDP : TRANSPORT_UNIX_DATAGRAM);
		}
		text_fini(&error);
		conf_settings_free(&items, &listen);
	}
}
END_TEST

START_TEST(a_name_of_no_listener_is_answered_with_theirs)
{
	struct item_map listen = load(2);
	char name[] = "tidemill.socket";
	const struct inherited socket = {
	    .name = name,
	    .type = SOCK_DGRAM,
	    .family = AF_INET,
	    .address.v4 =
		{
		    .sin_family = AF_INET,
		    .sin_port = htons(8125),
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		},
	};
	struct bind_point point;
	struct text error = {0};

	adopt_socket(&socket, &listen, &point, &error);
	ck_assert_str_eq(text_string(&error),
	    "the socket udp 127.0.0.1:8125 of the service manager is for no listener: its name "
	    "is tidemill.socket, but FileDescriptorName= must be one of edge, inner, or one of "
	    "these and .graphite");
	text_fini(&error);
	conf_settings_free(&items, &listen);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_socket_is_for_the_listener_that_its_name_means),
    SUITE_TEST(a_name_of_no_listener_is_answered_with_theirs),
    {0},
};

SUITE_MAIN("ingest/adopt", tests)
