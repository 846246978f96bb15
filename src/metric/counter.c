/* SPDX-License-Identifier: MIT */
/* counter.c -- the table of the daemon's own metrics. */

#include "metric/counter.h"

#include "base/check.h"

#include <string.h>

#define TOTAL COUNTER_TOTAL
#define GAUGE COUNTER_GAUGE
#define NANOSECOND 1e-9 /* in seconds */

static const struct counter_def intake_defs[INTAKE_COUNTERS] = {
    [INTAKE_DATAGRAMS] = {TOTAL, "datagrams_total", NULL, "packets_received", 1, "datagrams read"},
    [INTAKE_DATAGRAMS_DROPPED] = {TOTAL, "datagrams_dropped_total", NULL,
	"tidemill.datagrams_dropped", 1,
	"datagrams the kernel dropped because the receive buffer was full"},
    [INTAKE_DATAGRAMS_FILTERED] = {TOTAL, "datagrams_filtered_total", NULL,
	"tidemill.datagrams_filtered", 1, "datagrams that allow and deny kept out"},
    [INTAKE_DATAGRAMS_TRUNCATED] = {TOTAL, "datagrams_truncated_total", NULL,
	"tidemill.datagrams_truncated", 1, "datagrams longer than the room for one"},
    [INTAKE_CONNECTIONS] = {GAUGE, "connections", NULL, "tidemill.connections", 1,
	"connections of clients that are open"},
    [INTAKE_CONNECTIONS_ACCEPTED] = {TOTAL, "connections_accepted_total", NULL,
	"tidemill.connections_accepted", 1, "connections of clients; open and closed ones"},

#define CLOSED(reason, name)                                                         \
	[INTAKE_CONNECTIONS_CLOSED + (reason)] = {TOTAL, "connections_closed_total", \
	    "reason=\"" name "\"", "tidemill.connections_closed." name, 1,           \
	    "connections of clients closed or refused, by why"}
    CLOSED(CLOSE_END, "end"),
    CLOSED(CLOSE_ERROR, "error"),
    CLOSED(CLOSE_IDLE, "idle"),
    CLOSED(CLOSE_CROWDED, "crowded"),
    CLOSED(CLOSE_PER_ADDRESS, "per_address"),
    CLOSED(CLOSE_DENIED, "denied"),
    CLOSED(CLOSE_HTTP, "http"),
    CLOSED(CLOSE_FRAME, "frame"),
    CLOSED(CLOSE_SHUTDOWN, "shutdown"),
#undef CLOSED

    [INTAKE_ACCEPT_PAUSES] = {TOTAL, "accept_pauses_total", NULL, "tidemill.accept_pauses", 1,
	"times no connection could be accepted for want of descriptors or memory"},

#define BYTES(transport, name)                                                                   \
	[INTAKE_BYTES + (transport)] = {TOTAL, "received_bytes_total", "transport=\"" name "\"", \
	    "tidemill.received_bytes." name, 1, "payload bytes read"}
    BYTES(TRANSPORT_UDP, "udp"),
    BYTES(TRANSPORT_TCP, "tcp"),
    BYTES(TRANSPORT_UNIX_DATAGRAM, "unix_datagram"),
    BYTES(TRANSPORT_UNIX_STREAM, "unix_stream"),
    BYTES(TRANSPORT_STDIN, "stdin"),
#undef BYTES

    [INTAKE_LINES] = {TOTAL, "lines_total", NULL, "metrics_received", 1,
	"lines read, empty ones apart; accepted and refused"},
    [INTAKE_LINES_ACCEPTED] = {TOTAL, "lines_accepted_total", NULL, "tidemill.lines_accepted", 1,
	"lines of which at least one element was accepted"},
    [INTAKE_ELEMENTS_REFUSED] = {TOTAL, "elements_refused_total", NULL, "bad_lines_seen", 1,
	"elements of lines refused; a line has one for each value"},
    [INTAKE_EVENTS] = {TOTAL, "events_total", NULL, "tidemill.events", 1, "DogStatsD events"},
    [INTAKE_CHECKS] = {TOTAL, "service_checks_total", NULL, "tidemill.service_checks", 1,
	"DogStatsD service checks"},

#define SAMPLES(kind, name)                                                       \
	[INTAKE_SAMPLES + (kind)] = {TOTAL, "samples_total", "type=\"" name "\"", \
	    "tidemill.samples." name, 1, "measurements accepted, by the kind of their series"}
    SAMPLES(KIND_COUNTER, "counter"),
    SAMPLES(KIND_GAUGE, "gauge"),
    SAMPLES(KIND_TIMER, "timer"),
    SAMPLES(KIND_SET, "set"),
#undef SAMPLES

/* REASON_NONE refuses nothing and is not published. */
#define REFUSED(reason, name)                                                                     \
	[INTAKE_LINES_REFUSED + (reason)] = {TOTAL, "lines_refused_total", "reason=\"" name "\"", \
	    "tidemill.lines_refused." name, 1,                                                    \
	    "lines of which nothing was accepted, by the first reason"}
    REFUSED(REASON_NO_VALUE, "no_value"),
    REFUSED(REASON_NO_NAME, "no_name"),
    REFUSED(REASON_NO_TYPE, "no_type"),
    REFUSED(REASON_UNKNOWN_TYPE, "unknown_type"),
    REFUSED(REASON_BAD_VALUE, "bad_value"),
    REFUSED(REASON_NOT_FINITE, "not_finite"),
    REFUSED(REASON_NEGATIVE_TIMER, "negative_timer"),
    REFUSED(REASON_RATE, "rate"),
    REFUSED(REASON_BAD_NAME, "bad_name"),
    REFUSED(REASON_NAME_TOO_LONG, "name_too_long"),
    REFUSED(REASON_TAGS, "tags"),
    REFUSED(REASON_TIMESTAMP, "timestamp"),
    REFUSED(REASON_LATE, "late"),
    REFUSED(REASON_FUTURE, "future"),
    REFUSED(REASON_EVENT, "event"),
    REFUSED(REASON_TRUNCATED, "truncated"),
    REFUSED(REASON_LINE_TOO_LONG, "line_too_long"),
    REFUSED(REASON_HTTP, "http"),
    REFUSED(REASON_RULE, "rule"),
    REFUSED(REASON_TYPE_CONFLICT, "type_conflict"),
    REFUSED(REASON_BLOCKED, "blocked"),
    REFUSED(REASON_SERIES_LIMIT, "series_limit"),
    REFUSED(REASON_SOURCE_LIMIT, "source_limit"),
    REFUSED(REASON_MEMORY_LIMIT, "memory_limit"),
    REFUSED(REASON_TIMER_BUDGET, "timer_budget"),
    REFUSED(REASON_SET_BUDGET, "set_budget"),
    REFUSED(REASON_DATED_BUDGET, "dated_budget"),
    REFUSED(REASON_EVENT_BUDGET, "event_budget"),
#undef REFUSED
};

static const struct counter_def table_defs[TABLE_COUNTERS] = {
    [TABLE_KEYS] = {GAUGE, "keys", NULL, "tidemill.keys", 1,
	"keys in the tables, other spellings of a series included"},

#define SERIES(kind, name)                                                                        \
	[TABLE_SERIES + (kind)] = {GAUGE, "series", "type=\"" name "\"", "tidemill.series." name, \
	    1, "series in the tables, by kind"}
    SERIES(KIND_COUNTER, "counter"),
    SERIES(KIND_GAUGE, "gauge"),
    SERIES(KIND_TIMER, "timer"),
    SERIES(KIND_SET, "set"),
#undef SERIES

    [TABLE_SERIES_CREATED] = {TOTAL, "series_created_total", NULL, "tidemill.series_created", 1,
	"series seen for the first time"},
    [TABLE_SERIES_EXPIRED] = {TOTAL, "series_expired_total", NULL, "tidemill.series_expired", 1,
	"series forgotten because nothing more came"},

#define SERIES_REFUSED(limit, name)                                                            \
	[TABLE_SERIES_REFUSED + (limit)-REASON_SERIES_LIMIT] = {TOTAL, "series_refused_total", \
	    "reason=\"" name "\"", "tidemill.series_refused." name, 1,                         \
	    "times a new series was refused, by the limit that was reached"}
    SERIES_REFUSED(REASON_SERIES_LIMIT, "series_limit"),
    SERIES_REFUSED(REASON_SOURCE_LIMIT, "source_limit"),
    SERIES_REFUSED(REASON_MEMORY_LIMIT, "memory_limit"),
#undef SERIES_REFUSED

    [TABLE_TIMERS_SKETCHED] = {TOTAL, "timers_sketched_total", NULL, "tidemill.timers_sketched", 1,
	"timers that had more values in an interval than are kept exactly"},
    [TABLE_TIMERS_EARLY] = {TOTAL, "timers_sketched_early_total", NULL,
	"tidemill.timers_sketched_early", 1,
	"timers and sets no longer kept exactly because timers.exact_memory was spent"},
    [TABLE_TIMERS_COARSENED] = {TOTAL, "timers_coarsened_total", NULL, "tidemill.timers_coarsened",
	1, "sketches of values so far apart that timers.error was exceeded"},
    [TABLE_BUSY_NS] = {TOTAL, "worker_busy_seconds_total", NULL, "tidemill.worker_busy_seconds",
	NANOSECOND, "CPU time the worker has used"},
};

static const struct counter_def usage_defs[USAGE_COUNTERS] = {
    [USAGE_SERIES_LIMIT] = {GAUGE, "series_limit", NULL, "tidemill.series_limit", 1,
	"series there may be, each worker's counted: limits.series"},
    [USAGE_MEMORY_LIMIT] = {GAUGE, "memory_limit_bytes", NULL, "tidemill.memory_limit_bytes", 1,
	"memory beyond which no new series is taken in: limits.memory"},

#define MEMORY(part, name)                                                     \
	[USAGE_MEMORY + (part)] = {GAUGE, "memory_bytes", "part=\"" name "\"", \
	    "tidemill.memory_bytes." name, 1, "memory of the process, by what takes it"}
    MEMORY(MEMORY_TABLES, "tables"),
    MEMORY(MEMORY_QUEUES, "queues"),
    MEMORY(MEMORY_OTHER, "other"),
#undef MEMORY
};

static const struct counter_def flush_defs[FLUSH_COUNTERS] = {
    [FLUSH_FLUSHES] = {TOTAL, "flushes_total", NULL, "tidemill.flushes", 1, "flushes"},
    [FLUSH_LATE] = {TOTAL, "flushes_late_total", NULL, "tidemill.flushes_late", 1,
	"flushes that covered more than one interval"},
    [FLUSH_DURATION_NS] = {GAUGE, "flush_duration_seconds", NULL, "tidemill.flush_duration_seconds",
	NANOSECOND, "what the flush before took, from its last window to its last batch"},
    [FLUSH_TIMESTAMP] = {GAUGE, "flush_timestamp_seconds", NULL, "tidemill.flush_timestamp_seconds",
	1, "boundary of the newest flush, since 1970"},
    [FLUSH_SERIES] = {GAUGE, "flush_series", NULL, "tidemill.flush_series", 1,
	"series the flusher keeps state of, over all workers"},
    [FLUSH_GAUGES_AMBIGUOUS] = {TOTAL, "gauges_ambiguous_total", NULL, "tidemill.gauges_ambiguous",
	1, "gauge changes of one worker that straddled an absolute value of another"},
    [FLUSH_SATURATED] = {TOTAL, "values_saturated_total", NULL, "tidemill.values_saturated", 1,
	"series in a flush whose value, or sum, reached the largest number there is"},
    [FLUSH_DATED_LATE] = {TOTAL, "dated_late_total", NULL, "tidemill.dated_late", 1,
	"values with a timestamp whose point had been sent already"},
    [FLUSH_TYPE_CONFLICTS] = {TOTAL, "type_conflicts_total", NULL, "tidemill.type_conflicts", 1,
	"series not sent because another type had their name in another worker"},
    [FLUSH_CLOCK_FORWARD] = {TOTAL, "clock_steps_total", "direction=\"forward\"",
	"tidemill.clock_steps.forward", 1, "steps of the wall clock"},
    [FLUSH_CLOCK_BACKWARD] = {TOTAL, "clock_steps_total", "direction=\"backward\"",
	"tidemill.clock_steps.backward", 1, "steps of the wall clock"},
    [FLUSH_IMBALANCE] = {GAUGE, "ledger_imbalance", "ledger=\"intake\"",
	"tidemill.ledger_imbalance.intake", 1, "what a ledger is off by; not 0 is a bug"},
};

static const struct counter_def sink_defs[SINK_COUNTERS] = {
    [SINK_POINTS_OFFERED] = {TOTAL, "sink_points_offered_total", NULL,
	"tidemill.sink_points_offered", 1, "points the sink was given"},
    [SINK_POINTS_DELIVERED] = {TOTAL, "sink_points_delivered_total", NULL,
	"tidemill.sink_points_delivered", 1, "points delivered"},
    [SINK_POINTS_QUEUED] = {GAUGE, "sink_points_queued", NULL, "tidemill.sink_points_queued", 1,
	"points waiting to be delivered"},
    [SINK_POINTS_DROPPED_QUEUE_FULL] = {TOTAL, "sink_points_dropped_total", "reason=\"queue_full\"",
	"tidemill.sink_points_dropped.queue_full", 1, "points given up"},
    [SINK_POINTS_DROPPED_SHUTDOWN] = {TOTAL, "sink_points_dropped_total", "reason=\"shutdown\"",
	"tidemill.sink_points_dropped.shutdown", 1, "points given up"},
    [SINK_QUEUE_BYTES] = {GAUGE, "sink_queue_bytes", NULL, "tidemill.sink_queue_bytes", 1,
	"memory of what waits to be delivered"},
    [SINK_UP] = {GAUGE, "sink_up", NULL, "tidemill.sink_up", 1,
	"1 if the last attempt to deliver succeeded, else 0"},
    [SINK_ERRORS] = {TOTAL, "sink_errors_total", NULL, "tidemill.sink_errors", 1,
	"attempts to connect or to deliver that failed"},
    [SINK_LAST_DELIVERY] = {GAUGE, "sink_last_delivery_timestamp_seconds", NULL,
	"tidemill.sink_last_delivery_timestamp_seconds", 1,
	"when the sink last took something, since 1970; 0 if never"},
    [SINK_LAST_ERROR] = {GAUGE, "sink_last_error_timestamp_seconds", NULL,
	"tidemill.sink_last_error_timestamp_seconds", 1,
	"when an attempt to deliver last failed, since 1970; 0 if never"},
    [SINK_FLUSH_TIME_NS] = {GAUGE, "sink_flush_seconds", NULL, "tidemill.sink_flush_seconds",
	NANOSECOND, "what delivering the newest flush took"},
    [SINK_FLUSH_BYTES] = {GAUGE, "sink_flush_bytes", NULL, "tidemill.sink_flush_bytes", 1,
	"bytes of the newest flush that was delivered"},
    [SINK_ACK_LEVEL] = {GAUGE, "sink_ack_level", NULL, "tidemill.sink_ack_level", 1,
	"delivered means: 0 handed to the kernel, 1 acknowledged by the peer's kernel, "
	"2 read to the end by the peer"},
};

const struct counter_def *
intake_counter_def(size_t which)
{
	CHECK(which < INTAKE_COUNTERS);
	return &intake_defs[which];
}

const struct counter_def *
table_counter_def(size_t which)
{
	CHECK(which < TABLE_COUNTERS);
	return &table_defs[which];
}

const struct counter_def *
usage_counter_def(size_t which)
{
	CHECK(which < USAGE_COUNTERS);
	return &usage_defs[which];
}

const struct counter_def *
flush_counter_def(size_t which)
{
	CHECK(which < FLUSH_COUNTERS);
	return &flush_defs[which];
}

const struct counter_def *
sink_counter_def(size_t which)
{
	CHECK(which < SINK_COUNTERS);
	return &sink_defs[which];
}

/* Where a label has several values, the name for StatsD ends in this one. */
const char *
counter_def_value(const struct counter_def *def)
{
	CHECK(def->label != NULL);
	return strrchr(def->statsd, '.') + 1;
}
