/* SPDX-License-Identifier: MIT */
/* number.h -- numbers as they stand on the wire: text to double and back,
 * without a locale, without printf, exact both ways. */

#pragma once

#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum number_status { NUMBER_OK, NUMBER_BAD, NUMBER_INFINITE };

/* The sum, or the largest number of its sign where it would not be finite: one
 * overflow must not turn what is added later into something that is no
 * number. */
static inline double
number_add(double a, double b)
{
	double sum = a + b;

	return sum > DBL_MAX ? DBL_MAX : sum < -DBL_MAX ? -DBL_MAX : sum;
}

/* A double as the bits it is made of, and back. */
static inline uint64_t
double_bits(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline double
bits_double(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* The longest text number_print() writes: the sign, 309 digits, or a zero, a
 * point and 324 + 17 digits. */
#define NUMBER_TEXT_MAX 352

/* Write the shortest decimal that reads back as exactly this finite double,
 * of several the nearest, never with an exponent: 0.1, 1500,
 * 0.30000000000000004. Minus zero is 0. Returns the length; no NUL. `out` has
 * room for NUMBER_TEXT_MAX bytes, of which more may be written than that. */
size_t number_print(double value, char *out);

/* The same for whole numbers, but that nothing is written behind them. */
size_t number_print_int(int64_t value, char *out);
size_t number_print_uint(uint64_t value, char *out);

/* number_parse() below, for any number. */
enum number_status
number_parse_any(const char *at, const char *end, const char **stop_out, double *value_out);

static inline bool
number_is_digit(char byte)
{
	return (unsigned char)(byte - '0') <= 9;
}

/* Parse the longest prefix of [at, end) that is a number: an optional sign,
 * digits (at most 400) with an optional point and fraction (at most 400
 * digits; "5." and ".5" are numbers, "." is not), an optional exponent of at
 * most three digits. *stop_out is where it ended. NUMBER_BAD: no number
 * stands there; NUMBER_INFINITE: too large for a finite double. The result is
 * the nearest double.
 *
 * Inline for what most metrics are, a whole number of a few digits that is not
 * the end of everything. */
static inline enum number_status
number_parse(const char *at, const char *end, const char **stop_out, double *value_out)
{
	const char *limit = end - at > 10 ? at + 10 : end, *p = at;
	int64_t whole = 0;

	for (; p < limit && number_is_digit(*p); p++)
		whole = whole * 10 + (*p - '0');
	if (p == at || p == limit || *p == '.' || (*p | 0x20) == 'e')
		return number_parse_any(at, end, stop_out, value_out);
	*stop_out = p;
	*value_out = (double)whole;
	return NUMBER_OK;
}
