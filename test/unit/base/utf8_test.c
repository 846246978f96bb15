/* SPDX-License-Identifier: MIT */
/* utf8_test.c -- is this UTF-8? */

#include "base/utf8.h"

#include "test/unit/suite.h"

#include <string.h>

/* RFC 3629, section 3. */
static size_t
encode(unsigned code, char *out)
{
	unsigned char *b = (unsigned char *)out;

	if (code < 0x80) {
		b[0] = (unsigned char)code;
		return 1;
	}
	if (code < 0x800) {
		b[0] = (unsigned char)(0xc0 | code >> 6);
		b[1] = (unsigned char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		b[0] = (unsigned char)(0xe0 | code >> 12);
		b[1] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
		b[2] = (unsigned char)(0x80 | (code & 0x3f));
		return 3;
	}
	b[0] = (unsigned char)(0xf0 | code >> 18);
	b[1] = (unsigned char)(0x80 | (code >> 12 & 0x3f));
	b[2] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
	b[3] = (unsigned char)(0x80 | (code & 0x3f));
	return 4;
}

START_TEST(every_character_is_valid_and_no_surrogate_is)
{
	for (unsigned code = 0; code < 0x140000; code++) {
		char bytes[5] = {0, 0, 0, 0, 'x'};
		size_t len = encode(code, bytes);
		bool is_character = code < 0xd800 || (code > 0xdfff && code < 0x110000);

		if (utf8_length(bytes, sizeof(bytes)) != (is_character ? len : 0))
			ck_abort_msg("U+%04X", code);
		for (size_t cut = 0; cut < len; cut++)
			if (utf8_length(bytes, cut) != 0)
				ck_abort_msg("U+%04X cut to %zu bytes", code, cut);
	}
}
END_TEST

/* All first and second bytes; of third ones those where the ranges end. */
START_TEST(every_run_of_up_to_three_bytes_decodes_to_what_it_encodes)
{
	static const char third[] = {0, 0x7f, '\x80', '\xbf', '\xc0', '\xff'};

	for (unsigned run = 0; run < 0x10000 * sizeof(third); run++) {
		unsigned two = run / sizeof(third);
		char bytes[3] = {(char)(two >> 8), (char)two, third[run % sizeof(third)]}, again[4];
		const unsigned char *b = (const unsigned char *)bytes;
		size_t len = utf8_length(bytes, sizeof(bytes));
		unsigned code = len == 1 ? b[0]
		    : len == 2           ? (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu)
			       : (b[0] & 0x0fu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);

		if (len > 0 && (encode(code, again) != len || memcmp(bytes, again, len) != 0))
			ck_abort_msg("%02x %02x %02x", b[0], b[1], b[2]);
	}
}
END_TEST

START_TEST(knows_whole_strings)
{
	static const struct {
		const char *bytes;
		size_t len;
		bool valid;
	} cases[] = {
	    {"", 0, true},
	    {"a\0b", 3, true},
	    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 14, true},
	    {"\xc0\x80", 2, false},
	    {"\xc1\xbf", 2, false},
	    {"\xe0\x9f\xbf", 3, false},
	    {"\xed\xa0\x80", 3, false},
	    {"\xf0\x8f\xbf\xbf", 4, false},
	    {"\xf4\x90\x80\x80", 4, false},
	    {"\xf5\x80\x80\x80", 4, false},
	    {"\x80", 1, false},
	    {"ok\xff", 3, false},
	    {"cut\xe2\x82", 5, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_msg(
		    utf8_valid(cases[i].bytes, cases[i].len) == cases[i].valid, "case %zu", i);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(every_character_is_valid_and_no_surrogate_is),
    SUITE_TEST(every_run_of_up_to_three_bytes_decodes_to_what_it_encodes),
    SUITE_TEST(knows_whole_strings),
    {0},
};

SUITE_MAIN("base/utf8", tests)
