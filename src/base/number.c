/* SPDX-License-Identifier: MIT */
/* number.c -- numbers as they stand on the wire.
 *
 * Reading: a number of at most 19 digits is multiplied by the first 128 bits
 * of its power of ten, which nearly always settles to which double it rounds
 * (after Daniel Lemire, Number parsing at a gigabyte per second, 2021); the
 * rest is left to strtod_l in the C locale, on a bounded copy.
 *
 * Writing: Schubfach (Raffaello Giulietti, The Schubfach way to render
 * doubles, 2020). The doubles' neighbourhoods are scaled by a power of ten so
 * that the decimals in question become the whole numbers around one quotient;
 * the shortest that lies within the neighbourhood is among at most four. */

#include "base/number.h"

#include "base/check.h"
#include "base/number_powers.h"

#include <endian.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* For the fast path of number_parse(). */
_Static_assert(FLT_EVAL_METHOD == 0, "an operation on doubles must round once");

#define DIGITS_MAX 400 /* before the point, and after it */
#define EXPONENT_DIGITS 3
#define TEXT_MAX (1 + DIGITS_MAX + 1 + DIGITS_MAX + 2 + EXPONENT_DIGITS)
#define EXACT_DIGITS 19 /* any such number fits 64 bits */
#define EXACT_INTEGER (UINT64_C(1) << 53)
#define FEW_PLACES 1000000             /* ten to the power of how many */
#define HIDDEN_BIT (UINT64_C(1) << 52) /* of a double's significand */

static const double exact_powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

#define PLACES 16 /* two eights of digits, nearly all of a shortest decimal's 17 */
static const uint64_t whole_powers[PLACES + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000,
    10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
    100000000000000, 1000000000000000, 10000000000000000};

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
				  "25262728293031323334353637383940414243444546474849"
				  "50515253545556575859606162636465666768697071727374"
				  "75767778798081828384858687888990919293949596979899";

/* floor(log10(2^e)), floor(log10(3/4 * 2^e)), floor(log2(10^e)), each right
 * for every exponent that can occur; >> rounds down. */
static int
log10_pow2(int e)
{
	return (e * 1262611) >> 22;
}

static int
log10_three_quarters_pow2(int e)
{
	return (e * 1262611 - 524031) >> 22;
}

static int
log2_pow10(int e)
{
	return (e * 1741647) >> 19;
}

/* A number being read: its digits as a whole number times a power of ten. */
struct reading {
	uint64_t whole;
	int significant; /* digits, leading zeros apart; beyond EXACT_DIGITS whole lacks the last */
	int power;
};

static const char *
read_digits(const char *at, const char *end, struct reading *reading)
{
	const char *limit = end - at > DIGITS_MAX ? at + DIGITS_MAX : end;
	uint64_t whole = reading->whole;
	int significant = reading->significant;

	for (; at < limit && number_is_digit(*at); at++) {
		significant += significant > 0 || *at > '0';
		if (significant <= EXACT_DIGITS)
			whole = whole * 10 + (uint64_t)(*at - '0');
	}
	reading->whole = whole;
	reading->significant = significant;
	return at;
}

/* Where the exponent at `at` ends; `at` itself if none stands there. */
static const char *
read_exponent(const char *at, const char *end, struct reading *reading)
{
	const char *p = at;

	if (p == end || (*p != 'e' && *p != 'E'))
		return at;
	p++;
	bool minus = p < end && *p == '-';

	p += minus || (p < end && *p == '+');
	const char *limit = end - p > EXPONENT_DIGITS ? p + EXPONENT_DIGITS : end;
	const char *digits = p;
	int exponent = 0;

	for (; p < limit && number_is_digit(*p); p++)
		exponent = exponent * 10 + (*p - '0');
	if (p == digits)
		return at;
	reading->power += minus ? -exponent : exponent;
	return p;
}

/* The double nearest to the number; false when that is too close to call, and
 * outside the table's range. Within it nothing is as small as a subnormal.
 *
 * The entry of 10^power is too large by less than 1, the product therefore by
 * less than 2^64; its upper 128 bits are less than 1 away from the truth. So
 * what stands below the 53 bits of the significand is above or below one half
 * as the truth is, unless it is one half. */
static bool
read_closely(const struct reading *reading, double *value_out)
{
	if (reading->significant > EXACT_DIGITS || reading->whole == 0 ||
	    reading->power < NUMBER_POWER_MIN || reading->power > NUMBER_POWER_MAX)
		return false;
	const uint64_t *power = number_powers[reading->power - NUMBER_POWER_MIN];
	int shift = __builtin_clzll(reading->whole);
	uint64_t whole = reading->whole << shift;
	unsigned __int128 lower = (unsigned __int128)whole * power[1];
	unsigned __int128 upper = (unsigned __int128)whole * power[0] + (uint64_t)(lower >> 64);

	int below = 74 + (int)(upper >> 127); /* bits; the product has 127 or 128 */
	unsigned __int128 half = (unsigned __int128)1 << (below - 1);
	unsigned __int128 rest = upper & (2 * half - 1);
	int biased = below + log2_pow10(reading->power) - 63 - shift + 1075;

	if (rest == half || biased > 2046)
		return false;
	/* Rounding up to 2^53 carries into the exponent, as it should. */
	uint64_t bits = (uint64_t)(upper >> below) - HIDDEN_BIT + (rest > half);

	bits += (uint64_t)biased << 52;
	*value_out = bits_double(bits);
	return true;
}

static locale_t c_locale;

static void
open_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	CHECK(c_locale != (locale_t)0);
}

static double
read_exactly(const char *at, size_t len)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char text[TEXT_MAX + 1];

	CHECK(len <= TEXT_MAX);
	CHECK(pthread_once(&once, open_c_locale) == 0);
	memcpy(text, at, len);
	text[len] = '\0';
	return strtod_l(text, NULL, c_locale);
}

static enum number_status
parse_closely(const char *at, const char *end, const char **stop_out, double *value_out)
{
	struct reading reading = {0};
	const char *p = at;
	bool minus = p < end && *p == '-';

	p += minus || (p < end && *p == '+');
	const char *digits = p;

	p = read_digits(p, end, &reading);
	size_t count = (size_t)(p - digits);

	if (p < end && *p == '.') {
		const char *fraction = p + 1;

		p = read_digits(fraction, end, &reading);
		reading.power -= (int)(p - fraction);
		count += (size_t)(p - fraction);
	}
	*stop_out = at;
	if (count == 0)
		return NUMBER_BAD;
	p = read_exponent(p, end, &reading);
	*stop_out = p;
	double value;

	if (!read_closely(&reading, &value))
		value = fabs(read_exactly(at, (size_t)(p - at)));
	*value_out = minus ? -value : value;
	return isfinite(value) ? NUMBER_OK : NUMBER_INFINITE;
}

/* What decimals look like, of fewer than EXACT_DIGITS digits and without an
 * exponent: a whole number a double holds divided by a power of ten it holds is
 * rounded once (Clinger, How to read floating point numbers accurately, 1990). */
enum number_status
number_parse_any(const char *at, const char *end, const char **stop_out, double *value_out)
{
	const char *p = at;
	bool minus = p < end && *p == '-';

	p += minus || (p < end && *p == '+');
	const char *limit = end - p >= EXACT_DIGITS ? p + EXACT_DIGITS - 1 : end;
	const char *digits = p, *point = NULL;
	uint64_t whole = 0;

	for (; p < limit; p++) {
		if (number_is_digit(*p))
			whole = whole * 10 + (uint64_t)(*p - '0');
		else if (*p == '.' && point == NULL)
			point = p;
		else
			break;
	}
	bool goes_on = p < end && (number_is_digit(*p) || *p == '.' || (*p | 0x20) == 'e');

	if (goes_on || p == digits + (point != NULL) || whole > EXACT_INTEGER)
		return parse_closely(at, end, stop_out, value_out);
	double value = (double)whole;

	if (point != NULL)
		value /= exact_powers[p - point - 1];
	*stop_out = p;
	*value_out = minus ? -value : value;
	return NUMBER_OK;
}

/* Eight digits, the first in the lowest byte, each as a number: halves of four
 * digits, then pairs, then digits are split side by side in one word. 10486 /
 * 2^20 and 103 / 2^10 are 1/100 and 1/10 for what fits the lanes. */
static uint64_t
eight_digits(uint32_t value)
{
	uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
	uint64_t hundreds = (fours * 10486) >> 20 & UINT64_C(0x7f0000007f);
	uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16;
	uint64_t tens = (pairs * 103) >> 10 & UINT64_C(0x000f000f000f000f);

	return tens | (pairs - 10 * tens) << 8;
}

/* The digits as text, the first of them first. */
static void
put_eight(uint64_t digits, char *out)
{
	digits = htole64(digits | UINT64_C(0x3030303030303030));
	memcpy(out, &digits, sizeof(digits));
}

static size_t
put_below_10000(uint32_t value, char *out)
{
	const char *last = digit_pairs + 2 * (value % 100);
	uint32_t hundreds = value / 100;

	if (value < 10) {
		out[0] = last[1];
		return 1;
	}
	if (hundreds == 0) {
		memcpy(out, last, 2);
		return 2;
	}
	if (hundreds < 10) {
		out[0] = (char)('0' + hundreds);
		memcpy(out + 1, last, 2);
		return 3;
	}
	memcpy(out, digit_pairs + 2 * hundreds, 2);
	memcpy(out + 2, last, 2);
	return 4;
}

/* Five to eight: the first four and the last four, which may overlap. */
static size_t
put_below_100000000(uint32_t value, char *out)
{
	uint64_t digits = eight_digits(value);
	unsigned zeros = (unsigned)__builtin_ctzll(digits) / 8;
	char text[8];

	put_eight(digits, text);
	memcpy(out, text + zeros, 4);
	memcpy(out + 4 - zeros, text + 4, 4);
	return 8 - zeros;
}

size_t
number_print_uint(uint64_t value, char *out)
{
	if (value < 10000)
		return put_below_10000((uint32_t)value, out);
	if (value < 100000000)
		return put_below_100000000((uint32_t)value, out);
	size_t len = number_print_uint(value / 100000000, out);

	put_eight(eight_digits((uint32_t)(value % 100000000)), out + len);
	return len + 8;
}

size_t
number_print_int(int64_t value, char *out)
{
	if (value >= 0)
		return number_print_uint((uint64_t)value, out);
	*out = '-';
	return 1 + number_print_uint(-(uint64_t)value, out + 1);
}

/* digits * 10^power */
struct decimal {
	uint64_t digits;
	int power;
};

/* The upper 64 of the 192 bits of power * factor, the last bit set also when
 * anything but rounding stands below: rounded to odd, so that comparing with
 * whole and half numbers gives the exact product's answer. */
static uint64_t
multiply_to_odd(const uint64_t power[2], uint64_t factor)
{
	unsigned __int128 lower = (unsigned __int128)power[1] * factor;
	unsigned __int128 upper = (unsigned __int128)power[0] * factor + (uint64_t)(lower >> 64);

	return (uint64_t)(upper >> 64) | ((uint64_t)upper > 1);
}

/* The decimal to write for significand * 2^exponent; `narrow` when the double
 * below is half as far away as the one above. Everything is in quarters of
 * 10^power: the double and the ends of the interval that rounds to it. */
static struct decimal
shortest_decimal(uint64_t significand, int exponent, bool narrow)
{
	int power = narrow ? log10_three_quarters_pow2(exponent) : log10_pow2(exponent);
	int shift = exponent + log2_pow10(-power) + 1;
	const uint64_t *scale = number_powers[-power - NUMBER_POWER_MIN];
	uint64_t value = multiply_to_odd(scale, (4 * significand) << shift);
	uint64_t low = multiply_to_odd(scale, (4 * significand - 2 + narrow) << shift);
	uint64_t high = multiply_to_odd(scale, (4 * significand + 2) << shift);
	uint64_t whole = value / 4;

	/* A tie rounds to the even significand: for the odd the ends are out. */
	low += significand & 1;
	high -= significand & 1;
	if (whole >= 10) {
		uint64_t tens = whole / 10;
		bool below = low <= 40 * tens;
		bool above = 40 * tens + 40 <= high;

		if (below != above)
			return (struct decimal){tens + above, power + 1};
	}
	bool below = low <= 4 * whole;
	bool above = 4 * whole + 4 <= high;

	if (below != above)
		return (struct decimal){whole + above, power};
	uint64_t middle = 4 * whole + 2;
	bool up = value > middle || (value == middle && (whole & 1) != 0);

	return (struct decimal){whole + up, power};
}

static struct decimal
decimal_of(double magnitude)
{
	uint64_t bits = double_bits(magnitude);
	uint64_t fraction = bits & (HIDDEN_BIT - 1);
	int biased = (int)(bits >> 52);
	struct decimal decimal = biased == 0
	    ? shortest_decimal(fraction, 1 - 1075, false)
	    : shortest_decimal(fraction | HIDDEN_BIT, biased - 1075, fraction == 0 && biased > 1);

	if (decimal.digits % 100000000 == 0) { /* most of the way at once */
		decimal.digits /= 100000000;
		decimal.power += 8;
	}
	while (decimal.digits % 10 == 0) {
		decimal.digits /= 10;
		decimal.power++;
	}
	return decimal;
}

/* A fraction so small, or so long, that there is a zero before the point. */
static size_t
put_small_decimal(struct decimal decimal, char *out)
{
	char digits[EXACT_DIGITS];
	size_t count = number_print_uint(decimal.digits, digits);
	size_t len = 2 + (size_t)-decimal.power;

	memset(out, '0', len - count);
	out[1] = '.';
	memcpy(out + len - count, digits, count);
	return len;
}

/* Without an exponent: 1500, 15.25, 0.0015. Zeros may stand after the end. */
static size_t
put_decimal(struct decimal decimal, char *out)
{
	if (decimal.power >= 0) {
		size_t len = number_print_uint(decimal.digits, out);

		memset(out + len, '0', (size_t)decimal.power);
		return len + (size_t)decimal.power;
	}
	if (decimal.power < -PLACES)
		return put_small_decimal(decimal, out);
	uint64_t one = whole_powers[-decimal.power];
	uint64_t fraction = decimal.digits % one * whole_powers[PLACES + decimal.power];
	size_t len = number_print_uint(decimal.digits / one, out);

	out[len++] = '.';
	put_eight(eight_digits((uint32_t)(fraction / 100000000)), out + len);
	put_eight(eight_digits((uint32_t)(fraction % 100000000)), out + len + 8);
	return len + (size_t)-decimal.power;
}

/* A decimal of few places, which most numbers are that are not whole; 0: it is
 * none. No two decimals of up to 15 digits are the same double (DBL_DIG), so
 * that one which reads back is the shortest, and the only one so short. Whether
 * it does is known exactly: a division of whole numbers rounds once. */
static size_t
put_few_places(double magnitude, char *out)
{
	if (magnitude >= 1e15 / FEW_PLACES)
		return 0;
	uint64_t scaled = (uint64_t)(magnitude * FEW_PLACES + 0.5);

	if ((double)scaled / FEW_PLACES != magnitude)
		return 0;
	size_t len = number_print_uint(scaled / FEW_PLACES, out);
	uint64_t places = eight_digits((uint32_t)(scaled % FEW_PLACES * (100000000 / FEW_PLACES)));

	out[len++] = '.';
	put_eight(places, out + len);
	return len + 8 - (unsigned)__builtin_clzll(places) / 8;
}

size_t
number_print(double value, char *out)
{
	double magnitude = fabs(value);

	if (magnitude <= (double)EXACT_INTEGER) {
		int64_t whole = (int64_t)value;

		if ((double)whole == value)
			return number_print_int(whole, out);
	}
	CHECK(isfinite(value));
	size_t sign = value < 0;

	if (sign > 0)
		*out = '-';
	size_t len = put_few_places(magnitude, out + sign);

	return sign + (len > 0 ? len : put_decimal(decimal_of(magnitude), out + sign));
}
