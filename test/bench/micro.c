/* SPDX-License-Identifier: MIT */
/* micro.c -- what a line costs from memory: parsed, hashed and folded into a
 * worker's table, nothing received and nothing flushed.
 *
 *   micro NAME SERIES MIX PACKET [TAGS [THREADS]]
 *
 * Each thread has a table of its own, as workers have, and all of them take in
 * the same datagrams. The first pass, which creates the series in another
 * order, is not measured; the best of several rounds is what the machine can
 * do, the median what it did. Prints one JSON object: CPU time per line of one
 * thread, and how many lines a second all threads together took in. */

#include "base/check.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "cli/bench_payload.h"
#include "ingest/intake.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 9
#define ROUND_LINES UINT64_C(2000000)
#define THREADS_MOST 64

struct taker {
	pthread_t thread;
	struct intake intake;
	struct window window;
	struct origin origin;
	counter counters[INTAKE_COUNTERS];
	const struct payload *first, *then;
	double cpu_ns[ROUNDS]; /* per line */
};

static struct series_quota quota = {.most = INT64_MAX};
static struct sources *sources;
static pthread_barrier_t barrier;
static double wall_ns[ROUNDS]; /* of all threads together; the first thread writes */

static double
cpu_time_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

static void
take_all(struct taker *taker, const struct payload *payload)
{
	static const uint8_t source[SOURCE_BYTES];
	const struct arrival arrival = {.stamp = (uint64_t)clock_mono_ns(), .source = source};

	for (size_t i = 0; i < payload->count; i++)
		intake_datagram(&taker->intake, &taker->origin,
		    payload->bytes.bytes + payload->datagrams[i].offset,
		    payload->datagrams[i].bytes, false, &arrival);
}

static uint64_t
passes_of(const struct payload *payload)
{
	return 1 + (ROUND_LINES - 1) / payload->lines;
}

/* Each pass is an interval of its own. */
static void *
take_rounds(void *arg)
{
	struct taker *taker = arg;
	uint64_t passes = passes_of(taker->then);
	uint64_t seq = 1;

	window_open(&taker->window, seq);
	take_all(taker, taker->first);
	for (size_t i = 0; i < ROUNDS; i++) {
		bool leads = pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
		int64_t start = clock_mono_ns();
		double cpu = cpu_time_ns();

		for (uint64_t pass = 0; pass < passes; pass++) {
			window_open(&taker->window, ++seq);
			take_all(taker, taker->then);
		}
		taker->cpu_ns[i] = (cpu_time_ns() - cpu) / (double)(passes * taker->then->lines);
		pthread_barrier_wait(&barrier);
		if (leads)
			wall_ns[i] = (double)(clock_mono_ns() - start);
	}
	return NULL;
}

static struct taker *
taker_new(unsigned index, const struct payload *first, const struct payload *then)
{
	const struct budget budget = {.timer_values = 512, .bytes = (size_t)64 << 20, .scale = 6};
	struct taker *taker = mem_zero(1, sizeof(*taker));

	taker->first = first;
	taker->then = then;
	taker->origin = (struct origin){.profile = 1,
	    .rules = {.clean = true,
		.dialects = UINT32_MAX,
		.prefix = "",
		.most_bytes = 1024,
		.most_tags = 64},
	    .counters = taker->counters};
	intake_init(&taker->intake, &budget, &quota, NULL, false);
	source_desk_init(&taker->intake.desk, sources, index);
	window_init(&taker->window, index, 1);
	taker->intake.window = &taker->window;
	return taker;
}

/* Returns how many lines were refused. */
static uint64_t
taker_free(struct taker *taker)
{
	uint64_t refused = counter_get(&taker->counters[INTAKE_LINES]) -
	    counter_get(&taker->counters[INTAKE_LINES_ACCEPTED]);

	window_fini(&taker->window);
	intake_fini(&taker->intake);
	free(taker);
	return refused;
}

static int
ascending(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void
report(const char *name, struct taker *taker, unsigned threads)
{
	uint64_t lines = passes_of(taker->then) * taker->then->lines * threads;

	qsort(taker->cpu_ns, ROUNDS, sizeof(*taker->cpu_ns), ascending);
	qsort(wall_ns, ROUNDS, sizeof(*wall_ns), ascending);
	printf("{\"name\":\"%s\",\"threads\":%u,\"best_ns_per_line\":%.1f,"
	       "\"median_ns_per_line\":%.1f,\"best_lines_per_second\":%.0f,"
	       "\"median_lines_per_second\":%.0f}\n",
	    name, threads, taker->cpu_ns[0], taker->cpu_ns[ROUNDS / 2],
	    (double)lines / wall_ns[0] * 1e9, (double)lines / wall_ns[ROUNDS / 2] * 1e9);
}

/* Returns how many lines were refused. */
static uint64_t
measure(const char *name, const struct payload_options *options, unsigned threads)
{
	struct payload_options other = *options;
	struct payload first, then;
	struct taker *takers[THREADS_MOST];
	uint64_t refused = 0;

	/* Every series once, in another order than it will be met in. */
	other.seed++;
	other.lines = options->series;
	payload_prepare(&first, &other);
	payload_prepare(&then, options);
	sources = sources_new(threads, 0);
	CHECK(pthread_barrier_init(&barrier, NULL, threads) == 0);
	for (unsigned i = 0; i < threads; i++)
		takers[i] = taker_new(i, &first, &then);
	for (unsigned i = 0; i < threads; i++)
		CHECK(pthread_create(&takers[i]->thread, NULL, take_rounds, takers[i]) == 0);
	for (unsigned i = 0; i < threads; i++)
		pthread_join(takers[i]->thread, NULL);
	report(name, takers[0], threads);
	for (unsigned i = 0; i < threads; i++)
		refused += taker_free(takers[i]);
	pthread_barrier_destroy(&barrier);
	sources_free(sources);
	payload_fini(&first);
	payload_fini(&then);
	return refused;
}

int
main(int argc, char **argv)
{
	struct payload_options options = {.lines = UINT64_MAX, .seed = 1};
	unsigned long threads = argc > 6 ? strtoul(argv[6], NULL, 10) : 1;

	if (argc < 5 || argc > 7 || bench_mix_parse(argv[3], &options.mix) < 0 || threads < 1 ||
	    threads > THREADS_MOST) {
		fprintf(stderr, "usage: micro NAME SERIES MIX PACKET [TAGS [THREADS]]\n");
		return 2;
	}
	options.series = strtoul(argv[2], NULL, 10);
	options.packet_bytes = strtoul(argv[4], NULL, 10);
	options.tags = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 0;
	hash_init();
	uint64_t refused = measure(argv[1], &options, (unsigned)threads);

	if (refused > 0)
		fprintf(stderr, "micro: %llu lines were refused\n", (unsigned long long)refused);
	return refused > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
