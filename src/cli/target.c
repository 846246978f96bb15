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
#include <sys/un.h>
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

/* A socket of this type that delivered the first lines, or a negative errno. */
static int
try_address(
    int type, const struct sockaddr *address, socklen_t length, const char *first, size_t len)
{
	int fd = socket(address->sa_family, type | SOCK_CLOEXEC, 0);
	int status = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, address, length) < 0 || send(fd, first, len, MSG_NOSIGNAL) < 0)
		status = -errno;
	else if (address->sa_family != AF_UNIX)
		status = wait_for_refusal(fd);
	if (status == 0)
		return fd;
	close(fd);
	return status;
}

/* Of a path nobody says whether it takes datagrams. */
static int
open_path(const char *path, const char *first, size_t len)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, path, strlen(path) + 1); /* of an address: it fits */
	const struct sockaddr *any = (const struct sockaddr *)&address;
	int fd = try_address(SOCK_DGRAM, any, sizeof(address), first, len);

	return fd == -EPROTOTYPE ? try_address(SOCK_STREAM, any, sizeof(address), first, len) : fd;
}

/* The first address of a host that takes the lines. 0: it has none, and that
 * has been said. */
static int
open_host(const char *command, const struct address *address, const char *first, size_t len)
{
	static const struct addrinfo hints = {
	    .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
	/* No host is this one, and so is localhost, on which no look-up may fail. */
	bool here = address->host[0] == '\0' || strcmp(address->host, "localhost") == 0;
	struct addrinfo *found = NULL;
	char port[8];
	int fd = -EINVAL;

	snprintf(port, sizeof(port), "%u", address->port);
	int status = getaddrinfo(here ? NULL : address->host, port, &hints, &found);

	if (status != 0) {
		fprintf(stderr, "tidemill %s: \"%s\": %s\n", command, address->host,
		    gai_strerror(status));
		return 0;
	}
	for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
		fd = try_address(SOCK_DGRAM, at->ai_addr, at->ai_addrlen, first, len);
	freeaddrinfo(found);
	return fd;
}

/* Why this cannot be sent to; NULL: it can. */
static const char *
find_problem(const char *text, struct address *address_out)
{
	const char *problem;

	if (address_parse(text, address_out, &problem) < 0)
		return problem;
	return address_out->kind == ADDRESS_INET && address_out->port == 0
	    ? "port 0 cannot be sent to"
	    : NULL;
}

int
target_open(const char *command, const char *text, const char *first, size_t len)
{
	struct address address;
	const char *problem = find_problem(text, &address);

	if (problem != NULL) {
		fprintf(stderr, "tidemill %s: \"%s\": %s\n", command, text, problem);
		return -1;
	}
	int fd = address.kind == ADDRESS_UNIX ? open_path(address.path, first, len)
					      : open_host(command, &address, first, len);

	if (fd < 0)
		fprintf(stderr, "tidemill %s: nothing takes lines at %s (%s)\n", command, text,
		    strerror(-fd));
	return fd > 0 ? fd : -1;
}
