/* SPDX-License-Identifier: MIT */
/* framing.h -- whole lines, or whole frames, out of a stream of bytes that
 * comes in pieces.
 *
 *     framing_feed(&framing, bytes, len);
 *     while ((framed = framing_next(&framing, &piece, &piece_len)) != FRAMED_ALL)
 *             ...
 *
 * Lines are given as many at a time as there are, where they lie; only what has
 * no end yet is kept, in memory that is given back once it is complete. A frame
 * is its length, four bytes, the lowest first, and then what a datagram would
 * hold:
 *
 *     0x0e 0x00 0x00 0x00  p a g e . v i e w s : 1 | c */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum framing_kind {
	FRAMING_LINES,
	FRAMING_LENGTH, /* DogStatsD's frames */
};

/* The longest frame: what a datagram can hold. */
#define FRAMING_FRAME_MOST 65536

struct framing {
	enum framing_kind kind;
	size_t line_most;     /* bytes of a line, without its newline */
	const char *at, *end; /* what was fed and is not taken */
	char *rest;           /* what has no end yet */
	size_t rest_len, rest_cap;
	bool rest_given;     /* it is complete, and taken */
	bool skipping;       /* to the end of a line that is too long */
	unsigned header_len; /* bytes that have come of a frame's length ... */
	uint32_t frame_len;  /* ... which is this */
};

enum framed {
	FRAMED_ALL,      /* all that was fed is taken */
	FRAMED_LINES,    /* whole lines, or what was in a frame; never empty */
	FRAMED_TOO_LONG, /* a line is: these are its first line_most bytes ... */
	FRAMED_SKIPPED,  /* ... and these are further ones */
	FRAMED_BROKEN,   /* a frame is longer than any: nothing that follows can be read */
};

void framing_init(struct framing *framing, enum framing_kind kind, size_t line_most);
void framing_fini(struct framing *framing);

/* Bytes that have come, after all those before were taken. They are borrowed
 * until framing_next() says FRAMED_ALL. */
void framing_feed(struct framing *framing, const char *bytes, size_t len);

/* What is next in them; *bytes_out is good until the next call. */
enum framed framing_next(struct framing *framing, const char **bytes_out, size_t *len_out);

/* At the end of the stream, when all is taken: how many bytes there are of a
 * line or a frame that has no end, and where those of a line are. */
size_t framing_rest(const struct framing *framing, const char **bytes_out);
