/* SPDX-License-Identifier: MIT */
/* transport_tcp.c -- a connection for each flush, and proof of its arrival.
 *
 *   connect ─► write, chunk by chunk ─► shut down ─► wait for end-of-file
 *
 * That write() took the bytes says nothing: the peer may die with megabytes
 * of them unread. A peer that closes after our end-of-file has read to the
 * end (one that closes earlier, with bytes unread, resets the connection), so
 * its end-of-file is the acknowledgement. A server that never closes is known
 * by bytes that are all acknowledged by its kernel and an end that does not
 * come; for it that much has to do. */

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/stream.h"
#include "sink/lane.h"
#include "sink/settings.h"

#include <stdlib.h>

/* After so many flushes in a row that arrived without an end, do not wait for
 * one any more. */
#define SILENT_MAX 3

/* The same for a server that used to close: it may hang, or another one, that
 * never does, may have taken its place. */
#define SILENT_MAX_ENDED 12

/* Between two looks at the peer's acknowledgements: when they are what is
 * waited for, and when they only show that it lives. */
#define EAGER_LOOK_NS (2 * CLOCK_MS)
#define LOOK_NS (20 * CLOCK_MS)

enum verdict { VERDICT_OPEN, VERDICT_DELIVERED, VERDICT_FAILED };

struct tcp_link {
	struct lane *lane;
	const struct tcp_settings *settings;
	struct stream stream;
	struct timer look;
	struct text chunk;
	enum ack ack;    /* the one in effect */
	bool has_ended;  /* the peer has closed after a flush before */
	unsigned silent; /* flushes in a row without an end */
	bool closing;    /* for good */

	/* of the connection */
	bool awaiting; /* all there is has been written, more will come */
	bool complete; /* all has been written */
	uint64_t unacknowledged;
	/* Since something moved, by the number of looks: for the time that we
	 * ourselves were stopped the peer is not to blame. */
	int64_t waited_ns;
	enum verdict verdict; /* reported once the connection is closed */
	enum ack_level level;
	struct text error;
};

static void
conclude(struct tcp_link *link, enum verdict verdict)
{
	timer_stop(&link->look);
	link->awaiting = false; /* the flush may still grow, but not on this connection */
	link->verdict = verdict;
	stream_close(&link->stream);
}

static void
conclude_delivered(struct tcp_link *link, enum ack_level level)
{
	link->level = level;
	conclude(link, VERDICT_DELIVERED);
}

static void
start_error(struct tcp_link *link, const char *step)
{
	text_reset(&link->error);
	text_puts(&link->error, step);
	text_byte(&link->error, ' ');
	stream_print_peer(&link->stream, &link->error);
	text_puts(&link->error, ": ");
}

static void
conclude_failed(struct tcp_link *link, const char *step, const char *why)
{
	start_error(link, step);
	text_puts(&link->error, why);
	conclude(link, VERDICT_FAILED);
}

static void
set_ack(struct tcp_link *link, enum ack ack)
{
	link->ack = ack;
	link->lane->ack = ack_choices[ack];
}

static void
finish_writing(struct tcp_link *link)
{
	link->complete = true;
	lane_set_state(link->lane, LANE_ACKNOWLEDGING);
	if (link->ack == ACK_NONE)
		conclude_delivered(link, ACK_LEVEL_HANDED_OVER);
	else if (link->ack != ACK_TCP)
		stream_shutdown(&link->stream);
}

static void
write_more(struct tcp_link *link)
{
	link->waited_ns = 0;
	switch (lane_pull(link->lane, &link->chunk)) {
	case LANE_CHUNK: stream_write(&link->stream, &link->chunk); break;
	case LANE_AWAIT: link->awaiting = true; break;
	case LANE_END: finish_writing(link); break;
	}
}

/* Nothing has moved for as long as the peer may take. */
static void
run_out(struct tcp_link *link)
{
	bool arrived = link->complete && link->unacknowledged == 0;

	if (!arrived) {
		link->silent = 0;
		conclude_failed(link, "send to", "no progress within ack_timeout");
		return;
	}
	link->silent++;
	unsigned patience = link->has_ended ? SILENT_MAX_ENDED : SILENT_MAX;

	if (link->ack != ACK_AUTO || link->silent < patience) {
		conclude_failed(link, "send to", "no end-of-file within ack_timeout");
		return;
	}
	log_warn("sink %s: %s does not close after a flush: from now on its kernel's "
		 "acknowledgement has to do (ack: tcp)",
	    link->lane->name, link->lane->address);
	set_ack(link, ACK_TCP);
	conclude_delivered(link, ACK_LEVEL_IN_PEER);
}

static void
look_later(struct tcp_link *link)
{
	int64_t delay_ns = link->ack == ACK_TCP && link->complete ? EAGER_LOOK_NS : LOOK_NS;

	link->waited_ns += delay_ns;
	timer_start(&link->look, delay_ns);
}

static void
on_look(struct timer *timer)
{
	struct tcp_link *link =
	    (struct tcp_link *)((char *)timer - offsetof(struct tcp_link, look));
	uint64_t unacknowledged = stream_unacknowledged(&link->stream);

	if (link->ack == ACK_TCP && link->complete && unacknowledged == 0) {
		conclude_delivered(link, ACK_LEVEL_IN_PEER);
		return;
	}
	if (unacknowledged != link->unacknowledged || link->awaiting)
		link->waited_ns = 0;
	link->unacknowledged = unacknowledged;
	if (link->waited_ns >= link->settings->ack_timeout_ns)
		run_out(link);
	else
		look_later(link);
}

static void
on_connected(struct stream *stream)
{
	struct tcp_link *link = stream->owner;

	lane_set_state(link->lane, LANE_SENDING);
	look_later(link);
	write_more(link);
}

static void
on_drained(struct stream *stream)
{
	write_more(stream->owner);
}

/* Nothing a Graphite server says is of use. */
static void
on_received(struct stream *stream, const char *bytes, size_t len)
{
	(void)stream;
	(void)bytes;
	(void)len;
}

static void
on_ended(struct stream *stream)
{
	struct tcp_link *link = stream->owner;

	/* Whoever does not wait for the end has no use for an early one. */
	if (link->ack == ACK_TCP || link->ack == ACK_NONE)
		return;
	if (!stream_is_shut(stream) || stream_unacknowledged(stream) > 0) {
		link->silent = 0;
		conclude_failed(link, "send to", "closed before it had read everything");
		return;
	}
	link->has_ended = true;
	link->silent = 0;
	conclude_delivered(link, ACK_LEVEL_READ);
}

static void
on_failed(struct stream *stream, const char *step, int error)
{
	struct tcp_link *link = stream->owner;

	link->silent = 0;
	start_error(link, step);
	text_printf(&link->error, "%s (%s)", uv_strerror(error), uv_err_name(error));
	conclude(link, VERDICT_FAILED);
}

static void
finish(struct tcp_link *link)
{
	stream_fini(&link->stream);
	timer_fini(&link->look);
	lane_closed(link->lane);
}

static void
on_closed(struct stream *stream)
{
	struct tcp_link *link = stream->owner;
	/* The report may make the lane close an idle link: that is complete
	 * when it returns. */
	bool closing = link->closing;

	if (link->verdict == VERDICT_DELIVERED)
		lane_delivered(link->lane, link->level);
	else if (link->verdict == VERDICT_FAILED)
		lane_failed(link->lane, text_string(&link->error));
	if (closing)
		finish(link);
}

static const struct stream_events events = {
    .connected = on_connected,
    .drained = on_drained,
    .received = on_received,
    .ended = on_ended,
    .failed = on_failed,
    .closed = on_closed,
};

static void *
tcp_open(struct lane *lane, struct thread *thread, const void *settings)
{
	struct tcp_link *link = mem_zero(1, sizeof(*link));
	struct address address;
	const char *error;

	link->lane = lane;
	link->settings = settings;
	lane->address = ((char **)link->settings->address.at)[0];
	/* The configuration has let nothing else in. */
	CHECK(address_parse(lane->address, &address, &error) == 0);
	set_ack(link, (enum ack)link->settings->ack);
	stream_init(&link->stream, thread, &address, link->settings->ack_timeout_ns, &events, link);
	timer_init(&link->look, thread, on_look);
	return link;
}

static void
tcp_begin(void *opened)
{
	struct tcp_link *link = opened;

	link->awaiting = false;
	link->complete = false;
	link->unacknowledged = 0;
	link->verdict = VERDICT_OPEN;
	text_reset(&link->chunk);
	lane_set_state(link->lane, LANE_CONNECTING);
	stream_open(&link->stream);
}

static void
tcp_more(void *opened)
{
	struct tcp_link *link = opened;

	if (!link->awaiting)
		return;
	link->awaiting = false;
	write_more(link);
}

static void
tcp_close(void *opened)
{
	struct tcp_link *link = opened;

	link->closing = true;
	timer_stop(&link->look);
	if (link->stream.state == STREAM_CLOSED)
		finish(link);
	else if (link->stream.state != STREAM_CLOSING)
		stream_close(&link->stream);
}

static void
tcp_free(void *opened)
{
	struct tcp_link *link = opened;

	text_fini(&link->chunk);
	text_fini(&link->error);
	free(link);
}

const struct transport tcp_transport = {
    .open = tcp_open,
    .begin = tcp_begin,
    .more = tcp_more,
    .close = tcp_close,
    .free = tcp_free,
};
