/* SPDX-License-Identifier: MIT */
/* micro_flush.c -- what a series costs a flush, from memory: merged, made into
 * a row, and encoded for Graphite; nothing received and nothing sent.
 *
 *   micro_flush SERIES KIND VALUES
 *
 * KIND is c, g, ms or s; each series has so many values in each interval, and
 * intervals touch the series in orders of their own. Prints one JSON object:
 * ns of CPU time a series, the median of several flushes, but for the first
 * one, which adopts all series; and bytes a series, of what the flusher keeps
 * and of the batches that a flush becomes. */

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "flush/rows.h"
#include "ingest/intake.h"
#include "sink/egress.h"
#include "sink/kind.h"
#include "sink/settings.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 7

struct bench_settings {
	struct flush_settings flush;
	struct item_map sinks;
};

static const struct item root_table[] = {
    {.key = "interval",
	.type = ITEM_DURATION,
	.offset = offsetof(struct bench_settings, flush.interval_ns),
	.fallback = "10s",
	.help = "between flushes"},
    {.key = "timestamp",
	.type = ITEM_CHOICE,
	.choices = timestamp_choices,
	.offset = offsetof(struct bench_settings, flush.timestamp),
	.fallback = "end",
	.help = "of the interval"},
    {.key = "timers",
	.type = ITEM_BLOCK,
	.block = &timers_items,
	.offset = offsetof(struct bench_settings, flush.timers),
	.help = "timers"},
    {.key = "idle",
	.type = ITEM_BLOCK,
	.block = &idle_items,
	.offset = offsetof(struct bench_settings, flush.idle),
	.help = "series without samples"},
    {.key = "sinks",
	.type = ITEM_MAP,
	.variants = sink_variants,
	.offset = offsetof(struct bench_settings, sinks),
	.fallback = "{graphite: {type: graphite, address: \"127.0.0.1:2003\"}}",
	.help = "sinks"},
    {0},
};

static const struct item_table root_items = {
    .name = "root", .items = root_table, .size = sizeof(struct bench_settings)};

struct costs {
	double merge, rows, encode; /* ns */
};

static struct bench_settings settings;
static counter counters[INTAKE_COUNTERS];
static const struct origin origin = {.profile = 1,
    .rules =
	{.clean = true, .dialects = UINT32_MAX, .prefix = "", .most_bytes = 1024, .most_tags = 64},
    .counters = counters};
static struct intake intake;
static struct window windows[2];
static struct terms terms;
static struct merge merge;
static struct rows rows;
static struct text chunk;
static size_t series, values;
static const char *kind;
static double encode_ns;
static size_t made_bytes, text_bytes;

static double
cpu_time_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

static size_t
heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* As the lane of a sink does it, chunk by chunk. */
static void
encode_batch(void *arg, struct batch **batch)
{
	double start = cpu_time_ns();
	const struct item_entry *sink = &settings.sinks.at[0];
	const void *encoding = (const char *)sink->settings + sink_kinds[sink->variant].encoding;
	struct cursor cursor = {0};

	(void)arg;
	made_bytes += batch_bytes(*batch);
	while (cursor.batch < 1) {
		text_reset(&chunk);
		graphite_encoder.encode(encoding, batch, 1, &cursor, &chunk);
		text_bytes += chunk.len;
	}
	batch_drop(batch);
	encode_ns += cpu_time_ns() - start;
}

static uint64_t
common_factor(uint64_t a, uint64_t b)
{
	return b == 0 ? a : common_factor(b, a % b);
}

/* Every value of every series once, in an order of the round's own. */
static void
fill_window(uint64_t round)
{
	static const uint8_t source[SOURCE_BYTES];
	const struct arrival arrival = {.stamp = round, .source = source};
	uint64_t step = UINT64_C(0x9e3779b1) + 2 * round;
	char line[128];

	while (common_factor(step, series) > 1)
		step++;
	for (size_t value = 0; value < values; value++)
		for (size_t i = 0; i < series; i++) {
			size_t number = (i * step + round) % series;
			int len =
			    snprintf(line, sizeof(line), "bench.service.requests.s%08zu:%zu|%s",
				number, (number * 7 + value * 131 + round) % 1000, kind);

			intake_datagram(&intake, &origin, line, (size_t)len, false, &arrival);
		}
}

static struct costs
flush_window(struct interval *interval)
{
	struct window *window = &windows[interval->seq & 1];
	double start = cpu_time_ns();

	window->interval = *interval;
	merge_windows(&merge, &window, 1, interval);
	double merged = cpu_time_ns();

	encode_ns = 0;
	made_bytes = text_bytes = 0;
	rows_begin(&rows, interval);
	rows_add_series(&rows, &merge);
	rows_end(&rows);
	merge_end(&merge);
	return (struct costs){merged - start, cpu_time_ns() - merged - encode_ns, encode_ns};
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(const struct costs *costs, size_t offset)
{
	double sorted[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++)
		memcpy(&sorted[i], (const char *)&costs[i] + offset, sizeof(double));
	qsort(sorted, ROUNDS, sizeof(*sorted), ascending);
	return sorted[ROUNDS / 2] / (double)series;
}

static void
measure(void)
{
	struct interval interval = {.seq = 1, .closed_ns = INT64_C(1767268800) * CLOCK_SECOND};
	struct costs first = {0}, costs[ROUNDS];
	size_t kept = 0;

	for (size_t i = 0; i <= ROUNDS; i++) {
		interval.opened_ns = interval.closed_ns;
		interval.closed_ns += settings.flush.interval_ns;
		window_open(&windows[interval.seq & 1], interval.seq);
		intake.window = &windows[interval.seq & 1];
		fill_window(interval.seq);
		size_t before = heap_bytes();
		struct costs spent = flush_window(&interval);

		if (i == 0) {
			first = spent;
			kept = heap_bytes() - before;
		} else {
			costs[i - 1] = spent;
		}
		interval.seq++;
	}
	double count = (double)series;

	printf("{\"series\":%zu,\"kind\":\"%s\",\"values\":%zu,\"adopt_ns\":%.1f,"
	       "\"merge_ns\":%.1f,\"rows_ns\":%.1f,\"encode_ns\":%.1f,\"kept_bytes\":%.1f,"
	       "\"batch_bytes\":%.1f,\"text_bytes\":%.1f}\n",
	    series, kind, values, first.merge / count, median(costs, offsetof(struct costs, merge)),
	    median(costs, offsetof(struct costs, rows)),
	    median(costs, offsetof(struct costs, encode)), (double)kept / count,
	    (double)made_bytes / count, (double)text_bytes / count);
}

static void
make_settings(void)
{
	struct conf *conf = conf_new(&root_items);

	if (conf_apply(conf, &settings) != 0) {
		fprintf(stderr, "micro_flush: %s\n", conf_problem(conf, 0));
		exit(EXIT_FAILURE);
	}
	conf_free(conf);
}

int
main(int argc, char **argv)
{
	struct series_quota quota = {.most = INT64_MAX};

	if (argc != 4 || (series = strtoul(argv[1], NULL, 10)) == 0 ||
	    (values = strtoul(argv[3], NULL, 10)) == 0) {
		fprintf(stderr, "usage: micro_flush SERIES KIND VALUES\n");
		return 2;
	}
	kind = argv[2];
	hash_init();
	make_settings();
	const struct budget budget = timers_budget(&settings.flush.timers);

	intake_init(&intake, &budget, &quota, NULL, false);
	for (unsigned i = 0; i < 2; i++)
		window_init(&windows[i], 0, 1);
	terms_init(&terms, &settings.flush.timers, &settings.sinks, NULL);
	merge_init(&merge, &settings.flush, sink_kinds_clash(&settings.sinks));
	rows_init(&rows, &settings.flush, &terms, encode_batch, NULL);
	measure();
	rows_fini(&rows);
	merge_fini(&merge);
	terms_fini(&terms);
	for (unsigned i = 0; i < 2; i++)
		window_fini(&windows[i]);
	intake_fini(&intake);
	text_fini(&chunk);
	conf_settings_free(&root_items, &settings);
	return EXIT_SUCCESS;
}
