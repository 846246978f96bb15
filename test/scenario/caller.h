/* SPDX-License-Identifier: MIT */
/* caller.h -- clients that keep a connection. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Connected to a port of 127.0.0.1, from 127.0.0.`host`. */
int caller_tcp(int port, unsigned host);
int caller_tcp_v6(int port);
int caller_unix(const char *path);

void caller_say(int fd, const char *text);
void caller_say_bytes(int fd, const char *bytes, size_t len);

/* Has the other side closed the connection? */
bool caller_is_closed(int fd);

/* Reset it. */
void caller_reset(int fd);
