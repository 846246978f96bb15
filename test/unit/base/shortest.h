/* SPDX-License-Identifier: MIT */
/* shortest.h -- is a text the shortest decimal that reads back as a double?
 * Asked of the C library only. And doubles to ask it about.
 *
 * All decimals that read back as a double lie in one interval around it. If the
 * text has n digits and a decimal of fewer lies there, then so does one of the
 * two of n - 1 digits that are next to the text. */

#pragma once

#include "base/number.h"
#include "test/unit/random.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define SHORTEST_DIGITS 800

/* digits * 10^exponent, no zero at either end. */
struct shortest {
	char digits[SHORTEST_DIGITS];
	int count, exponent;
};

/* Of digits and at most one point. */
static inline struct shortest
shortest_take_apart(const char *text)
{
	struct shortest number = {.count = 0};
	bool fraction = false;

	for (; *text != '\0' && *text != 'e'; text++) {
		if (*text == '.') {
			fraction = true;
			continue;
		}
		number.exponent -= fraction;
		if (number.count > 0 || *text != '0')
			number.digits[number.count++] = *text;
	}
	for (; number.count > 0 && number.digits[number.count - 1] == '0'; number.count--)
		number.exponent++;
	number.digits[number.count] = '\0';
	return number;
}

/* Does the decimal of one digit less read back, cut off or, with `up`, the next
 * above that? */
static inline bool
shortest_less_reads_back(double value, const struct shortest *number, long long up)
{
	char less[64];
	long long whole = strtoll(number->digits, NULL, 10) / 10 + up;

	snprintf(less, sizeof(less), "%llde%d", whole, number->exponent + 1);
	return strtod(less, NULL) == value;
}

/* What is wrong with the text of a positive finite double; NULL: nothing. */
static inline const char *
shortest_flaw(double value, const char *text)
{
	if (double_bits(strtod(text, NULL)) != double_bits(value))
		return "does not read back";
	struct shortest number = shortest_take_apart(text);

	if (number.count > 17)
		return "has more than 17 digits";
	if (number.count > 1 &&
	    (shortest_less_reads_back(value, &number, 0) ||
		shortest_less_reads_back(value, &number, 1)))
		return "is not the shortest";
	return NULL;
}

/* Of the decimals as short that read back, is it the nearest? Slow. */
static inline bool
shortest_is_nearest(double value, const char *text)
{
	struct shortest ours = shortest_take_apart(text);
	char nearest[64];

	snprintf(nearest, sizeof(nearest), "%.*e", ours.count - 1, value);
	if (strtod(nearest, NULL) != value)
		return true;
	struct shortest theirs = shortest_take_apart(nearest);

	return strcmp(ours.digits, theirs.digits) == 0;
}

/* The double so many steps away, from -4 to 3. */
static inline double
shortest_neighbour(double value, uint64_t random)
{
	return bits_double(double_bits(value) + random % 8 - 4);
}

/* Positive and finite. Half are any bits; the others are what metrics are like
 * and where rounding is hardest: whole numbers, those by a power of ten, sums
 * and means, and neighbours of these, of powers of two and of ten; and what is
 * below the normal range. */
static inline double
shortest_random(uint64_t *state)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
	uint64_t random = random_next(state), more = random_next(state);
	uint64_t whole = more >> 11 >> random_below(state, 52);
	double value = 0;

	switch (random % 14) {
	case 0: value = (double)whole / tens[1 + random / 14 % 3]; break;
	case 1: value = (double)whole / tens[random / 14 % 10]; break;
	case 2: value = (double)whole / (double)(1 + random / 14 % 1000); break;
	case 3: value = (double)whole * 0.001; break;
	case 4:
		value = shortest_neighbour((double)whole / tens[random / 14 % 10], random >> 32);
		break;
	case 5:
		value = shortest_neighbour(ldexp(1, (int)(more % 2098) - 1074), random >> 32);
		break;
	case 6: value = shortest_neighbour(pow(10, (int)(more % 617) - 308), random >> 32); break;
	case 7: value = bits_double(whole >> 1); break;
	default: break;
	}
	while (!(isfinite(value) && value > 0))
		value = bits_double(random_next(state) >> 1);
	return value;
}
