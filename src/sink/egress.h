/* SPDX-License-Identifier: MIT */
/* egress.h -- the thread that owns every sink: bounded queues of batches in,
 * encoded bytes out, and for each point an answer to what became of it. */

#pragma once

#include "base/item.h"
#include "base/text.h"
#include "metric/batch.h"
#include "metric/counter.h"
#include "metric/naming.h"
#include "net/thread.h"

/* The tables of the kinds of sinks: graphite, stdout. NULL-terminated. */
extern const struct item_table *const sink_variants[];

/* What an entry's sink calls series and wants of timers. NULL: it has no names
 * of its own (stdout), and wants the usual percentiles by StatsD's rule;
 * *choice_out is NULL, too. */
const struct naming *
sink_naming(const struct item_entry *sink, const struct naming_choice **choice_out);

/* Is there one whose names do not tell the kinds of series apart? */
bool sink_kinds_clash(const struct item_map *sinks);

struct egress;

/* What the egress thread is told. */
enum egress_mail {
	EGRESS_OFFER, /* its own letters, for the functions below */
	EGRESS_ASK,
	EGRESS_STOP,
	EGRESS_CALL, /* a struct egress_call, from a thread of a transport */
	EGRESS_ECHO, /* a struct notice: pass it on, to show that there is life */
};

/* A sink for each entry of the map, whose settings must outlive it. Nothing
 * is connected before egress_start(). */
struct egress *egress_new(const struct item_map *sinks);
void egress_start(struct egress *egress);

/* The flusher: hand a batch to every sink. Takes the caller's reference.
 * Never waits; what a queue cannot take is counted as dropped there. */
void egress_offer(struct egress *egress, struct batch **batch);

/* Deliver what is queued until the monotonic deadline, count the rest as
 * dropped (shutdown), end the thread; then post `done` to `to`. Once that has
 * come nobody offers or asks any more. */
void egress_stop(struct egress *egress, int64_t deadline_mono_ns, struct mailbox *to,
    struct mail *done, unsigned kind);
void egress_join(struct egress *egress);

/* From egress_start() on: for EGRESS_ECHO. */
struct mailbox *egress_inbox(struct egress *egress);
void egress_free(struct egress *egress);

/* Any thread: the sinks in the configuration's order, for the counters. */
size_t egress_count(const struct egress *egress);
const char *egress_sink_name(const struct egress *egress, size_t sink);
const counter *egress_sink_counters(const struct egress *egress, size_t sink);

/* What a person wants to know of each sink, written by the egress thread as a
 * JSON array of objects into `out`, then posted back. Times are seconds since
 * 1970; last_error, last_error_at, last_delivery_at and oldest (the boundary
 * of the oldest points not yet delivered) may be null; flush_* are of the
 * newest flush that was delivered:
 *
 *   {"name", "type", "address", "state", "since", "last_error",
 *    "last_error_at", "last_delivery_at", "ack",
 *    "points": {"offered", "delivered", "queued",
 *               "dropped": {"queue_full", "shutdown"}},
 *    "flush_seconds", "flush_bytes", "queue_bytes", "queue_limit_bytes",
 *    "oldest"} */
struct egress_report {
	struct mail mail;
	struct mailbox *to;
	unsigned kind; /* of the answer */
	struct text out;
};

void egress_ask(struct egress *egress, struct egress_report *report);
