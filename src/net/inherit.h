/* SPDX-License-Identifier: MIT */
/* inherit.h -- sockets that were opened for us: by the service manager's
 * socket unit, or by systemd-socket-activate. sd_listen_fds(3) has the
 * protocol: LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES in the environment,
 * descriptors from 3 on. */

#pragma once

#include "net/inet.h"

#include <stdbool.h>

struct inherited {
	int fd;                     /* closed on exec, never blocks */
	char *name;                 /* FileDescriptorName=; "unknown": none was given */
	int type;                   /* SOCK_DGRAM, or SOCK_STREAM: it listens */
	int family;                 /* AF_INET, AF_INET6, AF_UNIX */
	char *path;                 /* of a unix socket, an abstract one's with an @; else NULL */
	union inet_address address; /* of the others */
};

struct inheritance {
	size_t count;
	struct inherited *at;
};

/* Take what the environment says is ours, once, before there are threads: the
 * variables are removed, so that no child takes it again. Nothing said, or
 * said to another process: none. Returns 0, or a negative errno and a sentence
 * in *error where what is said cannot be true, or is no socket we could take
 * anything in from. */
int inherit_sockets(struct inheritance *inheritance_out, struct text *error);

/* The descriptors stay open. */
void inherit_free(struct inheritance *inheritance);

/* "udp 127.0.0.1:8125", "unix datagram /run/tidemill/statsd" */
void inherit_print(const struct inherited *socket, struct text *out);

/* How many there are of its type and place, if it is the first of them; else 0. */
unsigned inherit_siblings(const struct inheritance *inheritance, const struct inherited *socket);

/* Would a socket of this type on this address, or of this path, collide with
 * one of these? It is the same one, then, already open: the address itself, or
 * any address of that port. */
bool inherit_covers_address(
    const struct inheritance *inheritance, int type, const union inet_address *address);
bool inherit_covers_path(const struct inheritance *inheritance, int type, const char *path);
