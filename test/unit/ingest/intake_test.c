/* SPDX-License-Identifier: MIT */
/* intake_test.c -- datagrams in, cells and counts out. */

#include "ingest/intake.h"

#include "base/hash.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static counter counters[INTAKE_COUNTERS];
static struct intake intake;
static struct window window;
static struct series_quota quota;
static struct origin origin = {
    .profile = 1,
    .rules = {.clean = true, .most_bytes = 1024, .most_tags = 8},
    .counters = counters,
};

static void
open_intake(int64_t most_series)
{
	const struct budget budget = {.timer_values = 512, .bytes = 16 << 20};

	hash_init();
	for (size_t i = 0; i < INTAKE_COUNTERS; i++)
		counter_set(&counters[i], 0);
	quota.most = most_series;
	atomic_store(&quota.used, 0);
	intake_init(&intake, &budget, &quota);
	window_init(&window, 0, 1);
	window_open(&window, 1);
	intake.window = &window;
}

static void
close_intake(void)
{
	intake_fini(&intake);
	window_fini(&window);
}

static void
take(const char *bytes, size_t len, bool cut)
{
	char *copy = malloc(len > 0 ? len : 1);

	memcpy(copy, bytes, len);
	intake_datagram(&intake, &origin, copy, len, cut, 1);
	free(copy);
}

static void
take_text(const char *text)
{
	take(text, strlen(text), false);
}

static struct entry *
find(const char *name, const char *tags, enum kind kind)
{
	const struct sample sample = {.name = name,
	    .name_len = (uint32_t)strlen(name),
	    .tags = tags,
	    .tags_len = (uint32_t)strlen(tags),
	    .kind = kind};

	return table_find(&intake.table, table_hash(&sample), &sample, 0);
}

static double
counter_value(const char *name, const char *tags)
{
	const struct entry *entry = find(name, tags, KIND_COUNTER);

	ck_assert_msg(entry != NULL, "no counter %s", name);
	return bits_double(entry->cell[1].value);
}

static uint64_t
refused_lines(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < REASONS; i++)
		sum += counter_get(&counters[INTAKE_LINES_REFUSED + i]);
	return sum;
}

static uint64_t
accepted_samples(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < KINDS; i++)
		sum += counter_get(&counters[INTAKE_SAMPLES + i]);
	return sum;
}

/* lines = accepted + refused, and samples = hits. */
static void
expect_balance(void)
{
	uint64_t hits = 0;

	ck_assert_uint_eq(counter_get(&counters[INTAKE_LINES]),
	    counter_get(&counters[INTAKE_LINES_ACCEPTED]) + refused_lines());
	ck_assert_uint_eq(counter_get(&counters[INTAKE_LINES_REFUSED + REASON_NONE]), 0);
	for (size_t i = 0; i < window.touched.count; i++)
		hits += cell_hits(window.touched.at[i]->cell[window.interval.seq & 1].meta);
	ck_assert_uint_eq(hits, accepted_samples());
}

START_TEST(a_datagram_is_its_lines)
{
	open_intake(100);
	take_text("a:1|c\nb:2|c\n\r\n\na:3|c|@0.5\n");
	take_text("a:1|c");
	take("", 0, false);
	ck_assert(counter_value("a", "") == 8 && counter_value("b", "") == 2);
	ck_assert_uint_eq(counter_get(&counters[INTAKE_DATAGRAMS]), 3);
	ck_assert_uint_eq(counter_get(&counters[INTAKE_LINES]), 4);
	ck_assert_uint_eq(window.touched.count, 2);
	expect_balance();
	close_intake();
}
END_TEST

START_TEST(a_line_with_one_good_element_is_accepted)
{
	open_intake(100);
	take_text("a:1|c:x|c:2|c:nan|g\nb:x|c:y|z");
	ck_assert(counter_value("a", "") == 3);
	ck_assert_uint_eq(counter_get(&counters[INTAKE_LINES_ACCEPTED]), 1);
	ck_assert_uint_eq(counter_get(&counters[INTAKE_LINES_REFUSED + REASON_BAD_VALUE]), 1);
	ck_assert_uint_eq(counter_get(&counters[INTAKE_ELEMENTS_REFUSED]), 4);
	expect_balance();
	close_intake();
}
END_TEST

START_TEST(all_spellings_of_a_series_meet)
{
	open_intake(100);
	for (int round = 0; round < 3; round++) {
		take_text("a b:1|c\na_b:1|c\na  b:1|c\na\tb:1|c");
		take_text("t:1|c|#x:1,y:2\nt:1|c|#y:2,x:1\nt;y=2;x=1:1|c\nt:1|c|#y:2,,x:1,");
	}
	ck_assert(counter_value("a_b", "") == 12);
	ck_assert(counter_value("t", "x:1,y:2") == 12);
	ck_assert_uint_eq(counter_get(&intake.table.counters[TABLE_SERIES + KIND_COUNTER]), 2);
	ck_assert_uint_eq(counter_get(&intake.table.counters[TABLE_KEYS]), 8);
	ck_assert_int_eq(atomic_load(&quota.used), 2);
	expect_balance();
	close_intake();
}
END_TEST

START_TEST(spellings_beyond_the_cache_still_count)
{
	char line[64];

	open_intake(100);
	for (int round = 0; round < 2; round++)
		for (int i = 1; i <= 40; i++) {
			snprintf(line, sizeof(line), "a%*s:1|c", i + 1, "b");
			take_text(line);
		}
	ck_assert(counter_value("a_b", "") == 80);
	ck_assert_uint_eq(counter_get(&intake.table.counters[TABLE_KEYS]), 1 + ENTRY_ALIASES_MOST);
	expect_balance();
	close_intake();
}
END_TEST

START_TEST(profiles_do_not_mix)
{
	struct origin kept = origin;

	open_intake(100);
	kept.profile = 2;
	kept.rules.clean = false;
	for (int round = 0; round < 2; round++) {
		take_text("a+b:1|c\nab:1|c");
		intake_datagram(&intake, &kept, "a+b:10|c\nab:100|c", 17, false, 1);
	}
	ck_assert(counter_value("ab", "") == 204);
	ck_assert(counter_value("a+b", "") == 20);
	expect_balance();
	close_intake();
}
END_TEST

START_TEST(known_series_stay_exact_at_the_limit)
{
	open_intake(3);
	take_text("a:1|c\nb:1|c\nc:1|c\nd:1|c\ne:1|g\na:1|c");
	ck_assert(counter_value("a", "") == 2);
	ck_assert_ptr_null(find("d", "", KIND_COUNTER));
	ck_assert_uint_eq(counter_get(&counters[INTAKE_LINES_REFUSED + REASON_SERIES_LIMIT]), 2);
	ck_assert_int_eq(atomic_load(&quota.used), 3);
	expect_balance();
	close_intake();
}
END_TEST

START_TEST(a_cut_datagram_loses_its_last_line_only)
{
	open_intake(100);
	take("a:1|c\na:1|c", 11, true);
	take("a:1|c\n", 6, true);
	ck_assert(counter_value("a", "") == 2);
	ck_assert_uint_eq(counter_get(&counters[INTAKE_LINES_REFUSED + REASON_TRUNCATED]), 1);
	ck_assert_uint_eq(counter_get(&counters[INTAKE_DATAGRAMS_TRUNCATED]), 2);
	expect_balance();
	close_intake();
}
END_TEST

START_TEST(one_line_may_have_thousands_of_elements)
{
	char line[20000] = "a";

	open_intake(100);
	for (int i = 0; i < 4000; i++)
		strcat(line + 2 * (size_t)i, ":1");
	strcat(line, "|c");
	take_text(line);
	ck_assert(counter_value("a", "") == 4000);
	ck_assert_uint_eq(counter_get(&counters[INTAKE_LINES]), 1);
	ck_assert_uint_eq(counter_get(&counters[INTAKE_LINES_ACCEPTED]), 1);
	expect_balance();
	close_intake();
}
END_TEST

START_TEST(a_negative_gauge_is_zero_then_a_delta_in_order)
{
	open_intake(100);
	take_text("g:100|g\ng:0|g\ng:-5|g");
	const struct entry *entry = find("g", "", KIND_GAUGE);
	const struct gauge_record *record =
	    (const struct gauge_record *)(uintptr_t)entry->cell[1].value;

	ck_assert(record->absolute == 0 && record->delta == -5);
	ck_assert_uint_lt(record->absolute_stamp, record->first_delta);
	close_intake();
}
END_TEST

/* However lines are cut into datagrams, they fold alike; and no bytes upset
 * the balance. Values are dyadic, so that sums are exact in any order. */
START_TEST(a_split_stream_folds_like_the_whole)
{
	static const char *const lines[] = {"a:0.5|c", "b:2|c|@0.25", "a b:1|c", "g:3|g", "g:+1|g",
	    "t:4|ms", "t:1:2:3|ms", "s:x|s", "bad", "a:1|c:x|c", "c:1|c|#y:1,x:2", ":1|c",
	    "n:nan|c", "", "z\xff:1|c", "a:1|q"};
	uint64_t random = random_seed();
	double sums[2];
	uint64_t samples[2], refused[2];

	for (int round = 0; round < 200; round++) {
		for (int pass = 0; pass < 2; pass++) {
			char datagram[4096] = "";

			uint64_t replay = random + (uint64_t)round;

			open_intake(100);
			for (int i = 0; i < 100; i++) {
				unsigned which =
				    random_below(&replay, sizeof(lines) / sizeof(*lines));

				strcat(strcat(datagram, lines[which]), "\n");
				if (pass == 1 && i % 7 == round % 7) {
					take_text(datagram);
					datagram[0] = '\0';
				}
			}
			take_text(datagram);
			expect_balance();
			sums[pass] = 0;
			for (size_t i = 0; i < window.touched.count; i++)
				if (window.touched.at[i]->kind == KIND_COUNTER)
					sums[pass] +=
					    bits_double(window.touched.at[i]->cell[1].value);
			samples[pass] = accepted_samples();
			refused[pass] = counter_get(&counters[INTAKE_ELEMENTS_REFUSED]);
			close_intake();
		}
		ck_assert_double_eq(sums[0], sums[1]);
		ck_assert_uint_eq(samples[0], samples[1]);
		ck_assert_uint_eq(refused[0], refused[1]);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_datagram_is_its_lines),
    SUITE_TEST(a_line_with_one_good_element_is_accepted),
    SUITE_TEST(all_spellings_of_a_series_meet),
    SUITE_TEST(spellings_beyond_the_cache_still_count),
    SUITE_TEST(profiles_do_not_mix),
    SUITE_TEST(known_series_stay_exact_at_the_limit),
    SUITE_TEST(a_cut_datagram_loses_its_last_line_only),
    SUITE_TEST(one_line_may_have_thousands_of_elements),
    SUITE_TEST(a_negative_gauge_is_zero_then_a_delta_in_order),
    SUITE_TEST(a_split_stream_folds_like_the_whole),
    {0},
};

SUITE_MAIN("ingest/intake", tests)
