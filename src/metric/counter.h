/* SPDX-License-Identifier: MIT */
/* counter.h -- the table of the daemon's own metrics: what is counted, what
 * it is called, and what it means. One array of values per scope; each has
 * one writing thread, everybody may read. */

#pragma once

#include "metric/kind.h"
#include "metric/reason.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* How lines come in. */
enum transport_kind {
	TRANSPORT_UDP,
	TRANSPORT_TCP,
	TRANSPORT_UNIX_DATAGRAM,
	TRANSPORT_UNIX_STREAM,
	TRANSPORT_STDIN,
	TRANSPORTS,
};

/* Why a connection of a client's was closed. */
enum close_reason {
	CLOSE_END,         /* by the client */
	CLOSE_ERROR,       /* reset, say */
	CLOSE_IDLE,        /* for limits.idle_connection */
	CLOSE_CROWDED,     /* idle longest when limits.connections was reached */
	CLOSE_PER_ADDRESS, /* a new one over limits.connections_per_address */
	CLOSE_DENIED,      /* a new one that allow and deny keep out */
	CLOSE_HTTP,        /* what came is a request of a web browser */
	CLOSE_FRAME,       /* a frame is longer than any datagram */
	CLOSE_SHUTDOWN,
	CLOSE_REASONS,
};

/* Of one listener in one worker. */
enum intake_counter {
	INTAKE_DATAGRAMS,
	INTAKE_DATAGRAMS_DROPPED,  /* by the kernel, receive buffer full */
	INTAKE_DATAGRAMS_FILTERED, /* by allow and deny */
	INTAKE_DATAGRAMS_TRUNCATED,
	INTAKE_CONNECTIONS, /* gauge: open */
	INTAKE_CONNECTIONS_ACCEPTED,
	INTAKE_CONNECTIONS_CLOSED,                                        /* one per close_reason */
	INTAKE_ACCEPT_PAUSES = INTAKE_CONNECTIONS_CLOSED + CLOSE_REASONS, /* no descriptor left */
	INTAKE_BYTES,                                                     /* one per transport */
	INTAKE_LINES = INTAKE_BYTES + TRANSPORTS,
	INTAKE_LINES_ACCEPTED,
	INTAKE_ELEMENTS_REFUSED, /* but for those that the operator keeps out */
	INTAKE_EVENTS,
	INTAKE_CHECKS,
	INTAKE_SAMPLES,                                /* accepted samples, one per kind */
	INTAKE_LINES_REFUSED = INTAKE_SAMPLES + KINDS, /* one per reason */
	INTAKE_COUNTERS = INTAKE_LINES_REFUSED + REASONS,
};

/* Reasons to refuse a new series: from the first of these to the last. */
#define SERIES_LIMITS (REASON_MEMORY_LIMIT - REASON_SERIES_LIMIT + 1)

/* Of one worker's table. */
enum table_counter {
	TABLE_KEYS,   /* gauge: entries, aliases included */
	TABLE_SERIES, /* gauge, one per kind: canonical entries */
	TABLE_SERIES_CREATED = TABLE_SERIES + KINDS,
	TABLE_SERIES_EXPIRED,
	TABLE_SERIES_REFUSED, /* new ones past a limit, one per reason from REASON_SERIES_LIMIT */
	TABLE_SERIES_REFUSED_LAST = TABLE_SERIES_REFUSED + SERIES_LIMITS - 1,
	TABLE_TIMERS_SKETCHED,  /* timers that became sketches, for whatever reason */
	TABLE_TIMERS_EARLY,     /* of these: because timers.exact_memory was spent */
	TABLE_TIMERS_COARSENED, /* sketches that span so much that they halved their bins */
	TABLE_BUSY_NS,          /* CPU time of the worker's thread */
	TABLE_COUNTERS,
};

/* What memory is taken by. */
enum memory_part {
	MEMORY_TABLES, /* the workers', of series and their spellings */
	MEMORY_QUEUES, /* what waits to be delivered */
	MEMORY_OTHER,  /* the rest of the process */
	MEMORY_PARTS,
};

/* Of the whole daemon: what it may have, and has. All are gauges. */
enum usage_counter {
	USAGE_SERIES_LIMIT,
	USAGE_MEMORY_LIMIT, /* bytes; 0: none */
	USAGE_MEMORY,       /* bytes, one per memory_part */
	USAGE_COUNTERS = USAGE_MEMORY + MEMORY_PARTS,
};

/* Of the flusher. */
enum flush_counter {
	FLUSH_FLUSHES,
	FLUSH_LATE,             /* flushes that covered more than one interval */
	FLUSH_DURATION_NS,      /* gauge: the newest, from seal to the last batch */
	FLUSH_TIMESTAMP,        /* gauge: its boundary, s */
	FLUSH_SERIES,           /* gauge: series in the catalog */
	FLUSH_GAUGES_AMBIGUOUS, /* deltas that straddled an absolute value of another worker */
	FLUSH_SATURATED,        /* values of rows that reached the largest double */
	FLUSH_DATED_LATE,       /* values whose own boundary had been sent already */
	FLUSH_TYPE_CONFLICTS,   /* series not sent because another type has their name */
	FLUSH_CLOCK_FORWARD,
	FLUSH_CLOCK_BACKWARD,
	FLUSH_IMBALANCE, /* gauge: samples and lines unaccounted for; 0, or a bug of ours */
	FLUSH_COUNTERS,
};

/* Of one sink. points offered = delivered + queued + dropped, always. */
enum sink_counter {
	SINK_POINTS_OFFERED,
	SINK_POINTS_DELIVERED,
	SINK_POINTS_QUEUED, /* gauge */
	SINK_POINTS_DROPPED_QUEUE_FULL,
	SINK_POINTS_DROPPED_SHUTDOWN,
	SINK_QUEUE_BYTES,   /* gauge */
	SINK_UP,            /* gauge: 1 the last attempt succeeded */
	SINK_ERRORS,        /* attempts that failed */
	SINK_LAST_DELIVERY, /* gauge: s since 1970, 0: never */
	SINK_LAST_ERROR,    /* gauge: s since 1970, 0: never */
	SINK_FLUSH_TIME_NS, /* gauge: what delivering the newest flush took */
	SINK_FLUSH_BYTES,   /* gauge: its length as it was sent */
	SINK_ACK_LEVEL, /* gauge: 0 handed to the kernel, 1 acknowledged by the peer's kernel, 2 read to the end */
	SINK_COUNTERS,
};

enum counter_type { COUNTER_TOTAL, COUNTER_GAUGE };

struct counter_def {
	enum counter_type type;
	const char *metric; /* after "tidemill_" */
	const char *label;  /* a fixed one, `reason="queue_full"`; NULL: none */
	const char *statsd; /* after self.prefix and a dot; a name StatsD has, else tidemill.* */
	double scale;       /* what the value is multiplied by to be in the metric's unit */
	const char *help;
};

/* The counters of each scope; NULL metric: not published by itself. */
const struct counter_def *intake_counter_def(size_t which);
const struct counter_def *table_counter_def(size_t which);
const struct counter_def *usage_counter_def(size_t which);
const struct counter_def *flush_counter_def(size_t which);
const struct counter_def *sink_counter_def(size_t which);

/* Of one with a label: the label's value. */
const char *counter_def_value(const struct counter_def *def);

typedef _Atomic uint64_t counter; /* relaxed everywhere: each stands alone */

/* By the one writing thread; a plain add, not a locked one. */
static inline void
counter_add(counter *at, uint64_t more)
{
	atomic_store_explicit(
	    at, atomic_load_explicit(at, memory_order_relaxed) + more, memory_order_relaxed);
}

static inline void
counter_sub(counter *at, uint64_t less)
{
	counter_add(at, -less);
}

static inline void
counter_set(counter *at, uint64_t value)
{
	atomic_store_explicit(at, value, memory_order_relaxed);
}

static inline uint64_t
counter_get(const counter *at)
{
	return atomic_load_explicit(at, memory_order_relaxed);
}
