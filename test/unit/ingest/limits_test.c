/* SPDX-License-Identifier: MIT */
/* limits_test.c -- at a limit what is known goes on, what is new is refused,
 * and who is to blame is known: intake with quota and sources of two workers. */

#include "test/unit/ingest/pond.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>

#define WORKERS 2

static struct pond pond[WORKERS];
static struct series_quota quota;
static struct sources *sources;
static struct source_figures figures[SOURCES_MOST];

static void
open_workers(int64_t series, int64_t series_per_source)
{
	for (unsigned i = 0; i < WORKERS; i++)
		pond_open(&pond[i], 0);
	quota = (struct series_quota){.most = series};
	sources = sources_new(WORKERS, series_per_source);
	for (unsigned i = 0; i < WORKERS; i++) {
		pond[i].intake.quota = &quota;
		source_desk_init(&pond[i].intake.desk, sources, i);
	}
}

static void
close_workers(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		pond_close(&pond[i]);
	sources_free(sources);
}

static void
take(unsigned worker, uint8_t who, const char *text)
{
	memset(pond[worker].source, who, SOURCE_BYTES);
	pond_take(&pond[worker], text);
}

static const struct source_figures *
figures_of(uint8_t who)
{
	size_t count = sources_read(sources, figures);

	for (size_t i = 0; i < count; i++)
		if (figures[i].address[0] == who)
			return &figures[i];
	ck_abort_msg("nothing is known of source %u", who);
	return NULL;
}

static void
expect_refused(unsigned worker, enum reason reason, uint64_t lines)
{
	ck_assert_uint_eq(pond_refused(&pond[worker], reason), lines);
	pond_expect_balance(&pond[worker]);
}

START_TEST(at_the_limit_of_series_those_known_go_on_and_the_offender_is_known)
{
	open_workers(3, 0);
	take(0, 1, "a:1|c\nb:1|c");
	take(1, 1, "a:1|c");
	take(0, 2, "many.new.names:1|c\nmany.new.ones:1|c\na:1|c\nb:5|c");
	take(1, 2, "b:1|c\na:1|c");
	expect_refused(0, REASON_SERIES_LIMIT, 2);
	expect_refused(1, REASON_SERIES_LIMIT, 1);
	ck_assert_double_eq(pond_counter(&pond[0], "a", ""), 2);
	ck_assert_double_eq(pond_counter(&pond[0], "b", ""), 6);
	ck_assert_double_eq(pond_counter(&pond[1], "a", ""), 2);
	ck_assert_uint_eq(figures_of(1)->series, 3);
	ck_assert_uint_eq(figures_of(1)->series_refused, 0);
	ck_assert_uint_eq(figures_of(2)->series, 0);
	ck_assert_uint_eq(figures_of(2)->series_refused, 3);
	ck_assert_uint_eq(figures_of(2)->lines, 6);
	ck_assert_uint_eq(figures_of(2)->refused, 3);
	ck_assert_uint_eq(pond[0].intake.refused_prefixes.item[0].count, 2);
	ck_assert_mem_eq(pond[0].intake.refused_prefixes.item[0].key, "many.new", 8);
	close_workers();
}
END_TEST

START_TEST(a_source_at_its_own_limit_is_refused_and_others_are_not)
{
	open_workers(100, 2);
	take(0, 1, "a:1|c\nb:1|c\nc:1|c");
	take(1, 1, "a:1|c");
	take(1, 2, "a:1|c\nb:1|ms\nc:1|g");
	take(1, 1, "a:1|c\nb:1|ms");
	expect_refused(0, REASON_SOURCE_LIMIT, 1);
	expect_refused(1, REASON_SOURCE_LIMIT, 2);
	ck_assert_uint_eq(figures_of(1)->series, 2);
	ck_assert_uint_eq(figures_of(2)->series, 2);
	/* Whoever comes to a series first has it; all may go on with it. */
	ck_assert_double_eq(pond_counter(&pond[1], "a", ""), 2);
	ck_assert_int_eq(quota.used, 4);
	close_workers();
}
END_TEST

/* Series beyond the limit of all take nothing from the source's. */
START_TEST(what_one_limit_refuses_counts_for_no_other)
{
	open_workers(1, 2);
	take(0, 1, "a:1|c\nb:1|c\nc:1|c\nd:1|c");
	expect_refused(0, REASON_SERIES_LIMIT, 3);
	ck_assert_uint_eq(figures_of(1)->series, 1);
	ck_assert_int_eq(quota.used, 1);
	close_workers();
}
END_TEST

START_TEST(without_memory_nothing_is_added_and_everything_known_goes_on)
{
	open_workers(100, 0);
	take(0, 1, "a_b:1|c\na b:1|c\nt:1|C");
	quota.memory_most = 1;
	uint64_t keys = counter_get(&pond[0].intake.table.counters[TABLE_KEYS]);

	take(0, 1, "a_b:1|c\na b:1|c\na  b:1|c\na/b:1|c\nt:2|C\nnew:1|c");
	expect_refused(0, REASON_MEMORY_LIMIT, 2);
	/* "a  b" is another spelling, and still understood. */
	ck_assert_double_eq(pond_counter(&pond[0], "a_b", ""), 5);
	ck_assert_uint_eq(counter_get(&pond[0].intake.table.counters[TABLE_KEYS]), keys);
	quota.memory_most = 0;
	take(0, 1, "a  b:1|c\nnew:1|c");
	ck_assert_uint_eq(counter_get(&pond[0].intake.table.counters[TABLE_KEYS]), keys + 2);
	close_workers();
}
END_TEST

START_TEST(what_the_table_takes_is_what_the_quota_has_been_told)
{
	char line[32];

	open_workers(10000, 0);
	for (int i = 0; i < 3000; i++) {
		snprintf(line, sizeof(line), "name %04d:1|c", i);
		take((unsigned)i % WORKERS, 1, line);
	}
	int64_t used = 0, held = 0;

	for (unsigned i = 0; i < WORKERS; i++) {
		intake_count_memory(&pond[i].intake);
		used += (int64_t)pond[i].intake.table.pool.used;
		held += (int64_t)pond[i].intake.table.pool.held;
	}
	int64_t charges = quota.reckoned - used;

	ck_assert_int_eq(quota.held, held);
	ck_assert_int_gt(charges, 3000 * 50);
	ck_assert_int_eq(charges % 3000, 0);
	close_workers();
}
END_TEST

struct sweep {
	struct intake *intake;
	uint32_t oldest_seq;
};

static bool
let_idle_go(void *arg, struct entry *entry)
{
	const struct sweep *sweep = arg;

	if (!entry_is_idle(entry, sweep->oldest_seq))
		return false;
	intake_let_go(sweep->intake, entry);
	return true;
}

/* Everything in the tables of both. */
static uint64_t
count_series(void)
{
	uint64_t series = 0;

	for (unsigned i = 0; i < WORKERS; i++)
		for (size_t j = 0; j < KINDS; j++)
			series += counter_get(&pond[i].intake.table.counters[TABLE_SERIES + j]);
	return series;
}

static void
expect_books_agree(void)
{
	size_t count = sources_read(sources, figures);
	uint64_t series = 0, lines = 0, refused = 0;

	for (size_t i = 0; i < count; i++) {
		series += figures[i].series;
		lines += figures[i].lines;
		refused += figures[i].refused;
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		lines -= pond_count(&pond[i], INTAKE_LINES);
		refused -= pond_count(&pond[i], INTAKE_LINES) -
		    pond_count(&pond[i], INTAKE_LINES_ACCEPTED);
	}
	ck_assert_uint_eq(series, count_series());
	ck_assert_uint_eq(series, (uint64_t)quota.used);
	ck_assert_uint_eq(lines, 0);
	ck_assert_uint_eq(refused, 0);
}

START_TEST(series_of_all_sources_are_those_in_the_tables_whatever_comes_and_goes)
{
	static const char *const types[] = {"c", "g", "ms", "s", "C"};
	uint64_t state = random_seed();
	struct table_walk walk[WORKERS] = {{0}};
	char line[64];
	uint32_t seq = 1;

	open_workers(900, 60);
	for (int i = 0; i < 60000; i++) {
		unsigned worker = random_below(&state, WORKERS);
		struct sweep sweep = {&pond[worker].intake, seq > 2 ? seq - 2 : 0};

		snprintf(line, sizeof(line), "n%s%u:1|%s", random_below(&state, 3) ? "." : " ",
		    random_below(&state, 3000), types[random_below(&state, 5)]);
		take(worker, (uint8_t)(1 + random_below(&state, 20)), line);
		table_walk_on(&pond[worker].intake.table, &walk[worker], 64, &pond[worker].window,
		    let_idle_go, &sweep);
		if (i % 1000 == 999) {
			expect_books_agree();
			seq++;
			for (unsigned j = 0; j < WORKERS; j++) {
				table_release(&pond[j].intake.table, &pond[j].window.retired);
				window_open(&pond[j].window, seq);
			}
		}
	}
	ck_assert_uint_gt(pond_refused(&pond[0], REASON_SOURCE_LIMIT), 0);
	ck_assert_uint_gt(pond_refused(&pond[0], REASON_SERIES_LIMIT), 0);
	close_workers();
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(at_the_limit_of_series_those_known_go_on_and_the_offender_is_known),
    SUITE_TEST(a_source_at_its_own_limit_is_refused_and_others_are_not),
    SUITE_TEST(what_one_limit_refuses_counts_for_no_other),
    SUITE_TEST(without_memory_nothing_is_added_and_everything_known_goes_on),
    SUITE_TEST(what_the_table_takes_is_what_the_quota_has_been_told),
    SUITE_TEST(series_of_all_sources_are_those_in_the_tables_whatever_comes_and_goes),
    {0},
};

SUITE_MAIN("ingest/limits", tests)
