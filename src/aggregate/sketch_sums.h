/* SPDX-License-Identifier: MIT */
/* sketch_sums.h -- numbers of twice a double's precision, in which a sketch adds
 * up (Dekker, 1971). */

#pragma once

#include "base/number.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

#define HALF_BITS 26 /* of the 53 that a double has */

/* A number of twice a double's precision: their sum, high the nearest to it. */
struct pair {
	double high, low;
};

/* Two such numbers side by side: the processor adds to both at once. */
enum { SUM, SQUARES };

struct sums {
	double high __attribute__((vector_size(16)));
	double low __attribute__((vector_size(16)));
};

/* At the end of a double's range digits are lost, but it stays a number. */
static inline struct pair
pair_of(double high, double low)
{
	if (!(fabs(high) <= DBL_MAX))
		return (struct pair){copysign(DBL_MAX, high), 0};
	return (struct pair){high, fabs(low) <= DBL_MAX ? low : 0};
}

/* The exact sum of two doubles, if nothing overflows. */
static inline struct pair
two_sum(double a, double b)
{
	double sum = a + b, of_b = sum - a;

	return (struct pair){sum, (a - (sum - of_b)) + (b - of_b)};
}

static inline struct pair
pair_add(struct pair a, struct pair b)
{
	struct pair high = two_sum(a.high, b.high);
	struct pair sum = two_sum(high.high, high.low + (a.low + b.low));

	if (fabs(sum.high) <= DBL_MAX && fabs(sum.low) <= DBL_MAX)
		return sum;
	return pair_of(high.high, 0);
}

/* The exact product of two doubles, if nothing overflows. */
static inline struct pair
two_product(double a, double b)
{
	double product = a * b;

	return pair_of(product, fma(a, b, -product));
}

static inline struct pair
pair_multiply(struct pair a, struct pair b)
{
	struct pair product = two_product(a.high, b.high);

	return pair_add(product, pair_of(a.high * b.low + a.low * b.high, 0));
}

static inline struct pair
pair_divide(struct pair a, struct pair b)
{
	double quotient = a.high / b.high;
	struct pair taken = pair_multiply((struct pair){quotient, 0}, b);
	struct pair left = pair_add(a, (struct pair){-taken.high, -taken.low});

	return pair_add(pair_of(quotient, 0), pair_of(left.high / b.high, 0));
}

static inline struct pair
sums_get(const struct sums *sums, unsigned which)
{
	return (struct pair){sums->high[which], sums->low[which]};
}

static inline void
sums_add(struct sums *sums, unsigned which, struct pair more)
{
	struct pair sum = pair_add(sums_get(sums, which), more);

	sums->high[which] = sum.high;
	sums->low[which] = sum.low;
}

/* What the square of a value, neither tiny nor huge, is more than its nearest double (Dekker):
 * products of two halves, of 26 bits each, are exact. */
static inline double
square_error(double value, double square)
{
	double upper = bits_double(
	    (double_bits(value) + (UINT64_C(1) << HALF_BITS)) & ~((UINT64_C(2) << HALF_BITS) - 1));
	double lower = value - upper;

	return ((upper * upper - square) + 2 * upper * lower) + lower * lower;
}

/* As adding the pairs of a plain value and of its square, to the bit: what is
 * less than half of the last digit of the greatest double makes no sum
 * overflow, and as the second sum's first term is 0 or not less than the
 * other, what it leaves takes two steps. */
static inline void
sums_add_plain(struct sums *sums, double value)
{
	double square = value * value;
	struct sums is = *sums;
	struct sums more = {{value, square}, {0, square_error(value, square)}};
	struct sums sum = {.high = is.high + more.high};
	__typeof__(sum.high) part = sum.high - is.high;

	sum.low = (is.high - (sum.high - part)) + (more.high - part) + (is.low + more.low);
	sums->high = sum.high + sum.low;
	sums->low = sum.low - (sums->high - sum.high);
}
