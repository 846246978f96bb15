/* SPDX-License-Identifier: MIT */
/* lane.h -- one server of a sink: the queue of what it has not taken yet, the
 * ledger of what became of every point, and the state of things.
 *
 * The unit of delivery is a flush: all batches of one interval. They come in
 * one by one, and sending may start with the first. A flush that fails is
 * sent again from its first byte, after a wait; its bytes are the same again.
 * Everything runs on the egress thread. */

#pragma once

#include "base/text.h"
#include "metric/batch.h"
#include "metric/counter.h"
#include "net/timer.h"
#include "sink/backoff.h"
#include "sink/encoder.h"
#include "sink/transport.h"

struct lane_flush {
	struct lane_flush *next;
	struct interval interval;
	int64_t timestamp_ns;
	struct batch **batches; /* a reference each */
	size_t count, cap;
	size_t bytes; /* of the batches' memory */
	uint64_t points;
	bool complete; /* no further batch will come */
};

/* offered = delivered + queued + queue_full + shutdown, after every change. */
struct ledger {
	uint64_t offered, delivered, queued;
	uint64_t queue_full, shutdown; /* dropped */
};

enum lane_state {
	LANE_IDLE,
	LANE_CONNECTING,
	LANE_SENDING,
	LANE_ACKNOWLEDGING,
	LANE_WAITING, /* to retry */
};

extern const char *const lane_states[]; /* for people */

/* The rungs of the ladder: what "delivered" has meant. */
enum ack_level { ACK_LEVEL_HANDED_OVER, ACK_LEVEL_IN_PEER, ACK_LEVEL_READ };

struct lane {
	/* set by its sink, which outlives it */
	const char *name;
	const struct encoder *encoder;
	const void *encoding; /* the encoder's settings */
	const struct transport *transport;
	size_t queue_limit_bytes;
	counter *counters; /* of enum sink_counter */
	void (*closed)(struct lane *lane);
	void *owner;

	/* set by its transport */
	const char *address;
	const char *ack; /* for people: how arrival is known now */

	/* the lane's own */
	void *link;
	struct lane_flush *head, *newest;
	size_t queue_bytes;
	struct ledger ledger;
	enum lane_state state;
	int64_t since_ns; /* wall */
	struct text last_error;
	bool failing;         /* the newest attempt failed */
	bool in_flight;       /* head is the transport's */
	int64_t begun_ns;     /* monotonic: that attempt */
	uint64_t begun_bytes; /* pulled in it; a transport that does not pull sets it */
	bool stopping, closing;
	int64_t deadline_ns; /* monotonic, once stopping */
	struct cursor cursor;
	struct backoff backoff;
	struct timer retry;
};

void lane_open(struct lane *lane, struct thread *thread, const void *transporting);

/* Queue a batch, with a reference of the lane's own, or count it as dropped. */
void lane_offer(struct lane *lane, struct batch *batch);

/* No further batches: deliver what is queued, then close. */
void lane_stop(struct lane *lane, int64_t deadline_mono_ns);

/* Close now; what is queued then is dropped. closed() is called when done. */
void lane_abandon(struct lane *lane);

/* The loop has ended. */
void lane_free(struct lane *lane);

/* For transports. */

enum lane_pull { LANE_CHUNK, LANE_AWAIT, LANE_END };

/* The next chunk of the flush in flight; or none yet: more() will be called;
 * or none any more. */
enum lane_pull lane_pull(struct lane *lane, struct text *chunk);

void lane_set_state(struct lane *lane, enum lane_state state);
void lane_delivered(struct lane *lane, enum ack_level level);
void lane_failed(struct lane *lane, const char *error);
void lane_closed(struct lane *lane);
