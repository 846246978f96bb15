/* SPDX-License-Identifier: MIT */
/* json.c -- write one JSON document into a text. */

#include "base/json.h"

#include "base/check.h"
#include "base/number.h"
#include "base/utf8.h"

#include <math.h>
#include <stddef.h>

static void
put_escaped(struct text *out, unsigned char byte)
{
	switch (byte) {
	case '"': text_puts(out, "\\\""); break;
	case '\\': text_puts(out, "\\\\"); break;
	case '\n': text_puts(out, "\\n"); break;
	case '\r': text_puts(out, "\\r"); break;
	case '\t': text_puts(out, "\\t"); break;
	default: text_printf(out, "\\u%04x", byte); break;
	}
}

static void
put_string(struct text *out, const char *bytes, size_t len)
{
	text_byte(out, '"');
	for (size_t i = 0; i < len;) {
		unsigned char byte = (unsigned char)bytes[i];
		size_t run = utf8_length(bytes + i, len - i);

		if (run == 0)
			text_puts(out, "\xef\xbf\xbd");
		else if (byte < 0x20 || byte == '"' || byte == '\\')
			put_escaped(out, byte);
		else
			text_append(out, bytes + i, run);
		i += run > 0 ? run : 1;
	}
	text_byte(out, '"');
}

/* What stands before a value: a comma after its elder sibling, its key. */
static void
begin_value(struct json *json, const char *key)
{
	uint64_t here = UINT64_C(1) << json->depth;

	CHECK((key != NULL) == ((json->objects & here) != 0));
	CHECK(json->depth > 0 || (json->filled & here) == 0);
	if (json->filled & here)
		text_byte(json->out, ',');
	json->filled |= here;
	if (key == NULL)
		return;
	put_string(json->out, key, strlen(key));
	text_byte(json->out, ':');
}

static void
open_level(struct json *json, const char *key, bool object)
{
	begin_value(json, key);
	CHECK(json->depth < JSON_DEPTH_MAX);
	uint64_t here = UINT64_C(1) << ++json->depth;

	json->filled &= ~here;
	json->objects = object ? json->objects | here : json->objects & ~here;
	text_byte(json->out, object ? '{' : '[');
}

static void
close_level(struct json *json, bool object)
{
	CHECK(json->depth > 0 && (json->objects >> json->depth & 1) == object);
	json->depth--;
	text_byte(json->out, object ? '}' : ']');
}

void
json_open_object(struct json *json, const char *key)
{
	open_level(json, key, true);
}

void
json_close_object(struct json *json)
{
	close_level(json, true);
}

void
json_open_array(struct json *json, const char *key)
{
	open_level(json, key, false);
}

void
json_close_array(struct json *json)
{
	close_level(json, false);
}

void
json_text(struct json *json, const char *key, const char *string)
{
	json_bytes(json, key, string, strlen(string));
}

void
json_bytes(struct json *json, const char *key, const char *bytes, size_t len)
{
	begin_value(json, key);
	put_string(json->out, bytes, len);
}

void
json_int(struct json *json, const char *key, int64_t value)
{
	begin_value(json, key);
	json->out->len += number_print_int(value, text_reserve(json->out, NUMBER_TEXT_MAX));
}

void
json_uint(struct json *json, const char *key, uint64_t value)
{
	begin_value(json, key);
	json->out->len += number_print_uint(value, text_reserve(json->out, NUMBER_TEXT_MAX));
}

void
json_number(struct json *json, const char *key, double value)
{
	if (!isfinite(value)) {
		json_none(json, key);
		return;
	}
	begin_value(json, key);
	json->out->len += number_print(value, text_reserve(json->out, NUMBER_TEXT_MAX));
}

void
json_bool(struct json *json, const char *key, bool value)
{
	begin_value(json, key);
	text_puts(json->out, value ? "true" : "false");
}

void
json_none(struct json *json, const char *key)
{
	begin_value(json, key);
	text_puts(json->out, "null");
}

void
json_ready(struct json *json, const char *key, const char *bytes, size_t len)
{
	begin_value(json, key);
	text_append(json->out, bytes, len);
}
