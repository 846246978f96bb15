/* SPDX-License-Identifier: MIT */
/* model.c -- what a flush must say, by plain loops over raw samples. */

#include "test/unit/flush/model.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Of a boundary: none. */
#define NEVER INT64_MIN

static bool
is_over(const struct model *model, unsigned seen, unsigned times)
{
	return model->now - seen > times;
}

/* ---- the model's merge ---- */

static void
see(struct model *model, unsigned index)
{
	struct series_model *series = &model->series[index];

	if (!series->exists) {
		*series = (struct series_model){.exists = true, .sent = NEVER};
		series->muted = model->variant->clash && model->series[twin_of(index)].exists;
	}
	if (series->seen != model->now && is_over(model, series->seen, model->variant->forget)) {
		series->dated = false;
		series->total = series->gauge = 0;
		series->stamp = 0;
	}
	series->seen = model->now;
}

static void
keep_dated(struct model *model, const struct raw *raw)
{
	struct series_model *series = &model->series[raw->series];
	int64_t from_zero = raw->second + 1000 * LENGTH;
	int64_t boundary = (from_zero / LENGTH + 1) * LENGTH - 1000 * LENGTH;

	series->dated = true;
	if (boundary <= series->sent) {
		model->late++;
		return;
	}
	ck_assert_uint_lt(model->waitings, WAITING_MOST);
	model->waiting[model->waitings++] =
	    (struct waiting){raw->series, boundary, raw->second, raw->value * raw->weight};
}

static void
merge_worker(struct model *model, unsigned worker)
{
	for (int dated = 0; dated < 2; dated++)
		for (size_t i = 0; i < model->raws; i++) {
			const struct raw *raw = &model->raw[i];

			if (raw->worker != worker || raw->dated != dated)
				continue;
			see(model, raw->series);
			if (dated) {
				keep_dated(model, raw);
				continue;
			}
			model->series[raw->series].fresh = true;
			if (kind_of(raw->series) == KIND_COUNTER && !raw->total)
				model->series[raw->series].delta += raw->value * raw->weight;
		}
}

static double
growth(double before, double after)
{
	return after < before ? after : after - before;
}

/* The oldest total of a source after this stamp, of which *workers_out has a
 * bit for each worker that saw one; NULL: there is none. */
static const struct raw *
next_total(const struct model *model, unsigned index, unsigned source, uint64_t stamp,
    unsigned *workers_out)
{
	const struct raw *next = NULL;

	for (size_t i = 0; i < model->raws; i++) {
		const struct raw *raw = &model->raw[i];

		if (!raw->total || raw->series != index || raw->source != source)
			continue;
		*workers_out |= 1U << raw->worker;
		if (raw->stamp > stamp && (next == NULL || raw->stamp < next->stamp))
			next = raw;
	}
	return next;
}

/* Of one worker each total counts, of several the oldest and the newest. */
static void
merge_total(struct model *model, unsigned index, unsigned source)
{
	struct total_model *total = &model->total[index][source];
	unsigned workers = 0;
	const struct raw *at = next_total(model, index, source, 0, &workers), *newest = NULL;
	double each = 0;

	if (at == NULL)
		return;
	if (is_over(model, total->seen, model->variant->forget))
		*total = (struct total_model){0};
	total->seen = model->now;
	bool alone = (workers & (workers - 1)) == 0 && at->stamp > total->stamp;
	double before = total->stamp != 0 ? total->value : at->value, last = before;

	for (; at != NULL; at = next_total(model, index, source, at->stamp, &workers)) {
		each += growth(last, at->value);
		last = at->value;
		newest = at;
	}
	if (newest->stamp <= total->stamp)
		return;
	model->series[index].delta += alone ? each : growth(before, newest->value);
	total->value = newest->value;
	total->stamp = newest->stamp;
}

static bool
is_current(const struct model *model, int64_t boundary)
{
	return boundary == model->closed ||
	    (model->variant->start && boundary == model->opened + LENGTH);
}

static void
settle_waiting(struct model *model)
{
	for (size_t i = 0; i < model->waitings; i++) {
		const struct waiting *value = &model->waiting[i];
		struct series_model *series = &model->series[value->series];

		if (value->boundary > model->closed)
			continue;
		see(model, value->series);
		series->dated = true;
		if (!is_current(model, value->boundary))
			continue;
		series->fresh = true;
		if (kind_of(value->series) == KIND_COUNTER)
			series->delta += value->value;
	}
}

/* What nothing refers to any more is forgotten; who was silent for its sake
 * speaks. */
static void
release(struct model *model)
{
	for (unsigned i = 0; i < SERIES; i++) {
		bool held = false;

		for (unsigned source = 0; source < SOURCES; source++) {
			bool total_held = false;

			for (unsigned worker = 0; worker < CREW_WORKERS; worker++)
				total_held |= model->used_total[worker][i][source] != 0;
			if (!total_held)
				model->total[i][source] = (struct total_model){0};
			held |= total_held;
		}
		for (unsigned worker = 0; worker < CREW_WORKERS; worker++)
			held |= model->used[worker][i] != 0;
		for (size_t j = 0; j < model->waitings; j++)
			held |= model->waiting[j].series == i;
		if (held || !model->series[i].exists)
			continue;
		if (!model->series[i].muted)
			model->series[twin_of(i)].muted = false;
		model->series[i] = (struct series_model){0};
	}
}

/* ---- the model's rows ---- */

static void
say(struct model *model, unsigned index, const char *values, int64_t boundary, bool idle)
{
	const struct series_model *series = &model->series[index];

	if (series->muted)
		return;
	text_printf(&model->said, "%s n%u#%s %s", kind_names[kind_of(index)], name_of(index),
	    tags_of(index), values);
	if (boundary != NEVER)
		text_printf(&model->said, " @%" PRId64,
		    model->variant->start ? boundary - LENGTH : boundary);
	text_printf(&model->said, "%s\n", idle ? " idle" : "");
}

static void
say_counter(struct model *model, unsigned index, double delta, int64_t boundary, bool idle)
{
	char values[64];

	model->series[index].total += delta;
	snprintf(values, sizeof(values), "%.17g %.17g", delta, model->series[index].total);
	say(model, index, values, boundary, idle);
}

static void
say_gauge(struct model *model, unsigned index, double value, int64_t boundary, bool idle)
{
	char values[64];

	snprintf(values, sizeof(values), "%.17g", value);
	say(model, index, values, boundary, idle);
}

static bool
is_earlier(const struct waiting *a, const struct waiting *b)
{
	return a->boundary != b->boundary ? a->boundary < b->boundary : a->second < b->second;
}

/* What is due of a series, boundary by boundary, the newest of a gauge last;
 * of one time in the order of arrival. */
static size_t
find_due(const struct model *model, unsigned index, struct waiting *due)
{
	size_t count = 0;

	for (size_t i = 0; i < model->waitings; i++) {
		const struct waiting *value = &model->waiting[i];
		size_t at = count;

		if (value->series != index || value->boundary > model->closed)
			continue;
		for (; at > 0 && is_earlier(value, &due[at - 1]); at--)
			due[at] = due[at - 1];
		due[at] = *value;
		count++;
	}
	return count;
}

static void
say_due(struct model *model, unsigned index)
{
	static struct waiting due[WAITING_MOST];
	struct series_model *series = &model->series[index];
	size_t count = find_due(model, index, due);
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		bool last = i + 1 == count || due[i + 1].boundary != due[i].boundary;

		sum += due[i].value;
		if (!last)
			continue;
		if (kind_of(index) == KIND_GAUGE)
			series->gauge = due[i].value;
		if (!is_current(model, due[i].boundary)) {
			if (kind_of(index) == KIND_GAUGE)
				say_gauge(model, index, series->gauge, due[i].boundary, false);
			else
				say_counter(model, index, sum, due[i].boundary, false);
			if (!series->muted)
				series->sent = due[i].boundary;
		}
		sum = 0;
	}
}

static bool
is_of_gauge(const struct raw *raw, unsigned index, bool relative)
{
	return raw->series == index && !raw->dated && raw->relative == relative;
}

/* The oldest change after this stamp; NULL: there is none. */
static const struct raw *
next_change(const struct model *model, unsigned index, uint64_t stamp)
{
	const struct raw *next = NULL;

	for (size_t i = 0; i < model->raws; i++) {
		const struct raw *raw = &model->raw[i];

		if (is_of_gauge(raw, index, true) && raw->stamp > stamp &&
		    (next == NULL || raw->stamp < next->stamp))
			next = raw;
	}
	return next;
}

static void
merge_gauge(struct model *model, unsigned index)
{
	struct series_model *series = &model->series[index];
	const struct raw *change;

	for (size_t i = 0; i < model->raws; i++) {
		const struct raw *raw = &model->raw[i];

		if (is_of_gauge(raw, index, false) && raw->stamp > series->stamp) {
			series->gauge = raw->value;
			series->stamp = raw->stamp;
		}
	}
	for (uint64_t stamp = series->stamp; (change = next_change(model, index, stamp)) != NULL;
	     stamp = change->stamp)
		series->gauge += change->value;
}

static unsigned
count_members(const struct model *model, unsigned index)
{
	unsigned seen = 0;

	for (size_t i = 0; i < model->raws; i++)
		if (model->raw[i].series == index)
			seen |= 1U << model->raw[i].member;
	return (unsigned)__builtin_popcount(seen);
}

static void
say_current(struct model *model, unsigned index)
{
	struct series_model *series = &model->series[index];
	const struct variant *variant = model->variant;
	bool idle = !series->fresh;
	char values[32];

	switch (kind_of(index)) {
	case KIND_COUNTER: say_counter(model, index, series->delta, NEVER, idle); break;
	case KIND_GAUGE:
		merge_gauge(model, index);
		say_gauge(model, index,
		    idle && variant->idle[KIND_GAUGE].send == IDLE_SEND_ZERO ? 0 : series->gauge,
		    NEVER, idle);
		break;
	case KIND_SET:
		snprintf(values, sizeof(values), "%u", count_members(model, index));
		say(model, index, values, NEVER, idle);
		break;
	case KIND_TIMER: model->timers[index] += !series->muted; break;
	}
	if (!series->muted)
		series->sent = model->closed;
}

static void
say_series(struct model *model, unsigned index)
{
	struct series_model *series = &model->series[index];
	const struct variant *variant = model->variant;
	bool idle = variant->idle[kind_of(index)].send != IDLE_SEND_NOTHING && !series->dated &&
	    !is_over(model, series->seen, variant->forget) &&
	    !is_over(model, series->seen, variant->idle[kind_of(index)].times);

	if (!series->exists)
		return;
	say_due(model, index);
	if (series->fresh || idle)
		say_current(model, index);
	series->fresh = false;
	series->delta = 0;
}

void
model_flush(struct model *model, const unsigned *order)
{
	size_t left = 0;

	text_reset(&model->said);
	model->late = model->ambiguous = 0;
	memset(model->timers, 0, sizeof(model->timers));
	for (unsigned i = 0; i < CREW_WORKERS; i++)
		merge_worker(model, order[i]);
	for (unsigned i = 0; i < SERIES; i++)
		for (unsigned source = 0; source < SOURCES; source++)
			merge_total(model, i, source);
	settle_waiting(model);
	release(model);
	for (unsigned i = 0; i < SERIES; i++)
		say_series(model, i);
	for (size_t i = 0; i < model->waitings; i++)
		if (model->waiting[i].boundary > model->closed)
			model->waiting[left++] = model->waiting[i];
	model->waitings = left;
	release(model);
}
