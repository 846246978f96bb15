/* SPDX-License-Identifier: MIT */
/* settings_test.c -- what the flush can be told, and what it cannot. */

#include "flush/settings.h"

#include "conf/conf.h"
#include "metric/statistic.h"
#include "test/unit/suite.h"

#include <math.h>
#include <string.h>

static const struct item root_table[] = {
    {.key = "timers",
	.type = ITEM_BLOCK,
	.block = &timers_items,
	.offset = offsetof(struct flush_settings, timers),
	.help = "timers"},
    {.key = "idle",
	.type = ITEM_BLOCK,
	.block = &idle_items,
	.offset = offsetof(struct flush_settings, idle),
	.help = "series without samples"},
    {.key = "self",
	.type = ITEM_BLOCK,
	.block = &self_items,
	.offset = offsetof(struct flush_settings, self),
	.help = "the daemon's own"},
    {0},
};

static const struct item_table root_items = {
    .name = "root", .items = root_table, .size = sizeof(struct flush_settings)};

static void
must_read(const char *yaml, struct flush_settings *settings)
{
	struct conf *conf = conf_new(&root_items);

	conf_read_text(conf, "test", yaml, strlen(yaml));
	ck_assert_msg(conf_apply(conf, settings) == 0, "%s",
	    conf_problem_count(conf) > 0 ? conf_problem(conf, 0) : "");
	conf_free(conf);
}

START_TEST(defaults_are_those_of_the_manual)
{
	struct flush_settings settings;

	must_read("", &settings);
	const struct timers_settings *timers = &settings.timers;

	ck_assert_uint_eq(timers->percentiles.count, 1);
	ck_assert(((const double *)timers->percentiles.at)[0] == 90);
	ck_assert_uint_eq(
	    statistic_set(timers->statistics.at, timers->statistics.count), STATISTICS_ALL);
	ck_assert_int_eq(timers->exact, 512);
	ck_assert_int_eq(timers->exact_memory_bytes, 64 << 20);
	ck_assert(timers->error == 0.01);
	ck_assert(!timers->weighted);
	ck_assert_uint_eq(timers->histograms.count, 0);
	ck_assert_int_eq(settings.idle.forget_ns, INT64_C(86400) * 1000000000);
	ck_assert_int_eq(settings.idle.gauges.send, IDLE_SEND_REPEAT);
	ck_assert_str_eq(settings.self.prefix, "statsd");
	conf_settings_free(&root_items, &settings);
}
END_TEST

START_TEST(a_budget_is_what_the_settings_allow)
{
	struct flush_settings settings;

	must_read("timers: {exact: 100, exact_memory: 2MiB, weighted: true}", &settings);
	struct budget budget = timers_budget(&settings.timers);

	ck_assert_uint_eq(budget.timer_values, 100);
	ck_assert_uint_eq(budget.bytes, 2 << 20);
	ck_assert_uint_eq(budget.scale, 6);
	ck_assert(budget.weighted);
	conf_settings_free(&root_items, &settings);
	must_read("timers: {error: 0.14%}", &settings);
	ck_assert_uint_eq(timers_budget(&settings.timers).scale, 8);
	conf_settings_free(&root_items, &settings);
	must_read("timers: {error: 4.4%}", &settings);
	ck_assert_uint_eq(timers_budget(&settings.timers).scale, 3);
	conf_settings_free(&root_items, &settings);
}
END_TEST

START_TEST(histograms_and_statistics_are_lists)
{
	struct flush_settings settings;

	must_read("timers:\n"
		  "  statistics: [count, upper_percent]\n"
		  "  histograms: [{match: 'a.*', bins: [0.5, 10, inf]}, {match: '*'}]\n"
		  "idle: {forget: 0s}\n",
	    &settings);
	const struct histogram_settings *histogram = settings.timers.histograms.at;
	const double *bins = histogram[0].bins.at;

	ck_assert_uint_eq(settings.timers.histograms.count, 2);
	ck_assert_str_eq(histogram[0].match, "a.*");
	ck_assert_uint_eq(histogram[0].bins.count, 3);
	ck_assert(bins[0] == 0.5 && bins[1] == 10 && isinf(bins[2]));
	ck_assert_uint_eq(histogram[1].bins.count, 0);
	ck_assert_uint_eq(
	    statistic_set(settings.timers.statistics.at, settings.timers.statistics.count),
	    1u << STATISTIC_COUNT | 1u << STATISTIC_UPPER_PERCENT);
	ck_assert_int_eq(settings.idle.forget_ns, 0);
	conf_settings_free(&root_items, &settings);
}
END_TEST

static const struct {
	const char *yaml, *problem; /* a part of it */
} refusals[] = {
    {"timers: {percentiles: [0]}", "the percentile 0 holds no value"},
    {"timers: {percentiles: [90, 90]}", "a percentile stands there twice"},
    {"timers: {percentiles: [101]}", "timers.percentiles"},
    {"timers: {statistics: [avg]}", "timers.statistics"},
    {"timers: {error: 0.1%}", "timers.error"},
    {"timers: {error: 5%}", "timers.error"},
    {"timers: {exact: 0}", "timers.exact"},
    {"timers: {histograms: [{bins: [1]}]}", "match"},
    {"timers: {histograms: [{match: '[a', bins: [1]}]}", "match"},
    {"timers: {histograms: [{match: a, bins: [2, 1]}]}", "the limits of the bins do not ascend"},
    {"timers: {histograms: [{match: a, bins: [1, 1]}]}", "the limits of the bins do not ascend"},
    {"timers: {histograms: [{match: a, bins: [inf, 1]}]}", "the limits of the bins do not ascend"},
    {"idle: {forget: -1s}", "forget"},
    {"self: {prefix: ''}", "self.prefix"},
};

START_TEST(what_cannot_work_is_refused)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		struct conf *conf = conf_new(&root_items);
		struct flush_settings settings;

		conf_read_text(conf, "test", refusals[i].yaml, strlen(refusals[i].yaml));
		ck_assert_msg(conf_apply(conf, &settings) == 1, "%s", refusals[i].yaml);
		ck_assert_msg(strstr(conf_problem(conf, 0), refusals[i].problem) != NULL, "%s: %s",
		    refusals[i].yaml, conf_problem(conf, 0));
		conf_settings_free(&root_items, &settings);
		conf_free(conf);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(defaults_are_those_of_the_manual),
    SUITE_TEST(a_budget_is_what_the_settings_allow),
    SUITE_TEST(histograms_and_statistics_are_lists),
    SUITE_TEST(what_cannot_work_is_refused),
    {0},
};

SUITE_MAIN("flush/settings", tests)
