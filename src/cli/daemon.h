/* SPDX-License-Identifier: MIT */
/* daemon.h -- everything wired together: the start list and its exact
 * reverse. */

#pragma once

#include "admin/status.h"
#include "cli/settings.h"

struct daemon;
struct rules;

/* What it is to do; what is pointed at must outlive it. */
struct daemon_plan {
	const struct settings *settings;
	const struct rules *rules; /* NULL: none */
	/* Instead of sockets: standard input, to its end, with lines as of a listener. */
	bool reads_stdin;
	size_t stdin_listener;
	bool stdin_graphite; /* its Graphite's lines */
};

/* Open what the settings ask for. Threads are set up and sockets bound, but
 * nothing runs. NULL, with a sentence in *error, if something cannot be
 * opened; the process is expected to end then. */
struct daemon *daemon_open(const struct daemon_plan *plan, struct text *error);

/* Start, and run the main loop in this thread until a signal or daemon_stop()
 * ends it; then stop in order. */
void daemon_run(struct daemon *daemon);

/* From any thread, once: stop as SIGTERM does. */
void daemon_stop(struct daemon *daemon);

/* After daemon_run() has returned: has standard input been read to its end? */
bool daemon_read_all(const struct daemon *daemon);

/* After daemon_run() has returned; takes the account of the whole run. */
void daemon_close(struct daemon **closing, struct account *account_out);

/* Any thread, while it runs: where to read how it is doing. */
const struct status_sources *daemon_sources(const struct daemon *daemon);
