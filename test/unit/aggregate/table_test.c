/* SPDX-License-Identifier: MIT */
/* table_test.c -- a worker's table against a simple one, and its edges. */

#include "aggregate/table.c"

#include "test/unit/suite.h"

#include <stdio.h>

static const struct budget roomy = {.timer_values = 512, .bytes = 1 << 20};

static struct sample
spelling(const char *name, const char *tags, enum kind kind)
{
	return (struct sample){.name = name,
	    .name_len = (uint32_t)strlen(name),
	    .tags = tags,
	    .tags_len = (uint32_t)strlen(tags),
	    .kind = kind,
	    .weight = 1,
	    .value = 1};
}

static struct entry *
insert(struct table *table, const struct sample *sample, struct entry *alias)
{
	return table_insert(table, table_hash(sample), sample, 1, alias);
}

static struct entry *
find(const struct table *table, const struct sample *sample)
{
	return table_find(table, table_hash(sample), sample, 1);
}

START_TEST(name_tags_and_kind_make_the_key)
{
	struct table table;
	const struct sample samples[] = {
	    spelling("a", "", KIND_COUNTER),
	    spelling("a", "", KIND_GAUGE),
	    spelling("a", "k:v", KIND_COUNTER),
	    spelling("ak:v", "", KIND_COUNTER),
	    spelling("a", "k:w", KIND_COUNTER),
	};
	struct entry *entries[5];

	hash_init();
	table_init(&table);
	for (size_t i = 0; i < 5; i++) {
		ck_assert_ptr_null(find(&table, &samples[i]));
		entries[i] = insert(&table, &samples[i], NULL);
	}
	for (size_t i = 0; i < 5; i++)
		ck_assert_ptr_eq(find(&table, &samples[i]), entries[i]);
	ck_assert_ptr_null(table_find(&table, table_hash(&samples[0]), &samples[0], 2));
	ck_assert_ptr_eq(table_find(&table, table_hash(&samples[0]), &samples[0], 0), entries[0]);
	table_fini(&table);
}
END_TEST

START_TEST(a_hundred_thousand_keys_are_all_found_again)
{
	struct table table;
	char name[32];

	hash_init();
	table_init(&table);
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "key.%d", i);
		const struct sample sample = spelling(name, "", KIND_COUNTER);

		ck_assert_ptr_null(find(&table, &sample));
		insert(&table, &sample, NULL);
	}
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "key.%d", i);
		const struct sample sample = spelling(name, "", KIND_COUNTER);

		ck_assert_ptr_nonnull(find(&table, &sample));
	}
	ck_assert_uint_eq(counter_get(&table.counters[TABLE_KEYS]), 100000);
	ck_assert_uint_eq(counter_get(&table.counters[TABLE_SERIES + KIND_COUNTER]), 100000);
	table_fini(&table);
}
END_TEST

static void
sweep_all(struct table *table, uint32_t oldest_seq, struct window *window)
{
	for (unsigned i = 0; i < TABLE_SUBS; i++)
		table_sweep(table, i, oldest_seq, window);
}

START_TEST(idle_entries_go_and_busy_ones_stay)
{
	struct table table;
	struct window window;
	const struct sample old = spelling("old", "", KIND_COUNTER);
	const struct sample fresh = spelling("fresh", "", KIND_COUNTER);

	hash_init();
	table_init(&table);
	window_init(&window, 0, 0);
	window_open(&window, 5);
	window_fold(&window, insert(&table, &old, NULL), &old, 1, &roomy);
	window_open(&window, 9);
	window_fold(&window, insert(&table, &fresh, NULL), &fresh, 2, &roomy);
	sweep_all(&table, 5, &window);
	ck_assert_uint_eq(window.retired.count, 0);
	sweep_all(&table, 6, &window);
	ck_assert_uint_eq(window.retired.count, 1);
	ck_assert_ptr_null(find(&table, &old));
	ck_assert_ptr_nonnull(find(&table, &fresh));
	table_release(&table, &window.retired);
	ck_assert_uint_eq(table.limbo.count, 0);
	window_fini(&window);
	table_fini(&table);
}
END_TEST

START_TEST(an_alias_keeps_its_series_until_it_goes_itself)
{
	struct table table;
	struct window window;
	const struct sample form = spelling("a_b", "", KIND_COUNTER);
	const struct sample other = spelling("a b", "", KIND_COUNTER);

	hash_init();
	table_init(&table);
	window_init(&window, 0, 0);
	window_open(&window, 1);
	struct entry *series = insert(&table, &form, NULL);
	struct entry *alias = insert(&table, &other, series);

	window_fold(&window, series, &other, 1, &roomy);
	window_open(&window, 7);
	window_stamp(&window, alias);
	sweep_all(&table, 5, &window);
	ck_assert_ptr_eq(find(&table, &other), alias);
	ck_assert_ptr_eq(find(&table, &form), series);
	sweep_all(&table, 8, &window);
	sweep_all(&table, 8, &window);
	ck_assert_uint_eq(window.retired.count, 2);
	ck_assert_uint_eq(counter_get(&table.counters[TABLE_KEYS]), 0);
	window_fini(&window);
	table_fini(&table);
}
END_TEST

START_TEST(nothing_is_freed_while_somebody_reads)
{
	struct table table;
	struct window window;
	const struct sample sample = spelling("a", "", KIND_COUNTER);

	hash_init();
	table_init(&table);
	window_init(&window, 0, 0);
	window_open(&window, 1);
	insert(&table, &sample, NULL);
	sweep_all(&table, 1, &window);
	atomic_store(&table.reading, true);
	table_release(&table, &window.retired);
	ck_assert_uint_eq(table.limbo.count, 1);
	atomic_store(&table.reading, false);
	table_collect(&table);
	ck_assert_uint_eq(table.limbo.count, 0);
	window_fini(&window);
	table_fini(&table);
}
END_TEST

/* Entries come and go: tombstones must not fill a sub-table up. */
START_TEST(churn_does_not_grow_the_table)
{
	struct table table;
	struct window window;
	char name[32];

	hash_init();
	table_init(&table);
	window_init(&window, 0, 0);
	for (unsigned round = 1; round < 200; round++) {
		window_open(&window, round);
		for (int i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "key.%u.%d", round, i);
			const struct sample sample = spelling(name, "", KIND_COUNTER);

			window_fold(&window, insert(&table, &sample, NULL), &sample, 1, &roomy);
		}
		sweep_all(&table, round, &window);
		table_release(&table, &window.retired);
	}
	ck_assert_uint_eq(counter_get(&table.counters[TABLE_KEYS]), 1000);
	ck_assert_uint_eq(counter_get(&table.counters[TABLE_SERIES_EXPIRED]), 198000);
	for (unsigned i = 0; i < TABLE_SUBS; i++)
		ck_assert_uint_lt(table.sub[i]->mask, 256);
	window_fini(&window);
	table_fini(&table);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(name_tags_and_kind_make_the_key),
    SUITE_TEST(a_hundred_thousand_keys_are_all_found_again),
    SUITE_TEST(idle_entries_go_and_busy_ones_stay),
    SUITE_TEST(an_alias_keeps_its_series_until_it_goes_itself),
    SUITE_TEST(nothing_is_freed_while_somebody_reads),
    SUITE_TEST(churn_does_not_grow_the_table),
    {0},
};

SUITE_MAIN("aggregate/table", tests)
