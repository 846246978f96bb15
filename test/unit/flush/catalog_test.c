/* SPDX-License-Identifier: MIT */
/* catalog_test.c -- series by key and by name, while they come and go. */

#include "flush/catalog.h"

#include "aggregate/table.h"
#include "base/hash.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct timers_settings timers;

static struct entry *
insert_kind(struct table *table, enum kind kind, const char *name, const char *tags)
{
	const struct sample sample = {.name = name,
	    .name_len = (uint32_t)strlen(name),
	    .tags = tags,
	    .tags_len = (uint32_t)strlen(tags),
	    .kind = kind};

	return table_insert(table, table_hash(&sample), &sample, 1, NULL, 0, 0);
}

static struct entry *
insert(struct table *table, const char *name, const char *tags)
{
	return insert_kind(table, KIND_COUNTER, name, tags);
}

START_TEST(entries_of_two_workers_are_one_series)
{
	struct table tables[2];
	struct catalog catalog;

	hash_init();
	catalog_init(&catalog, &timers, false);
	for (int i = 0; i < 2; i++)
		table_init(&tables[i]);
	struct entry *a = insert(&tables[0], "a", "k:v"), *b = insert(&tables[1], "a", "k:v");
	uint32_t gid = catalog_adopt(&catalog, a);

	ck_assert_uint_eq(catalog_adopt(&catalog, b), gid);
	ck_assert_uint_eq(catalog.series[gid].refs, 2);
	catalog_release(&catalog, a);
	ck_assert_uint_eq(catalog.live, 1);
	ck_assert_ptr_nonnull(catalog.series[gid].key);
	catalog_release(&catalog, b);
	ck_assert_uint_eq(catalog.live, 0);
	ck_assert_ptr_null(catalog.series[gid].key);
	for (int i = 0; i < 2; i++)
		table_fini(&tables[i]);
	catalog_fini(&catalog);
}
END_TEST

START_TEST(a_held_series_outlives_its_entry)
{
	struct table table;
	struct catalog catalog;

	hash_init();
	table_init(&table);
	catalog_init(&catalog, &timers, false);
	struct entry *a = insert(&table, "a", "k:v");
	uint32_t gid = catalog_adopt(&catalog, a);

	catalog_hold(&catalog, gid);
	catalog_release(&catalog, a);
	ck_assert_uint_eq(a->gid, 0);
	ck_assert_uint_eq(catalog.live, 1);
	ck_assert_uint_eq(catalog_adopt(&catalog, a), gid);
	catalog_drop(&catalog, gid);
	ck_assert_uint_eq(catalog.live, 1);
	catalog_release(&catalog, a);
	ck_assert_uint_eq(catalog.live, 0);
	table_fini(&table);
	catalog_fini(&catalog);
}
END_TEST

START_TEST(a_total_feeds_the_counter_of_its_name_and_tags)
{
	static const uint8_t source[SOURCE_BYTES] = {1};
	const struct sample sample = {.name = "a",
	    .name_len = 1,
	    .tags = "k:v",
	    .tags_len = 3,
	    .kind = KIND_COUNTER,
	    .total = true,
	    .source = source};
	struct table table;
	struct catalog catalog;

	hash_init();
	table_init(&table);
	catalog_init(&catalog, &timers, false);
	struct entry *total = table_insert(&table, table_hash(&sample), &sample, 1, NULL, 0, 7);
	uint32_t gid = catalog_hold_fed(&catalog, total);

	ck_assert_uint_eq(total->gid, 0);
	ck_assert_uint_eq(catalog.series[gid].refs, 1);
	ck_assert_uint_eq(catalog.series[gid].kind, KIND_COUNTER);
	ck_assert_uint_eq(catalog.series[gid].plan, 7);
	ck_assert_uint_eq(catalog_adopt(&catalog, insert(&table, "a", "k:v")), gid);
	ck_assert_uint_ne(catalog_adopt(&catalog, insert(&table, "a", "")), gid);
	ck_assert_uint_ne(
	    catalog_adopt(&catalog, insert_kind(&table, KIND_GAUGE, "a", "k:v")), gid);
	ck_assert_uint_eq(catalog.live, 3);
	table_fini(&table);
	catalog_fini(&catalog);
}
END_TEST

START_TEST(the_first_kind_of_a_name_silences_its_twin)
{
	static const enum kind pairs[][2] = {{KIND_COUNTER, KIND_GAUGE}, {KIND_GAUGE, KIND_COUNTER},
	    {KIND_TIMER, KIND_SET}, {KIND_SET, KIND_TIMER}};
	struct table table;
	struct catalog catalog;

	hash_init();
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		table_init(&table);
		catalog_init(&catalog, &timers, true);
		struct entry *first = insert_kind(&table, pairs[i][0], "a", "k:v");
		struct entry *second = insert_kind(&table, pairs[i][1], "a", "k:v");

		catalog_adopt(&catalog, first);
		catalog_adopt(&catalog, second);
		ck_assert(!catalog.series[first->gid].muted);
		ck_assert(catalog.series[second->gid].muted);
		ck_assert_uint_eq(catalog.conflicts, 1);
		catalog_release(&catalog, first);
		ck_assert(!catalog.series[second->gid].muted);
		catalog_adopt(&catalog, first);
		ck_assert(catalog.series[first->gid].muted);
		ck_assert_uint_eq(catalog.conflicts, 2);
		catalog_release(&catalog, first);
		ck_assert(!catalog.series[second->gid].muted);
		table_fini(&table);
		catalog_fini(&catalog);
	}
}
END_TEST

/* Every live series is found by its key and hangs on the one leader of its
 * name. */
static void
verify(struct catalog *catalog, struct entry **entries, size_t count)
{
	uint32_t live = 0, walked = 0;

	for (size_t i = 0; i < count; i++) {
		if (entries[i] == NULL)
			continue;
		uint32_t gid = entries[i]->gid;

		live++;
		ck_assert_uint_ne(gid, 0);
		ck_assert_uint_eq(catalog_adopt(catalog, entries[i]), gid);
		catalog->series[gid].refs--;
	}
	for (uint32_t gid = 1; gid < catalog->gids.count; gid++) {
		const struct series *leader = &catalog->series[gid];

		if (!leader->leader)
			continue;
		for (uint32_t at = gid; at != 0; at = catalog->series[at].next) {
			const struct series *series = &catalog->series[at];

			walked++;
			ck_assert_uint_eq(series->name_len, leader->name_len);
			ck_assert_mem_eq(series->key, leader->key, leader->name_len);
			ck_assert(at == gid || !series->leader);
		}
	}
	ck_assert_uint_eq(walked, live);
	ck_assert_uint_eq(catalog->live, live);
	ck_assert_uint_eq(catalog->by_key.used, live);
}

START_TEST(names_stay_grouped_while_series_come_and_go)
{
	enum { NAMES = 40, TAGS = 6, SERIES = NAMES * TAGS };
	struct entry *entries[SERIES] = {0}, *all[SERIES];
	uint64_t random = random_seed();
	struct table table;
	struct catalog catalog;

	hash_init();
	table_init(&table);
	catalog_init(&catalog, &timers, false);
	for (int i = 0; i < SERIES; i++) {
		char name[16], tags[16];

		snprintf(name, sizeof(name), "name%d", i / TAGS);
		snprintf(tags, sizeof(tags), "k:%d", i % TAGS);
		all[i] = insert(&table, name, i % TAGS > 0 ? tags : "");
	}
	for (int step = 0; step < 20000; step++) {
		unsigned i = random_below(&random, SERIES);

		if (entries[i] == NULL) {
			catalog_adopt(&catalog, all[i]);
			entries[i] = all[i];
		} else {
			catalog_release(&catalog, all[i]);
			entries[i] = NULL;
		}
		if (step % 500 == 0)
			verify(&catalog, entries, SERIES);
	}
	verify(&catalog, entries, SERIES);
	ck_assert_uint_le(catalog.gids.count, SERIES + 1);
	table_fini(&table);
	catalog_fini(&catalog);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(entries_of_two_workers_are_one_series),
    SUITE_TEST(a_held_series_outlives_its_entry),
    SUITE_TEST(a_total_feeds_the_counter_of_its_name_and_tags),
    SUITE_TEST(the_first_kind_of_a_name_silences_its_twin),
    SUITE_TEST(names_stay_grouped_while_series_come_and_go),
    {0},
};

SUITE_MAIN("flush/catalog", tests)
