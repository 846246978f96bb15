/* SPDX-License-Identifier: MIT */
/* framing_fuzz.c -- any bytes as a stream, cut anywhere: what comes out whole
 * is what a reader finds that goes byte by byte, and no byte is lost.
 *
 * The first byte of the input says whether there are lines or frames, the
 * second how long a line may be, the third how the rest is cut. */

#include "base/check.h"
#include "base/mem.h"
#include "base/text.h"
#include "parse/framing.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* What came out: the bytes of lines and frames, then a mark that is none of
 * them in the place of what was refused. */
struct found {
	struct text lines;
	size_t too_long, skipped, rest;
	bool broken;
};

#define MARK "<too long>\n"

static void
read_lines(const char *bytes, size_t len, size_t most, struct found *found)
{
	size_t from = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && bytes[i] != '\n')
			continue;
		size_t line_len = i - from;

		if (line_len > most) {
			text_puts(&found->lines, MARK);
			found->too_long += most;
			found->skipped += line_len - most + (i < len);
		} else if (i < len) {
			text_append(&found->lines, bytes + from, line_len + 1);
		} else {
			found->rest = line_len;
		}
		from = i + 1;
	}
}

static void
read_frames(const char *bytes, size_t len, struct found *found)
{
	size_t at = 0;

	while (len - at >= 4) {
		uint32_t frame_len = 0;

		for (unsigned i = 0; i < 4; i++)
			frame_len |= (uint32_t)(uint8_t)bytes[at + i] << (8 * i);
		if (frame_len > FRAMING_FRAME_MOST) {
			found->broken = true;
			return;
		}
		if (frame_len > len - at - 4)
			break;
		text_append(&found->lines, bytes + at + 4, frame_len);
		at += 4 + frame_len;
	}
	found->rest = len - at;
}

static void
take(struct framing *framing, struct found *found)
{
	const char *bytes;
	size_t len;
	enum framed framed;

	while (!found->broken && (framed = framing_next(framing, &bytes, &len)) != FRAMED_ALL) {
		switch (framed) {
		case FRAMED_LINES:
			CHECK(len > 0);
			CHECK(framing->kind == FRAMING_LENGTH || bytes[len - 1] == '\n');
			text_append(&found->lines, bytes, len);
			break;
		case FRAMED_TOO_LONG:
			CHECK(len == framing->line_most);
			text_puts(&found->lines, MARK);
			found->too_long += len;
			break;
		case FRAMED_SKIPPED: found->skipped += len; break;
		case FRAMED_BROKEN: found->broken = true; break;
		case FRAMED_ALL: break;
		}
	}
}

/* Each piece gets an allocation of its own size. */
static void
feed_cut(struct framing *framing, const char *bytes, size_t len, unsigned cut, struct found *found)
{
	const char *rest;

	while (len > 0 && !found->broken) {
		size_t piece = 1 + (cut = cut * 5 + 3) % 61;

		piece = piece < len ? piece : len;
		char *copy = mem_alloc(piece);

		memcpy(copy, bytes, piece);
		framing_feed(framing, copy, piece);
		take(framing, found);
		free(copy);
		bytes += piece;
		len -= piece;
	}
	found->rest = framing_rest(framing, &rest);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct framing framing;
	struct found found = {0}, expected = {0};

	if (len < 3)
		return 0;
	enum framing_kind kind = bytes[0] & 1 ? FRAMING_LENGTH : FRAMING_LINES;
	size_t most = 1 + bytes[1] % 32;

	framing_init(&framing, kind, most);
	feed_cut(&framing, (const char *)bytes + 3, len - 3, bytes[2], &found);
	framing_fini(&framing);
	if (kind == FRAMING_LENGTH)
		read_frames((const char *)bytes + 3, len - 3, &expected);
	else
		read_lines((const char *)bytes + 3, len - 3, most, &expected);
	CHECK(found.lines.len == expected.lines.len);
	CHECK(found.lines.len == 0 ||
	    memcmp(found.lines.bytes, expected.lines.bytes, found.lines.len) == 0);
	CHECK(found.too_long == expected.too_long && found.skipped == expected.skipped);
	CHECK(found.rest == expected.rest && found.broken == expected.broken);
	text_fini(&found.lines);
	text_fini(&expected.lines);
	return 0;
}
