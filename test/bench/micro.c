/* SPDX-License-Identifier: MIT */
/* micro.c -- what a line costs from memory: parsed, hashed and folded into a
 * worker's table, nothing received and nothing flushed.
 *
 *   micro NAME SERIES MIX PACKET
 *
 * Prints one JSON object. The first passes, which create the series, are not
 * measured; the best of several rounds is what the machine can do, the median
 * what it did. */

#include "base/clock.h"
#include "base/hash.h"
#include "cli/bench_payload.h"
#include "ingest/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 9
#define ROUND_LINES UINT64_C(2000000)

static struct intake intake;
static struct window window;
static counter counters[INTAKE_COUNTERS];
static const struct origin origin = {.profile = 1,
    .rules =
	{.clean = true, .dialects = UINT32_MAX, .prefix = "", .most_bytes = 1024, .most_tags = 64},
    .counters = counters};

static double
cpu_time_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

/* Take in all prepared datagrams; how many ns of CPU time that took. */
static double
take_all(const struct payload *payload)
{
	double start = cpu_time_ns();
	static const uint8_t source[SOURCE_BYTES];
	const struct arrival arrival = {.stamp = (uint64_t)clock_mono_ns(), .source = source};

	for (size_t i = 0; i < payload->count; i++)
		intake_datagram(&intake, &origin,
		    payload->bytes.bytes + payload->datagrams[i].offset,
		    payload->datagrams[i].bytes, false, &arrival);
	return cpu_time_ns() - start;
}

static int
ascending(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* Each round is an interval of its own. */
static void
measure(const char *name, const struct payload *payload)
{
	uint64_t passes = 1 + (ROUND_LINES - 1) / payload->lines;
	double rounds[ROUNDS];
	uint64_t seq = 1;

	window_open(&window, seq);
	take_all(payload);
	for (size_t i = 0; i < ROUNDS; i++) {
		double ns = 0;

		for (uint64_t pass = 0; pass < passes; pass++) {
			window_open(&window, ++seq);
			ns += take_all(payload);
		}
		rounds[i] = ns / (double)(passes * payload->lines);
	}
	qsort(rounds, ROUNDS, sizeof(*rounds), ascending);
	printf("{\"name\":\"%s\",\"best_ns_per_line\":%.1f,\"median_ns_per_line\":%.1f}\n", name,
	    rounds[0], rounds[ROUNDS / 2]);
}

int
main(int argc, char **argv)
{
	struct payload_options options = {.lines = UINT64_MAX};
	struct series_quota quota = {.most = INT64_MAX};
	const struct budget budget = {.timer_values = 1 << 20, .bytes = (size_t)1 << 32};
	struct payload payload;

	if (argc != 5 || bench_mix_parse(argv[3], &options.mix) < 0) {
		fprintf(stderr, "usage: micro NAME SERIES MIX PACKET\n");
		return 2;
	}
	options.series = strtoul(argv[2], NULL, 10);
	options.packet_bytes = strtoul(argv[4], NULL, 10);
	hash_init();
	payload_prepare(&payload, &options);
	intake_init(&intake, &budget, &quota, NULL, false);
	window_init(&window, 0, 1);
	intake.window = &window;
	measure(argv[1], &payload);
	uint64_t refused =
	    counter_get(&counters[INTAKE_LINES]) - counter_get(&counters[INTAKE_LINES_ACCEPTED]);

	window_fini(&window);
	intake_fini(&intake);
	payload_fini(&payload);
	if (refused > 0)
		fprintf(stderr, "micro: %llu lines were refused\n", (unsigned long long)refused);
	return refused > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
