/* SPDX-License-Identifier: MIT */
/* canonical_fuzz.c -- any bytes as rules, a name, and after the first newline
 * tags: what is accepted stays within its limits, holds nothing that a backend
 * could take for something else, and is its own canonical spelling; what is
 * told to be its own at once is. */

#include "base/check.h"
#include "base/utf8.h"
#include "parse/canonical.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define MOST_BYTES 256

static void
check_bytes(const struct text *text)
{
	CHECK(utf8_valid(text->bytes, text->len));
	for (size_t i = 0; i < text->len; i++)
		CHECK((unsigned char)text->bytes[i] > ' ' && text->bytes[i] != 0x7f &&
		    text->bytes[i] != ';');
}

static bool
make(const struct canonical_rules *rules, const char *name, size_t name_len, const char *tags,
    size_t tags_len, struct canonical *canonical)
{
	const struct sample sample = {
	    .name = name,
	    .tags = tags,
	    .name_len = (uint32_t)name_len,
	    .tags_len = (uint32_t)tags_len,
	};

	return canonical_make(rules, &sample, canonical) == REASON_NONE &&
	    canonical_finish(rules, canonical) == REASON_NONE;
}

static bool
is_own(const struct canonical_rules *rules, const char *name, size_t name_len, const char *tags,
    size_t tags_len)
{
	const struct sample sample = {
	    .name = name,
	    .tags = tags,
	    .name_len = (uint32_t)name_len,
	    .tags_len = (uint32_t)tags_len,
	};

	return canonical_is_own(rules, &sample);
}

static bool
is_text(const struct text *text, const char *at, const char *end)
{
	return text->len == (size_t)(end - at) && memcmp(text->bytes, at, text->len) == 0;
}

static bool
same_text(const struct text *a, const struct text *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return 0;
	const struct canonical_rules rules = {
	    .letter = (bytes[0] & 1) != 0,
	    .clean = (bytes[0] & 2) != 0,
	    .dialects = 1u << DIALECT_DOGSTATSD | (uint32_t)bytes[0] >> 3,
	    .prefix = "",
	    .most_bytes = MOST_BYTES,
	    .most_tags = 8,
	};
	const char *name = (const char *)bytes + 1, *end = (const char *)bytes + len;
	const char *newline = memchr(name, '\n', len - 1);
	const char *stop = newline != NULL ? newline : end;
	const char *tags = newline != NULL ? newline + 1 : end;
	struct canonical first = {0}, second = {0};
	bool own = is_own(&rules, name, (size_t)(stop - name), tags, (size_t)(end - tags));
	bool made = make(&rules, name, (size_t)(stop - name), tags, (size_t)(end - tags), &first);

	CHECK(
	    !own || (made && is_text(&first.name, name, stop) && is_text(&first.tags, tags, end)));
	if (made) {
		CHECK(first.name.len + first.tags.len <= MOST_BYTES);
		CHECK(rules.letter || first.name.len > 0);
		check_bytes(&first.name);
		check_bytes(&first.tags);
		CHECK(make(&rules, first.name.bytes, first.name.len, first.tags.bytes,
		    first.tags.len, &second));
		CHECK(same_text(&first.name, &second.name) && same_text(&first.tags, &second.tags));
	}
	canonical_fini(&first);
	canonical_fini(&second);
	return 0;
}
