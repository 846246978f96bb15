/* SPDX-License-Identifier: MIT */
/* admit_test.c -- the first sight of a spelling, and what it decides about
 * all that follow: prefix and tags of the listener, rules, modes, totals. */

#include "aggregate/total.h"
#include "test/unit/ingest/pond.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>

#define LISTENER_S .signed_gauges = SIGNED_LISTENER
#define LISTENER_C .counters = COUNTERS_LISTENER

static struct pond pond;
static char any[] = "*";

static uint64_t
keys(void)
{
	return counter_get(&pond.intake.table.counters[TABLE_KEYS]);
}

static const struct gauge_record *
gauge(const char *name)
{
	return (const struct gauge_record *)pond_record(pond_find(&pond, name, "", KIND_GAUGE));
}

/* The newest total of the pond's source. */
static double
total(const char *name, const char *tags)
{
	return ((const struct total_record *)pond_record(pond_find_total(&pond, name, tags)))
	    ->total;
}

START_TEST(profiles_do_not_mix)
{
	struct origin cleaned, kept;

	pond_open(&pond, 100);
	cleaned = kept = pond.origin;
	kept.profile = 2;
	kept.rules.clean = false;
	for (int round = 0; round < 2; round++) {
		pond.origin = cleaned;
		pond_take(&pond, "a+b:1|c\nab:1|c");
		pond.origin = kept;
		pond_take(&pond, "a+b:10|c\nab:100|c");
	}
	ck_assert(pond_counter(&pond, "ab", "") == 204);
	ck_assert(pond_counter(&pond, "a+b", "") == 20);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(a_listener_adds_its_prefix_and_tags)
{
	struct item_pair pairs[] = {
	    {(char[]){"env"}, (char[]){"prod"}}, {(char[]){"region"}, (char[]){"eu"}}};

	pond_open(&pond, 100);
	pond.origin.rules.prefix = "web.";
	pond.origin.rules.tags = (struct item_pairs){2, pairs};
	for (int round = 0; round < 2; round++)
		pond_take(&pond, "a:1|c\na:1|c|#x:1\na:1|c|#region:us\nweb.a:1|c");
	ck_assert(pond_counter(&pond, "web.a", "env:prod,region:eu") == 2);
	ck_assert(pond_counter(&pond, "web.a", "env:prod,region:eu,x:1") == 2);
	ck_assert(pond_counter(&pond, "web.a", "env:prod,region:us") == 2);
	ck_assert(pond_counter(&pond, "web.web.a", "env:prod,region:eu") == 2);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(a_rule_drops_a_series_and_its_spellings)
{
	const struct rule_settings rules[] = {
	    {.match = (char[]){"a*"}, .action = RULE_DROP, LISTENER_S, LISTENER_C}};

	pond_open(&pond, 100);
	pond_set_rules(&pond, rules, 1);
	for (int round = 0; round < 3; round++)
		pond_take(&pond, "a:1|c\na b:1|c\nb:1|c\nabc:1|g:x|g");
	ck_assert(pond_counter(&pond, "b", "") == 3);
	ck_assert_ptr_null(pond_find(&pond, "a", "", KIND_COUNTER));
	ck_assert_uint_eq(pond_refused(&pond, REASON_RULE), 9);
	/* The operator's wish is no mistake of the client's; "x" is one. */
	ck_assert_uint_eq(pond_count(&pond, INTAKE_ELEMENTS_REFUSED), 3);
	ck_assert_uint_eq(pond.intake.table.dropped_spellings, 3);
	ck_assert_int_eq(atomic_load(&pond.quota.used), 1);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(dropped_spellings_are_remembered_up_to_a_bound)
{
	const struct rule_settings rules[] = {
	    {.match = any, .action = RULE_DROP, LISTENER_S, LISTENER_C}};
	uint64_t before;
	char line[32];

	pond_open(&pond, 10);
	pond_set_rules(&pond, rules, 1);
	before = keys();
	for (int i = 0; i < INTAKE_DROPPED_MOST + 10; i++) {
		snprintf(line, sizeof(line), "a%d:1|c", i);
		pond_take(&pond, line);
	}
	ck_assert_uint_eq(keys() - before, INTAKE_DROPPED_MOST);
	ck_assert_uint_eq(pond_refused(&pond, REASON_RULE), INTAKE_DROPPED_MOST + 10);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(a_rule_renames_and_plans)
{
	static double percentiles[] = {50};
	const struct rule_settings rules[] = {{.match = (char[]){"old.*"},
	    .rename = (char[]){"new.$1"},
	    .percentiles = {1, percentiles},
	    LISTENER_S,
	    LISTENER_C}};

	pond_open(&pond, 100);
	pond_set_rules(&pond, rules, 1);
	for (int round = 0; round < 2; round++)
		pond_take(&pond, "old.a:1|c\nnew.a:1|c\nold.t:1|ms");
	ck_assert(pond_counter(&pond, "new.a", "") == 4);
	ck_assert_uint_eq(pond_find(&pond, "new.t", "", KIND_TIMER)->plan, 1);
	ck_assert_ptr_null(pond_find(&pond, "old.a", "", KIND_COUNTER));
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(signs_mean_what_listener_and_rules_say)
{
	const struct rule_settings rules[] = {
	    {.match = (char[]){"abs*"}, .signed_gauges = SIGNED_ABSOLUTE, LISTENER_C},
	    {.match = (char[]){"delta*"}, .signed_gauges = SIGNED_DELTA, LISTENER_C}};
	static const struct {
		const char *name;
		bool listener; /* absolute */
		bool absolute;
	} cases[] = {
	    {"plain", false, false},
	    {"plain", true, true},
	    {"abs", false, true},
	    {"abs", true, true},
	    {"delta", false, false},
	    {"delta", true, false},
	    {"abs+", false, true}, /* not its canonical spelling */
	    {"plain+", true, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char line[64], name[16];

		snprintf(
		    name, sizeof(name), "%.*s", (int)strcspn(cases[i].name, "+"), cases[i].name);
		pond_open(&pond, 100);
		pond_set_rules(&pond, rules, 2);
		pond.origin.absolute = cases[i].listener;
		for (int round = 0; round < 2; round++) {
			snprintf(
			    line, sizeof(line), "%s:10|g\n%s:-4|g", cases[i].name, cases[i].name);
			pond_take(&pond, line);
		}
		ck_assert_msg(
		    gauge(name)->absolute == (cases[i].absolute ? -4 : 10), "case %zu", i);
		ck_assert_msg(
		    pond_changes(gauge(name)) == (cases[i].absolute ? 0 : -4), "case %zu", i);
		pond_close(&pond);
	}
}
END_TEST

/* Two listeners, one spelling, two meanings: an entry each, one series. */
START_TEST(one_spelling_may_mean_two_things)
{
	struct origin deltas, absolutes;

	pond_open(&pond, 100);
	deltas = absolutes = pond.origin;
	absolutes.profile = 2;
	absolutes.absolute = true;
	for (int round = 0; round < 2; round++) {
		pond.origin = deltas;
		pond_take(&pond, "g:5|g\ng:+1|g");
		ck_assert(gauge("g")->absolute == 5 && pond_changes(gauge("g")) == 1);
		pond.origin = absolutes;
		pond_take(&pond, "g:-7|g");
		ck_assert(gauge("g")->absolute == -7 && pond_changes(gauge("g")) == 0);
	}
	ck_assert_int_eq(atomic_load(&pond.quota.used), 1);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(kv_is_absolute)
{
	pond_open(&pond, 100);
	pond_take(&pond, "g:5|kv\ng:-3|kv");
	ck_assert(gauge("g")->absolute == -3 && pond_changes(gauge("g")) == 0);
	pond_close(&pond);
}
END_TEST

/* However a counter becomes a total, its entry has the source in its key. */
START_TEST(totals_are_kept_by_source)
{
	const struct rule_settings rules[] = {
	    {.match = (char[]){"ruled*"}, LISTENER_S, .counters = COUNTERS_CUMULATIVE}};
	static const struct {
		const char *before, *after, *name, *tags;
		bool listener; /* cumulative */
	} cases[] = {
	    {"a:", "|C", "a", "", false},
	    {"a:", "|c", "a", "", true},
	    {"a b:", "|C|#y:1,x:2", "a_b", "x:2,y:1", false},
	    {"a b:", "|c|@0.5|#y:1,x:2", "a_b", "x:2,y:1", true},
	    {"ruled:", "|c", "ruled", "", false},
	    {"ruled b:", "|c|#y:1,x:2", "ruled_b", "x:2,y:1", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char line[64];

		pond_open(&pond, 100);
		pond_set_rules(&pond, rules, 1);
		pond.origin.cumulative = cases[i].listener;
		for (int round = 1; round <= 3; round++)
			for (uint8_t source = 1; source <= 2; source++) {
				pond.source[15] = source;
				snprintf(line, sizeof(line), "%s%d%s", cases[i].before,
				    source * 100 + round, cases[i].after);
				pond_take(&pond, line);
			}
		for (uint8_t source = 1; source <= 2; source++) {
			pond.source[15] = source;
			const struct entry *entry =
			    pond_find_total(&pond, cases[i].name, cases[i].tags);

			ck_assert_msg(entry != NULL, "case %zu", i);
			ck_assert_uint_eq(entry->modes, ENTRY_TOTAL);
			ck_assert_uint_eq(cell_hits(entry->cell[1].meta), 3);
			ck_assert_int_eq(memcmp(entry_source(entry), pond.source, SOURCE_BYTES), 0);
			ck_assert(total(cases[i].name, cases[i].tags) == source * 100 + 3);
		}
		ck_assert_ptr_null(pond_find(&pond, cases[i].name, cases[i].tags, KIND_COUNTER));
		ck_assert_int_eq(atomic_load(&pond.quota.used), 2);
		pond_expect_balance(&pond);
		pond_close(&pond);
	}
}
END_TEST

START_TEST(a_rule_may_take_totals_for_deltas)
{
	const struct rule_settings rules[] = {
	    {.match = (char[]){"a*"}, LISTENER_S, .counters = COUNTERS_DELTA}};

	pond_open(&pond, 100);
	pond_set_rules(&pond, rules, 1);
	pond.origin.cumulative = true;
	for (uint8_t source = 0; source < 4; source++) {
		pond.source[0] = source;
		pond_take(&pond, "a:1|c\nb:1|c\na:1|c");
	}
	ck_assert(pond_counter(&pond, "a", "") == 8);
	ck_assert_ptr_null(pond_find(&pond, "b", "", KIND_COUNTER));
	ck_assert_int_eq(atomic_load(&pond.quota.used), 5);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

START_TEST(totals_are_bounded_by_the_limit_on_series)
{
	const struct rule_settings rules[] = {
	    {.match = any, LISTENER_S, .counters = COUNTERS_CUMULATIVE}};
	char line[32];

	pond_open(&pond, 3);
	pond_set_rules(&pond, rules, 1);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 5; i++) {
			snprintf(line, sizeof(line), "a%d:1|c", i);
			pond_take(&pond, line);
		}
	ck_assert_uint_eq(pond_refused(&pond, REASON_SERIES_LIMIT), 4);
	ck_assert_uint_eq(pond.intake.table.dropped_spellings, 3);
	pond_expect_balance(&pond);
	pond_close(&pond);
}
END_TEST

/* Of each limit, in the order of their reasons. */
static void
expect_refused_series(uint64_t count, uint64_t source, uint64_t memory)
{
	const counter *refused = &pond.intake.table.counters[TABLE_SERIES_REFUSED];

	ck_assert_uint_eq(counter_get(&refused[0]), count);
	ck_assert_uint_eq(counter_get(&refused[REASON_SOURCE_LIMIT - REASON_SERIES_LIMIT]), source);
	ck_assert_uint_eq(counter_get(&refused[REASON_MEMORY_LIMIT - REASON_SERIES_LIMIT]), memory);
}

START_TEST(refused_series_are_counted_by_the_limit_that_was_reached)
{
	struct sources *sources = sources_new(1, 1);

	pond_open(&pond, 2);
	source_desk_init(&pond.intake.desk, sources, 0);
	pond_take(&pond, "a:1|c\nb:1|c\na:1|c");
	expect_refused_series(0, 1, 0);
	pond.source[0]++;
	pond_take(&pond, "b:1|c");
	pond.source[0]++;
	pond_take(&pond, "c:1|c\nd:1|c\na:1|c");
	expect_refused_series(2, 1, 0);
	pond.quota.memory_most = 1;
	pond_take(&pond, "e:1|c\nb:1|c");
	expect_refused_series(2, 1, 1);
	pond_expect_balance(&pond);
	pond_close(&pond);
	sources_free(sources);
}
END_TEST

/* What two workers have seen of one source, merged. */
START_TEST(a_total_over_two_workers_counts_once)
{
	static struct pond ponds[2];
	struct total_base base = {0};
	double counted = 0;

	for (unsigned interval = 0; interval < 3; interval++) {
		struct record *records[2];

		for (unsigned i = 0; i < 2; i++) {
			pond_open(&ponds[i], 10);
			ponds[i].now = 1 + interval * 1000;
		}
		/* One client's datagrams, by turns; the newest total is 100 more. */
		for (unsigned j = 1; j <= 10; j++) {
			struct pond *one = &ponds[(j + interval) % 2];
			char line[32];

			one->now = 1 + interval * 1000 + j;
			snprintf(line, sizeof(line), "a:%u|C", interval * 100 + j * 10);
			pond_take(one, line);
		}
		for (unsigned i = 0; i < 2; i++)
			records[i] = pond_record(pond_find_total(&ponds[i], "a", ""));
		records[0]->next = records[1];
		counted += total_merge(&base, records[0]);
		for (unsigned i = 0; i < 2; i++)
			pond_close(&ponds[i]);
	}
	ck_assert(base.total == 300);
	ck_assert(counted == 290); /* what the first one ever says was counted before */
}
END_TEST

START_TEST(kinds_of_one_name_clash_where_a_sink_cannot_tell_them_apart)
{
	static const struct {
		const char *first, *second;
		bool clash;
	} cases[] = {
	    {"a:1|c", "a:1|g", true},
	    {"a:1|g", "a:1|c", true},
	    {"a:1|ms", "a:1|s", true},
	    {"a:1|s", "a:1|h", true},
	    {"a:1|c", "a:1|ms", false},
	    {"a:1|c", "a:1|s", false},
	    {"a:1|g", "a:1|ms", false},
	    {"a:1|c", "a:1|g|#x:1", false},
	    {"a+:1|c", "a:1|g", true},
	    {"a:1|g", "a:1|C", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (int told_apart = 0; told_apart < 2; told_apart++) {
			bool clash = cases[i].clash && !told_apart;

			pond_open(&pond, 100);
			pond.intake.kinds_clash = !told_apart;
			pond_take(&pond, cases[i].first);
			for (int round = 0; round < 2; round++)
				pond_take(&pond, cases[i].second);
			pond_take(&pond, cases[i].first);
			ck_assert_msg(pond_refused(&pond, REASON_TYPE_CONFLICT) == (clash ? 2 : 0),
			    "case %zu", i);
			ck_assert_int_eq(atomic_load(&pond.quota.used), clash ? 1 : 2);
			pond_expect_balance(&pond);
			pond_close(&pond);
		}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(profiles_do_not_mix),
    SUITE_TEST(a_listener_adds_its_prefix_and_tags),
    SUITE_TEST(a_rule_drops_a_series_and_its_spellings),
    SUITE_TEST(dropped_spellings_are_remembered_up_to_a_bound),
    SUITE_TEST(a_rule_renames_and_plans),
    SUITE_TEST(signs_mean_what_listener_and_rules_say),
    SUITE_TEST(one_spelling_may_mean_two_things),
    SUITE_TEST(kv_is_absolute),
    SUITE_TEST(totals_are_kept_by_source),
    SUITE_TEST(a_rule_may_take_totals_for_deltas),
    SUITE_TEST(totals_are_bounded_by_the_limit_on_series),
    SUITE_TEST(refused_series_are_counted_by_the_limit_that_was_reached),
    SUITE_TEST(a_total_over_two_workers_counts_once),
    SUITE_TEST(kinds_of_one_name_clash_where_a_sink_cannot_tell_them_apart),
    {0},
};

SUITE_MAIN("ingest/admit", tests)
