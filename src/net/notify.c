/* SPDX-License-Identifier: MIT */
/* notify.c -- a word to the service manager. */

#include "net/notify.h"

#include "base/log.h"
#include "base/quantity.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define WAIT_SECONDS 1

/* What the environment says; NULL: nothing. */
struct claim {
	const char *address, *watchdog, *pid;
};

static bool
read_number(const char *string, int64_t most, int64_t *number_out)
{
	return quantity_parse_int(string, strlen(string), number_out) == QUANTITY_OK &&
	    *number_out > 0 && *number_out <= most;
}

/* A path, or @ and an abstract name, which has no NUL at its end. */
static int
read_address(const char *address, struct notify *notify, struct text *error)
{
	size_t len = strlen(address);
	bool abstract = address[0] == '@';

	if ((address[0] != '/' && !abstract) || len < 2 ||
	    len + !abstract > sizeof(notify->to.sun_path)) {
		text_puts(error, "NOTIFY_SOCKET is no path and no abstract name: ");
		text_escape(error, address, len);
		return -EINVAL;
	}
	notify->to.sun_family = AF_UNIX;
	memcpy(notify->to.sun_path, address, len);
	if (abstract)
		notify->to.sun_path[0] = '\0';
	notify->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + !abstract);
	return 0;
}

static int
read_watchdog(const struct claim *claim, int64_t *watchdog_ns_out, struct text *error)
{
	int64_t pid, usec;

	if (claim->watchdog == NULL)
		return 0;
	if (claim->pid != NULL && !read_number(claim->pid, INT32_MAX, &pid)) {
		text_printf(error, "WATCHDOG_PID is no process: %s", claim->pid);
		return -EINVAL;
	}
	if (claim->pid != NULL && pid != getpid())
		return 0;
	if (!read_number(claim->watchdog, INT64_MAX / 1000, &usec)) {
		text_printf(error, "WATCHDOG_USEC is no time in microseconds: %s", claim->watchdog);
		return -EINVAL;
	}
	*watchdog_ns_out = usec * 1000;
	return 0;
}

static int
open_socket(struct notify *notify, struct text *error)
{
	const struct timeval wait = {.tv_sec = WAIT_SECONDS};

	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify->fd >= 0 &&
	    setsockopt(notify->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0)
		return 0;
	int status = -errno;

	text_printf(error, "no socket for NOTIFY_SOCKET: %s", strerror(errno));
	notify_close(notify);
	return status;
}

static int
read_claim(const struct claim *claim, struct notify *notify, struct text *error)
{
	if (claim->address == NULL)
		return 0;
	int status = read_address(claim->address, notify, error);

	if (status == 0)
		status = read_watchdog(claim, &notify->watchdog_ns, error);
	if (status == 0)
		status = open_socket(notify, error);
	return status;
}

int
notify_open(struct notify *notify_out, struct text *error)
{
	const struct claim claim = {
	    getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID")};

	*notify_out = (struct notify){.fd = -1};
	int status = read_claim(&claim, notify_out, error);

	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (status != 0)
		*notify_out = (struct notify){.fd = -1};
	return status;
}

void
notify_close(struct notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
	notify->fd = -1;
}

void
notify_say(const struct notify *notify, const char *lines)
{
	ssize_t sent;

	if (notify->fd < 0)
		return;
	do
		sent = sendto(notify->fd, lines, strlen(lines), MSG_NOSIGNAL,
		    (const struct sockaddr *)&notify->to, notify->length);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		log_warn("the service manager cannot be told: %s", strerror(errno));
}
