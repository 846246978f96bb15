/* SPDX-License-Identifier: MIT */
/* play.c -- the whole daemon on a little stage. */

#include "test/scenario/play.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_STEP_NS 3000000
#define ARGUMENTS_MAX (2 * PLAY_OPTIONS_MAX + PLAY_LAUNCHER_MAX + 8)

/* Where what is handed over waits: no file of a test program's is here. */
#define HANDED_FROM 200

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool
wait_again(struct wait *wait, const char *what)
{
	const struct timespec step = {.tv_nsec = WAIT_STEP_NS};

	if (wait->until_ns == 0)
		wait->until_ns = now_ns() + WAIT_SECONDS * INT64_C(1000000000);
	if (now_ns() > wait->until_ns) {
		fprintf(stderr, "waited %d s in vain for %s\n", WAIT_SECONDS, what);
		return false;
	}
	nanosleep(&step, NULL);
	return true;
}

static char *
file_read(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1);
	size_t len = 0;

	if (file == NULL)
		return text;
	for (;;) {
		text = realloc(text, len + 65537);
		size_t got = fread(text + len, 1, 65536, file);

		len += got;
		text[len] = '\0';
		if (got == 0)
			break;
	}
	fclose(file);
	return text;
}

static void
file_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

__attribute__((format(printf, 1, 0))) static char *
format_text(const char *format, va_list args)
{
	char *text;

	ck_assert_int_ge(vasprintf(&text, format, args), 0);
	return text;
}

static bool
port_binds(int family, int type, int port)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
	    .sin6_addr = in6addr_loopback,
	    .sin6_port = htons((uint16_t)port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	int status = family == AF_INET ? bind(fd, (struct sockaddr *)&v4, sizeof(v4))
				       : bind(fd, (struct sockaddr *)&v6, sizeof(v6));

	close(fd);
	return status == 0;
}

bool
play_port_is_free(int port)
{
	return port_binds(AF_INET, SOCK_DGRAM, port) && port_binds(AF_INET6, SOCK_DGRAM, port);
}

static bool
stream_port_is_free(int port)
{
	return port_binds(AF_INET, SOCK_STREAM, port) && port_binds(AF_INET6, SOCK_STREAM, port);
}

/* Below the range from which the kernel gives ports to anybody. */
int
play_free_port(void)
{
	static int next;

	if (next == 0)
		next = 12000 + (int)(getpid() * 37 % 15000);
	for (int tries = 0; tries < 20000; tries++) {
		int port = next++;

		if (next >= 32000)
			next = 12000;
		if (play_port_is_free(port) && stream_port_is_free(port))
			return port;
	}
	ck_abort_msg("no free port");
}

struct play *
play_new(void)
{
	struct play *play = calloc(1, sizeof(*play));
	const char *parent = getenv("TMPDIR");
	char yaml[256];

	/* The path of a Unix socket is short. */
	snprintf(play->dir, sizeof(play->dir), "%s/tidemill-scenario-XXXXXX",
	    parent != NULL && strlen(parent) < 32 ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(play->dir));
	snprintf(play->control, sizeof(play->control), "%s/control", play->dir);
	snprintf(play->config, sizeof(play->config), "%s/tidemill.yaml", play->dir);
	snprintf(play->out, sizeof(play->out), "%s/stdout", play->dir);
	snprintf(play->err, sizeof(play->err), "%s/stderr", play->dir);
	play->port = play_free_port();
	play->socket_v4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	play->socket_v6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	play->out_fd = -1;
	play->err_fd = -1;
	snprintf(yaml, sizeof(yaml),
	    "interval: 100ms\n"
	    "workers: 1\n"
	    "listen:\n"
	    "  stage:\n"
	    "    udp: [\"127.0.0.1:%d\", \"[::1]:%d\"]\n"
	    "    receive_buffer: 4MiB\n",
	    play->port, play->port);
	play_configure(play, yaml);
	return play;
}

void
play_configure(struct play *play, const char *yaml)
{
	file_write(play->config, yaml);
}

void
play_option(struct play *play, const char *format, ...)
{
	va_list args;

	ck_assert_uint_lt(play->option_count, PLAY_OPTIONS_MAX);
	va_start(args, format);
	play->options[play->option_count++] = format_text(format, args);
	va_end(args);
}

void
play_environment(struct play *play, const char *assignment)
{
	ck_assert_uint_lt(play->environment_count, PLAY_OPTIONS_MAX);
	play->environment[play->environment_count++] = strdup(assignment);
}

void
play_through(struct play *play, const char *const *command)
{
	for (size_t i = 0; command[i] != NULL; i++) {
		ck_assert_uint_lt(i, PLAY_LAUNCHER_MAX - 1);
		play->launcher[i] = strdup(command[i]);
	}
}

void
play_hand(struct play *play, int fd, const char *name)
{
	int kept = fcntl(fd, F_DUPFD_CLOEXEC, HANDED_FROM);

	ck_assert_uint_lt(play->handed_count, PLAY_HANDED_MAX);
	ck_assert_int_ge(kept, 0);
	play->handed[play->handed_count].fd = kept;
	play->handed[play->handed_count++].name = strdup(name);
}

void
play_deliver_to(struct play *play, const char *name, const struct endpoint *endpoint)
{
	play_option(play, "sinks.%s.type=graphite", name);
	play_option(play, "sinks.%s.address=127.0.0.1:%d", name, endpoint_port(endpoint));
}

/* What a child is to become. */
struct script {
	char **environment; /* ours without our own variables, and the play's */
	int handed[PLAY_HANDED_MAX];
	char count[32], names[256], pid[CHILD_PID_BYTES]; /* of the sockets handed over */
};

static const char *
our_binary(void)
{
	const char *named = getenv("TIDEMILL");

	return named != NULL ? named : "build/tidemill";
}

/* What sd_listen_fds(3) reads. Other commands than the daemon get it, too, and
 * do not ask for it. */
static void
script_hand(struct script *script, const struct play *play, size_t kept)
{
	size_t len = (size_t)snprintf(script->names, sizeof(script->names), "LISTEN_FDNAMES=");

	for (size_t i = 0; i < play->handed_count; i++) {
		script->handed[i] = play->handed[i].fd;
		len += (size_t)snprintf(script->names + len, sizeof(script->names) - len, "%s%s",
		    i > 0 ? ":" : "", play->handed[i].name);
		ck_assert_uint_lt(len, sizeof(script->names));
	}
	snprintf(script->count, sizeof(script->count), "LISTEN_FDS=%zu", play->handed_count);
	script->environment[kept++] = script->names;
	script->environment[kept++] = script->count;
	script->environment[kept++] = script->pid;
}

static void
script_write(struct script *script, const struct play *play)
{
	size_t count = 0, kept = 0;

	*script = (struct script){0};
	while (environ[count] != NULL)
		count++;
	script->environment = calloc(count + play->environment_count + 4, sizeof(char *));
	for (size_t i = 0; i < count; i++)
		if (strncmp(environ[i], "TIDEMILL", strlen("TIDEMILL")) != 0)
			script->environment[kept++] = environ[i];
	for (size_t i = 0; i < play->environment_count; i++)
		script->environment[kept++] = play->environment[i];
	if (play->handed_count > 0)
		script_hand(script, play, kept);
}

static int
open_output(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static pid_t
play_spawn(struct play *play, const char *binary, const char *const *arguments)
{
	struct script script;
	int out = open_output(play->out), err = open_output(play->err);

	script_write(&script, play);
	pid_t pid = child_start(&(struct child){
	    .program = binary,
	    .arguments = arguments,
	    .environment = script.environment,
	    .out = play->out_fd == -1 ? out : play->out_fd,
	    .err = play->err_fd == -1 ? err : play->err_fd,
	    .handed = script.handed,
	    .handed_count = play->handed_count,
	    .listen_pid = script.pid,
	});

	close(out);
	close(err);
	free(script.environment);
	return pid;
}

void
play_launch(struct play *play)
{
	const char *arguments[ARGUMENTS_MAX], *binary = our_binary();
	bool launched = play->launcher[0] != NULL;
	size_t count = 0;
	char control[128];

	ck_assert_int_eq(play->pid, 0);
	for (; play->launcher[count] != NULL; count++)
		arguments[count] = play->launcher[count];
	arguments[count++] = launched ? binary : "tidemill";
	arguments[count++] = "run";
	arguments[count++] = "-c";
	arguments[count++] = play->config;
	snprintf(control, sizeof(control), "control.socket=%s", play->control);
	arguments[count++] = "-o";
	arguments[count++] = control;
	for (size_t i = 0; i < play->option_count; i++) {
		arguments[count++] = "-o";
		arguments[count++] = play->options[i];
	}
	arguments[count] = NULL;
	play->sent = 0;
	play->pid = play_spawn(play, launched ? arguments[0] : binary, arguments);
}

static bool
play_ended(struct play *play, int *status_out)
{
	int raw;
	pid_t who = waitpid(play->pid, &raw, WNOHANG);

	ck_assert_int_ge(who, 0);
	if (who == 0)
		return false;
	play->pid = 0;
	*status_out = WIFEXITED(raw) ? WEXITSTATUS(raw) : -WTERMSIG(raw);
	return true;
}

static bool
play_answers(struct play *play)
{
	int status;

	if (play_ended(play, &status)) {
		char *log = play_log(play);

		ck_abort_msg("the daemon ended with %d before it was ready: %s", status, log);
	}
	json_t *answer = play_status(play);
	bool answered = answer != NULL;

	json_decref(answer);
	return answered;
}

void
play_await(struct play *play)
{
	WAIT_UNTIL(play_answers(play));
}

void
play_start(struct play *play)
{
	play_launch(play);
	play_await(play);
}

int
play_wait_exit(struct play *play)
{
	int status = 0;

	WAIT_UNTIL(play_ended(play, &status));
	return status;
}

int
play_fail_to_start(struct play *play)
{
	play_launch(play);
	return play_wait_exit(play);
}

int
play_run(struct play *play, const char *const *arguments)
{
	const char *full[ARGUMENTS_MAX] = {"tidemill"};
	struct play other = *play;

	for (size_t i = 0; arguments[i] != NULL; i++)
		full[i + 1] = arguments[i];
	other.pid = play_spawn(play, our_binary(), full);
	return play_wait_exit(&other);
}

static void
send_whole(struct play *play, int fd, const void *bytes, size_t len, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
	ssize_t sent = sendto(fd, bytes, len, 0, (struct sockaddr *)&to, sizeof(to));

	ck_assert_int_eq(sent, (ssize_t)len);
	play->sent++;
}

void
play_send_bytes(struct play *play, const void *bytes, size_t len)
{
	send_whole(play, play->socket_v4, bytes, len, play->port);
}

void
play_send(struct play *play, const char *text)
{
	play_send_bytes(play, text, strlen(text));
}

void
play_sendf(struct play *play, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = format_text(format, args);

	va_end(args);
	play_send(play, text);
	free(text);
}

void
play_send_to(struct play *play, int port, const char *text)
{
	send_whole(play, play->socket_v4, text, strlen(text), port);
}

void
play_send_v6(struct play *play, const char *text)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6,
	    .sin6_addr = in6addr_loopback,
	    .sin6_port = htons((uint16_t)play->port)};
	size_t len = strlen(text);

	ck_assert_int_eq(sendto(play->socket_v6, text, len, 0, (struct sockaddr *)&to, sizeof(to)),
	    (ssize_t)len);
	play->sent++;
}

void
play_send_apart(struct play *play, const char *text)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	send_whole(play, fd, text, strlen(text), play->port);
	close(fd);
}

char *
play_log(const struct play *play)
{
	return file_read(play->err);
}

char *
play_output(const struct play *play)
{
	return file_read(play->out);
}

static bool
file_has(const char *path, const char *text)
{
	char *whole = file_read(path);
	bool has = strstr(whole, text) != NULL;

	free(whole);
	return has;
}

bool
play_log_has(const struct play *play, const char *text)
{
	return file_has(play->err, text);
}

bool
play_output_has(const struct play *play, const char *text)
{
	return file_has(play->out, text);
}

void
play_signal(struct play *play, int signal)
{
	ck_assert_int_gt(play->pid, 0);
	ck_assert_int_eq(kill(play->pid, signal), 0);
}

void
play_pause(struct play *play)
{
	int raw;

	play_signal(play, SIGSTOP);
	ck_assert_int_eq(waitpid(play->pid, &raw, WUNTRACED), play->pid);
	ck_assert(WIFSTOPPED(raw));
}

static void
log_assert_clean(const struct play *play)
{
	static const char *const bad[] = {"Sanitizer", "runtime error", "CHECK"};

	if (play->err_fd != -1)
		return;
	char *log = play_log(play);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(strstr(log, bad[i]) == NULL, "the log has %s: %s", bad[i], log);
	free(log);
}

struct ledger
play_stop(struct play *play)
{
	struct ledger ledger = {0};

	play_signal(play, SIGTERM);
	ck_assert_int_eq(play_wait_exit(play), 0);
	log_assert_clean(play);
	if (play->err_fd != -1)
		return ledger;
	ledger = ledger_of_log(play);
	ledger_assert(&ledger);
	ck_assert_uint_eq(ledger.queued, 0);
	ck_assert_uint_eq(
	    ledger.datagrams_read + ledger.datagrams_dropped + ledger.datagrams_filtered,
	    play->sent);
	return ledger;
}

void
play_end(struct play *play)
{
	play_balance(play);
	play_stop(play);
	play_free(play);
}

static int
remove_entry(const char *path, const struct stat *entry, int type, struct FTW *place)
{
	(void)entry;
	(void)type;
	(void)place;
	return remove(path);
}

void
play_free(struct play *play)
{
	ck_assert_int_eq(play->pid, 0);
	for (size_t i = 0; i < play->option_count; i++)
		free(play->options[i]);
	for (size_t i = 0; i < play->environment_count; i++)
		free(play->environment[i]);
	for (size_t i = 0; play->launcher[i] != NULL; i++)
		free(play->launcher[i]);
	for (size_t i = 0; i < play->handed_count; i++) {
		close(play->handed[i].fd);
		free(play->handed[i].name);
	}
	close(play->socket_v4);
	close(play->socket_v6);
	ck_assert_int_eq(nftw(play->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(play);
}
