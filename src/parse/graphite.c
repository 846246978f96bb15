/* SPDX-License-Identifier: MIT */
/* graphite.c -- one line of Graphite's plaintext to its sample. */

#include "parse/graphite.h"

#include "metric/event.h"

/* Seconds beyond which a double may not be a whole number, and which are in the
 * future by any clock. */
#define SECONDS_MOST 9007199254740992.0

static bool
is_space(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* The field that begins at *at, and what follows the space behind it. */
static struct span
take_field(const char **at, const char *end)
{
	const char *begin = *at, *stop = begin;

	while (stop < end && !is_space(*stop))
		stop++;
	for (*at = stop; *at < end && is_space(**at);)
		++*at;
	return (struct span){begin, (size_t)(stop - begin)};
}

static enum reason
take_value(const struct span *field, double *value_out)
{
	const char *end = field->at + field->len, *stop;

	if (field->len == 0)
		return REASON_NO_VALUE;
	enum number_status status = number_parse(field->at, end, &stop, value_out);

	if (status == NUMBER_INFINITE && stop == end)
		return REASON_NOT_FINITE;
	if (status != NUMBER_OK || stop != end)
		return scan_is_not_finite(field->at, end) ? REASON_NOT_FINITE : REASON_BAD_VALUE;
	return REASON_NONE;
}

/* Of 0 and before there is nothing; a time that is cut to -1 is 0 in the
 * sample. */
static enum reason
take_time(const struct span *field, int64_t *seconds_out)
{
	const char *end = field->at + field->len, *stop;
	double seconds;
	enum number_status status = number_parse(field->at, end, &stop, &seconds);

	*seconds_out = 0;
	if (status == NUMBER_BAD || stop != end)
		return REASON_TIMESTAMP;
	if (status == NUMBER_INFINITE)
		return *field->at == '-' ? REASON_LATE : REASON_FUTURE;
	if (seconds > SECONDS_MOST)
		return REASON_FUTURE;
	if (seconds >= 1)
		*seconds_out = (int64_t)seconds;
	else if (seconds <= -2 || seconds > -1)
		return REASON_LATE;
	return REASON_NONE;
}

/* White space, and what clients put before a newline. */
static const char *
trim_end(const char *at, const char *end)
{
	while (end > at && (is_space(end[-1]) || end[-1] == '\r' || end[-1] == '\0'))
		end--;
	return end;
}

bool
graphite_line(
    const char *bytes, const char *end, struct sample *sample_out, enum reason *reason_out)
{
	end = trim_end(bytes, end);
	while (bytes < end && is_space(*bytes))
		bytes++;
	if (bytes == end)
		return false;
	struct span name = take_field(&bytes, end);
	struct span value = take_field(&bytes, end);
	struct span time = {bytes, (size_t)(end - bytes)};

	*sample_out = (struct sample){
	    .name = name.at,
	    .tags = "",
	    .name_len = (uint32_t)name.len,
	    .kind = KIND_GAUGE,
	    .weight = 1,
	};
	*reason_out = *name.at == ';' ? REASON_NO_NAME : take_value(&value, &sample_out->value);
	if (*reason_out == REASON_NONE)
		*reason_out = take_time(&time, &sample_out->timestamp);
	return true;
}
