/* SPDX-License-Identifier: MIT */
/* roster_test.c -- who has been idle longest, and how many are of one address,
 * whoever comes, goes and speaks meanwhile. */

#include "ingest/roster.h"

#include "base/hash.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#define MOST 60
#define HOSTS 5
#define ROUNDS 5000

static struct connection connections[MOST];
static bool is_open[MOST];
static struct roster roster;
static int64_t now;

static void
speak(struct connection *connection)
{
	atomic_store_explicit(&connection->active_ns, ++now, memory_order_relaxed);
}

static void
turn_round(unsigned i, unsigned host)
{
	is_open[i] = !is_open[i];
	if (!is_open[i]) {
		roster_leave(&roster, &connections[i]);
		return;
	}
	connections[i] = (struct connection){.source = {(uint8_t)host}};
	speak(&connections[i]);
	roster_enter(&roster, &connections[i], host > 0); /* host 0 is not counted */
}

static void
expect_longest_idle(void)
{
	const struct connection *expected = NULL;

	for (unsigned i = 0; i < MOST; i++)
		if (is_open[i] &&
		    (expected == NULL || connections[i].active_ns < expected->active_ns))
			expected = &connections[i];
	if (expected != NULL)
		ck_assert_ptr_eq(roster_longest_idle(&roster), expected);
}

static void
expect_hosts(void)
{
	int64_t counts[HOSTS] = {0};
	size_t open = 0;

	for (unsigned i = 0; i < MOST; i++) {
		open += is_open[i];
		counts[connections[i].source[0]] += is_open[i];
	}
	ck_assert_uint_eq(roster.open, open);
	for (unsigned host = 0; host < HOSTS; host++) {
		const uint8_t source[SOURCE_BYTES] = {(uint8_t)host};

		ck_assert_int_eq(roster_of_host(&roster, source), host > 0 ? counts[host] : 0);
	}
}

static void
expect_heap(void)
{
	for (size_t i = 1; i < roster.open; i++)
		ck_assert_int_le(roster.order[(i - 1) / 2]->seen_ns, roster.order[i]->seen_ns);
}

START_TEST(it_knows_who_is_idle_longest_and_how_many_are_of_a_host)
{
	uint64_t random = random_seed();

	hash_init();
	roster_init(&roster, MOST);
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned i = random_below(&random, MOST);

		if (random_below(&random, 3) == 0)
			turn_round(i, random_below(&random, HOSTS));
		else if (is_open[i])
			speak(&connections[i]);
		if (random_below(&random, 8) == 0)
			expect_longest_idle();
		expect_hosts();
		expect_heap();
	}
	for (unsigned i = 0; i < MOST; i++)
		if (is_open[i])
			turn_round(i, 0);
	ck_assert_uint_eq(roster.open, 0);
	roster_fini(&roster);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(it_knows_who_is_idle_longest_and_how_many_are_of_a_host),
    {0},
};

SUITE_MAIN("ingest/roster", tests)
