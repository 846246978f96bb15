/* SPDX-License-Identifier: MIT */
/* self.c -- the daemon's own series in each flush. */

#include "flush/self.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Own keys that StatsD counts in numStats: its three counters and the lag. */
#define STATSD_OWN_KEYS 4

void
self_init(struct self *self, const char *prefix, const struct ingest *ingest,
    const struct egress *egress, const counter *flush)
{
	*self = (struct self){.prefix = prefix, .ingest = ingest, .egress = egress, .flush = flush};
	self->sinks_before = mem_zero(egress_count(egress), sizeof(*self->sinks_before));
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
	text_printf(&self->name, "%s.%s%s%s", self->prefix, name, sink != NULL ? "." : "",
	    sink != NULL ? sink : "");
	return rows_add_own(rows, kind, self->name.bytes, self->name.len);
}

/* One value of the table of counters; remembers it for the next flush. */
static void
add_counter(struct self *self, struct rows *rows, const struct counter_def *def, uint64_t now,
    uint64_t *before, const char *sink)
{
	if (def->metric == NULL)
		return;
	if (def->type == COUNTER_GAUGE) {
		add_row(self, rows, KIND_GAUGE, def->statsd, sink)->gauge.value =
		    (double)now * def->scale;
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

		for (unsigned j = 0; j < self->ingest->count; j++)
			sum += counter_get(&self->ingest->workers[j].intake.table.counters[i]);
		add_counter(self, rows, table_counter_def(i), sum, &self->table_before[i], NULL);
	}
}

static void
add_sinks(struct self *self, struct rows *rows)
{
	for (size_t i = 0; i < egress_count(self->egress); i++) {
		const counter *counters = egress_sink_counters(self->egress, i);

		for (size_t j = 0; j < SINK_COUNTERS; j++)
			add_counter(self, rows, sink_counter_def(j), counter_get(&counters[j]),
			    &self->sinks_before[i][j], egress_sink_name(self->egress, i));
	}
}

void
self_add_rows(struct self *self, struct rows *rows, double processing_ms, int64_t lag_ns)
{
	size_t series = rows->series;

	for (size_t i = 0; i < INTAKE_COUNTERS; i++)
		add_counter(self, rows, intake_counter_def(i), self->intake[i],
		    &self->intake_before[i], NULL);
	add_tables(self, rows);
	for (size_t i = 0; i < FLUSH_COUNTERS; i++)
		add_counter(self, rows, flush_counter_def(i), counter_get(&self->flush[i]),
		    &self->flush_before[i], NULL);
	add_sinks(self, rows);
	add_row(self, rows, KIND_GAUGE, "timestamp_lag", NULL)->gauge.value = (double)lag_ns / 1e9;
	add_bare(self, rows, "numStats", (double)(series + STATSD_OWN_KEYS));
	add_bare(self, rows, "processing_time", processing_ms);
}
