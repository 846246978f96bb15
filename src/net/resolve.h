/* SPDX-License-Identifier: MIT */
/* resolve.h -- the addresses behind a name, looked up off the loop.
 *
 * Each look-up has a thread of its own, detached: a name server that does not
 * answer delays neither other look-ups nor the end of the process. The last
 * good answer is kept, and stands in when a later look-up fails. */

#pragma once

#include "base/address.h"
#include "net/thread.h"

#include <stdbool.h>
#include <sys/socket.h>

struct lookup;

struct resolver {
	/* The owner's, on its thread, once per resolver_ask() */
	void (*answered)(struct resolver *resolver);
	void *owner;

	size_t count; /* of answers */
	struct sockaddr_storage *answers;
	int error; /* of the newest look-up, libuv's code; its answers are the older ones then */

	/* the resolver's own */
	struct address address;
	bool literal;          /* an IP address: its answer is known and never changes */
	struct lookup *lookup; /* under way, NULL: none */
	uv_async_t wake;
};

void resolver_init(struct resolver *resolver, struct thread *thread, const struct address *address,
    void (*answered)(struct resolver *resolver), void *owner);

/* Look up; answered() is called later, never from here. An IP address needs
 * no look-up, a unix path has no answers. */
void resolver_ask(struct resolver *resolver);

/* Forget the question: answered() will not be called. */
void resolver_cancel(struct resolver *resolver);

/* Before the thread finishes; the struct must outlive the loop. */
void resolver_fini(struct resolver *resolver);
