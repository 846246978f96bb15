/* SPDX-License-Identifier: MIT */
/* bench_payload_test.c -- what bench sends is what it was asked to send. */

#include "cli/bench_payload.h"

#include "base/mem.h"
#include "parse/line.h"
#include "test/unit/suite.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

START_TEST(mix_gives_each_kind_its_weight)
{
	static const struct {
		const char *text;
		int status;
		struct bench_mix mix;
	} cases[] = {
	    {"c:100", 0, {{[KIND_COUNTER] = 100}}},
	    {"c:60,ms:30,g:8,s:2", 0,
		{{[KIND_COUNTER] = 60, [KIND_TIMER] = 30, [KIND_GAUGE] = 8, [KIND_SET] = 2}}},
	    {"s:1,c:0", 0, {{[KIND_SET] = 1}}},
	    {"ms:1000000", 0, {{[KIND_TIMER] = 1000000}}},
	    {"", -EINVAL, {{0}}},
	    {"c", -EINVAL, {{0}}},
	    {"c:", -EINVAL, {{0}}},
	    {"c:0", -EINVAL, {{0}}},
	    {"c:-1", -EINVAL, {{0}}},
	    {"c:1,", -EINVAL, {{0}}},
	    {",c:1", -EINVAL, {{0}}},
	    {"c:1,c:2", -EINVAL, {{0}}},
	    {"x:1", -EINVAL, {{0}}},
	    {"m:1", -EINVAL, {{0}}},
	    {"c:1000001", -EINVAL, {{0}}},
	    {"c:1 ,g:1", -EINVAL, {{0}}},
	    {"c:99999999999999999999", -EINVAL, {{0}}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bench_mix mix;

		ck_assert_msg(
		    bench_mix_parse(cases[i].text, &mix) == cases[i].status, "%s", cases[i].text);
		for (size_t kind = 0; cases[i].status == 0 && kind < KINDS; kind++)
			ck_assert_uint_eq(mix.weight[kind], cases[i].mix.weight[kind]);
	}
}
END_TEST

struct tally {
	uint64_t lines, kinds[KINDS];
	uint32_t *seen; /* per series, by its name's two numbers */
};

static size_t
series_number(const char *name)
{
	unsigned app, host;

	ck_assert_int_eq(sscanf(name, "bench.%*[a-z].app%u.host%u.requests", &app, &host), 2);
	return (size_t)host * 100 + app;
}

/* Every line of a datagram must be one that the parser accepts. */
static void
tally_datagram(struct tally *tally, const char *at, size_t len, unsigned tags)
{
	const char *end = at + len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline != NULL ? newline : end;
		struct line line;
		struct sample sample;
		enum reason reason;

		ck_assert(line_begin(&line, at, stop));
		ck_assert(line_next(&line, &sample, &reason));
		ck_assert_int_eq(reason, REASON_NONE);
		unsigned found = sample.tags_len > 0 ? 1 : 0;

		for (size_t i = 0; i < sample.tags_len; i++)
			found += sample.tags[i] == ',';
		ck_assert_uint_eq(found, tags);
		ck_assert(!line_next(&line, &sample, &reason));
		tally->lines++;
		tally->kinds[sample.kind]++;
		tally->seen[series_number(sample.name)]++;
		at = stop + 1;
	}
}

static const struct payload_options usual = {
    .mix.weight = {[KIND_COUNTER] = 60, [KIND_TIMER] = 30, [KIND_GAUGE] = 8, [KIND_SET] = 2},
    .series = 1000,
    .lines = 5000,
    .packet_bytes = 1432,
};

START_TEST(every_series_comes_once_a_pass_and_shares_are_those_of_the_mix)
{
	static const struct payload_options cases[] = {
	    {.mix.weight = {100}, .series = 1, .lines = 7, .packet_bytes = 1},
	    {.mix.weight = {60, 8, 30, 2}, .series = 1000, .lines = 5000, .packet_bytes = 1432},
	    {.mix.weight = {60, 8, 30, 2},
		.series = 100,
		.lines = 500,
		.packet_bytes = 64,
		.tags = 3},
	    {.mix.weight = {0, 1, 0, 1}, .series = 20000, .lines = 40000, .packet_bytes = 65507},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct payload_options *options = &cases[i];
		struct tally tally = {.seen = mem_zero(options->series, sizeof(uint32_t))};
		struct payload payload;
		uint64_t weights = 0;

		payload_prepare(&payload, options);
		for (size_t d = 0; d < payload.count; d++)
			tally_datagram(&tally, payload.bytes.bytes + payload.datagrams[d].offset,
			    payload.datagrams[d].bytes, options->tags);
		ck_assert_uint_eq(tally.lines, options->lines);
		ck_assert_uint_eq(payload.lines, options->lines);
		for (size_t s = 0; s < options->series; s++)
			ck_assert_uint_eq(tally.seen[s], options->lines / options->series);
		for (size_t k = 0; k < KINDS; k++)
			weights += options->mix.weight[k];
		for (size_t k = 0; k < KINDS; k++)
			ck_assert_uint_eq(
			    tally.kinds[k], options->lines * options->mix.weight[k] / weights);
		payload_fini(&payload);
		free(tally.seen);
	}
}
END_TEST

START_TEST(datagrams_are_as_full_as_they_can_be)
{
	struct payload payload;

	payload_prepare(&payload, &usual);
	ck_assert_uint_gt(payload.count, 1);
	for (size_t d = 0; d < payload.count; d++) {
		const struct payload_datagram *at = &payload.datagrams[d];

		ck_assert_uint_le(at->bytes, usual.packet_bytes);
		if (d + 1 == payload.count)
			break;
		const char *next = payload.bytes.bytes + at[1].offset;
		size_t next_line = (size_t)((const char *)memchr(next, '\n', at[1].bytes) - next);

		ck_assert_uint_gt(at->bytes + 1 + next_line, usual.packet_bytes);
	}
	payload_fini(&payload);
}
END_TEST

START_TEST(small_packets_carry_one_line_each)
{
	struct payload_options options = usual;
	struct payload payload;

	options.packet_bytes = 1;
	payload_prepare(&payload, &options);
	ck_assert_uint_eq(payload.count, options.lines);
	for (size_t d = 0; d < payload.count; d++) {
		const struct payload_datagram *at = &payload.datagrams[d];

		ck_assert_uint_eq(at->lines, 1);
		ck_assert_ptr_null(memchr(payload.bytes.bytes + at->offset, '\n', at->bytes));
	}
	payload_fini(&payload);
}
END_TEST

START_TEST(counters_have_names_of_33_bytes)
{
	struct payload_options options = usual;
	struct payload payload;
	static const char shape[] = "bench.c.app0000.host0000.requests:1|c";

	options.mix = (struct bench_mix){{1}};
	options.packet_bytes = 1;
	payload_prepare(&payload, &options);
	ck_assert_uint_eq(payload.datagrams[0].bytes, strlen(shape));
	ck_assert_uint_eq(strcspn(shape, ":"), 33);
	payload_fini(&payload);
}
END_TEST

START_TEST(same_options_give_the_same_bytes)
{
	struct payload one, two;

	payload_prepare(&one, &usual);
	payload_prepare(&two, &usual);
	ck_assert_uint_eq(one.bytes.len, two.bytes.len);
	ck_assert_mem_eq(one.bytes.bytes, two.bytes.bytes, one.bytes.len);
	payload_fini(&one);
	payload_fini(&two);
}
END_TEST

START_TEST(another_seed_gives_the_same_series_in_another_order)
{
	struct payload_options options = usual;
	struct payload one, two;

	options.mix = (struct bench_mix){{1}};
	payload_prepare(&one, &options);
	options.seed++;
	payload_prepare(&two, &options);
	ck_assert_uint_eq(one.bytes.len, two.bytes.len);
	ck_assert_mem_ne(one.bytes.bytes, two.bytes.bytes, one.bytes.len);
	payload_fini(&one);
	payload_fini(&two);
}
END_TEST

START_TEST(long_runs_repeat_whole_passes)
{
	struct payload_options options = usual;
	struct payload payload;

	options.lines = UINT64_C(1) << 40;
	payload_prepare(&payload, &options);
	ck_assert_uint_gt(payload.lines, options.series);
	ck_assert_uint_eq(payload.lines % options.series, 0);
	payload_fini(&payload);
}
END_TEST

START_TEST(prefix_ends_where_its_last_line_does)
{
	struct payload_options options = usual;
	struct payload payload;

	options.mix = (struct bench_mix){{1}};
	options.packet_bytes = 3 * 38;
	payload_prepare(&payload, &options);
	const struct payload_datagram *first = payload.datagrams;

	ck_assert_uint_eq(first->lines, 3);
	ck_assert_uint_eq(first->bytes, 3 * 37 + 2);
	ck_assert_uint_eq(payload_prefix(&payload, first, 1), 37);
	ck_assert_uint_eq(payload_prefix(&payload, first, 2), 2 * 37 + 1);
	ck_assert_uint_eq(payload_prefix(&payload, first, 3), first->bytes);
	ck_assert_uint_eq(payload_prefix(&payload, first, 99), first->bytes);
	payload_fini(&payload);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(mix_gives_each_kind_its_weight),
    SUITE_TEST(every_series_comes_once_a_pass_and_shares_are_those_of_the_mix),
    SUITE_TEST(datagrams_are_as_full_as_they_can_be),
    SUITE_TEST(small_packets_carry_one_line_each),
    SUITE_TEST(counters_have_names_of_33_bytes),
    SUITE_TEST(same_options_give_the_same_bytes),
    SUITE_TEST(another_seed_gives_the_same_series_in_another_order),
    SUITE_TEST(long_runs_repeat_whole_passes),
    SUITE_TEST(prefix_ends_where_its_last_line_does),
    {0},
};

SUITE_MAIN("cli/bench_payload", tests)
