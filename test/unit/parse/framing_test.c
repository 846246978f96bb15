/* SPDX-License-Identifier: MIT */
/* framing_test.c -- what comes whole out of a stream, however it is cut. */

#include "parse/framing.h"

#include "base/mem.h"
#include "base/text.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <string.h>

#define LINE_MOST 8
#define PIECES_MOST 8

static const char *const framed_marks[] = {
    [FRAMED_LINES] = "[", [FRAMED_TOO_LONG] = "!", [FRAMED_SKIPPED] = "+", [FRAMED_BROKEN] = "X"};

/* Feed a piece, which is copied, so that a read past its end is seen. Says what
 * came of it: [lines], with $ for a newline, !too long, +skipped, X. */
static void
feed(struct framing *framing, const char *piece, size_t piece_len, struct text *out)
{
	char *copy = malloc(piece_len > 0 ? piece_len : 1);
	const char *bytes;
	size_t len;
	enum framed framed;

	memcpy(copy, piece, piece_len);
	framing_feed(framing, copy, piece_len);
	while ((framed = framing_next(framing, &bytes, &len)) != FRAMED_ALL) {
		text_puts(out, framed_marks[framed]);
		for (size_t i = 0; framed != FRAMED_BROKEN && i < len; i++)
			text_byte(out, bytes[i] == '\n' ? '$' : bytes[i] < ' ' ? '.' : bytes[i]);
		if (framed == FRAMED_LINES)
			text_byte(out, ']');
		if (framed == FRAMED_BROKEN)
			break;
	}
	free(copy);
}

/* What is left has no end: ~ and how many bytes it is. */
static void
finish(struct framing *framing, struct text *out)
{
	const char *bytes;
	size_t len = framing_rest(framing, &bytes);

	if (len > 0)
		text_printf(out, "~%zu", len);
	framing_fini(framing);
}

static const struct line_case {
	const char *pieces[PIECES_MOST];
	const char *expected;
} line_cases[] = {
    {{""}, ""}, {{"a\n"}, "[a$]"}, {{"a\nb\n\nc\n"}, "[a$b$$c$]"}, {{"a\nb"}, "[a$]~1"},
    {{"a", "b", "\n", "c\n"}, "[ab$][c$]"}, {{"a\nb", "c\nd", "\n"}, "[a$][bc$][d$]"},
    {{"\n", "\n"}, "[$][$]"},

    /* as long as may be, and one byte longer, whole and in pieces */
    {{"12345678\n"}, "[12345678$]"}, {{"12345678", "\n"}, "[12345678$]"},
    {{"1234", "5678\nb\n"}, "[12345678$][b$]"}, {{"12345678"}, "~8"},
    {{"123456789\nb\n"}, "!12345678+9$[b$]"}, {{"123456789"}, "!12345678+9"},
    {{"12345678", "9\nb\n"}, "!12345678+9$[b$]"},
    {{"1234", "56789", "\n", "b\n"}, "!12345678+9+$[b$]"},
    {{"a\n123456789", "0123", "45\nb"}, "[a$]!12345678+9+0123+45$~1"},
    {{"123456789012345678\n123456789\nc\n"}, "!12345678+9012345678$!12345678+9$[c$]"},
    {{"a\nb\n12345678\nc\n"}, "[a$b$][12345678$][c$]"}, /* nine bytes at most are surely fine */
    {{"a\r\nb\r\n"}, "[a.$b.$]"}, /* carriage returns are the line's own affair */
};

START_TEST(lines_come_out_whole)
{
	for (size_t i = 0; i < sizeof(line_cases) / sizeof(*line_cases); i++) {
		const struct line_case *at = &line_cases[i];
		struct framing framing;
		struct text out = {0};

		framing_init(&framing, FRAMING_LINES, LINE_MOST);
		for (size_t j = 0; j < PIECES_MOST && at->pieces[j] != NULL; j++)
			feed(&framing, at->pieces[j], strlen(at->pieces[j]), &out);
		finish(&framing, &out);
		ck_assert_msg(strcmp(text_string(&out), at->expected) == 0, "case %zu: %s, not %s",
		    i, text_string(&out), at->expected);
		text_fini(&out);
	}
}
END_TEST

#define PIECE(literal)                                       \
	{                                                    \
		.bytes = literal, .len = sizeof(literal) - 1 \
	}

static const struct frame_case {
	struct {
		const char *bytes;
		size_t len;
	} pieces[PIECES_MOST];
	const char *expected;
} frame_cases[] = {
    {{PIECE("\2\0\0\0ab")}, "[ab]"},
    {{PIECE("\2\0\0\0ab\4\0\0\0c\nd\n")}, "[ab][c$d$]"},
    {{PIECE("\2\0"), PIECE("\0\0"), PIECE("a"), PIECE("b\1\0\0\0c")}, "[ab][c]"},
    {{PIECE("\2\0\0\0a"), PIECE("b")}, "[ab]"},
    {{PIECE("\0\0\0\0\0\0\0\0\1\0\0\0a")}, "[a]"}, /* nothing is in an empty one */
    {{PIECE("\14\0\0\0longer than "), PIECE("\1\0\0\0a")}, "[longer than ][a]"},

    /* cut short, anywhere */
    {{PIECE("\2\0\0\0ab\1")}, "[ab]~1"},
    {{PIECE("\2\0\0\0")}, "~4"},
    {{PIECE("\342\72\61")}, "~3"},
    {{PIECE("\2\0\0\0a")}, "~5"},

    /* 65537 bytes, and what a web browser sends */
    {{PIECE("\1\0\0\0a\1\0\1\0b")}, "[a]X"},
    {{PIECE("\1\0\1"), PIECE("\0")}, "X"},
    {{PIECE("GET / HTTP/1.1\r\n")}, "X"},
};

START_TEST(frames_come_out_whole)
{
	for (size_t i = 0; i < sizeof(frame_cases) / sizeof(*frame_cases); i++) {
		const struct frame_case *at = &frame_cases[i];
		struct framing framing;
		struct text out = {0};

		framing_init(&framing, FRAMING_LENGTH, LINE_MOST);
		for (size_t j = 0; j < PIECES_MOST && at->pieces[j].bytes != NULL; j++)
			feed(&framing, at->pieces[j].bytes, at->pieces[j].len, &out);
		finish(&framing, &out);
		ck_assert_msg(strcmp(text_string(&out), at->expected) == 0, "case %zu: %s, not %s",
		    i, text_string(&out), at->expected);
		text_fini(&out);
	}
}
END_TEST

START_TEST(the_longest_frame_is_taken_in_any_pieces)
{
	static char frame[4 + FRAMING_FRAME_MOST] = {0, 0, 1, 0};

	memset(frame + 4, 'x', FRAMING_FRAME_MOST);
	for (size_t cut = 1; cut < sizeof(frame); cut += 4099) {
		struct framing framing;
		struct text out = {0};

		framing_init(&framing, FRAMING_LENGTH, LINE_MOST);
		feed(&framing, frame, cut, &out);
		ck_assert_uint_eq(out.len, 0);
		feed(&framing, frame + cut, sizeof(frame) - cut, &out);
		ck_assert_uint_eq(out.len, FRAMING_FRAME_MOST + 2);
		finish(&framing, &out);
		text_fini(&out);
	}
}
END_TEST

START_TEST(memory_is_kept_for_what_has_no_end_only)
{
	struct framing framing;
	struct text out = {0};

	framing_init(&framing, FRAMING_LINES, LINE_MOST);
	feed(&framing, "a\nb\n", 4, &out);
	ck_assert_ptr_null(framing.rest);
	feed(&framing, "c", 1, &out);
	ck_assert_ptr_nonnull(framing.rest);
	feed(&framing, "d\ne\n", 4, &out);
	ck_assert_ptr_null(framing.rest);
	feed(&framing, "123456789012345", 15, &out);
	feed(&framing, "123456789012345", 15, &out);
	ck_assert_ptr_null(framing.rest);
	finish(&framing, &out);
	text_fini(&out);
}
END_TEST

/* Runs of lines, and of bytes that are skipped, may be cut anywhere: join them. */
static void
join_runs(struct text *text)
{
	char *joined = mem_copy_text(text->bytes, text->len), *to = joined;

	for (const char *at = joined; *at != '\0'; at++) {
		if (at[0] == '$' && at[1] == ']' && at[2] == '[') {
			*to++ = '$';
			at += 2;
		} else if (at[0] != '+') {
			*to++ = *at;
		}
	}
	text_reset(text);
	text_append(text, joined, (size_t)(to - joined));
	free(joined);
}

START_TEST(it_does_not_matter_how_a_stream_is_cut)
{
	static const char alphabet[] = "\n\n\0\1\2ab";
	uint64_t random = random_seed();

	for (unsigned round = 0; round < 20000; round++) {
		enum framing_kind kind = round & 1 ? FRAMING_LENGTH : FRAMING_LINES;
		struct framing whole, cut;
		struct text whole_out = {0}, cut_out = {0};
		char stream[64];
		size_t len = random_below(&random, sizeof(stream));

		for (size_t i = 0; i < len; i++)
			stream[i] = kind == FRAMING_LENGTH && random_below(&random, 2) == 0
			    ? 0
			    : alphabet[random_below(&random, sizeof(alphabet) - 1)];
		framing_init(&whole, kind, LINE_MOST);
		feed(&whole, stream, len, &whole_out);
		finish(&whole, &whole_out);
		framing_init(&cut, kind, LINE_MOST);
		for (size_t at = 0, piece; at < len; at += piece) {
			piece = 1 + random_below(&random, (unsigned)(len - at));
			feed(&cut, stream + at, piece, &cut_out);
			if (cut_out.len > 0 && cut_out.bytes[cut_out.len - 1] == 'X')
				break;
		}
		finish(&cut, &cut_out);
		if (kind == FRAMING_LINES) {
			join_runs(&whole_out);
			join_runs(&cut_out);
		}
		ck_assert_str_eq(text_string(&whole_out), text_string(&cut_out));
		text_fini(&whole_out);
		text_fini(&cut_out);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(lines_come_out_whole),
    SUITE_TEST(frames_come_out_whole),
    SUITE_TEST(the_longest_frame_is_taken_in_any_pieces),
    SUITE_TEST(memory_is_kept_for_what_has_no_end_only),
    SUITE_TEST(it_does_not_matter_how_a_stream_is_cut),
    {0},
};

SUITE_MAIN("framing", tests)
