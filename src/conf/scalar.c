/* SPDX-License-Identifier: MIT */
/* scalar.c -- one value: text to the C member an item declares. */

#include "conf/scalar.h"

#include "base/address.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/quantity.h"
#include "conf/suggest.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

size_t
scalar_size(enum item_type type)
{
	switch (type) {
	case ITEM_BOOL: return sizeof(bool);
	case ITEM_NUMBER:
	case ITEM_PERCENT: return sizeof(double);
	case ITEM_STRING:
	case ITEM_ADDRESS: return sizeof(char *);
	case ITEM_CHOICE: return sizeof(int);
	default: return sizeof(int64_t);
	}
}

const char *
scalar_describe(enum item_type type)
{
	switch (type) {
	case ITEM_BOOL: return "true or false";
	case ITEM_INT: return "a whole number";
	case ITEM_NUMBER: return "a number";
	case ITEM_PERCENT: return "a percentage like 1%";
	case ITEM_DURATION: return "a duration like 10s, 100ms or 5m";
	case ITEM_SIZE: return "a size like 16MiB, 8KiB or 512";
	case ITEM_MODE: return "a file mode in octal like 0660";
	case ITEM_STRING: return "a text";
	case ITEM_ADDRESS: return "an address like localhost:8125";
	case ITEM_CHOICE: return "a word";
	case ITEM_LIST: return "a list";
	case ITEM_PAIRS: return "a map of keys to texts, like {env: prod}";
	case ITEM_BLOCK:
	case ITEM_MAP: return "a map of keys";
	}
	return "";
}

static bool
read_bool(const char *text, bool *out, struct text *why)
{
	*out = strcmp(text, "true") == 0;
	if (*out || strcmp(text, "false") == 0)
		return true;
	text_printf(why, "\"%.60s\" is neither true nor false", text);
	return false;
}

/* Say why a quantity was refused. */
static bool
refuse_quantity(const struct item *item, enum item_type type, enum quantity_status status,
    const char *text, struct text *why)
{
	switch (status) {
	case QUANTITY_NO_UNIT:
		text_printf(why, "\"%.60s\" has no unit; write %.60s%s", text, text,
		    type == ITEM_PERCENT ? "%" : "s");
		break;
	case QUANTITY_BAD_UNIT:
		text_printf(why, "\"%.60s\" has an unknown unit; there are %s", text,
		    type == ITEM_SIZE          ? "B, KiB, MiB, GiB and TiB"
			: type == ITEM_PERCENT ? "percentages only, with %"
					       : "ns, us, ms, s, m, h and d");
		break;
	case QUANTITY_TOO_FINE:
		text_printf(why, "\"%.60s\" is not a whole number of %s", text,
		    type == ITEM_SIZE ? "bytes" : "nanoseconds");
		break;
	case QUANTITY_TOO_LARGE: text_printf(why, "\"%.60s\" is too large", text); break;
	default:
		text_printf(why, "\"%.60s\" is not %s", text, scalar_describe(type));
		if (item->word != NULL)
			text_printf(why, ", nor \"%s\"", item->word);
		break;
	}
	return false;
}

static bool
refuse_bounds(
    const struct item *item, enum item_type type, double value, const char *text, struct text *why)
{
	if ((item->least == 0 && item->most == 0) || (value >= item->least && value <= item->most))
		return true;
	bool small = value < item->least;

	text_printf(why, "%.60s is too %s; the %s is ", text, small ? "small" : "large",
	    small ? "least" : "most");
	scalar_print_number(type, small ? item->least : item->most, why);
	return false;
}

static bool
read_whole(
    const struct item *item, enum item_type type, const char *text, int64_t *out, struct text *why)
{
	enum quantity_status status;
	size_t len = strlen(text);

	if (item->word != NULL && strcmp(text, item->word) == 0) {
		*out = ITEM_WORD;
		return true;
	}
	switch (type) {
	case ITEM_DURATION: status = quantity_parse_duration(text, len, out); break;
	case ITEM_SIZE: status = quantity_parse_size(text, len, out); break;
	case ITEM_MODE: status = quantity_parse_mode(text, len, out); break;
	default: status = quantity_parse_int(text, len, out); break;
	}
	if (status != QUANTITY_OK)
		return refuse_quantity(item, type, status, text, why);
	return refuse_bounds(item, type, (double)*out, text, why);
}

static bool
read_number(
    const struct item *item, enum item_type type, const char *text, double *out, struct text *why)
{
	const char *end = text + strlen(text), *stop = text;
	enum quantity_status status = QUANTITY_OK;

	if (type == ITEM_NUMBER && item->word != NULL && strcmp(text, item->word) == 0) {
		*out = INFINITY;
		return true;
	}
	if (type == ITEM_PERCENT)
		status = quantity_parse_percent(text, strlen(text), out);
	else if (number_parse(text, end, &stop, out) != NUMBER_OK || stop != end)
		status = QUANTITY_BAD;
	if (status != QUANTITY_OK)
		return refuse_quantity(item, type, status, text, why);
	return refuse_bounds(item, type, *out, text, why);
}

static bool
read_choice(const struct item *item, const char *text, int *out, struct text *why)
{
	struct suggestion suggestion = {.word = text};

	for (int i = 0; item->choices[i] != NULL; i++) {
		if (strcmp(item->choices[i], text) == 0) {
			*out = i;
			return true;
		}
		suggest_consider(&suggestion, item->choices[i]);
	}
	text_printf(why, "\"%.60s\" is none of ", text);
	for (int i = 0; item->choices[i] != NULL; i++)
		text_printf(why, "%s%s", i > 0 ? ", " : "", item->choices[i]);
	if (suggestion.nearest != NULL)
		text_printf(why, "; did you mean \"%s\"?", suggestion.nearest);
	return false;
}

static bool
read_address(const struct item *item, const char *text, char **out, struct text *why)
{
	bool may_be_empty = item->fallback != NULL && strcmp(item->fallback, "\"\"") == 0;
	struct address address;
	const char *refused = NULL;

	if (*text != '\0' || !may_be_empty)
		address_parse(text, &address, &refused);
	if (refused != NULL)
		text_printf(why, "\"%.60s\" is not an address: %s", text, refused);
	else
		*out = mem_copy_text(text, strlen(text));
	return refused == NULL;
}

bool
scalar_read(
    const struct item *item, enum item_type type, const char *text, void *member, struct text *why)
{
	switch (type) {
	case ITEM_BOOL: return read_bool(text, member, why);
	case ITEM_INT:
	case ITEM_DURATION:
	case ITEM_SIZE:
	case ITEM_MODE: return read_whole(item, type, text, member, why);
	case ITEM_NUMBER:
	case ITEM_PERCENT: return read_number(item, type, text, member, why);
	case ITEM_STRING: *(char **)member = mem_copy_text(text, strlen(text)); return true;
	case ITEM_ADDRESS: return read_address(item, text, member, why);
	case ITEM_CHOICE: return read_choice(item, text, member, why);
	default: return false;
	}
}

void
scalar_print_number(enum item_type type, double number, struct text *out)
{
	switch (type) {
	case ITEM_DURATION: quantity_print_duration(out, (int64_t)number); break;
	case ITEM_SIZE: quantity_print_size(out, (int64_t)number); break;
	case ITEM_MODE: quantity_print_mode(out, (int64_t)number); break;
	case ITEM_PERCENT: quantity_print_percent(out, number); break;
	default: out->len += number_print(number, text_reserve(out, NUMBER_TEXT_MAX)); break;
	}
}

/* Words that YAML reads as themselves wherever they stand. */
static bool
is_plain(const char *string)
{
	if (!isalpha((unsigned char)*string) && *string != '/')
		return false;
	for (; *string != '\0'; string++)
		if (!isalnum((unsigned char)*string) && strchr("_./-", *string) == NULL)
			return false;
	return true;
}

/* Characters that YAML does not let stand as they are: C1 controls, the byte
 * order mark and the two that are none. How many bytes, 0 if it is another. */
static size_t
unprintable(const char *at)
{
	const unsigned char *b = (const unsigned char *)at;

	if (b[0] == 0xc2 && b[1] >= 0x80 && b[1] < 0xa0)
		return 2;
	if (b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf)
		return 3;
	if (b[0] == 0xef && b[1] == 0xbf && b[2] >= 0xbe)
		return 3;
	return 0;
}

static void
print_unprintable(const char *at, size_t len, struct text *out)
{
	const unsigned char *b = (const unsigned char *)at;
	unsigned point = len == 2 ? (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu)
				  : (b[0] & 0x0fu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);

	text_printf(out, "\\u%04x", point);
}

void
scalar_print_string(const char *string, struct text *out)
{
	if (is_plain(string)) {
		text_puts(out, string);
		return;
	}
	text_byte(out, '"');
	while (*string != '\0') {
		size_t odd = unprintable(string), run = odd;

		if (odd > 0)
			print_unprintable(string, odd, out);
		while (string[run] != '\0' && unprintable(string + run) == 0)
			run++;
		text_escape(out, string + odd, run - odd);
		string += run;
	}
	text_byte(out, '"');
}

static void
print_number(const struct item *item, enum item_type type, double value, struct text *out)
{
	if (item->word != NULL && isinf(value))
		text_puts(out, item->word);
	else
		scalar_print_number(type, value, out);
}

static void
print_whole(const struct item *item, enum item_type type, int64_t value, struct text *out)
{
	if (item->word != NULL && value == ITEM_WORD)
		text_puts(out, item->word);
	else if (type == ITEM_DURATION)
		quantity_print_duration(out, value);
	else if (type == ITEM_SIZE)
		quantity_print_size(out, value);
	else if (type == ITEM_MODE)
		quantity_print_mode(out, value);
	else
		text_printf(out, "%" PRId64, value);
}

void
scalar_print(const struct item *item, enum item_type type, const void *member, struct text *out)
{
	switch (type) {
	case ITEM_BOOL: text_puts(out, *(const bool *)member ? "true" : "false"); break;
	case ITEM_NUMBER:
	case ITEM_PERCENT: print_number(item, type, *(const double *)member, out); break;
	case ITEM_STRING:
	case ITEM_ADDRESS: scalar_print_string(*(char *const *)member, out); break;
	case ITEM_CHOICE: scalar_print_string(item->choices[*(const int *)member], out); break;
	default: print_whole(item, type, *(const int64_t *)member, out); break;
	}
}
