/* SPDX-License-Identifier: MIT */
/* log.c -- what the daemon tells its operator.
 *
 * The ring is Vyukov's bounded queue of many producers, with one consumer.
 * Slot s serves the tickets s, s + RING_SLOTS, s + 2 * RING_SLOTS ...; in lap
 * n its turn is 2n while free, 2n + 1 while full, 2n + 2 once read, which is
 * the next lap's 2n. So an untouched ring is ready as it is, and lives as
 * long as the process: a writer that hangs in write() may be left behind. */

#include "base/log.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define RING_SLOTS 1024
#define LINE_BYTES 488
#define SUFFIX_BYTES 32 /* of them, for "(suppressed N)" */
#define MESSAGE_BYTES (LINE_BYTES - SUFFIX_BYTES)
#define STOP_WAIT_MS 1000

struct line {
	int64_t time_ns; /* wall */
	enum log_level level;
	uint32_t len;
	char bytes[LINE_BYTES];
};

struct slot {
	_Atomic uint64_t turn; /* release when it passes on, acquire when it is taken */
	struct line line;
};

/* Who writes: the caller, the writer thread, or nobody since that one hangs. */
enum mode { MODE_DIRECT, MODE_RING, MODE_LOST };

static struct slot ring[RING_SLOTS];
static _Atomic uint64_t head; /* next ticket to write; relaxed, turns do the ordering */
static uint64_t tail;         /* next ticket to read; the writer's */

static _Atomic int mode;                         /* acquire, release */
static _Atomic int level_shown = LOG_LEVEL_INFO; /* relaxed */
static _Atomic uint64_t suppressed_lines;        /* relaxed: a count */
static _Atomic bool stopping;                    /* relaxed: the semaphore orders it */

static pthread_t writer;
static sem_t arrived; /* at least one post for each line in the ring */
static int ended;     /* an eventfd: the writer is through */
static int target;    /* these two are set before the writer starts */
static bool for_people;

static const char *const level_names[] = {"error", "warn", "info", "debug", NULL};
static const char *const format_names[] = {"auto", "human", "logfmt", NULL};
static const char *const target_names[] = {"stderr", "stdout", NULL};

static const struct item log_table[] = {
    {.key = "level",
	.type = ITEM_CHOICE,
	.choices = level_names,
	.offset = offsetof(struct log_settings, level),
	.fallback = "info",
	.help = "the least important messages that are written"},
    {.key = "format",
	.type = ITEM_CHOICE,
	.choices = format_names,
	.offset = offsetof(struct log_settings, format),
	.fallback = "auto",
	.help = "auto is human on a terminal, logfmt elsewhere"},
    {.key = "target",
	.type = ITEM_CHOICE,
	.choices = target_names,
	.offset = offsetof(struct log_settings, target),
	.fallback = "stderr",
	.help = "where messages go"},
    {0},
};

const struct item_table log_items = {
    .name = "log",
    .items = log_table,
    .size = sizeof(struct log_settings),
    .short_key = "level",
};

static void
count_lost(void)
{
	atomic_fetch_add_explicit(&suppressed_lines, 1, memory_order_relaxed);
}

uint64_t
log_suppressed(void)
{
	return atomic_load_explicit(&suppressed_lines, memory_order_relaxed);
}

/* Quotes mean nothing to people, so they stay as they are. */
static void
put_human(struct text *out, const struct line *line, const struct tm *utc)
{
	const char *at = line->bytes, *end = line->bytes + line->len;

	text_printf(out, "%02d:%02d:%02d %-5s ", utc->tm_hour, utc->tm_min, utc->tm_sec,
	    level_names[line->level]);
	while (at < end) {
		const char *quote = memchr(at, '"', (size_t)(end - at));
		const char *stop = quote != NULL ? quote : end;

		text_escape(out, at, (size_t)(stop - at));
		if (quote != NULL)
			text_byte(out, '"');
		at = quote != NULL ? quote + 1 : end;
	}
}

static void
put_logfmt(struct text *out, const struct line *line, const struct tm *utc)
{
	text_printf(out, "time=%04d-%02d-%02dT%02d:%02d:%02d.%03dZ level=%s msg=\"",
	    utc->tm_year + 1900, utc->tm_mon + 1, utc->tm_mday, utc->tm_hour, utc->tm_min,
	    utc->tm_sec, (int)(line->time_ns % CLOCK_SECOND / CLOCK_MS), level_names[line->level]);
	text_escape(out, line->bytes, line->len);
	text_byte(out, '"');
}

/* All of it, however long that takes; false if the target is gone. */
static bool
write_all(int fd, const char *at, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, at, len);
		struct pollfd room = {.fd = fd, .events = POLLOUT};

		if (done >= 0) {
			at += done;
			len -= (size_t)done;
		} else if (errno == EAGAIN) {
			poll(&room, 1, -1);
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

static void
emit(const struct line *line, int fd, bool human)
{
	time_t seconds = (time_t)(line->time_ns / CLOCK_SECOND);
	struct text out = {0};
	struct tm utc;

	CHECK(gmtime_r(&seconds, &utc) != NULL);
	if (human)
		put_human(&out, line, &utc);
	else
		put_logfmt(&out, line, &utc);
	text_byte(&out, '\n');
	if (!write_all(fd, out.bytes, out.len))
		count_lost();
	text_fini(&out);
}

static bool
ring_push(const struct line *line)
{
	uint64_t ticket = atomic_load_explicit(&head, memory_order_relaxed);
	struct slot *slot;
	uint64_t free_turn;

	for (;;) {
		slot = &ring[ticket % RING_SLOTS];
		free_turn = ticket / RING_SLOTS * 2;
		uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);

		if (turn < free_turn)
			return false;
		if (turn > free_turn)
			ticket = atomic_load_explicit(&head, memory_order_relaxed);
		else if (atomic_compare_exchange_weak_explicit(&head, &ticket, ticket + 1,
			     memory_order_relaxed, memory_order_relaxed))
			break;
	}
	slot->line.time_ns = line->time_ns;
	slot->line.level = line->level;
	slot->line.len = line->len;
	memcpy(slot->line.bytes, line->bytes, line->len);
	atomic_store_explicit(&slot->turn, free_turn + 1, memory_order_release);
	CHECK(sem_post(&arrived) == 0);
	return true;
}

static bool
ring_pop(struct line *line_out)
{
	struct slot *slot = &ring[tail % RING_SLOTS];
	uint64_t full_turn = tail / RING_SLOTS * 2 + 1;

	if (atomic_load_explicit(&slot->turn, memory_order_acquire) != full_turn)
		return false;
	*line_out = slot->line;
	atomic_store_explicit(&slot->turn, full_turn + 1, memory_order_release);
	tail++;
	return true;
}

static void
drain(void)
{
	struct line line;

	while (ring_pop(&line))
		emit(&line, target, for_people);
}

static void *
run_writer(void *arg)
{
	(void)arg;
	while (!atomic_load_explicit(&stopping, memory_order_relaxed)) {
		while (sem_wait(&arrived) != 0)
			CHECK(errno == EINTR);
		drain();
	}
	drain();
	CHECK(eventfd_write(ended, 1) == 0);
	return NULL;
}

void
log_start(const struct log_settings *settings)
{
	sigset_t all, before;

	CHECK(atomic_load_explicit(&mode, memory_order_relaxed) == MODE_DIRECT);
	target = settings->target == LOG_TARGET_STDOUT ? STDOUT_FILENO : STDERR_FILENO;
	for_people = settings->format == LOG_FORMAT_HUMAN ||
	    (settings->format == LOG_FORMAT_AUTO && isatty(target));
	atomic_store_explicit(&level_shown, settings->level, memory_order_relaxed);
	atomic_store_explicit(&stopping, false, memory_order_relaxed);
	CHECK(sem_init(&arrived, 0, 0) == 0);
	ended = eventfd(0, EFD_CLOEXEC);
	CHECK(ended >= 0);

	/* SIGPIPE with them: a reader that went away costs lines, not the daemon. */
	sigfillset(&all);
	CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	CHECK(pthread_create(&writer, NULL, run_writer, NULL) == 0);
	CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	pthread_setname_np(writer, "log");
	atomic_store_explicit(&mode, MODE_RING, memory_order_release);
}

static bool
wait_for_writer(void)
{
	struct pollfd end = {.fd = ended, .events = POLLIN};
	eventfd_t times;
	int ready;

	do
		ready = poll(&end, 1, STOP_WAIT_MS);
	while (ready < 0 && errno == EINTR);
	return ready > 0 && eventfd_read(ended, &times) == 0;
}

void
log_stop(void)
{
	if (atomic_load_explicit(&mode, memory_order_relaxed) != MODE_RING)
		return;
	atomic_store_explicit(&mode, MODE_DIRECT, memory_order_release);
	atomic_store_explicit(&stopping, true, memory_order_relaxed);
	CHECK(sem_post(&arrived) == 0);
	if (!wait_for_writer()) {
		atomic_store_explicit(&mode, MODE_LOST, memory_order_release);
		CHECK(pthread_detach(writer) == 0);
		return;
	}
	CHECK(pthread_join(writer, NULL) == 0);
	drain();
	close(ended);
	sem_destroy(&arrived);
}

/* May this site write a line in this second? Two threads at the turn of a
 * second may let a few too many through. */
static bool
site_admits(struct log_site *site)
{
	int64_t second = clock_mono_ns() / CLOCK_SECOND;

	if (atomic_load_explicit(&site->second, memory_order_relaxed) != second) {
		atomic_store_explicit(&site->second, second, memory_order_relaxed);
		atomic_store_explicit(&site->written, 0, memory_order_relaxed);
	}
	return atomic_fetch_add_explicit(&site->written, 1, memory_order_relaxed) < LOG_SITE_BURST;
}

/* len is what the text wanted. Too long a one ends in "..." instead of its
 * tail, between characters. */
static void
finish(struct line *line, size_t len, uint32_t kept_back)
{
	if (len >= MESSAGE_BYTES) {
		len = MESSAGE_BYTES - sizeof("...");
		for (int i = 0; i < 3 && ((unsigned char)line->bytes[len] & 0xc0) == 0x80; i++)
			len--;
		memcpy(line->bytes + len, "...", sizeof("..."));
		len += 3;
	}
	if (kept_back > 0)
		len += (size_t)snprintf(
		    line->bytes + len, SUFFIX_BYTES, " (suppressed %u)", (unsigned)kept_back);
	line->len = (uint32_t)len;
}

static bool
deliver(const struct line *line)
{
	int now = atomic_load_explicit(&mode, memory_order_acquire);

	if (now == MODE_DIRECT)
		emit(line, STDERR_FILENO, true);
	return now == MODE_DIRECT || (now == MODE_RING && ring_push(line));
}

void
log_write(struct log_site *site, enum log_level level, const char *format, ...)
{
	if ((int)level > atomic_load_explicit(&level_shown, memory_order_relaxed))
		return;
	if (!site_admits(site)) {
		atomic_fetch_add_explicit(&site->suppressed, 1, memory_order_relaxed);
		count_lost();
		return;
	}
	uint32_t kept_back = atomic_exchange_explicit(&site->suppressed, 0, memory_order_relaxed);
	struct line line = {.time_ns = clock_wall_ns(), .level = level};
	va_list args;

	va_start(args, format);
	int len = vsnprintf(line.bytes, MESSAGE_BYTES, format, args);
	va_end(args);
	CHECK(len >= 0);
	finish(&line, (size_t)len, kept_back);
	if (deliver(&line))
		return;
	atomic_fetch_add_explicit(&site->suppressed, kept_back + 1, memory_order_relaxed);
	count_lost();
}
