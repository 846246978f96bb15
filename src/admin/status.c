/* SPDX-License-Identifier: MIT */
/* status.c -- the state of everything, as one JSON object. */

#include "admin/status.h"

#include "base/log.h"
#include "flush/usage.h"

#include <unistd.h>

static uint64_t
sinks_sum(const struct egress *egress, size_t which)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < egress_count(egress); i++)
		sum += counter_get(&egress_sink_counters(egress, i)[which]);
	return sum;
}

void
status_account(const struct status_sources *sources, struct account *account_out)
{
	const struct ingest *ingest = sources->ingest;
	const struct egress *egress = sources->egress;

	*account_out = (struct account){
	    .datagrams_read = ingest_counter(ingest, INTAKE_DATAGRAMS),
	    .datagrams_dropped = ingest_counter(ingest, INTAKE_DATAGRAMS_DROPPED),
	    .datagrams_filtered = ingest_counter(ingest, INTAKE_DATAGRAMS_FILTERED),
	    .lines = ingest_counter(ingest, INTAKE_LINES),
	    .accepted = ingest_counter(ingest, INTAKE_LINES_ACCEPTED),
	    .points = sinks_sum(egress, SINK_POINTS_OFFERED),
	    .delivered = sinks_sum(egress, SINK_POINTS_DELIVERED),
	    .queued = sinks_sum(egress, SINK_POINTS_QUEUED),
	    .queue_full = sinks_sum(egress, SINK_POINTS_DROPPED_QUEUE_FULL),
	    .shutdown = sinks_sum(egress, SINK_POINTS_DROPPED_SHUTDOWN),
	};
	for (size_t i = 0; i < REASONS; i++)
		account_out->refused[i] = ingest_counter(ingest, INTAKE_LINES_REFUSED + i);
}

static void
write_ledger(struct json *json, const struct status_sources *sources)
{
	struct account account;
	struct text sentence = {0};

	status_account(sources, &account);
	/* Lines come in while this reads: the total is that of its parts. Each
	 * flush holds the two against each other, in the sealed windows. */
	account.lines = account.accepted + account_refused(&account);
	account_sentence(&account, &sentence);
	json_open_object(json, "ledger");
	json_bytes(json, "sentence", sentence.bytes, sentence.len);
	json_open_object(json, "datagrams");
	json_uint(json, "read", account.datagrams_read);
	json_uint(json, "dropped", account.datagrams_dropped);
	json_uint(json, "filtered", account.datagrams_filtered);
	json_close_object(json);
	json_open_object(json, "lines");
	json_uint(json, "read", account.lines);
	json_uint(json, "accepted", account.accepted);
	json_open_object(json, "refused");
	for (size_t i = REASON_NONE + 1; i < REASONS; i++)
		json_uint(json, reason_defs[i].name, account.refused[i]);
	json_close_object(json);
	json_close_object(json);
	json_uint(
	    json, "elements_refused", ingest_counter(sources->ingest, INTAKE_ELEMENTS_REFUSED));
	json_open_object(json, "samples");
	for (size_t i = 0; i < KINDS; i++)
		json_uint(json, kind_names[i], ingest_counter(sources->ingest, INTAKE_SAMPLES + i));
	json_close_object(json);
	json_uint(json, "events", ingest_counter(sources->ingest, INTAKE_EVENTS));
	json_uint(json, "checks", ingest_counter(sources->ingest, INTAKE_CHECKS));
	json_open_object(json, "points");
	json_uint(json, "offered", account.points);
	json_uint(json, "delivered", account.delivered);
	json_uint(json, "queued", account.queued);
	json_open_object(json, "dropped");
	json_uint(json, "queue_full", account.queue_full);
	json_uint(json, "shutdown", account.shutdown);
	json_close_object(json);
	json_close_object(json);
	json_close_object(json);
	text_fini(&sentence);
}

/* ---- listeners ---- */

static const char *
transport_name(enum transport_kind transport)
{
	return counter_def_value(intake_counter_def(INTAKE_BYTES + transport));
}

/* One that datagrams come through, with its buffer. At a unix socket what waits
 * is in the buffers of those who sent it. */
static void
write_receiver(struct json *json, const struct receiver *receiver, unsigned worker)
{
	struct text address = {0};

	receiver_print(receiver, &address);
	json_open_object(json, NULL);
	json_text(json, "transport", transport_name(receiver->origin.transport));
	json_bool(json, "graphite", receiver->origin.graphite);
	json_bytes(json, "address", address.bytes, address.len);
	json_uint(json, "worker", worker);
	if (receiver->origin.transport == TRANSPORT_UDP) {
		json_uint(json, "receive_buffer_bytes", receiver->capacity);
		json_uint(
		    json, "receive_buffer_datagrams", receiver->capacity / UDP_DATAGRAM_CHARGE);
		json_uint(json, "queued_bytes", counter_get(&receiver->queued_bytes));
		json_uint(json, "peak_bytes", counter_get(&receiver->peak_bytes));
	}
	json_close_object(json);
	text_fini(&address);
}

/* One that takes connections: all of them are the first worker's. */
static void
write_door(struct json *json, const struct bind_point *door)
{
	struct text address = {0};

	if (door->path != NULL)
		text_puts(&address, door->path);
	else
		inet_print(&door->address, &address);
	json_open_object(json, NULL);
	json_text(json, "transport", transport_name(door->transport));
	json_bool(json, "graphite", door->graphite);
	json_bytes(json, "address", address.bytes, address.len);
	json_uint(json, "worker", 0);
	json_close_object(json);
	text_fini(&address);
}

static void
write_sockets(struct json *json, const struct ingest *ingest, size_t listener)
{
	json_open_array(json, "sockets");
	for (unsigned i = 0; i < ingest->count; i++) {
		const struct worker *worker = &ingest->workers[i];

		for (size_t j = 0; j < worker->receiver_count; j++)
			if (worker->receivers[j].listener == listener)
				write_receiver(json, &worker->receivers[j], i);
	}
	for (size_t i = 0; i < ingest->door_count; i++)
		if (ingest->doors[i].listener == listener)
			write_door(json, &ingest->doors[i]);
	json_close_array(json);
}

/* An object of counters in a row, each by the value of its label; their sum. */
static uint64_t
write_row(struct json *json, const char *key, const struct ingest *ingest, size_t listener,
    size_t first, size_t count)
{
	uint64_t sum = 0;

	json_open_object(json, key);
	for (size_t i = 0; i < count; i++) {
		uint64_t value = ingest_listener_counter(ingest, listener, first + i);

		json_uint(json, counter_def_value(intake_counter_def(first + i)), value);
		sum += value;
	}
	json_close_object(json);
	return sum;
}

static void
write_connections(struct json *json, const struct ingest *ingest, size_t listener)
{
	json_open_object(json, "connections");
	json_uint(json, "open", ingest_listener_counter(ingest, listener, INTAKE_CONNECTIONS));
	json_uint(json, "accepted",
	    ingest_listener_counter(ingest, listener, INTAKE_CONNECTIONS_ACCEPTED));
	write_row(json, "closed", ingest, listener, INTAKE_CONNECTIONS_CLOSED, CLOSE_REASONS);
	json_uint(
	    json, "accept_pauses", ingest_listener_counter(ingest, listener, INTAKE_ACCEPT_PAUSES));
	json_close_object(json);
}

static void
write_listener(struct json *json, const struct ingest *ingest, size_t listener)
{
	static const struct {
		const char *key;
		size_t which;
	} figures[] = {
	    {"datagrams", INTAKE_DATAGRAMS},
	    {"dropped", INTAKE_DATAGRAMS_DROPPED},
	    {"filtered", INTAKE_DATAGRAMS_FILTERED},
	    {"truncated", INTAKE_DATAGRAMS_TRUNCATED},
	    {"lines", INTAKE_LINES},
	    {"accepted", INTAKE_LINES_ACCEPTED},
	};
	uint64_t refused = 0;

	json_open_object(json, NULL);
	json_text(json, "name", ingest_listener_name(ingest, listener));
	write_sockets(json, ingest, listener);
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		json_uint(json, figures[i].key,
		    ingest_listener_counter(ingest, listener, figures[i].which));
	for (size_t i = 0; i < REASONS; i++)
		refused += ingest_listener_counter(ingest, listener, INTAKE_LINES_REFUSED + i);
	json_uint(json, "refused", refused);
	json_uint(json, "bytes",
	    write_row(json, "received_bytes", ingest, listener, INTAKE_BYTES, TRANSPORTS));
	write_connections(json, ingest, listener);
	json_close_object(json);
}

static void
write_listeners(struct json *json, const struct ingest *ingest)
{
	json_open_array(json, "listeners");
	for (size_t i = 0; i < ingest->listen->count; i++)
		write_listener(json, ingest, i);
	json_close_array(json);
}

/* ---- limits ---- */

static void
write_series(struct json *json, const struct ingest *ingest, const uint64_t *usage)
{
	int64_t used = atomic_load_explicit(&ingest->quota.used, memory_order_relaxed);

	json_open_object(json, "series");
	json_int(json, "used", used);
	json_uint(json, "limit", usage[USAGE_SERIES_LIMIT]);
	json_open_object(json, "refused");
	for (size_t i = TABLE_SERIES_REFUSED; i <= TABLE_SERIES_REFUSED_LAST; i++) {
		uint64_t sum = 0;

		for (unsigned j = 0; j < ingest->count; j++)
			sum += counter_get(&ingest->workers[j].intake.table.counters[i]);
		json_uint(json, counter_def_value(table_counter_def(i)), sum);
	}
	json_close_object(json);
	json_close_object(json);
}

static void
write_memory(struct json *json, const struct ingest *ingest, const uint64_t *usage)
{
	json_open_object(json, "memory");
	if (usage[USAGE_MEMORY_LIMIT] > 0)
		json_uint(json, "limit_bytes", usage[USAGE_MEMORY_LIMIT]);
	else
		json_none(json, "limit_bytes");
	json_int(json, "used_bytes", quota_memory_used(&ingest->quota));
	json_open_object(json, "parts");
	for (size_t i = USAGE_MEMORY; i < USAGE_MEMORY + MEMORY_PARTS; i++)
		json_uint(json, counter_def_value(usage_counter_def(i)), usage[i]);
	json_close_object(json);
	json_close_object(json);
}

static void
write_limits(struct json *json, const struct status_sources *sources)
{
	uint64_t usage[USAGE_COUNTERS];

	usage_read(sources->ingest, sources->egress, usage);
	write_series(json, sources->ingest, usage);
	write_memory(json, sources->ingest, usage);
}

/* ---- the rest ---- */

static void
write_workers(struct json *json, const struct ingest *ingest)
{
	json_open_array(json, "workers");
	for (unsigned i = 0; i < ingest->count; i++) {
		const counter *counters = ingest->workers[i].intake.table.counters;

		json_open_object(json, NULL);
		json_uint(json, "worker", i);
		json_number(
		    json, "busy_seconds", (double)counter_get(&counters[TABLE_BUSY_NS]) / 1e9);
		json_uint(json, "keys", counter_get(&counters[TABLE_KEYS]));
		json_uint(json, "timers_sketched", counter_get(&counters[TABLE_TIMERS_SKETCHED]));
		json_open_object(json, "series");
		for (size_t j = 0; j < KINDS; j++)
			json_uint(json, kind_names[j], counter_get(&counters[TABLE_SERIES + j]));
		json_close_object(json);
		json_close_object(json);
	}
	json_close_array(json);
}

static void
write_flush(struct json *json, const struct flusher *flusher)
{
	const counter *counters = flusher->counters;

	json_open_object(json, "flush");
	json_uint(json, "count", counter_get(&counters[FLUSH_FLUSHES]));
	json_uint(json, "late", counter_get(&counters[FLUSH_LATE]));
	json_number(
	    json, "duration_seconds", (double)counter_get(&counters[FLUSH_DURATION_NS]) / 1e9);
	json_uint(json, "timestamp", counter_get(&counters[FLUSH_TIMESTAMP]));
	json_uint(json, "series", counter_get(&counters[FLUSH_SERIES]));
	json_uint(json, "values_saturated", counter_get(&counters[FLUSH_SATURATED]));
	json_uint(json, "gauges_ambiguous", counter_get(&counters[FLUSH_GAUGES_AMBIGUOUS]));
	json_uint(json, "dated_late", counter_get(&counters[FLUSH_DATED_LATE]));
	json_uint(json, "type_conflicts", counter_get(&counters[FLUSH_TYPE_CONFLICTS]));
	json_open_object(json, "clock_steps");
	json_uint(json, "forward", counter_get(&counters[FLUSH_CLOCK_FORWARD]));
	json_uint(json, "backward", counter_get(&counters[FLUSH_CLOCK_BACKWARD]));
	json_close_object(json);
	json_uint(json, "imbalance", counter_get(&counters[FLUSH_IMBALANCE]));
	json_close_object(json);
}

void
status_write(const struct status_sources *sources, const struct text *sinks, struct json *json)
{
	const struct flusher *flusher = sources->flusher;
	int64_t due_ns = atomic_load_explicit(&flusher->due_ns, memory_order_relaxed);

	json_text(json, "version", sources->version);
	json_int(json, "pid", getpid());
	json_number(json, "uptime_seconds", (double)(clock_mono_ns() - sources->started_ns) / 1e9);
	json_number(json, "interval_seconds", (double)flusher->settings->interval_ns / 1e9);
	json_number(json, "next_flush_seconds", (double)(due_ns - clock_wall_ns()) / 1e9);
	write_ledger(json, sources);
	write_limits(json, sources);
	write_listeners(json, sources->ingest);
	write_workers(json, sources->ingest);
	write_flush(json, flusher);
	json_ready(json, "sinks", sinks->bytes, sinks->len);
	json_open_object(json, "log");
	json_uint(json, "suppressed", log_suppressed());
	json_close_object(json);
}
