/* SPDX-License-Identifier: MIT */
/* limits_test.c -- at a limit what is known goes on, what is new is refused,
 * and who is to blame is known: intake with quota and sources of two workers. */

#include "ingest/errand.h"
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

#define ERRAND_BACK 1

static struct errands errands[WORKERS];
static struct mailbox home;

static void
wake_nobody(void *arg)
{
	(void)arg;
}

/* A worker does what is asked, or part of it while others go on. */
static void
send_errand(uint64_t *state, unsigned worker, struct errand *errand)
{
	static const char *const patterns[] = {"*", "a.*", "*_1*", "b?[0-4]*", "{a,c}.2*"};
	static const enum errand_verb verbs[] = {ERRAND_FORGET, ERRAND_BLOCK, ERRAND_UNBLOCK};

	*errand = (struct errand){.verb = verbs[random_below(state, 3)],
	    .pattern = patterns[random_below(state, 5)],
	    .until_ns = BLOCK_FOREVER,
	    .to = &home,
	    .kind = ERRAND_BACK};
	errands_add(&errands[worker], &pond[worker].intake, errand);
}

static void
take_anything(uint64_t *state, unsigned worker)
{
	static const char *const types[] = {"c", "g", "ms", "s", "C", "c|#b:1,a:2", "h|#x"};
	char line[64];

	snprintf(line, sizeof(line), "%c%c%u:%s1|%s", "abcd"[random_below(state, 4)],
	    "./ "[random_below(state, 3)], random_below(state, 600),
	    random_below(state, 10) == 0 ? "x" : "", types[random_below(state, 7)]);
	take(worker, (uint8_t)(1 + random_below(state, 20)), line);
}

/* What is reckoned beside the memory of the tables. */
static int64_t
count_charges(void)
{
	int64_t used = 0;

	for (unsigned i = 0; i < WORKERS; i++) {
		intake_count_memory(&pond[i].intake);
		used += (int64_t)pond[i].intake.table.pool.used;
	}
	return quota.reckoned - used;
}

static void
expect_nothing_left(void)
{
	size_t count = sources_read(sources, figures);

	ck_assert_int_eq(quota.used, 0);
	ck_assert_int_eq(count_charges(), 0);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(figures[i].series, 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		ck_assert_uint_eq(counter_get(&pond[i].intake.table.counters[TABLE_KEYS]), 0);
		ck_assert_uint_eq(pond[i].intake.table.dropped_spellings, 0);
	}
}

/* Aliases first, then what they stood for. */
static void
sweep_everything(void)
{
	for (unsigned i = 0; i < 2 * WORKERS; i++) {
		struct pond *of = &pond[i % WORKERS];
		struct sweep sweep = {&of->intake, UINT32_MAX};
		struct table_walk walk = {0};

		for (unsigned sub = 0; sub < TABLE_SUBS; sub++)
			table_walk_on(
			    &of->intake.table, &walk, UINT32_MAX, &of->window, let_idle_go, &sweep);
	}
}

/* Rules that drop, rename and make totals, kinds that clash, limits of all
 * sorts, blocking and forgetting: when everything has gone nothing is left in
 * any book. */
START_TEST(whatever_came_all_quotas_are_empty_when_it_has_gone)
{
	static char drop[] = "d*", old[] = "c.1*", now[] = "a.$1", total[] = "b*";
	const struct rule_settings rules[] = {
	    {.match = drop, .action = RULE_DROP},
	    {.match = old, .rename = now},
	    {.match = total, .counters = COUNTERS_CUMULATIVE},
	};
	uint64_t state = random_seed();
	struct errand errand[WORKERS];
	uint32_t seq = 1;

	open_workers(900, 60);
	mailbox_init(&home, wake_nobody, NULL);
	for (unsigned i = 0; i < WORKERS; i++) {
		pond_set_rules(&pond[i], rules, 3);
		pond[i].intake.kinds_clash = true;
		errands_init(&errands[i], NULL, 0);
	}
	for (int i = 0; i < 60000; i++) {
		unsigned worker = random_below(&state, WORKERS);

		take_anything(&state, worker);
		if (errands[worker].first == NULL && random_below(&state, 200) == 0)
			send_errand(&state, worker, &errand[worker]);
		errands_step(&errands[worker], &pond[worker].intake, random_below(&state, 200));
		if (i % 500 == 0)
			quota.memory_most = random_below(&state, 3) == 0 ? 1 : 0;
		if (i % 1000 != 999)
			continue;
		expect_books_agree();
		seq++;
		for (unsigned j = 0; j < WORKERS; j++) {
			table_release(&pond[j].intake.table, &pond[j].window.retired);
			window_open(&pond[j].window, seq);
		}
	}
	/* What is met, and how often, is a matter of what came first. */
	uint64_t met = 0;

	for (enum reason reason = REASON_RULE; reason <= REASON_MEMORY_LIMIT; reason++)
		met += pond_refused(&pond[0], reason);
	ck_assert_uint_gt(met, 0);
	sweep_everything();
	for (unsigned i = 0; i < WORKERS; i++) {
		table_release(&pond[i].intake.table, &pond[i].window.retired);
		while (table_collect(&pond[i].intake.table))
			continue;
		errands_close(&errands[i], &pond[i].intake);
	}
	expect_nothing_left();
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
    SUITE_TEST(whatever_came_all_quotas_are_empty_when_it_has_gone),
    {0},
};

SUITE_MAIN("ingest/limits", tests)
