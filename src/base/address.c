/* SPDX-License-Identifier: MIT */
/* address.c -- the text of an address, taken apart. */

#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define NAME_MAX_BYTES 253 /* RFC 1035, as text */
#define LABEL_MAX_BYTES 63
#define SCOPE_MAX_BYTES 15 /* a network interface's name */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' ||
	    c == '_';
}

/* NULL, or what is wrong with a host name. One trailing dot is fine. */
static const char *
check_name(const char *host)
{
	if (strlen(host) > NAME_MAX_BYTES)
		return "a host name has at most 253 bytes";
	size_t label = 0;

	for (const char *at = host; *at != '\0'; at++) {
		if (*at == '.') {
			if (label == 0)
				return "a host name has no two dots in a row and none in front";
			label = 0;
		} else if (!is_name_byte(*at)) {
			return "a host name is made of letters, digits, '-', '.' and '_'";
		} else if (++label > LABEL_MAX_BYTES) {
			return "a part of a host name has at most 63 bytes";
		}
	}
	return NULL;
}

/* What ends in a number is an IPv4 address or a mistake, never a name. */
static const char *
check_host(const char *host)
{
	const char *error = check_name(host);

	if (error != NULL)
		return error;
	const char *dot = strrchr(host, '.');
	const char *last = dot != NULL ? dot + 1 : host;
	struct in_addr v4;

	if (*last == '\0' || last[strspn(last, "0123456789")] != '\0')
		return NULL;
	if (inet_pton(AF_INET, host, &v4) != 1)
		return "an IPv4 address is four numbers from 0 to 255";
	return NULL;
}

/* NULL, or what is wrong with what stands between brackets. */
static const char *
check_v6(const char *host)
{
	const char *percent = strchr(host, '%');
	size_t len = percent != NULL ? (size_t)(percent - host) : strlen(host);
	char digits[INET6_ADDRSTRLEN];
	struct in6_addr v6;

	if (len >= sizeof(digits))
		return "what stands in brackets is not an IPv6 address";
	memcpy(digits, host, len);
	digits[len] = '\0';
	if (inet_pton(AF_INET6, digits, &v6) != 1)
		return "what stands in brackets is not an IPv6 address";
	if (percent == NULL)
		return NULL;
	size_t scope = strlen(percent + 1);

	if (scope == 0 || scope > SCOPE_MAX_BYTES)
		return "after '%' stands the name of a network interface";
	for (const char *at = percent + 1; *at != '\0'; at++)
		if (!is_name_byte(*at) && *at != '.')
			return "after '%' stands the name of a network interface";
	return NULL;
}

static const char *
parse_port(const char *text, uint16_t *port_out)
{
	unsigned long port = 0;
	size_t len = strlen(text);

	if (len == 0)
		return "the port is missing after the colon";
	if (len > 5 || strspn(text, "0123456789") != len)
		return "a port is a number from 0 to 65535";
	for (const char *at = text; *at != '\0'; at++)
		port = port * 10 + (unsigned long)(*at - '0');
	if (port > UINT16_MAX)
		return "a port is a number from 0 to 65535";
	*port_out = (uint16_t)port;
	return NULL;
}

static const char *
take_host(struct address *address, const char *at, size_t len)
{
	if (len >= sizeof(address->host))
		return "a host name has at most 253 bytes";
	memcpy(address->host, at, len);
	return NULL;
}

static const char *
parse_bracketed(const char *text, struct address *address)
{
	const char *close = strchr(text, ']');

	if (close == NULL)
		return "the closing bracket is missing: [::1]:8125";
	const char *error = take_host(address, text + 1, (size_t)(close - text - 1));

	if (error == NULL)
		error = check_v6(address->host);
	if (error == NULL && close[1] != ':')
		error = "after the bracket stands the port: [::1]:8125";
	return error != NULL ? error : parse_port(close + 2, &address->port);
}

static const char *
parse_inet(const char *text, struct address *address)
{
	const char *colon = strrchr(text, ':');

	if (colon == NULL)
		return "the port is missing: host:port";
	if (strchr(text, ':') != colon)
		return "an IPv6 address stands in brackets: [::1]:8125";
	const char *error = take_host(address, text, (size_t)(colon - text));

	if (error == NULL && colon > text)
		error = check_host(address->host);
	return error != NULL ? error : parse_port(colon + 1, &address->port);
}

static const char *
parse_path(const char *text, struct address *address)
{
	size_t len = strlen(text);

	address->kind = ADDRESS_UNIX;
	if (len >= sizeof(address->path))
		return "the path of a unix socket has at most 107 bytes";
	memcpy(address->path, text, len);
	return NULL;
}

int
address_parse(const char *text, struct address *out, const char **error_out)
{
	*out = (struct address){.kind = ADDRESS_INET};
	if (*text == '\0')
		*error_out = "an address is host:port, [v6]:port, :port or /path";
	else if (*text == '/')
		*error_out = parse_path(text, out);
	else if (*text == '[')
		*error_out = parse_bracketed(text, out);
	else
		*error_out = parse_inet(text, out);
	return *error_out == NULL ? 0 : -EINVAL;
}

void
address_print(const struct address *address, struct text *out)
{
	if (address->kind == ADDRESS_UNIX) {
		text_puts(out, address->path);
		return;
	}
	text_printf(out, strchr(address->host, ':') != NULL ? "[%s]:%u" : "%s:%u", address->host,
	    (unsigned)address->port);
}
