/* SPDX-License-Identifier: MIT */
/* egress_race.c -- a flusher that offers, people who look, and a stop, each on
 * a thread of its own. */

#include "test/unit/sink/fakepeer.h"
#include "test/unit/sink/harness.h"

#include "test/unit/suite.h"

#include <stdatomic.h>
#include <unistd.h>

#define FLUSHES 40
#define ROWS 500

struct reader {
	struct harness *harness;
	_Atomic bool stop;
};

static void *
offer_all(void *arg)
{
	struct harness *harness = arg;

	for (uint64_t seq = 1; seq <= FLUSHES; seq++) {
		struct batch *first = harness_batch(seq, 0, ROWS / 2, 20, false, NULL);
		struct batch *last = harness_batch(seq, ROWS / 2, ROWS / 2, 20, true, NULL);

		egress_offer(harness->egress, &first);
		egress_offer(harness->egress, &last);
	}
	return NULL;
}

static void *
look(void *arg)
{
	struct reader *reader = arg;
	uint64_t delivered = 0;

	while (!atomic_load(&reader->stop)) {
		uint64_t now = harness_counter(reader->harness, SINK_POINTS_DELIVERED);

		ck_assert_uint_ge(now, delivered);
		delivered = now;
		ck_assert_int_eq(harness_report(reader->harness)[0], '[');
		usleep(100);
	}
	return NULL;
}

static void
must_balance(struct harness *harness)
{
	struct reader reader = {.harness = harness};
	pthread_t flusher, looker;

	harness_start(harness);
	ck_assert_int_eq(pthread_create(&flusher, NULL, offer_all, harness), 0);
	ck_assert_int_eq(pthread_create(&looker, NULL, look, &reader), 0);
	pthread_join(flusher, NULL);
	atomic_store(&reader.stop, true);
	pthread_join(looker, NULL);
	harness_stop(harness, 60 * CLOCK_SECOND);
	ck_assert_uint_eq(harness_counter(harness, SINK_POINTS_OFFERED), FLUSHES * ROWS);
	ck_assert_uint_eq(harness_counter(harness, SINK_POINTS_DELIVERED), FLUSHES * ROWS);
	harness_free(harness);
}

START_TEST(graphite_ledger_balances_whoever_looks)
{
	static const struct fakepeer_turn turns[] = {
	    {MANNER_READ, 0}, {MANNER_RESET, 3000}, {MANNER_READ, 0}};
	struct fakepeer peer;
	struct harness harness;

	fakepeer_start(&peer, 0, turns, 3);
	harness_init_graphite(&harness, peer.address);
	must_balance(&harness);
	fakepeer_stop(&peer);
	fakepeer_free(&peer);
}
END_TEST

START_TEST(graphite_ledger_balances_behind_a_name)
{
	static const struct fakepeer_turn turns[] = {{MANNER_READ, 0}};
	struct fakepeer peer;
	struct harness harness;
	char address[32];

	fakepeer_start(&peer, 0, turns, 1);
	snprintf(address, sizeof(address), "localhost:%u", peer.port);
	harness_init_graphite(&harness, address);
	must_balance(&harness);
	fakepeer_stop(&peer);
	fakepeer_free(&peer);
}
END_TEST

START_TEST(stdout_ledger_balances_whoever_looks)
{
	struct harness harness;

	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	harness_init_stdout(&harness);
	must_balance(&harness);
}
END_TEST

/* A writer in the middle of its table is told to stop. */
START_TEST(stdout_stops_in_mid_table)
{
	struct harness harness;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	harness_init_stdout(&harness);
	harness_start(&harness);
	harness_offer(&harness, 1, BATCH_ROWS, 20, NULL);
	harness_stop(&harness, 50 * CLOCK_MS);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DROPPED_SHUTDOWN), BATCH_ROWS);
	harness_free(&harness);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(graphite_ledger_balances_whoever_looks),
    SUITE_TEST(graphite_ledger_balances_behind_a_name),
    SUITE_TEST(stdout_ledger_balances_whoever_looks),
    SUITE_TEST(stdout_stops_in_mid_table),
    {0},
};

SUITE_MAIN("sink/egress", tests)
