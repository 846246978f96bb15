/* SPDX-License-Identifier: MIT */
/* feed.h -- the bytes of one stream, cut into lines and taken in. */

#pragma once

#include "ingest/intake.h"
#include "metric/source.h"
#include "parse/framing.h"

struct feed {
	struct intake *intake;
	struct origin origin; /* with the worker's counters */
	uint8_t source[SOURCE_BYTES];
	struct framing framing;
	bool begun; /* something has been taken in */
};

/* What is wrong with a stream, so that nothing more is to be taken from it. */
enum feed_fault {
	FEED_FINE,
	FEED_HTTP,   /* it is a request of a web browser's, or its hello */
	FEED_BROKEN, /* a frame is longer than any datagram */
};

void feed_init(struct feed *feed, struct intake *intake, const struct origin *origin,
    const uint8_t *source, enum framing_kind framing, size_t line_most);
void feed_fini(struct feed *feed);

/* Take in what has come; now is monotonic. */
enum feed_fault feed_take(struct feed *feed, const char *bytes, size_t len, int64_t now);

/* Nothing more will come. What has no end is refused: who can say how it
 * would have gone on? Or it is a line, where `whole` says so. */
void feed_end(struct feed *feed, bool whole, int64_t now);
