/* SPDX-License-Identifier: MIT */
/* stage.h -- a whole daemon inside a test program: its threads, its sockets on
 * loopback, its clock real or virtual. */

#pragma once

#include "cli/daemon.h"

struct stage;

/* Run a daemon with these options (KEY=VALUE, NULL-terminated) in a thread of
 * its own. It listens where they say, else on a free port of 127.0.0.1. */
struct stage *stage_open(const char *const *options);

/* Where its control socket is. */
const char *stage_control(const struct stage *stage);

/* Send one datagram to its first socket. */
void stage_send(struct stage *stage, const char *bytes, size_t len);
void stage_send_text(struct stage *stage, const char *text);

const struct status_sources *stage_sources(const struct stage *stage);

/* The ledger as it stands. */
struct account stage_account(const struct stage *stage);

/* Wait until this many lines have been read; fails the test after a minute. */
void stage_wait_lines(const struct stage *stage, uint64_t lines);

/* Wait until a counter of the flusher's has this value: it must be one that
 * stays, as nothing else happens. */
void stage_wait_flush_counter(const struct stage *stage, enum flush_counter which, uint64_t value);

/* Stop it; the account of the whole run. */
struct account stage_close(struct stage *stage);
