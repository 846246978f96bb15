/* SPDX-License-Identifier: MIT */
/* target.h -- a server that lines are sent to. */

#pragma once

#include <stddef.h>

#define TARGET_DATAGRAM_MAX 65507 /* over IPv4 */

/* A blocking socket that takes lines and has taken these first ones. Of the text
 * host:port a UDP socket, connected to the first address that takes them, for a
 * name like localhost has several, and a server may listen on one of them only;
 * of a /path a unix socket, for datagrams or for a stream of lines. -1: nothing
 * takes them, and a sentence on standard error, begun with the command's name,
 * has said why. */
int target_open(const char *command, const char *text, const char *first, size_t len);
