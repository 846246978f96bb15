/* SPDX-License-Identifier: MIT */
/* number_proof.c -- random doubles, printed: each reads back bit for bit, has
 * no shorter text that does, and is the nearest of those as short.
 *
 *   number_proof COUNT [SEED]
 *
 * All processors work at it. Prints one JSON object, and what failed first on
 * standard error; then the exit status is 1. That a text is the nearest takes
 * the C library long to say: it is asked of one in NEAREST_EVERY. */

#include "base/number.h"
#include "test/unit/base/shortest.h"

#include <pthread.h>
#include <unistd.h>

#define NEAREST_EVERY 8
#define THREADS_MOST 256
#define FAILURES_SHOWN 10

/* A thread's; not on a line with another's. */
struct share {
	_Alignas(64) pthread_t thread;
	uint64_t state, count, failures, nearest;
};

static void
fail(struct share *share, double value, const char *text, const char *flaw)
{
	if (share->failures++ < FAILURES_SHOWN)
		fprintf(stderr, "number_proof: %a: %s %s\n", value, text, flaw);
}

/* Of a double, and of its negative now and then. */
static void
prove(struct share *share, double value, uint64_t turn)
{
	char text[NUMBER_TEXT_MAX + 1];
	bool minus = turn % 2 != 0;
	const char *digits = text + minus;

	text[number_print(minus ? -value : value, text)] = '\0';
	const char *flaw = minus && text[0] != '-' ? "has no sign" : shortest_flaw(value, digits);

	if (flaw != NULL) {
		fail(share, value, text, flaw);
	} else if (turn % NEAREST_EVERY == 0) {
		share->nearest++;
		if (!shortest_is_nearest(value, digits))
			fail(share, value, text, "is not the nearest");
	}
}

static void *
work(void *arg)
{
	struct share *share = arg;

	for (uint64_t i = 0; i < share->count; i++)
		prove(share, shortest_random(&share->state), i);
	return NULL;
}

/* Begin the shares; how many. */
static unsigned
divide(struct share *shares, uint64_t count, uint64_t seed)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = online < 1 ? 1 : online > THREADS_MOST ? THREADS_MOST : (unsigned)online;

	for (unsigned i = 0; i < threads; i++) {
		shares[i].state = random_next(&seed);
		shares[i].count = count / threads + (i < count % threads);
		if (pthread_create(&shares[i].thread, NULL, work, &shares[i]) != 0) {
			fputs("number_proof: no thread\n", stderr);
			exit(EXIT_FAILURE);
		}
	}
	return threads;
}

int
main(int argc, char **argv)
{
	static struct share shares[THREADS_MOST];

	if (argc < 2 || argc > 3) {
		fputs("usage: number_proof COUNT [SEED]\n", stderr);
		return 2;
	}
	uint64_t count = strtoull(argv[1], NULL, 10);
	uint64_t seed = argc == 3 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	uint64_t failures = 0, nearest = 0;
	unsigned threads = divide(shares, count, seed);

	for (unsigned i = 0; i < threads; i++) {
		pthread_join(shares[i].thread, NULL);
		failures += shares[i].failures;
		nearest += shares[i].nearest;
	}
	printf("{\"count\":%" PRIu64 ",\"seed\":%" PRIu64 ",\"threads\":%u,\"nearest\":%" PRIu64
	       ",\"failures\":%" PRIu64 "}\n",
	    count, seed, threads, nearest, failures);
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
