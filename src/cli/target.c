/* SPDX-License-Identifier: MIT */
/* target.c -- a server that lines are sent to. */

#include "cli/target.h"

#include "base/address.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a refusal may take to come back; on this machine it is there when
 * send() returns. */
#define REFUSAL_MS 10

/* The socket's pending error. */
static int
wait_for_refusal(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = 0};
	int error = 0;
	socklen_t len = sizeof(error);

	if (poll(&poll_fd, 1, REFUSAL_MS) <= 0)
		return 0;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? -errno : -error;
}

/* A socket that delivered the first datagram, or a negative errno. */
static int
try_address(const struct addrinfo *info, const char *first, size_t len)
{
	int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC, info->ai_protocol);
	int status = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, info->ai_addr, info->ai_addrlen) < 0 || send(fd, first, len, 0) < 0)
		status = -errno;
	else
		status = wait_for_refusal(fd);
	if (status == 0)
		return fd;
	close(fd);
	return status;
}

/* Why this cannot be sent to; NULL: it can. */
static const char *
find_problem(const char *text, struct address *address_out)
{
	const char *problem;

	if (address_parse(text, address_out, &problem) < 0)
		return problem;
	if (address_out->kind != ADDRESS_INET)
		return "a unix socket; only UDP addresses, host:port, can be sent to";
	return address_out->port == 0 ? "port 0 cannot be sent to" : NULL;
}

static struct addrinfo *
resolve(const char *command, const char *text)
{
	static const struct addrinfo hints = {
	    .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
	struct address address;
	struct addrinfo *found = NULL;
	const char *problem = find_problem(text, &address);
	char port[8];

	if (problem != NULL) {
		fprintf(stderr, "tidemill %s: \"%s\": %s\n", command, text, problem);
		return NULL;
	}
	snprintf(port, sizeof(port), "%u", address.port);
	/* No host is this one, and so is localhost, on which no look-up may fail. */
	bool here = address.host[0] == '\0' || strcmp(address.host, "localhost") == 0;
	int status = getaddrinfo(here ? NULL : address.host, port, &hints, &found);

	if (status != 0) {
		fprintf(stderr, "tidemill %s: \"%s\": %s\n", command, text, gai_strerror(status));
		return NULL;
	}
	return found;
}

int
target_open(const char *command, const char *address, const char *first, size_t len)
{
	struct addrinfo *found = resolve(command, address);
	int fd = -EINVAL;

	if (found == NULL)
		return -1;
	for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
		fd = try_address(at, first, len);
	freeaddrinfo(found);
	if (fd >= 0)
		return fd;
	fprintf(stderr, "tidemill %s: nothing takes datagrams at %s (%s)\n", command, address,
	    strerror(-fd));
	return -1;
}
