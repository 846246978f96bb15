/* SPDX-License-Identifier: MIT */
/* rows.c -- from series to rows to batches. */

#include "flush/rows.h"

#include "aggregate/set.h"
#include "aggregate/timer.h"
#include "base/mem.h"
#include "base/number.h"

#include <stdlib.h>

void
rows_init(struct rows *rows, const struct flush_settings *settings,
    void (*offer)(void *arg, struct batch **batch), void *arg)
{
	*rows = (struct rows){.settings = settings, .offer = offer, .arg = arg};
}

void
rows_fini(struct rows *rows)
{
	free(rows->values);
	arena_fini(&rows->arena);
}

static void
open_batch(struct rows *rows)
{
	const struct interval *interval = &rows->interval;

	rows->open = batch_new(interval,
	    rows->settings->timestamp == TIMESTAMP_START ? interval->opened_ns
							 : interval->closed_ns);
}

void
rows_begin(struct rows *rows, const struct interval *interval)
{
	rows->interval = *interval;
	rows->series = 0;
	rows->ambiguous = 0;
	arena_reset(&rows->arena);
	open_batch(rows);
}

static struct row *
add_row(struct rows *rows, enum kind kind, const char *name, size_t name_len, const char *tags,
    size_t tags_len)
{
	struct row *row = batch_add(rows->open, kind, name, name_len, tags, tags_len);

	if (row != NULL)
		return row;
	rows->offer(rows->arg, &rows->open);
	open_batch(rows);
	return batch_add(rows->open, kind, name, name_len, tags, tags_len);
}

struct row *
rows_add_own(struct rows *rows, enum kind kind, const char *name, size_t name_len)
{
	struct row *row = add_row(rows, kind, name, name_len, "", 0);

	row->own = true;
	return row;
}

static const struct timer_row *
summarise(struct rows *rows, const struct record *records)
{
	const struct item_list *percentiles = &rows->settings->timers.percentiles;
	size_t count = timer_count(records);
	struct timer_row *timer = batch_alloc(
	    rows->open, sizeof(*timer) + percentiles->count * sizeof(timer->quantile[0]));

	*timer = (struct timer_row){.quantiles = percentiles->count};
	for (size_t i = 0; i < percentiles->count; i++)
		timer->quantile[i] =
		    (struct quantile){.percent = ((const double *)percentiles->at)[i]};
	if (count == 0)
		return timer;
	if (count > rows->values_cap) {
		rows->values_cap = count * 2;
		rows->values = mem_resize(rows->values, rows->values_cap, sizeof(*rows->values));
	}
	double weight = timer_gather(records, rows->values);

	timer_summarise(timer, rows->values, count, weight);
	return timer;
}

static const struct idle_kind_settings *
idle_settings_of(const struct rows *rows, enum kind kind)
{
	const struct idle_settings *idle = &rows->settings->idle;

	switch (kind) {
	case KIND_COUNTER: return &idle->counters;
	case KIND_GAUGE: return &idle->gauges;
	case KIND_TIMER: return &idle->timers;
	case KIND_SET: return &idle->sets;
	}
	return NULL;
}

/* Is a series without samples in this flush still sent? Time is counted in
 * intervals, so that no step of the clock ends or prolongs it. */
static bool
is_sent_idle(const struct rows *rows, const struct series *series)
{
	const struct idle_kind_settings *idle = idle_settings_of(rows, series->kind);
	uint32_t intervals = (uint32_t)rows->interval.seq - series->seen_seq;

	if (idle->send == IDLE_SEND_NOTHING)
		return false;
	return idle->for_ns == ITEM_WORD || intervals * rows->settings->interval_ns <= idle->for_ns;
}

/* The values of a row, from what was merged into the series; none if idle. */
static void
fill_row(struct rows *rows, struct row *row, struct series *series, bool idle)
{
	switch (row->kind) {
	case KIND_COUNTER:
		if (!idle)
			series->counter.total =
			    number_add(series->counter.total, series->counter.delta);
		row->counter.delta = idle ? 0 : series->counter.delta;
		row->counter.total = series->counter.total;
		break;
	case KIND_GAUGE:
		rows->ambiguous += gauge_merge(&series->gauge, series->records);
		row->gauge.value = idle && rows->settings->idle.gauges.send == IDLE_SEND_ZERO
		    ? 0
		    : series->gauge.value;
		break;
	case KIND_TIMER: row->timer = summarise(rows, series->records); break;
	case KIND_SET: row->set.count = idle ? 0 : set_count(series->records, &rows->arena); break;
	}
}

static void
add_series(struct rows *rows, struct series *series)
{
	bool idle = series->seen_seq != (uint32_t)rows->interval.seq;

	if (idle && !is_sent_idle(rows, series))
		return;
	struct row *row = add_row(rows, series->kind, series->key, series->name_len,
	    series->key + series->name_len, series->tags_len);

	row->idle = idle;
	fill_row(rows, row, series, idle);
	series->records = NULL;
	rows->series++;
}

void
rows_add_catalog(struct rows *rows, struct catalog *catalog)
{
	for (uint32_t gid = 1; gid < catalog->count; gid++) {
		if (!catalog->series[gid].leader)
			continue;
		for (uint32_t at = gid; at != 0; at = catalog->series[at].next)
			add_series(rows, &catalog->series[at]);
	}
}

void
rows_end(struct rows *rows)
{
	rows->open->last = true;
	rows->offer(rows->arg, &rows->open);
}
