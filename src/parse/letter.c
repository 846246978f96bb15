/* SPDX-License-Identifier: MIT */
/* letter.c -- one line as StatsD reads it. */

#include "parse/letter.h"

#include "parse/scan.h"

#include <math.h>

/* The next |#, or the end. */
static const char *
find_tags(const char *at, const char *end)
{
	const char *found = memmem(at, (size_t)(end - at), "|#", 2);

	return found != NULL ? found : end;
}

bool
letter_begin(struct letter *letter, const char *bytes, const char *end)
{
	if (bytes == end)
		return false;
	const char *stop = find_tags(bytes, end);
	const char *colon = scan_byte(bytes, stop, ':');

	letter->name = bytes;
	letter->name_len = (size_t)(colon - bytes);
	letter->tags = "";
	letter->tags_len = 0;
	if (stop < end) {
		letter->tags = stop + 2;
		letter->tags_len = (size_t)(find_tags(stop + 2, end) - letter->tags);
	}
	letter->at = colon < stop ? colon + 1 : stop;
	letter->end = stop;
	return true;
}

/* StatsD checks that what follows the @ is a number without a minus, and then
 * takes the digits and points it begins with. */
static enum reason
take_rate(const char *at, const char *end, double *weight_out)
{
	const char *stop, *digits = at + 1;
	double rate;

	if (end - at < 2 || *at != '@' || letter_number(digits, end, &rate) == NUMBER_BAD)
		return REASON_RATE;
	for (stop = digits; stop < end && ((*stop >= '0' && *stop <= '9') || *stop == '.');)
		stop++;
	if (stop == digits || letter_number(digits, stop, &rate) != NUMBER_OK)
		return REASON_RATE;
	*weight_out = 1 / rate;
	return isfinite(*weight_out) ? REASON_NONE : REASON_RATE;
}

static enum kind
kind_of(const char *type, const char *end)
{
	if (scan_is(type, end, "ms"))
		return KIND_TIMER;
	if (scan_is(type, end, "g"))
		return KIND_GAUGE;
	return scan_is(type, end, "s") ? KIND_SET : KIND_COUNTER;
}

/* A value is checked by its type as it came, and taken by its type without
 * white space around it: "s\r" has members that are numbers. */
static enum reason
take_value(
    const char *at, const char *end, const char *type, const char *type_end, struct sample *sample)
{
	bool any_member = scan_is(type, type_end, "s"), duration = scan_is(type, type_end, "ms");
	double value = 0;
	enum number_status status = any_member ? NUMBER_OK : letter_number(at, end, &value);

	scan_trim(&type, &type_end);
	sample->kind = kind_of(type, type_end);
	if (at == end && !any_member)
		return REASON_NO_VALUE;
	if (status == NUMBER_BAD)
		return REASON_BAD_VALUE;
	if (sample->kind == KIND_SET) {
		sample->member = at < end ? at : "0";
		sample->member_len = at < end ? (uint32_t)(end - at) : 1;
		return REASON_NONE;
	}
	if (status == NUMBER_INFINITE ||
	    (sample->kind == KIND_COUNTER && !isfinite(value * sample->weight)))
		return REASON_NOT_FINITE;
	if (duration && value < 0)
		return REASON_NEGATIVE_TIMER;
	sample->relative = sample->kind == KIND_GAUGE && (*at == '+' || *at == '-');
	sample->value = value;
	return REASON_NONE;
}

static enum reason
take_element(const struct letter *letter, const char *at, const char *end, struct sample *sample)
{
	const char *bar = scan_byte(at, end, '|');

	if (bar == end)
		return at == end ? REASON_NO_VALUE : REASON_NO_TYPE;
	const char *type = bar + 1, *type_end = scan_byte(type, end, '|');

	*sample = (struct sample){
	    .name = letter->name,
	    .tags = letter->tags,
	    .name_len = (uint32_t)letter->name_len,
	    .tags_len = (uint32_t)letter->tags_len,
	    .weight = 1,
	};
	if (type_end < end) {
		const char *rate = type_end + 1;
		enum reason reason = take_rate(rate, scan_byte(rate, end, '|'), &sample->weight);

		if (reason != REASON_NONE)
			return reason;
	}
	return take_value(at, bar, type, type_end, sample);
}

bool
letter_next(struct letter *letter, struct sample *sample_out, enum reason *reason_out)
{
	const char *at = letter->at;

	if (at == NULL)
		return false;
	const char *stop = scan_byte(at, letter->end, ':');

	letter->at = stop < letter->end ? stop + 1 : NULL;
	*reason_out = take_element(letter, at, stop, sample_out);
	return true;
}
