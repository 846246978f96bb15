/* SPDX-License-Identifier: MIT */
/* letter_number.c -- text to number as JavaScript's Number() has it: white
 * space around it, Infinity, literals to the bases 16, 8 and 2, and no bound
 * on how many digits there are. */

#include "parse/letter.h"

#include "parse/scan.h"

#include <math.h>

/* ---- literals ---------------------------------------------------------------- */

/* Bits that a digit of a literal that begins with 0 and this letter has;
 * 0: there is none. */
static unsigned
literal_bits(char letter)
{
	switch (letter) {
	case 'x':
	case 'X': return 4;
	case 'o':
	case 'O': return 3;
	case 'b':
	case 'B': return 1;
	default: return 0;
	}
}

static unsigned
digit_of(char byte)
{
	if (byte >= '0' && byte <= '9')
		return (unsigned)(byte - '0');
	if (byte >= 'a' && byte <= 'f')
		return (unsigned)(byte - 'a') + 10;
	if (byte >= 'A' && byte <= 'F')
		return (unsigned)(byte - 'A') + 10;
	return 16;
}

/* The digits of a literal. What does not fit 64 bits only counts as more than
 * nothing below their last, which is far below the last of a double: it is
 * rounded once, as if all were there. */
static enum number_status
literal_number(const char *at, const char *end, unsigned bits, double *value_out)
{
	uint64_t whole = 0;
	int dropped = 0;
	bool below = false;

	if (at == end)
		return NUMBER_BAD;
	for (; at < end; at++) {
		unsigned digit = digit_of(*at);

		if (digit >> bits != 0)
			return NUMBER_BAD;
		if (whole >> (64 - bits) == 0) {
			whole = whole << bits | digit;
		} else {
			dropped += (int)bits;
			below = below || digit != 0;
		}
	}
	*value_out = ldexp((double)(whole | below), dropped);
	return isfinite(*value_out) ? NUMBER_OK : NUMBER_INFINITE;
}

/* ---- decimals that are out of number_parse()'s bounds ---------------------------- */

/* More digits than it takes to tell a double from the point halfway to the
 * next (768); those after them only count as more than nothing. */
#define DIGITS_KEPT 780
#define DIGITS_WHOLE 390 /* of these, before the point */
#define POWER_MOST 999   /* beyond, there is no doubt */

/* 0.DIGITS times ten to the power. */
struct decimal {
	char digits[DIGITS_KEPT + 1];
	size_t kept;
	int64_t power;
	bool below;
};

static void
add_digit(struct decimal *decimal, char digit, bool fraction)
{
	bool leading = decimal->kept == 0 && digit == '0';

	if (!leading && decimal->kept < DIGITS_KEPT)
		decimal->digits[decimal->kept++] = digit;
	else if (digit != '0')
		decimal->below = true;
	if (!fraction && !leading)
		decimal->power++;
	else if (fraction && leading)
		decimal->power--;
}

/* Digits with a point among them; false: there is not one digit. */
static bool
take_digits(const char **at, const char *end, struct decimal *decimal)
{
	const char *p = *at, *point = NULL;

	for (; p < end && ((*p >= '0' && *p <= '9') || (*p == '.' && point == NULL)); p++) {
		if (*p == '.')
			point = p;
		else
			add_digit(decimal, *p, point != NULL);
	}
	bool any = p - *at > (point != NULL);

	*at = p;
	return any;
}

/* An exponent that is all there is; no text is none. */
static bool
take_exponent(const char *at, const char *end, struct decimal *decimal)
{
	int64_t exponent = 0;

	if (at == end)
		return true;
	if (*at++ != 'e' && at[-1] != 'E')
		return false;
	bool minus = at < end && *at == '-';

	at += minus || (at < end && *at == '+');
	if (at == end)
		return false;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
		if (exponent < INT32_MAX)
			exponent = exponent * 10 + (*at - '0');
	}
	decimal->power += minus ? -exponent : exponent;
	return true;
}

/* The same number within number_parse()'s bounds. */
static enum number_status
decimal_number(struct decimal *decimal, double *value_out)
{
	char text[DIGITS_KEPT + 8];
	size_t whole = decimal->kept < DIGITS_WHOLE ? decimal->kept : DIGITS_WHOLE, len = whole;
	int64_t power = decimal->power - (int64_t)whole;
	const char *stop;

	*value_out = 0;
	if (decimal->kept == 0 || power < -POWER_MOST)
		return NUMBER_OK;
	if (power > POWER_MOST)
		return NUMBER_INFINITE;
	if (decimal->below)
		decimal->digits[decimal->kept++] = '1';
	memcpy(text, decimal->digits, whole);
	text[len++] = '.';
	memcpy(text + len, decimal->digits + whole, decimal->kept - whole);
	len += decimal->kept - whole;
	text[len++] = 'e';
	if (power < 0)
		text[len++] = '-';
	len += number_print_uint((uint64_t)(power < 0 ? -power : power), text + len);
	return number_parse(text, text + len, &stop, value_out);
}

static enum number_status
long_number(const char *at, const char *end, double *value_out)
{
	struct decimal decimal = {.kept = 0};
	bool minus = *at == '-';

	at += minus || *at == '+';
	if (!take_digits(&at, end, &decimal) || !take_exponent(at, end, &decimal))
		return NUMBER_BAD;
	enum number_status status = decimal_number(&decimal, value_out);

	if (minus)
		*value_out = -*value_out;
	return status;
}

/* ---- all ------------------------------------------------------------------------- */

static bool
is_infinity(const char *at, const char *end)
{
	if (at < end && (*at == '+' || *at == '-'))
		at++;
	return scan_is(at, end, "Infinity");
}

enum number_status
letter_number(const char *at, const char *end, double *value_out)
{
	const char *stop;

	scan_trim(&at, &end);
	*value_out = 0;
	if (at == end)
		return NUMBER_OK;
	unsigned bits = end - at >= 2 && *at == '0' ? literal_bits(at[1]) : 0;

	if (bits > 0)
		return literal_number(at + 2, end, bits, value_out);
	if (is_infinity(at, end))
		return NUMBER_INFINITE;
	enum number_status status = number_parse(at, end, &stop, value_out);

	return stop == end ? status : long_number(at, end, value_out);
}
