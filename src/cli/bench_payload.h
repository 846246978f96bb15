/* SPDX-License-Identifier: MIT */
/* bench_payload.h -- the datagrams that bench sends, all of them made before
 * the first leaves.
 *
 * Series are numbered; a number has one name, kind and set of tags. Lines
 * come in passes: each pass is every series once, in a new order. Two runs
 * with the same options send the same bytes. */

#pragma once

#include "base/text.h"
#include "metric/kind.h"

#include <stddef.h>
#include <stdint.h>

/* How many series of each kind, relative to each other. */
struct bench_mix {
	uint32_t weight[KINDS];
};

/* "c:60,ms:30,g:8,s:2": each at most once, the weights 0 to 1000000 and not
 * all 0. 0 or -EINVAL. */
int bench_mix_parse(const char *text, struct bench_mix *mix_out);

struct payload_options {
	struct bench_mix mix;
	size_t series;
	uint64_t lines;
	size_t packet_bytes; /* a datagram is no larger, unless it is one line */
	unsigned tags;       /* of each series */
	uint64_t seed;       /* of the order and the values */
};

struct payload_datagram {
	size_t offset;
	uint32_t bytes, lines;
};

/* Whole passes, or all the lines if they are fewer; a sender begins again at
 * the first datagram until it has sent as many lines as it should. */
struct payload {
	struct text bytes;
	struct payload_datagram *datagrams;
	size_t count, cap;
	uint64_t lines;
};

void payload_prepare(struct payload *payload, const struct payload_options *options);
void payload_fini(struct payload *payload);

/* How long the datagram's first `lines` lines are, without the newline after
 * the last of them. */
size_t payload_prefix(
    const struct payload *payload, const struct payload_datagram *datagram, uint64_t lines);
