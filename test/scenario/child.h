/* SPDX-License-Identifier: MIT */
/* child.h -- programs that a test starts, and that end with it. */

#pragma once

#include <stddef.h>
#include <sys/types.h>

#define CHILD_PID_BYTES 32

/* In place of a descriptor of ours that becomes an output of the child's. */
#define CHILD_KEEPS (-1)  /* it has ours */
#define CHILD_CLOSED (-2) /* it has none */

struct child {
	const char *program;          /* found in the path unless it has a slash */
	const char *const *arguments; /* NULL-terminated; the first is its name */
	char *const *environment;     /* the same; NULL: ours */
	int in;                       /* a descriptor of ours; 0: our own input */
	int out, err;
	/* Sockets that it finds from descriptor 3 on; LISTEN_PID=, with its number,
	 * is then written to listen_pid, which stands in its environment. */
	const int *handed;
	size_t handed_count;
	char *listen_pid; /* CHILD_PID_BYTES */
};

/* Its process. Exit status 127: there is no such program; 126, 125: it, or what
 * it was to be given, could not be had. */
pid_t child_start(const struct child *child);
