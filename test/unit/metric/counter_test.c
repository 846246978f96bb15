/* SPDX-License-Identifier: MIT */
/* counter_test.c -- every counter is declared, and named once. */

#include "metric/counter.h"

#include "test/unit/suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ALL (INTAKE_COUNTERS + TABLE_COUNTERS + USAGE_COUNTERS + FLUSH_COUNTERS + SINK_COUNTERS)

static const struct counter_def *
any_def(size_t which)
{
	if (which < INTAKE_COUNTERS)
		return intake_counter_def(which);
	which -= INTAKE_COUNTERS;
	if (which < TABLE_COUNTERS)
		return table_counter_def(which);
	which -= TABLE_COUNTERS;
	if (which < USAGE_COUNTERS)
		return usage_counter_def(which);
	which -= USAGE_COUNTERS;
	if (which < FLUSH_COUNTERS)
		return flush_counter_def(which);
	return sink_counter_def(which - FLUSH_COUNTERS);
}

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

START_TEST(all_but_the_reason_none_are_published)
{
	for (size_t which = 0; which < ALL; which++) {
		const struct counter_def *def = any_def(which);

		if (which == INTAKE_LINES_REFUSED + REASON_NONE) {
			ck_assert_ptr_null(def->metric);
			continue;
		}
		ck_assert_msg(def->metric != NULL && def->statsd != NULL, "counter %zu", which);
		ck_assert_msg(def->help != NULL && *def->help != '\0', "%s", def->metric);
		ck_assert_msg(def->scale > 0, "%s", def->metric);
	}
}
END_TEST

START_TEST(totals_and_only_they_end_in_total)
{
	for (size_t which = 0; which < ALL; which++) {
		const struct counter_def *def = any_def(which);

		if (def->metric != NULL)
			ck_assert_msg(
			    ends_with(def->metric, "_total") == (def->type == COUNTER_TOTAL), "%s",
			    def->metric);
	}
}
END_TEST

START_TEST(nothing_of_ours_but_statsds_own_is_outside_tidemill)
{
	static const char *const statsds[] = {
	    "packets_received", "metrics_received", "bad_lines_seen"};
	size_t found = 0;

	for (size_t which = 0; which < ALL; which++) {
		const struct counter_def *def = any_def(which);
		bool is_statsds = false;

		if (def->metric == NULL)
			continue;
		for (size_t i = 0; i < sizeof(statsds) / sizeof(*statsds); i++)
			is_statsds = is_statsds || strcmp(def->statsd, statsds[i]) == 0;
		found += is_statsds;
		ck_assert_msg(
		    is_statsds || strncmp(def->statsd, "tidemill.", 9) == 0, "%s", def->statsd);
	}
	ck_assert_uint_eq(found, sizeof(statsds) / sizeof(*statsds));
}
END_TEST

/* One name has one type and one help; with its label it stands once. */
START_TEST(names_agree_where_they_are_shared_and_are_apart_elsewhere)
{
	for (size_t a = 0; a < ALL; a++) {
		const struct counter_def *one = any_def(a);

		for (size_t b = a + 1; b < ALL && one->metric != NULL; b++) {
			const struct counter_def *two = any_def(b);

			if (two->metric == NULL)
				continue;
			ck_assert_str_ne(one->statsd, two->statsd);
			if (strcmp(one->metric, two->metric) != 0)
				continue;
			ck_assert_int_eq(one->type, two->type);
			ck_assert_str_eq(one->help, two->help);
			ck_assert_msg(one->label != NULL && two->label != NULL, "%s", one->metric);
			ck_assert_str_ne(one->label, two->label);
		}
	}
}
END_TEST

START_TEST(kinds_and_reasons_are_labelled_with_their_names)
{
	char label[64];

	for (size_t kind = 0; kind < KINDS; kind++) {
		snprintf(label, sizeof(label), "type=\"%s\"", kind_names[kind]);
		ck_assert_str_eq(intake_counter_def(INTAKE_SAMPLES + kind)->label, label);
		ck_assert_str_eq(table_counter_def(TABLE_SERIES + kind)->label, label);
		ck_assert(
		    ends_with(intake_counter_def(INTAKE_SAMPLES + kind)->statsd, kind_names[kind]));
	}
	for (size_t reason = REASON_NONE + 1; reason < REASONS; reason++) {
		const struct counter_def *def = intake_counter_def(INTAKE_LINES_REFUSED + reason);

		snprintf(label, sizeof(label), "reason=\"%s\"", reason_defs[reason].name);
		ck_assert_str_eq(def->label, label);
		snprintf(
		    label, sizeof(label), "tidemill.lines_refused.%s", reason_defs[reason].name);
		ck_assert_str_eq(def->statsd, label);
	}
	for (size_t i = 0; i < SERIES_LIMITS; i++) {
		const char *name = reason_defs[REASON_SERIES_LIMIT + i].name;

		snprintf(label, sizeof(label), "reason=\"%s\"", name);
		ck_assert_str_eq(table_counter_def(TABLE_SERIES_REFUSED + i)->label, label);
	}
}
END_TEST

START_TEST(names_for_statsd_end_in_the_label_s_value)
{
	for (size_t which = 0; which < ALL; which++) {
		const struct counter_def *def = any_def(which);
		char value[64];

		if (def->metric == NULL || def->label == NULL)
			continue;
		snprintf(value, sizeof(value), "=\"%s\"", counter_def_value(def));
		ck_assert_msg(ends_with(def->label, value), "%s is not of %s", value, def->label);
	}
}
END_TEST

START_TEST(a_counter_adds_sets_and_reads)
{
	counter count = 0;

	counter_add(&count, 2);
	counter_add(&count, 40);
	ck_assert_uint_eq(counter_get(&count), 42);
	counter_set(&count, 7);
	ck_assert_uint_eq(counter_get(&count), 7);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(all_but_the_reason_none_are_published),
    SUITE_TEST(totals_and_only_they_end_in_total),
    SUITE_TEST(nothing_of_ours_but_statsds_own_is_outside_tidemill),
    SUITE_TEST(names_agree_where_they_are_shared_and_are_apart_elsewhere),
    SUITE_TEST(kinds_and_reasons_are_labelled_with_their_names),
    SUITE_TEST(names_for_statsd_end_in_the_label_s_value),
    SUITE_TEST(a_counter_adds_sets_and_reads),
    {0},
};

SUITE_MAIN("metric/counter", tests)
