/* SPDX-License-Identifier: MIT */
/* text.c -- a growing run of bytes. */

#include "base/text.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

void
text_fini(struct text *text)
{
	free(text->bytes);
	*text = (struct text){0};
}

void
text_grow(struct text *text, size_t more)
{
	size_t cap = text->cap < 64 ? 64 : text->cap;

	while (cap - text->len < more)
		cap *= 2;
	text->bytes = mem_resize(text->bytes, cap, 1);
	text->cap = cap;
}

void
text_vprintf(struct text *text, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	CHECK(len >= 0);
	vsnprintf(text_reserve(text, (size_t)len + 1), (size_t)len + 1, format, args);
	text->len += (size_t)len;
}

void
text_printf(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vprintf(text, format, args);
	va_end(args);
}

static void
escape_byte(struct text *text, unsigned char byte)
{
	switch (byte) {
	case '\n': text_puts(text, "\\n"); break;
	case '\r': text_puts(text, "\\r"); break;
	case '\t': text_puts(text, "\\t"); break;
	case '"': text_puts(text, "\\\""); break;
	case '\\': text_puts(text, "\\\\"); break;
	default: text_printf(text, "\\x%02x", byte); break;
	}
}

/* Not for a terminal as it is: of ASCII, or of the 32 of ISO 6429 behind it. */
static bool
is_special(const char *bytes, size_t run)
{
	unsigned char byte = (unsigned char)bytes[0];

	return byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\' ||
	    (run == 2 && byte == 0xc2 && (unsigned char)bytes[1] < 0xa0);
}

void
text_escape(struct text *text, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t run = utf8_length(bytes + i, len - i);

		if (run == 0 || is_special(bytes + i, run)) {
			escape_byte(text, (unsigned char)bytes[i]);
			i++;
		} else {
			text_append(text, bytes + i, run);
			i += run;
		}
	}
}

const char *
text_string(struct text *text)
{
	*text_reserve(text, 1) = '\0';
	return text->bytes;
}
