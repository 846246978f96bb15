/* SPDX-License-Identifier: MIT */
/* transport.h -- how bytes reach a server. A transport serves one lane: it is
 * told to begin with the flush at the lane's head, pulls its bytes chunk by
 * chunk, and tells the lane what became of it. Everything happens on the
 * egress thread; what else a transport runs writes to it. */

#pragma once

#include "base/mailbox.h"
#include "net/thread.h"

struct lane;

struct transport {
	/* Before the thread runs. Returns the link that the others take, and
	 * sets the lane's address. Connects nothing. */
	void *(*open)(struct lane *lane, struct thread *thread, const void *settings);

	/* Deliver the flush at the lane's head. Answered, later or at once, by
	 * lane_delivered() or lane_failed(). */
	void (*begin)(void *link);

	/* That flush has grown, or has become complete. NULL where the encoder
	 * needs it whole to begin with. */
	void (*more)(void *link);

	/* Stop whatever is under way, for good; answered by lane_closed(). */
	void (*close)(void *link);

	/* The loop has ended. */
	void (*free)(void *link);
};

extern const struct transport tcp_transport;
extern const struct transport stdout_transport;

/* A letter from a thread of a transport: to be run on the egress thread. */
struct egress_call {
	struct mail mail;
	void (*run)(struct egress_call *call);
};
