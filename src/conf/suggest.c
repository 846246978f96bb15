/* SPDX-License-Identifier: MIT */
/* suggest.c -- "did you mean": the optimal string alignment distance. */

#include "conf/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define WORD_MAX 64

/* A letter's worth, in half letters. */
#define WHOLE 2

static unsigned
letter_distance(char one, char other)
{
	if (one == other)
		return 0;
	return tolower((unsigned char)one) == tolower((unsigned char)other) ? 1 : WHOLE;
}

static unsigned
least(unsigned one, unsigned other)
{
	return one < other ? one : other;
}

unsigned
suggest_distance(const char *one, const char *other)
{
	size_t rows = strlen(one), columns = strlen(other);
	unsigned row[3][WORD_MAX + 1];

	if (rows > WORD_MAX || columns > WORD_MAX)
		return WHOLE * (unsigned)(rows > columns ? rows : columns);
	for (size_t j = 0; j <= columns; j++)
		row[0][j] = WHOLE * (unsigned)j;
	for (size_t i = 1; i <= rows; i++) {
		unsigned *here = row[i % 3], *above = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		here[0] = WHOLE * (unsigned)i;
		for (size_t j = 1; j <= columns; j++) {
			here[j] = above[j - 1] + letter_distance(one[i - 1], other[j - 1]);
			here[j] = least(here[j], above[j] + WHOLE);
			here[j] = least(here[j], here[j - 1] + WHOLE);
			if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
			    one[i - 2] == other[j - 1])
				here[j] = least(here[j], before[j - 2] + WHOLE);
		}
	}
	return row[rows % 3][columns];
}

/* flushInterval is an interval, after all. */
static bool
contains(const char *word, const char *candidate, size_t len)
{
	return len >= 4 && strcasestr(word, candidate) != NULL;
}

void
suggest_consider(struct suggestion *suggestion, const char *candidate)
{
	size_t len = strlen(candidate);
	/* A third of the letters may differ, and one always may. */
	unsigned tolerance = WHOLE * (unsigned)(len < 3 ? 1 : len / 3);
	unsigned distance = suggest_distance(suggestion->word, candidate);

	if (distance > tolerance && contains(suggestion->word, candidate, len))
		distance = tolerance;
	if (distance > tolerance || (len < 2 && distance >= WHOLE))
		return;
	if (suggestion->nearest != NULL && distance >= suggestion->distance)
		return;
	suggestion->nearest = candidate;
	suggestion->distance = distance;
}
