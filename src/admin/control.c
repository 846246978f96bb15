/* SPDX-License-Identifier: MIT */
/* control.c -- the control socket.
 *
 * A connection lives until its handle is closed and no report is on its way
 * for it: the client may be gone long before the egress thread has answered. */

#include "admin/control.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS_MOST 16
#define LINE_MOST 4096
#define BACKLOG 16

struct control {
	struct thread *thread;
	const struct status_sources *sources;
	struct egress *egress;
	unsigned report_kind;
	uv_pipe_t listener;
	char *path;
	struct stat bound;        /* the socket at path, to know it again */
	struct connection *first; /* the newest */
	unsigned connections;
	bool closing, listener_closed;
};

struct connection {
	struct control *control;
	struct connection *next;
	uv_pipe_t pipe;
	uv_write_t write;
	char line[LINE_MOST];
	size_t line_len;
	struct text answer;
	struct egress_report report;
	bool asked;     /* a report is on its way */
	bool answering; /* the line has been read */
	bool closed;
};

static void
free_when_done(struct control *control)
{
	if (!control->closing || !control->listener_closed || control->connections > 0)
		return;
	free(control->path);
	free(control);
}

static void
connection_release(struct connection *connection)
{
	struct control *control = connection->control;

	if (!connection->closed || connection->asked)
		return;
	struct connection **link = &control->first;

	while (*link != connection)
		link = &(*link)->next;
	*link = connection->next;
	control->connections--;
	text_fini(&connection->answer);
	text_fini(&connection->report.out);
	free(connection);
	free_when_done(control);
}

static void
on_connection_closed(uv_handle_t *handle)
{
	struct connection *connection = handle->data;

	connection->closed = true;
	connection_release(connection);
}

static void
connection_close(struct connection *connection)
{
	if (!uv_is_closing((uv_handle_t *)&connection->pipe))
		uv_close((uv_handle_t *)&connection->pipe, on_connection_closed);
}

static void
on_written(uv_write_t *write, int status)
{
	(void)status;
	connection_close(write->data);
}

static void
send_answer(struct connection *connection)
{
	uv_buf_t piece = uv_buf_init(connection->answer.bytes, (unsigned)connection->answer.len);

	if (uv_is_closing((uv_handle_t *)&connection->pipe))
		return;
	connection->write.data = connection;
	if (uv_write(&connection->write, (uv_stream_t *)&connection->pipe, &piece, 1, on_written) !=
	    0)
		connection_close(connection);
}

static void
answer_status(struct connection *connection, const char *arguments)
{
	struct control *control = connection->control;

	(void)arguments;
	connection->asked = true;
	connection->report.to = &control->thread->inbox;
	connection->report.kind = control->report_kind;
	egress_ask(control->egress, &connection->report);
}

static const struct verb {
	const char *name;
	void (*answer)(struct connection *connection, const char *arguments);
} verbs[] = {
    {"status", answer_status},
};

void
control_report(struct mail *mail)
{
	struct egress_report *report =
	    (struct egress_report *)((char *)mail - offsetof(struct egress_report, mail));
	struct connection *connection =
	    (struct connection *)((char *)report - offsetof(struct connection, report));

	connection->asked = false;
	status_write(connection->control->sources, &report->out, &connection->answer);
	text_byte(&connection->answer, '\n');
	send_answer(connection);
	connection_release(connection);
}

/* One line has come: find its verb. */
static void
take_line(struct connection *connection)
{
	size_t verb_len = strcspn(connection->line, " \r");

	connection->answering = true;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strlen(verbs[i].name) != verb_len ||
		    memcmp(verbs[i].name, connection->line, verb_len) != 0)
			continue;
		verbs[i].answer(connection, connection->line + verb_len);
		return;
	}
	text_puts(&connection->answer, "{\"error\":\"unknown verb\"}\n");
	send_answer(connection);
}

static void
give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
	struct connection *connection = handle->data;

	(void)suggested;
	*room = uv_buf_init(
	    connection->line + connection->line_len, (unsigned)(LINE_MOST - connection->line_len));
}

static void
on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
	struct connection *connection = stream->data;

	(void)room;
	if (len == UV_EOF && connection->answering) { /* it has asked, and waits */
		uv_read_stop(stream);
		return;
	}
	if (len < 0) {
		connection_close(connection);
		return;
	}
	connection->line_len += (size_t)len;
	char *newline = memchr(connection->line, '\n', connection->line_len);

	if (newline != NULL && !connection->answering) {
		*newline = '\0';
		take_line(connection);
	} else if (connection->line_len == LINE_MOST) {
		connection_close(connection);
	}
}

/* There are too many: the one that has been silent longest goes. */
static void
close_oldest_silent(struct control *control)
{
	struct connection *oldest = NULL;

	for (struct connection *at = control->first; at != NULL; at = at->next)
		if (!at->answering && !uv_is_closing((uv_handle_t *)&at->pipe))
			oldest = at;
	if (oldest != NULL)
		connection_close(oldest);
}

static void
on_connection(uv_stream_t *listener, int status)
{
	struct control *control = listener->data;

	if (status != 0) {
		log_warn("control socket: %s", uv_strerror(status));
		return;
	}
	if (control->connections >= CONNECTIONS_MOST)
		close_oldest_silent(control);
	struct connection *connection = mem_zero(1, sizeof(*connection));

	connection->control = control;
	connection->next = control->first;
	control->first = connection;
	control->connections++;
	CHECK(uv_pipe_init(&control->thread->loop, &connection->pipe, 0) == 0);
	connection->pipe.data = connection;
	if (uv_accept(listener, (uv_stream_t *)&connection->pipe) != 0 ||
	    uv_read_start((uv_stream_t *)&connection->pipe, give_room, on_read) != 0)
		connection_close(connection);
}

static struct sockaddr_un
socket_address(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	return address;
}

/* Is somebody listening on the socket at path? */
static bool
is_alive(const char *path)
{
	const struct sockaddr_un address = socket_address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	bool alive =
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN;

	close(fd);
	return alive;
}

/* Make way for the socket: what stands there may only be a dead one. */
static int
make_way(const char *path, struct text *error)
{
	struct stat found;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		text_printf(error, "control socket %s: the path is too long", path);
		return -ENAMETOOLONG;
	}
	if (lstat(path, &found) != 0)
		return 0;
	if (!S_ISSOCK(found.st_mode)) {
		text_printf(
		    error, "control socket %s: there is something that is not a socket", path);
		return -EEXIST;
	}
	if (is_alive(path)) {
		text_printf(error,
		    "control socket %s: another daemon is using it; give this one "
		    "its own with control.socket",
		    path);
		return -EADDRINUSE;
	}
	if (unlink(path) == 0)
		return 0;
	text_printf(error, "control socket %s: %s", path, strerror(errno));
	return -errno;
}

static int
set_access(const char *path, const struct control_settings *settings, struct text *error)
{
	const struct group *group = NULL;

	if (settings->group[0] != '\0') {
		group = getgrnam(settings->group);
		if (group == NULL) {
			text_printf(error, "control.group: there is no group %s", settings->group);
			return -ENOENT;
		}
	}
	if (chmod(path, (mode_t)settings->mode) != 0 ||
	    (group != NULL && chown(path, (uid_t)-1, group->gr_gid) != 0)) {
		text_printf(error, "control socket %s: %s", path, strerror(errno));
		return -errno;
	}
	return 0;
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
bind_socket(struct control *control, const struct control_settings *settings, struct text *error)
{
	const struct sockaddr_un address = socket_address(control->path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    lstat(control->path, &control->bound) != 0) {
		int status = -errno;

		text_printf(error, "control socket %s: %s", control->path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return status;
	}
	CHECK(uv_pipe_open(&control->listener, fd) == 0);
	return set_access(control->path, settings, error);
}

struct control *
control_open(struct thread *thread, const char *path, const struct control_settings *settings,
    const struct status_sources *sources, struct egress *egress, unsigned report_kind,
    struct text *error)
{
	if (make_way(path, error) != 0)
		return NULL;
	struct control *control = mem_zero(1, sizeof(*control));

	control->thread = thread;
	control->sources = sources;
	control->egress = egress;
	control->report_kind = report_kind;
	control->path = mem_copy_text(path, strlen(path));
	CHECK(uv_pipe_init(&thread->loop, &control->listener, 0) == 0);
	control->listener.data = control;
	int status = bind_socket(control, settings, error);

	if (status == 0) {
		status = uv_listen((uv_stream_t *)&control->listener, BACKLOG, on_connection);
		if (status != 0)
			text_printf(error, "control socket %s: %s", path, uv_strerror(status));
	}
	if (status != 0)
		control_close(&control);
	return control;
}

/* Whoever came after us may have put a socket of its own there. */
static void
remove_socket(const struct control *control)
{
	struct stat found;

	if (lstat(control->path, &found) == 0 && found.st_dev == control->bound.st_dev &&
	    found.st_ino == control->bound.st_ino)
		unlink(control->path);
}

void
control_close(struct control **control)
{
	struct control *closing = *control;

	*control = NULL;
	closing->closing = true;
	for (struct connection *at = closing->first; at != NULL; at = at->next)
		connection_close(at);
	remove_socket(closing);
	uv_close((uv_handle_t *)&closing->listener, on_listener_closed);
}
