/* SPDX-License-Identifier: MIT */
/* rows.c -- from series to rows to batches. */

#include "flush/rows.h"

#include "aggregate/set.h"
#include "base/number.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Series ahead, to bring near: what they point at, and what that points at. */
#define AHEAD 16
#define AHEAD_VALUES 8
#define CACHE_LINE 64

void
rows_init(struct rows *rows, const struct flush_settings *settings, const struct terms *terms,
    void (*offer)(void *arg, struct batch **batch), void *arg)
{
	*rows = (struct rows){
	    .settings = settings,
	    .terms = terms,
	    .budget = timers_budget(&settings->timers),
	    .offer = offer,
	    .arg = arg,
	};
}

void
rows_fini(struct rows *rows)
{
	timer_room_fini(&rows->room);
	arena_fini(&rows->arena);
}

static void
open_batch(struct rows *rows)
{
	const struct interval *interval = &rows->interval;

	rows->open = batch_new(interval,
	    rows->settings->timestamp == TIMESTAMP_START ? interval->opened_ns
							 : interval->closed_ns,
	    rows->settings->interval_ns);
}

void
rows_begin(struct rows *rows, const struct interval *interval)
{
	rows->interval = *interval;
	rows->open_s = dated_next_second(interval->closed_ns, rows->settings->interval_ns);
	rows->series = 0;
	rows->ambiguous = 0;
	rows->saturated = 0;
	open_batch(rows);
}

void
rows_add_events(struct rows *rows, const struct window *window)
{
	for (const struct event *at = window->events.first; at != NULL; at = at->next)
		batch_add_event(rows->open, at);
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

static struct row *
add_series_row(struct rows *rows, const struct series *series)
{
	return add_row(rows, (enum kind)series->kind, series->key, series->name_len,
	    series->key + series->name_len, series->tags_len);
}

/* A timer's row with what is asked for, and room for the answers. */
static struct timer_row *
ask(struct rows *rows, const struct series *series)
{
	const struct plan_terms *plan = &rows->terms->plan[series->timer.plan];
	struct timer_row *timer =
	    batch_alloc(rows->open, sizeof(*timer) + plan->count * sizeof(timer->quantile[0]));

	*timer = (struct timer_row){
	    .ruled_percentiles = plan->ruled_percentiles,
	    .ruled_statistics = plan->ruled_statistics,
	    .statistics = plan->statistics,
	    .quantiles = plan->count,
	};
	for (size_t i = 0; i < plan->count; i++)
		timer->quantile[i] = (struct quantile){
		    .asked = plan->term[i].asked,
		    .usual = plan->term[i].usual,
		};
	return timer;
}

/* Returns where the counts of the series' histogram go; NULL: it has none. */
static uint64_t *
ask_histogram(struct rows *rows, const struct series *series, struct histogram *histogram)
{
	const struct histogram_settings *all = rows->settings->timers.histograms.at;

	if (series->timer.histogram == 0)
		return NULL;
	const struct item_list *bins = &all[series->timer.histogram - 1].bins;

	if (bins->count == 0)
		return NULL;
	double *limits = batch_alloc(rows->open, bins->count * sizeof(*limits));

	memcpy(limits, bins->at, bins->count * sizeof(*limits));
	*histogram = (struct histogram){.bins = bins->count, .limits = limits};
	return batch_alloc(rows->open, bins->count * sizeof(*histogram->counts));
}

static const struct timer_row *
summarise(struct rows *rows, const struct series *series)
{
	struct timer_row *timer = ask(rows, series);

	if (series->records == NULL)
		return timer;
	uint64_t *counts = ask_histogram(rows, series, &timer->histogram);

	timer_summarise(timer, counts, series->records, &rows->budget, &rows->room);
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

/* Is a series without samples in this flush still sent? Not once it has been
 * forgotten; and one whose values bring their time has no idle points. */
static bool
is_sent_idle(const struct rows *rows, const struct merge *merge, const struct series *series)
{
	const struct idle_kind_settings *idle = idle_settings_of(rows, (enum kind)series->kind);

	if (idle->send == IDLE_SEND_NOTHING || series->dated ||
	    merge_is_over(merge, series->seen_seq, rows->settings->idle.forget_ns))
		return false;
	return idle->for_ns == ITEM_WORD || !merge_is_over(merge, series->seen_seq, idle->for_ns);
}

static void
fill_counter(struct row *row, struct series *series, double delta)
{
	series->total = number_add(series->total, delta);
	row->counter.delta = delta;
	row->counter.total = series->total;
}

/* Did a sum stop at the largest double? */
static bool
is_saturated(const struct row *row)
{
	switch (row->kind) {
	case KIND_COUNTER: return fabs(row->counter.delta) == DBL_MAX;
	case KIND_GAUGE: return !row->idle && fabs(row->gauge.value) == DBL_MAX;
	case KIND_TIMER: return row->timer->sum_squares == DBL_MAX;
	case KIND_SET: return false;
	}
	return false;
}

/* The values of a row, from what was merged into the series; none if idle. */
static void
fill_row(struct rows *rows, struct row *row, struct series *series)
{
	switch (row->kind) {
	case KIND_COUNTER: fill_counter(row, series, series->delta); break;
	case KIND_GAUGE:
		rows->ambiguous += gauge_merge(&series->gauge, series->records);
		row->gauge.value = row->idle && rows->settings->idle.gauges.send == IDLE_SEND_ZERO
		    ? 0
		    : series->gauge.value;
		break;
	case KIND_TIMER: row->timer = summarise(rows, series); break;
	case KIND_SET:
		arena_reset(&rows->arena);
		row->set.count = row->idle ? 0 : set_count(series->records, &rows->arena);
		break;
	}
	rows->saturated += is_saturated(row);
}

/* A point was sent: this is the first second that is not too late. */
static void
open_from(struct series *series, uint32_t open_s, bool exact)
{
	if (open_s < series->open_s)
		return;
	series->exact = exact;
	series->open_s = open_s;
}

/* A point with a time of its own. */
static void
add_dated_row(struct rows *rows, struct series *series, const struct dated_value *value)
{
	struct row *row = add_series_row(rows, series);

	row->timestamp_ns = value->point_ns;
	if (value->gauge)
		row->gauge.value = series->gauge.value;
	else
		fill_counter(row, series, value->value);
	open_from(series,
	    value->exact ? (uint32_t)value->timestamp + 1
			 : dated_next_second(value->boundary_ns, rows->settings->interval_ns),
	    value->exact);
}

/* Does what came without a time take the value's point? */
static bool
is_taken(const struct merge *merge, const struct series *series, const struct dated_value *value)
{
	return merge_is_current(merge, value) ||
	    (series->fresh && value->point_ns == merge_point_ns(merge));
}

/* Values that brought their time. What came without one is newer than all of
 * them: a gauge's base is brought up to date here first. */
static void
add_dated(struct rows *rows, const struct merge *merge, uint32_t gid, struct series *series)
{
	const struct dated_value *end = merge->dated.at + merge->dated.due;

	for (const struct dated_value *at = dated_find(&merge->dated, gid);
	     at < end && at->gid == gid; at++) {
		if (at->gauge)
			series->gauge.value = at->value;
		if (!is_taken(merge, series, at))
			add_dated_row(rows, series, at);
	}
}

static void
add_current(struct rows *rows, struct series *series)
{
	struct row *row = add_series_row(rows, series);

	row->idle = !series->fresh;
	fill_row(rows, row, series);
	open_from(series, rows->open_s, false);
}

/* Nothing is said of a muted series, but what it carries goes on: its name may
 * become its own. */
static void
carry_muted(struct rows *rows, const struct merge *merge, uint32_t gid, struct series *series)
{
	const struct dated_value *end = merge->dated.at + merge->dated.due;

	if (series->due)
		for (const struct dated_value *at = dated_find(&merge->dated, gid);
		     at < end && at->gid == gid; at++) {
			if (at->gauge)
				series->gauge.value = at->value;
			else if (!is_taken(merge, series, at))
				series->total = number_add(series->total, at->value);
		}
	if (series->kind == KIND_COUNTER)
		series->total = number_add(series->total, series->delta);
	else if (series->kind == KIND_GAUGE)
		rows->ambiguous += gauge_merge(&series->gauge, series->records);
}

static void
add_rows(struct rows *rows, const struct merge *merge, uint32_t gid, struct series *series)
{
	bool current = series->fresh || is_sent_idle(rows, merge, series);

	if (series->due)
		add_dated(rows, merge, gid, series);
	if (current)
		add_current(rows, series);
	rows->series += current || series->due;
}

static void
add_series(struct rows *rows, const struct merge *merge, uint32_t gid, struct series *series)
{
	if (series->muted)
		carry_muted(rows, merge, gid, series);
	else
		add_rows(rows, merge, gid, series);
	if (series->kind == KIND_COUNTER)
		series->delta = 0;
	else
		series->records = NULL;
	series->fresh = series->due = false;
}

static void
prefetch_values(const struct series *series)
{
	if (series->kind != KIND_TIMER || series->records == NULL)
		return;
	const struct timer_record *record = (const struct timer_record *)series->records;

	for (size_t i = 0; i < 4; i++)
		__builtin_prefetch((const char *)record->values + i * CACHE_LINE);
}

static void
prefetch_ahead(const struct catalog *catalog, uint32_t gid)
{
	uint32_t left = catalog->gids.count - gid;

	if (left > AHEAD) {
		const struct series *series = catalog_at(catalog, gid + AHEAD);

		__builtin_prefetch(series->key);
		if (series->kind != KIND_COUNTER)
			__builtin_prefetch(series->records);
	}
	if (left > AHEAD_VALUES)
		prefetch_values(catalog_at(catalog, gid + AHEAD_VALUES));
}

void
rows_add_series(struct rows *rows, struct merge *merge)
{
	const struct catalog *catalog = &merge->catalog;

	for (uint32_t gid = 1; gid < catalog->gids.count; gid++) {
		prefetch_ahead(catalog, gid);
		const struct series *leader = catalog_at(catalog, gid);

		if (leader->key == NULL || leader->before != 0)
			continue;
		for (uint32_t at = gid; at != 0; at = catalog_at(catalog, at)->next)
			add_series(rows, merge, at, catalog_at(catalog, at));
	}
}

void
rows_end(struct rows *rows)
{
	rows->open->last = true;
	rows->offer(rows->arg, &rows->open);
}
