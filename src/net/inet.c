/* SPDX-License-Identifier: MIT */
/* inet.c -- addresses of IPv4 and IPv6 sockets. */

#include "net/inet.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

socklen_t
inet_length(const union inet_address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

/* Of a link-local address: which link. */
static void
print_scope(unsigned scope, struct text *out)
{
	char name[IF_NAMESIZE];

	if (scope != 0 && if_indextoname(scope, name) != NULL)
		text_printf(out, "%%%s", name);
	else if (scope != 0)
		text_printf(out, "%%%u", scope);
}

void
inet_print(const union inet_address *address, struct text *out)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (address->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof(host));
		text_printf(out, "[%s", host);
		print_scope(address->v6.sin6_scope_id, out);
		text_printf(out, "]:%u", ntohs(address->v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof(host));
		text_printf(out, "%s:%u", host, ntohs(address->v4.sin_port));
	}
}

void
inet_host(const union inet_address *address, uint8_t *host_out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	memset(host_out, 0, INET_HOST_BYTES);
	if (address->any.sa_family == AF_INET6) {
		memcpy(host_out, &address->v6.sin6_addr, INET_HOST_BYTES);
	} else if (address->any.sa_family == AF_INET) {
		memcpy(host_out, mapped, sizeof(mapped));
		memcpy(host_out + sizeof(mapped), &address->v4.sin_addr, 4);
	}
}
