/* SPDX-License-Identifier: MIT */
/* http.h -- is it a request of a web browser? A web page can have one sent to
 * any port of the machine it is shown on, with lines of its own making in the
 * address and the body. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Do the bytes begin as a request does, "POST "? */
static inline bool
http_begins(const char *bytes, const char *end)
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
