/* SPDX-License-Identifier: MIT */
/* encoder.h -- rows to bytes, a chunk at a time: a large flush never needs
 * its whole text in memory. An encoder is a pure function of the batches;
 * any thread may run it, and the same flush gives the same bytes again. */

#pragma once

#include "base/text.h"
#include "metric/batch.h"
#include "metric/naming.h"

#include <stdbool.h>

/* What encoders aim at in one call; the last row may run over. */
#define ENCODER_CHUNK ((size_t)64 << 10)

/* How far an encoder has come within a flush; all zero at its start. */
struct cursor {
	size_t batch, row; /* the next one */
	void *state;       /* the encoder's */
};

struct encoder {
	/* Points that a batch will be. An event is none. */
	size_t (*points)(const void *settings, const struct batch *batch);

	/* Append the next chunk of these batches and move the cursor. At the
	 * end of what is there, cursor->batch == count. */
	void (*encode)(const void *settings, struct batch *const *batches, size_t count,
	    struct cursor *cursor, struct text *out);

	/* Give back the cursor's state; NULL: it keeps none. */
	void (*release)(struct cursor *cursor);

	/* How it spells series, and its choice of a timer's statistics; NULL: it
	 * shows series as they are. */
	const struct naming *(*naming)(
	    const void *settings, const struct naming_choice **choice_out);

	/* It needs all batches of a flush for its first byte. */
	bool whole;
};

extern const struct encoder graphite_encoder;
extern const struct encoder table_encoder;
