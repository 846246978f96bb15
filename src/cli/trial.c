/* SPDX-License-Identifier: MIT */
/* trial.c -- what would become of a line. */

#include "cli/trial.h"

#include "base/clock.h"
#include "base/mem.h"
#include "flush/tick.h"
#include "ingest/ingest.h"
#include "sink/egress.h"
#include "sink/kind.h"

#include <stdlib.h>

static void
keep_batch(void *arg, struct batch **batch)
{
	struct trial *trial = arg;

	trial->batches = mem_room(
	    trial->batches, trial->batch_count, &trial->batch_cap, sizeof(*trial->batches));
	trial->batches[trial->batch_count++] = *batch;
	*batch = NULL;
}

static void
drop_batches(struct trial *trial)
{
	for (size_t i = 0; i < trial->batch_count; i++)
		batch_drop(&trial->batches[i]);
	trial->batch_count = 0;
}

static struct flush_settings
silent_when_idle(const struct flush_settings *settings)
{
	struct flush_settings silent = *settings;

	silent.idle.counters.send = IDLE_SEND_NOTHING;
	silent.idle.timers.send = IDLE_SEND_NOTHING;
	silent.idle.sets.send = IDLE_SEND_NOTHING;
	silent.idle.gauges.send = IDLE_SEND_NOTHING;
	return silent;
}

void
trial_init(struct trial *trial, const struct settings *settings, const struct rules *rules,
    size_t listener, bool graphite)
{
	const struct budget budget = timers_budget(&settings->flush.timers);
	bool kinds_clash = sink_kinds_clash(&settings->sinks);
	struct tick tick;

	*trial = (struct trial){
	    .settings = settings,
	    .flush = silent_when_idle(&settings->flush),
	    .quota = {.most = settings->limits.series},
	};
	ingest_origin(settings->listen.at[listener].settings, &settings->limits, graphite,
	    &trial->prefix, &trial->origin);
	trial->origin.profile = 1;
	trial->origin.counters = trial->counters;
	intake_init(&trial->intake, &budget, &trial->quota, rules, kinds_clash);
	for (unsigned i = 0; i < 2; i++)
		window_init(&trial->windows[i], 0, 1);
	tick_begin(&tick, settings->flush.interval_ns, clock_wall_ns());
	trial->interval = tick.open;
	terms_init(&trial->terms, &settings->flush.timers, &settings->sinks, rules);
	merge_init(&trial->merge, &trial->flush, kinds_clash);
	rows_init(&trial->rows, &trial->flush, &trial->terms, keep_batch, trial);
}

void
trial_fini(struct trial *trial)
{
	drop_batches(trial);
	free(trial->batches);
	rows_fini(&trial->rows);
	merge_fini(&trial->merge);
	terms_fini(&trial->terms);
	for (unsigned i = 0; i < 2; i++)
		window_fini(&trial->windows[i]);
	intake_fini(&trial->intake);
	text_fini(&trial->prefix);
}

static void
flush_window(struct trial *trial, struct window *window)
{
	drop_batches(trial);
	window->interval = trial->interval;
	merge_windows(&trial->merge, &window, 1, &trial->interval);
	rows_begin(&trial->rows, &trial->interval);
	rows_add_events(&trial->rows, window);
	rows_add_series(&trial->rows, &trial->merge);
	rows_end(&trial->rows);
	trial->late = trial->merge.late;
	merge_end(&trial->merge);
}

/* Under which reason the counters changed from what they were. */
static enum reason
refused_since(const struct trial *trial, const uint64_t *before)
{
	for (size_t i = REASON_NONE + 1; i < REASONS; i++)
		if (counter_get(&trial->counters[INTAKE_LINES_REFUSED + i]) > before[i])
			return (enum reason)i;
	return REASON_NONE;
}

enum reason
trial_line(struct trial *trial, const char *bytes, size_t len, uint64_t *elements_out)
{
	static const uint8_t source[SOURCE_BYTES] = {[10] = 0xff, 0xff, 127, 0, 0, 1};
	const struct arrival arrival = {(uint64_t)clock_mono_ns(), source};
	struct window *window = &trial->windows[trial->interval.seq & 1];
	const counter *elements = &trial->counters[INTAKE_ELEMENTS_REFUSED];
	uint64_t elements_before = counter_get(elements), before[REASONS];

	for (size_t i = 0; i < REASONS; i++)
		before[i] = counter_get(&trial->counters[INTAKE_LINES_REFUSED + i]);
	window_open(window, trial->interval.seq);
	trial->intake.window = window;
	intake_datagram(&trial->intake, &trial->origin, bytes, len, false, &arrival);
	flush_window(trial, window);
	trial->interval.seq++;
	*elements_out = counter_get(elements) - elements_before;
	return refused_since(trial, before);
}

void
trial_encode(const struct trial *trial, size_t sink, struct text *out)
{
	const struct item_entry *entry = &trial->settings->sinks.at[sink];
	const struct sink_kind *kind = &sink_kinds[entry->variant];
	const void *encoding = (const char *)entry->settings + kind->encoding;
	struct cursor cursor = {0};

	while (cursor.batch < trial->batch_count)
		kind->encoder->encode(encoding, trial->batches, trial->batch_count, &cursor, out);
	if (kind->encoder->release != NULL)
		kind->encoder->release(&cursor);
}
