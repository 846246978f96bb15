/* SPDX-License-Identifier: MIT */
/* stream.h -- a client's connection on a thread's loop, over TCP or to a unix
 * socket: opened, written to, shut down, closed, and opened again.
 *
 *   stream_open ──► connected ──► stream_write ──► drained ──► stream_shutdown
 *        │              └─► received, any time ──► ended          (no event)
 *        └─► failed, any time; then nothing more but:
 *   stream_close ──► closed; the stream may be opened again
 *
 * Each opening looks the name up anew and tries all its addresses in turn.
 * Events come from the loop, never from within a call. */

#pragma once

#include "base/text.h"
#include "net/resolve.h"
#include "net/timer.h"

struct stream;

struct stream_events {
	void (*connected)(struct stream *stream);
	void (*drained)(struct stream *stream); /* what was written is the kernel's */
	void (*received)(struct stream *stream, const char *bytes, size_t len);
	void (*ended)(struct stream *stream); /* the peer sent end-of-file */

	/* What failed ("connect to"), and libuv's code. */
	void (*failed)(struct stream *stream, const char *step, int error);
	void (*closed)(struct stream *stream);
};

enum stream_state {
	STREAM_CLOSED,
	STREAM_RESOLVING,
	STREAM_CONNECTING,
	STREAM_OPEN,
	STREAM_FAILED,
	STREAM_CLOSING,
};

struct stream {
	const struct stream_events *events;
	void *owner;

	/* the stream's own */
	struct thread *thread;
	enum stream_state state;
	struct resolver resolver;
	size_t answer;     /* the resolver's one that is tried */
	int connect_error; /* of the newest one tried */
	int64_t connect_timeout_ns;
	struct timer connect_timer;
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} uv;
	uv_connect_t connecting;
	uv_write_t writing;
	uv_shutdown_t shutting;
	bool is_writing, is_shut;
	struct text out;  /* being written */
	uint64_t written; /* bytes, since it was opened */
	char in[4096];
};

/* connect_timeout_ns is of each address tried. */
void stream_init(struct stream *stream, struct thread *thread, const struct address *address,
    int64_t connect_timeout_ns, const struct stream_events *events, void *owner);
void stream_open(struct stream *stream);

/* Write all of text, which comes back empty, with other memory. One write at
 * a time: the next after `drained`. */
void stream_write(struct stream *stream, struct text *text);

/* No more writes: the peer sees end-of-file after the last one. */
void stream_shutdown(struct stream *stream);

/* The peer may have seen our end-of-file. */
bool stream_is_shut(const struct stream *stream);

/* Of the bytes written, those the peer's kernel has not acknowledged. */
uint64_t stream_unacknowledged(const struct stream *stream);

/* "host:port", or "host:port (address:port)" where host is a name that has
 * been looked up. */
void stream_print_peer(const struct stream *stream, struct text *out);

/* From any state but closed and closing, whatever is under way. */
void stream_close(struct stream *stream);

/* A closed one, before the thread finishes; the struct must outlive the loop. */
void stream_fini(struct stream *stream);
