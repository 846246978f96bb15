/* SPDX-License-Identifier: MIT */
/* line.c -- one line of StatsD to its samples. */

#include "parse/line.h"

#include "base/number.h"
#include "parse/event.h"
#include "parse/quick.h"

#include <math.h>
#include <string.h>

bool
line_begin(struct line *line, const char *bytes, const char *end)
{
	end = scan_line_end(bytes, end);
	if (end == bytes)
		return false;
	const char *colon = scan_byte(bytes, end, ':');

	line->name = bytes;
	line->name_len = (size_t)(colon - bytes);
	line->tags = "";
	line->tags_len = 0;
	line->looked_ahead = false;
	line->at = colon < end ? colon + 1 : end;
	line->end = end;
	line->value = line->values_end = NULL;
	return true;
}

/* A number from `at` to the bar, and its type; h and d only this grammar has. */
static const char *
single_number(const char *at, const char *bar, const char *end, struct sample *sample)
{
	const char *type = bar + 1, *stop;

	if (number_parse(at, end, &stop, &sample->value) != NUMBER_OK || stop != bar)
		return NULL;
	if (*type != 'h' && *type != 'd')
		return quick_type(type, end, sample);
	sample->kind = KIND_TIMER;
	return type + 1;
}

/* A set's member from `at` to the bar, colons and all. */
static const char *
single_member(const char *at, const char *bar, struct sample *sample)
{
	sample->kind = KIND_SET;
	sample->member = at;
	sample->member_len = (uint32_t)(bar - at);
	return bar + 2;
}

static const char *
single_rate(const char *at, const char *end, struct sample *sample)
{
	const char *stop;
	double rate;

	if (at == end || *at == '+' || *at == '-' ||
	    number_parse(at, end, &stop, &rate) != NUMBER_OK)
		return NULL;
	sample->weight = 1 / rate;
	return rate <= 1 && isfinite(sample->weight) ? stop : NULL;
}

/* What stands at the end of a line may be no part of it. */
static const char *
single_tags(const char *at, const char *end, struct sample *sample)
{
	const char *stop = scan_first(at, end, '|', '\n', '\n');

	sample->tags = at;
	sample->tags_len = (uint32_t)(stop - at);
	return scan_line_end(at, stop) == stop ? stop : NULL;
}

/* The fields of a sample, up to the end of its line. */
static const char *
single_fields(const char *at, const char *end, struct sample *sample)
{
	while (at != NULL && end - at >= 2 && *at == '|') {
		switch (at[1]) {
		case '@': at = single_rate(at + 2, end, sample); break;
		case '#': at = single_tags(at + 2, end, sample); break;
		case 'T': return NULL;
		default: at = scan_first(at + 1, end, '|', '\n', '\n'); break;
		}
	}
	return sample->kind != KIND_COUNTER || isfinite(sample->value * sample->weight) ? at : NULL;
}

bool
line_fields(const char **at, const char *stop, const char *end, struct sample *sample)
{
	stop = single_fields(stop, end, sample);
	return stop != NULL && quick_end(at, stop, end);
}

bool
line_single(const char **at, const char *end, struct sample *sample_out)
{
	const char *name = *at, *colon = scan_first(name, end, ':', '\n', '\n');

	if (end - colon < 4 || colon == name || *colon != ':' ||
	    (*name == '_' && event_begins(name, end)))
		return false;
	const char *value = colon + 1, *bar = scan_first(value, end, '|', '\n', '\n');

	if (end - bar < 2 || bar == value || *bar != '|')
		return false;
	*sample_out = (struct sample){
	    .name = name,
	    .tags = "",
	    .name_len = (uint32_t)(colon - name),
	    .weight = 1,
	};
	const char *stop = bar[1] == 's' ? single_member(value, bar, sample_out)
					 : single_number(value, bar, end, sample_out);

	return stop != NULL && line_fields(at, stop, end, sample_out);
}

/* The end of what ends at a bar or a colon. */
static const char *
find_end(const struct line *line, const char *at)
{
	while (at < line->end && *at != '|' && *at != ':')
		at++;
	return at;
}

/* Of two letters: ms or kv. */
static enum reason
set_long_type(struct line *line, const char *at)
{
	line->duration = at[0] == 'm' && at[1] == 's';
	line->absolute = at[0] == 'k' && at[1] == 'v';
	line->kind = line->duration ? KIND_TIMER : KIND_GAUGE;
	return line->duration || line->absolute ? REASON_NONE : REASON_UNKNOWN_TYPE;
}

/* The type that starts at `at`; *stop_out is what follows it. */
static enum reason
parse_type(struct line *line, const char *at, const char **stop_out)
{
	const char *stop = find_end(line, at);

	*stop_out = stop;
	line->duration = line->absolute = line->total = false;
	if (stop == at)
		return REASON_NO_TYPE;
	if (stop - at == 2)
		return set_long_type(line, at);
	if (stop - at > 2)
		return REASON_UNKNOWN_TYPE;
	switch (*at) {
	case 'c':
	case 'm': line->kind = KIND_COUNTER; return REASON_NONE;
	case 'C':
		line->kind = KIND_COUNTER;
		line->total = true;
		return REASON_NONE;
	case 'g': line->kind = KIND_GAUGE; return REASON_NONE;
	case 'h':
	case 'd': line->kind = KIND_TIMER; return REASON_NONE;
	case 's': line->kind = KIND_SET; return REASON_NONE;
	default: return REASON_UNKNOWN_TYPE;
	}
}

static enum reason
parse_rate(struct line *line, const char *at, const char **stop_out)
{
	const char *stop = find_end(line, at), *parsed;
	double rate;

	*stop_out = stop;

	if (at == stop || *at == '+' || *at == '-' ||
	    number_parse(at, stop, &parsed, &rate) != NUMBER_OK || parsed != stop)
		return REASON_RATE;
	line->weight = 1 / rate;
	return rate <= 1 && isfinite(line->weight) ? REASON_NONE : REASON_RATE;
}

static enum reason
parse_timestamp(struct line *line, const char *at, const char **stop_out)
{
	*stop_out = scan_byte(at, line->end, '|');
	return scan_seconds(at, *stop_out, &line->timestamp) ? REASON_NONE : REASON_TIMESTAMP;
}

/* Those of a later element have been found when the first one ended. */
static void
set_tags(struct line *line, const char *at, const char **stop_out)
{
	*stop_out = scan_byte(at, line->end, '|');
	if (line->looked_ahead)
		return;
	line->tags = at;
	line->tags_len = (size_t)(*stop_out - at);
}

/* The fields after a type; *stop_out is the end or the colon before the next
 * element. All fields are read, whatever the first mistake. */
static enum reason
parse_fields(struct line *line, const char *at, const char **stop_out)
{
	enum reason first = REASON_NONE;

	while (at < line->end && *at == '|') {
		enum reason reason = REASON_NONE;

		at++;
		if (at < line->end && *at == '@')
			reason = parse_rate(line, at + 1, &at);
		else if (at < line->end && *at == '#')
			set_tags(line, at + 1, &at);
		else if (at < line->end && *at == 'T')
			reason = parse_timestamp(line, at + 1, &at);
		else
			at = scan_byte(at, line->end, '|');
		if (first == REASON_NONE)
			first = reason;
	}
	*stop_out = at;
	return first;
}

/* Tags stand at the end of a line but belong to all of it: look ahead, once,
 * when a second element shows up. The last ones count. */
static void
look_ahead_for_tags(struct line *line)
{
	const char *at = line->at;

	while ((at = memmem(at, (size_t)(line->end - at), "|#", 2)) != NULL)
		set_tags(line, at + 2, &at);
	line->looked_ahead = true;
}

/* What follows the bar of an element's values: its type and fields. */
static enum reason
parse_element(struct line *line, const char *bar)
{
	bool first = line->at == line->name + line->name_len + 1;
	const char *stop;
	enum reason type_reason = parse_type(line, bar + 1, &stop);

	line->weight = 1;
	line->timestamp = 0;
	enum reason reason = parse_fields(line, stop, &stop);

	line->at = stop < line->end ? stop + 1 : NULL;
	if (first && line->at != NULL)
		look_ahead_for_tags(line);
	return type_reason != REASON_NONE ? type_reason : reason;
}

static enum reason
take_number(const struct line *line, const char *at, const char *end, struct sample *sample)
{
	const char *stop;
	double value;

	if (at == end)
		return REASON_NO_VALUE;
	enum number_status status = number_parse(at, end, &stop, &value);

	if (status == NUMBER_INFINITE && stop == end)
		return REASON_NOT_FINITE;
	if (status != NUMBER_OK || stop != end)
		return scan_is_not_finite(at, end) ? REASON_NOT_FINITE : REASON_BAD_VALUE;
	if (line->kind == KIND_COUNTER && !isfinite(value * sample->weight))
		return REASON_NOT_FINITE;
	if (line->duration && value < 0)
		return REASON_NEGATIVE_TIMER;
	sample->value = value;
	sample->relative =
	    line->kind == KIND_GAUGE && !line->absolute && (*at == '+' || *at == '-');
	return REASON_NONE;
}

/* May values of this element be of another time than now? */
static bool
may_be_dated(const struct line *line)
{
	return line->kind == KIND_GAUGE || (line->kind == KIND_COUNTER && !line->total);
}

/* One value of the element whose type is known. How often a running total was
 * sent says nothing about it: it has no weight. */
static enum reason
take_value(const struct line *line, const char *at, const char *end, struct sample *sample)
{
	*sample = (struct sample){
	    .name = line->name,
	    .tags = line->tags,
	    .name_len = (uint32_t)line->name_len,
	    .tags_len = (uint32_t)line->tags_len,
	    .kind = line->kind,
	    .total = line->total,
	    .timestamp = may_be_dated(line) ? line->timestamp : 0,
	    .weight = line->total ? 1 : line->weight,
	};
	if (line->kind != KIND_SET)
		return take_number(line, at, end, sample);
	sample->member = at;
	sample->member_len = (uint32_t)(end - at);
	return at < end ? REASON_NONE : REASON_NO_VALUE;
}

static enum reason
next_packed(struct line *line, struct sample *sample)
{
	const char *at = line->value;
	const char *colon = scan_byte(at, line->values_end, ':');

	line->value = colon < line->values_end ? colon + 1 : NULL;
	return take_value(line, at, colon, sample);
}

static enum reason
next_element(struct line *line, struct sample *sample)
{
	const char *values = line->at;
	const char *bar = scan_byte(values, line->end, '|');

	if (bar == line->end) {
		line->at = NULL;
		return values == line->end ? REASON_NO_VALUE : REASON_NO_TYPE;
	}
	enum reason reason = parse_element(line, bar);

	if (reason != REASON_NONE)
		return reason;
	if (line->kind == KIND_SET)
		return take_value(line, values, bar, sample);
	line->value = values;
	line->values_end = bar;
	return next_packed(line, sample);
}

bool
line_next(struct line *line, struct sample *sample_out, enum reason *reason_out)
{
	if (line->value != NULL) {
		*reason_out = next_packed(line, sample_out);
		return true;
	}
	if (line->at == NULL)
		return false;
	if (line->name_len == 0) {
		line->at = NULL;
		*reason_out = REASON_NO_NAME;
		return true;
	}
	*reason_out = next_element(line, sample_out);
	return true;
}
