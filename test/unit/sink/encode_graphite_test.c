/* SPDX-License-Identifier: MIT */
/* encode_graphite_test.c -- lines that a server can always take apart. */

#include "test/unit/random.h"
#include "test/unit/sink/harness.h"

#include "sink/encoder.h"

#include "test/unit/suite.h"

#include <math.h>

static struct graphite_encoding
encoding_of(void)
{
	struct harness harness;

	harness_init_graphite(&harness, "127.0.0.1:1");
	free(harness.address);
	return harness.settings.graphite.encoding;
}

/* How often encode() was called. */
static size_t
encode_all(struct batch *const *batches, size_t count, struct text *out)
{
	struct graphite_encoding encoding = encoding_of();
	struct cursor cursor = {0};
	struct text chunk = {0};
	size_t chunks = 0;

	while (cursor.batch < count) {
		text_reset(&chunk);
		graphite_encoder.encode(&encoding, batches, count, &cursor, &chunk);
		text_append(out, chunk.bytes, chunk.len);
		chunks++;
	}
	text_fini(&chunk);
	return chunks;
}

START_TEST(lines_are_name_value_and_whole_seconds)
{
	struct interval interval = {.seq = 1, .closed_ns = 10 * CLOCK_SECOND};
	struct batch *batch =
	    batch_new(&interval, 1700000010 * CLOCK_SECOND + 999, 10 * CLOCK_SECOND);
	struct text out = {0};

	batch_add(batch, KIND_COUNTER, "hits", 4, "env:prod", 8)->counter.delta = 1;
	batch_add(batch, KIND_GAUGE, "load", 4, "", 0)->gauge.value = -0.1;
	encode_all(&batch, 1, &out);
	ck_assert_str_eq(text_string(&out),
	    "stats.counters.hits.rate;env=prod 0.1 1700000010\n"
	    "stats.counters.hits.count;env=prod 1 1700000010\n"
	    "stats.gauges.load -0.1 1700000010\n");
	text_fini(&out);
	batch_drop(&batch);
}
END_TEST

START_TEST(a_row_may_have_a_time_of_its_own)
{
	struct interval interval = {.seq = 1, .closed_ns = 10 * CLOCK_SECOND};
	struct batch *batch = batch_new(&interval, 1700000010 * CLOCK_SECOND, 10 * CLOCK_SECOND);
	struct event event = {.title = {"deployed", 8}};
	struct text out = {0};
	struct row *row;

	batch_add(batch, KIND_GAUGE, "a", 1, "", 0)->gauge.value = 1;
	row = batch_add(batch, KIND_GAUGE, "a", 1, "", 0);
	row->timestamp_ns = 1699999990 * CLOCK_SECOND;
	row->gauge.value = 2;
	batch_add(batch, KIND_GAUGE, "b", 1, "", 0)->gauge.value = 3;
	batch_add_event(batch, &event);
	encode_all(&batch, 1, &out);
	ck_assert_str_eq(text_string(&out),
	    "stats.gauges.a 1 1700000010\n"
	    "stats.gauges.a 2 1699999990\n"
	    "stats.gauges.b 3 1700000010\n");
	text_fini(&out);
	batch_drop(&batch);
}
END_TEST

/* Graphite has no use for them. */
START_TEST(events_alone_are_no_points_and_no_bytes)
{
	struct graphite_encoding encoding = encoding_of();
	struct interval interval = {.seq = 1, .closed_ns = 10 * CLOCK_SECOND};
	struct batch *batch = batch_new(&interval, 0, 10 * CLOCK_SECOND);
	struct event event = {.title = {"deployed", 8}};
	struct text out = {0};

	batch_add_event(batch, &event);
	ck_assert_uint_eq(graphite_encoder.points(&encoding, batch), 0);
	encode_all(&batch, 1, &out);
	ck_assert_uint_eq(out.len, 0);
	text_fini(&out);
	batch_drop(&batch);
}
END_TEST

START_TEST(no_name_breaks_a_line)
{
	static const struct {
		const char *name, *tags, *expected;
	} cases[] = {
	    {"a b", "", "stats.gauges.a_b 1 0\n"},
	    {"a\nb\x7f\x01", "", "stats.gauges.a_b__ 1 0\n"},
	    {"a", "k k:v\tv", "stats.gauges.a;k_k=v_v 1 0\n"},
	    {"caf\xc3\xa9", "", "stats.gauges.caf\xc3\xa9 1 0\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct interval interval = {.seq = 1, .closed_ns = 10 * CLOCK_SECOND};
		struct batch *batch = batch_new(&interval, 0, 10 * CLOCK_SECOND);
		struct text out = {0};

		batch_add(batch, KIND_GAUGE, cases[i].name, strlen(cases[i].name), cases[i].tags,
		    strlen(cases[i].tags))
		    ->gauge.value = 1;
		encode_all(&batch, 1, &out);
		ck_assert_str_eq(text_string(&out), cases[i].expected);
		text_fini(&out);
		batch_drop(&batch);
	}
}
END_TEST

START_TEST(a_byte_that_breaks_a_line_is_found_wherever_it_stands)
{
	struct interval interval = {.seq = 1, .closed_ns = 10 * CLOCK_SECOND};

	for (unsigned byte = 0; byte < 256; byte++) {
		struct batch *batch = batch_new(&interval, 0, 10 * CLOCK_SECOND);
		bool breaks = byte <= ' ' || byte == 0x7f;
		struct text out = {0}, expected = {0};

		for (size_t at = 0; at < 20; at++) {
			char name[] = "a~\xff!z\x80mnopqrstuvwxyz";

			name[at] = (char)byte;
			batch_add(batch, KIND_GAUGE, name, 20, "", 0)->gauge.value = 1;
			name[at] = (char)(breaks ? '_' : byte);
			text_printf(&expected, "stats.gauges.%.20s 1 0\n", name);
		}
		encode_all(&batch, 1, &out);
		ck_assert_str_eq(text_string(&out), text_string(&expected));
		text_fini(&out);
		text_fini(&expected);
		batch_drop(&batch);
	}
}
END_TEST

START_TEST(a_series_without_a_name_gets_one)
{
	static const struct {
		const char *tags, *expected;
	} cases[] = {
	    {"", "_ 1 0\n"},
	    {"k:v", "_;k=v 1 0\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct interval interval = {.seq = 1, .closed_ns = 10 * CLOCK_SECOND};
		struct graphite_encoding encoding = encoding_of();
		struct batch *batch = batch_new(&interval, 0, 10 * CLOCK_SECOND);
		struct cursor cursor = {0};
		struct text out = {0};

		encoding.names.scheme = NAMING_PLAIN;
		batch_add(batch, KIND_GAUGE, "", 0, cases[i].tags, strlen(cases[i].tags))
		    ->gauge.value = 1;
		graphite_encoder.encode(&encoding, &batch, 1, &cursor, &out);
		ck_assert_str_eq(text_string(&out), cases[i].expected);
		text_fini(&out);
		batch_drop(&batch);
	}
}
END_TEST

START_TEST(no_value_is_anything_but_a_number)
{
	static const double values[] = {INFINITY, -INFINITY, NAN};

	for (size_t i = 0; i < 3; i++) {
		struct interval interval = {.seq = 1, .closed_ns = 10 * CLOCK_SECOND};
		struct batch *batch = batch_new(&interval, 0, 10 * CLOCK_SECOND);
		struct text out = {0};
		double value;
		char rest;

		batch_add(batch, KIND_GAUGE, "g", 1, "", 0)->gauge.value = values[i];
		encode_all(&batch, 1, &out);
		ck_assert_int_eq(
		    sscanf(text_string(&out), "stats.gauges.g %lf 0%c", &value, &rest), 2);
		ck_assert_int_eq(rest, '\n');
		ck_assert(isfinite(value));
		text_fini(&out);
		batch_drop(&batch);
	}
}
END_TEST

/* Property: however the rows are spread over batches, the bytes are the same,
 * in chunks of bounded size, and as many lines as points. */
START_TEST(chunks_add_up_to_the_whole)
{
	uint64_t seed = random_seed();
	struct graphite_encoding encoding = encoding_of();

	for (int round = 0; round < 10; round++) {
		struct batch *batches[4];
		struct text out = {0}, expected = {0};
		size_t first = 0, points = 0, lines = 0;

		for (size_t i = 0; i < 4; i++) {
			size_t rows = random_below(&seed, 4000);

			batches[i] = harness_batch(3, first, rows, 30, i == 3, &expected);
			points += graphite_encoder.points(&encoding, batches[i]);
			first += rows;
		}
		size_t chunks = encode_all(batches, 4, &out);

		ck_assert_uint_ge(chunks, out.len / (ENCODER_CHUNK + 1000));
		ck_assert_uint_eq(out.len, expected.len);
		ck_assert_int_eq(memcmp(out.bytes, expected.bytes, out.len), 0);
		for (size_t i = 0; i < out.len; i++)
			lines += out.bytes[i] == '\n';
		ck_assert_uint_eq(lines, points);
		for (size_t i = 0; i < 4; i++)
			batch_drop(&batches[i]);
		text_fini(&out);
		text_fini(&expected);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(lines_are_name_value_and_whole_seconds),
    SUITE_TEST(a_row_may_have_a_time_of_its_own),
    SUITE_TEST(events_alone_are_no_points_and_no_bytes),
    SUITE_TEST(no_name_breaks_a_line),
    SUITE_TEST(a_byte_that_breaks_a_line_is_found_wherever_it_stands),
    SUITE_TEST(a_series_without_a_name_gets_one),
    SUITE_TEST(no_value_is_anything_but_a_number),
    SUITE_TEST(chunks_add_up_to_the_whole),
    {0},
};

SUITE_MAIN("sink/encode_graphite", tests)
