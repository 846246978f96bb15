/* SPDX-License-Identifier: MIT */
/* bench_payload.c -- the datagrams that bench sends. */

#include "cli/bench_payload.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/number.h"

#include <errno.h>
#include <stdlib.h>

#define PREPARED_LINES ((uint64_t)1 << 18)
#define WEIGHT_MAX 1000000

static const char *const type_names[KINDS] = {
    [KIND_COUNTER] = "c",
    [KIND_GAUGE] = "g",
    [KIND_TIMER] = "ms",
    [KIND_SET] = "s",
};

/* The order in which kinds take their share of the series' numbers. */
static const enum kind share_order[KINDS] = {KIND_COUNTER, KIND_TIMER, KIND_GAUGE, KIND_SET};

/* SplitMix64 (Steele, Lea, Flood, 2014). */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* One "ms:30" of the mix; kinds already given are in *seen. */
static int
parse_share(const char *at, const char *end, struct bench_mix *mix, unsigned *seen)
{
	for (unsigned kind = 0; kind < KINDS; kind++) {
		size_t len = strlen(type_names[kind]);

		if ((size_t)(end - at) < len + 2 || memcmp(at, type_names[kind], len) != 0 ||
		    at[len] != ':')
			continue;
		uint32_t weight = 0;

		for (at += len + 1; at < end; at++) {
			if (*at < '0' || *at > '9')
				return -EINVAL;
			weight = weight * 10 + (uint32_t)(*at - '0');
			if (weight > WEIGHT_MAX)
				return -EINVAL;
		}
		if ((*seen & 1U << kind) != 0)
			return -EINVAL;
		*seen |= 1U << kind;
		mix->weight[kind] = weight;
		return 0;
	}
	return -EINVAL;
}

static uint64_t
sum_weights(const struct bench_mix *mix)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < KINDS; i++)
		sum += mix->weight[i];
	return sum;
}

int
bench_mix_parse(const char *text, struct bench_mix *mix_out)
{
	unsigned seen = 0;

	*mix_out = (struct bench_mix){0};
	for (const char *end;; text = end + 1) {
		end = text + strcspn(text, ",");
		if (parse_share(text, end, mix_out, &seen) < 0)
			return -EINVAL;
		if (*end == '\0')
			return sum_weights(mix_out) > 0 ? 0 : -EINVAL;
	}
}

/* Numbers below the first kind's share are that kind, and so on. Shares are
 * rounded up: with few series the first kinds get them. */
static enum kind
kind_of(const struct payload_options *options, size_t number)
{
	uint64_t sum = sum_weights(&options->mix), below = 0;
	size_t i = 0;

	for (;; i++) {
		CHECK(i < KINDS);
		below += options->mix.weight[share_order[i]];
		if (number < (options->series * below + sum - 1) / sum)
			return share_order[i];
	}
}

/* bench.c.app12.host345.requests, 33 bytes for a counter. */
static void
print_name(struct text *out, enum kind kind, size_t number)
{
	text_printf(out, "bench.%s.app%04zu.host%04zu.requests", type_names[kind], number % 100,
	    number / 100);
}

static void
print_value(struct text *out, enum kind kind, uint64_t *random)
{
	char digits[NUMBER_TEXT_MAX];
	uint64_t value = kind == KIND_COUNTER ? 1 : 1 + next_random(random) % 999;

	if (kind == KIND_SET)
		text_puts(out, "user");
	text_append(out, digits, number_print_uint(value, digits));
}

static void
print_line(struct text *out, const struct payload_options *options, size_t number, uint64_t *random)
{
	enum kind kind = kind_of(options, number);

	print_name(out, kind, number);
	text_byte(out, ':');
	print_value(out, kind, random);
	text_byte(out, '|');
	text_puts(out, type_names[kind]);
	for (unsigned i = 0; i < options->tags; i++)
		text_printf(out, "%stag%u:value%zu", i == 0 ? "|#" : ",", i, (number + i) % 10);
}

/* The bytes since `offset` are a line; put it into the open datagram if it
 * fits there, else begin one. */
static void
place_line(struct payload *payload, size_t offset, size_t packet_bytes)
{
	size_t line_bytes = payload->bytes.len - offset;

	payload->lines++;
	if (payload->count > 0) {
		struct payload_datagram *open = &payload->datagrams[payload->count - 1];

		/* They lie behind each other with a newline between. */
		if (open->bytes + 1 + line_bytes <= packet_bytes) {
			open->bytes += (uint32_t)(1 + line_bytes);
			open->lines++;
			return;
		}
	}
	payload->datagrams = mem_room(
	    payload->datagrams, payload->count, &payload->cap, sizeof(*payload->datagrams));
	payload->datagrams[payload->count++] =
	    (struct payload_datagram){.offset = offset, .bytes = (uint32_t)line_bytes, .lines = 1};
}

/* Fisher and Yates. */
static void
shuffle(uint32_t *order, size_t count, uint64_t *random)
{
	for (size_t i = count; i > 1; i--) {
		size_t other = (size_t)(next_random(random) % i);
		uint32_t swapped = order[i - 1];

		order[i - 1] = order[other];
		order[other] = swapped;
	}
}

void
payload_prepare(struct payload *payload, const struct payload_options *options)
{
	uint64_t passes = 1 + (PREPARED_LINES - 1) / options->series;
	uint64_t most = passes * options->series;
	uint64_t lines = options->lines < most ? options->lines : most;
	uint32_t *order = mem_alloc(options->series * sizeof(*order));
	uint64_t random = options->seed;

	*payload = (struct payload){0};
	for (size_t i = 0; i < options->series; i++)
		order[i] = (uint32_t)i;
	for (uint64_t i = 0; i < lines; i++) {
		if (i % options->series == 0)
			shuffle(order, options->series, &random);
		if (i > 0)
			text_byte(&payload->bytes, '\n');
		size_t offset = payload->bytes.len;

		print_line(&payload->bytes, options, order[i % options->series], &random);
		place_line(payload, offset, options->packet_bytes);
	}
	free(order);
}

void
payload_fini(struct payload *payload)
{
	text_fini(&payload->bytes);
	free(payload->datagrams);
	*payload = (struct payload){0};
}

size_t
payload_prefix(
    const struct payload *payload, const struct payload_datagram *datagram, uint64_t lines)
{
	const char *start = payload->bytes.bytes + datagram->offset;
	const char *at = start, *end = start + datagram->bytes;

	if (lines >= datagram->lines)
		return datagram->bytes;
	for (; lines > 0; lines--)
		at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
	return (size_t)(at - start) - 1;
}
