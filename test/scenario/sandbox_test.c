/* SPDX-License-Identifier: MIT */
/* sandbox_test.c -- the daemon makes no system call that its unit forbids. It
 * runs under strace, with all its doors open and used, and what the unit would
 * refuse it is refused. */

#include "test/scenario/peer.h"
#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define UNIT "contrib/systemd/tidemill.service"
#define ALLOWED_CALLS                                                                               \
	"systemd-analyze syscall-filter 2>/dev/null | awk -f test/scenario/allowed_calls.awk " UNIT \
	" -"
#define CALLS_MAX 16384

static bool
is_there(const char *tool)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", tool);
	return system(command) == 0;
}

/* Can strace follow a process here, with a filter in the kernel? */
static bool
tools_present(void)
{
	bool tools = is_there("strace") && is_there("systemd-analyze");

	if (!peer_needed(tools, "strace and systemd-analyze"))
		return false;
	if (system("strace -f --seccomp-bpf -o /dev/null true 2>/dev/null") == 0)
		return true;
	puts("SKIPPED: strace may not trace here");
	return false;
}

/* "trace=!?read,?write,...": all that the unit does not allow, and one call that
 * it does (NULL: none), for strace. What this machine does not have is not
 * looked for. */
static void
write_forbidden(char *out, const char *verb, const char *besides, const char *suffix)
{
	size_t len = (size_t)snprintf(out, CALLS_MAX, "%s=!", verb), count = 0;
	char name[64];
	FILE *allowed = popen(ALLOWED_CALLS, "re");

	ck_assert_ptr_nonnull(allowed);
	while (fscanf(allowed, "%63s", name) == 1)
		if (besides == NULL || strcmp(name, besides) != 0)
			len += (size_t)snprintf(
			    out + len, CALLS_MAX - len, "%s?%s", count++ > 0 ? "," : "", name);
	ck_assert_int_eq(pclose(allowed), 0);
	len += (size_t)snprintf(out + len, CALLS_MAX - len, "%s", suffix);
	ck_assert_uint_lt(len, CALLS_MAX);
	/* Else the list is not what it should be. */
	ck_assert_uint_gt(count, 100);
}

/* Every kind of listener and sink, a group to be given files to, a regular
 * expression, somebody who is denied. */
static void
configure(struct play *play, int graphite_port, const struct endpoint *endpoint)
{
	const struct group *group = getgrgid(getgid());
	char yaml[1024];

	snprintf(yaml, sizeof(yaml),
	    "interval: 100ms\n"
	    "workers: 2\n"
	    "listen:\n"
	    "  hash:\n"
	    "    udp: \"localhost:%d\"\n"
	    "    tcp: \"localhost:%d\"\n"
	    "    unix_datagram: %s/datagram\n"
	    "    unix_stream: %s/stream\n"
	    "    graphite: \"127.0.0.1:%d\"\n"
	    "    socket_group: \"%s\"\n"
	    "    deny: [127.9.9.9, \"uid:65533\"]\n"
	    "  lots:\n"
	    "    udp: \"127.0.0.1:%d\"\n"
	    "    steer: random\n"
	    "rules:\n"
	    "  - {match: \"^(b+)\\\\.(.*)$\", match_type: regex, rename: \"$2.$1\"}\n"
	    "sinks:\n"
	    "  out: {type: graphite, address: \"localhost:%d\"}\n"
	    "  screen: {type: stdout}\n",
	    play->port, play->port, play->dir, play->dir, graphite_port,
	    group != NULL ? group->gr_name : "", play_free_port(), endpoint_port(endpoint));
	play_configure(play, yaml);
}

static void
send_to_path(const struct play *play, const char *name, int type, const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/%s", play->dir, name);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
	close(fd);
}

/* Say this over TCP; then hang up, or tear the line. */
static void
send_over_tcp(int port, const char *text, bool reset)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
	const struct linger linger = {.l_onoff = reset};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(fd);
}

static void
use_all_doors(struct play *play, int graphite_port)
{
	for (int i = 0; i < 2000; i++)
		play_sendf(play, "udp.%d:%d|ms", i % 20, i);
	play_send(play, "bb.name:1|c\nset:x|s\ngauge:+5|g\nnonsense\n_e{1,1}:a|b");
	play_send_v6(play, "v6:1|c");
	send_over_tcp(play->port, "tcp:1|c\n", false);
	send_over_tcp(play->port, "torn:1|c\ntorn", true);
	send_over_tcp(play->port, "GET / HTTP/1.1\r\n\r\n", false);
	send_to_path(play, "datagram", SOCK_DGRAM, "local:1|c");
	send_to_path(play, "stream", SOCK_STREAM, "stream:1|c\n");
	send_over_tcp(graphite_port, "pushed 1 -1\n", false);
}

static void
ask_everything(struct play *play)
{
	static const char *const questions[] = {"status\n", "sources\n", "block\n",
	    "block 60 udp.1*\n", "forget udp.2*\n", "nonsense\n"};

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		char *answer = play_ask(play, questions[i]);

		ck_assert_ptr_nonnull(answer);
		free(answer);
	}
}

/* strace has written its last line about the daemon. */
static bool
trace_is_whole(const char *path, pid_t pid)
{
	char line[4096];
	int of = 0, status = -1;
	FILE *trace = fopen(path, "re");

	if (trace == NULL)
		return false;
	while ((of != pid || status != 0) && fgets(line, sizeof(line), trace) != NULL)
		if (sscanf(line, "%d +++ exited with %d", &of, &status) != 2)
			of = 0;
	fclose(trace);
	return of == pid && status == 0;
}

/* The kinds of sockets that RestrictAddressFamilies= leaves, and one that the C
 * library's resolver tries, and does without where it is refused. */
static bool
is_socket_allowed(const char *line)
{
	static const char *const allowed[] = {"AF_INET,", "AF_INET6,", "AF_UNIX,", "AF_NETLINK,"};
	const char *call = strstr(line, " socket(");

	for (size_t i = 0; call != NULL && i < sizeof(allowed) / sizeof(*allowed); i++)
		if (strncmp(call + strlen(" socket("), allowed[i], strlen(allowed[i])) == 0)
			return true;
	return false;
}

/* All that is in the trace is forbidden, but for sockets of those kinds. */
static void
check_trace(const char *path)
{
	char line[4096];
	size_t sockets = 0;
	FILE *trace = fopen(path, "re");

	ck_assert_ptr_nonnull(trace);
	while (fgets(line, sizeof(line), trace) != NULL) {
		if (strstr(line, " +++ ") != NULL || strstr(line, " --- ") != NULL ||
		    strstr(line, " resumed>") != NULL)
			continue;
		ck_assert_msg(is_socket_allowed(line), "the unit forbids: %s", line);
		sockets++;
	}
	fclose(trace);
	ck_assert_uint_gt(sockets, 5);
}

START_TEST(the_unit_forbids_nothing_that_the_daemon_does)
{
	static char watched[CALLS_MAX], refused[CALLS_MAX];

	if (!tools_present())
		return;
	struct play *play = play_new();
	struct endpoint *endpoint = endpoint_new();
	int graphite_port = play_free_port();
	char trace[96];

	snprintf(trace, sizeof(trace), "%s/trace", play->dir);
	write_forbidden(watched, "trace", "socket", "");
	write_forbidden(refused, "inject", NULL, ":error=EPERM");
	const char *const command[] = {"strace", "-D", "-f", "--seccomp-bpf", "-q", "-o", trace,
	    "-e", watched, "-e", refused, NULL};

	play_through(play, command);
	configure(play, graphite_port, endpoint);
	endpoint_listen(endpoint);
	play_start(play);
	use_all_doors(play, graphite_port);
	WAIT_UNTIL(endpoint_sum(endpoint, "stats.counters.stream.count") == 1);
	WAIT_UNTIL(endpoint_sum(endpoint, "stats.counters.tcp.count") == 1);
	WAIT_UNTIL(endpoint_sum(endpoint, "stats.counters.name.bb.count") == 1);
	ask_everything(play);
	pid_t pid = play->pid;

	play_signal(play, SIGTERM);
	ck_assert_int_eq(play_wait_exit(play), 0);
	WAIT_UNTIL(trace_is_whole(trace, pid));
	check_trace(trace);
	play_free(play);
	endpoint_free(endpoint);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(the_unit_forbids_nothing_that_the_daemon_does),
    {0},
};

SUITE_MAIN("scenario/sandbox", tests)
