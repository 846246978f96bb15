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

struct line {
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

static void
put_line(void *arg, const char *name, size_t name_len, double value)
{
	struct line *line = arg;
	struct text *out = line->out;
	char *at = text_reserve(out, 1 + name_len + 1 + NUMBER_TEXT_MAX + line->stamp_len);

	if (name_len == 0 || name[0] == ';') {
		*at++ = '_';
		out->len++;
	}
	memcpy(at, name, name_len);
	at[name_len] = ' ';
	size_t len = name_len + 1;

	len += number_print(finite_value(value), at + len);
	memcpy(at + len, line->stamp, line->stamp_len);
	out->len += len + line->stamp_len;
}

static void
set_stamp(struct line *line, int64_t timestamp_ns)
{
	if (line->stamp_len > 0 && line->timestamp_ns == timestamp_ns)
		return;
	line->timestamp_ns = timestamp_ns;
	line->stamp[0] = ' ';
	line->stamp_len = 1 + number_print_int(timestamp_ns / 1000000000, line->stamp + 1);
	line->stamp[line->stamp_len++] = '\n';
}

static bool
breaks_line(char byte)
{
	return (unsigned char)byte <= ' ' || byte == 0x7f;
}

static bool
is_safe(const char *bytes, size_t len)
{
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
	if (is_safe(row->name, row->name_len) && is_safe(row->tags, row->tags_len))
		return row;
	text_reset(room);
	put_safe(room, row->name, row->name_len);
	put_safe(room, row->tags, row->tags_len);
	*copy = *row;
	copy->name = room->bytes;
	copy->tags = room->bytes + row->name_len;
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
	struct text scratch = {0}, room = {0};
	struct line line = {.out = out};

	for (; cursor->batch < count; cursor->batch++, cursor->row = 0) {
		const struct batch *batch = batches[cursor->batch];

		for (; cursor->row < batch->count && out->len < ENCODER_CHUNK; cursor->row++) {
			struct row copy;
			const struct row *row = make_safe(&batch->rows[cursor->row], &copy, &room);

			set_stamp(&line,
			    row->timestamp_ns != 0 ? row->timestamp_ns : batch->timestamp_ns);
			naming_points(&encoding->names, (enum naming_tags)encoding->tags,
			    &encoding->choice, row, batch_row_seconds(batch, row), &scratch,
			    put_line, &line);
		}
		if (cursor->row < batch->count)
			break;
	}
	text_fini(&scratch);
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
