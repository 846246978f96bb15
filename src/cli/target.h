/* SPDX-License-Identifier: MIT */
/* target.h -- a server that lines are sent to. */

#pragma once

#include <stddef.h>

#define TARGET_DATAGRAM_MAX 65507 /* over IPv4 */

/* A blocking UDP socket connected to the first address of host:port that
 * takes this first datagram: a name like localhost has several, and a server
 * may listen on one of them only. -1: none does, and a sentence on standard
 * error, begun with the command's name, has said why. */
int target_open(const char *command, const char *address, const char *first, size_t len);
