/* SPDX-License-Identifier: MIT */
/* table_test.c -- a worker's table against a simple one, and its edges. */

#include "aggregate/table.c"

#include "test/unit/suite.h"

#include <stdio.h>

static const struct budget roomy = {.timer_values = 512, .bytes = 1 << 20, .scale = 6};

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
	return table_insert(table, table_hash(sample), sample, 1, alias, 0, 0);
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

static const uint8_t sources[3][SOURCE_BYTES] = {"\1 address of one", "\2 address of one", ""};

static struct sample
total(const char *name, const char *tags, unsigned source)
{
	struct sample sample = spelling(name, tags, KIND_COUNTER);

	sample.total = true;
	sample.source = sources[source];
	return sample;
}

START_TEST(a_total_has_its_source_in_its_key)
{
	struct table table;
	const struct sample samples[] = {
	    spelling("a", "", KIND_COUNTER),
	    total("a", "", 0),
	    total("a", "", 1),
	    total("a", "", 2),
	    total("a", "k:v", 0),
	    /* the bytes of a name are those of a source */
	    spelling("a\1 address of one", "", KIND_COUNTER),
	};
	struct entry *entries[6];

	hash_init();
	table_init(&table);
	for (size_t i = 0; i < 6; i++) {
		ck_assert_ptr_null(find(&table, &samples[i]));
		entries[i] = insert(&table, &samples[i], NULL);
		ck_assert_int_eq(entries[i]->modes, samples[i].total ? ENTRY_TOTAL : 0);
	}
	for (size_t i = 0; i < 6; i++)
		ck_assert_ptr_eq(find(&table, &samples[i]), entries[i]);
	ck_assert_mem_eq(entry_source(entries[4]), sources[0], SOURCE_BYTES);
	ck_assert_mem_eq(entry_tags(entries[4]), "k:v", 3);
	ck_assert_uint_eq(counter_get(&table.counters[TABLE_SERIES + KIND_COUNTER]), 6);
	table_fini(&table);
}
END_TEST

/* Even where the hash is the same. */
START_TEST(a_total_is_never_taken_for_its_counter)
{
	struct table table;
	const struct sample counted = spelling("a", "", KIND_COUNTER), totalled = total("a", "", 0);
	uint64_t hash = table_hash(&counted);

	hash_init();
	table_init(&table);
	struct entry *first = table_insert(&table, hash, &totalled, 1, NULL, 0, 0);

	ck_assert_ptr_null(table_find(&table, hash, &counted, 1));
	struct entry *second = table_insert(&table, hash, &counted, 1, NULL, 0, 0);

	ck_assert_ptr_eq(table_find(&table, hash, &counted, 1), second);
	ck_assert_ptr_eq(table_find(&table, hash, &totalled, 1), first);
	table_fini(&table);
}
END_TEST

START_TEST(modes_and_plan_are_the_entrys)
{
	struct table table;
	const struct sample sample = spelling("a", "", KIND_COUNTER);

	hash_init();
	table_init(&table);
	const struct entry *entry =
	    table_insert(&table, table_hash(&sample), &sample, 1, NULL, ENTRY_CUMULATIVE, 65535);

	ck_assert_uint_eq(entry->modes, ENTRY_CUMULATIVE);
	ck_assert_uint_eq(entry->plan, 65535);
	table_fini(&table);
}
END_TEST

static void
note_entry(const struct entry *entry, void *arg)
{
	const struct entry **seen = arg;
	uint32_t seq, hits;
	double value;

	ck_assert_ptr_null(*seen);
	*seen = entry;
	ck_assert(entry_read_counter(entry, &seq, &hits, &value));
	ck_assert(seq == 3 && hits == 1 && value == 1);
}

START_TEST(a_reader_sees_series_and_no_totals)
{
	struct table table;
	struct window window;
	const struct sample counted = spelling("a", "", KIND_COUNTER), totalled = total("a", "", 0);
	const struct entry *seen = NULL;
	uint32_t seq, hits;
	double value;

	hash_init();
	table_init(&table);
	window_init(&window, 0, 0);
	window_open(&window, 3);
	struct entry *counter_entry = insert(&table, &counted, NULL);
	struct entry *total_entry = insert(&table, &totalled, NULL);

	window_fold(&window, counter_entry, &counted, 1, &roomy, table.counters);
	window_fold(&window, total_entry, &totalled, 2, &roomy, table.counters);
	for (unsigned i = 0; i < TABLE_SUBS; i++)
		table_read(&table, i, note_entry, &seen);
	ck_assert_ptr_eq(seen, counter_entry);
	ck_assert(!entry_read_counter(total_entry, &seq, &hits, &value));
	window_fini(&window);
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
	window_fold(&window, insert(&table, &old, NULL), &old, 1, &roomy, table.counters);
	window_open(&window, 9);
	window_fold(&window, insert(&table, &fresh, NULL), &fresh, 2, &roomy, table.counters);
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

	window_fold(&window, series, &other, 1, &roomy, table.counters);
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

START_TEST(dropped_spellings_are_counted_and_go_when_idle)
{
	struct table table;
	struct window window;
	char name[32];

	hash_init();
	table_init(&table);
	window_init(&window, 0, 0);
	window_open(&window, 1);
	ck_assert_ptr_nonnull(table.dropped);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "key.%d", i);
		const struct sample sample = spelling(name, "", KIND_TIMER);

		window_stamp(&window, insert(&table, &sample, table.dropped));
	}
	const struct sample busy = spelling("key.7", "", KIND_TIMER);

	ck_assert_uint_eq(table.dropped_spellings, 1000);
	ck_assert_uint_eq(table.dropped->aliases, 0);
	ck_assert_uint_eq(counter_get(&table.counters[TABLE_KEYS]), 1000);
	ck_assert_uint_eq(counter_get(&table.counters[TABLE_SERIES + KIND_TIMER]), 0);
	ck_assert_ptr_eq(find(&table, &busy)->alias, table.dropped);
	window_open(&window, 9);
	window_stamp(&window, find(&table, &busy));
	sweep_all(&table, 5, &window);
	ck_assert_uint_eq(table.dropped_spellings, 1);
	ck_assert_uint_eq(window.retired.count, 999);
	ck_assert_ptr_eq(find(&table, &busy)->alias, table.dropped);
	table_release(&table, &window.retired);
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

			window_fold(&window, insert(&table, &sample, NULL), &sample, 1, &roomy,
			    table.counters);
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
    SUITE_TEST(a_total_has_its_source_in_its_key),
    SUITE_TEST(a_total_is_never_taken_for_its_counter),
    SUITE_TEST(modes_and_plan_are_the_entrys),
    SUITE_TEST(a_reader_sees_series_and_no_totals),
    SUITE_TEST(dropped_spellings_are_counted_and_go_when_idle),
    SUITE_TEST(idle_entries_go_and_busy_ones_stay),
    SUITE_TEST(an_alias_keeps_its_series_until_it_goes_itself),
    SUITE_TEST(nothing_is_freed_while_somebody_reads),
    SUITE_TEST(churn_does_not_grow_the_table),
    {0},
};

SUITE_MAIN("aggregate/table", tests)
