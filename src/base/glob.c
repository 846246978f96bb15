/* SPDX-License-Identifier: MIT */
/* glob.c -- matching a pattern against a name.
 *
 * Between two stars stands a run of units that take one byte each, so a run
 * has one length, and the first place where it fits is as good as any other:
 * where a unit fails, only the star before it need take one byte more, never
 * an earlier one. That keeps the steps within pattern times name.
 *
 * In components every dot of the name is taken by a dot of the pattern, so
 * that a star before it has nothing else to try once the dot has been taken. */

#include "base/glob.h"

#include "base/check.h"

/* Step over one byte, which may be written with a backslash; false where the
 * pattern ends. */
static bool
byte_next(const char **at, unsigned char *byte_out)
{
	if (**at == '\\')
		(*at)++;
	*byte_out = (unsigned char)**at;
	if (**at == '\0')
		return false;
	(*at)++;
	return true;
}

/* Step over one member of a set, "a" or "a-z"; false where the pattern ends. */
static bool
member_next(const char **at, unsigned char *low_out, unsigned char *high_out)
{
	if (!byte_next(at, low_out))
		return false;
	*high_out = *low_out;
	if ((*at)[0] != '-' || (*at)[1] == ']')
		return true;
	(*at)++;
	return byte_next(at, high_out);
}

/* Whether a set takes the byte; *at goes from behind its opening bracket to
 * behind its closing one. A closing bracket that comes first is a member. */
static bool
set_takes(const char **at, unsigned char byte)
{
	bool inverted = **at == '!', found = false;
	unsigned char low = 0, high = 0;

	if (inverted)
		(*at)++;
	do {
		member_next(at, &low, &high);
		found |= byte >= low && byte <= high;
	} while (**at != ']');
	(*at)++;
	return found != inverted;
}

/* Step over a unit of the pattern, which is no star; whether it takes the
 * byte. */
static bool
unit_takes(const char **at, char byte, bool components)
{
	bool wild = **at == '?' || **at == '[', taken = true;
	unsigned char literal = 0;

	if (**at == '?') {
		(*at)++;
	} else if (**at == '[') {
		(*at)++;
		taken = set_takes(at, (unsigned char)byte);
	} else {
		byte_next(at, &literal);
		taken = literal == (unsigned char)byte;
	}
	return taken && !(wild && components && byte == '.');
}

/* The star takes one byte more, if it may. */
static bool
star_grow(struct glob_part *star, const char *end, bool components)
{
	const char *next = star->at + star->len;

	if (next == end || (components && *next == '.'))
		return false;
	star->len++;
	return true;
}

bool
glob_match(
    const char *pattern, const char *name, size_t len, bool components, struct glob_part *parts_out)
{
	const char *at = name, *end = name + len, *behind_star = NULL;
	struct glob_part own[GLOB_STARS], *parts = parts_out != NULL ? parts_out : own;
	size_t stars = 0;

	for (;;) {
		if (*pattern == '*') {
			CHECK(stars < GLOB_STARS);
			parts[stars++] = (struct glob_part){.at = at};
			behind_star = ++pattern;
			continue;
		}
		if (at == end)
			return *pattern == '\0';
		if (*pattern != '\0' && unit_takes(&pattern, *at, components)) {
			at++;
			continue;
		}
		if (stars == 0 || !star_grow(&parts[stars - 1], end, components))
			return false;
		at = parts[stars - 1].at + parts[stars - 1].len;
		pattern = behind_star;
	}
}

/* Of a set, as set_takes() reads it. */
static const char *
set_problem(const char **at)
{
	unsigned char low = 0, high = 0;

	if (**at == '^')
		return "[^ does not invert a set, [! does; write \\^ for the character";
	if (**at == '!')
		(*at)++;
	do {
		if (!member_next(at, &low, &high))
			return "a bracket is not closed";
		if (low > high)
			return "a range in brackets runs backwards";
	} while (**at != ']');
	(*at)++;
	return NULL;
}

const char *
glob_problem(const char *pattern)
{
	const char *problem = NULL;
	unsigned char literal = 0;
	size_t stars = 0;

	while (*pattern != '\0' && problem == NULL) {
		if (*pattern == '*') {
			pattern++;
			if (++stars > GLOB_STARS)
				problem = "there are more than 16 stars";
		} else if (*pattern == '[') {
			pattern++;
			problem = set_problem(&pattern);
		} else if (!byte_next(&pattern, &literal)) {
			problem = "a backslash stands at the end";
		}
	}
	return problem;
}
