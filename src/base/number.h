/* SPDX-License-Identifier: MIT */
/* number.h -- numbers as they stand on the wire: text to double and back,
 * without a locale, without printf, exact both ways. */

#pragma once

#include <stdbool.h>
#include <float.h>
#include <stddef.h>
#include <stdint.h>

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

/* The longest text number_print() writes: the sign, 309 digits, or a zero, a
 * point and 324 + 17 digits. */
#define NUMBER_TEXT_MAX 352

/* Write the shortest decimal that reads back as exactly this finite double,
 * of several the nearest, never with an exponent: 0.1, 1500,
 * 0.30000000000000004. Minus zero is 0. Returns the length; no NUL. */
size_t number_print(double value, char *out);

/* The same for whole numbers. */
size_t number_print_int(int64_t value, char *out);
size_t number_print_uint(uint64_t value, char *out);

/* For number_parse() below: any number, and the powers a double holds exactly. */
#define NUMBER_EXACT_POWERS 23
extern const double number_exact_powers[NUMBER_EXACT_POWERS];
enum number_status
number_parse_any(const char *at, const char *end, const char **stop_out, double *value_out);

/* Parse the longest prefix of [at, end) that is a number: an optional sign,
 * digits (at most 400) with an optional point and fraction (at most 400
 * digits; "5." and ".5" are numbers, "." is not), an optional exponent of at
 * most three digits. *stop_out is where it ended. NUMBER_BAD: no number
 * stands there; NUMBER_INFINITE: too large for a finite double. The result is
 * the nearest double.
 *
 * Inline for what metrics look like, up to 18 digits without an exponent: a
 * whole number a double holds divided by a power of ten it holds is rounded
 * once (Clinger, How to read floating point numbers accurately, 1990). */
static inline enum number_status
number_parse(const char *at, const char *end, const char **stop_out, double *value_out)
{
	const char *p = at;
	bool minus = p < end && *p == '-';

	p += minus || (p < end && *p == '+');
	const char *digits = p;
	const char *limit = end - p > 18 ? p + 18 : end;
	const char *point = NULL;
	uint64_t whole = 0;

	for (; p < limit; p++) {
		unsigned digit = (unsigned)(unsigned char)*p - '0';

		if (digit <= 9)
			whole = whole * 10 + digit;
		else if (*p == '.' && point == NULL)
			point = p;
		else
			break;
	}
	bool goes_on = p < end && ((*p >= '0' && *p <= '9') || *p == '.' || (*p | 0x20) == 'e');

	if (goes_on || p == digits + (point != NULL) || whole > UINT64_C(1) << 53)
		return number_parse_any(at, end, stop_out, value_out);
	double value = (double)whole;

	if (point != NULL)
		value /= number_exact_powers[p - point - 1];
	*stop_out = p;
	*value_out = minus ? -value : value;
	return NUMBER_OK;
}
