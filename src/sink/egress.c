/* SPDX-License-Identifier: MIT */
/* egress.c -- the thread that owns every sink. Everybody else writes to its
 * mailbox; it alone touches lanes, connections and counters. */

#include "sink/egress.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/timer.h"
#include "sink/sink.h"

#include <stdlib.h>

struct egress {
	struct thread thread; /* first: a letter's receiver is known by it */
	size_t count;
	struct sink *sinks;
	bool started;

	/* the thread's */
	size_t open; /* sinks not yet closed */
	struct timer deadline;

	/* whom to tell of the end, and when it is; written before the letter */
	struct mail stop;
	int64_t deadline_ns; /* monotonic */
	struct mailbox *to;
	struct mail *done;
	unsigned done_kind;
};

struct offer {
	struct mail mail;
	struct batch *batch; /* one reference */
};

static void
finish(struct egress *egress)
{
	timer_fini(&egress->deadline);
	thread_finish(&egress->thread);
	mailbox_post(egress->to, egress->done, egress->done_kind);
}

static void
on_lane_closed(struct lane *lane)
{
	struct egress *egress = lane->owner;

	if (--egress->open == 0)
		finish(egress);
}

static void
on_deadline(struct timer *timer)
{
	struct egress *egress =
	    (struct egress *)((char *)timer - offsetof(struct egress, deadline));

	for (size_t i = 0; i < egress->count; i++)
		lane_abandon(&egress->sinks[i].lane);
}

static void
stop(struct egress *egress)
{
	timer_start(&egress->deadline, egress->deadline_ns - clock_mono_ns());
	if (egress->count == 0) {
		finish(egress);
		return;
	}
	for (size_t i = 0; i < egress->count; i++)
		lane_stop(&egress->sinks[i].lane, egress->deadline_ns);
}

static void
offer(struct egress *egress, struct offer *offer)
{
	for (size_t i = 0; i < egress->count; i++)
		lane_offer(&egress->sinks[i].lane, offer->batch);
	batch_drop(&offer->batch);
	free(offer);
}

static void
report(struct egress *egress, struct egress_report *report)
{
	struct json json = {.out = &report->out};

	json_open_array(&json, NULL);
	for (size_t i = 0; i < egress->count; i++)
		sink_report(&egress->sinks[i], &json);
	json_close_array(&json);
	mailbox_post(report->to, &report->mail, report->kind);
}

static void
deliver(struct thread *thread, struct mail *mail)
{
	struct egress *egress = (struct egress *)thread;

	switch ((enum egress_mail)mail->kind) {
	case EGRESS_OFFER: offer(egress, (struct offer *)mail); break;
	case EGRESS_ASK: report(egress, (struct egress_report *)mail); break;
	case EGRESS_STOP: stop(egress); break;
	case EGRESS_CALL: ((struct egress_call *)mail)->run((struct egress_call *)mail); break;
	case EGRESS_ECHO: notice_pass((struct notice *)mail); break;
	}
}

struct egress *
egress_new(const struct item_map *sinks)
{
	struct egress *egress = mem_zero(1, sizeof(*egress));

	egress->count = sinks->count;
	egress->sinks = mem_zero(sinks->count, sizeof(*egress->sinks));
	for (size_t i = 0; i < sinks->count; i++)
		egress->sinks[i].entry = &sinks->at[i];
	return egress;
}

void
egress_start(struct egress *egress)
{
	thread_init(&egress->thread, "egress", deliver);
	timer_init(&egress->deadline, &egress->thread, on_deadline);
	for (size_t i = 0; i < egress->count; i++)
		sink_open(&egress->sinks[i], &egress->thread, on_lane_closed, egress);
	egress->open = egress->count;
	egress->started = true;
	thread_start(&egress->thread);
}

void
egress_offer(struct egress *egress, struct batch **batch)
{
	struct offer *letter = mem_alloc(sizeof(*letter));

	letter->batch = *batch;
	*batch = NULL;
	mailbox_post(&egress->thread.inbox, &letter->mail, EGRESS_OFFER);
}

void
egress_stop(struct egress *egress, int64_t deadline_mono_ns, struct mailbox *to, struct mail *done,
    unsigned kind)
{
	egress->deadline_ns = deadline_mono_ns;
	egress->to = to;
	egress->done = done;
	egress->done_kind = kind;
	mailbox_post(&egress->thread.inbox, &egress->stop, EGRESS_STOP);
}

struct mailbox *
egress_inbox(struct egress *egress)
{
	return &egress->thread.inbox;
}

void
egress_join(struct egress *egress)
{
	thread_join(&egress->thread);
}

void
egress_free(struct egress *egress)
{
	if (egress->started) {
		for (size_t i = 0; i < egress->count; i++)
			sink_free(&egress->sinks[i]);
		thread_fini(&egress->thread);
	}
	free(egress->sinks);
	free(egress);
}

size_t
egress_count(const struct egress *egress)
{
	return egress->count;
}

const char *
egress_sink_name(const struct egress *egress, size_t sink)
{
	return egress->sinks[sink].entry->name;
}

const counter *
egress_sink_counters(const struct egress *egress, size_t sink)
{
	return egress->sinks[sink].counters;
}

void
egress_ask(struct egress *egress, struct egress_report *report)
{
	mailbox_post(&egress->thread.inbox, &report->mail, EGRESS_ASK);
}
