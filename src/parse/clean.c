/* SPDX-License-Identifier: MIT */
/* clean.c -- what bytes may stand in a name. */

#include "parse/clean.h"

#include "base/utf8.h"
#include "parse/scan.h"

/* Bytes that are looked at in one step. */
#define STEP 16

/* The same bytes as numbers of a vector, on any machine. */
static inline bool
step_is_simple(const char *at, char a, char b)
{
	signed char bytes __attribute__((vector_size(STEP)));
	signed char letters __attribute__((vector_size(STEP)));
	signed char simple __attribute__((vector_size(STEP)));
	uint64_t halves[2];

	memcpy(&bytes, at, STEP);
	letters = bytes | ('a' ^ 'A');
	simple = ((letters >= 'a') & (letters <= 'z')) |
	    ((bytes >= '-') & (bytes <= '9') & (bytes != '/')) | (bytes == '_') | (bytes == '=') |
	    (bytes == (signed char)a) | (bytes == (signed char)b);
	memcpy(halves, &simple, STEP);
	return (halves[0] & halves[1]) == UINT64_MAX;
}

bool
clean_is_simple(const char *at, size_t len, char a, char b)
{
	char few[STEP];

	if (len < STEP) {
		memset(few, 'a', STEP);
		memcpy(few, at, len);
		return step_is_simple(few, a, b);
	}
	for (size_t i = 0; i + STEP < len; i += STEP)
		if (!step_is_simple(at + i, a, b))
			return false;
	/* The last ones may be among those before. */
	return step_is_simple(at + len - STEP, a, b);
}

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

	if (clean_is_simple(at, len, ';', ';')) {
		text_append(out, at, len);
		return;
	}
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
