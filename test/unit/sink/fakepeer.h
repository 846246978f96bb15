/* SPDX-License-Identifier: MIT */
/* fakepeer.h -- a TCP server on the loopback whose manners are scripted,
 * connection by connection, and which keeps every byte it got. */

#pragma once

#include "base/text.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum manner {
	MANNER_READ,        /* to the end, then close: as carbon */
	MANNER_TALK,        /* the same, but answers in the meantime */
	MANNER_RESET,       /* after `bytes` of the peer's */
	MANNER_CUT,         /* the same, with a plain close */
	MANNER_NEVER_CLOSE, /* read to the end, and stay */
	MANNER_STALL,       /* read nothing, and stay */
};

struct fakepeer_turn {
	enum manner manner;
	size_t bytes;
};

#define FAKEPEER_TURNS 256

struct fakepeer {
	uint16_t port;
	char address[32];                  /* "127.0.0.1:port" */
	const struct fakepeer_turn *turns; /* the last one repeats */
	size_t turn_count;

	int listener;
	pthread_t id;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	size_t accepted, done; /* connections */
	int open[FAKEPEER_TURNS];
	struct text got[FAKEPEER_TURNS];
};

/* port 0: any. */
void fakepeer_start(
    struct fakepeer *peer, uint16_t port, const struct fakepeer_turn *turns, size_t count);

/* A port where nobody listens now. */
uint16_t fakepeer_free_port(void);

/* Wait until so many connections have gone through their turn. */
void fakepeer_await_done(struct fakepeer *peer, size_t connections);

/* Wait until this connection has brought so many bytes. */
void fakepeer_await_bytes(struct fakepeer *peer, size_t connection, size_t bytes);

void fakepeer_stop(struct fakepeer *peer);
void fakepeer_free(struct fakepeer *peer);
