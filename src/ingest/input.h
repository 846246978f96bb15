/* SPDX-License-Identifier: MIT */
/* input.h -- lines on standard input.
 *
 * It is read as it comes: a pipe or a terminal when it is readable, never
 * non-blocking, because others may have the same open; a file a slice at a
 * time. Its end is the end of its last line. */

#pragma once

#include "ingest/connection.h"

struct input {
	struct thread *thread;
	struct turn *turn;
	struct feed feed;
	int fd;
	struct notice *ended; /* passed on at the end */
	uv_poll_t poll;
	struct mail slice; /* of a file: written to oneself, to go on */
	unsigned slice_kind;
	bool polled; /* it is no file */
	bool open;
	bool whole; /* it has been read to its end */
	char *room;
};

/* But for the feed, which whoever calls initialises. */
void input_init(struct input *input, struct thread *thread, unsigned slice_kind, struct turn *turn,
    int fd, struct notice *ended);
void input_start(struct input *input);

/* The letter of slice_kind has come. */
void input_read_slice(struct input *input);

/* Before the end, if it has not come: what has no end yet is refused. */
void input_stop(struct input *input);

void input_fini(struct input *input);
