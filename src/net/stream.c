/* SPDX-License-Identifier: MIT */
/* stream.c -- a client's connection on a thread's loop.
 *
 * The handle exists from stream_open() to the end of stream_close(), so that
 * closing is the same from every state. libuv cannot connect one handle
 * twice: between two addresses it is closed and made anew. */

#include "net/stream.h"

#include "base/check.h"

#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

/* Seconds of silence before the kernel asks whether the peer is still there. */
#define KEEPALIVE_S 60

static void connect_answer(struct stream *stream);

static void
fail(struct stream *stream, const char *step, int error)
{
	timer_stop(&stream->connect_timer);
	stream->state = STREAM_FAILED;
	stream->events->failed(stream, step, error);
}

static void
make_handle(struct stream *stream)
{
	uv_loop_t *loop = &stream->thread->loop;

	if (stream->resolver.address.kind == ADDRESS_UNIX)
		CHECK(uv_pipe_init(loop, &stream->uv.pipe, 0) == 0);
	else
		CHECK(uv_tcp_init(loop, &stream->uv.tcp) == 0);
	stream->uv.handle.data = stream;
}

static void
on_closed(uv_handle_t *handle)
{
	struct stream *stream = handle->data;

	stream->state = STREAM_CLOSED;
	stream->events->closed(stream);
}

static void
on_closed_between(uv_handle_t *handle)
{
	struct stream *stream = handle->data;

	if (stream->state == STREAM_CLOSING) {
		on_closed(handle);
		return;
	}
	make_handle(stream);
	if (stream->answer < stream->resolver.count)
		connect_answer(stream);
	else
		fail(stream, "connect to", stream->connect_error);
}

/* This address will not do. */
static void
try_next(struct stream *stream, int error)
{
	timer_stop(&stream->connect_timer);
	stream->connect_error = error;
	stream->answer++;
	uv_close(&stream->uv.handle, on_closed_between);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct stream *stream = handle->data;

	(void)suggested;
	*buf = uv_buf_init(stream->in, sizeof(stream->in));
}

static void
on_read(uv_stream_t *uv, ssize_t len, const uv_buf_t *buf)
{
	struct stream *stream = uv->data;

	if (stream->state != STREAM_OPEN || len == 0)
		return;
	if (len == UV_EOF)
		stream->events->ended(stream);
	else if (len < 0)
		fail(stream, "read from", (int)len);
	else
		stream->events->received(stream, buf->base, (size_t)len);
}

static void
on_connect(uv_connect_t *request, int status)
{
	struct stream *stream = request->handle->data;

	/* Closed, or out of time: whoever did that goes on. */
	if (stream->state != STREAM_CONNECTING || uv_is_closing(&stream->uv.handle))
		return;
	if (status < 0) {
		try_next(stream, status);
		return;
	}
	timer_stop(&stream->connect_timer);
	if (stream->resolver.address.kind == ADDRESS_INET) {
		/* Neither is worth giving the connection up. */
		(void)uv_tcp_nodelay(&stream->uv.tcp, 1);
		(void)uv_tcp_keepalive(&stream->uv.tcp, 1, KEEPALIVE_S);
	}
	stream->state = STREAM_OPEN;
	int error = uv_read_start(&stream->uv.stream, on_alloc, on_read);

	if (error != 0)
		fail(stream, "read from", error);
	else
		stream->events->connected(stream);
}

static void
on_connect_timeout(struct timer *timer)
{
	struct stream *stream =
	    (struct stream *)((char *)timer - offsetof(struct stream, connect_timer));

	if (stream->state == STREAM_CONNECTING)
		try_next(stream, UV_ETIMEDOUT);
}

static void
connect_answer(struct stream *stream)
{
	timer_start(&stream->connect_timer, stream->connect_timeout_ns);
	if (stream->resolver.address.kind == ADDRESS_UNIX) {
		uv_pipe_connect(&stream->connecting, &stream->uv.pipe,
		    stream->resolver.address.path, on_connect);
		return;
	}
	int error = uv_tcp_connect(&stream->connecting, &stream->uv.tcp,
	    (const struct sockaddr *)&stream->resolver.answers[stream->answer], on_connect);

	if (error != 0)
		try_next(stream, error);
}

static void
on_answered(struct resolver *resolver)
{
	struct stream *stream = resolver->owner;

	if (resolver->count == 0 && resolver->address.kind == ADDRESS_INET) {
		fail(stream, "look up", resolver->error);
		return;
	}
	stream->state = STREAM_CONNECTING;
	connect_answer(stream);
}

void
stream_init(struct stream *stream, struct thread *thread, const struct address *address,
    int64_t connect_timeout_ns, const struct stream_events *events, void *owner)
{
	*stream = (struct stream){
	    .events = events,
	    .owner = owner,
	    .thread = thread,
	    .state = STREAM_CLOSED,
	    .connect_timeout_ns = connect_timeout_ns,
	};
	resolver_init(&stream->resolver, thread, address, on_answered, stream);
	timer_init(&stream->connect_timer, thread, on_connect_timeout);
}

void
stream_open(struct stream *stream)
{
	CHECK(stream->state == STREAM_CLOSED);
	stream->state = STREAM_RESOLVING;
	stream->answer = 0;
	stream->written = 0;
	stream->is_writing = false;
	stream->is_shut = false;
	make_handle(stream);
	resolver_ask(&stream->resolver);
}

static void
on_written(uv_write_t *request, int status)
{
	struct stream *stream = request->handle->data;

	stream->is_writing = false;
	if (stream->state != STREAM_OPEN)
		return;
	if (status < 0)
		fail(stream, "write to", status);
	else
		stream->events->drained(stream);
}

void
stream_write(struct stream *stream, struct text *text)
{
	CHECK(stream->state == STREAM_OPEN && !stream->is_writing && text->len > 0);
	struct text spare = stream->out;

	stream->out = *text;
	text_reset(&spare);
	*text = spare;
	stream->is_writing = true;
	stream->written += stream->out.len;
	uv_buf_t buf = uv_buf_init(stream->out.bytes, (unsigned)stream->out.len);

	/* Fails only on a stream that is not open. */
	CHECK(uv_write(&stream->writing, &stream->uv.stream, &buf, 1, on_written) == 0);
}

static void
on_shutdown(uv_shutdown_t *request, int status)
{
	struct stream *stream = request->handle->data;

	if (stream->state != STREAM_OPEN)
		return;
	if (status < 0)
		fail(stream, "shut down", status);
	else
		stream->is_shut = true;
}

void
stream_shutdown(struct stream *stream)
{
	CHECK(stream->state == STREAM_OPEN);
	int error = uv_shutdown(&stream->shutting, &stream->uv.stream, on_shutdown);

	CHECK(error == 0 || error == UV_ENOTCONN);
}

bool
stream_is_shut(const struct stream *stream)
{
	return stream->is_shut;
}

uint64_t
stream_unacknowledged(const struct stream *stream)
{
	int fd, in_kernel = 0;

	if (stream->state != STREAM_OPEN)
		return stream->written;
	if (uv_fileno(&stream->uv.handle, &fd) != 0 || ioctl(fd, SIOCOUTQ, &in_kernel) != 0)
		return stream->written;
	/* Our end-of-file counts as a byte too. */
	if (stream->is_shut && in_kernel > 0 && stream->resolver.address.kind == ADDRESS_INET)
		in_kernel--;
	return (uint64_t)in_kernel + uv_stream_get_write_queue_size(&stream->uv.stream);
}

void
stream_print_peer(const struct stream *stream, struct text *out)
{
	const struct resolver *resolver = &stream->resolver;
	/* After the last one has failed, it is that one. */
	size_t answer = stream->answer < resolver->count ? stream->answer : resolver->count - 1;
	char host[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];

	address_print(&resolver->address, out);
	if (resolver->literal || resolver->count == 0)
		return;
	const struct sockaddr_storage *at = &resolver->answers[answer];

	if (at->ss_family == AF_INET6) {
		if (uv_ip6_name((const struct sockaddr_in6 *)at, host, sizeof(host)) == 0)
			text_printf(out, " ([%s]:%u)", host, resolver->address.port);
	} else if (uv_ip4_name((const struct sockaddr_in *)at, host, sizeof(host)) == 0) {
		text_printf(out, " (%s:%u)", host, resolver->address.port);
	}
}

void
stream_close(struct stream *stream)
{
	CHECK(stream->state != STREAM_CLOSED && stream->state != STREAM_CLOSING);
	stream->state = STREAM_CLOSING;
	timer_stop(&stream->connect_timer);
	resolver_cancel(&stream->resolver);
	/* Between two addresses it is closing already. */
	if (!uv_is_closing(&stream->uv.handle))
		uv_close(&stream->uv.handle, on_closed);
}

void
stream_fini(struct stream *stream)
{
	CHECK(stream->state == STREAM_CLOSED);
	resolver_fini(&stream->resolver);
	timer_fini(&stream->connect_timer);
	text_fini(&stream->out);
}
