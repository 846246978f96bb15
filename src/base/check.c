/* SPDX-License-Identifier: MIT */
/* check.c -- stop, and say which invariant did not hold. */

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void
check_failed(const char *expr, const char *file, int line, const char *function)
{
	fprintf(stderr, "tidemill: bug: %s:%d: %s: %s does not hold\n", file, line, function, expr);
	abort();
}
