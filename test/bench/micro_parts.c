/* SPDX-License-Identifier: MIT */
/* micro_parts.c -- what the parts of a line's way cost, each alone: parsing,
 * hashing, a value of a sketch, a number printed.
 *
 *   micro_parts
 *
 * Prints one JSON object: ns of CPU time for each, the median of several
 * rounds. */

#include "aggregate/sketch.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "cli/bench_payload.h"
#include "parse/quick.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 9
#define REPEATS 8
#define COUNT ((size_t)1 << 17)

static struct payload payload;
static struct sample *samples; /* of the payload's lines, in order */
static size_t sample_count;
static double values[COUNT];
static volatile uint64_t kept; /* so that no work is left out */

static double
cpu_time_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

static int
ascending(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* Returns how many there were. */
typedef size_t part_fn(void);

static size_t
parse_lines(void)
{
	const char *at = payload.bytes.bytes, *end = at + payload.bytes.len;
	double sum = 0;

	sample_count = 0;
	while (at < end) {
		struct sample *sample = &samples[sample_count++];
		const char *stop = quick_sample(at, end, sample);

		CHECK(stop != NULL && quick_end(&at, stop, end));
		sum += sample->value;
	}
	kept += (uint64_t)sum;
	return sample_count;
}

static size_t
hash_names(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < sample_count; i++)
		sum += hash_bytes(samples[i].name, samples[i].name_len);
	kept += sum;
	return sample_count;
}

static size_t
add_to_sketch(void)
{
	struct arena arena = {0};
	struct sketch *sketch = sketch_new(&arena, sketch_scale(0.01));

	for (size_t i = 0; i < COUNT; i++)
		sketch_add(sketch, &arena, values[i], 1);
	kept += sketch_count(sketch);
	arena_fini(&arena);
	return COUNT;
}

static size_t
print_whole_numbers(void)
{
	char text[NUMBER_TEXT_MAX];
	uint64_t sum = 0;

	for (size_t i = 0; i < COUNT; i++)
		sum += number_print((double)(uint64_t)values[i], text);
	kept += sum;
	return COUNT;
}

static size_t
print_doubles(void)
{
	char text[NUMBER_TEXT_MAX];
	uint64_t sum = 0;

	for (size_t i = 0; i < COUNT; i++)
		sum += number_print(values[i], text);
	kept += sum;
	return COUNT;
}

/* Times like those of requests: about 100, logarithms normally distributed
 * with all digits a double has. */
static void
draw_values(void)
{
	srand48(1);
	for (size_t i = 0; i < COUNT; i++) {
		double radius = sqrt(-2 * log(1 - drand48()));

		values[i] = 100 * exp(radius * cos(2 * M_PI * drand48()));
	}
}

static double
measure(part_fn *part)
{
	double rounds[ROUNDS];

	part();
	for (size_t i = 0; i < ROUNDS; i++) {
		double start = cpu_time_ns();
		size_t count = 0;

		for (size_t repeat = 0; repeat < REPEATS; repeat++)
			count += part();
		rounds[i] = (cpu_time_ns() - start) / (double)count;
	}
	qsort(rounds, ROUNDS, sizeof(*rounds), ascending);
	return rounds[ROUNDS / 2];
}

int
main(void)
{
	static const struct {
		const char *name;
		part_fn *part;
	} parts[] = {
	    {"parse_ns", parse_lines},
	    {"hash_ns", hash_names},
	    {"sketch_ns", add_to_sketch},
	    {"print_whole_ns", print_whole_numbers},
	    {"print_double_ns", print_doubles},
	};
	const struct payload_options options = {.mix.weight[KIND_COUNTER] = 1,
	    .series = 1000,
	    .lines = COUNT,
	    .packet_bytes = 1432,
	    .seed = 1};

	hash_init();
	draw_values();
	payload_prepare(&payload, &options);
	samples = mem_alloc((COUNT + 1) * sizeof(*samples));
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		printf("%s\"%s\":%.1f", i == 0 ? "{" : ",", parts[i].name, measure(parts[i].part));
	puts("}");
	free(samples);
	payload_fini(&payload);
	return EXIT_SUCCESS;
}
