/* SPDX-License-Identifier: MIT */
/* http.h -- is it a request of a web browser? A web page can have one sent to
 * any port of the machine it is shown on, with lines of its own making in the
 * address, the headers and the body. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Do the bytes begin as a request does that has a method of the standard's,
 * "POST "? */
static inline bool
http_begins_known(const char *bytes, const char *end)
{
	static const char *const methods[] = {"GET ", "HEAD ", "POST ", "PUT ", "PATCH ", "DELETE ",
	    "OPTIONS ", "CONNECT ", "TRACE ", "PRI "};

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		size_t len = strlen(methods[i]);

		if ((size_t)(end - bytes) >= len && memcmp(bytes, methods[i], len) == 0)
			return true;
	}
	return false;
}

/* Do they begin as one with a method of the page's own does, "patch /" or
 * "ANY http://"? What is no method has a colon, as a line does. */
static inline bool
http_begins_other(const char *bytes, const char *end)
{
	const char *space = memchr(bytes, ' ', (size_t)(end - bytes));

	if (space == NULL || space == bytes || memchr(bytes, ':', (size_t)(space - bytes)) != NULL)
		return false;
	size_t left = (size_t)(end - space - 1);

	return (left >= 1 && space[1] == '/') || (left >= 4 && memcmp(space + 1, "http", 4) == 0);
}

/* Do the bytes begin as a request does? */
static inline bool
http_begins(const char *bytes, const char *end)
{
	return http_begins_known(bytes, end) || http_begins_other(bytes, end);
}

/* Are they a browser's first ones where it is to speak TLS? What a page can
 * have it say in there, too, may hold lines. */
static inline bool
http_is_hello(const char *bytes, const char *end)
{
	return end - bytes >= 2 && bytes[0] == 0x16 && bytes[1] == 3;
}

/* Is the line, with its newline or without, "GET / HTTP/1.1" or the like? Its
 * end tells nearly all others apart. */
static inline bool
http_is_request(const char *bytes, const char *end)
{
	static const char version[] = " HTTP/";
	const size_t len = sizeof(version) - 1 + strlen("1.1");

	while (end > bytes && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	return (size_t)(end - bytes) > len && end[-2] == '.' &&
	    memcmp(end - len, version, sizeof(version) - 1) == 0 && http_begins(bytes, end);
}
