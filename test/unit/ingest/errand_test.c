/* SPDX-License-Identifier: MIT */
/* errand_test.c -- what an operator has a worker do, while it works. */

#include "ingest/errand.h"

#include "test/unit/ingest/pond.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>

#define BACK 17
#define NEXT 18

static struct pond pond;
static struct errands errands;
static struct mailbox home, next;

static void
wake_nobody(void *arg)
{
	(void)arg;
}

static void
open_worker(bool last)
{
	pond_open(&pond, 1000000);
	mailbox_init(&home, wake_nobody, NULL);
	mailbox_init(&next, wake_nobody, NULL);
	errands_init(&errands, last ? NULL : &next, NEXT);
}

static struct errand
errand(enum errand_verb verb, const char *pattern)
{
	return (struct errand){
	    .verb = verb, .pattern = pattern, .until_ns = BLOCK_FOREVER, .to = &home, .kind = BACK};
}

static void
work_all(void)
{
	while (errands_step(&errands, &pond.intake, 64))
		continue;
}

/* What came home next; NULL: nothing. */
static struct errand *
collect(struct mailbox *box, unsigned kind)
{
	struct mail *mail = mailbox_collect(box);

	if (mail == NULL)
		return NULL;
	ck_assert_uint_eq(mail->kind, kind);
	ck_assert_ptr_null(mail->next);
	return (struct errand *)((char *)mail - offsetof(struct errand, mail));
}

/* Do it all; returns how many series it was about. */
static uint64_t
run(enum errand_verb verb, const char *pattern)
{
	struct errand one = errand(verb, pattern);

	errands_add(&errands, &pond.intake, &one);
	work_all();
	ck_assert_ptr_eq(collect(&home, BACK), &one);
	ck_assert_ptr_null(one.problem);
	return one.series;
}

START_TEST(what_is_blocked_is_refused_known_or_not)
{
	open_worker(true);
	pond_take(&pond, "bad.old:1|c\ngood.old:1|c");
	ck_assert_uint_eq(run(ERRAND_BLOCK, "bad.*"), 1);
	pond_take(&pond, "bad.old:1|c\nbad.new:1|c\nbad.new:1|ms\nbad old:1|g\ngood.old:1|c");
	ck_assert_uint_eq(pond_refused(&pond, REASON_BLOCKED), 3);
	ck_assert_double_eq(pond_counter(&pond, "bad.old", ""), 1);
	ck_assert_double_eq(pond_counter(&pond, "good.old", ""), 2);
	ck_assert_ptr_null(pond_find(&pond, "bad.new", "", KIND_COUNTER));
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(what_is_lifted_is_taken_in_again)
{
	open_worker(true);
	pond_take(&pond, "bad.old:1|c");
	run(ERRAND_BLOCK, "bad.*");
	run(ERRAND_BLOCK, "*.old");
	ck_assert_uint_eq(run(ERRAND_UNBLOCK, "bad.*"), 1);
	pond_take(&pond, "bad.old:1|c\nbad.new:1|c");
	ck_assert_uint_eq(pond_refused(&pond, REASON_BLOCKED), 1);
	run(ERRAND_UNBLOCK, "*.old");
	pond_take(&pond, "bad.old:1|c\nbad.new:1|c");
	ck_assert_uint_eq(pond_refused(&pond, REASON_BLOCKED), 1);
	ck_assert_double_eq(pond_counter(&pond, "bad.old", ""), 2);
	ck_assert_double_eq(pond_counter(&pond, "bad.new", ""), 2);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(a_block_ends_at_its_time)
{
	struct errand one = errand(ERRAND_BLOCK, "bad.*");

	open_worker(true);
	pond_take(&pond, "bad.old:1|c");
	one.until_ns = 500;
	errands_add(&errands, &pond.intake, &one);
	work_all();
	ck_assert(!errands_look(&errands, &pond.intake, 499));
	pond_take(&pond, "bad.old:1|c");
	ck_assert_double_eq(pond_counter(&pond, "bad.old", ""), 1);
	ck_assert(errands_look(&errands, &pond.intake, 500));
	work_all();
	pond_take(&pond, "bad.old:1|c\nbad.new:1|c");
	ck_assert_double_eq(pond_counter(&pond, "bad.old", ""), 2);
	ck_assert_uint_eq(pond_refused(&pond, REASON_BLOCKED), 1);
	pond_close(&pond);
}
END_TEST

/* Another spelling, which is an alias; a spelling of totals; a gauge whose sign
 * is its value. */
START_TEST(spellings_and_totals_of_what_is_blocked_are_refused_too)
{
	static const char lines[] = "bad.t:5|C\nbad/x:1|c\nbad.y:1|c|#b:1,a:1";

	open_worker(true);
	pond_take(&pond, lines);
	pond_take(&pond, lines);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES_ACCEPTED), 6);
	ck_assert_uint_eq(run(ERRAND_BLOCK, "bad*"), 2);
	pond_take(&pond, lines);
	ck_assert_uint_eq(pond_refused(&pond, REASON_BLOCKED), 3);
	run(ERRAND_UNBLOCK, "bad*");
	pond_take(&pond, lines);
	ck_assert_uint_eq(pond_count(&pond, INTAKE_LINES_ACCEPTED), 9);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(what_is_forgotten_is_gone_and_nothing_else)
{
	open_worker(true);
	pond_take(&pond, "old.a:1|c\nold.b:1|g\nnew.a:1|c\nold.t:5|C\nold/d:1|c");
	int64_t used = pond.quota.used;

	ck_assert_uint_eq(run(ERRAND_FORGET, "old*"), 3);
	ck_assert_ptr_null(pond_find(&pond, "old.a", "", KIND_COUNTER));
	ck_assert_ptr_null(pond_find(&pond, "old.b", "", KIND_GAUGE));
	ck_assert_ptr_null(pond_find(&pond, "old-d", "", KIND_COUNTER));
	ck_assert_ptr_null(pond_find_total(&pond, "old.t", ""));
	ck_assert_double_eq(pond_counter(&pond, "new.a", ""), 1);
	ck_assert_int_eq(pond.quota.used, used - 4);
	ck_assert_int_eq(pond.quota.used, 1);
	/* The alias of old-d went, too. */
	ck_assert_uint_eq(pond.window.retired.count, 5);
	ck_assert_uint_eq(counter_get(&pond.intake.table.counters[TABLE_KEYS]), 1);
	ck_assert_ptr_null(pond.intake.forgetting);
	table_release(&pond.intake.table, &pond.window.retired);
	pond_close(&pond);
}
END_TEST

START_TEST(what_comes_again_after_it_was_forgotten_begins_anew)
{
	open_worker(true);
	pond_take(&pond, "a:1|c\nb c:1|c");
	run(ERRAND_FORGET, "*");
	pond_take(&pond, "a:5|c\nb c:7|c\nb c:7|c");
	ck_assert_double_eq(pond_counter(&pond, "a", ""), 5);
	ck_assert_double_eq(pond_counter(&pond, "b_c", ""), 14);
	ck_assert_int_eq(pond.quota.used, 2);
	pond_close(&pond);
}
END_TEST

/* Samples that come by another spelling while it walks would make new aliases. */
START_TEST(a_series_whose_spellings_still_come_is_forgotten_all_the_same)
{
	struct errand one = errand(ERRAND_FORGET, "some_name");
	unsigned steps = 0;

	open_worker(true);
	pond_take(&pond, "some name:1|c");
	struct entry *before = pond_find(&pond, "some_name", "", KIND_COUNTER);

	errands_add(&errands, &pond.intake, &one);
	do {
		pond_take(&pond, "some name:1|c\nsome  name:1|c");
		steps++;
	} while (errands_step(&errands, &pond.intake, 8));
	ck_assert_uint_gt(steps, 2 * TABLE_SUBS);
	ck_assert_ptr_eq(collect(&home, BACK), &one);
	/* Once more, where the new one stands in the way of the walk. */
	ck_assert_uint_ge(one.series, 1);
	struct entry *after = pond_find(&pond, "some_name", "", KIND_COUNTER);

	ck_assert_ptr_ne(before, after);
	pond_take(&pond, "some name:1|c");
	ck_assert_uint_eq(pond_find(&pond, "some_name", "", KIND_COUNTER)->aliases, 1);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

/* Whatever it may be that made it there. */
START_TEST(what_an_alias_still_points_at_stays)
{
	struct errand one = errand(ERRAND_FORGET, "a_b");
	const struct sample spelling = {
	    .name = "a b", .name_len = 3, .tags = "", .kind = KIND_COUNTER};

	open_worker(true);
	pond_take(&pond, "a_b:1|c");
	errands_add(&errands, &pond.intake, &one);
	while (errands.aliases)
		errands_step(&errands, &pond.intake, UINT32_MAX);
	table_insert(&pond.intake.table, table_hash(&spelling), &spelling, 1,
	    pond_find(&pond, "a_b", "", KIND_COUNTER), 0, 0);
	work_all();
	ck_assert_uint_eq(one.series, 0);
	pond_take(&pond, "a b:1|c");
	ck_assert_double_eq(pond_counter(&pond, "a_b", ""), 2);
	pond_close(&pond);
}
END_TEST

/* Does the table say of each series what the lists do? Returns of how many they
 * say that they are blocked. */
static uint64_t
count_blocked(void)
{
	const struct table *table = &pond.intake.table;
	uint64_t count = 0;

	for (unsigned i = 0; i < TABLE_SUBS; i++)
		for (uint32_t at = 0; at <= sub_mask(table->sub[i]); at++) {
			uint64_t slot = own_slot(table->sub[i], at);
			const struct entry *entry = slot_entry(slot);

			if (slot <= SLOT_TOMBSTONE || entry_alias(entry) != NULL)
				continue;
			bool blocked =
			    blocks_match(&pond.intake.blocks, entry->key, entry->name_len);

			ck_assert_msg(blocked == ((entry_modes(entry) & ENTRY_BLOCKED) != 0),
			    "%.*s", entry->name_len, entry->key);
			count += blocked;
		}
	return count;
}

/* Samples of so many names, from one on; every third is spelled in its own way. */
static void
take_names(const char *prefix, unsigned from, unsigned count)
{
	char line[64];

	for (unsigned i = from; i < from + count; i++) {
		snprintf(line, sizeof(line), "%s.%u%sx:1|c", prefix, i, i % 3 == 0 ? " " : "_");
		pond_take(&pond, line);
	}
}

/* Whatever comes and is blocked, lifted and forgotten, in steps of any length:
 * the counts are right, and so is what is known of each name. */
START_TEST(errands_and_samples_in_any_order_leave_the_books_right)
{
	uint64_t state = random_seed();
	struct errand one = {0};
	bool busy = false;
	char line[32], pattern[BLOCK_BYTES];

	open_worker(true);
	for (int i = 0; i < 200000; i++) {
		snprintf(line, sizeof(line), "n.%u%s:1|c", random_below(&state, 500),
		    random_below(&state, 4) == 0 ? " x" : "");
		pond_take(&pond, line);
		if (!busy && random_below(&state, 100) == 0) {
			one = errand(random_below(&state, 2) == 0 ? ERRAND_BLOCK : ERRAND_FORGET,
			    random_below(&state, 2) == 0 ? "n.1*" : "*_x");
			strcpy(pattern, one.pattern);
			if (one.verb == ERRAND_BLOCK && pond.intake.blocks.count > 0) {
				one.verb = ERRAND_UNBLOCK;
				strcpy(pattern, pond.intake.blocks.at[0].pattern);
			}
			one.pattern = pattern;
			errands_add(&errands, &pond.intake, &one);
			busy = true;
		}
		errands_step(&errands, &pond.intake, 1 + random_below(&state, 64));
		busy = busy && collect(&home, BACK) == NULL;
	}
	work_all();
	ck_assert_uint_gt(pond_refused(&pond, REASON_BLOCKED), 0);
	ck_assert_uint_eq(counter_get(&pond.intake.table.counters[TABLE_SERIES + KIND_COUNTER]),
	    (uint64_t)pond.quota.used);
	count_blocked();
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

#define OLD 999

/* Sub-tables grow, and everything in them moves, while a walk is in their midst. */
START_TEST(what_is_blocked_while_the_table_grows_is_all_that_matches)
{
	for (unsigned round = 0; round < 3; round++) {
		struct errand one = errand(ERRAND_BLOCK, "old.*");
		unsigned came = 0;

		open_worker(true);
		take_names("old", 0, OLD);
		errands_add(&errands, &pond.intake, &one);
		do
			take_names("new", came++, 1);
		while (errands_step(&errands, &pond.intake, 2));
		ck_assert_ptr_eq(collect(&home, BACK), &one);
		ck_assert_uint_eq(count_blocked(), OLD);
		ck_assert_uint_eq(one.series, OLD);
		pond_close(&pond);
	}
}
END_TEST

START_TEST(what_is_forgotten_while_the_table_grows_is_all_that_matches)
{
	for (unsigned round = 0; round < 3; round++) {
		struct errand one = errand(ERRAND_FORGET, "old.*");
		unsigned came = 0;

		open_worker(true);
		take_names("old", 0, OLD);
		errands_add(&errands, &pond.intake, &one);
		do
			take_names("new", came++, 1);
		while (errands_step(&errands, &pond.intake, 2));
		ck_assert_ptr_eq(collect(&home, BACK), &one);
		ck_assert_uint_eq(one.series, OLD);
		ck_assert_int_eq(pond.quota.used, came);
		table_release(&pond.intake.table, &pond.window.retired);
		pond_close(&pond);
	}
}
END_TEST

/* The second one ends while the table is still looked through for the first. */
START_TEST(blocks_that_end_one_soon_after_the_other_are_both_lifted)
{
	struct errand one = errand(ERRAND_BLOCK, "old.*1_x"), two = errand(ERRAND_BLOCK, "old.*");

	open_worker(true);
	take_names("old", 0, OLD);
	one.until_ns = 500;
	two.until_ns = 600;
	errands_add(&errands, &pond.intake, &one);
	errands_add(&errands, &pond.intake, &two);
	work_all();
	ck_assert(errands_look(&errands, &pond.intake, 500));
	ck_assert(errands_step(&errands, &pond.intake, 7));
	ck_assert(errands_look(&errands, &pond.intake, 600));
	work_all();
	ck_assert_uint_eq(count_blocked(), 0);
	pond_close(&pond);
}
END_TEST

START_TEST(errands_wait_for_each_other_and_go_to_the_next_worker)
{
	struct errand first = errand(ERRAND_BLOCK, "a"), second = errand(ERRAND_FORGET, "b");
	struct errand third = errand(ERRAND_REPORT, NULL);

	open_worker(false);
	errands_add(&errands, &pond.intake, &first);
	errands_add(&errands, &pond.intake, &second);
	errands_add(&errands, &pond.intake, &third);
	ck_assert_ptr_null(collect(&next, NEXT));
	while (errands.first == &first.mail)
		ck_assert(errands_step(&errands, &pond.intake, UINT32_MAX));
	ck_assert_ptr_eq(collect(&next, NEXT), &first);
	work_all();
	struct mail *mail = mailbox_collect(&next);

	ck_assert_ptr_eq(mail, &second.mail);
	ck_assert_ptr_eq(mail->next, &third.mail);
	ck_assert_ptr_null(mailbox_collect(&home));
	ck_assert_uint_eq(third.blocks.count, 1);
	ck_assert_str_eq(third.blocks.at[0].pattern, "a");
	pond_close(&pond);
}
END_TEST

START_TEST(what_cannot_be_done_comes_back_at_once_with_the_reason)
{
	struct errand one = errand(ERRAND_UNBLOCK, "a");
	char pattern[BLOCK_BYTES];

	open_worker(false);
	errands_add(&errands, &pond.intake, &one);
	ck_assert_ptr_eq(collect(&home, BACK), &one);
	ck_assert_str_eq(one.problem, "this pattern is not blocked");
	for (int i = 0; i < BLOCKS_MOST; i++) {
		snprintf(pattern, sizeof(pattern), "x.%d", i);
		blocks_set(&pond.intake.blocks, pattern, BLOCK_FOREVER);
	}
	one = errand(ERRAND_BLOCK, "a");
	errands_add(&errands, &pond.intake, &one);
	ck_assert_ptr_eq(collect(&home, BACK), &one);
	ck_assert_str_eq(one.problem, "too many patterns are blocked already");
	/* Another worker may have lifted it already. */
	pond.intake.blocks.at[7].until_ns = 1;
	one = errand(ERRAND_BLOCK, "a");
	errands_add(&errands, &pond.intake, &one);
	work_all();
	ck_assert_ptr_eq(collect(&next, NEXT), &one);
	ck_assert_ptr_null(one.problem);
	pond_close(&pond);
}
END_TEST

START_TEST(closed_it_sends_everything_back)
{
	struct errand first = errand(ERRAND_FORGET, "a"), second = errand(ERRAND_REPORT, NULL);

	open_worker(false);
	pond_take(&pond, "a:1|c");
	errands_add(&errands, &pond.intake, &first);
	errands_close(&errands, &pond.intake);
	ck_assert_ptr_eq(collect(&home, BACK), &first);
	ck_assert_ptr_nonnull(first.problem);
	errands_add(&errands, &pond.intake, &second);
	ck_assert_ptr_eq(collect(&home, BACK), &second);
	ck_assert_ptr_nonnull(second.problem);
	ck_assert(!errands_step(&errands, &pond.intake, 1));
	ck_assert_ptr_null(pond.intake.forgetting);
	pond_close(&pond);
}
END_TEST

START_TEST(a_report_says_what_too_many_names_begin_with)
{
	static const struct {
		const char *name, *prefix;
	} cases[] = {
	    {"a.b.c", "a.b"},
	    {"a.b.c.d", "a.b"},
	    {"a.b", "a"},
	    {"alone", "alone"},
	    {".a.b", ".a"},
	    {"a.", "a"},
	};
	char line[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct errand one = errand(ERRAND_REPORT, NULL);

		open_worker(true);
		pond.quota.most = 0;
		snprintf(line, sizeof(line), "%s:1|c", cases[i].name);
		pond_take(&pond, line);
		pond_take(&pond, line);
		errands_add(&errands, &pond.intake, &one);
		ck_assert_ptr_eq(collect(&home, BACK), &one);
		ck_assert_uint_eq(one.prefixes.count, 1);
		ck_assert_uint_eq(one.prefixes.item[0].count, 2);
		ck_assert_uint_eq(one.prefixes.item[0].len, strlen(cases[i].prefix));
		ck_assert_mem_eq(
		    one.prefixes.item[0].key, cases[i].prefix, strlen(cases[i].prefix));
		pond_close(&pond);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_is_blocked_is_refused_known_or_not),
    SUITE_TEST(what_is_lifted_is_taken_in_again),
    SUITE_TEST(a_block_ends_at_its_time),
    SUITE_TEST(spellings_and_totals_of_what_is_blocked_are_refused_too),
    SUITE_TEST(what_is_forgotten_is_gone_and_nothing_else),
    SUITE_TEST(what_comes_again_after_it_was_forgotten_begins_anew),
    SUITE_TEST(a_series_whose_spellings_still_come_is_forgotten_all_the_same),
    SUITE_TEST(what_an_alias_still_points_at_stays),
    SUITE_TEST(errands_and_samples_in_any_order_leave_the_books_right),
    SUITE_TEST(what_is_blocked_while_the_table_grows_is_all_that_matches),
    SUITE_TEST(what_is_forgotten_while_the_table_grows_is_all_that_matches),
    SUITE_TEST(blocks_that_end_one_soon_after_the_other_are_both_lifted),
    SUITE_TEST(errands_wait_for_each_other_and_go_to_the_next_worker),
    SUITE_TEST(what_cannot_be_done_comes_back_at_once_with_the_reason),
    SUITE_TEST(closed_it_sends_everything_back),
    SUITE_TEST(a_report_says_what_too_many_names_begin_with),
    {0},
};

SUITE_MAIN("ingest/errand", tests)
