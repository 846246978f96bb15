/* SPDX-License-Identifier: MIT */
/* receiver.h -- one socket of datagrams, UDP or unix, in one worker: drained
 * by recvmmsg, as rarely as the load allows.
 *
 * Waking up costs more than a datagram. While datagrams keep coming, the
 * receiver does not wait for the next one but for a pause of a millisecond, and
 * takes all that came meanwhile; the pause is shorter where an eighth of the
 * buffer would fill sooner. When it gets quiet it waits for the socket again,
 * so that a lone datagram is read at once. How busy it is is judged over a
 * millisecond at least: a pair of datagrams is no load.
 *
 * What a datagram's samples are ordered by is when it was read; where the
 * datagrams of one client go to several workers (steer: random) it is when the
 * kernel got it, so that a gauge ends at its last value. The kernel stamps by
 * the wall clock; the difference to the monotonic one is measured to some ten
 * nanoseconds in each worker, less than a client needs between two datagrams.
 * What lay in the buffer while somebody set the wall clock may be out of
 * order, and so may what came in the first milliseconds, before the kernel
 * stamps at all; nothing ever seems to come later than it is read.
 *
 * At a unix socket there are no pauses: its queue is short, and a sender waits
 * for it. There the source is the sender's user. */

#pragma once

#include "ingest/intake.h"
#include "net/alarm.h"
#include "net/udp.h"

/* How long to stay away from the socket when so much came in that time, bytes
 * counting as against the buffer, of which there are `capacity`; 0: not at all. */
int64_t receiver_pause(uint32_t capacity, size_t datagrams, size_t bytes, int64_t elapsed_ns);

/* Buffers for one recvmmsg, shared by the receivers of a worker. */
struct slots;

struct slots *slots_new(void);
void slots_free(struct slots *slots);

/* A bound socket that datagrams come through. What is inherited other
 * processes hold, too: it is left as it is, and what is in it at the end waits
 * for them. */
struct inlet {
	int fd;
	int bin; /* of udp_open_shared(), with the first of its sockets; else -1 */
	bool inherited;
	const struct access *access; /* who may send; NULL: everybody */
	union inet_address address;  /* of UDP */
	const char *path;            /* of a unix socket; NULL: it is UDP */
};

struct receiver {
	struct thread *thread;
	struct intake *intake;
	struct slots *slots;
	struct origin origin;
	size_t listener; /* whose counters these are */
	struct inlet inlet;
	uint32_t capacity;                /* of the receive buffer, bytes as the kernel charges */
	uint32_t dropped, filtered;       /* by the kernel, when last looked */
	int64_t wall_ahead_ns;            /* wall clock less monotonic clock, when last measured */
	counter queued_bytes, peak_bytes; /* of the receive buffer, when looked */
	int64_t judged_ns;                /* how busy it is, when last, monotonic */
	size_t datagrams, bytes;          /* since then */
	uv_poll_t poll;                   /* stopped during a pause */
	struct alarm pause;
	bool open, refusing;
};

/* The inlet's sockets become the receiver's; the rest of it must outlive it. */
void receiver_init(struct receiver *receiver, struct thread *thread, struct intake *intake,
    struct slots *slots, const struct origin *origin, const struct inlet *inlet);

/* Its address, for people. */
void receiver_print(const struct receiver *receiver, struct text *out);
void receiver_start(struct receiver *receiver);

/* Take in what is there, a turn's worth at most, in the midst of something
 * else. */
void receiver_take(struct receiver *receiver);

/* Look at the buffer: count what the kernel dropped or filtered since, note
 * its fill. */
void receiver_look(struct receiver *receiver);

/* Let nothing more arrive, but at a socket that others hold, too; before the
 * receivers of a worker are stopped, one after the other. */
void receiver_refuse(struct receiver *receiver);

/* Refuse, take in what has arrived, then close. */
void receiver_stop(struct receiver *receiver);
