/* SPDX-License-Identifier: MIT */
/* quick.h -- what most lines are, in any grammar alike: "name:number|type" of
 * type c, g or ms, and nothing else; read in one pass: quick_sample(), and if
 * quick_end() then says so, that was the line. */

#pragma once

#include "base/number.h"
#include "metric/sample.h"
#include "parse/scan.h"

/* Did the number behind the name begin with a sign? */
static inline bool
quick_is_signed(const struct sample *sample)
{
	char first = sample->name[sample->name_len + 1];

	return first == '+' || first == '-';
}

/* The type c, g or ms that stands at `at`, before the end: give the sample its
 * kind, and return what follows. NULL: another type. */
static inline const char *
quick_type(const char *at, const char *end, struct sample *sample)
{
	switch (*at) {
	case 'c': return at + 1;
	case 'g':
		sample->kind = KIND_GAUGE;
		sample->relative = quick_is_signed(sample);
		return at + 1;
	case 'm':
		if (end - at < 2 || at[1] != 's' || sample->value < 0)
			return NULL;
		sample->kind = KIND_TIMER;
		return at + 2;
	default: return NULL;
	}
}

/* Read a name, a colon, a number, a bar and the type, before the end: fill in
 * *sample_out, and return what follows the type. NULL: something else stands
 * there, or what looks like an event of DogStatsD's, which is left to those who
 * know better. */
static inline const char *
quick_sample(const char *at, const char *end, struct sample *sample_out)
{
	const char *colon = scan_first(at, end, ':', '\n', '|'), *bar;
	double value;

	if (*at == '_' || end - colon < 4 || *colon != ':' || colon == at ||
	    number_parse(colon + 1, end, &bar, &value) != NUMBER_OK || end - bar < 2 || *bar != '|')
		return NULL;
	*sample_out = (struct sample){
	    .name = at,
	    .tags = "",
	    .name_len = (uint32_t)(colon - at),
	    .kind = KIND_COUNTER,
	    .weight = 1,
	    .value = value,
	};
	return quick_type(bar + 1, end, sample_out);
}

/* If a line ends at `stop`, move *at behind it and its newline. */
static inline bool
quick_end(const char **at, const char *stop, const char *end)
{
	if (stop < end && *stop != '\n')
		return false;
	*at = stop + (stop < end);
	return true;
}
