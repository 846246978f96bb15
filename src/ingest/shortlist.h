/* SPDX-License-Identifier: MIT */
/* shortlist.h -- which of many patterns are worth trying on a name: those
 * whose fixed beginning it has.
 *
 * With thousands of patterns most begin with words of their own. The distinct
 * beginnings are kept sorted; of those a name has, the longest is found by
 * bisection, and each knows the next shorter one. */

#pragma once

#include <stddef.h>

struct shortlist;

/* The beginning of pattern 0, 1, 2 ... in turn; it must stay where it is. */
struct beginning {
	const char *at;
	size_t len;
};

struct shortlist *shortlist_new(const struct beginning *beginnings, size_t count);
void shortlist_free(struct shortlist *list);

/* The patterns worth trying come in runs, each ascending. Start with the run
 * of a name, go on with the next; SHORTLIST_END. */
#define SHORTLIST_END ((size_t)-1)
size_t shortlist_first(const struct shortlist *list, const char *name, size_t len);
size_t shortlist_next(const struct shortlist *list, size_t run);

/* The patterns of a run. */
const size_t *shortlist_run(const struct shortlist *list, size_t run, size_t *count_out);
