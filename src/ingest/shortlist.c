/* SPDX-License-Identifier: MIT */
/* shortlist.c -- which of many patterns are worth trying on a name.
 *
 * All strings between a beginning and a name that has it, in the order of
 * bytes, have it too. So the last beginning that is not behind the name leads
 * to every one the name has, by going from each to the longest other one that
 * it begins with itself. */

#include "ingest/shortlist.h"

#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct run {
	struct beginning beginning;
	size_t parent; /* the longest other beginning that this begins with */
	size_t first, count;
};

struct shortlist {
	struct run *runs; /* sorted by their beginnings */
	size_t count;
	size_t *patterns; /* by run, then ascending */
};

static int
compare(const struct beginning *a, const struct beginning *b)
{
	size_t shorter = a->len < b->len ? a->len : b->len;
	int order = shorter > 0 ? memcmp(a->at, b->at, shorter) : 0;

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static bool
begins_with(const struct beginning *longer, const struct beginning *shorter)
{
	return longer->len >= shorter->len &&
	    (shorter->len == 0 || memcmp(longer->at, shorter->at, shorter->len) == 0);
}

/* A pattern on its way to its place. */
struct candidate {
	struct beginning beginning;
	size_t pattern;
};

static int
compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	int order = compare(&a->beginning, &b->beginning);

	return order != 0 ? order : (a->pattern > b->pattern) - (a->pattern < b->pattern);
}

/* Go up from `run` to the first that `beginning` begins with. */
static size_t
climb(const struct shortlist *list, size_t run, const struct beginning *beginning)
{
	while (run != SHORTLIST_END && !begins_with(beginning, &list->runs[run].beginning))
		run = list->runs[run].parent;
	return run;
}

struct shortlist *
shortlist_new(const struct beginning *beginnings, size_t count)
{
	struct shortlist *list = mem_zero(1, sizeof(*list));
	struct candidate *sorted = mem_zero(count + 1, sizeof(*sorted));

	list->patterns = mem_zero(count + 1, sizeof(*list->patterns));
	list->runs = mem_zero(count + 1, sizeof(*list->runs));
	for (size_t i = 0; i < count; i++)
		sorted[i] = (struct candidate){beginnings[i], i};
	qsort(sorted, count, sizeof(*sorted), compare_candidates);
	for (size_t i = 0; i < count; i++) {
		const struct beginning *beginning = &sorted[i].beginning;
		size_t last = list->count > 0 ? list->count - 1 : SHORTLIST_END;

		if (last == SHORTLIST_END || compare(&list->runs[last].beginning, beginning) != 0)
			list->runs[list->count++] = (struct run){
			    .beginning = *beginning,
			    .parent = climb(list, last, beginning),
			    .first = i,
			};
		list->runs[list->count - 1].count++;
		list->patterns[i] = sorted[i].pattern;
	}
	free(sorted);
	return list;
}

void
shortlist_free(struct shortlist *list)
{
	if (list == NULL)
		return;
	free(list->patterns);
	free(list->runs);
	free(list);
}

size_t
shortlist_first(const struct shortlist *list, const char *name, size_t len)
{
	const struct beginning whole = {name, len};
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&list->runs[middle].beginning, &whole) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return climb(list, low > 0 ? low - 1 : SHORTLIST_END, &whole);
}

size_t
shortlist_next(const struct shortlist *list, size_t run)
{
	return list->runs[run].parent;
}

const size_t *
shortlist_run(const struct shortlist *list, size_t run, size_t *count_out)
{
	*count_out = list->runs[run].count;
	return list->patterns + list->runs[run].first;
}
