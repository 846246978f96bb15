/* SPDX-License-Identifier: MIT */
/* hyperloglog.c -- how many different members a set has.
 *
 *      hash   | 50 rest | 14 register |
 *
 * A register keeps the highest rank of any rest: the place, from 1, of its
 * lowest bit that is 1. */

#include "aggregate/hyperloglog.h"

#include <math.h>
#include <stddef.h>

#define REGISTER_BITS 14
#define REST_BITS (64 - REGISTER_BITS)
#define ALPHA_INFINITE 0.721347520444481703680 /* 1 / (2 ln 2) */

_Static_assert(1 << REGISTER_BITS == HYPERLOGLOG_REGISTERS, "bits choose the register");
_Static_assert(REST_BITS + 1 == HYPERLOGLOG_RANK_MOST, "a rest of zeros has the highest rank");

void
hyperloglog_add(uint8_t *registers, uint64_t hash)
{
	uint8_t *at = registers + (hash & (HYPERLOGLOG_REGISTERS - 1));
	uint64_t rest = hash >> REGISTER_BITS | UINT64_C(1) << REST_BITS;
	uint8_t rank = (uint8_t)(__builtin_ctzll(rest) + 1);

	if (rank > *at)
		*at = rank;
}

void
hyperloglog_merge(uint8_t *registers, const uint8_t *other)
{
	for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++)
		if (other[i] > registers[i])
			registers[i] = other[i];
}

/* What registers that are still 0 add, x being their share: the sum of
 * x^(2^k) * 2^(k-1), and x. */
static double
sigma(double x)
{
	double sum = x, before, factor = 1;

	if (x == 1)
		return INFINITY;
	do {
		before = sum;
		x *= x;
		sum += x * factor;
		factor *= 2;
	} while (sum != before);
	return sum;
}

/* What registers that are full add, x being the share of those that are not. */
static double
tau(double x)
{
	double rest = 1 - x, before, factor = 1;

	if (x == 0 || x == 1)
		return 0;
	do {
		before = rest;
		x = sqrt(x);
		factor /= 2;
		rest -= (1 - x) * (1 - x) * factor;
	} while (rest != before);
	return rest / 3;
}

uint64_t
hyperloglog_count(const uint8_t *registers)
{
	const double m = HYPERLOGLOG_REGISTERS;
	uint32_t with[HYPERLOGLOG_RANK_MOST + 1] = {0};

	for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++)
		with[registers[i]]++;
	double sum = m * tau((m - with[HYPERLOGLOG_RANK_MOST]) / m);

	for (int rank = REST_BITS; rank > 0; rank--)
		sum = (sum + with[rank]) / 2;
	sum += m * sigma(with[0] / m);
	double estimate = ALPHA_INFINITE * m * m / sum;

	/* Members made for it can fill all registers. */
	return estimate < 0x1p63 ? (uint64_t)llround(estimate) : UINT64_C(1) << 63;
}
