/* SPDX-License-Identifier: MIT */
/* text.h -- a growing run of bytes: what encoders, printers and messages
 * write into. Not NUL-terminated until text_string() asks for it. */

#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

struct text {
	char *bytes;
	size_t len, cap;
};

/* An empty text needs no memory: struct text t = {0}. */
void text_fini(struct text *text);

/* Make room for `more` further bytes. */
void text_grow(struct text *text, size_t more);

/* Room for `more` further bytes, to be filled in at the address returned and
 * then added to len by the caller. */
static inline char *
text_reserve(struct text *text, size_t more)
{
	if (text->cap - text->len < more)
		text_grow(text, more);
	return text->bytes + text->len;
}

void text_vprintf(struct text *text, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Append bytes, writing control bytes (those of UTF-8 beyond ASCII, too),
 * quotes, backslashes and bytes that are not valid UTF-8 as \n, \", \\, \xNN:
 * for whatever people look at. */
void text_escape(struct text *text, const char *bytes, size_t len);

/* The bytes as a C string, valid until the next change. */
const char *text_string(struct text *text);

static inline void
text_append(struct text *text, const char *bytes, size_t len)
{
	if (len == 0)
		return;
	memcpy(text_reserve(text, len), bytes, len);
	text->len += len;
}

static inline void
text_puts(struct text *text, const char *string)
{
	text_append(text, string, strlen(string));
}

static inline void
text_byte(struct text *text, char byte)
{
	*text_reserve(text, 1) = byte;
	text->len++;
}

static inline void
text_reset(struct text *text)
{
	text->len = 0;
}
