/* SPDX-License-Identifier: MIT */
/* dialect.h -- who writes tags how.
 *
 *   dogstatsd   a:1|c|#k:v,k2:v2      and events
 *   graphite    a;k=v;k2=v2:1|c
 *   influx      a,k=v,k2=v2:1|c
 *   librato     a#k=v,k2=v2:1|c
 *   signalfx    a[k=v,k2=v2]b:1|c     of the series ab
 *
 * In a name the first mark that begins tags of a dialect that is on decides
 * which it is; within its tags the marks of the others are bytes like any. A
 * comma or # begins tags only if there is an = before the next comma: else it
 * is a byte of the name. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dialect {
	DIALECT_DOGSTATSD,
	DIALECT_GRAPHITE,
	DIALECT_INFLUX,
	DIALECT_LIBRATO,
	DIALECT_SIGNALFX,
};

/* In a set of them, a bit each. */
static inline bool
dialect_is_on(uint32_t dialects, enum dialect dialect)
{
	return (dialects >> dialect & 1) != 0;
}

/* The mark that begins tags in a name, or its end. If it is a [, *closes_out
 * tells whether a ] follows. */
const char *dialect_find(uint32_t dialects, const char *at, const char *end, bool *closes_out);

/* An underscore in place of each mark that would begin tags in a name: neither
 * here, when it comes back, nor in Graphite may one. */
void dialect_blunt(uint32_t dialects, char *name, size_t len);
