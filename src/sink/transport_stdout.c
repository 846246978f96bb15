/* SPDX-License-Identifier: MIT */
/* transport_stdout.c -- standard output, written by a thread of its own: a
 * full pipe or a stopped terminal holds up nobody else, and no shutdown.
 *
 * The thread sleeps in poll() only, where a letter wakes it. A pipe that poll
 * calls writable takes PIPE_BUF bytes at once; a terminal may take fewer, so
 * where it can be opened a second time it is, without blocking. The flags of
 * descriptor 1 itself are shared with other processes and stay as they are. */

#include "base/check.h"
#include "base/mem.h"
#include "sink/egress.h"
#include "sink/lane.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* When poll was wrong about a terminal. */
#define PAUSE_MS 10

enum writer_mail { WRITER_PRINT, WRITER_STOP };

struct writer {
	struct lane *lane;
	struct thread *egress;
	pthread_t id;
	struct mailbox inbox;
	int wake; /* eventfd */
	int out;
	bool is_socket;

	/* One flush, handed over with the letter and back with the answer. */
	struct mail print;
	struct batch **batches;
	size_t count;
	int error;
	uint64_t written;
	struct egress_call printed;

	struct mail stop;
	struct egress_call stopped;

	/* the thread's */
	bool printing, stopping;

	/* the egress thread's */
	bool busy;
};

static void
wake_writer(void *arg)
{
	struct writer *writer = arg;
	uint64_t one = 1;

	CHECK(write(writer->wake, &one, sizeof(one)) == sizeof(one));
}

static void
collect(struct writer *writer)
{
	uint64_t wakes;

	/* Reset before the look into the box, or a letter could be missed. */
	(void)!read(writer->wake, &wakes, sizeof(wakes));
	for (struct mail *mail = mailbox_collect(&writer->inbox); mail != NULL;) {
		struct mail *next = mail->next;

		if (mail->kind == WRITER_PRINT)
			writer->printing = true;
		else
			writer->stopping = true;
		mail = next;
	}
}

/* Sleep until there is mail, or else the output takes bytes again. */
static void
await(struct writer *writer, bool output, int timeout_ms)
{
	struct pollfd fds[] = {
	    {.fd = writer->wake, .events = POLLIN},
	    {.fd = writer->out, .events = POLLOUT},
	};

	if (poll(fds, output ? 2 : 1, timeout_ms) > 0 && fds[0].revents != 0)
		collect(writer);
}

static ssize_t
write_some(const struct writer *writer, const char *bytes, size_t len)
{
	if (len > PIPE_BUF)
		len = PIPE_BUF;
	ssize_t written = writer->is_socket
	    ? send(writer->out, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL)
	    : write(writer->out, bytes, len);

	return written < 0 ? -errno : written;
}

/* 0, -ECANCELED when told to stop, or what went wrong. */
static int
write_text(struct writer *writer, const struct text *text)
{
	for (size_t at = 0; at < text->len;) {
		await(writer, true, -1);
		if (writer->stopping)
			return -ECANCELED;
		ssize_t written = write_some(writer, text->bytes + at, text->len - at);

		if (written == -EAGAIN)
			await(writer, false, PAUSE_MS);
		else if (written < 0 && written != -EINTR)
			return (int)written;
		else if (written > 0)
			at += (size_t)written;
	}
	return 0;
}

static int
print_flush(struct writer *writer)
{
	const struct encoder *encoder = writer->lane->encoder;
	struct cursor cursor = {0};
	struct text chunk = {0};
	int error = 0;

	writer->written = 0;
	while (error == 0 && cursor.batch < writer->count) {
		text_reset(&chunk);
		encoder->encode(
		    writer->lane->encoding, writer->batches, writer->count, &cursor, &chunk);
		error = write_text(writer, &chunk);
		writer->written += chunk.len;
	}
	if (encoder->release != NULL)
		encoder->release(&cursor);
	text_fini(&chunk);
	return error;
}

static void *
run_writer(void *arg)
{
	struct writer *writer = arg;

	while (!writer->stopping) {
		await(writer, false, -1);
		if (!writer->printing)
			continue;
		writer->printing = false;
		writer->error = print_flush(writer);
		mailbox_post(&writer->egress->inbox, &writer->printed.mail, EGRESS_CALL);
	}
	mailbox_post(&writer->egress->inbox, &writer->stopped.mail, EGRESS_CALL);
	return NULL;
}

/* On the egress thread. */
static void
on_printed(struct egress_call *call)
{
	struct writer *writer = (struct writer *)((char *)call - offsetof(struct writer, printed));
	struct text error = {0};

	writer->busy = false;
	writer->lane->begun_bytes = writer->written;
	if (writer->error == 0) {
		lane_delivered(writer->lane, ACK_LEVEL_HANDED_OVER);
	} else if (writer->error != -ECANCELED) {
		text_printf(&error, "write to stdout: %s (%s)", uv_strerror(writer->error),
		    uv_err_name(writer->error));
		lane_failed(writer->lane, text_string(&error));
	}
	text_fini(&error);
}

static void
on_stopped(struct egress_call *call)
{
	struct writer *writer = (struct writer *)((char *)call - offsetof(struct writer, stopped));

	CHECK(pthread_join(writer->id, NULL) == 0);
	close(writer->out);
	close(writer->wake);
	lane_closed(writer->lane);
}

static int
open_output(bool *is_socket_out)
{
	struct stat status = {0};
	int fd = -1;

	(void)fstat(STDOUT_FILENO, &status);
	*is_socket_out = S_ISSOCK(status.st_mode);
	if (S_ISFIFO(status.st_mode) || isatty(STDOUT_FILENO))
		fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return fd;
}

static void *
stdout_open(struct lane *lane, struct thread *thread, const void *settings)
{
	struct writer *writer = mem_zero(1, sizeof(*writer));
	sigset_t all, before;

	(void)settings;
	lane->address = "stdout";
	lane->ack = "none";
	writer->lane = lane;
	writer->egress = thread;
	writer->printed.run = on_printed;
	writer->stopped.run = on_stopped;
	mailbox_init(&writer->inbox, wake_writer, writer);
	writer->out = open_output(&writer->is_socket);
	writer->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	CHECK(writer->wake >= 0);
	sigfillset(&all);
	CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	CHECK(pthread_create(&writer->id, NULL, run_writer, writer) == 0);
	CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	pthread_setname_np(writer->id, "stdout");
	return writer;
}

static void
stdout_begin(void *link)
{
	struct writer *writer = link;
	const struct lane_flush *flush = writer->lane->head;

	CHECK(!writer->busy && flush->complete);
	writer->busy = true;
	writer->batches = flush->batches;
	writer->count = flush->count;
	lane_set_state(writer->lane, LANE_SENDING);
	mailbox_post(&writer->inbox, &writer->print, WRITER_PRINT);
}

static void
stdout_close(void *link)
{
	struct writer *writer = link;

	mailbox_post(&writer->inbox, &writer->stop, WRITER_STOP);
}

static void
stdout_free(void *link)
{
	free(link);
}

const struct transport stdout_transport = {
    .open = stdout_open,
    .begin = stdout_begin,
    .close = stdout_close,
    .free = stdout_free,
};
