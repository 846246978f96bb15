/* SPDX-License-Identifier: MIT */
/* ask.h -- commands that ask the running daemon: what stands on their command
 * line, and what becomes of the answer.
 *
 *     struct ask ask;
 *     int status = ask_begin(&ask, argc, argv, ASK_JSON, details);
 *
 *     if (status < 0)
 *             status = ask_show(&ask, "status", CLIENT_SECONDS, status_print);
 *     ask_end(&ask);
 *     return status;
 */

#pragma once

#include "cli/client.h"
#include "cli/load.h"

/* What a command takes beside -h and what selects the configuration. */
#define ASK_JSON 1    /* --json */
#define ASK_PATTERN 2 /* one argument, a pattern of names */
#define ASK_FOR 4     /* --for DURATION, with a pattern */

struct ask {
	const char *command;
	struct load load;
	struct settings settings;
	bool as_json;
	const char *pattern; /* NULL: none was given; else a good one */
	int64_t for_ns;      /* ASK_FOREVER: not given */
};

#define ASK_FOREVER INT64_MAX

/* Take the command line and read the configuration. Negative: go on; else this
 * is the exit status, and all has been said. ask_end() is due either way. The
 * details are of what a command takes in particular, for -h. */
int ask_begin(struct ask *ask, int argc, char **argv, unsigned takes, const char *details);

/* Say the line to the daemon, wait so long, and print its answer as it came or
 * as `print` writes it. Returns the exit status. */
int ask_show(const struct ask *ask, const char *line, unsigned seconds,
    void (*print)(const json_t *answer, struct text *out));
void ask_end(struct ask *ask);
