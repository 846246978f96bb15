/* SPDX-License-Identifier: MIT */
/* status_text.c -- the daemon's status, for people. What the daemon does not
 * say is shown as nothing or as zero. */

#include "cli/status_text.h"

#include "cli/answer.h"
#include "metric/counter.h"

#include <stdbool.h>

static const char *
reason_help(const char *name)
{
	for (size_t i = 0; i < REASONS; i++)
		if (strcmp(reason_defs[i].name, name) == 0)
			return reason_defs[i].help;
	return "";
}

/* What new series are refused for when there are, or take, too much. */
static bool
is_limit(const char *name)
{
	for (size_t i = REASON_SERIES_LIMIT; i < REASON_SERIES_LIMIT + SERIES_LIMITS; i++)
		if (strcmp(reason_defs[i].name, name) == 0)
			return true;
	return false;
}

static void
print_sentence(const json_t *ledger, struct text *out)
{
	const json_t *sentence = json_object_get(ledger, "sentence");

	if (!json_is_string(sentence))
		return;
	text_puts(out, json_string_value(sentence));
	text_puts(out, "\n\n");
}

static void
print_refusals(const json_t *ledger, struct text *out)
{
	json_t *refused = json_object_get(json_object_get(ledger, "lines"), "refused");
	struct human_table table = {.align = "lrl"};
	bool limited = false;

	for (void *at = json_object_iter(refused); at; at = json_object_iter_next(refused, at)) {
		const char *reason = json_object_iter_key(at);

		if (answer_count(refused, reason) == 0)
			continue;
		if (table.count == 0)
			human_titles(&table, "refused|lines|because of");
		human_cell(&table, "%s", reason);
		answer_cell_count(&table, refused, reason);
		human_cell(&table, "%s", reason_help(reason));
		limited = limited || is_limit(reason);
	}
	if (table.count == 0)
		return;
	human_table_print(&table, out);
	if (limited)
		text_puts(out, "`tidemill sources` tells who sends new series, and which\n");
	text_byte(out, '\n');
}

static void
print_daemon(const json_t *status, struct text *out)
{
	json_t *version = json_object_get(status, "version");

	text_printf(out, "tidemill %s, pid %u, up ",
	    json_is_string(version) ? json_string_value(version) : "?",
	    (unsigned)answer_count(status, "pid"));
	human_seconds(out, answer_number(status, "uptime_seconds"));
	text_puts(out, "; next flush in ");
	human_seconds(out, answer_number(status, "next_flush_seconds"));
	text_puts(out, ", every ");
	human_seconds(out, answer_number(status, "interval_seconds"));
	text_byte(out, '\n');
}

/* What came besides plain values, and what became of some of them: a line for
 * each that there was. */
static void
print_remarks(const json_t *status, struct text *out)
{
	const json_t *ledger = json_object_get(status, "ledger");
	const json_t *flush = json_object_get(status, "flush");
	const json_t *workers = json_object_get(status, "workers");
	const json_t *listeners = json_object_get(status, "listeners");
	uint64_t sketched = 0, pauses = 0;

	for (size_t i = 0; i < json_array_size(workers); i++)
		sketched += answer_count(json_array_get(workers, i), "timers_sketched");
	for (size_t i = 0; i < json_array_size(listeners); i++)
		pauses += answer_count(
		    json_object_get(json_array_get(listeners, i), "connections"), "accept_pauses");
	const struct {
		uint64_t count;
		const char *words;
	} remarks[] = {
	    {answer_count(ledger, "events"), "events"},
	    {answer_count(ledger, "checks"), "service checks"},
	    {pauses, "times no connection could be accepted for want of descriptors or memory"},
	    {sketched, "times a timer had more values than are kept exactly"},
	    {answer_count(flush, "dated_late"), "values with timestamps came too late"},
	    {answer_count(flush, "values_saturated"), "values reached the largest number there is"},
	    {answer_count(flush, "gauges_ambiguous"), "gauge changes were ambiguous"},
	    {answer_count(flush, "type_conflicts"),
		"times a series was not sent because another type had its name"},
	};

	for (size_t i = 0; i < sizeof(remarks) / sizeof(*remarks); i++) {
		if (remarks[i].count == 0)
			continue;
		human_count(out, remarks[i].count);
		text_printf(out, " %s\n", remarks[i].words);
	}
}

/* How much there is of what is limited. */
static void
print_limits(const json_t *status, struct text *out)
{
	const json_t *series = json_object_get(status, "series");
	const json_t *memory = json_object_get(status, "memory");

	if (!json_is_object(series) || !json_is_object(memory))
		return;
	human_count(out, answer_count(series, "used"));
	text_puts(out, " of ");
	human_count(out, answer_count(series, "limit"));
	text_puts(out, " series in the workers; ");
	human_bytes(out, answer_count(memory, "used_bytes"));
	if (answer_count(memory, "limit_bytes") > 0) {
		text_puts(out, " of ");
		human_bytes(out, answer_count(memory, "limit_bytes"));
	}
	text_puts(out, " of memory\n");
}

static void
print_flush(const json_t *status, struct text *out)
{
	const json_t *flush = json_object_get(status, "flush");
	const json_t *steps = json_object_get(flush, "clock_steps");

	human_count(out, answer_count(flush, "count"));
	text_puts(out, answer_count(flush, "count") == 1 ? " flush" : " flushes");
	if (answer_count(flush, "count") > 0) {
		text_printf(
		    out, ", %u late; the newest, for ", (unsigned)answer_count(flush, "late"));
		human_time(out, answer_number(flush, "timestamp"));
		text_puts(out, ", took ");
		human_seconds(out, answer_number(flush, "duration_seconds"));
	}
	text_puts(out, "; ");
	human_count(out, answer_count(flush, "series"));
	text_puts(out, " series\n");
	if (answer_count(steps, "forward") + answer_count(steps, "backward") > 0)
		text_printf(out, "the clock was set forward %u times, back %u times\n",
		    (unsigned)answer_count(steps, "forward"),
		    (unsigned)answer_count(steps, "backward"));
	if (json_integer_value(json_object_get(flush, "imbalance")) != 0)
		text_printf(out,
		    "%" JSON_INTEGER_FORMAT " accepted samples did not reach the flush: "
		    "a bug of tidemill's, please report it\n",
		    json_integer_value(json_object_get(flush, "imbalance")));
}

/* Was there any of this, at any listener? */
static bool
any_count(const json_t *listeners, const char *key)
{
	for (size_t i = 0; i < json_array_size(listeners); i++)
		if (answer_count(json_array_get(listeners, i), key) > 0)
			return true;
	return false;
}

static void
print_listeners(const json_t *listeners, struct text *out)
{
	bool filtered = any_count(listeners, "filtered");
	struct human_table table = {.align = filtered ? "lrrrrrrr" : "lrrrrrr"};

	human_titles(&table, "listener|datagrams|dropped");
	human_titles(&table, filtered ? "filtered|received" : "received");
	human_titles(&table, "lines|accepted|refused");
	for (size_t i = 0; i < json_array_size(listeners); i++) {
		const json_t *listener = json_array_get(listeners, i);

		answer_cell_text(&table, listener, "name");
		answer_cell_count(&table, listener, "datagrams");
		answer_cell_count(&table, listener, "dropped");
		if (filtered)
			answer_cell_count(&table, listener, "filtered");
		answer_cell_bytes(&table, listener, "bytes");
		answer_cell_count(&table, listener, "lines");
		answer_cell_count(&table, listener, "accepted");
		answer_cell_count(&table, listener, "refused");
	}
	human_table_print(&table, out);
}

/* "end 1,200, crowded 22", of those that are not 0. */
static void
print_counts(json_t *counts, struct text *out)
{
	size_t before = out->len;

	for (void *at = json_object_iter(counts); at; at = json_object_iter_next(counts, at)) {
		const char *key = json_object_iter_key(at);

		if (answer_count(counts, key) == 0)
			continue;
		text_printf(out, "%s%s ", out->len > before ? ", " : "", key);
		human_count(out, answer_count(counts, key));
	}
}

/* Of those listeners that anybody has connected to. */
static void
print_connections(const json_t *listeners, struct text *out)
{
	struct human_table table = {.align = "lrrl"};

	for (size_t i = 0; i < json_array_size(listeners); i++) {
		const json_t *listener = json_array_get(listeners, i);
		const json_t *connections = json_object_get(listener, "connections");
		struct text closed = {0};

		print_counts(json_object_get(connections, "closed"), &closed);
		if (answer_count(connections, "accepted") > 0 || closed.len > 0) {
			if (table.count == 0)
				human_titles(&table, "connections|open|accepted|closed");
			answer_cell_text(&table, listener, "name");
			answer_cell_count(&table, connections, "open");
			answer_cell_count(&table, connections, "accepted");
			human_cell(&table, "%s", text_string(&closed));
		}
		text_fini(&closed);
	}
	if (table.count == 0)
		return;
	text_byte(out, '\n');
	human_table_print(&table, out);
}

static void
add_socket(struct human_table *table, const json_t *socket)
{
	bool buffered = answer_count(socket, "receive_buffer_bytes") > 0;
	struct text address = {0};

	answer_text(socket, "transport", &address);
	text_puts(&address, json_is_true(json_object_get(socket, "graphite")) ? " graphite " : " ");
	answer_text(socket, "address", &address);
	human_cell(table, "%s", text_string(&address));
	answer_cell_count(table, socket, "worker");
	text_fini(&address);
	if (!buffered) { /* its connections have theirs, or those who send */
		for (int i = 0; i < 4; i++)
			human_cell(table, "%s", "");
		return;
	}
	answer_cell_bytes(table, socket, "receive_buffer_bytes");
	answer_cell_count(table, socket, "receive_buffer_datagrams");
	answer_cell_bytes(table, socket, "queued_bytes");
	answer_cell_bytes(table, socket, "peak_bytes");
}

static void
print_sockets(const json_t *listeners, struct text *out)
{
	struct human_table table = {.align = "lrrrrr"};

	human_titles(&table, "socket|worker|buffer|datagrams fit|queued|peak");
	for (size_t i = 0; i < json_array_size(listeners); i++) {
		const json_t *sockets = json_object_get(json_array_get(listeners, i), "sockets");

		for (size_t j = 0; j < json_array_size(sockets); j++)
			add_socket(&table, json_array_get(sockets, j));
	}
	human_table_print(&table, out);
}

static void
print_workers(const json_t *workers, struct text *out)
{
	struct human_table table = {.align = "lrrrrrr"};

	human_titles(&table, "worker|CPU|keys|counters|gauges|timers|sets");
	for (size_t i = 0; i < json_array_size(workers); i++) {
		const json_t *worker = json_array_get(workers, i);
		struct text busy = {0};

		human_seconds(&busy, answer_number(worker, "busy_seconds"));
		human_cell(&table, "%u", (unsigned)answer_count(worker, "worker"));
		human_cell(&table, "%s", text_string(&busy));
		answer_cell_count(&table, worker, "keys");
		for (size_t kind = 0; kind < KINDS; kind++)
			answer_cell_count(
			    &table, json_object_get(worker, "series"), kind_names[kind]);
		text_fini(&busy);
	}
	human_table_print(&table, out);
}

static void
add_sink(struct human_table *table, const json_t *sink)
{
	const json_t *points = json_object_get(sink, "points");
	const json_t *dropped = json_object_get(points, "dropped");
	struct text since = {0};

	if (answer_number(sink, "since") > 0)
		human_time(&since, answer_number(sink, "since"));
	answer_cell_text(table, sink, "name");
	answer_cell_text(table, sink, "type");
	answer_cell_text(table, sink, "address");
	answer_cell_text(table, sink, "state");
	human_cell(table, "%s", text_string(&since));
	answer_cell_count(table, points, "delivered");
	answer_cell_count(table, points, "queued");
	human_cell_count(
	    table, answer_count(dropped, "queue_full") + answer_count(dropped, "shutdown"));
	answer_cell_bytes(table, sink, "queue_bytes");
	answer_cell_bytes(table, sink, "queue_limit_bytes");
	answer_cell_text(table, sink, "ack");
	text_fini(&since);
}

static void
print_sinks(const json_t *sinks, struct text *out)
{
	struct human_table table = {.align = "lllllrrrrrl"}, errors = {.align = "ll"};

	human_titles(
	    &table, "sink|type|address|state|since|delivered|queued|dropped|queue|limit|ack");
	for (size_t i = 0; i < json_array_size(sinks); i++) {
		const json_t *sink = json_array_get(sinks, i);

		add_sink(&table, sink);
		if (json_string_length(json_object_get(sink, "last_error")) > 0) {
			answer_cell_text(&errors, sink, "name");
			answer_cell_text(&errors, sink, "last_error");
		}
	}
	human_table_print(&table, out);
	if (errors.count == 0)
		return;
	text_puts(out, "\nlast errors\n");
	human_table_print(&errors, out);
}

void
status_print(const json_t *status, struct text *out)
{
	const json_t *listeners = json_object_get(status, "listeners");
	const json_t *workers = json_object_get(status, "workers");
	const json_t *sinks = json_object_get(status, "sinks");
	uint64_t suppressed = answer_count(json_object_get(status, "log"), "suppressed");

	print_sentence(json_object_get(status, "ledger"), out);
	print_refusals(json_object_get(status, "ledger"), out);
	print_daemon(status, out);
	print_flush(status, out);
	print_limits(status, out);
	print_remarks(status, out);
	if (json_array_size(listeners) > 0) {
		text_byte(out, '\n');
		print_listeners(listeners, out);
		print_connections(listeners, out);
		text_byte(out, '\n');
		print_sockets(listeners, out);
	}
	if (json_array_size(workers) > 0) {
		text_byte(out, '\n');
		print_workers(workers, out);
	}
	if (json_array_size(sinks) > 0) {
		text_byte(out, '\n');
		print_sinks(sinks, out);
	}
	if (suppressed > 0) {
		text_byte(out, '\n');
		human_count(out, suppressed);
		text_puts(out, " log lines were held back\n");
	}
}
