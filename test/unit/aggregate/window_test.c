/* SPDX-License-Identifier: MIT */
/* window_test.c -- what a window keeps beside the cells, and that the next
 * interval begins with nothing of it. */

#include "aggregate/window.h"

#include "test/unit/suite.h"

#include <float.h>
#include <string.h>

static const struct budget roomy = {.timer_values = 512, .bytes = 1 << 20, .scale = 6};
static struct window window;
static counter counters[TABLE_COUNTERS];

static struct sample
counter_sample(double value, double weight, int64_t timestamp)
{
	return (struct sample){
	    .kind = KIND_COUNTER, .value = value, .weight = weight, .timestamp = timestamp};
}

static enum reason
fold(struct entry *entry, const struct sample *sample, uint64_t stamp)
{
	return window_fold(&window, entry, sample, stamp, &roomy, counters);
}

static uint64_t
hits_of(const struct entry *entry)
{
	uint64_t meta = entry->cell[window.interval.seq & 1].meta;

	return cell_seq(meta) == window.interval.seq ? cell_hits(meta) : 0;
}

static uint64_t
value_of(const struct entry *entry)
{
	return entry->cell[window.interval.seq & 1].value;
}

START_TEST(dated_samples_stay_out_of_the_cell_and_in_their_order)
{
	struct entry entry = {.kind = KIND_COUNTER}, gauge = {.kind = KIND_GAUGE};
	const struct sample undated = counter_sample(100, 1, 0);
	const struct sample first = counter_sample(3, 10, 1700000000);
	const struct sample second = counter_sample(4, 1, 1600000000);
	const struct sample level = {
	    .kind = KIND_GAUGE, .value = 5, .weight = 10, .timestamp = 1650000000};

	window_init(&window, 0, 0);
	window_open(&window, 7);
	ck_assert_int_eq(fold(&entry, &undated, 1), REASON_NONE);
	ck_assert_int_eq(window_date(&window, &entry, &first), REASON_NONE);
	ck_assert_int_eq(window_date(&window, &gauge, &level), REASON_NONE);
	ck_assert_int_eq(window_date(&window, &entry, &second), REASON_NONE);
	ck_assert_uint_eq(window.dated.count, 3);
	const struct dated *at = window.dated.first->at;

	ck_assert(at[0].entry == &entry && at[0].value == 30);
	ck_assert(at[0].timestamp == 1700000000);
	ck_assert(at[1].entry == &gauge && at[1].value == 5);
	ck_assert(at[2].value == 4 && at[2].timestamp == 1600000000);

	/* one sample in the cell, of one entry */
	ck_assert_uint_eq(window.touched.count, 1);
	ck_assert_uint_eq(hits_of(&entry), 1);
	ck_assert(bits_double(value_of(&entry)) == 100);
	window_open(&window, 8);
	ck_assert_uint_eq(window.dated.count, 0);
	window_fini(&window);
}
END_TEST

START_TEST(a_dated_sample_keeps_its_entry_from_being_idle)
{
	struct entry entry = {.kind = KIND_COUNTER};
	const struct sample dated = counter_sample(3, 1, 1700000000);
	const struct sample undated = counter_sample(5, 1, 0);

	window_init(&window, 0, 0);
	window_open(&window, 5);
	fold(&entry, &undated, 1);
	window_open(&window, 7);
	window_date(&window, &entry, &dated);
	ck_assert_uint_eq(cell_seq(entry.cell[1].meta), 7);
	ck_assert_uint_eq(hits_of(&entry), 0);
	ck_assert_uint_eq(window.touched.count, 0);

	/* what comes after it begins afresh */
	fold(&entry, &undated, 2);
	ck_assert_uint_eq(window.touched.count, 1);
	ck_assert(hits_of(&entry) == 1 && bits_double(value_of(&entry)) == 5);
	window_fini(&window);
}
END_TEST

START_TEST(dated_samples_have_a_most_and_stay_finite)
{
	struct entry entry = {.kind = KIND_COUNTER};
	const struct sample dated = counter_sample(DBL_MAX, 10, 1700000000);

	window_init(&window, 0, 0);
	window_open(&window, 1);
	for (size_t i = 0; i < DATED_MOST; i++)
		ck_assert_int_eq(window_date(&window, &entry, &dated), REASON_NONE);
	ck_assert_int_eq(window_date(&window, &entry, &dated), REASON_DATED_BUDGET);
	ck_assert(window.dated.first->at[0].value == DBL_MAX);
	size_t count = 0;

	for (const struct dated_block *at = window.dated.first; at != NULL; at = at->next)
		count += at->count;
	ck_assert_uint_eq(count, DATED_MOST);
	window_open(&window, 2);
	ck_assert_int_eq(window_date(&window, &entry, &dated), REASON_NONE);
	window_fini(&window);
}
END_TEST

START_TEST(events_are_copied_in_their_order)
{
	char title[] = "deploy", text[] = "done";
	const struct event event = {
	    .title = {title, 6}, .text = {text, 4}, .alert = EVENT_SUCCESS, .timestamp = 5};
	const struct event check = {.check = true, .title = {title, 6}, .alert = CHECK_CRITICAL};

	window_init(&window, 0, 0);
	window_open(&window, 1);
	ck_assert_int_eq(window_add_event(&window, &event), REASON_NONE);
	ck_assert_int_eq(window_add_event(&window, &check), REASON_NONE);
	memset(title, '?', sizeof(title));
	memset(text, '?', sizeof(text));
	const struct event *first = window.events.first;

	ck_assert_uint_eq(window.events.count, 2);
	ck_assert(memcmp(first->title.at, "deploy", 6) == 0 && first->title.len == 6);
	ck_assert(memcmp(first->text.at, "done", 4) == 0 && first->timestamp == 5);
	ck_assert(!first->check && first->next == window.events.newest);
	ck_assert(window.events.newest->check && window.events.newest->next == NULL);
	window_open(&window, 2);
	ck_assert_ptr_null(window.events.first);
	ck_assert_uint_eq(window.events.count, 0);
	window_fini(&window);
}
END_TEST

START_TEST(events_have_a_most)
{
	const struct event event = {.title = {"x", 1}};

	window_init(&window, 0, 0);
	for (unsigned round = 1; round < 3; round++) {
		window_open(&window, round);
		for (unsigned i = 0; i < EVENTS_MOST; i++)
			ck_assert_int_eq(window_add_event(&window, &event), REASON_NONE);
		ck_assert_int_eq(window_add_event(&window, &event), REASON_EVENT_BUDGET);
		ck_assert_uint_eq(window.events.count, EVENTS_MOST);
	}
	window_fini(&window);
}
END_TEST

START_TEST(events_take_bounded_memory_and_none_of_the_measurements)
{
	static char text[60000];
	const struct event event = {.title = {"x", 1}, .text = {text, sizeof(text)}};
	size_t taken = 0;

	window_init(&window, 0, 0);
	for (unsigned round = 1; round < 3; round++) {
		window_open(&window, round);
		taken = 0;
		while (taken < EVENTS_MOST && window_add_event(&window, &event) == REASON_NONE)
			taken++;
		ck_assert_uint_ge(taken, EVENTS_MOST_BYTES / sizeof(text));
		ck_assert_uint_le(taken, EVENTS_MOST_BYTES / sizeof(text) + 1);
		ck_assert_int_eq(window_add_event(&window, &event), REASON_EVENT_BUDGET);
		ck_assert_uint_eq(window.arena.used, 0);
	}
	window_fini(&window);
}
END_TEST

START_TEST(a_total_keeps_the_newest_and_a_counter_the_sum)
{
	struct entry total = {.kind = KIND_COUNTER, .modes = ENTRY_TOTAL};
	struct entry sum = {.kind = KIND_COUNTER, .modes = ENTRY_CUMULATIVE};
	const struct sample samples[] = {counter_sample(100, 1, 0), counter_sample(120, 1, 0)};

	window_init(&window, 0, 0);
	window_open(&window, 1);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(fold(&total, &samples[i], 10 + i), REASON_NONE);
		ck_assert_int_eq(fold(&sum, &samples[i], 10 + i), REASON_NONE);
	}
	const struct total_record *record = (const void *)(uintptr_t)value_of(&total);

	ck_assert(record->total == 120 && record->stamp == 11);
	ck_assert(record->record.next == NULL && hits_of(&total) == 2);
	ck_assert(bits_double(value_of(&sum)) == 220);
	ck_assert_uint_eq(window.touched.count, 2);
	window_fini(&window);
}
END_TEST

static const struct {
	enum kind kind;
	enum reason refused;
} budgets[] = {{KIND_TIMER, REASON_TIMER_BUDGET}, {KIND_SET, REASON_SET_BUDGET},
    {KIND_GAUGE, REASON_NONE}, {KIND_COUNTER, REASON_NONE}};

START_TEST(what_the_budget_refuses_leaves_no_trace)
{
	const struct budget none = {.timer_values = 512, .bytes = 0, .scale = 6};

	for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
		struct entry entry = {.kind = (uint8_t)budgets[i].kind};
		struct sample sample = {.kind = budgets[i].kind, .weight = 1};

		if (sample.kind == KIND_SET)
			sample.member = "me";
		window_init(&window, 0, 0);
		window_open(&window, 1);
		ck_assert_int_eq(
		    window_fold(&window, &entry, &sample, 1, &none, counters), budgets[i].refused);
		ck_assert_uint_eq(window.touched.count, budgets[i].refused == REASON_NONE);
		ck_assert_uint_eq(hits_of(&entry), budgets[i].refused == REASON_NONE);
		window_fini(&window);
	}
}
END_TEST

START_TEST(what_one_window_had_serves_the_other)
{
	static struct entry entries[4 * ENTRY_BLOCK];
	const struct sample one = counter_sample(1, 1, 0);
	struct window other;
	struct entry_block *block = NULL;

	window_init(&window, 0, 0);
	window_init(&other, 0, 0);
	for (unsigned seq = 1; seq < 10; seq++) {
		window_open(&window, seq);
		for (size_t i = 0; i < 4 * ENTRY_BLOCK; i++)
			fold(&entries[i], &one, i);
		ck_assert_uint_eq(window.touched.count, 4 * ENTRY_BLOCK);
		if (block != NULL)
			ck_assert_ptr_eq(window.touched.blocks.first, block);
		ck_assert_ptr_null(window.spare.first);
		block = window.touched.blocks.first;
		window_clear(&window);
		window_lend(&window, &other);
		ck_assert_ptr_null(window.spare.first);
		ck_assert_ptr_eq(other.spare.first, block);
		window_lend(&other, &window);
	}
	window_fini(&window);
	window_fini(&other);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_one_window_had_serves_the_other),
    SUITE_TEST(dated_samples_stay_out_of_the_cell_and_in_their_order),
    SUITE_TEST(a_dated_sample_keeps_its_entry_from_being_idle),
    SUITE_TEST(dated_samples_have_a_most_and_stay_finite),
    SUITE_TEST(events_are_copied_in_their_order),
    SUITE_TEST(events_have_a_most),
    SUITE_TEST(events_take_bounded_memory_and_none_of_the_measurements),
    SUITE_TEST(a_total_keeps_the_newest_and_a_counter_the_sum),
    SUITE_TEST(what_the_budget_refuses_leaves_no_trace),
    {0},
};

SUITE_MAIN("aggregate/window", tests)
