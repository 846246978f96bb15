/* SPDX-License-Identifier: MIT */
/* sources_race.c -- workers that claim places, count and take over at once,
 * while somebody reads. */

#include "ingest/sources.h"

#include "base/hash.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <pthread.h>

#define WORKERS 3
#define TURNS 60000
#define PEOPLE (2 * SOURCES_MOST)
#define HELD_MOST 4000
#define SERIES_MOST 3

static struct sources *sources;
static _Atomic bool done;

struct hand {
	pthread_t thread;
	unsigned worker;
	uint64_t state;
	uint64_t lines;
	size_t held;
	uint16_t number[HELD_MOST]; /* of each series it holds */
};

static void
give_one(struct hand *hand)
{
	size_t which = random_below(&hand->state, (unsigned)hand->held);

	sources_give_series(sources, hand->number[which]);
	hand->number[which] = hand->number[--hand->held];
}

/* Time goes by so fast that whoever has no series is soon forgotten. */
static void *
work(void *arg)
{
	struct hand *hand = arg;
	struct source_desk desk;

	source_desk_init(&desk, sources, hand->worker);
	for (int64_t i = 0; i < TURNS; i++) {
		uint8_t address[SOURCE_BYTES] = {0};
		uint32_t who = random_below(&hand->state, PEOPLE);

		memcpy(address, &who, sizeof(who));
		source_desk_turn(&desk, address, i * SOURCES_IDLE_NS / 500);
		source_desk_count(&desk, 1, 0);
		hand->lines++;
		if (hand->held == HELD_MOST || random_below(&hand->state, 3) == 0) {
			if (hand->held > 0)
				give_one(hand);
		} else if (source_desk_take_series(&desk, &hand->number[hand->held])) {
			hand->held++;
		}
	}
	return NULL;
}

/* Nobody has more than the limit; a record is somebody's, or not told. */
static void *
watch(void *arg)
{
	struct source_figures *figures = malloc(SOURCES_MOST * sizeof(*figures));

	(void)arg;
	while (!done) {
		size_t count = sources_read(sources, figures);

		for (size_t i = 0; i < count; i++) {
			uint32_t who;

			memcpy(&who, figures[i].address, sizeof(who));
			if (figures[i].others)
				continue;
			ck_assert_uint_le(figures[i].series, SERIES_MOST);
			ck_assert_uint_lt(who, PEOPLE);
		}
	}
	free(figures);
	return NULL;
}

/* Each series that is held counts in the place that was said. */
static void
expect_all_counted(const struct hand *hands)
{
	static uint64_t expected[SOURCES_MOST];

	for (unsigned i = 0; i < WORKERS; i++)
		for (size_t j = 0; j < hands[i].held; j++)
			expected[hands[i].number[j]]++;
	for (unsigned i = 0; i < SOURCES_MOST; i++) {
		uint64_t series = sources->place[i] & SOURCES_SERIES_MOST;

		ck_assert_uint_eq(series, expected[i]);
	}
}

START_TEST(every_series_counts_in_one_place_whoever_comes_and_goes)
{
	static struct hand hands[WORKERS];
	uint64_t state = random_seed();
	pthread_t reader;

	hash_init();
	sources = sources_new(WORKERS, SERIES_MOST);
	ck_assert_int_eq(pthread_create(&reader, NULL, watch, NULL), 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		hands[i] = (struct hand){.worker = i, .state = random_next(&state)};
		ck_assert_int_eq(pthread_create(&hands[i].thread, NULL, work, &hands[i]), 0);
	}
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(hands[i].thread, NULL);
	done = true;
	pthread_join(reader, NULL);
	expect_all_counted(hands);
	sources_free(sources);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(every_series_counts_in_one_place_whoever_comes_and_goes),
    {0},
};

SUITE_MAIN("ingest/sources race", tests)
