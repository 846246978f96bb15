/* SPDX-License-Identifier: MIT */
/* tcp.h -- sockets that wait for connections over TCP. */

#pragma once

#include "net/inet.h"

/* Open a socket that listens on an address, non-blocking; of IPv6, it takes no
 * IPv4. Port 0 is replaced in *address by the one the kernel chose. Returns
 * the descriptor, or a negative errno with a sentence in *error, which says
 * who has the port. */
int tcp_listen(union inet_address *address, struct text *error);

/* Have connections that a listening socket accepts find out within some
 * minutes that their peer has vanished. */
void tcp_keep_alive(int fd);

/* The next connection of a listening socket, TCP or unix, non-blocking; or a
 * negative errno, -EAGAIN: there is none. One that failed before it was
 * accepted is passed over. */
int tcp_accept(int fd, union inet_address *peer_out);
