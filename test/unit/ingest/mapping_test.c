/* SPDX-License-Identifier: MIT */
/* mapping_test.c -- a statsd_exporter mapping file, as rules. */

#include "ingest/mapping.h"

#include "base/number.h"
#include "metric/kind.h"

#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <unistd.h>

static void
print_tags(const struct mapping *mapping, struct text *out)
{
	const struct item_pairs *tags = &mapping->rule.tags;

	for (size_t i = 0; i < tags->count; i++)
		text_printf(out, " %s:%s", tags->at[i].key, tags->at[i].value);
	if (mapping->honor_labels)
		text_puts(out, " honor");
}

static void
print_percentiles(const struct mapping *mapping, struct text *out)
{
	const double *percentiles = mapping->rule.percentiles.at;

	for (size_t i = 0; i < mapping->rule.percentiles.count; i++) {
		text_puts(out, " p");
		out->len += number_print(percentiles[i], text_reserve(out, NUMBER_TEXT_MAX));
	}
}

/* "glob a.* gauge = b k:v honor p99.9" or "regex ^a drop", one to a line. */
static void
print_mapping(const struct mapping *mapping, struct text *out)
{
	const struct rule_settings *rule = &mapping->rule;

	text_printf(out, "%s %s", rule->match_type == MATCH_GLOB ? "glob" : "regex", rule->match);
	for (size_t i = 0; i < rule->type.count; i++)
		text_printf(out, " %s", kind_names[((const int *)rule->type.at)[i]]);
	if (rule->action == RULE_DROP)
		text_puts(out, " drop");
	if (*rule->rename != '\0')
		text_printf(out, " = %s", rule->rename);
	print_tags(mapping, out);
	print_percentiles(mapping, out);
	text_byte(out, '\n');
}

/* What becomes of the file: its rules, then warnings; or its problems. */
static void
expect(const char *yaml, const char *expected)
{
	struct text out = {0}, warnings = {0}, problems = {0};
	struct mapping_file *file =
	    mapping_open_text("m.yaml", yaml, strlen(yaml), &problems, &warnings);

	ck_assert_int_eq(file == NULL, problems.len > 0);
	for (size_t i = 0; file != NULL && i < mapping_count(file); i++)
		print_mapping(mapping_at(file, i), &out);
	text_append(&out, warnings.bytes, warnings.len);
	text_append(&out, problems.bytes, problems.len);
	ck_assert_msg(strcmp(text_string(&out), expected) == 0, "%s\nis:\n%s\nnot:\n%s", yaml,
	    out.bytes, expected);
	mapping_close(file);
	text_fini(&out);
	text_fini(&warnings);
	text_fini(&problems);
}

struct row {
	const char *yaml, *expected;
};

static void
expect_all(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect(rows[i].yaml, rows[i].expected);
}

#define EXPECT_ALL(rows) expect_all(rows, sizeof(rows) / sizeof(*(rows)))

START_TEST(a_mapping_is_a_rule)
{
	static const struct row rows[] = {
	    {"", ""},
	    {"mappings: []", ""},
	    {"mappings:\n"
	     "- match: \"test.dispatcher.*.*.*\"\n"
	     "  name: \"dispatcher_events_total\"\n"
	     "  help: events\n"
	     "  labels:\n"
	     "    processor: \"$1\"\n"
	     "    action: \"${2}\"\n",
		"glob test.dispatcher.*.*.* = dispatcher_events_total processor:$1 action:${2}\n"},
	    {"mappings: [{match: a.*, name: b, honor_labels: true, labels: {k: $1}}]",
		"glob a.* = b k:$1 honor\n"},
	    {"mappings: [{match: ., match_type: regex, action: drop, name: dropped}]",
		"regex . drop\n"},
	    {"mappings: [{match: a.b, action: drop}]", "glob a.b drop\n"},
	    {"mappings: [{match: a, name: b, action: map, scale: 1.0}]", "glob a = b\n"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(an_observer_is_a_timer)
{
	static const struct row rows[] = {
	    {"mappings: [{match: a, name: b, match_metric_type: counter}]", "glob a counter = b\n"},
	    {"mappings: [{match: a, name: b, match_metric_type: gauge}]", "glob a gauge = b\n"},
	    {"mappings: [{match: a, name: b, match_metric_type: observer}]", "glob a timer = b\n"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(regexes_come_after_all_globs)
{
	static const struct row rows[] = {
	    {"mappings:\n"
	     "- {match: 'x(.*)', match_type: regex, name: r1}\n"
	     "- {match: b.*, name: g1}\n"
	     "- {match: 'y', match_type: regex, name: r2}\n"
	     "- {match: a.*, name: g2}\n",
		"glob b.* = g1\nglob a.* = g2\nregex x(.*) = r1\nregex y = r2\n"},
	    {"defaults: {match_type: regex}\n"
	     "mappings:\n"
	     "- {match: r, name: r}\n"
	     "- {match: g, name: g, match_type: glob}\n",
		"glob g = g\nregex r = r\n"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(without_ordering_the_most_specific_glob_comes_first)
{
	static const struct row rows[] = {
	    {"defaults: {glob_disable_ordering: true}\n"
	     "mappings:\n"
	     "- {match: 'a.*.*', name: n1}\n"
	     "- {match: '.', match_type: regex, name: r}\n"
	     "- {match: '*.b.c', name: n2}\n"
	     "- {match: 'a.*.c', name: n3}\n"
	     "- {match: 'a.b.*', name: n4}\n"
	     "- {match: 'a.b.c', name: n5}\n"
	     "- {match: 'x.b.c', name: n6}\n"
	     "- {match: '*', name: n7}\n"
	     "- {match: 'ab', name: n8}\n",
		"glob ab = n8\nglob a.b.c = n5\nglob x.b.c = n6\nglob a.b.* = n4\n"
		"glob a.*.c = n3\nglob a.*.* = n1\nglob * = n7\nglob *.b.c = n2\nregex . = r\n"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(quantiles_are_percentiles)
{
	static const struct row rows[] = {
	    {"mappings:\n"
	     "- match: a\n"
	     "  name: b\n"
	     "  summary_options: {quantiles: [{quantile: 0.5}, {quantile: 0.57},"
	     " {quantile: 0.999}, {quantile: 1}]}\n",
		"glob a = b p50 p57 p99.9 p100\n"},
	    {"mappings: [{match: a, name: b, quantiles: [{quantile: 0.25}]}]", "glob a = b p25\n"},
	    {"defaults: {quantiles: [{quantile: 0.9}]}\n"
	     "mappings:\n"
	     "- {match: a, name: a}\n"
	     "- {match: b, name: b, quantiles: [{quantile: 0.1}]}\n",
		"glob a = a p90\nglob b = b p10\n"
		"m.yaml:1:12: defaults.quantiles: these are of what a mapping matches; all else "
		"has `timers.percentiles`\n"},
	    {"defaults: {quantiles: [{quantile: 0.9}], observer_type: histogram}\n"
	     "mappings:\n"
	     "- {match: a, name: a}\n"
	     "- {match: b, name: b, timer_type: summary}\n",
		"glob a = a\nglob b = b p90\n"
		"m.yaml:1:12: defaults.quantiles: these are of what a mapping matches; all else "
		"has `timers.percentiles`\n"
		"m.yaml:1:42: defaults.observer_type: no effect here: a timer has statistics, not "
		"buckets\n"},
	    {"mappings: [{match: a, name: b, quantiles: [{quantile: 0}, {quantile: 0.5}]}]",
		"glob a = b p50\n"
		"m.yaml:1:32: mappings[1].quantiles: no effect here: a quantile of 0 is the "
		"statistic lower\n"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(what_has_no_effect_is_said_once_for_each_key)
{
	static const struct row rows[] = {
	    {"defaults:\n"
	     "  ttl: 1h30m\n"
	     "mappings:\n"
	     "- match: a\n"
	     "  name: a\n"
	     "  ttl: 5m\n"
	     "  timer_type: histogram\n"
	     "  histogram_options: {buckets: [1, 2]}\n"
	     "- match: b\n"
	     "  name: b\n"
	     "  ttl: 5m\n"
	     "  observer_type: summary\n"
	     "  summary_options:\n"
	     "    quantiles: [{quantile: 0.5, error: 0.01}]\n"
	     "    max_age: 30s\n"
	     "    age_buckets: 3\n",
		"glob a = a\n"
		"glob b = b p50\n"
		"m.yaml:2:3: defaults.ttl: no effect here, nor in 2 other places: `idle` and "
		"`forget` say how long series live\n"
		"m.yaml:15:5: mappings[2].summary_options.max_age: no effect here: percentiles are "
		"those of one interval\n"
		"m.yaml:16:5: mappings[2].summary_options.age_buckets: no effect here: percentiles "
		"are those of one interval\n"
		"m.yaml:8:23: mappings[1].histogram_options.buckets: no effect here: there are no "
		"buckets of this kind\n"
		"m.yaml:14:5: mappings[2].summary_options.quantiles: no effect here: `timers.error` "
		"says how exact a percentile is\n"
		"m.yaml:7:3: mappings[1].timer_type: no effect here: a timer has statistics, not "
		"buckets\n"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(what_is_wrong_is_said_with_its_place)
{
	static const struct row rows[] = {
	    {"mappings:\n- {match: a, nam: b}\n",
		"m.yaml:2:14: mappings[1]: unknown key \"nam\"; did you mean \"name\"?\n"},
	    {"mappings: [{name: b}]",
		"m.yaml:1:12: mappings[1]: key \"match\" is missing; it is a text\n"},
	    {"mappings: [{match: '', name: b}]",
		"m.yaml:1:13: mappings[1].match: an empty match says nothing\n"},
	    {"mappings: [{match: a}]",
		"m.yaml:1:12: mappings[1].name: a mapping that does not drop gives a name\n"},
	    {"mappings: [{match: a, name: b, scale: 1000}]",
		"m.yaml:1:32: mappings[1].scale: values are not scaled here; take it out, and scale "
		"where they are read\n"},
	    {"mappings: [{match: a, action: drop, labels: {k: v}}]",
		"m.yaml:1:37: mappings[1].labels: a series that is dropped has none\n"},
	    {"mappings: [{match: a, name: $1_x}]",
		"m.yaml:1:23: mappings[1].name: a letter, digit or _ after a group's number needs "
		"braces around that, like ${1}_x\n"},
	    {"mappings: [{match: a, name: b, labels: {k: 10$}}]",
		"m.yaml:1:32: mappings[1].labels: a dollar that is no group is written $$\n"},
	    {"mappings: [{match: a, name: b, labels: {'k k': v}}]",
		"m.yaml:1:32: mappings[1].labels: the key of a tag has letters, digits, _ . and - "
		"only\n"},
	    {"mappings: [{match: a.b*, name: b}]",
		"m.yaml:1:13: mappings[1].match: a * stands for a whole component, from dot to "
		"dot\n"},
	    {"mappings: [{match: 'a.[bc]', name: b}]",
		"m.yaml:1:13: mappings[1].match: a glob of a mapping has no wildcard but *\n"},
	    {"mappings: [{match: a..b, name: b}]",
		"m.yaml:1:13: mappings[1].match: a component is empty\n"},
	    {"mappings: [{match: '*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*', name: b}]",
		"m.yaml:1:13: mappings[1].match: there are more than 16 stars\n"},
	    {"mappings: [{match: a, name: b, match_type: globb}]",
		"m.yaml:1:44: mappings[1].match_type: \"globb\" is none of glob, regex; did you "
		"mean \"glob\"?\n"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_a_problem)
{
	struct text problems = {0}, warnings = {0};

	ck_assert_ptr_null(mapping_open("/nowhere/m.yaml", &problems, &warnings));
	ck_assert_str_eq(text_string(&problems),
	    "/nowhere/m.yaml: the file cannot be read: No such file or directory\n");
	text_fini(&problems);
	text_fini(&warnings);
}
END_TEST

START_TEST(places_are_those_of_the_file_not_of_the_order)
{
	static const char yaml[] = "mappings:\n"
				   "- {match: r, match_type: regex, name: r, labels: {a: b}}\n"
				   "- {match: g, name: g}\n";
	struct text problems = {0}, warnings = {0}, out = {0};
	struct mapping_file *file =
	    mapping_open_text("m.yaml", yaml, strlen(yaml), &problems, &warnings);

	mapping_place(file, 0, "rename", &out);
	text_byte(&out, '\n');
	mapping_place(file, 1, "tags", &out);
	text_byte(&out, '\n');
	mapping_place(file, 1, "match", &out);
	ck_assert_str_eq(text_string(&out),
	    "m.yaml:3:14: mappings[2].name\n"
	    "m.yaml:2:42: mappings[1].labels\n"
	    "m.yaml:2:4: mappings[1].match");
	mapping_close(file);
	text_fini(&out);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_mapping_is_a_rule),
    SUITE_TEST(an_observer_is_a_timer),
    SUITE_TEST(regexes_come_after_all_globs),
    SUITE_TEST(without_ordering_the_most_specific_glob_comes_first),
    SUITE_TEST(quantiles_are_percentiles),
    SUITE_TEST(what_has_no_effect_is_said_once_for_each_key),
    SUITE_TEST(what_is_wrong_is_said_with_its_place),
    SUITE_TEST(a_file_that_is_not_there_is_a_problem),
    SUITE_TEST(places_are_those_of_the_file_not_of_the_order),
    {0},
};

SUITE_MAIN("ingest/mapping", tests)
