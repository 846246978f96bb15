/* SPDX-License-Identifier: MIT */
/* input.c -- lines on standard input. */

#include "ingest/input.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is read at a time. */
#define SLICE_BYTES 16384

void
input_init(struct input *input, struct thread *thread, unsigned slice_kind, struct turn *turn,
    int fd, struct notice *ended)
{
	input->thread = thread;
	input->slice_kind = slice_kind;
	input->turn = turn;
	input->fd = fd;
	input->ended = ended;
	input->open = true;
	input->room = mem_alloc(SLICE_BYTES);
}

void
input_fini(struct input *input)
{
	feed_fini(&input->feed);
	free(input->room);
}

static void
close_input(struct input *input, bool whole)
{
	feed_end(&input->feed, whole, clock_mono_ns());
	input->open = false;
	input->whole = whole;
	if (input->polled)
		uv_close((uv_handle_t *)&input->poll, NULL);
}

/* Read once: where there is something to read, that does not wait. */
static void
read_some(struct input *input)
{
	ssize_t len = read(input->fd, input->room, SLICE_BYTES);

	if (len > 0) {
		(void)feed_take(&input->feed, input->room, (size_t)len, clock_mono_ns());
		turn_spend(input->turn, (size_t)len);
		return;
	}
	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (len < 0)
		log_error("reading standard input: %s", strerror(errno));
	close_input(input, len == 0);
	notice_pass(input->ended);
}

/* An error, of which libuv says no more than that there is one, and stops, is
 * found by reading. */
static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct input *input = poll->data;

	(void)events;
	read_some(input);
	if (status != 0 && input->open)
		CHECK(uv_poll_start(poll, UV_READABLE, on_readable) == 0);
}

void
input_read_slice(struct input *input)
{
	if (input->open)
		read_some(input);
	if (input->open)
		mailbox_post(&input->thread->inbox, &input->slice, input->slice_kind);
}

/* What cannot be waited for is a file, or not open at all: reading tells. */
void
input_start(struct input *input)
{
	int flags = fcntl(input->fd, F_GETFL);

	input->polled = uv_poll_init(&input->thread->loop, &input->poll, input->fd) == 0;
	if (!input->polled) {
		mailbox_post(&input->thread->inbox, &input->slice, input->slice_kind);
		return;
	}
	/* libuv has made it non-blocking. */
	CHECK(fcntl(input->fd, F_SETFL, flags) == 0);
	input->poll.data = input;
	CHECK(uv_poll_start(&input->poll, UV_READABLE, on_readable) == 0);
}

void
input_stop(struct input *input)
{
	if (input->open)
		close_input(input, false);
}
