/* SPDX-License-Identifier: MIT */
/* status.c -- the state of everything, as one JSON object. */

#include "admin/status.h"

#include "base/json.h"
#include "base/log.h"

#include <unistd.h>

static uint64_t
intake_sum(const struct ingest *ingest, size_t which)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ingest->listen->count; i++)
		sum += ingest_listener_counter(ingest, i, which);
	return sum;
}

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
	    .datagrams_read = intake_sum(ingest, INTAKE_DATAGRAMS),
	    .datagrams_dropped = intake_sum(ingest, INTAKE_DATAGRAMS_DROPPED),
	    .lines = intake_sum(ingest, INTAKE_LINES),
	    .accepted = intake_sum(ingest, INTAKE_LINES_ACCEPTED),
	    .points = sinks_sum(egress, SINK_POINTS_OFFERED),
	    .delivered = sinks_sum(egress, SINK_POINTS_DELIVERED),
	    .queued = sinks_sum(egress, SINK_POINTS_QUEUED),
	    .queue_full = sinks_sum(egress, SINK_POINTS_DROPPED_QUEUE_FULL),
	    .shutdown = sinks_sum(egress, SINK_POINTS_DROPPED_SHUTDOWN),
	};
	for (size_t i = 0; i < REASONS; i++)
		account_out->refused[i] = intake_sum(ingest, INTAKE_LINES_REFUSED + i);
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
	json_close_object(json);
	json_open_object(json, "lines");
	json_uint(json, "read", account.lines);
	json_uint(json, "accepted", account.accepted);
	json_open_object(json, "refused");
	for (size_t i = REASON_NONE + 1; i < REASONS; i++)
		json_uint(json, reason_defs[i].name, account.refused[i]);
	json_close_object(json);
	json_close_object(json);
	json_uint(json, "elements_refused", intake_sum(sources->ingest, INTAKE_ELEMENTS_REFUSED));
	json_open_object(json, "samples");
	for (size_t i = 0; i < KINDS; i++)
		json_uint(json, kind_names[i], intake_sum(sources->ingest, INTAKE_SAMPLES + i));
	json_close_object(json);
	json_uint(json, "events", intake_sum(sources->ingest, INTAKE_EVENTS));
	json_uint(json, "checks", intake_sum(sources->ingest, INTAKE_CHECKS));
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

static void
write_sockets(struct json *json, const struct worker *worker, size_t listener)
{
	struct text address = {0};

	for (size_t i = 0; i < worker->receiver_count; i++) {
		const struct receiver *receiver = &worker->receivers[i];

		if (receiver->listener != listener)
			continue;
		text_reset(&address);
		udp_address_print(&receiver->address, &address);
		json_open_object(json, NULL);
		json_bytes(json, "address", address.bytes, address.len);
		json_uint(json, "worker", worker->index);
		json_uint(json, "receive_buffer_bytes", receiver->capacity);
		json_uint(
		    json, "receive_buffer_datagrams", receiver->capacity / UDP_DATAGRAM_CHARGE);
		json_uint(json, "queued_bytes", counter_get(&receiver->queued_bytes));
		json_uint(json, "peak_bytes", counter_get(&receiver->peak_bytes));
		json_close_object(json);
	}
	text_fini(&address);
}

static void
write_listeners(struct json *json, const struct ingest *ingest)
{
	static const struct {
		const char *key;
		size_t which;
	} figures[] = {
	    {"datagrams", INTAKE_DATAGRAMS},
	    {"dropped", INTAKE_DATAGRAMS_DROPPED},
	    {"bytes", INTAKE_BYTES},
	    {"lines", INTAKE_LINES},
	    {"accepted", INTAKE_LINES_ACCEPTED},
	};

	json_open_array(json, "listeners");
	for (size_t i = 0; i < ingest->listen->count; i++) {
		uint64_t refused = 0;

		json_open_object(json, NULL);
		json_text(json, "name", ingest_listener_name(ingest, i));
		json_open_array(json, "sockets");
		for (unsigned j = 0; j < ingest->count; j++)
			write_sockets(json, &ingest->workers[j], i);
		json_close_array(json);
		for (size_t j = 0; j < sizeof(figures) / sizeof(*figures); j++)
			json_uint(json, figures[j].key,
			    ingest_listener_counter(ingest, i, figures[j].which));
		for (size_t j = 0; j < REASONS; j++)
			refused += ingest_listener_counter(ingest, i, INTAKE_LINES_REFUSED + j);
		json_uint(json, "refused", refused);
		json_close_object(json);
	}
	json_close_array(json);
}

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
status_write(const struct status_sources *sources, const struct text *sinks, struct text *out)
{
	struct json json = {.out = out};
	const struct flusher *flusher = sources->flusher;
	int64_t due_ns = atomic_load_explicit(&flusher->due_ns, memory_order_relaxed);

	json_open_object(&json, NULL);
	json_text(&json, "version", sources->version);
	json_int(&json, "pid", getpid());
	json_number(&json, "uptime_seconds", (double)(clock_mono_ns() - sources->started_ns) / 1e9);
	json_number(&json, "interval_seconds", (double)flusher->settings->interval_ns / 1e9);
	json_number(&json, "next_flush_seconds", (double)(due_ns - clock_wall_ns()) / 1e9);
	write_ledger(&json, sources);
	write_listeners(&json, sources->ingest);
	write_workers(&json, sources->ingest);
	write_flush(&json, flusher);
	json_ready(&json, "sinks", sinks->bytes, sinks->len);
	json_open_object(&json, "log");
	json_uint(&json, "suppressed", log_suppressed());
	json_close_object(&json);
	json_close_object(&json);
}
