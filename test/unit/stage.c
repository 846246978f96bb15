/* SPDX-License-Identifier: MIT */
/* stage.c -- a whole daemon inside a test program. */

#include "test/unit/stage.h"

#include "base/mem.h"
#include "cli/load.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct stage {
	struct load load;
	struct settings settings;
	struct daemon *daemon;
	pthread_t thread;
	int fd; /* the client's */
};

static void *
run(void *arg)
{
	daemon_run(arg);
	return NULL;
}

static void
load_options(struct stage *stage, const char *const *options)
{
	static const char *const quiet[] = {"control.mode=0600",
	    "listen={stage: {udp: \"127.0.0.1:0\", receive_buffer: 4MiB}}", "log.level=error"};

	load_option(&stage->load, 'c', "/dev/null");
	for (size_t i = 0; i < sizeof(quiet) / sizeof(*quiet); i++)
		load_option(&stage->load, 'o', quiet[i]);
	for (; *options != NULL; options++)
		load_option(&stage->load, 'o', *options);
	ck_assert_int_eq(settings_load(&stage->load, &stage->settings), 0);
}

/* Between two looks at a condition. */
static void
breathe(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
}

static void
expect_before(time_t deadline, const char *what)
{
	ck_assert_msg(time(NULL) < deadline, "waited a minute for %s", what);
	breathe();
}

/* The first interval has begun. */
static void
wait_started(const struct stage *stage)
{
	const struct flusher *flusher = stage_sources(stage)->flusher;
	time_t deadline = time(NULL) + 60;

	while (atomic_load_explicit(&flusher->due_ns, memory_order_relaxed) == 0)
		expect_before(deadline, "the start");
}

struct stage *
stage_open(const char *const *options)
{
	struct stage *stage = mem_zero(1, sizeof(*stage));
	struct text error = {0}, path = {0};

	load_options(stage, options);
	text_printf(&path, "/tmp/tidemill-stage-%d.sock", (int)getpid());
	free(stage->settings.control.socket);
	stage->settings.control.socket = mem_copy_text(path.bytes, path.len);
	log_start(&stage->settings.log);
	stage->daemon = daemon_open(
	    &(struct daemon_plan){.settings = &stage->settings, .rules = stage->load.rules},
	    &error);
	ck_assert_msg(stage->daemon != NULL, "%s", text_string(&error));
	const struct receiver *receiver = &stage_sources(stage)->ingest->workers[0].receivers[0];

	stage->fd = socket(receiver->inlet.address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(stage->fd, 0);
	ck_assert_int_eq(
	    connect(stage->fd, &receiver->inlet.address.any, inet_length(&receiver->inlet.address)),
	    0);
	ck_assert_int_eq(pthread_create(&stage->thread, NULL, run, stage->daemon), 0);
	wait_started(stage);
	text_fini(&path);
	text_fini(&error);
	return stage;
}

const char *
stage_control(const struct stage *stage)
{
	return stage->settings.control.socket;
}

void
stage_send(struct stage *stage, const char *bytes, size_t len)
{
	ck_assert_int_eq(send(stage->fd, bytes, len, 0), (ssize_t)len);
}

void
stage_send_text(struct stage *stage, const char *text)
{
	stage_send(stage, text, strlen(text));
}

const struct status_sources *
stage_sources(const struct stage *stage)
{
	return daemon_sources(stage->daemon);
}

struct account
stage_account(const struct stage *stage)
{
	struct account account;

	status_account(stage_sources(stage), &account);
	return account;
}

void
stage_wait_lines(const struct stage *stage, uint64_t lines)
{
	time_t deadline = time(NULL) + 60;

	while (stage_account(stage).lines < lines)
		expect_before(deadline, "lines");
}

void
stage_wait_flush_counter(const struct stage *stage, enum flush_counter which, uint64_t value)
{
	const counter *counters = stage_sources(stage)->flusher->counters;
	time_t deadline = time(NULL) + 60;

	while (counter_get(&counters[which]) != value)
		expect_before(deadline, flush_counter_def(which)->metric);
}

struct account
stage_close(struct stage *stage)
{
	struct account account;

	daemon_stop(stage->daemon);
	ck_assert_int_eq(pthread_join(stage->thread, NULL), 0);
	daemon_close(&stage->daemon, &account);
	log_stop();
	settings_free(&stage->settings);
	load_fini(&stage->load);
	close(stage->fd);
	free(stage);
	return account;
}
