/* SPDX-License-Identifier: MIT */
/* feed.c -- the bytes of one stream, cut into lines and taken in. */

#include "ingest/feed.h"

#include "parse/http.h"

#include <string.h>

void
feed_init(struct feed *feed, struct intake *intake, const struct origin *origin,
    const uint8_t *source, enum framing_kind framing, size_t line_most)
{
	feed->intake = intake;
	feed->origin = *origin;
	memcpy(feed->source, source, SOURCE_BYTES);
	framing_init(&feed->framing, framing, line_most);
	feed->begun = false;
}

void
feed_fini(struct feed *feed)
{
	framing_fini(&feed->framing);
}

/* The beginning of a line that is longer than any may be. That of a request is
 * enough to know it by: its end may never come. */
static enum feed_fault
refuse_long(struct feed *feed, const char *bytes, size_t len, const struct arrival *arrival)
{
	bool http = feed->origin.transport != TRANSPORT_STDIN && http_begins(bytes, bytes + len);

	intake_refuse(
	    feed->intake, &feed->origin, http ? REASON_HTTP : REASON_LINE_TOO_LONG, len, arrival);
	return http ? FEED_HTTP : FEED_FINE;
}

/* The first piece of a stream: no page gets at what is not TCP. */
static bool
begins_with_hello(struct feed *feed, const char *bytes, size_t len)
{
	bool first = !feed->begun;

	feed->begun = true;
	return first && feed->origin.transport == TRANSPORT_TCP &&
	    http_is_hello(bytes, bytes + len);
}

static enum feed_fault
take_piece(struct feed *feed, enum framed framed, const char *bytes, size_t len,
    const struct arrival *arrival)
{
	if (begins_with_hello(feed, bytes, len)) {
		intake_refuse(feed->intake, &feed->origin, REASON_HTTP, len, arrival);
		return FEED_HTTP;
	}
	switch (framed) {
	case FRAMED_LINES:
		return intake_lines(feed->intake, &feed->origin, bytes, len, arrival) ? FEED_FINE
										      : FEED_HTTP;
	case FRAMED_TOO_LONG: return refuse_long(feed, bytes, len, arrival);
	case FRAMED_BROKEN:
		intake_refuse(feed->intake, &feed->origin, REASON_LINE_TOO_LONG, 0, arrival);
		return FEED_BROKEN;
	case FRAMED_SKIPPED:
		counter_add(&feed->origin.counters[INTAKE_BYTES + feed->origin.transport], len);
		break;
	case FRAMED_ALL: break;
	}
	return FEED_FINE;
}

enum feed_fault
feed_take(struct feed *feed, const char *bytes, size_t len, int64_t now)
{
	const struct arrival arrival = {.stamp = (uint64_t)now, .source = feed->source};
	enum feed_fault fault = FEED_FINE;
	enum framed framed;

	framing_feed(&feed->framing, bytes, len);
	while (fault == FEED_FINE &&
	    (framed = framing_next(&feed->framing, &bytes, &len)) != FRAMED_ALL)
		fault = take_piece(feed, framed, bytes, len, &arrival);
	return fault;
}

void
feed_end(struct feed *feed, bool whole, int64_t now)
{
	const struct arrival arrival = {.stamp = (uint64_t)now, .source = feed->source};
	const char *bytes;
	size_t len = framing_rest(&feed->framing, &bytes);

	if (len > 0 && whole)
		(void)intake_lines(feed->intake, &feed->origin, bytes, len, &arrival);
	else if (len > 0)
		intake_refuse(feed->intake, &feed->origin, REASON_TRUNCATED, len, &arrival);
}
