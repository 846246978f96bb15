/* SPDX-License-Identifier: MIT */
/* quantity.c -- quantities as people write them. */

#include "base/quantity.h"

#include "base/number.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

/* Largest first: printing takes the first that divides. */
static const struct unit duration_units[] = {
    {"d", INT64_C(86400000000000)},
    {"h", INT64_C(3600000000000)},
    {"m", INT64_C(60000000000)},
    {"s", INT64_C(1000000000)},
    {"ms", INT64_C(1000000)},
    {"us", INT64_C(1000)},
    {"ns", 1},
    {NULL, 0},
};

static const struct unit size_units[] = {
    {"TiB", INT64_C(1) << 40},
    {"GiB", INT64_C(1) << 30},
    {"MiB", INT64_C(1) << 20},
    {"KiB", INT64_C(1) << 10},
    {"B", 1},
    {NULL, 0},
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number as written: whole, and the digits after the point. */
struct decimal {
	const char *whole, *fraction;
	size_t whole_len, fraction_len;
	const char *unit;
	size_t unit_len;
};

static bool
decimal_split(const char *at, size_t len, struct decimal *out)
{
	const char *end = at + len;

	*out = (struct decimal){.whole = at};
	while (at < end && is_digit(*at))
		at++;
	out->whole_len = (size_t)(at - out->whole);
	if (out->whole_len == 0)
		return false;
	if (end - at >= 2 && at[0] == '.' && is_digit(at[1])) {
		out->fraction = ++at;
		while (at < end && is_digit(*at))
			at++;
		out->fraction_len = (size_t)(at - out->fraction);
	}
	out->unit = at;
	out->unit_len = (size_t)(end - at);
	return true;
}

static bool
decimal_is_zero(const struct decimal *number)
{
	for (size_t i = 0; i < number->whole_len; i++)
		if (number->whole[i] != '0')
			return false;
	for (size_t i = 0; i < number->fraction_len; i++)
		if (number->fraction[i] != '0')
			return false;
	return true;
}

static const struct unit *
unit_find(const struct unit *units, const char *name, size_t len)
{
	for (; units->name != NULL; units++)
		if (strlen(units->name) == len && memcmp(units->name, name, len) == 0)
			return units;
	return NULL;
}

/* whole.fraction times factor, exactly. Each fractional digit is worth a
 * tenth of the one before; what is left of the factor must divide. */
static enum quantity_status
decimal_scale(const struct decimal *number, int64_t factor, int64_t *out)
{
	int64_t whole = 0, value;

	for (size_t i = 0; i < number->whole_len; i++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, number->whole[i] - '0', &whole))
			return QUANTITY_TOO_LARGE;
	if (__builtin_mul_overflow(whole, factor, &value))
		return QUANTITY_TOO_LARGE;

	size_t digits = number->fraction_len;

	while (digits > 0 && number->fraction[digits - 1] == '0')
		digits--;
	if (digits > 18)
		return QUANTITY_TOO_FINE;
	int64_t fraction = 0, power = 1;

	for (size_t i = 0; i < digits; i++) {
		fraction = fraction * 10 + (number->fraction[i] - '0');
		power *= 10;
	}
	__extension__ typedef __int128 wide;
	wide part = (wide)fraction * factor;

	if (part % power != 0)
		return QUANTITY_TOO_FINE;
	if (__builtin_add_overflow(value, (int64_t)(part / power), &value))
		return QUANTITY_TOO_LARGE;
	*out = value;
	return QUANTITY_OK;
}

/* bare: the factor of a number without a unit; 0: only zero may lack one. */
static enum quantity_status
parse_units(const struct unit *units, int64_t bare, const char *at, size_t len, int64_t *out)
{
	struct decimal number;

	if (!decimal_split(at, len, &number))
		return QUANTITY_BAD;
	if (number.unit_len == 0) {
		if (bare == 0 && !decimal_is_zero(&number))
			return QUANTITY_NO_UNIT;
		return decimal_scale(&number, bare > 0 ? bare : 1, out);
	}
	const struct unit *unit = unit_find(units, number.unit, number.unit_len);

	if (unit == NULL)
		return QUANTITY_BAD_UNIT;
	return decimal_scale(&number, unit->factor, out);
}

enum quantity_status
quantity_parse_duration(const char *at, size_t len, int64_t *ns_out)
{
	return parse_units(duration_units, 0, at, len, ns_out);
}

enum quantity_status
quantity_parse_size(const char *at, size_t len, int64_t *bytes_out)
{
	return parse_units(size_units, 1, at, len, bytes_out);
}

enum quantity_status
quantity_parse_percent(const char *at, size_t len, double *share_out)
{
	struct decimal number;
	const char *stop;
	double value;

	if (!decimal_split(at, len, &number))
		return QUANTITY_BAD;
	if (number.unit_len == 0 && !decimal_is_zero(&number))
		return QUANTITY_NO_UNIT;
	if (number.unit_len > 0 && (number.unit_len != 1 || *number.unit != '%'))
		return QUANTITY_BAD_UNIT;
	if (number_parse(at, number.unit, &stop, &value) != NUMBER_OK || stop != number.unit)
		return QUANTITY_TOO_LARGE;
	*share_out = value / 100;
	return QUANTITY_OK;
}

enum quantity_status
quantity_parse_mode(const char *at, size_t len, int64_t *mode_out)
{
	int64_t mode = 0;

	if (len == 0)
		return QUANTITY_BAD;
	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '7')
			return QUANTITY_BAD;
		mode = mode * 8 + (at[i] - '0');
		if (mode > 07777)
			return QUANTITY_TOO_LARGE;
	}
	*mode_out = mode;
	return QUANTITY_OK;
}

enum quantity_status
quantity_parse_int(const char *at, size_t len, int64_t *value_out)
{
	bool negative = len > 0 && *at == '-';
	int64_t value = 0;

	at += negative;
	len -= negative;
	if (len == 0)
		return QUANTITY_BAD;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(at[i]))
			return QUANTITY_BAD;
		int digit = at[i] - '0';

		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, negative ? -digit : digit, &value))
			return QUANTITY_TOO_LARGE;
	}
	*value_out = value;
	return QUANTITY_OK;
}

static void
print_units(struct text *out, const struct unit *unit, int64_t value)
{
	while (value % unit->factor != 0)
		unit++;
	text_printf(out, "%" PRId64 "%s", value / unit->factor, unit->name);
}

void
quantity_print_duration(struct text *out, int64_t ns)
{
	if (ns == 0)
		text_puts(out, "0s");
	else
		print_units(out, duration_units, ns);
}

void
quantity_print_size(struct text *out, int64_t bytes)
{
	if (bytes == 0 || bytes % 1024 != 0)
		text_printf(out, "%" PRId64, bytes);
	else
		print_units(out, size_units, bytes);
}

void
quantity_print_percent(struct text *out, double share)
{
	char digits[NUMBER_TEXT_MAX];
	double percent = share * 100;

	/* 0.07 * 100 is a hair more than 7, which is what was meant. */
	if (percent < 1e6) {
		double rounded = (double)(int64_t)(percent * 1e9 + 0.5) / 1e9;

		if (rounded / 100 == share)
			percent = rounded;
	}
	size_t len = number_print(percent, digits);

	text_append(out, digits, len);
	text_byte(out, '%');
}

void
quantity_print_mode(struct text *out, int64_t mode)
{
	text_printf(out, "%04" PRIo64, (uint64_t)mode);
}
