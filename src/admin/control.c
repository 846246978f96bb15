/* SPDX-License-Identifier: MIT */
/* control.c -- the control socket.
 *
 * A visitor is there until its handle is closed and no letter is on its way for
 * it: whoever asked may be gone long before other threads have answered. */

#include "admin/control.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/unix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define VISITORS_MOST 16 /* then silent ones have to go */
#define WAITING_MOST 64  /* then nobody else may ask */
#define LINE_MOST 4096
#define BACKLOG 16

struct control {
	struct thread *thread;
	struct inquiry_desk desk;
	uv_pipe_t listener;
	struct unix_name name;
	struct visitor *first; /* the newest */
	unsigned visitors;
	bool closing, listener_closed;
};

struct visitor {
	struct control *control;
	struct visitor *next;
	uv_pipe_t pipe;
	uv_write_t write;
	char line[LINE_MOST];
	size_t line_len;
	struct inquiry inquiry;
	struct text answer;
	bool asked;     /* a letter is on its way */
	bool answering; /* the line has been read */
	bool closed;
};

static void
free_when_done(struct control *control)
{
	if (!control->closing || !control->listener_closed || control->visitors > 0)
		return;
	free(control);
}

static void
visitor_release(struct visitor *visitor)
{
	struct control *control = visitor->control;

	if (!visitor->closed || visitor->asked)
		return;
	struct visitor **link = &control->first;

	while (*link != visitor)
		link = &(*link)->next;
	*link = visitor->next;
	control->visitors--;
	text_fini(&visitor->answer);
	free(visitor);
	free_when_done(control);
}

static void
on_visitor_closed(uv_handle_t *handle)
{
	struct visitor *visitor = handle->data;

	visitor->closed = true;
	visitor_release(visitor);
}

static void
visitor_close(struct visitor *visitor)
{
	if (!uv_is_closing((uv_handle_t *)&visitor->pipe))
		uv_close((uv_handle_t *)&visitor->pipe, on_visitor_closed);
}

static void
on_written(uv_write_t *write, int status)
{
	(void)status;
	visitor_close(write->data);
}

static void
send_answer(struct visitor *visitor)
{
	if (uv_is_closing((uv_handle_t *)&visitor->pipe))
		return;
	text_byte(&visitor->answer, '\n');
	uv_buf_t piece = uv_buf_init(visitor->answer.bytes, (unsigned)visitor->answer.len);

	visitor->write.data = visitor;
	if (uv_write(&visitor->write, (uv_stream_t *)&visitor->pipe, &piece, 1, on_written) != 0)
		visitor_close(visitor);
}

void
control_report(struct mail *mail)
{
	struct inquiry *inquiry = inquiry_of(mail);
	struct visitor *visitor =
	    (struct visitor *)((char *)inquiry - offsetof(struct visitor, inquiry));

	visitor->asked = false;
	inquiry_answer(inquiry, &visitor->answer);
	send_answer(visitor);
	visitor_release(visitor);
}

static void
take_line(struct visitor *visitor)
{
	visitor->answering = true;
	visitor->asked = !inquiry_begin(
	    &visitor->inquiry, &visitor->control->desk, visitor->line, &visitor->answer);
	if (!visitor->asked)
		send_answer(visitor);
}

static void
give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
	struct visitor *visitor = handle->data;

	(void)suggested;
	*room = uv_buf_init(
	    visitor->line + visitor->line_len, (unsigned)(LINE_MOST - visitor->line_len));
}

static void
on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
	struct visitor *visitor = stream->data;

	(void)room;
	if (len == UV_EOF && visitor->answering) { /* it has asked, and waits */
		uv_read_stop(stream);
		return;
	}
	if (len < 0) {
		visitor_close(visitor);
		return;
	}
	visitor->line_len += (size_t)len;
	char *newline = memchr(visitor->line, '\n', visitor->line_len);

	if (newline != NULL && !visitor->answering) {
		*newline = '\0';
		take_line(visitor);
	} else if (visitor->line_len == LINE_MOST) {
		visitor_close(visitor);
	}
}

/* The one that has been silent longest goes. */
static void
close_oldest_silent(struct control *control)
{
	struct visitor *oldest = NULL;

	for (struct visitor *at = control->first; at != NULL; at = at->next)
		if (!at->answering && !uv_is_closing((uv_handle_t *)&at->pipe))
			oldest = at;
	if (oldest != NULL)
		visitor_close(oldest);
}

static void
on_connection(uv_stream_t *listener, int status)
{
	struct control *control = listener->data;

	if (status != 0) {
		log_warn("control socket: %s", uv_strerror(status));
		return;
	}
	if (control->visitors >= VISITORS_MOST)
		close_oldest_silent(control);
	struct visitor *visitor = mem_zero(1, sizeof(*visitor));

	visitor->control = control;
	visitor->next = control->first;
	control->first = visitor;
	control->visitors++;
	CHECK(uv_pipe_init(&control->thread->loop, &visitor->pipe, 0) == 0);
	visitor->pipe.data = visitor;
	if (uv_accept(listener, (uv_stream_t *)&visitor->pipe) != 0 ||
	    control->visitors > WAITING_MOST ||
	    uv_read_start((uv_stream_t *)&visitor->pipe, give_room, on_read) != 0)
		visitor_close(visitor);
}

static void
on_listener_closed(uv_handle_t *handle)
{
	struct control *control = handle->data;

	control->listener_closed = true;
	free_when_done(control);
}

/* A socket of ours at path, that nobody can connect to yet. */
static int
bind_socket(struct control *control, const char *path, const struct control_settings *settings,
    struct text *error)
{
	int fd = unix_bind("control socket", path, SOCK_STREAM, (mode_t)settings->mode,
	    settings->group, &control->name, error);

	if (fd == -EADDRINUSE)
		text_puts(error, "; give this one its own with control.socket");
	if (fd < 0)
		return fd;
	CHECK(uv_pipe_open(&control->listener, fd) == 0);
	return 0;
}

struct control *
control_open(struct thread *thread, const char *path, const struct control_settings *settings,
    const struct inquiry_desk *desk, struct text *error)
{
	struct control *control = mem_zero(1, sizeof(*control));

	control->thread = thread;
	control->desk = *desk;
	CHECK(uv_pipe_init(&thread->loop, &control->listener, 0) == 0);
	control->listener.data = control;
	int status = bind_socket(control, path, settings, error);

	if (status == 0) {
		status = uv_listen((uv_stream_t *)&control->listener, BACKLOG, on_connection);
		if (status != 0)
			text_printf(error, "control socket %s: %s", path, uv_strerror(status));
	}
	if (status != 0)
		control_close(&control);
	return control;
}

void
control_close(struct control **control)
{
	struct control *closing = *control;

	*control = NULL;
	closing->closing = true;
	for (struct visitor *at = closing->first; at != NULL; at = at->next)
		visitor_close(at);
	unix_remove(&closing->name);
	uv_close((uv_handle_t *)&closing->listener, on_listener_closed);
}
