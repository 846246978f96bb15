/* SPDX-License-Identifier: MIT */
/* framing.c -- whole lines, or whole frames, out of a stream of bytes. */

#include "parse/framing.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 4

#define REST_LEAST 64

void
framing_init(struct framing *framing, enum framing_kind kind, size_t line_most)
{
	*framing = (struct framing){.kind = kind, .line_most = line_most};
}

void
framing_fini(struct framing *framing)
{
	free(framing->rest);
}

void
framing_feed(struct framing *framing, const char *bytes, size_t len)
{
	framing->at = bytes;
	framing->end = bytes + len;
}

static void
drop_rest(struct framing *framing)
{
	free(framing->rest);
	framing->rest = NULL;
	framing->rest_len = framing->rest_cap = 0;
	framing->rest_given = false;
}

/* Move so many bytes to the rest. */
static void
keep(struct framing *framing, size_t len)
{
	size_t needed = framing->rest_len + len;

	if (len == 0)
		return;
	if (needed > framing->rest_cap) {
		size_t cap = 2 * framing->rest_cap > needed ? 2 * framing->rest_cap : needed;

		framing->rest_cap = cap > REST_LEAST ? cap : REST_LEAST;
		framing->rest = mem_resize(framing->rest, framing->rest_cap, 1);
	}
	memcpy(framing->rest + framing->rest_len, framing->at, len);
	framing->rest_len = needed;
	framing->at += len;
}

static enum framed
give_rest(struct framing *framing, enum framed what, const char **bytes_out, size_t *len_out)
{
	framing->rest_given = true;
	*bytes_out = framing->rest;
	*len_out = framing->rest_len;
	return what;
}

static enum framed
give(struct framing *framing, enum framed what, size_t len, const char **bytes_out, size_t *len_out)
{
	*bytes_out = framing->at;
	*len_out = len;
	framing->at += len;
	return what;
}

/* Bytes up to the first newline and with it, or all of them. */
static size_t
reach_newline(const struct framing *framing)
{
	size_t left = (size_t)(framing->end - framing->at);
	const char *newline = memchr(framing->at, '\n', left);

	return newline != NULL ? (size_t)(newline + 1 - framing->at) : left;
}

static enum framed
skip_line(struct framing *framing, const char **bytes_out, size_t *len_out)
{
	size_t len = reach_newline(framing);

	framing->skipping = framing->at[len - 1] != '\n';
	return give(framing, FRAMED_SKIPPED, len, bytes_out, len_out);
}

/* The line that the rest begins. */
static enum framed
complete_line(struct framing *framing, const char **bytes_out, size_t *len_out)
{
	size_t len = reach_newline(framing), room = framing->line_most - framing->rest_len;
	bool ends = framing->at[len - 1] == '\n';

	if (len - ends > room) {
		keep(framing, room);
		framing->skipping = true;
		return give_rest(framing, FRAMED_TOO_LONG, bytes_out, len_out);
	}
	keep(framing, len);
	return ends ? give_rest(framing, FRAMED_LINES, bytes_out, len_out) : FRAMED_ALL;
}

/* As many lines as are sure to be short enough: a newline among the first
 * line_most + 1 bytes says so of all up to it. */
static enum framed
next_lines(struct framing *framing, const char **bytes_out, size_t *len_out)
{
	if (framing->skipping)
		return skip_line(framing, bytes_out, len_out);
	if (framing->rest_len > 0)
		return complete_line(framing, bytes_out, len_out);
	size_t left = (size_t)(framing->end - framing->at);
	size_t reach = left > framing->line_most ? framing->line_most + 1 : left;
	const char *newline = memrchr(framing->at, '\n', reach);

	if (newline != NULL)
		return give(
		    framing, FRAMED_LINES, (size_t)(newline + 1 - framing->at), bytes_out, len_out);
	if (left <= framing->line_most) {
		keep(framing, left);
		return FRAMED_ALL;
	}
	framing->skipping = true;
	return give(framing, FRAMED_TOO_LONG, framing->line_most, bytes_out, len_out);
}

/* True: the length of the frame is known. */
static bool
read_header(struct framing *framing)
{
	while (framing->header_len < HEADER_BYTES && framing->at < framing->end) {
		uint32_t byte = (uint8_t)*framing->at++;

		framing->frame_len |= byte << (8 * framing->header_len++);
	}
	return framing->header_len == HEADER_BYTES;
}

static void
end_frame(struct framing *framing)
{
	framing->header_len = 0;
	framing->frame_len = 0;
}

static enum framed
next_frame(struct framing *framing, const char **bytes_out, size_t *len_out)
{
	while (read_header(framing)) {
		size_t left = (size_t)(framing->end - framing->at);
		size_t missing = framing->frame_len - framing->rest_len;

		if (framing->frame_len > FRAMING_FRAME_MOST)
			return FRAMED_BROKEN;
		if (left < missing) {
			keep(framing, left);
			return FRAMED_ALL;
		}
		end_frame(framing);
		if (framing->rest_len > 0) {
			keep(framing, missing);
			return give_rest(framing, FRAMED_LINES, bytes_out, len_out);
		}
		if (missing > 0)
			return give(framing, FRAMED_LINES, missing, bytes_out, len_out);
	}
	return FRAMED_ALL;
}

enum framed
framing_next(struct framing *framing, const char **bytes_out, size_t *len_out)
{
	if (framing->rest_given)
		drop_rest(framing);
	if (framing->at == framing->end)
		return FRAMED_ALL;
	if (framing->kind == FRAMING_LENGTH)
		return next_frame(framing, bytes_out, len_out);
	return next_lines(framing, bytes_out, len_out);
}

size_t
framing_rest(const struct framing *framing, const char **bytes_out)
{
	bool broken =
	    framing->header_len == HEADER_BYTES && framing->frame_len > FRAMING_FRAME_MOST;

	*bytes_out = framing->rest;
	if (framing->rest_given || broken)
		return 0;
	return framing->header_len + framing->rest_len;
}
