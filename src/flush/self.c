/* SPDX-License-Identifier: MIT */
/* self.c -- the daemon's own series in each flush. */

#include "flush/self.h"

#include "base/clock.h"
#include "base/mem.h"
#include "flush/usage.h"

#include <stdlib.h>
#include <string.h>

/* Own keys that StatsD counts in numStats: its three counters; after the
 * first flush the lag, too. */
#define STATSD_OWN_KEYS 3

/* The counters of the first sink of this type; NULL: there is none. */
static const counter *
first_of_type(const struct self_sources *sources, const char *type)
{
	for (size_t i = 0; i < sources->sinks->count; i++)
		if (strcmp(sink_variants[sources->sinks->at[i].variant]->name, type) == 0)
			return egress_sink_counters(sources->egress, i);
	return NULL;
}

void
self_init(struct self *self, const struct self_sources *sources)
{
	*self = (struct self){.of = *sources, .graphite = first_of_type(sources, "graphite")};
	self->sinks_before = mem_zero(egress_count(sources->egress), sizeof(*self->sinks_before));
}

void
self_fini(struct self *self)
{
	free(self->sinks_before);
	text_fini(&self->name);
}

void
self_begin(struct self *self)
{
	memcpy(self->intake_before, self->intake, sizeof(self->intake));
	memset(self->intake, 0, sizeof(self->intake));
}

void
self_add_window(struct self *self, const struct window *window)
{
	for (size_t i = 0; i < window->listeners; i++)
		for (size_t j = 0; j < INTAKE_COUNTERS; j++)
			self->intake[j] += window->intake[i][j];
}

uint64_t
self_samples(const struct self *self)
{
	uint64_t samples = 0;

	for (size_t kind = 0; kind < KINDS; kind++)
		samples += self->intake[INTAKE_SAMPLES + kind] -
		    self->intake_before[INTAKE_SAMPLES + kind];
	return samples;
}

uint64_t
self_stray_lines(const struct self *self)
{
	uint64_t accounted = self->intake[INTAKE_LINES_ACCEPTED];

	for (size_t reason = 0; reason < REASONS; reason++)
		accounted += self->intake[INTAKE_LINES_REFUSED + reason];
	return self->intake[INTAKE_LINES] - accounted;
}

static struct row *
add_row(struct self *self, struct rows *rows, enum kind kind, const char *name, const char *sink)
{
	text_reset(&self->name);
	text_printf(&self->name, "%s.%s%s%s", self->of.prefix, name, sink != NULL ? "." : "",
	    sink != NULL ? sink : "");
	return rows_add_own(rows, kind, self->name.bytes, self->name.len);
}

static void
add_gauge(struct self *self, struct rows *rows, const struct counter_def *def, uint64_t now,
    const char *sink)
{
	add_row(self, rows, KIND_GAUGE, def->statsd, sink)->gauge.value = (double)now * def->scale;
}

/* One value of the table of counters; remembers it for the next flush. */
static void
add_counter(struct self *self, struct rows *rows, const struct counter_def *def, uint64_t now,
    uint64_t *before, const char *sink)
{
	if (def->metric == NULL)
		return;
	if (def->type == COUNTER_GAUGE) {
		add_gauge(self, rows, def, now, sink);
		return;
	}
	struct row *row = add_row(self, rows, KIND_COUNTER, def->statsd, sink);

	row->counter.delta = (double)(now - *before) * def->scale;
	row->counter.total = (double)now * def->scale;
	*before = now;
}

static void
add_bare(struct self *self, struct rows *rows, const char *name, double value)
{
	struct row *row = add_row(self, rows, KIND_GAUGE, name, NULL);

	row->bare = true;
	row->gauge.value = value;
}

static void
add_tables(struct self *self, struct rows *rows)
{
	for (size_t i = 0; i < TABLE_COUNTERS; i++) {
		uint64_t sum = 0;

		for (unsigned j = 0; j < self->of.ingest->count; j++)
			sum += counter_get(&self->of.ingest->workers[j].intake.table.counters[i]);
		add_counter(self, rows, table_counter_def(i), sum, &self->table_before[i], NULL);
	}
}

static void
add_usage(struct self *self, struct rows *rows)
{
	uint64_t usage[USAGE_COUNTERS];

	usage_read(self->of.ingest, self->of.egress, usage);
	for (size_t i = 0; i < USAGE_COUNTERS; i++)
		add_gauge(self, rows, usage_counter_def(i), usage[i], NULL);
}

static void
add_sinks(struct self *self, struct rows *rows)
{
	for (size_t i = 0; i < egress_count(self->of.egress); i++) {
		const counter *counters = egress_sink_counters(self->of.egress, i);

		for (size_t j = 0; j < SINK_COUNTERS; j++)
			add_counter(self, rows, sink_counter_def(j), counter_get(&counters[j]),
			    &self->sinks_before[i][j], egress_sink_name(self->of.egress, i));
	}
}

/* What StatsD says of its Graphite backend: of the flush before. Before there
 * was any, the last one was at the start. */
static void
add_graphite(struct self *self, struct rows *rows, int64_t calculation_ns)
{
	const counter *counters = self->graphite;

	if (counters == NULL)
		return;
	uint64_t last_flush = counter_get(&counters[SINK_LAST_DELIVERY]);

	if (last_flush == 0)
		last_flush = (uint64_t)((self->of.started_ns + CLOCK_SECOND / 2) / CLOCK_SECOND);
	add_bare(self, rows, "graphiteStats.calculationtime", (double)calculation_ns / 1e6);
	add_bare(self, rows, "graphiteStats.last_exception",
	    (double)counter_get(&counters[SINK_LAST_ERROR]));
	add_bare(self, rows, "graphiteStats.last_flush", (double)last_flush);
	add_bare(self, rows, "graphiteStats.flush_time",
	    (double)counter_get(&counters[SINK_FLUSH_TIME_NS]) / 1e6);
	add_bare(self, rows, "graphiteStats.flush_length",
	    (double)counter_get(&counters[SINK_FLUSH_BYTES]));
}

void
self_add_rows(struct self *self, struct rows *rows, const struct self_times *times)
{
	size_t keys = rows->series + STATSD_OWN_KEYS + self->flushed;

	for (size_t i = 0; i < INTAKE_COUNTERS; i++)
		add_counter(self, rows, intake_counter_def(i), self->intake[i],
		    &self->intake_before[i], NULL);
	add_tables(self, rows);
	add_usage(self, rows);
	for (size_t i = 0; i < FLUSH_COUNTERS; i++)
		add_counter(self, rows, flush_counter_def(i), counter_get(&self->of.flush[i]),
		    &self->flush_before[i], NULL);
	add_sinks(self, rows);
	if (self->flushed)
		add_row(self, rows, KIND_GAUGE, "timestamp_lag", NULL)->gauge.value =
		    (double)times->lag_ns / 1e9;
	add_bare(self, rows, "numStats", (double)keys);
	add_bare(self, rows, "processing_time", (double)times->processing_ns / 1e6);
	add_graphite(self, rows, times->calculation_ns);
	self->flushed = true;
}
