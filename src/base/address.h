/* SPDX-License-Identifier: MIT */
/* address.h -- the text of an address, taken apart. Nothing is resolved.
 *
 *   host:port     a name or an IPv4 address
 *   [v6]:port     an IPv6 address, with %scope if need be
 *   :port         any address of this machine
 *   /path         a unix socket */

#pragma once

#include "base/text.h"

#include <stdint.h>

enum address_kind { ADDRESS_INET, ADDRESS_UNIX };

struct address {
	enum address_kind kind;
	char host[256]; /* without brackets; "": any address */
	uint16_t port;  /* 0: let the kernel choose, where one listens */
	char path[108]; /* of ADDRESS_UNIX, as in sockaddr_un */
};

/* 0, or -EINVAL and in *error_out a plain sentence about what is wrong. */
int address_parse(const char *text, struct address *out, const char **error_out);

/* The text that parses to this address. */
void address_print(const struct address *address, struct text *out);
