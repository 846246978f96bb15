/* SPDX-License-Identifier: MIT */
/* sample.h -- one measurement as it came off the wire. It borrows the bytes
 * of the datagram and dies with it. */

#pragma once

#include "metric/kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sample {
	const char *name; /* raw */
	const char *tags; /* raw, what followed |# */
	uint32_t name_len, tags_len;
	enum kind kind;
	bool relative; /* a gauge's delta: the value had a sign */
	double weight; /* 1 / sample rate */
	union {
		double value; /* counter, gauge, timer */
		struct {
			const char *member; /* set */
			size_t member_len;
		};
	};
};
