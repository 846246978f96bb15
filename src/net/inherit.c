/* SPDX-License-Identifier: MIT */
/* inherit.c -- sockets that were opened for us. */

#include "net/inherit.h"

#include "base/mem.h"
#include "base/quantity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3
/* What the environment says; NULL: nothing. */
struct claim {
	const char *pid, *fds, *names;
};

static bool
read_number(const char *string, int64_t most, int64_t *number_out)
{
	return quantity_parse_int(string, strlen(string), number_out) == QUANTITY_OK &&
	    *number_out >= 0 && *number_out <= most;
}

/* How many descriptors are ours; or a negative errno and a sentence. */
static int
count_claimed(const struct claim *claim, struct text *error)
{
	int64_t pid, count;

	if (claim->pid == NULL || claim->fds == NULL)
		return 0;
	if (!read_number(claim->pid, INT_MAX, &pid)) {
		text_printf(error, "LISTEN_PID=%s is no process", claim->pid);
		return -EINVAL;
	}
	if (pid != getpid())
		return 0;
	if (!read_number(claim->fds, INT_MAX - FIRST_FD, &count)) {
		text_printf(error, "LISTEN_FDS=%s is no number of sockets", claim->fds);
		return -EINVAL;
	}
	return (int)count;
}

/* The first of the names that colons part, and on to the next. */
static char *
take_name(const char **names)
{
	if (*names == NULL)
		return mem_copy_text("unknown", strlen("unknown"));
	const char *name = *names, *end = strchrnul(name, ':');

	*names = *end == ':' ? end + 1 : "";
	return mem_copy_text(name, (size_t)(end - name));
}

/* As many names as sockets, or none at all. */
static bool
names_match(const char *names, int count)
{
	int named = 1;

	if (names == NULL)
		return true;
	for (; *names != '\0'; names++)
		named += *names == ':';
	return named == count;
}

static int
set_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return -errno;
	return 0;
}

/* Its path; an abstract name begins with a NUL and may hold more. */
static char *
copy_path(const struct sockaddr_un *address, size_t len)
{
	struct text path = {0};

	if (len == 0 || address->sun_path[0] != '\0')
		return mem_copy_text(address->sun_path, strnlen(address->sun_path, len));
	text_byte(&path, '@');
	text_escape(&path, address->sun_path + 1, len - 1);
	(void)text_string(&path);
	return path.bytes;
}

/* Where it is bound. Returns 0 or a negative errno. */
static int
find_place(struct inherited *socket)
{
	union {
		union inet_address inet;
		struct sockaddr_un path;
	} bound = {0};
	socklen_t length = sizeof(bound);

	if (getsockname(socket->fd, &bound.inet.any, &length) != 0)
		return -errno;
	socket->family = bound.inet.any.sa_family;
	if (socket->family == AF_UNIX)
		socket->path =
		    copy_path(&bound.path, length - offsetof(struct sockaddr_un, sun_path));
	else
		socket->address = bound.inet;
	return 0;
}

/* What it is, as far as we can take anything in from it. NULL, or what is the
 * matter with it. */
static const char *
look_at(struct inherited *socket)
{
	int listens = 0;
	socklen_t length = sizeof(socket->type);

	if (set_flags(socket->fd) != 0)
		return strerror(errno);
	if (getsockopt(socket->fd, SOL_SOCKET, SO_TYPE, &socket->type, &length) != 0 ||
	    find_place(socket) != 0)
		return errno == ENOTSOCK ? "it is no socket" : strerror(errno);
	if (socket->family != AF_INET && socket->family != AF_INET6 && socket->family != AF_UNIX)
		return "it is neither of the Internet nor a unix socket";
	if (socket->type == SOCK_DGRAM)
		return NULL;
	if (socket->type != SOCK_STREAM)
		return "it is neither for datagrams nor for streams";
	length = sizeof(listens);
	if (getsockopt(socket->fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || !listens)
		return "it does not listen (a socket unit needs Accept=no)";
	return NULL;
}

static int
take_sockets(struct inheritance *inheritance, const char *names, int count, struct text *error)
{
	size_t cap = 0;

	for (int i = 0; i < count; i++) {
		inheritance->at =
		    mem_room(inheritance->at, inheritance->count, &cap, sizeof(*inheritance->at));
		struct inherited *socket = &inheritance->at[inheritance->count++];

		*socket = (struct inherited){.fd = FIRST_FD + i, .name = take_name(&names)};
		const char *problem = look_at(socket);

		if (problem != NULL) {
			text_printf(error, "cannot take descriptor %d (", socket->fd);
			text_escape(error, socket->name, strlen(socket->name));
			text_printf(error, ") from the service manager: %s", problem);
			return -EINVAL;
		}
	}
	return 0;
}

static void
forget_claim(void)
{
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

int
inherit_sockets(struct inheritance *inheritance_out, struct text *error)
{
	const struct claim claim = {
	    getenv("LISTEN_PID"), getenv("LISTEN_FDS"), getenv("LISTEN_FDNAMES")};
	int count = count_claimed(&claim, error);
	int status = count < 0 ? count : 0;

	*inheritance_out = (struct inheritance){0};
	if (count > 0 && !names_match(claim.names, count)) {
		text_printf(error, "LISTEN_FDNAMES does not name %d sockets: ", count);
		text_escape(error, claim.names, strlen(claim.names));
		status = -EINVAL;
	} else if (count > 0) {
		status = take_sockets(inheritance_out, claim.names, count, error);
	}
	forget_claim();
	if (status != 0)
		inherit_free(inheritance_out);
	return status;
}

void
inherit_free(struct inheritance *inheritance)
{
	for (size_t i = 0; i < inheritance->count; i++) {
		free(inheritance->at[i].name);
		free(inheritance->at[i].path);
	}
	free(inheritance->at);
	*inheritance = (struct inheritance){0};
}

void
inherit_print(const struct inherited *socket, struct text *out)
{
	bool datagram = socket->type == SOCK_DGRAM;

	if (socket->path != NULL) {
		text_printf(out, "unix %s %s", datagram ? "datagram" : "stream", socket->path);
	} else {
		text_puts(out, datagram ? "udp " : "tcp ");
		inet_print(&socket->address, out);
	}
}

static bool
is_sibling(const struct inherited *a, const struct inherited *b)
{
	if (a->type != b->type || a->family != b->family)
		return false;
	if (a->family == AF_UNIX)
		return strcmp(a->path, b->path) == 0;
	return memcmp(&a->address, &b->address, inet_length(&a->address)) == 0;
}

unsigned
inherit_siblings(const struct inheritance *inheritance, const struct inherited *socket)
{
	unsigned count = 0;

	for (size_t i = 0; i < inheritance->count; i++) {
		const struct inherited *other = &inheritance->at[i];

		if (!is_sibling(socket, other))
			continue;
		if (other < socket)
			return 0;
		count++;
	}
	return count;
}

static in_port_t
port_of(const union inet_address *address)
{
	return address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port;
}

/* Does a socket on any address of IPv6 take IPv4's as well? */
static bool
takes_both(int fd)
{
	int only = 1;
	socklen_t length = sizeof(only);

	return getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &length) == 0 && !only;
}

static bool
covers_address(const struct inherited *socket, const union inet_address *wanted)
{
	const union inet_address *bound = &socket->address;
	int family = wanted->any.sa_family;

	if (socket->family == AF_UNIX || port_of(bound) != port_of(wanted))
		return false;
	if (socket->family == AF_INET)
		return family == AF_INET &&
		    (bound->v4.sin_addr.s_addr == htonl(INADDR_ANY) ||
			bound->v4.sin_addr.s_addr == wanted->v4.sin_addr.s_addr);
	if (IN6_IS_ADDR_UNSPECIFIED(&bound->v6.sin6_addr))
		return family == AF_INET6 || takes_both(socket->fd);
	return family == AF_INET6 &&
	    memcmp(&bound->v6.sin6_addr, &wanted->v6.sin6_addr, sizeof(struct in6_addr)) == 0;
}

bool
inherit_covers_address(
    const struct inheritance *inheritance, int type, const union inet_address *address)
{
	for (size_t i = 0; i < inheritance->count; i++)
		if (inheritance->at[i].type == type && covers_address(&inheritance->at[i], address))
			return true;
	return false;
}

bool
inherit_covers_path(const struct inheritance *inheritance, int type, const char *path)
{
	for (size_t i = 0; i < inheritance->count; i++) {
		const struct inherited *socket = &inheritance->at[i];

		if (socket->type == type && socket->path != NULL && strcmp(socket->path, path) == 0)
			return true;
	}
	return false;
}
