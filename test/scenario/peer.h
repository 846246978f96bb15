/* SPDX-License-Identifier: MIT */
/* peer.h -- the real programs on either side: carbon-cache to deliver to,
 * clients to receive from. contrib/install-packages knows their packages, and
 * where it leaves what it does not install. */

#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Debian's, whatever else is in the path. */
#define PEER_PYTHON "/usr/bin/python3"

/* Passes on whether a peer is there. If not, says SKIPPED, loudly; where
 * REQUIRE_PEERS=1 that is a failure. */
bool peer_needed(bool present, const char *what);

/* Are Graphite and the Python client there? */
bool peers_present(void);

/* Where contrib/install-packages leaves "statsd-0.9.0/stats.js", say. */
void peer_cached(const char *name, char path[static PATH_MAX]);

struct carbon {
	char dir[64];
	int port; /* plaintext */
	pid_t pid;
};

/* A directory of its own, nothing started. schemas and aggregation are files
 * to copy, NULL: one point a second for a day, no aggregation. */
struct carbon *carbon_new(const char *schemas, const char *aggregation);
void carbon_start(struct carbon *carbon); /* and wait until it accepts */
void carbon_stop(struct carbon *carbon);  /* SIGTERM, and wait for its end */
void carbon_free(struct carbon *carbon);

/* Is there a file for this name? */
bool carbon_stores(const struct carbon *carbon, const char *name);

/* The sum and the newest of all values stored under a name; 0 and NAN if
 * there is none yet. */
double carbon_sum(const struct carbon *carbon, const char *name);
double carbon_last(const struct carbon *carbon, const char *name);

/* What whisper-info says of the file of a name; free() is the caller's. */
char *carbon_describe(const struct carbon *carbon, const char *name);

/* Does carbon's own log have this? */
bool carbon_log_has(const struct carbon *carbon, const char *text);

/* Run a Python program with `number` as its argument; its exit status. */
int python_run(const char *program, int number);

/* Start a program, found in the path unless it has a slash, with these
 * arguments (NULL-terminated; the first is its name). It ends with the test. */
pid_t peer_start(const char *const *arguments);

/* Wait for its end; the exit status, or -signal. */
int peer_wait(pid_t pid);

/* Both. */
int peer_run(const char *const *arguments);
