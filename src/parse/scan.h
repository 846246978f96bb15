/* SPDX-License-Identifier: MIT */
/* scan.h -- what several parsers of this floor look for. */

#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first such byte, or the end. */
static inline const char *
scan_byte(const char *at, const char *end, char byte)
{
	const char *found = memchr(at, byte, (size_t)(end - at));

	return found != NULL ? found : end;
}

/* Bytes that are looked at in one step, and which of them are one of three: the
 * lowest bits stand for the first byte. */
#ifdef __SSE2__
#define SCAN_STEP 16
#define SCAN_BITS_A_BYTE 1

static inline uint64_t
scan_step(const char *at, char a, char b, char c)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(a)),
	    _mm_or_si128(
		_mm_cmpeq_epi8(bytes, _mm_set1_epi8(b)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))));

	return (uint64_t)_mm_movemask_epi8(found);
}
#else
#define SCAN_STEP 8
#define SCAN_BITS_A_BYTE 8
#define SCAN_EACH(byte) (UINT64_C(0x0101010101010101) * (unsigned char)(byte))

/* The high bit of each byte that is 0, the first time rightly, and perhaps of
 * some after it (Mycroft, 1987). */
static inline uint64_t
scan_zeros(uint64_t word)
{
	return (word - SCAN_EACH(1)) & ~word & SCAN_EACH(0x80);
}

static inline uint64_t
scan_step(const char *at, char a, char b, char c)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	word = le64toh(word);
	return scan_zeros(word ^ SCAN_EACH(a)) | scan_zeros(word ^ SCAN_EACH(b)) |
	    scan_zeros(word ^ SCAN_EACH(c));
}
#endif

/* The first of three bytes, which may be equal, or the end. What is left of
 * the last step is looked at together with what stands before it, of which it
 * is known that it is none of them. */
static inline const char *
scan_first(const char *at, const char *end, char a, char b, char c)
{
	bool has_step = end - at >= SCAN_STEP;

	while (end - at >= SCAN_STEP) {
		uint64_t found = scan_step(at, a, b, c);

		if (found != 0)
			return at + __builtin_ctzll(found) / SCAN_BITS_A_BYTE;
		at += SCAN_STEP;
	}
	if (has_step) {
		uint64_t found = scan_step(end - SCAN_STEP, a, b, c);

		at = found == 0 ? end : end - SCAN_STEP + __builtin_ctzll(found) / SCAN_BITS_A_BYTE;
	}
	while (at < end && *at != a && *at != b && *at != c)
		at++;
	return at;
}

/* The end of a line without what clients put before its newline. */
static inline const char *
scan_line_end(const char *at, const char *end)
{
	while (end > at && (end[-1] == '\r' || end[-1] == '\0'))
		end--;
	return end;
}

/* Is the text exactly this word? */
static inline bool
scan_is(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - at) == len && memcmp(at, word, len) == 0;
}

/* Not a number: is it one of the words that printf makes of what is not
 * finite? */
static inline bool
scan_is_not_finite(const char *at, const char *end)
{
	static const char *const words[] = {"nan", "inf", "infinity"};

	if (at < end && (*at == '+' || *at == '-'))
		at++;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if ((size_t)(end - at) == strlen(words[i]) &&
		    strncasecmp(at, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* Length in bytes of the white space at the start, as JavaScript has it:
 * U+0009 to U+000D, U+0020, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029,
 * U+202F, U+205F, U+3000 and U+FEFF. 0: none stands there. */
static inline size_t
scan_space(const char *at, const char *end)
{
	const unsigned char *b = (const unsigned char *)at;

	if (at == end)
		return 0;
	if (b[0] < 0x80)
		return b[0] == ' ' || (b[0] >= '\t' && b[0] <= '\r');
	if (end - at >= 2 && b[0] == 0xc2 && b[1] == 0xa0)
		return 2;
	if (end - at < 3)
		return 0;
	uint32_t bytes = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];

	switch (bytes) {
	case 0xe19a80:
	case 0xe280a8:
	case 0xe280a9:
	case 0xe280af:
	case 0xe2819f:
	case 0xe38080:
	case 0xefbbbf: return 3;
	default: return bytes >= 0xe28080 && bytes <= 0xe2808a ? 3 : 0;
	}
}

/* Leave white space out at both ends. */
static inline void
scan_trim(const char **at, const char **end)
{
	for (size_t len; (len = scan_space(*at, *end)) > 0;)
		*at += len;
	for (size_t len = 1; len <= 3 && (size_t)(*end - *at) >= len;) {
		if (scan_space(*end - len, *end) != len) {
			len++;
			continue;
		}
		*end -= len;
		len = 1;
	}
}

/* Seconds since 1970: a whole number from 1, of at most ten digits. */
static inline bool
scan_seconds(const char *at, const char *end, int64_t *seconds_out)
{
	int64_t seconds = 0;

	if (end - at > 10)
		return false;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
		seconds = seconds * 10 + (*at - '0');
	}
	*seconds_out = seconds;
	return seconds > 0;
}
