/* SPDX-License-Identifier: MIT */
/* suggest.h -- "did you mean". */

#pragma once

#include <stddef.h>

/* How many letters must be put in, left out, changed or swapped with their
 * neighbour to make one word of the other; case counts half. Words over 64
 * bytes are as different as they are long. In half letters. */
unsigned suggest_distance(const char *one, const char *other);

/* Keep the nearest of the candidates shown to it one by one: one that differs
 * little, else one that the word contains. Start with
 * {.word = ...}; nearest is NULL as long as none resembles the word. */
struct suggestion {
	const char *word;
	const char *nearest;
	unsigned distance;
};

void suggest_consider(struct suggestion *suggestion, const char *candidate);
