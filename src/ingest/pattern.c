/* SPDX-License-Identifier: MIT */
/* pattern.c -- what a rule matches names with.
 *
 * Regular expressions are PCRE2's, compiled to machine code where the system
 * allows it. `.` and classes see characters, not bytes, where a name is UTF-8;
 * `$` is the very end. */

#include "ingest/pattern.h"

#include "base/check.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps of backtracking, and memory for them: about a millisecond. */
#define MATCH_STEPS 100000
#define MATCH_HEAP_KIB 1024
#define JIT_STACK_LEAST 32768
#define JIT_STACK_MOST 262144

struct pattern {
	char *glob; /* NULL: a regular expression */
	bool components;
	size_t prefix_len; /* of the glob: without wildcards */
	pcre2_code *code;
	size_t groups;
};

struct pattern_room {
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack; /* NULL: no machine code here */
	struct glob_part *parts;
};

/* Step over a byte, which may be written with a backslash. */
static const char *
skip_byte(const char *at)
{
	return at + 1 + (*at == '\\');
}

/* Step over a set in brackets. */
static const char *
skip_set(const char *at)
{
	at += 1 + (at[1] == '!');
	do {
		at = skip_byte(at);
		if (at[0] == '-' && at[1] != ']')
			at = skip_byte(at + 1);
	} while (*at != ']');
	return at + 1;
}

static bool
compile_glob(struct pattern *pattern, const char *text, struct text *why)
{
	const char *problem = glob_problem(text);

	if (problem != NULL) {
		text_puts(why, problem);
		return false;
	}
	pattern->glob = mem_copy_text(text, strlen(text));
	pattern->prefix_len = strcspn(text, "*?[\\");
	while (*text != '\0') {
		pattern->groups += *text == '*';
		text = *text == '[' ? skip_set(text) : skip_byte(text);
	}
	return true;
}

static bool
compile_regex(struct pattern *pattern, const char *text, struct text *why)
{
	const uint32_t options =
	    PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
	int error;
	PCRE2_SIZE offset;
	uint32_t groups;

	pattern->code =
	    pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &offset, NULL);
	if (pattern->code == NULL) {
		PCRE2_UCHAR sentence[256];

		pcre2_get_error_message(error, sentence, sizeof(sentence));
		text_printf(why, "not a regular expression: %s (at byte %zu)",
		    (const char *)sentence, (size_t)offset + 1);
		return false;
	}
	/* Where this cannot be, matching interprets. */
	pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	pattern->groups = groups;
	return true;
}

struct pattern *
pattern_new(enum match_type type, bool components, const char *text, struct text *why)
{
	struct pattern *pattern = mem_zero(1, sizeof(*pattern));
	bool good;

	pattern->components = components;
	if (type == MATCH_GLOB)
		good = compile_glob(pattern, text, why);
	else
		good = compile_regex(pattern, text, why);
	if (good)
		return pattern;
	pattern_free(pattern);
	return NULL;
}

void
pattern_free(struct pattern *pattern)
{
	if (pattern == NULL)
		return;
	pcre2_code_free(pattern->code);
	free(pattern->glob);
	free(pattern);
}

size_t
pattern_groups(const struct pattern *pattern)
{
	return pattern->groups;
}

/* A group by its number, which has been seen to start with a digit. */
static size_t
numbered_group(const struct pattern *pattern, const char *digits, size_t len)
{
	size_t group = 0;

	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)digits[i]))
			return PATTERN_NO_GROUP;
		group = group * 10 + (size_t)(digits[i] - '0');
		if (group > pattern->groups)
			return PATTERN_NO_GROUP;
	}
	if (group == 0 && pattern->glob != NULL)
		return PATTERN_NO_GROUP;
	return group;
}

size_t
pattern_group(const struct pattern *pattern, const char *name, size_t len)
{
	if (len == 0)
		return PATTERN_NO_GROUP;
	if (isdigit((unsigned char)*name))
		return numbered_group(pattern, name, len);
	if (pattern->glob != NULL)
		return PATTERN_NO_GROUP;
	char *string = mem_copy_text(name, len);
	int group = pcre2_substring_number_from_name(pattern->code, (PCRE2_SPTR)string);

	free(string);
	return group > 0 ? (size_t)group : PATTERN_NO_GROUP;
}

const char *
pattern_prefix(const struct pattern *pattern, size_t *len_out)
{
	*len_out = pattern->prefix_len;
	return pattern->glob != NULL ? pattern->glob : "";
}

struct pattern_room *
pattern_room_new(size_t groups)
{
	struct pattern_room *room = mem_zero(1, sizeof(*room));

	room->context = pcre2_match_context_create(NULL);
	room->data = pcre2_match_data_create((uint32_t)groups + 1, NULL);
	room->stack = pcre2_jit_stack_create(JIT_STACK_LEAST, JIT_STACK_MOST, NULL);
	CHECK(room->context != NULL && room->data != NULL);
	pcre2_set_match_limit(room->context, MATCH_STEPS);
	pcre2_set_heap_limit(room->context, MATCH_HEAP_KIB);
	pcre2_jit_stack_assign(room->context, NULL, room->stack);
	room->parts =
	    mem_zero(1 + (groups > GLOB_STARS ? groups : GLOB_STARS), sizeof(*room->parts));
	return room;
}

void
pattern_room_free(struct pattern_room *room)
{
	if (room == NULL)
		return;
	pcre2_match_data_free(room->data);
	pcre2_match_context_free(room->context);
	pcre2_jit_stack_free(room->stack);
	free(room->parts);
	free(room);
}

/* A group that took no part in the match took nothing. */
static void
take_parts(
    const struct pattern *pattern, struct pattern_room *room, const char *name, size_t matched)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(room->data);

	for (size_t i = 0; i <= pattern->groups; i++) {
		bool took = i < matched && at[2 * i] != PCRE2_UNSET && at[2 * i] < at[2 * i + 1];

		room->parts[i] = took
		    ? (struct glob_part){name + at[2 * i], at[2 * i + 1] - at[2 * i]}
		    : (struct glob_part){name, 0};
	}
}

enum pattern_outcome
pattern_match(
    const struct pattern *pattern, struct pattern_room *room, const char *name, size_t len)
{
	if (len == 0)
		name = "";
	if (pattern->glob != NULL)
		return glob_match(pattern->glob, name, len, pattern->components, room->parts + 1)
		    ? PATTERN_MATCHES
		    : PATTERN_DIFFERS;
	int matched =
	    pcre2_match(pattern->code, (PCRE2_SPTR)name, len, 0, 0, room->data, room->context);

	if (matched == PCRE2_ERROR_NOMATCH)
		return PATTERN_DIFFERS;
	if (matched <= 0)
		return PATTERN_GAVE_UP;
	take_parts(pattern, room, name, (size_t)matched);
	return PATTERN_MATCHES;
}

const struct glob_part *
pattern_parts(const struct pattern_room *room)
{
	return room->parts;
}
