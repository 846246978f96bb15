/* SPDX-License-Identifier: MIT */
/* dialect.c -- tags that stand in a name. */

#include "parse/dialect.h"

/* What stands behind a byte of a name, for whoever comes from its end. */
struct ahead {
	bool equals; /* an = before the next comma */
	bool closes; /* a ] */
};

/* Does this byte of a name begin tags, by one of the dialects? A comma or # of
 * which no = can make a tag does not. */
static bool
begins_tags(uint32_t dialects, char byte, struct ahead *ahead)
{
	bool begins;

	switch (byte) {
	case '=': ahead->equals = true; return false;
	case ']': ahead->closes = true; return false;
	case ';': return dialect_is_on(dialects, DIALECT_GRAPHITE);
	case '[': return dialect_is_on(dialects, DIALECT_SIGNALFX);
	case '#': return dialect_is_on(dialects, DIALECT_LIBRATO) && ahead->equals;
	case ',':
		begins = dialect_is_on(dialects, DIALECT_INFLUX) && ahead->equals;
		ahead->equals = false;
		return begins;
	default: return false;
	}
}

const char *
dialect_find(uint32_t dialects, const char *at, const char *end, bool *closes_out)
{
	const char *found = end;
	struct ahead ahead = {0};

	for (const char *p = end; p > at;) {
		if (begins_tags(dialects, *--p, &ahead)) {
			found = p;
			*closes_out = ahead.closes;
		}
	}
	return found;
}

void
dialect_blunt(uint32_t dialects, char *name, size_t len)
{
	struct ahead ahead = {0};

	for (size_t i = len; i-- > 0;) {
		if (begins_tags(dialects | 1u << DIALECT_GRAPHITE, name[i], &ahead)) {
			ahead.equals = ahead.equals || name[i] == ',';
			name[i] = '_';
		}
	}
}
