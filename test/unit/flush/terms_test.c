/* SPDX-License-Identifier: MIT */
/* terms_test.c -- what is asked of timers is the union of what all sinks
 * need, and for a rule's series what the rule wants. */

#include "flush/terms.h"

#include "test/unit/flush/crew.h"
#include "test/unit/suite.h"

#include <string.h>

#define GRAPHITE(name, rest) name ": {type: graphite, address: 'a:1'" rest "}, "
#define SINKS(list) "\nsinks: {" list "}"
#define SCREEN "screen: {type: stdout}"
#define RULES(list) "\nrules: [" list "]"

/* "90S* 50B": by StatsD's rule, usual; by Brubeck's, not. */
static const char *
describe(const struct plan_terms *plan, struct text *out)
{
	static const char letters[] = {
	    [RANK_STATSD] = 'S', [RANK_STATSITE] = 't', [RANK_BRUBECK] = 'B'};

	text_reset(out);
	for (size_t i = 0; i < plan->count; i++)
		text_printf(out, "%s%g%c%s", i > 0 ? " " : "", plan->term[i].asked.percent,
		    letters[plan->term[i].asked.rule], plan->term[i].usual ? "*" : "");
	return text_string(out);
}

struct expected {
	const char *settings;
	size_t plan;
	const char *terms;
};

static const struct expected expectations[] = {
    {"timers: {percentiles: [90, 99.9]}" SINKS(SCREEN), 0, "90S* 99.9S*"},
    {"timers: {percentiles: [90, -10]}" SINKS(GRAPHITE("g", "") SCREEN), 0, "90S* -10S*"},
    {SINKS(GRAPHITE("g", ", percentiles: [50, 90]")), 0, "50S 90S*"},
    {SINKS(GRAPHITE("g", ", percentiles: [50]") GRAPHITE("h", ", percentiles: [75]") SCREEN), 0,
	"50S 75S 90S*"},
    {"timers: {percentiles: [95]}" SINKS(GRAPHITE("g", ", names: statsite")), 0, "50t 95t* 99t"},
    {"timers: {percentiles: [95]}" SINKS(GRAPHITE("g", ", names: brubeck")), 0,
	"75B 95B* 98B 99B 99.9B 50B"},
    {SINKS(GRAPHITE("g", ", names: statsite, percentiles: [90]") SCREEN), 0, "90t* 90S*"},
    {"timers: {percentiles: []}" SINKS(SCREEN), 0, ""},
    {"sinks: {}", 0, "90S*"},

    {RULES("{match: 'a.*', percentiles: [75]}") SINKS(SCREEN), 0, "90S*"},
    {RULES("{match: 'a.*', percentiles: [75]}") SINKS(SCREEN), 1, "75S*"},
    {RULES("{match: 'a.*', percentiles: [75]}") SINKS(GRAPHITE("g", ", percentiles: [50]")), 1,
	"75S*"},
    {RULES("{match: 'a.*', percentiles: [75, -20]}")
	    SINKS(GRAPHITE("g", ", names: statsite") GRAPHITE("h", ", names: brubeck") SCREEN),
	1, "75t* 75B* 50B 75S* -20S*"},
    {RULES("{match: 'a.*', statistics: [mean]}") SINKS(GRAPHITE("g", ", percentiles: [50]")), 1,
	"50S"},
};

START_TEST(terms_are_the_union_of_what_is_needed)
{
	struct text text = {0};

	for (size_t i = 0; i < sizeof(expectations) / sizeof(*expectations); i++) {
		const struct expected *expected = &expectations[i];
		struct crew *crew = crew_new(expected->settings);

		ck_assert_uint_lt(expected->plan, crew->terms.count);
		const char *is = describe(&crew->terms.plan[expected->plan], &text);

		ck_assert_msg(
		    strcmp(is, expected->terms) == 0, "%zu: %s, not %s", i, is, expected->terms);
		crew_free(crew);
	}
	text_fini(&text);
}
END_TEST

START_TEST(a_rule_comes_before_what_is_usual)
{
	struct crew *crew = crew_new("timers: {statistics: [count, upper]}" RULES(
	    "{match: 'a.*', statistics: [mean]}, {match: 'b.*', percentiles: [75]}"));
	const struct plan_terms *plan = crew->terms.plan;
	const statistic_mask usual = 1u << STATISTIC_COUNT | 1u << STATISTIC_UPPER;

	ck_assert_uint_eq(crew->terms.count, 3);
	ck_assert_uint_eq(plan[0].statistics, usual);
	ck_assert(!plan[0].ruled_percentiles && !plan[0].ruled_statistics);
	ck_assert_uint_eq(plan[1].statistics, 1u << STATISTIC_MEAN);
	ck_assert(!plan[1].ruled_percentiles && plan[1].ruled_statistics);
	ck_assert_uint_eq(plan[2].statistics, usual);
	ck_assert(plan[2].ruled_percentiles && !plan[2].ruled_statistics);
	crew_free(crew);
}
END_TEST

START_TEST(without_rules_there_is_one_plan)
{
	double percentiles[] = {90};
	int all[] = {0};
	const struct timers_settings timers = {
	    .percentiles = {1, percentiles}, .statistics = {1, all}};
	struct item_map sinks = {0};
	struct terms terms;

	terms_init(&terms, &timers, &sinks, NULL);
	ck_assert_uint_eq(terms.count, 1);
	ck_assert_uint_eq(terms.plan[0].count, 0);
	ck_assert_uint_eq(terms.plan[0].statistics, STATISTICS_ALL);
	terms_fini(&terms);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(terms_are_the_union_of_what_is_needed),
    SUITE_TEST(a_rule_comes_before_what_is_usual),
    SUITE_TEST(without_rules_there_is_one_plan),
    {0},
};

SUITE_MAIN("flush/terms", tests)
