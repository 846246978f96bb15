/* SPDX-License-Identifier: MIT */
/* watchdog.c -- the service manager is told how we are. */

#include "cli/watchdog.h"

#include "base/log.h"
#include "base/mem.h"
#include "cli/human.h"

#include <inttypes.h>
#include <stdlib.h>

/* Letters go out so many times within the manager's patience: a flush may
 * keep its thread busy for the rest of it. */
#define ROUNDS 4
#define PERIOD_MOST (10 * CLOCK_SECOND)
#define PERIOD_LEAST (10 * CLOCK_MS)

/* What draining and the last flush take, before delivery has its time. */
#define STOP_MARGIN (20 * CLOCK_SECOND)

struct watched {
	struct notice letter; /* first: an answer is known by it */
	const char *name;
	struct mailbox *box;
	unsigned kind;
	bool asked; /* it has our letter */
};

void
watchdog_open(struct watchdog *watchdog)
{
	struct text error = {0};

	*watchdog = (struct watchdog){0};
	if (notify_open(&watchdog->notify, &error) != 0)
		log_warn("%s", text_string(&error));
	text_fini(&error);
}

void
watchdog_watch(struct watchdog *watchdog, const char *name, struct mailbox *box, unsigned kind)
{
	watchdog->watched = mem_room(
	    watchdog->watched, watchdog->count, &watchdog->cap, sizeof(*watchdog->watched));
	watchdog->watched[watchdog->count++] =
	    (struct watched){.name = name, .box = box, .kind = kind};
}

static void
add_figure(struct text *out, const char *what, uint64_t count)
{
	text_printf(out, "; %s ", what);
	human_count(out, count);
}

/* Of what should not be. */
static void
add_loss(struct text *out, const char *what, uint64_t count)
{
	if (count > 0)
		add_figure(out, what, count);
}

static void
add_sinks(struct text *out, const struct egress *egress)
{
	for (size_t i = 0; i < egress_count(egress); i++) {
		const counter *counters = egress_sink_counters(egress, i);

		/* Before its first attempt it is neither up nor down. */
		if (counter_get(&counters[SINK_UP]) == 0 &&
		    counter_get(&counters[SINK_LAST_ERROR]) > 0)
			text_printf(out, "; sink %s is down", egress_sink_name(egress, i));
	}
}

/* 1,234 lines/s; series 5,678; connections 12; points delivered 901,234; ... */
static void
add_figures(struct watchdog *watchdog, struct text *out)
{
	const struct status_sources *sources = watchdog->sources;
	int64_t now_ns = clock_mono_ns(), passed_ns = now_ns - watchdog->told_ns;
	struct account account;

	status_account(sources, &account);
	double rate = (double)(account.accepted - watchdog->lines) * (double)CLOCK_SECOND;

	human_count(out, passed_ns > 0 ? (uint64_t)(rate / (double)passed_ns) : 0);
	text_puts(out, " lines/s");
	add_figure(out, "series", counter_get(&sources->flusher->counters[FLUSH_SERIES]));
	add_figure(out, "connections", ingest_counter(sources->ingest, INTAKE_CONNECTIONS));
	add_figure(out, "points delivered", account.delivered);
	add_loss(out, "lines refused", account_refused(&account));
	add_loss(out, "datagrams dropped by the kernel", account.datagrams_dropped);
	add_loss(out, "points dropped", account.queue_full);
	add_sinks(out, sources->egress);
	watchdog->lines = account.accepted;
	watchdog->told_ns = now_ns;
}

/* "worker 1, egress" */
static void
add_silent(const struct watchdog *watchdog, struct text *out)
{
	const char *comma = "";

	for (size_t i = 0; i < watchdog->count; i++) {
		if (!watchdog->watched[i].asked)
			continue;
		text_printf(out, "%s%s", comma, watchdog->watched[i].name);
		comma = ", ";
	}
}

static void
tell(struct watchdog *watchdog)
{
	struct text lines = {0};

	text_puts(&lines, "STATUS=");
	if (watchdog->waiting > 0) {
		text_printf(&lines, "no answer for %" PRId64 " s from ",
		    (clock_mono_ns() - watchdog->asked_ns) / CLOCK_SECOND);
		add_silent(watchdog, &lines);
	} else {
		add_figures(watchdog, &lines);
	}
	notify_say(&watchdog->notify, text_string(&lines));
	text_fini(&lines);
}

static void
ask(struct watchdog *watchdog)
{
	watchdog->asked_ns = clock_mono_ns();
	watchdog->waiting = watchdog->count;
	for (size_t i = 0; i < watchdog->count; i++)
		watchdog->watched[i].asked = true;
	for (size_t i = 0; i < watchdog->count; i++) {
		struct watched *watched = &watchdog->watched[i];

		watched->letter.to = &watchdog->main->inbox;
		watched->letter.kind = watchdog->answer;
		mailbox_post(watched->box, &watched->letter.mail, watched->kind);
	}
}

static void
warn_of_silence(struct watchdog *watchdog)
{
	struct text silent = {0};

	add_silent(watchdog, &silent);
	log_warn("no answer for %.1f s from: %s",
	    (double)(clock_mono_ns() - watchdog->asked_ns) / (double)CLOCK_SECOND,
	    text_string(&silent));
	watchdog->overdue = true;
	text_fini(&silent);
}

static void
on_timer(struct timer *timer)
{
	struct watchdog *watchdog =
	    (struct watchdog *)((char *)timer - offsetof(struct watchdog, timer));

	tell(watchdog);
	if (watchdog->waiting == 0)
		ask(watchdog);
	else if (!watchdog->overdue)
		warn_of_silence(watchdog);
	timer_start(timer, watchdog->period_ns);
}

static int64_t
choose_period(int64_t watchdog_ns)
{
	int64_t period_ns = watchdog_ns / ROUNDS;

	if (watchdog_ns == 0 || period_ns > PERIOD_MOST)
		return PERIOD_MOST;
	return period_ns < PERIOD_LEAST ? PERIOD_LEAST : period_ns;
}

void
watchdog_start(struct watchdog *watchdog, struct thread *main, unsigned answer,
    const struct status_sources *sources)
{
	if (watchdog->notify.fd < 0)
		return;
	watchdog->main = main;
	watchdog->answer = answer;
	watchdog->sources = sources;
	watchdog->period_ns = choose_period(watchdog->notify.watchdog_ns);
	watchdog->told_ns = clock_mono_ns();
	watchdog->running = true;
	notify_say(&watchdog->notify, "READY=1\nSTATUS=taking lines in");
	ask(watchdog);
	timer_init(&watchdog->timer, main, on_timer);
	timer_start(&watchdog->timer, watchdog->period_ns);
}

void
watchdog_hear(struct watchdog *watchdog, struct mail *mail)
{
	struct watched *watched = (struct watched *)mail;

	watched->asked = false;
	watchdog->waiting--;
	if (!watchdog->running || watchdog->waiting > 0)
		return;
	if (watchdog->overdue)
		log_info("all threads answer again");
	watchdog->overdue = false;
	if (watchdog->notify.watchdog_ns > 0)
		notify_say(&watchdog->notify, "WATCHDOG=1");
}

void
watchdog_stop(struct watchdog *watchdog, int64_t within_ns)
{
	struct text lines = {0};

	if (!watchdog->running)
		return;
	watchdog->running = false;
	timer_fini(&watchdog->timer);
	text_printf(&lines,
	    "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64 "\nSTATUS=stopping: one more flush, then "
	    "what is queued is delivered",
	    (within_ns + STOP_MARGIN) / 1000);
	notify_say(&watchdog->notify, text_string(&lines));
	text_fini(&lines);
}

void
watchdog_close(struct watchdog *watchdog)
{
	notify_close(&watchdog->notify);
	free(watchdog->watched);
	watchdog->watched = NULL;
}
