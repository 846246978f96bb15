/* SPDX-License-Identifier: MIT */
/* inherit_test.c -- sockets of the service manager. Taking them means the
 * descriptors from 3 on, so it happens in a child that says what it got. */

#include "net/inherit.h"

#include "base/mem.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FD 3
#define PIPE_FD 100
#define MOST 4

/* What may be at a descriptor. */
enum what { NOTHING, UDP4, UDP6, TCP4, CONNECTED, UNIX_DATAGRAM, UNIX_STREAM, PACKETS, FILE_, END };

struct stage {
	const char *pid, *fds, *names; /* NULL: not set; pid "me": the child's */
	enum what at[MOST + 1];        /* ends with END */
	const char *expected;
};

/* In the child: descriptor 3 is libcheck's no more, so nothing of it may be
 * called. */
static void
must(bool holds)
{
	if (!holds)
		_exit(2);
}

static int
bind_inet(int family, int type)
{
	union inet_address address = {.any.sa_family = (sa_family_t)family};
	int fd = socket(family, type, 0);

	if (family == AF_INET)
		address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.v6.sin6_addr = in6addr_loopback;
	must(bind(fd, &address.any, inet_length(&address)) == 0);
	return fd;
}

static int
bind_abstract(int type, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s-%d", name, (int)getppid());
	must(bind(fd, (struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		     strlen(address.sun_path + 1))) == 0);
	return fd;
}

static int
open_what(enum what what)
{
	int fd = -1;

	switch (what) {
	case UDP4: return bind_inet(AF_INET, SOCK_DGRAM);
	case UDP6: return bind_inet(AF_INET6, SOCK_DGRAM);
	case TCP4:
		fd = bind_inet(AF_INET, SOCK_STREAM);
		must(listen(fd, 1) == 0);
		return fd;
	case CONNECTED: return bind_inet(AF_INET, SOCK_STREAM);
	case UNIX_DATAGRAM: return bind_abstract(SOCK_DGRAM, "datagram");
	case UNIX_STREAM:
		fd = bind_abstract(SOCK_STREAM, "stream");
		must(listen(fd, 1) == 0);
		return fd;
	case PACKETS: return bind_abstract(SOCK_SEQPACKET, "packets");
	case FILE_: return open("/dev/null", O_RDONLY);
	case NOTHING:
	case END: break;
	}
	return fd;
}

static void
set_variable(const char *name, const char *value)
{
	if (value == NULL)
		unsetenv(name);
	else
		setenv(name, value, 1);
}

static void
print_flags(int fd, struct text *out)
{
	if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0)
		text_puts(out, " not closed on exec");
	if ((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0)
		text_puts(out, " blocks");
}

/* "stage: udp 127.0.0.1:PORT; ...", or the sentence; ports are not shown, and
 * of an abstract name only what is before the number. */
static void
print_sockets(const struct inheritance *inheritance, struct text *out)
{
	for (size_t i = 0; i < inheritance->count; i++) {
		const struct inherited *socket = &inheritance->at[i];
		struct text where = {0};

		inherit_print(socket, &where);
		const char *text = text_string(&where);
		char part = socket->family == AF_UNIX ? '-' : ':';
		const char *end = strrchr(text, part);

		text_printf(out, "%s%d %s: ", i > 0 ? "; " : "", socket->fd, socket->name);
		text_append(out, text, (size_t)(end - text));
		print_flags(socket->fd, out);
		text_fini(&where);
	}
}

static void
set_stage(const struct stage *stage)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	set_variable(
	    "LISTEN_PID", stage->pid != NULL && strcmp(stage->pid, "me") == 0 ? pid : stage->pid);
	set_variable("LISTEN_FDS", stage->fds);
	set_variable("LISTEN_FDNAMES", stage->names);
	for (int i = 0; i <= MOST; i++)
		close(FIRST_FD + i);
	for (int i = 0; stage->at[i] != END; i++) {
		int fd = open_what(stage->at[i]);

		if (fd >= 0 && fd != FIRST_FD + i) {
			dup2(fd, FIRST_FD + i);
			close(fd);
		}
	}
}

static _Noreturn void
play(const struct stage *stage)
{
	struct inheritance inheritance;
	struct text error = {0}, out = {0};

	set_stage(stage);
	int status = inherit_sockets(&inheritance, &error);

	print_sockets(&inheritance, &out);
	if (status != 0)
		text_append(&out, error.bytes, error.len);
	if (getenv("LISTEN_PID") != NULL || getenv("LISTEN_FDS") != NULL ||
	    getenv("LISTEN_FDNAMES") != NULL)
		text_puts(&out, " environment left");
	bool written = write(PIPE_FD, out.bytes, out.len) == (ssize_t)out.len;

	inherit_free(&inheritance);
	text_fini(&error);
	text_fini(&out);
	_exit(written ? 0 : 1);
}

static void
check_stage(const struct stage *stage)
{
	char got[1024] = "";
	int ends[2], status;
	size_t len = 0;
	ssize_t more;

	ck_assert_int_eq(pipe(ends), 0);
	fflush(NULL);
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		dup2(ends[1], PIPE_FD);
		play(stage);
	}
	close(ends[1]);
	while ((more = read(ends[0], got + len, sizeof(got) - 1 - len)) > 0)
		len += (size_t)more;
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(got, stage->expected);
}

START_TEST(sockets_are_known_by_name_kind_and_place)
{
	static const struct stage stages[] = {
	    {"me", "1", NULL, {UDP4, END}, "3 unknown: udp 127.0.0.1"},
	    {"me", "1", "stage", {UDP6, END}, "3 stage: udp [::1]"},
	    {"me", "2", "a:b.graphite", {UDP4, TCP4, END},
		"3 a: udp 127.0.0.1; 4 b.graphite: tcp 127.0.0.1"},
	    {"me", "2", "a:a", {UNIX_DATAGRAM, UNIX_STREAM, END},
		"3 a: unix datagram @datagram; 4 a: unix stream @stream"},
	    {"me", "2", ":", {UDP4, UDP4, END}, "3 : udp 127.0.0.1; 4 : udp 127.0.0.1"},
	    /* More descriptors than are given are none of ours. */
	    {"me", "1", "a", {UDP4, FILE_, END}, "3 a: udp 127.0.0.1"},
	};

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		check_stage(&stages[i]);
}
END_TEST

START_TEST(what_is_not_said_to_us_is_left_alone)
{
	static const struct stage stages[] = {
	    {NULL, NULL, NULL, {UDP4, END}, ""},
	    {NULL, "1", "a", {UDP4, END}, ""},
	    {"me", NULL, "a", {UDP4, END}, ""},
	    {"1", "1", "a", {UDP4, END}, ""},
	    {"1", "nonsense", "a", {UDP4, END}, ""},
	    {"me", "0", NULL, {UDP4, END}, ""},
	};

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		check_stage(&stages[i]);
}
END_TEST

START_TEST(what_cannot_be_true_is_an_error)
{
	static const struct stage stages[] = {
	    {"", "1", NULL, {UDP4, END}, "LISTEN_PID= is no process"},
	    {"me too", "1", NULL, {UDP4, END}, "LISTEN_PID=me too is no process"},
	    {"-1", "1", NULL, {UDP4, END}, "LISTEN_PID=-1 is no process"},
	    {"99999999999", "1", NULL, {UDP4, END}, "LISTEN_PID=99999999999 is no process"},
	    {"me", "", NULL, {UDP4, END}, "LISTEN_FDS= is no number of sockets"},
	    {"me", "-1", NULL, {UDP4, END}, "LISTEN_FDS=-1 is no number of sockets"},
	    {"me", "1.5", NULL, {UDP4, END}, "LISTEN_FDS=1.5 is no number of sockets"},
	    {"me", "2147483647", NULL, {UDP4, END},
		"LISTEN_FDS=2147483647 is no number of sockets"},
	    {"me", "2", "a", {UDP4, UDP4, END}, "LISTEN_FDNAMES does not name 2 sockets: a"},
	    {"me", "1", "a:b", {UDP4, END}, "LISTEN_FDNAMES does not name 1 sockets: a:b"},
	    {"me", "2", NULL, {UDP4, NOTHING, END},
		"cannot take descriptor 4 (unknown) from the service manager: Bad file "
		"descriptor"},
	    {"me", "2000000000", NULL, {UDP4, END},
		"cannot take descriptor 4 (unknown) from the service manager: Bad file "
		"descriptor"},
	    {"me", "1", "a\"b", {FILE_, END},
		"cannot take descriptor 3 (a\\\"b) from the service manager: it is no socket"},
	    {"me", "1", "a", {PACKETS, END},
		"cannot take descriptor 3 (a) from the service manager: it is neither for "
		"datagrams nor for streams"},
	    {"me", "1", "a", {CONNECTED, END},
		"cannot take descriptor 3 (a) from the service manager: it does not listen "
		"(a socket unit needs Accept=no)"},
	};

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		check_stage(&stages[i]);
}
END_TEST

static union inet_address
inet_of(const char *host, unsigned port)
{
	union inet_address address = {0};

	if (inet_pton(AF_INET, host, &address.v4.sin_addr) == 1) {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons((uint16_t)port);
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, host, &address.v6.sin6_addr), 1);
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = htons((uint16_t)port);
	}
	return address;
}

static int
open_family(int family, int only)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	ck_assert_int_ge(fd, 0);
	if (family == AF_INET6)
		ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)), 0);
	return fd;
}

START_TEST(an_address_is_covered_by_itself_or_any)
{
	static const struct {
		const char *bound;
		bool both; /* families */
		int type;
		unsigned port;
		const char *wanted;
		bool expected;
	} cases[] = {
	    {"127.0.0.1", false, SOCK_DGRAM, 8125, "127.0.0.1", true},
	    {"127.0.0.1", false, SOCK_DGRAM, 8126, "127.0.0.1", false},
	    {"127.0.0.1", false, SOCK_STREAM, 8125, "127.0.0.1", false},
	    {"127.0.0.1", false, SOCK_DGRAM, 8125, "127.0.0.2", false},
	    {"127.0.0.1", false, SOCK_DGRAM, 8125, "0.0.0.0", false},
	    {"127.0.0.1", false, SOCK_DGRAM, 8125, "::1", false},
	    {"0.0.0.0", false, SOCK_DGRAM, 8125, "127.0.0.1", true},
	    {"0.0.0.0", false, SOCK_DGRAM, 8125, "::1", false},
	    {"::1", false, SOCK_DGRAM, 8125, "::1", true},
	    {"::1", false, SOCK_DGRAM, 8125, "::2", false},
	    {"::1", false, SOCK_DGRAM, 8125, "127.0.0.1", false},
	    {"::", false, SOCK_DGRAM, 8125, "::1", true},
	    {"::", false, SOCK_DGRAM, 8125, "127.0.0.1", false},
	    {"::", true, SOCK_DGRAM, 8125, "127.0.0.1", true},
	    {"::", true, SOCK_DGRAM, 8125, "0.0.0.0", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct inherited socket = {.type = SOCK_DGRAM};
		const struct inheritance all = {1, &socket};
		union inet_address wanted = inet_of(cases[i].wanted, cases[i].port);
		int only = !cases[i].both;

		socket.address = inet_of(cases[i].bound, 8125);
		socket.family = socket.address.any.sa_family;
		socket.fd = open_family(socket.family, only);
		ck_assert_msg(
		    inherit_covers_address(&all, cases[i].type, &wanted) == cases[i].expected,
		    "case %zu", i);
		close(socket.fd);
	}
}
END_TEST

START_TEST(a_path_is_covered_by_itself)
{
	static char path[] = "/run/statsd", abstract[] = "@statsd";
	struct inherited sockets[] = {
	    {.type = SOCK_DGRAM, .family = AF_UNIX, .path = path},
	    {.type = SOCK_DGRAM, .family = AF_INET},
	    {.type = SOCK_STREAM, .family = AF_UNIX, .path = abstract},
	};
	const struct inheritance all = {3, sockets};

	ck_assert(inherit_covers_path(&all, SOCK_DGRAM, "/run/statsd"));
	ck_assert(inherit_covers_path(&all, SOCK_STREAM, "@statsd"));
	ck_assert(!inherit_covers_path(&all, SOCK_STREAM, "/run/statsd"));
	ck_assert(!inherit_covers_path(&all, SOCK_DGRAM, "/run/statsd2"));
	ck_assert(!inherit_covers_path(&all, SOCK_DGRAM, "/run/stats"));
	ck_assert(!inherit_covers_path(&all, SOCK_DGRAM, ""));
}
END_TEST

START_TEST(siblings_are_told_by_the_first)
{
	static char path[] = "/run/statsd";
	const union inet_address v4 = inet_of("127.0.0.1", 8125), v6 = inet_of("::1", 8125),
				 other = inet_of("127.0.0.1", 8126);
	struct inherited sockets[] = {
	    {.type = SOCK_DGRAM, .family = AF_INET, .address = v4},
	    {.type = SOCK_DGRAM, .family = AF_INET6, .address = v6},
	    {.type = SOCK_DGRAM, .family = AF_INET, .address = v4},
	    {.type = SOCK_STREAM, .family = AF_INET, .address = v4},
	    {.type = SOCK_DGRAM, .family = AF_INET, .address = other},
	    {.type = SOCK_DGRAM, .family = AF_UNIX, .path = path},
	    {.type = SOCK_DGRAM, .family = AF_INET, .address = v4},
	};
	static const unsigned expected[] = {3, 1, 0, 1, 1, 1, 0};
	const struct inheritance all = {sizeof(sockets) / sizeof(*sockets), sockets};

	for (size_t i = 0; i < all.count; i++)
		ck_assert_msg(inherit_siblings(&all, &sockets[i]) == expected[i], "socket %zu", i);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(sockets_are_known_by_name_kind_and_place),
    SUITE_TEST(what_is_not_said_to_us_is_left_alone),
    SUITE_TEST(what_cannot_be_true_is_an_error),
    SUITE_TEST(an_address_is_covered_by_itself_or_any),
    SUITE_TEST(a_path_is_covered_by_itself),
    SUITE_TEST(siblings_are_told_by_the_first),
    {0},
};

SUITE_MAIN("inherit", tests)
