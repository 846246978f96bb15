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
	ck_assert_uint_eq(catalog_at(&catalog, gid)->refs, 2);
	catalog_release(&catalog, a);
	ck_assert_uint_eq(catalog.live, 1);
	ck_assert_ptr_nonnull(catalog_at(&catalog, gid)->key);
	catalog_release(&catalog, b);
	ck_assert_uint_eq(catalog.live, 0);
	ck_assert_ptr_null(catalog_at(&catalog, gid)->key);
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
	struct entry *total = table_insert(&table, table_hash(&sample), &sample, 1, NULL, 0, 0);
	uint32_t gid = catalog_hold_fed(&catalog, total);

	ck_assert_uint_eq(total->gid, 0);
	ck_assert_uint_eq(catalog_at(&catalog, gid)->refs, 1);
	ck_assert_uint_eq(catalog_at(&catalog, gid)->kind, KIND_COUNTER);
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
		ck_assert(!catalog_at(&catalog, first->gid)->muted);
		ck_assert(catalog_at(&catalog, second->gid)->muted);
		ck_assert_uint_eq(catalog.conflicts, 1);
		catalog_release(&catalog, first);
		ck_assert(!catalog_at(&catalog, second->gid)->muted);
		catalog_adopt(&catalog, first);
		ck_assert(catalog_at(&catalog, first->gid)->muted);
		ck_assert_uint_eq(catalog.conflicts, 2);
		catalog_release(&catalog, first);
		ck_assert(!catalog_at(&catalog, second->gid)->muted);
		table_fini(&table);
		catalog_fini(&catalog);
	}
}
END_TEST

static void
must_spell(const struct catalog *catalog, uint32_t gid, const char *key)
{
	const struct series *series = catalog_at(catalog, gid);

	ck_assert_uint_eq((size_t)series->name_len + series->tags_len, strlen(key));
	ck_assert_mem_eq(series->key, key, strlen(key));
}

/* Each table is gone when its entry has been released: under a sanitizer a key
 * that still pointed there would be noticed. */
START_TEST(a_key_outlives_the_entry_that_brought_it)
{
	struct table tables[3];
	struct catalog catalog;
	struct entry *entries[3];
	uint32_t gid = 0;

	hash_init();
	catalog_init(&catalog, &timers, false);
	for (int i = 0; i < 2; i++) {
		table_init(&tables[i]);
		entries[i] = insert(&tables[i], "a.long.name", "k:v");
		gid = catalog_adopt(&catalog, entries[i]);
	}
	ck_assert_ptr_eq(catalog_at(&catalog, gid)->key, entries[0]->key);
	catalog_release(&catalog, entries[0]);
	table_fini(&tables[0]);
	must_spell(&catalog, gid, "a.long.namek:v");

	/* It comes again, while the other one lives on, and stays. */
	table_init(&tables[2]);
	entries[2] = insert(&tables[2], "a.long.name", "k:v");
	ck_assert_uint_eq(catalog_adopt(&catalog, entries[2]), gid);
	catalog_release(&catalog, entries[1]);
	table_fini(&tables[1]);
	must_spell(&catalog, gid, "a.long.namek:v");
	catalog_hold(&catalog, gid);
	catalog_release(&catalog, entries[2]);
	table_fini(&tables[2]);
	must_spell(&catalog, gid, "a.long.namek:v");
	ck_assert_uint_eq(catalog.live, 1);
	catalog_drop(&catalog, gid);
	ck_assert_uint_eq(catalog.live, 0);
	catalog_fini(&catalog);
}
END_TEST

START_TEST(a_catalog_that_ends_has_no_use_for_entries)
{
	struct table table;
	struct catalog catalog;

	hash_init();
	catalog_init(&catalog, &timers, false);
	table_init(&table);
	struct entry *kept = insert(&table, "kept", ""), *gone = insert(&table, "gone", "");

	catalog_adopt(&catalog, kept);
	catalog_hold(&catalog, catalog_adopt(&catalog, gone));
	catalog_release(&catalog, gone);
	table_fini(&table);
	ck_assert_uint_eq(catalog.live, 2);
	catalog_fini(&catalog);
}
END_TEST

START_TEST(series_of_all_chunks_are_found)
{
	enum { SERIES = 2 * SERIES_CHUNK + 10 };
	static struct entry *entries[SERIES];
	struct table table;
	struct catalog catalog;

	hash_init();
	table_init(&table);
	catalog_init(&catalog, &timers, false);
	for (unsigned i = 0; i < SERIES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "s%u", i);
		entries[i] = insert(&table, name, "");
		ck_assert_uint_eq(catalog_adopt(&catalog, entries[i]), i + 1);
	}
	ck_assert_uint_eq(catalog.chunks, 3);
	for (unsigned i = 0; i < SERIES; i++) {
		ck_assert_ptr_eq(catalog_at(&catalog, i + 1)->key, entries[i]->key);
		entries[i]->gid = 0;
		ck_assert_uint_eq(catalog_adopt(&catalog, entries[i]), i + 1);
	}
	ck_assert_uint_eq(catalog.live, SERIES);
	table_fini(&table);
	catalog_fini(&catalog);
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
		catalog_at(catalog, gid)->refs--;
	}
	for (uint32_t gid = 1; gid < catalog->gids.count; gid++) {
		const struct series *leader = catalog_at(catalog, gid);

		if (leader->key == NULL || leader->before != 0)
			continue;
		for (uint32_t at = gid, before = 0; at != 0; at = catalog_at(catalog, at)->next) {
			const struct series *series = catalog_at(catalog, at);

			walked++;
			ck_assert_uint_eq(series->name_len, leader->name_len);
			ck_assert_mem_eq(series->key, leader->key, leader->name_len);
			ck_assert_uint_eq(series->before, before);
			before = at;
		}
	}
	ck_assert_uint_eq(walked, live);
	ck_assert_uint_eq(catalog->live, live);
	ck_assert_uint_eq(catalog->by_name.used + catalog->by_key.used, live);
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
    SUITE_TEST(a_key_outlives_the_entry_that_brought_it),
    SUITE_TEST(a_catalog_that_ends_has_no_use_for_entries),
    SUITE_TEST(series_of_all_chunks_are_found),
    SUITE_TEST(names_stay_grouped_while_series_come_and_go),
    {0},
};

SUITE_MAIN("flush/catalog", tests)
