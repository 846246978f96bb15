/* SPDX-License-Identifier: MIT */
/* statsd.c -- the real StatsD. */

#include "test/scenario/statsd.h"

#include "test/scenario/peer.h"
#include "test/scenario/play.h"

#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRIVER "test/scenario/statsd/driver.js"
#define PROGRAM "statsd-0.9.0/stats.js"
#define FRAME_FLUSH UINT32_MAX

struct statsd {
	char dir[64];
	int fd; /* its standard input */
	pid_t pid;
};

bool
statsd_present(void)
{
	char path[PATH_MAX];

	peer_cached(PROGRAM, path);
	return peer_needed(access(path, R_OK) == 0 && system("node --version >/dev/null 2>&1") == 0,
	    "node or StatsD 0.9.0 of npm");
}

static void
write_config(const struct statsd *statsd, int graphite_port, const char *members)
{
	char path[128], driver[PATH_MAX];

	ck_assert_msg(realpath(DRIVER, driver) != NULL, DRIVER " is not below this directory");
	snprintf(path, sizeof(path), "%s/config.js", statsd->dir);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file,
	    "{ servers: [{ server: '%s' }], mgmt_port: '%s/mgmt', title: false,\n"
	    "  graphiteHost: '127.0.0.1', graphitePort: %d, automaticConfigReload: false,\n"
	    "  %s }\n",
	    driver, statsd->dir, graphite_port, members);
	ck_assert_int_eq(fclose(file), 0);
}

static pid_t
run(const struct statsd *statsd, int input, int64_t seconds)
{
	char config[128], output[128], driver[PATH_MAX], program[PATH_MAX], now[24];
	const char *const arguments[] = {"node", "--require", driver, program, config, NULL};

	snprintf(now, sizeof(now), "%lld", (long long)seconds);
	ck_assert_int_eq(setenv("STATSD_NOW", now, 1), 0);
	snprintf(config, sizeof(config), "%s/config.js", statsd->dir);
	snprintf(output, sizeof(output), "%s/output", statsd->dir);
	peer_cached(PROGRAM, program);
	ck_assert_ptr_nonnull(realpath(DRIVER, driver));
	int fd = open(output, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	pid_t pid = child_start(&(struct child){
	    .program = arguments[0],
	    .arguments = arguments,
	    .in = input,
	    .out = fd,
	    .err = fd,
	});

	close(fd);
	return pid;
}

struct statsd *
statsd_start(int64_t seconds, int graphite_port, const char *members)
{
	struct statsd *statsd = calloc(1, sizeof(*statsd));
	const char *parent = getenv("TMPDIR");
	int pair[2];

	snprintf(statsd->dir, sizeof(statsd->dir), "%s/tidemill-statsd-XXXXXX",
	    parent != NULL && strlen(parent) < 32 ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(statsd->dir));
	write_config(statsd, graphite_port, members);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	statsd->fd = pair[0];
	statsd->pid = run(statsd, pair[1], seconds);
	close(pair[1]);
	return statsd;
}

static bool
has_ended(const struct statsd *statsd)
{
	return waitpid(statsd->pid, NULL, WNOHANG) != 0;
}

void
statsd_check(const struct statsd *statsd)
{
	char command[160];

	if (!has_ended(statsd))
		return;
	snprintf(command, sizeof(command), "tail -n 30 %s/output", statsd->dir);
	ck_abort_msg("StatsD has ended by itself, %s", system(command) == 0 ? "see above" : "");
}

static void
say(const struct statsd *statsd, const void *bytes, size_t len)
{
	for (size_t sent = 0; sent < len;) {
		ssize_t n = send(statsd->fd, (const char *)bytes + sent, len - sent, MSG_NOSIGNAL);

		if (n < 0) {
			WAIT_UNTIL(has_ended(statsd));
			statsd_check(statsd);
		}
		sent += (size_t)n;
	}
}

void
statsd_send(const struct statsd *statsd, const char *datagram, size_t len)
{
	uint32_t length = htole32((uint32_t)len);

	say(statsd, &length, sizeof(length));
	say(statsd, datagram, len);
}

void
statsd_flush(const struct statsd *statsd, int64_t seconds)
{
	const uint32_t frame[] = {htole32(FRAME_FLUSH), htole32((uint32_t)seconds)};

	say(statsd, frame, sizeof(frame));
}

void
statsd_stop(struct statsd *statsd)
{
	static const char *const files[] = {"config.js", "output", "mgmt"};
	char path[128];

	statsd_check(statsd);
	kill(statsd->pid, SIGKILL);
	ck_assert_int_eq(waitpid(statsd->pid, NULL, 0), statsd->pid);
	close(statsd->fd);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", statsd->dir, files[i]);
		ck_assert_int_eq(unlink(path), 0);
	}
	ck_assert_int_eq(rmdir(statsd->dir), 0);
	free(statsd);
}
