/* SPDX-License-Identifier: MIT */
/* client.c -- ask the running daemon over its control socket. */

#include "cli/client.h"

#include "admin/socket_path.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX ((size_t)16 << 20)
#define READ_BYTES 16384

/* A connected socket, or a negative errno. */
static int
connect_to(const char *path, unsigned seconds)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval wait = {.tv_sec = seconds};

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int status = -errno;

		close(fd);
		return status;
	}
	return fd;
}

/* A line is far smaller than a socket's buffer: it goes whole or not. */
static int
write_line(int fd, const char *line)
{
	struct text text = {0};

	text_puts(&text, line);
	text_byte(&text, '\n');
	ssize_t sent = send(fd, text.bytes, text.len, MSG_NOSIGNAL);
	int status = sent < 0 ? -errno : (size_t)sent < text.len ? -EMSGSIZE : 0;

	text_fini(&text);
	return status;
}

static int
read_all(int fd, struct text *answer)
{
	for (;;) {
		char *room = text_reserve(answer, READ_BYTES);
		ssize_t got = recv(fd, room, READ_BYTES, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		answer->len += (size_t)got;
		if (answer->len > ANSWER_BYTES_MAX)
			return -EMSGSIZE;
	}
}

int
client_ask(const char *path, const char *line, unsigned seconds, struct text *answer)
{
	int fd = connect_to(path, seconds);

	if (fd < 0)
		return fd;
	int status = write_line(fd, line);

	if (status == 0)
		status = read_all(fd, answer);
	close(fd);
	/* What the kernel calls "try again" is, with a time limit set, its end. */
	return status == -EAGAIN ? -ETIMEDOUT : status;
}

/* What someone who sees this errno should try. */
static const char *
advice(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return "start one with `tidemill run`, or name the configuration of the running one "
		       "with -c FILE";
	case EACCES:
	case EPERM: return "ask as root, as the daemon's user, or as a member of control.group";
	case ENAMETOOLONG:
		return "a socket's path has at most 107 bytes: set control.socket to a shorter one";
	default: return "is the daemon overloaded, or stopped by a debugger?";
	}
}

/* The object in an answer, unless it is about an error. NULL: that has been
 * said. */
static json_t *
read_answer(const char *command, const char *path, const struct text *answer)
{
	json_error_t error;
	json_t *parsed = json_loadb(answer->bytes, answer->len, 0, &error);
	const json_t *problem = json_object_get(parsed, "error");

	if (json_is_object(parsed) && problem == NULL)
		return parsed;
	if (answer->len == 0)
		fprintf(stderr, "tidemill %s: the daemon at %s did not answer; has it ended?\n",
		    command, path);
	else if (json_is_string(problem))
		fprintf(stderr, "tidemill %s: %s\n", command, json_string_value(problem));
	else
		fprintf(stderr,
		    "tidemill %s: what answers at %s does not speak JSON; is it a "
		    "daemon of this version?\n",
		    command, path);
	json_decref(parsed);
	return NULL;
}

json_t *
client_query(const char *command, const struct control_settings *control, const char *line,
    unsigned seconds, struct text *answer)
{
	struct text path = {0}, own = {0};
	json_t *parsed = NULL;

	if (answer == NULL)
		answer = &own;
	text_reset(answer);
	control_socket_path(control, true, &path);
	int status = client_ask(text_string(&path), line, seconds, answer);

	if (status < 0)
		fprintf(stderr, "tidemill %s: no daemon answers at %s (%s); %s\n", command,
		    text_string(&path), strerror(-status), advice(-status));
	else
		parsed = read_answer(command, text_string(&path), answer);
	text_fini(&path);
	text_fini(&own);
	return parsed;
}
