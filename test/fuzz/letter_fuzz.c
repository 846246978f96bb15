/* SPDX-License-Identifier: MIT */
/* letter_fuzz.c -- any bytes as lines to the letter, and as a number: what is
 * accepted is finite, the quick way agrees with the thorough one, and each
 * line has its answers. */

#include "base/check.h"
#include "parse/letter.h"
#include "parse/quick.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool
quick_line(const char **at, const char *end, struct sample *sample)
{
	const char *stop = quick_sample(*at, end, sample);

	return stop != NULL && quick_end(at, stop, end);
}

static void
check_line(const char *at, const char *end, const struct sample *quick)
{
	struct letter letter;
	struct sample sample;
	enum reason reason;
	size_t answers = 0;

	CHECK(letter_begin(&letter, at, end) == (at < end));
	if (at == end)
		return;
	while (letter_next(&letter, &sample, &reason)) {
		answers++;
		CHECK(reason < REASONS);
		if (reason != REASON_NONE)
			continue;
		CHECK(isfinite(sample.weight) && sample.weight > 0);
		CHECK(sample.kind == KIND_SET || isfinite(sample.value));
		CHECK(sample.kind != KIND_SET || sample.member_len > 0);
		CHECK(quick == NULL ||
		    (quick->kind == sample.kind && quick->name_len == sample.name_len &&
			quick->value == sample.value && quick->relative == sample.relative));
	}
	CHECK(answers > 0 && answers <= (size_t)(end - at) + 1);
	CHECK(quick == NULL || (answers == 1 && reason == REASON_NONE));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *at = (const char *)bytes, *end = at + len;
	double value;

	CHECK(letter_number(at, end, &value) != NUMBER_OK || isfinite(value));
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline != NULL ? newline : end, *quick_at = at;
		struct sample quick;
		bool taken = quick_line(&quick_at, end, &quick);

		CHECK(quick_at == (taken ? stop + (stop < end) : at));
		check_line(at, stop, taken ? &quick : NULL);
		at = stop + (stop < end);
	}
	return 0;
}
