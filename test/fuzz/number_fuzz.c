/* SPDX-License-Identifier: MIT */
/* number_fuzz.c -- any bytes as a number, against the C library; and any
 * double printed: what is read back is the same. */

#include "base/check.h"
#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Sign, 400 digits, point, 400 digits, "e", sign, 3 digits. */
#define LONGEST 808

static void
check_print(double value)
{
	char text[NUMBER_TEXT_MAX];
	const char *stop;
	double back;
	size_t len = number_print(value, text);

	CHECK(len > 0 && len <= sizeof(text));
	CHECK(memchr(text, 'e', len) == NULL);
	CHECK(number_parse(text, text + len, &stop, &back) == NUMBER_OK);
	CHECK(stop == text + len);
	CHECK(back == value);
}

static void
check_against_library(const char *at, const char *stop, double value)
{
	char copy[LONGEST + 1];
	size_t len = (size_t)(stop - at);

	CHECK(len > 0 && len <= LONGEST);
	memcpy(copy, at, len);
	copy[len] = '\0';
	double expected = strtod(copy, NULL);

	CHECK(value == expected && signbit(value) == signbit(expected));
}

static void
check_parse(const char *at, const char *end)
{
	const char *stop = NULL;
	double value = 0;
	enum number_status status = number_parse(at, end, &stop, &value);

	CHECK(stop >= at && stop <= end);
	CHECK((status == NUMBER_BAD) == (stop == at));
	if (status == NUMBER_BAD)
		return;
	check_against_library(at, stop, value);
	CHECK(isfinite(value) == (status == NUMBER_OK));
	if (status == NUMBER_OK)
		check_print(value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *at = (const char *)bytes;
	double value;

	check_parse(at, at + len);
	for (; len >= sizeof(value); len -= sizeof(value), at += sizeof(value)) {
		memcpy(&value, at, sizeof(value));
		if (isfinite(value))
			check_print(value);
	}
	return 0;
}
