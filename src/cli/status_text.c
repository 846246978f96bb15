/* SPDX-License-Identifier: MIT */
/* status_text.c -- the daemon's status, for people. What the daemon does not
 * say is shown as nothing or as zero. */

#include "cli/status_text.h"

#include "cli/human.h"
#include "metric/kind.h"
#include "metric/reason.h"

#include <stdbool.h>
#include <time.h>

static uint64_t
count_of(const json_t *object, const char *key)
{
	json_int_t count = json_integer_value(json_object_get(object, key));

	return count > 0 ? (uint64_t)count : 0;
}

static double
number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void
cell_text(struct human_table *table, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	struct text shown = {0};

	if (json_is_string(value))
		text_escape(&shown, json_string_value(value), json_string_length(value));
	human_cell(table, "%s", text_string(&shown));
	text_fini(&shown);
}

static void
cell_count(struct human_table *table, const json_t *object, const char *key)
{
	human_cell_count(table, count_of(object, key));
}

static void
cell_bytes(struct human_table *table, const json_t *object, const char *key)
{
	human_cell_bytes(table, count_of(object, key));
}

static void
cells(struct human_table *table, const char *const *titles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		human_cell(table, "%s", titles[i]);
}

#define TITLES(table, ...)                               \
	cells(table, (const char *const[]){__VA_ARGS__}, \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* "14:03:20" today, else with the date; in this machine's time zone. */
static void
print_time(struct text *out, double epoch)
{
	time_t at = (time_t)epoch, now = time(NULL);
	struct tm then, today;
	char shown[32];

	if (localtime_r(&at, &then) == NULL || localtime_r(&now, &today) == NULL)
		return;
	bool is_today = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;

	strftime(shown, sizeof(shown), is_today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then);
	text_puts(out, shown);
}

static const char *
reason_help(const char *name)
{
	for (size_t i = 0; i < REASONS; i++)
		if (strcmp(reason_defs[i].name, name) == 0)
			return reason_defs[i].help;
	return "";
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

	for (void *at = json_object_iter(refused); at; at = json_object_iter_next(refused, at)) {
		const char *reason = json_object_iter_key(at);

		if (count_of(refused, reason) == 0)
			continue;
		if (table.count == 0)
			TITLES(&table, "refused", "lines", "because of");
		human_cell(&table, "%s", reason);
		cell_count(&table, refused, reason);
		human_cell(&table, "%s", reason_help(reason));
	}
	if (table.count == 0)
		return;
	human_table_print(&table, out);
	text_byte(out, '\n');
}

static void
print_daemon(const json_t *status, struct text *out)
{
	json_t *version = json_object_get(status, "version");

	text_printf(out, "tidemill %s, pid %u, up ",
	    json_is_string(version) ? json_string_value(version) : "?",
	    (unsigned)count_of(status, "pid"));
	human_seconds(out, number_of(status, "uptime_seconds"));
	text_puts(out, "; next flush in ");
	human_seconds(out, number_of(status, "next_flush_seconds"));
	text_puts(out, ", every ");
	human_seconds(out, number_of(status, "interval_seconds"));
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
	uint64_t sketched = 0;

	for (size_t i = 0; i < json_array_size(workers); i++)
		sketched += count_of(json_array_get(workers, i), "timers_sketched");
	const struct {
		uint64_t count;
		const char *words;
	} remarks[] = {
	    {count_of(ledger, "events"), "events"},
	    {count_of(ledger, "checks"), "service checks"},
	    {sketched, "times a timer had more values than are kept exactly"},
	    {count_of(flush, "dated_late"), "values with timestamps came too late"},
	    {count_of(flush, "values_saturated"), "values reached the largest number there is"},
	    {count_of(flush, "gauges_ambiguous"), "gauge changes were ambiguous"},
	    {count_of(flush, "type_conflicts"),
		"times a series was not sent because another type had its name"},
	};

	for (size_t i = 0; i < sizeof(remarks) / sizeof(*remarks); i++) {
		if (remarks[i].count == 0)
			continue;
		human_count(out, remarks[i].count);
		text_printf(out, " %s\n", remarks[i].words);
	}
}

static void
print_flush(const json_t *status, struct text *out)
{
	const json_t *flush = json_object_get(status, "flush");
	const json_t *steps = json_object_get(flush, "clock_steps");

	human_count(out, count_of(flush, "count"));
	text_puts(out, count_of(flush, "count") == 1 ? " flush" : " flushes");
	if (count_of(flush, "count") > 0) {
		text_printf(out, ", %u late; the newest, for ", (unsigned)count_of(flush, "late"));
		print_time(out, number_of(flush, "timestamp"));
		text_puts(out, ", took ");
		human_seconds(out, number_of(flush, "duration_seconds"));
	}
	text_puts(out, "; ");
	human_count(out, count_of(flush, "series"));
	text_puts(out, " series\n");
	if (count_of(steps, "forward") + count_of(steps, "backward") > 0)
		text_printf(out, "the clock was set forward %u times, back %u times\n",
		    (unsigned)count_of(steps, "forward"), (unsigned)count_of(steps, "backward"));
	if (json_integer_value(json_object_get(flush, "imbalance")) != 0)
		text_printf(out,
		    "%" JSON_INTEGER_FORMAT " accepted samples did not reach the flush: "
		    "a bug of tidemill's, please report it\n",
		    json_integer_value(json_object_get(flush, "imbalance")));
}

static void
print_listeners(const json_t *listeners, struct text *out)
{
	struct human_table table = {.align = "lrrrrrr"};

	TITLES(
	    &table, "listener", "datagrams", "dropped", "received", "lines", "accepted", "refused");
	for (size_t i = 0; i < json_array_size(listeners); i++) {
		const json_t *listener = json_array_get(listeners, i);

		cell_text(&table, listener, "name");
		cell_count(&table, listener, "datagrams");
		cell_count(&table, listener, "dropped");
		cell_bytes(&table, listener, "bytes");
		cell_count(&table, listener, "lines");
		cell_count(&table, listener, "accepted");
		cell_count(&table, listener, "refused");
	}
	human_table_print(&table, out);
}

static void
print_sockets(const json_t *listeners, struct text *out)
{
	struct human_table table = {.align = "lrrrrr"};

	TITLES(&table, "socket", "worker", "buffer", "datagrams fit", "queued", "peak");
	for (size_t i = 0; i < json_array_size(listeners); i++) {
		const json_t *sockets = json_object_get(json_array_get(listeners, i), "sockets");

		for (size_t j = 0; j < json_array_size(sockets); j++) {
			const json_t *socket = json_array_get(sockets, j);

			cell_text(&table, socket, "address");
			cell_count(&table, socket, "worker");
			cell_bytes(&table, socket, "receive_buffer_bytes");
			cell_count(&table, socket, "receive_buffer_datagrams");
			cell_bytes(&table, socket, "queued_bytes");
			cell_bytes(&table, socket, "peak_bytes");
		}
	}
	human_table_print(&table, out);
}

static void
print_workers(const json_t *workers, struct text *out)
{
	struct human_table table = {.align = "lrrrrrr"};

	TITLES(&table, "worker", "CPU", "keys", "counters", "gauges", "timers", "sets");
	for (size_t i = 0; i < json_array_size(workers); i++) {
		const json_t *worker = json_array_get(workers, i);
		struct text busy = {0};

		human_seconds(&busy, number_of(worker, "busy_seconds"));
		human_cell(&table, "%u", (unsigned)count_of(worker, "worker"));
		human_cell(&table, "%s", text_string(&busy));
		cell_count(&table, worker, "keys");
		for (size_t kind = 0; kind < KINDS; kind++)
			cell_count(&table, json_object_get(worker, "series"), kind_names[kind]);
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

	if (number_of(sink, "since") > 0)
		print_time(&since, number_of(sink, "since"));
	cell_text(table, sink, "name");
	cell_text(table, sink, "type");
	cell_text(table, sink, "address");
	cell_text(table, sink, "state");
	human_cell(table, "%s", text_string(&since));
	cell_count(table, points, "delivered");
	cell_count(table, points, "queued");
	human_cell_count(table, count_of(dropped, "queue_full") + count_of(dropped, "shutdown"));
	cell_bytes(table, sink, "queue_bytes");
	cell_bytes(table, sink, "queue_limit_bytes");
	cell_text(table, sink, "ack");
	text_fini(&since);
}

static void
print_sinks(const json_t *sinks, struct text *out)
{
	struct human_table table = {.align = "lllllrrrrrl"}, errors = {.align = "ll"};

	TITLES(&table, "sink", "type", "address", "state", "since", "delivered", "queued",
	    "dropped", "queue", "limit", "ack");
	for (size_t i = 0; i < json_array_size(sinks); i++) {
		const json_t *sink = json_array_get(sinks, i);

		add_sink(&table, sink);
		if (json_string_length(json_object_get(sink, "last_error")) > 0) {
			cell_text(&errors, sink, "name");
			cell_text(&errors, sink, "last_error");
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
	uint64_t suppressed = count_of(json_object_get(status, "log"), "suppressed");

	print_sentence(json_object_get(status, "ledger"), out);
	print_refusals(json_object_get(status, "ledger"), out);
	print_daemon(status, out);
	print_flush(status, out);
	print_remarks(status, out);
	if (json_array_size(listeners) > 0) {
		text_byte(out, '\n');
		print_listeners(listeners, out);
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
