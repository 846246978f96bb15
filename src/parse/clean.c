/* SPDX-License-Identifier: MIT */
/* clean.c -- what bytes may stand in a name. */

#include "parse/clean.h"

#include "base/utf8.h"
#include "parse/scan.h"

static bool
is_kept(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("_-.;=", byte) != NULL);
}

void
clean_append(struct text *out, const char *at, size_t len)
{
	const char *end = at + len;
	bool spaced = false;

	while (at < end) {
		size_t space = scan_space(at, end);

		if (space > 0 && !spaced)
			text_byte(out, '_');
		else if (*at == '/')
			text_byte(out, '-');
		else if (is_kept(*at))
			text_byte(out, *at);
		spaced = space > 0;
		at += spaced ? space : 1;
	}
}

/* Length of the character at the start; 0: none that may stand in a name. */
static size_t
plain_length(const char *at, const char *end)
{
	unsigned char byte = (unsigned char)*at;

	if (byte < ' ' || byte == 0x7f || scan_space(at, end) > 0)
		return 0;
	if (byte == 0xc2 && end - at >= 2 && (unsigned char)at[1] < 0xa0)
		return 0; /* U+0080 to U+009F */
	return utf8_length(at, (size_t)(end - at));
}

/* An underscore in place of each byte that may not stand in a name. */
void
clean_append_plain(struct text *out, const char *at, size_t len)
{
	for (const char *end = at + len; at < end;) {
		size_t plain = plain_length(at, end);

		if (plain == 0)
			text_byte(out, '_');
		else
			text_append(out, at, plain);
		at += plain > 0 ? plain : 1;
	}
}

bool
clean_is_plain(const char *at, size_t len)
{
	for (const char *end = at + len; at < end;) {
		size_t plain = plain_length(at, end);

		if (plain == 0)
			return false;
		at += plain;
	}
	return true;
}
