/* SPDX-License-Identifier: MIT */
/* table_race.c -- a table that one thread fills, folds into, sweeps and frees
 * from, while another reads it. */

#include "aggregate/table.h"

#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define INTERVALS 60
#define NAMES 3000

static const struct budget roomy = {.timer_values = 512, .bytes = 1 << 20, .scale = 6};
static struct table table;
static _Atomic bool done;

/* Whoever is found must be whole: its key says what its value is a multiple
 * of. It may be one sample ahead of its hits. */
static void
visit(const struct entry *entry, void *arg)
{
	uint64_t *seen = arg;
	uint32_t seq, hits;
	double value;
	char name[32];

	if (!entry_read_counter(entry, &seq, &hits, &value))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)entry->name_len, entry->key);
	if (hits > 0 && fmod(value, strtod(name + 4, NULL)) != 0)
		ck_abort_msg("%s: %g of %u", name, value, hits);
	++*seen;
}

static void *
read_all(void *arg)
{
	while (!done)
		for (unsigned i = 0; i < TABLE_SUBS; i++)
			table_read(&table, i, visit, arg);
	return NULL;
}

static void
take(struct window *window, unsigned number)
{
	char name[32];
	int len = snprintf(name, sizeof(name), "key.%u", number);
	const struct sample sample = {.name = name,
	    .name_len = (uint32_t)len,
	    .tags = "",
	    .kind = KIND_COUNTER,
	    .value = number,
	    .weight = 1};
	uint64_t hash = table_hash(&sample);
	struct entry *entry = table_find(&table, hash, &sample, 1);

	if (entry == NULL)
		entry = table_insert(&table, hash, &sample, 1, NULL, 0, 0);
	window_fold(window, entry, &sample, 1, &roomy, table.counters);
}

static bool
is_old(void *arg, struct entry *entry)
{
	const uint32_t *oldest_seq = arg;

	return entry_is_idle(entry, *oldest_seq);
}

START_TEST(a_reader_finds_whole_entries_whatever_happens_meanwhile)
{
	uint64_t state = random_seed(), seen = 0;
	struct table_walk walk = {0};
	struct window window;
	pthread_t reader;
	size_t gone = 0;

	hash_init();
	table_init(&table);
	window_init(&window, 0, 0);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_all, &seen), 0);
	for (uint32_t seq = 1; seq < INTERVALS; seq++) {
		window_open(&window, seq);
		for (unsigned i = 0; i < NAMES; i++)
			take(&window, seq * 500 + random_below(&state, NAMES));
		for (unsigned subs = 0; subs < TABLE_SUBS;)
			subs += table_walk_on(
			    &table, &walk, 64, &window, is_old, &(uint32_t){seq > 2 ? seq - 2 : 0});
		gone += window.retired.count;
		table_release(&table, &window.retired);
		while (table_collect(&table))
			continue;
	}
	done = true;
	pthread_join(reader, NULL);
	ck_assert_uint_gt(gone, NAMES);
	ck_assert_uint_gt(seen, 0);
	window_fini(&window);
	table_fini(&table);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_reader_finds_whole_entries_whatever_happens_meanwhile),
    {0},
};

SUITE_MAIN("aggregate/table race", tests)
