/* SPDX-License-Identifier: MIT */
/* graphite.h -- one line of Graphite's plaintext to its sample.
 *
 *   line = name space value space time
 *
 *   web1.load 0.25 1700000000
 *   disk.used;host=web1;mount=root 42 1700000000.5     with tags
 *   queue.depth 17 -1                                  of now
 *
 * The sample is a gauge, absolute whatever its sign. Space is any number of
 * spaces and tabs, which may also stand before the name and behind the time.
 * What a time has after the point is cut off; one that is -1 then is the time
 * of arrival.
 *
 * What a name may hold, tags and all, is not looked at here. */

#pragma once

#include "base/number.h"
#include "metric/reason.h"
#include "metric/sample.h"
#include "parse/scan.h"

/* Read the bytes of a line without its newline. False: there is nothing but
 * white space, and no line at all. Else *reason_out says why it is refused, or
 * is REASON_NONE and *sample_out holds it; a timestamp of 0 is the time of
 * arrival. */
bool graphite_line(
    const char *bytes, const char *end, struct sample *sample_out, enum reason *reason_out);

/* Whole seconds at `at`, from 1, of at most ten digits; returns what follows
 * them, NULL if there are none. */
static inline const char *
graphite_seconds(const char *at, const char *end, int64_t *seconds_out)
{
	const char *limit = end - at > 10 ? at + 10 : end;
	int64_t seconds = 0;

	for (; at < limit && number_is_digit(*at); at++)
		seconds = seconds * 10 + (*at - '0');
	*seconds_out = seconds;
	return seconds > 0 && (at == end || !number_is_digit(*at)) ? at : NULL;
}

/* Most lines have one space, and one more, and whole seconds. If such a line
 * begins at `at`, which is before the end, fill in *sample_out and return what
 * follows its newline; else NULL. What this takes graphite_line() would take
 * just so; it only gets there in one pass. */
static inline const char *
graphite_quick(const char *at, const char *end, struct sample *sample_out)
{
	const char *space = scan_first(at, end, ' ', '\t', '\n'), *stop;
	int64_t seconds;
	double value;

	if (end - space < 4 || *space != ' ' || space == at || *at == ';' ||
	    number_parse(space + 1, end, &stop, &value) != NUMBER_OK || stop == end || *stop != ' ')
		return NULL;
	stop = graphite_seconds(stop + 1, end, &seconds);
	if (stop != NULL && stop < end && *stop == '\r')
		stop++;
	if (stop == NULL || (stop < end && *stop != '\n'))
		return NULL;
	*sample_out = (struct sample){
	    .name = at,
	    .tags = "",
	    .name_len = (uint32_t)(space - at),
	    .kind = KIND_GAUGE,
	    .weight = 1,
	    .value = value,
	    .timestamp = seconds,
	};
	return stop + (stop < end);
}
