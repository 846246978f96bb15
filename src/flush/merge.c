/* SPDX-License-Identifier: MIT */
/* merge.c -- from the sealed windows of all workers into the catalog. */

#include "flush/merge.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/number.h"

/* Entries ahead in a touched list, to bring near: they themselves, and what
 * they lead to. */
#define AHEAD 24
#define AHEAD_SERIES 12

void
merge_init(struct merge *merge, const struct flush_settings *settings, bool kinds_clash)
{
	*merge = (struct merge){.settings = settings};
	catalog_init(&merge->catalog, &settings->timers, kinds_clash);
	totals_init(&merge->totals);
}

void
merge_fini(struct merge *merge)
{
	catalog_fini(&merge->catalog);
	totals_fini(&merge->totals);
	dated_fini(&merge->dated);
}

bool
merge_is_over(const struct merge *merge, uint32_t seen_seq, int64_t span_ns)
{
	uint32_t intervals = (uint32_t)merge->interval.seq - seen_seq;

	return intervals * merge->settings->interval_ns > span_ns;
}

bool
merge_is_current(const struct merge *merge, const struct dated_value *value)
{
	if (value->exact)
		return false;
	return value->boundary_ns == merge->interval.closed_ns ||
	    value->point_ns == merge_point_ns(merge);
}

int64_t
merge_point_ns(const struct merge *merge)
{
	return merge->settings->timestamp == TIMESTAMP_START ? merge->interval.opened_ns
							     : merge->interval.closed_ns;
}

/* A sample of the series came. What is carried begins anew if the one before
 * is so long ago that it has been forgotten, swept or not. */
static struct series *
see(struct merge *merge, uint32_t gid)
{
	struct series *series = catalog_at(&merge->catalog, gid);
	uint32_t seq = (uint32_t)merge->interval.seq;

	if (series->seen_seq == seq)
		return series;
	if (merge_is_over(merge, series->seen_seq, merge->settings->idle.forget_ns)) {
		series->dated = false;
		if (series->kind == KIND_COUNTER)
			series->total = 0;
		else if (series->kind == KIND_GAUGE)
			series->gauge = (struct gauge_base){0};
	}
	series->seen_seq = seq;
	return series;
}

static void
add_delta(struct series *series, double delta)
{
	series->delta = number_add(series->delta, delta);
	series->fresh = true;
}

static void
merge_total(struct merge *merge, struct entry *entry, struct record *record)
{
	if (entry->gid == 0) {
		struct total *total = totals_adopt(&merge->totals, entry);

		if (total->gid == 0)
			total->gid = catalog_hold_fed(&merge->catalog, entry);
	}
	totals_add(&merge->totals, entry->gid, record);
}

static void
merge_entry(struct merge *merge, struct entry *entry)
{
	const struct cell *cell = &entry->cell[merge->interval.seq & 1];
	uint64_t value = atomic_load_explicit(&cell->value, memory_order_relaxed);
	struct record *record = (struct record *)(uintptr_t)value;

	merge->hits += cell_hits(atomic_load_explicit(&cell->meta, memory_order_relaxed));
	if (entry_is_total(entry)) {
		merge_total(merge, entry, record);
		return;
	}
	struct series *series =
	    see(merge, entry->gid != 0 ? entry->gid : catalog_adopt(&merge->catalog, entry));

	if (series->kind == KIND_COUNTER) {
		add_delta(series, bits_double(value));
		return;
	}
	record->next = series->records;
	series->records = record;
	series->fresh = true;
}

static struct dated_value
value_of(const struct merge *merge, const struct dated *dated, uint32_t gid, bool gauge)
{
	const struct flush_settings *settings = merge->settings;
	struct dated_value value = {
	    .timestamp = dated->timestamp,
	    .value = dated->value,
	    .gid = gid,
	    .gauge = gauge,
	    .exact = dated->exact,
	};

	if (dated->exact) {
		value.boundary_ns = value.point_ns = dated->timestamp * CLOCK_SECOND;
		/* With what comes in the interval that begins, and is sent, just then. */
		value.boundary_ns += settings->timestamp == TIMESTAMP_START;
		return value;
	}
	value.boundary_ns = dated_boundary_ns(dated->timestamp, settings->interval_ns);
	value.point_ns = settings->timestamp == TIMESTAMP_START
	    ? value.boundary_ns - settings->interval_ns
	    : value.boundary_ns;
	return value;
}

/* Keep a value until settle_dated(). */
static void
merge_dated(struct merge *merge, const struct dated *dated)
{
	struct entry *entry = dated->entry;

	CHECK(!entry_is_total(entry));
	uint32_t gid = entry->gid != 0 ? entry->gid : catalog_adopt(&merge->catalog, entry);
	struct series *series = see(merge, gid);
	const struct dated_value value = value_of(merge, dated, gid, series->kind == KIND_GAUGE);

	series->dated = true;
	catalog_hold(&merge->catalog, gid);
	dated_add(&merge->dated, &value);
}

static void
merge_window(struct merge *merge, const struct window *window)
{
	struct entry_cursor at = entry_list_begin(&window->touched);
	struct entry_cursor near = at, ahead = at;
	struct entry *entry, *soon;

	entry_list_skip(&near, AHEAD_SERIES);
	entry_list_skip(&ahead, AHEAD);
	while ((entry = entry_list_next(&at)) != NULL) {
		__builtin_prefetch(entry_list_next(&ahead));
		if ((soon = entry_list_next(&near)) != NULL)
			catalog_prefetch(&merge->catalog, soon);
		merge_entry(merge, entry);
	}
	for (const struct dated_block *block = window->dated.first; block != NULL;
	     block = block->next)
		for (size_t i = 0; i < block->count; i++)
			merge_dated(merge, &block->at[i]);
	merge->hits += window->dated.count;
}

/* What each total has grown by counts in the series that it feeds. */
static void
feed_series(struct merge *merge)
{
	struct totals *totals = &merge->totals;

	for (size_t i = 0; i < totals->fresh_count; i++) {
		struct total *total = &totals->at[totals->fresh[i]];

		if (merge_is_over(merge, total->seen_seq, merge->settings->idle.forget_ns))
			total->base = (struct total_base){0};
		add_delta(see(merge, total->gid), total_merge(&total->base, total->records));
		total->records = NULL;
		total->seen_seq = (uint32_t)merge->interval.seq;
	}
	totals->fresh_count = 0;
}

/* Where exact values and others meet in a series, none may take the other's
 * second. */
static bool
is_late(void *arg, const struct dated_value *value)
{
	const struct merge *merge = arg;
	const struct series *series = catalog_at(&merge->catalog, value->gid);

	if (value->timestamp < series->open_s)
		return true;
	if (!value->exact)
		return series->exact && value->point_ns / CLOCK_SECOND < series->open_s;
	return !series->exact && value->timestamp == series->open_s &&
	    merge->settings->timestamp == TIMESTAMP_END;
}

static void
drop_dated(void *arg, uint32_t gid, bool united)
{
	struct merge *merge = arg;

	merge->late += !united;
	catalog_drop(&merge->catalog, gid);
}

/* Values whose time has come: with what came without one, or for a row of
 * their own. */
static void
settle_dated(struct merge *merge)
{
	dated_sort(&merge->dated, merge->interval.closed_ns, is_late, drop_dated, merge);
	for (size_t i = 0; i < merge->dated.due; i++) {
		const struct dated_value *value = &merge->dated.at[i];
		struct series *series = see(merge, value->gid);
		bool current = merge_is_current(merge, value);

		series->dated = true;
		if (current && !value->gauge)
			add_delta(series, value->value);
		else
			series->due = true;
		series->fresh = series->fresh || current;
	}
}

static void
release(struct merge *merge, struct entry *entry)
{
	if (!entry_is_total(entry)) {
		catalog_release(&merge->catalog, entry);
		return;
	}
	uint32_t fed = totals_release(&merge->totals, entry);

	if (fed != 0)
		catalog_drop(&merge->catalog, fed);
}

/* After all windows have been merged: what was retired here may have come
 * again, there or as a new entry here. That reference has been counted, so
 * the series keeps what it carries. */
static void
release_retired(struct merge *merge, const struct window *window)
{
	struct entry_cursor at = entry_list_begin(&window->retired);
	struct entry *entry;

	while ((entry = entry_list_next(&at)) != NULL)
		release(merge, entry);
}

void
merge_windows(struct merge *merge, struct window *const *windows, size_t count,
    const struct interval *interval)
{
	merge->interval = *interval;
	merge->hits = 0;
	merge->late = 0;
	for (size_t i = 0; i < count; i++)
		merge_window(merge, windows[i]);
	feed_series(merge);
	settle_dated(merge);
	for (size_t i = 0; i < count; i++)
		release_retired(merge, windows[i]);
}

void
merge_end(struct merge *merge)
{
	for (size_t i = 0; i < merge->dated.due; i++)
		catalog_drop(&merge->catalog, merge->dated.at[i].gid);
	dated_shift(&merge->dated);
}
