/* SPDX-License-Identifier: MIT */
/* sample.h -- one measurement as it came off the wire. It borrows the bytes
 * of the datagram and dies with it. */

#pragma once

#include "metric/kind.h"
#include "metric/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one cache line: a worker fills one for each line it reads. */
struct sample {
	const char *name; /* raw */
	const char *tags; /* raw, what followed |# */
	union {
		double value;       /* counter, gauge, timer */
		const char *member; /* set */
	};
	double weight;         /* 1 / sample rate */
	int64_t timestamp;     /* of a counter or gauge, s since 1970; 0: now */
	const uint8_t *source; /* of a total: SOURCE_BYTES of its client; else NULL */
	uint32_t name_len, tags_len, member_len;
	enum kind kind : 8;
	bool relative; /* a gauge's delta: the value had a sign */
	bool total;    /* of a counter: what its client has counted so far */
	bool exact;    /* it is sent with just its timestamp, not that of a boundary */
};
