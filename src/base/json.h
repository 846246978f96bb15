/* SPDX-License-Identifier: MIT */
/* json.h -- write one JSON document into a text (RFC 8259).
 *
 *   struct json json = {.out = &text};
 *   json_open_object(&json, NULL);
 *   json_uint(&json, "lines", 12);
 *   json_open_array(&json, "sinks");
 *   json_text(&json, NULL, "graphite");
 *   json_close_array(&json);
 *   json_close_object(&json);          {"lines":12,"sinks":["graphite"]}
 *
 * Inside an object every value has a key, elsewhere the key is NULL; what
 * would not be JSON is a mistake of ours and stops the process. */

#pragma once

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 63

struct json {
	struct text *out;
	unsigned depth;
	uint64_t objects; /* bit n: the one at depth n is an object, else an array */
	uint64_t filled;  /* bit n: something stands in it already; 0: the document */
};

void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_array(struct json *json, const char *key);
void json_close_array(struct json *json);

/* Text may be any bytes: what is not UTF-8 becomes U+FFFD, a byte each. */
void json_text(struct json *json, const char *key, const char *string);
void json_bytes(struct json *json, const char *key, const char *bytes, size_t len);

void json_int(struct json *json, const char *key, int64_t value);
void json_uint(struct json *json, const char *key, uint64_t value);
void json_number(struct json *json, const char *key, double value); /* not finite: null */
void json_bool(struct json *json, const char *key, bool value);
void json_none(struct json *json, const char *key); /* null */

/* A value that is JSON already. */
void json_ready(struct json *json, const char *key, const char *bytes, size_t len);
