/* SPDX-License-Identifier: MIT */
/* table_test.c -- a worker's table against a simple one, and its edges. */

#include "aggregate/table.c"

#include "test/unit/random.h"
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

static bool
is_old(void *arg, struct entry *entry)
{
	const uint32_t *oldest_seq = arg;

	return entry_is_idle(entry, *oldest_seq);
}

static void
sweep_all(struct table *table, uint32_t oldest_seq, struct window *window)
{
	struct table_walk walk = {0};

	for (unsigned i = 0; i < TABLE_SUBS; i++)
		ck_assert(table_walk_on(table, &walk, UINT32_MAX, window, is_old, &oldest_seq));
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
	ck_assert_ptr_eq(entry_alias(find(&table, &busy)), table.dropped);
	window_open(&window, 9);
	window_stamp(&window, find(&table, &busy));
	sweep_all(&table, 5, &window);
	ck_assert_uint_eq(table.dropped_spellings, 1);
	ck_assert_uint_eq(window.retired.count, 999);
	ck_assert_ptr_eq(entry_alias(find(&table, &busy)), table.dropped);
	table_release(&table, &window.retired);
	ck_assert_uint_eq(table.limbo.count, 999 - ENTRY_BLOCK);
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
		while (table_collect(&table))
			continue;
	}
	ck_assert_uint_eq(counter_get(&table.counters[TABLE_KEYS]), 1000);
	ck_assert_uint_eq(counter_get(&table.counters[TABLE_SERIES_EXPIRED]), 198000);
	for (unsigned i = 0; i < TABLE_SUBS; i++)
		ck_assert_uint_lt(sub_mask(table.sub[i]), 256);
	ck_assert_uint_eq(table.limbo.count, 0);
	ck_assert_uint_eq(table.pool.count, 1);
	window_fini(&window);
	table_fini(&table);
}
END_TEST

/* A hash of a given sub-table, place and rest, whatever the name. */
static uint64_t
hash_of(unsigned sub, uint32_t tag, uint32_t rest)
{
	return (uint64_t)(tag >> 4) << 48 | (uint64_t)rest << 12 | sub << 4 | (tag & 15);
}

START_TEST(tags_lead_to_slots_as_their_hashes_do)
{
	uint64_t state = random_seed();

	for (int i = 0; i < 10000; i++) {
		uint64_t hash = random_next(&state), log2 = 4 + random_below(&state, 28);
		uint64_t slot = (hash & SLOT_TAG) | (random_next(&state) & ~SLOT_TAG);
		uint64_t place = tag_place(hash);

		ck_assert(same_tag(slot, hash));
		ck_assert_uint_eq(sub_home(log2, slot), sub_home(log2, hash));
		ck_assert_uint_eq(sub_home(log2, hash), place * (UINT64_C(1) << log2) >> 32);
	}
	ck_assert(!same_tag(hash_of(1, 0x12345, 0), hash_of(1, 0x12344, 0)));
	ck_assert(!same_tag(hash_of(1, 0x12345, 0), hash_of(1, 0x02345, 0)));
	ck_assert_uint_eq(tag_place(hash_of(255, 0xfffff, 77)), 0xfffff000);
	ck_assert_uint_eq(hash_sub(hash_of(255, 0x12345, 0xffffffff)), 255);
}
END_TEST

/* All in one sub-table, at its end and with few tags: searches wrap, and names
 * decide. */
START_TEST(keys_of_one_place_are_all_found)
{
	struct table table;
	struct entry *entries[2000];
	char name[32];

	hash_init();
	table_init(&table);
	for (unsigned i = 0; i < 2000; i++) {
		int len = snprintf(name, sizeof(name), "key.%u", i);
		const struct sample sample = spelling(name, "", KIND_COUNTER);

		ck_assert_int_gt(len, 0);
		entries[i] =
		    table_insert(&table, hash_of(9, 0xffff0 + i % 16, i), &sample, 1, NULL, 0, 0);
		ck_assert_ptr_nonnull(
		    table_prefetch_entry(&table, hash_of(9, 0xffff0 + i % 16, i), &sample));
	}
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "key.%u", i);
		const struct sample sample = spelling(name, "", KIND_COUNTER);
		uint64_t hash = hash_of(9, 0xffff0 + i % 16, i);

		ck_assert_ptr_eq(table_find(&table, hash, &sample, 1), entries[i]);
		ck_assert_ptr_null(table_find(&table, hash ^ 1, &sample, 1));
	}
	const struct sample other = spelling("other", "", KIND_COUNTER);

	ck_assert_ptr_null(table_prefetch_entry(&table, hash_of(9, 0x80000, 0), &other));
	ck_assert_ptr_null(table_prefetch_entry(&table, hash_of(8, 0xffff0, 0), &other));
	table_fini(&table);
}
END_TEST

/* A tag of 1 looks like a tombstone's, one of 0 like an empty slot's. */
START_TEST(the_lowest_tags_are_tags_like_others)
{
	struct table table;
	struct window window;
	const struct sample sample[] = {spelling("zero", "", KIND_COUNTER),
	    spelling("one", "", KIND_COUNTER), spelling("gone", "", KIND_COUNTER)};

	table_init(&table);
	window_init(&window, 0, 0);
	window_open(&window, 1);
	table_insert(&table, hash_of(0, 1, 0), &sample[2], 1, NULL, 0, 0);
	sweep_all(&table, 1, &window);
	ck_assert_ptr_null(table_find(&table, hash_of(0, 1, 0), &sample[2], 1));
	for (uint32_t tag = 0; tag < 2; tag++) {
		ck_assert_ptr_null(table_find(&table, hash_of(0, tag, 0), &sample[tag], 1));
		struct entry *entry =
		    table_insert(&table, hash_of(0, tag, 0), &sample[tag], 1, NULL, 0, 0);

		ck_assert_ptr_eq(table_find(&table, hash_of(0, tag, 0), &sample[tag], 1), entry);
	}
	window_fini(&window);
	table_fini(&table);
}
END_TEST

/* Keys of every length, some gone again, against a plain array. */
START_TEST(a_table_holds_what_was_put_in_and_not_swept)
{
	static char names[20000][96];
	static uint32_t seen[20000]; /* in the newest interval; 0: it is not there */
	uint64_t state = random_seed();
	struct table table;
	struct window window;

	hash_init();
	memset(seen, 0, sizeof(seen));
	table_init(&table);
	window_init(&window, 0, 0);
	for (size_t i = 0; i < 20000; i++)
		snprintf(names[i], sizeof(names[i]), "%zu.%.*s", i, (int)random_below(&state, 80),
		    "the.quick.brown.fox.jumps.over.the.lazy.dog.and.back.again.over.and.over.it.goes");
	for (uint32_t seq = 1; seq < 40; seq++) {
		window_open(&window, seq);
		for (size_t i = 0; i < 6000; i++) {
			size_t which = random_below(&state, 500 * seq);
			const struct sample sample = spelling(names[which], "", KIND_COUNTER);
			struct entry *entry = find(&table, &sample);

			ck_assert_int_eq(entry != NULL, seen[which] != 0);
			if (entry == NULL)
				entry = insert(&table, &sample, NULL);
			window_fold(&window, entry, &sample, 1, &roomy, table.counters);
			seen[which] = seq;
		}
		sweep_all(&table, seq > 3 ? seq - 3 : 0, &window);
		for (size_t i = 0; i < 20000; i++)
			if (seen[i] + 3 < seq)
				seen[i] = 0;
		table_release(&table, &window.retired);
	}
	window_fini(&window);
	table_fini(&table);
}
END_TEST

/* However short its steps, and whatever is inserted between them. */
START_TEST(a_sweep_in_steps_takes_what_one_in_one_would)
{
	uint64_t state = random_seed();
	struct table table;
	struct window window;
	struct table_walk walk = {0};
	size_t steps = 0;
	char name[32];

	hash_init();
	table_init(&table);
	window_init(&window, 0, 0);
	window_open(&window, 1);
	for (int i = 0; i < 30000; i++) {
		snprintf(name, sizeof(name), "old.%d", i);
		const struct sample sample = spelling(name, "", KIND_COUNTER);

		insert(&table, &sample, NULL);
	}
	window_open(&window, 9);
	for (unsigned i = 0; i < TABLE_SUBS; steps++) {
		snprintf(name, sizeof(name), "new.%zu", steps);
		const struct sample sample = spelling(name, "", KIND_COUNTER);

		ck_assert_uint_eq(walk.sub, i);
		window_fold(
		    &window, insert(&table, &sample, NULL), &sample, 1, &roomy, table.counters);
		i += table_walk_on(
		    &table, &walk, 1 + random_below(&state, 8), &window, is_old, &(uint32_t){5});
	}
	ck_assert_uint_eq(walk.sub, 0);
	ck_assert_uint_eq(walk.place, 0);
	size_t gone = window.retired.count;

	ck_assert_uint_ge(gone, 29900);
	ck_assert_uint_eq(counter_get(&table.counters[TABLE_KEYS]), 30000 - gone + steps);
	table_release(&table, &window.retired);
	window_fini(&window);
	table_fini(&table);
}
END_TEST

static bool
count_once(void *arg, struct entry *entry)
{
	(void)entry;
	++*(unsigned *)arg;
	return false;
}

/* All of one place, so that all but the first stand farther on than where they
 * belong: growing moves them, some to where the walk has been. */
START_TEST(a_walk_passes_by_no_entry_that_moves)
{
	static const char *const others[] = {"e", "f", "g", "h", "i", "j", "k", "l"};
	static const uint64_t place = UINT64_C(5) << 60;
	struct table table;
	struct table_walk walk = {0};
	unsigned seen = 0;

	table_init(&table);
	for (uint64_t i = 0; i < 4; i++) {
		const struct sample sample =
		    spelling((const char *const[]){"a", "b", "c", "d"}[i], "", KIND_COUNTER);

		table_insert(&table, place, &sample, 1, NULL, 0, 0);
	}
	ck_assert(table_walk_begins(&table, &walk));
	ck_assert(!table_walk_on(&table, &walk, 7, NULL, count_once, &seen));
	ck_assert_uint_eq(seen, 2);
	ck_assert(!table_walk_begins(&table, &walk));
	for (uint64_t i = 0; i < 8; i++) {
		const struct sample sample = spelling(others[i], "", KIND_COUNTER);

		table_insert(&table, i << 60, &sample, 1, NULL, 0, 0);
	}
	ck_assert(table_walk_begins(&table, &walk));
	seen = 0;
	ck_assert(table_walk_on(&table, &walk, UINT32_MAX, NULL, count_once, &seen));
	ck_assert_uint_eq(seen, 12);
	table_fini(&table);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_walk_passes_by_no_entry_that_moves),
    SUITE_TEST(tags_lead_to_slots_as_their_hashes_do),
    SUITE_TEST(keys_of_one_place_are_all_found),
    SUITE_TEST(the_lowest_tags_are_tags_like_others),
    SUITE_TEST(a_table_holds_what_was_put_in_and_not_swept),
    SUITE_TEST(a_sweep_in_steps_takes_what_one_in_one_would),
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
