/* SPDX-License-Identifier: MIT */
/* encode_graphite.c -- Graphite's plaintext: `name value timestamp\n`.
 *
 * A server that meets a line it cannot take apart may refuse what follows, so
 * none leaves here: white space and control bytes in a name become _, so does
 * a name of nothing, and a value that is not finite becomes the nearest one
 * that is. */

#include "base/number.h"
#include "metric/naming.h"
#include "sink/encoder.h"
#include "sink/settings.h"

#include <float.h>
#include <math.h>

#define STAMP_TEXT_MAX 24

struct lines {
	struct text *out;
	int64_t timestamp_ns;
	char stamp[STAMP_TEXT_MAX]; /* " 1700000000\n" */
	size_t stamp_len;
};

static double
finite_value(double value)
{
	if (isnan(value))
		return 0;
	return value > DBL_MAX ? DBL_MAX : value < -DBL_MAX ? -DBL_MAX : value;
}

/* Behind the name, which stands at the end of the text. */
static void
end_line(void *arg, const char *name, size_t name_len, double value)
{
	struct lines *lines = arg;
	struct text *out = lines->out;
	char *begin = text_reserve(out, 1 + NUMBER_TEXT_MAX + STAMP_TEXT_MAX), *at = begin;

	(void)name;
	(void)name_len;
	*at++ = ' ';
	at += number_print(finite_value(value), at);
	memcpy(at, lines->stamp, STAMP_TEXT_MAX); /* one move of a size that is known */
	out->len += (size_t)(at - begin) + lines->stamp_len;
}

static void
set_stamp(struct lines *lines, int64_t timestamp_ns)
{
	if (lines->stamp_len > 0 && lines->timestamp_ns == timestamp_ns)
		return;
	lines->timestamp_ns = timestamp_ns;
	lines->stamp[0] = ' ';
	lines->stamp_len = 1 + number_print_int(timestamp_ns / 1000000000, lines->stamp + 1);
	lines->stamp[lines->stamp_len++] = '\n';
}

static bool
breaks_line(char byte)
{
	return (unsigned char)byte <= ' ' || byte == 0x7f;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Is there one among these eight? A difference borrows into the top bit of the
 * first byte that is less, unless the byte has that bit itself. */
static bool
one_breaks_line(uint64_t bytes)
{
	uint64_t low = bytes - EACH_BYTE(' ' + 1);
	uint64_t del = (bytes ^ EACH_BYTE(0x7f)) - EACH_BYTE(1);

	return (((low & ~bytes) | (del & ~(bytes ^ EACH_BYTE(0x7f)))) & EACH_BYTE(0x80)) != 0;
}

static bool
is_safe(const char *bytes, size_t len)
{
	uint64_t eight;

	for (; len >= sizeof(eight); bytes += sizeof(eight), len -= sizeof(eight)) {
		memcpy(&eight, bytes, sizeof(eight));
		if (one_breaks_line(eight))
			return false;
	}
	for (size_t i = 0; i < len; i++)
		if (breaks_line(bytes[i]))
			return false;
	return true;
}

static void
put_safe(struct text *out, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text_byte(out, breaks_line(bytes[i]) ? '_' : bytes[i]);
}

/* The row, or *copy of it with a name and tags that cannot break a line. */
static const struct row *
make_safe(const struct row *row, struct row *copy, struct text *room)
{
	size_t len = (size_t)row->name_len + row->tags_len;

	if (is_safe(row->name, len))
		return row;
	text_reset(room);
	put_safe(room, row->name, len);
	*copy = *row;
	copy->name = room->bytes;
	return copy;
}

static size_t
graphite_points(const void *settings, const struct batch *batch)
{
	const struct graphite_encoding *encoding = settings;
	size_t points = 0;

	for (size_t i = 0; i < batch->count; i++)
		points += naming_count(&encoding->names, &encoding->choice, &batch->rows[i]);
	return points;
}

static void
graphite_encode(const void *settings, struct batch *const *batches, size_t count,
    struct cursor *cursor, struct text *out)
{
	const struct graphite_encoding *encoding = settings;
	struct lines lines = {.out = out};
	struct text room = {0};
	struct speller speller;

	speller_init(
	    &speller, &encoding->names, (enum naming_tags)encoding->tags, &encoding->choice);
	for (; cursor->batch < count; cursor->batch++, cursor->row = 0) {
		const struct batch *batch = batches[cursor->batch];

		for (; cursor->row < batch->count && out->len < ENCODER_CHUNK; cursor->row++) {
			struct row copy;
			const struct row *row = make_safe(&batch->rows[cursor->row], &copy, &room);

			set_stamp(&lines,
			    row->timestamp_ns != 0 ? row->timestamp_ns : batch->timestamp_ns);
			naming_points(
			    &speller, row, batch_row_seconds(batch, row), out, end_line, &lines);
		}
		if (cursor->row < batch->count)
			break;
	}
	text_fini(&room);
}

static const struct naming *
graphite_naming(const void *settings, const struct naming_choice **choice_out)
{
	const struct graphite_encoding *encoding = settings;

	*choice_out = &encoding->choice;
	return &encoding->names;
}

const struct encoder graphite_encoder = {
    .points = graphite_points,
    .encode = graphite_encode,
    .naming = graphite_naming,
};
