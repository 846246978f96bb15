/* SPDX-License-Identifier: MIT */
/* json_test.c -- what is written is JSON, to the byte and to a parser. */

#include "base/json.h"

#include "base/utf8.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(nests_objects_and_arrays)
{
	struct text out = {0};
	struct json json = {.out = &out};

	json_open_object(&json, NULL);
	json_text(&json, "name", "graphite");
	json_open_array(&json, "list");
	json_open_object(&json, NULL);
	json_close_object(&json);
	json_open_array(&json, NULL);
	json_close_array(&json);
	json_int(&json, NULL, -7);
	json_close_array(&json);
	json_open_object(&json, "inner");
	json_bool(&json, "yes", true);
	json_bool(&json, "no", false);
	json_close_object(&json);
	json_none(&json, "nothing");
	json_close_object(&json);
	ck_assert_str_eq(text_string(&out),
	    "{\"name\":\"graphite\",\"list\":[{},[],-7],"
	    "\"inner\":{\"yes\":true,\"no\":false},\"nothing\":null}");
	text_fini(&out);
}
END_TEST

START_TEST(takes_in_what_is_json_already)
{
	struct text out = {0};
	struct json json = {.out = &out};

	json_open_object(&json, NULL);
	json_ready(&json, "sinks", "[1,2]xx", 5);
	json_ready(&json, "none", "null", 4);
	json_close_object(&json);
	ck_assert_str_eq(text_string(&out), "{\"sinks\":[1,2],\"none\":null}");
	text_fini(&out);
}
END_TEST

START_TEST(writes_numbers_without_exponent_and_null_for_none)
{
	struct text out = {0};
	struct json json = {.out = &out};

	json_open_array(&json, NULL);
	json_number(&json, NULL, 0.1);
	json_number(&json, NULL, 1e21);
	json_number(&json, NULL, -0.0);
	json_number(&json, NULL, (double)NAN);
	json_number(&json, NULL, -HUGE_VAL);
	json_uint(&json, NULL, UINT64_MAX);
	json_int(&json, NULL, INT64_MIN);
	json_close_array(&json);
	ck_assert_str_eq(text_string(&out),
	    "[0.1,1000000000000000000000,0,null,null,18446744073709551615,-9223372036854775808]");
	text_fini(&out);
}
END_TEST

START_TEST(escapes_what_json_escapes)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *written;
	} cases[] = {
	    {"", 0, "\"\""},
	    {"plain", 5, "\"plain\""},
	    {"a\"b\\c/", 6, "\"a\\\"b\\\\c/\""},
	    {"\n\r\t\0\x1f", 5, "\"\\n\\r\\t\\u0000\\u001f\""},
	    {"\x7f", 1, "\"\x7f\""},
	    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
	    {"a\xff z", 4, "\"a\xef\xbf\xbd z\""},
	    {"\xc3", 1, "\"\xef\xbf\xbd\""},
	    {"\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text out = {0};
		struct json json = {.out = &out};

		json_bytes(&json, NULL, cases[i].bytes, cases[i].len);
		ck_assert_str_eq(text_string(&out), cases[i].written);
		text_fini(&out);
	}
}
END_TEST

static const char *
random_key(uint64_t *state, const struct json *json, char *out)
{
	if (json->depth == 0 || (json->objects >> json->depth & 1) == 0)
		return NULL;
	for (int i = 0; i < 7; i++)
		out[i] = (char)(1 + random_below(state, 255));
	out[7] = '\0';
	return out;
}

static void
random_scalar(uint64_t *state, struct json *json, const char *key)
{
	uint64_t bits = random_next(state);
	double value;

	memcpy(&value, &bits, sizeof(value));
	switch (random_below(state, 6)) {
	case 0: json_bytes(json, key, (const char *)&bits, sizeof(bits)); break;
	case 1: json_int(json, key, (int64_t)bits); break;
	case 2: json_uint(json, key, bits >> 1); break;
	case 3: json_number(json, key, value); break;
	case 4: json_bool(json, key, bits & 1); break;
	default: json_none(json, key); break;
	}
}

static void
random_value(uint64_t *state, struct json *json)
{
	char bytes[8];
	const char *key = random_key(state, json, bytes);
	bool object = random_below(state, 2) == 0;

	if (json->depth > 4 || (json->depth > 0 && random_below(state, 2) == 0)) {
		random_scalar(state, json, key);
		return;
	}
	if (object)
		json_open_object(json, key);
	else
		json_open_array(json, key);
	for (unsigned left = random_below(state, 5); left > 0; left--)
		random_value(state, json);
	if (object)
		json_close_object(json);
	else
		json_close_array(json);
}

START_TEST(whatever_is_written_parses)
{
	uint64_t state = random_seed();

	for (int i = 0; i < 3000; i++) {
		struct text out = {0};
		struct json json = {.out = &out};
		json_error_t error;

		random_value(&state, &json);
		ck_assert_uint_eq(json.depth, 0);
		/* jansson keeps no integers beyond 64 bits. */
		json_t *parsed = json_loadb(out.bytes, out.len,
		    JSON_ALLOW_NUL | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);

		if (parsed == NULL)
			ck_abort_msg("%s in %s", error.text, text_string(&out));
		json_decref(parsed);
		text_fini(&out);
	}
}
END_TEST

static void
key_in_array(struct json *json)
{
	json_open_array(json, NULL);
	json_none(json, "key");
}

static void
no_key_in_object(struct json *json)
{
	json_open_object(json, NULL);
	json_none(json, NULL);
}

static void
two_documents(struct json *json)
{
	json_none(json, NULL);
	json_none(json, NULL);
}

static void
close_of_another_kind(struct json *json)
{
	json_open_array(json, NULL);
	json_close_object(json);
}

static void
close_too_often(struct json *json)
{
	json_close_array(json);
}

static void
too_deep(struct json *json)
{
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		json_open_array(json, NULL);
}

START_TEST(what_would_not_be_json_stops_the_process)
{
	static void (*const mistakes[])(struct json * json) = {key_in_array, no_key_in_object,
	    two_documents, close_of_another_kind, close_too_often, too_deep};

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		pid_t child = fork();
		int status;

		ck_assert_int_ge(child, 0);
		if (child == 0) {
			struct text out = {0};
			struct json json = {.out = &out};

			fclose(stderr);
			signal(SIGABRT, SIG_DFL);
			mistakes[i](&json);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "mistake %zu", i);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(nests_objects_and_arrays),
    SUITE_TEST(takes_in_what_is_json_already),
    SUITE_TEST(writes_numbers_without_exponent_and_null_for_none),
    SUITE_TEST(escapes_what_json_escapes),
    SUITE_TEST(whatever_is_written_parses),
    SUITE_TEST(what_would_not_be_json_stops_the_process),
    {0},
};

SUITE_MAIN("base/json", tests)
