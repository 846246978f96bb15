/* SPDX-License-Identifier: MIT */
/* glob.h -- the one kind of pattern: a shell glob over a whole name.
 *
 *   *       any bytes, dots included     ?        any one byte
 *   [a-z]   one of these                 [!a-z]   one that is none of these
 *   \*      a star; within brackets too, a backslash makes a byte itself
 *
 * A star takes as little as it can, the first one first; the last one takes
 * the rest. Matching takes at most pattern times name steps, whatever they
 * are.
 *
 * With `components` a name is components between dots (statsd_exporter's
 * globs): only a dot in the pattern takes a dot; the last star of each
 * component takes that one's rest. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#define GLOB_STARS 16

/* What a star stood for: a part of the name. */
struct glob_part {
	const char *at;
	size_t len;
};

/* NULL: the pattern is one. Else a plain sentence that says what is wrong:
 * a bracket that does not close, a range backwards, a backslash at the end, too
 * many stars; [^, which means [! elsewhere and would not here. */
const char *glob_problem(const char *pattern);

/* Does the whole name match? parts_out, if not NULL, has GLOB_STARS places and
 * gets what each star stood for, in order; of a name that does not match, what
 * is in them means nothing. The pattern has no problem. */
bool glob_match(const char *pattern, const char *name, size_t len, bool components,
    struct glob_part *parts_out);
