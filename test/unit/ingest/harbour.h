/* SPDX-License-Identifier: MIT */
/* harbour.h -- workers without threads: their loops run when the test says so,
 * one after the other, so that it can stand between any two events. */

#pragma once

#include "ingest/worker.h"

#include <check.h>

#define HARBOUR_WORKERS 3
#define HARBOUR_DOORS 4

struct harbour {
	struct worker_plan plan;
	struct worker workers[HARBOUR_WORKERS];
	struct series_quota quota;
	struct origin origin; /* of the one listener */
	struct {
		int fd;
		struct sockaddr_storage address;
		socklen_t length;
	} doors[HARBOUR_DOORS];
	unsigned door_count;
	struct mailbox main; /* what the workers send, and who is told of the end of input */
	struct notice notices[HARBOUR_WORKERS];
	struct notice ended;
	unsigned drained, ends; /* of which main has heard */
};

/* Limits under which nothing is ever refused. */
extern const struct stream_limits harbour_roomy;

void harbour_open(struct harbour *harbour, unsigned workers, const struct stream_limits *limits);

/* A listening socket of 127.0.0.1, or a unix socket without a file. Its number. */
unsigned harbour_add_tcp(struct harbour *harbour, const struct access *access);
unsigned
harbour_add_unix(struct harbour *harbour, enum framing_kind framing, const struct access *access);
void harbour_add_stdin(struct harbour *harbour, int fd);
void harbour_start(struct harbour *harbour);

/* Let each loop have a turn. */
void harbour_turn(struct harbour *harbour);

/* Give turns until it is so. */
#define HARBOUR_UNTIL(harbour, condition)                                                  \
	do {                                                                               \
		int64_t until_ = harbour_patience();                                       \
		while (!(condition)) {                                                     \
			ck_assert_msg(                                                     \
			    harbour_patience_lasts(until_), "in vain for %s", #condition); \
			harbour_turn(harbour);                                             \
		}                                                                          \
	} while (0)

int64_t harbour_patience(void);
bool harbour_patience_lasts(int64_t until);

/* A client; of TCP, from 127.0.0.`host`. */
int harbour_connect(const struct harbour *harbour, unsigned door, unsigned host);

/* It sends this, and that much has been taken in when this returns. */
void harbour_say(struct harbour *harbour, int client, const char *text);
void harbour_say_bytes(struct harbour *harbour, int client, const char *bytes, size_t len);

/* Over all workers. */
uint64_t harbour_count(const struct harbour *harbour, size_t which);
uint64_t harbour_closed(const struct harbour *harbour, enum close_reason reason);
uint64_t harbour_refused(const struct harbour *harbour, enum reason reason);

/* Tell every worker to drain. */
void harbour_stop(struct harbour *harbour);

/* Stop, if it has not been told to; every connection must come home, and all
 * that was accepted must be counted as closed. */
void harbour_close(struct harbour *harbour);
