/* SPDX-License-Identifier: MIT */
/* rules_test.c -- what rules do to series, and what is no rule. */

#include "ingest/rules.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "ingest/pattern.h"
#include "ingest/shortlist.h"

#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <unistd.h>

struct root {
	struct item_list rules;
};

static const struct item root_table[] = {
    {.key = "rules",
	.type = ITEM_LIST,
	.element = ITEM_BLOCK,
	.block = &rule_items,
	.offset = offsetof(struct root, rules),
	.fallback = "[]"},
    {0},
};

static const struct item_table root_items = {
    .name = "root", .items = root_table, .size = sizeof(struct root)};

static const struct canonical_rules client_rules = {
    .clean = true,
    .dialects = 1 << DIALECT_DOGSTATSD,
    .prefix = "",
    .most_bytes = 32768,
    .most_tags = 8,
};

/* Rules, and a worker's room for them. */
struct book {
	struct rules *rules; /* NULL: there are problems */
	struct rules_room *room;
	struct canonical canonical;
	struct text problems, warnings;
};

static void
book_open(struct book *book, const char *yaml)
{
	struct conf *conf = conf_new(&root_items);
	struct root root;

	*book = (struct book){0};
	conf_read_text(conf, "t.yaml", yaml, strlen(yaml));
	conf_apply(conf, &root);
	for (size_t i = 0; i < conf_problem_count(conf); i++)
		text_printf(&book->problems, "%s\n", conf_problem(conf, i));
	if (book->problems.len == 0)
		book->rules = rules_new(&root.rules, &book->problems, &book->warnings);
	if (book->rules != NULL)
		book->room = rules_room_new(book->rules);
	conf_settings_free(&root_items, &root);
	conf_free(conf);
}

static void
book_must_open(struct book *book, const char *yaml)
{
	book_open(book, yaml);
	ck_assert_msg(book->rules != NULL, "%s\n%s", yaml, text_string(&book->problems));
}

static void
book_close(struct book *book)
{
	rules_room_free(book->room);
	rules_free(book->rules);
	canonical_fini(&book->canonical);
	text_fini(&book->problems);
	text_fini(&book->warnings);
}

static enum reason
book_apply(struct book *book, enum kind kind, const char *name, const char *tags,
    struct ruling *ruling_out)
{
	struct sample sample = {
	    .name = name,
	    .name_len = (uint32_t)strlen(name),
	    .tags = tags,
	    .tags_len = (uint32_t)strlen(tags),
	    .kind = kind,
	};

	ck_assert_int_eq(canonical_make(&client_rules, &sample, &book->canonical), REASON_NONE);
	enum reason reason =
	    rules_apply(book->rules, book->room, &client_rules, kind, &book->canonical, ruling_out);

	return reason != REASON_NONE ? reason : canonical_finish(&client_rules, &book->canonical);
}

/* What becomes of a series: "name", "name#tags", or why it is refused. */
static void
expect(struct book *book, enum kind kind, const char *series, const char *expected)
{
	const char *hash = strchrnul(series, '#');
	struct text name = {0}, out = {0};
	struct ruling ruling;

	text_append(&name, series, (size_t)(hash - series));
	enum reason reason =
	    book_apply(book, kind, text_string(&name), *hash == '#' ? hash + 1 : hash, &ruling);

	if (reason != REASON_NONE) {
		text_printf(&out, "(%s)", reason_defs[reason].name);
	} else {
		text_append(&out, book->canonical.name.bytes, book->canonical.name.len);
		if (book->canonical.tags.len > 0)
			text_byte(&out, '#');
		text_append(&out, book->canonical.tags.bytes, book->canonical.tags.len);
	}
	ck_assert_msg(strcmp(text_string(&out), expected) == 0, "%s is %s, not %s", series,
	    out.bytes, expected);
	text_fini(&name);
	text_fini(&out);
}

struct row {
	const char *rules;
	enum kind kind;
	const char *series, *expected;
};

static void
expect_all(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct book book;

		book_must_open(&book, rows[i].rules);
		expect(&book, rows[i].kind, rows[i].series, rows[i].expected);
		book_close(&book);
	}
}

#define EXPECT_ALL(rows) expect_all(rows, sizeof(rows) / sizeof(*(rows)))

START_TEST(the_first_rule_that_matches_decides)
{
	static const struct row rows[] = {
	    {"rules: []", 0, "a", "a"},
	    {"rules: [{match: a, rename: b}, {match: b, rename: c}]", 0, "a", "b"},
	    {"rules: [{match: a*, rename: one}, {match: ab, rename: two}]", 0, "ab", "one"},
	    {"rules: [{match: ab, rename: two}, {match: a*, rename: one}]", 0, "ab", "two"},
	    {"rules: [{match: a.b}, {match: '*', action: drop}]", 0, "a.b", "a.b"},
	    {"rules: [{match: a.b}, {match: '*', action: drop}]", 0, "a.c", "(rule)"},
	    {"rules: [{match: '*b', rename: one}, {match: ab, rename: two}]", 0, "ab", "one"},
	    {"rules: [{match: b, match_type: regex, rename: one}, {match: abc, rename: two}]", 0,
		"abc", "one"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_glob_matches_whole_names_and_its_star_crosses_dots)
{
	static const struct row rows[] = {
	    {"rules: [{match: web, action: drop}]", 0, "web", "(rule)"},
	    {"rules: [{match: web, action: drop}]", 0, "webs", "webs"},
	    {"rules: [{match: web, action: drop}]", 0, "a.web", "a.web"},
	    {"rules: [{match: 'web.*', action: drop}]", 0, "web.a.b", "(rule)"},
	    {"rules: [{match: 'w[ab]?', rename: x}]", 0, "wb9", "x"},
	    {"rules: [{match: 'w[ab]?', rename: x}]", 0, "wc9", "wc9"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_regex_matches_anywhere)
{
	static const struct row rows[] = {
	    {"rules: [{match: eb, match_type: regex, action: drop}]", 0, "a.web.b", "(rule)"},
	    {"rules: [{match: '^eb', match_type: regex, action: drop}]", 0, "web", "web"},
	    {"rules: [{match: 'b$', match_type: regex, action: drop}]", 0, "web", "(rule)"},
	    {"rules: [{match: '^$', match_type: regex, action: drop}]", 0, "web", "web"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_type_limits_a_rule)
{
	static const struct row rows[] = {
	    {"rules: [{match: a, type: timer, action: drop}]", KIND_TIMER, "a", "(rule)"},
	    {"rules: [{match: a, type: timer, action: drop}]", KIND_COUNTER, "a", "a"},
	    {"rules: [{match: a, type: [set, gauge], action: drop}]", KIND_SET, "a", "(rule)"},
	    {"rules: [{match: a, type: [set, gauge], action: drop}]", KIND_GAUGE, "a", "(rule)"},
	    {"rules: [{match: a, type: set, rename: b}, {match: a, rename: c}]", KIND_GAUGE, "a",
		"c"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_name_is_made_of_what_stars_and_groups_took)
{
	static const struct row rows[] = {
	    {"rules: [{match: 'a.*.b', rename: 'x.$1'}]", 0, "a.c.d.b", "x.c.d"},
	    {"rules: [{match: '*.*', rename: '${2}_${1}'}]", 0, "a.b", "b_a"},
	    {"rules: [{match: '*', rename: '$1$1'}]", 0, "ab", "abab"},
	    {"rules: [{match: '[*]*', rename: 'x$1'}]", 0, "ab", "ab"},
	    {"rules: [{match: '[a\\]*][!*-z]*', rename: 'x$1'}]", 0, "a-bc", "a-bc"},
	    {"rules: [{match: '[a\\]*][!a-y]*', rename: 'x$1'}]", 0, "azbc", "xbc"},
	    {"rules: [{match: '^(.)(.)', match_type: regex, rename: '$2$1'}]", 0, "abc", "ba"},
	    {"rules: [{match: '(?<x>b+)', match_type: regex, rename: 'n.${x}.$x'}]", 0, "abbc",
		"n.bb.bb"},
	    {"rules: [{match: '(?P<x>b+)', match_type: regex, rename: 'n.$0'}]", 0, "abbc", "n.bb"},
	    {"rules: [{match: 'a(x)?', match_type: regex, rename: 'n$1'}]", 0, "ab", "n"},
	    {"rules: [{match: '(x)?|a(y)?', match_type: regex, rename: 'n$1$2'}]", 0, "ab", "n"},
	    {"rules: [{match: 'a*', rename: '$1'}]", 0, "a", "(bad_name)"},
	    {"rules: [{match: 'a*', rename: '$$1'}]", 0, "ab", "$1"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(tags_of_a_rule_win_over_those_of_clients)
{
	static const struct row rows[] = {
	    {"rules: [{match: '*.*', rename: $1, tags: {host: $2, dc: x}}]", 0, "a.b",
		"a#dc:x,host:b"},
	    {"rules: [{match: a, tags: {k: rule}}]", 0, "a#k:client,j:1", "a#j:1,k:rule"},
	    {"rules: [{match: 'a*', tags: {k: $1}}]", 0, "a#k:client", "a#k:client"},
	    {"rules: [{match: a, tags: {k: 'a$$b'}}]", 0, "a", "a#k:ab"},
	};
	EXPECT_ALL(rows);
}
END_TEST

START_TEST(a_rule_says_how_a_series_is_read)
{
	struct book book;
	struct ruling ruling;

	book_must_open(&book,
	    "rules:\n"
	    "- {match: x}\n"
	    "- {match: a, signed_gauges: absolute, counters: cumulative}\n"
	    "- {match: b, signed_gauges: delta, counters: delta}\n");
	book_apply(&book, KIND_GAUGE, "a", "", &ruling);
	ck_assert_uint_eq(ruling.rule, 2);
	ck_assert_int_eq(ruling.signed_gauges, SIGNED_ABSOLUTE);
	ck_assert_int_eq(ruling.counters, COUNTERS_CUMULATIVE);
	book_apply(&book, KIND_GAUGE, "b", "", &ruling);
	ck_assert_uint_eq(ruling.rule, 3);
	ck_assert_int_eq(ruling.signed_gauges, SIGNED_DELTA);
	ck_assert_int_eq(ruling.counters, COUNTERS_DELTA);
	book_apply(&book, KIND_GAUGE, "c", "", &ruling);
	ck_assert_uint_eq(ruling.rule, 0);
	ck_assert_int_eq(ruling.signed_gauges, SIGNED_LISTENER);
	ck_assert_int_eq(ruling.counters, COUNTERS_LISTENER);
	ck_assert_uint_eq(ruling.plan, 0);
	book_close(&book);
}
END_TEST

START_TEST(equal_percentiles_and_statistics_are_one_plan)
{
	static const uint16_t plans[] = {1, 2, 1, 3, 0, 4};
	struct book book;
	struct ruling ruling;

	book_must_open(&book,
	    "rules:\n"
	    "- {match: r0, percentiles: [50, 99.9]}\n"
	    "- {match: r1, percentiles: [99.9, 50]}\n"
	    "- {match: r2, percentiles: [50, 99.9]}\n"
	    "- {match: r3, percentiles: [50, 99.9], statistics: [mean, count]}\n"
	    "- {match: r4}\n"
	    "- {match: r5, statistics: all}\n");
	ck_assert_uint_eq(rules_plans(book.rules), 4);
	for (size_t i = 0; i < 6; i++) {
		const char name[] = {'r', (char)('0' + i), '\0'};

		book_apply(&book, KIND_TIMER, name, "", &ruling);
		ck_assert_uint_eq(ruling.plan, plans[i]);
	}
	const struct rule_plan *plan = rules_plan(book.rules, 3);

	ck_assert_uint_eq(plan->percentile_count, 2);
	ck_assert(plan->percentiles[1] >= 99.9 && plan->percentiles[1] <= 99.9);
	ck_assert_uint_eq(plan->statistics, 1u << STATISTIC_MEAN | 1u << STATISTIC_COUNT);
	ck_assert_uint_eq(rules_plan(book.rules, 4)->statistics, STATISTICS_ALL);
	book_close(&book);
}
END_TEST

static const struct {
	const char *rule, *problem;
} refused[] = {
    {"{}", "t.yaml:1:9: rules[1]: a rule has a match, or an include"},
    {"{match: a, include: b}",
	"t.yaml:1:10: rules[1].match: a rule has a match or an include, not both"},
    {"{include: a, type: set}",
	"t.yaml:1:22: rules[1].type: the file that is included says this itself"},
    {"{include: a, action: drop}",
	"t.yaml:1:22: rules[1].action: the file that is included says this itself"},
    {"{include: a, match_type: regex}",
	"t.yaml:1:22: rules[1].match_type: the file that is included says this itself"},
    {"{include: a, tags: {k: v}}",
	"t.yaml:1:22: rules[1].tags: the file that is included says this itself"},
    {"{match: a, action: drop, rename: b}",
	"t.yaml:1:34: rules[1].rename: a series that is dropped has none"},
    {"{match: a, action: drop, tags: {k: v}}",
	"t.yaml:1:34: rules[1].tags: a series that is dropped has none"},
    {"{match: a, action: drop, counters: delta}",
	"t.yaml:1:34: rules[1].counters: a series that is dropped has none"},
    {"{match: '[a'}", "t.yaml:1:10: rules[1].match: a bracket is not closed"},
    {"{match: a, percentiles: [1, 0]}",
	"t.yaml:1:20: rules[1].percentiles: the percentile 0 holds no value"},
    {"{match: a, percentiles: [101]}",
	"t.yaml:1:34: rules[1].percentiles: 101 is too large; the most is 100"},
    {"{match: a, statistics: [means]}",
	"t.yaml:1:33: rules[1].statistics: \"means\" is none of all, count, count_ps, "
	"lower, upper, sum, sum_squares, mean, median, std, histogram, count_percent, "
	"mean_percent, upper_percent, lower_percent, sum_percent, sum_squares_percent; did "
	"you mean \"mean\"?"},
    {"{match: a, type: set, percentiles: [1]}",
	"t.yaml:1:31: rules[1].percentiles: only timers have them, and `type` leaves "
	"timers out"},
    {"{match: a, type: set, counters: delta}",
	"t.yaml:1:31: rules[1].counters: it is about counters, and `type` leaves counters "
	"out"},
    {"{match: a, type: set, signed_gauges: delta}",
	"t.yaml:1:31: rules[1].signed_gauges: it is about gauges, and `type` leaves "
	"gauges out"},
    {"{match: a, rename: a$}",
	"t.yaml:1:20: rules[1].rename: a dollar that is no group is written $$"},
    {"{match: a, rename: $1x}",
	"t.yaml:1:20: rules[1].rename: a letter, digit or _ after a group's number needs "
	"braces around that, like ${1}_x"},
    {"{match: a, rename: '${1'}", "t.yaml:1:20: rules[1].rename: a ${ has no }"},
    {"{match: a, rename: '${}'}", "t.yaml:1:20: rules[1].rename: nothing is between ${ and }"},
    {"{match: a, rename: '${1x}'}",
	"t.yaml:1:20: rules[1].rename: a group between ${ and } is a number or a name"},
    {"{match: a, rename: '${a-b}'}",
	"t.yaml:1:20: rules[1].rename: a group between ${ and } is a number or a name"},
    {"{match: a, tags: {'a b': v}}",
	"t.yaml:1:20: rules[1].tags: the key of a tag has letters, digits, _ . and - "
	"only"},
    {"{match: a, tags: {k: $}}",
	"t.yaml:1:20: rules[1].tags: a dollar that is no group is written $$"},
    {"{match: 'a*', rename: $2}",
	"rules[1].rename: there is no ${2}: the match has 1 star or group"},
    {"{match: 'a', rename: $1}",
	"rules[1].rename: there is no ${1}: the match has no stars or groups"},
    {"{match: 'a*', rename: $0}",
	"rules[1].rename: there is no ${0}: the match has 1 star or group"},
    {"{match: 'a*', rename: $name}",
	"rules[1].rename: there is no ${name}: the match has 1 star or group"},
    {"{match: 'a*b*', tags: {k: $99999999999999999999999}}",
	"rules[1].tags: there is no ${99999999999999999999999}: the match has 2 stars or "
	"groups"},
    {"{match: '(a)', match_type: regex, rename: $x}",
	"rules[1].rename: there is no ${x}: the match has 1 star or group"},
    {"{match: '(a', match_type: regex}",
	"rules[1].match: not a regular expression: missing closing parenthesis (at byte "
	"3)"},
    {"{include: /nowhere/m.yaml}",
	"/nowhere/m.yaml: the file cannot be read: No such file or directory"},
};

START_TEST(what_is_no_rule_is_refused)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct text yaml = {0};
		struct book book;

		text_printf(&yaml, "rules: [%s]", refused[i].rule);
		book_open(&book, text_string(&yaml));
		ck_assert_msg(book.rules == NULL, "%s", refused[i].rule);
		book.problems.len--;
		ck_assert_str_eq(text_string(&book.problems), refused[i].problem);
		book_close(&book);
		text_fini(&yaml);
	}
}
END_TEST

START_TEST(every_bad_rule_is_named)
{
	struct book book;

	book_open(&book,
	    "rules:\n"
	    "- {match: '(', match_type: regex}\n"
	    "- {match: fine}\n"
	    "- {match: a, rename: $1}\n");
	ck_assert_str_eq(text_string(&book.problems),
	    "rules[1].match: not a regular expression: missing closing parenthesis (at byte 2)\n"
	    "rules[3].rename: there is no ${1}: the match has no stars or groups\n");
	book_close(&book);
}
END_TEST

/* A file of mappings, and rules around it. */
struct included {
	char path[32];
	struct book book;
};

static void
included_open(struct included *included, const char *yaml)
{
	struct text rules = {0};

	strcpy(included->path, "/tmp/mapping.XXXXXX");
	int fd = mkstemp(included->path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
	close(fd);
	text_printf(&rules,
	    "rules: [{match: keep.*}, {include: %s}, {match: '*', tags: {rest: y}}]",
	    included->path);
	book_open(&included->book, text_string(&rules));
	text_fini(&rules);
}

static void
included_close(struct included *included)
{
	unlink(included->path);
	book_close(&included->book);
}

START_TEST(a_mapping_file_stands_among_the_rules)
{
	static const char yaml[] =
	    "mappings:\n"
	    "- {match: 'r\\.(.*)', match_type: regex, name: 're_$1', labels: {m: '$1'}}\n"
	    "- {match: 'a.*.*', name: '${1}_total', labels: {job: '$2', empty: ''}}\n"
	    "- {match: 'h.*', name: 'h', honor_labels: true, labels: {job: '$1'}}\n"
	    "- {match: 'g.*', name: 'g', match_metric_type: observer}\n"
	    "- {match: 'drop.*', action: drop}\n";
	static const struct {
		enum kind kind;
		const char *series, *expected;
	} rows[] = {
	    {0, "a.b.c", "b_total#job:c"},
	    {0, "a.b.c#job:client,k:v", "b_total#job:c,k:v"},
	    {0, "a.b.c.d", "a.b.c.d#rest:y"},
	    {0, "h.x#job:client", "h#job:client"},
	    {0, "h.x", "h#job:x"},
	    {KIND_TIMER, "g.x", "g"},
	    {KIND_GAUGE, "g.x", "g.x#rest:y"},
	    {0, "drop.x", "(rule)"},
	    {0, "keep.drop.x", "keep.drop.x"},
	    {0, "over.x", "re_x#m:x"},
	};
	struct included included;

	included_open(&included, yaml);
	ck_assert_str_eq(text_string(&included.book.problems), "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect(&included.book, rows[i].kind, rows[i].series, rows[i].expected);
	included_close(&included);
}
END_TEST

START_TEST(a_bad_mapping_is_found_where_it_stands)
{
	struct included included;
	struct text expected = {0};

	included_open(&included,
	    "mappings:\n"
	    "- {match: '(', match_type: regex, name: a}\n"
	    "- {match: 'a.*', name: 'b$2'}\n"
	    "- {match: 'a.*', name: b, labels: {k: '$3'}}\n");
	text_printf(&expected,
	    "%s:3:18: mappings[2].name: there is no ${2}: the match has 1 star or group\n"
	    "%s:4:27: mappings[3].labels: there is no ${3}: the match has 1 star or group\n"
	    "%s:2:4: mappings[1].match: not a regular expression: missing closing parenthesis "
	    "(at byte 2)\n",
	    included.path, included.path, included.path);
	ck_assert_str_eq(text_string(&included.book.problems), text_string(&expected));
	included_close(&included);
	text_fini(&expected);
}
END_TEST

START_TEST(rules_say_what_they_are)
{
	struct included included;
	struct text out = {0}, expected = {0};

	included_open(&included, "mappings: [{match: '^a$', match_type: regex, name: b}]");
	rules_describe(included.book.rules, 1, &out);
	text_puts(&out, "; ");
	rules_describe(included.book.rules, 2, &out);
	text_printf(&expected, "glob keep.*; regex ^a$ of %s", included.path);
	ck_assert_str_eq(text_string(&out), text_string(&expected));
	included_close(&included);
	text_fini(&out);
	text_fini(&expected);
}
END_TEST

START_TEST(a_regex_that_takes_too_long_does_not_match)
{
	enum { NAMES = 50, LEN = 1000 };
	char name[LEN + 1];
	struct book book;
	struct ruling ruling;

	memset(name, 'a', LEN);
	name[LEN] = '\0';
	book_must_open(&book,
	    "rules: [{match: '^(a+)+$', match_type: regex, rename: all}, "
	    "{match: '^((a|aa)+)+[bd]$', match_type: regex, action: drop}, "
	    "{match: '*', tags: {k: v}}]");
	expect(&book, 0, name, "all");
	name[LEN - 1] = 'c';

	for (size_t i = 0; i < NAMES; i++) {
		ck_assert_int_eq(book_apply(&book, 0, name, "", &ruling), REASON_NONE);
		ck_assert_uint_eq(ruling.rule, 3);
	}
	book_close(&book);
}
END_TEST

/* How many lines a file has. */
static int
count_lines(FILE *file)
{
	int lines = 0;

	rewind(file);
	for (int byte = getc(file); byte != EOF; byte = getc(file))
		lines += byte == '\n';
	return lines;
}

START_TEST(that_it_takes_too_long_is_said_once_a_minute)
{
	static const char name[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac";
	FILE *log = tmpfile();
	struct book book;

	ck_assert_ptr_nonnull(log);
	clock_make_virtual(1000 * CLOCK_SECOND);
	book_must_open(&book, "rules: [{match: '^(a+)+$', match_type: regex, action: drop}]");
	dup2(fileno(log), STDERR_FILENO);
	for (int i = 0; i < 10; i++)
		expect(&book, 0, name, name);
	ck_assert_int_eq(count_lines(log), 1);
	clock_advance(59 * CLOCK_SECOND);
	expect(&book, 0, name, name);
	ck_assert_int_eq(count_lines(log), 1);
	clock_advance(CLOCK_SECOND);
	expect(&book, 0, name, name);
	ck_assert_int_eq(count_lines(log), 2);
	book_close(&book);
	fclose(log);
}
END_TEST

START_TEST(bytes_that_are_no_text_do_not_upset_a_regex)
{
	struct pattern *pattern = pattern_new(MATCH_REGEX, false, "a.c", &(struct text){0});
	struct pattern_room *room = pattern_room_new(0);

	ck_assert_int_eq(pattern_match(pattern, room,
			     "a\xc3\xa4"
			     "c",
			     4),
	    PATTERN_MATCHES);
	ck_assert_int_eq(pattern_match(pattern, room,
			     "\xff"
			     "abc\xc3",
			     5),
	    PATTERN_MATCHES);
	ck_assert_int_eq(pattern_match(pattern, room,
			     "a\xff"
			     "c",
			     3),
	    PATTERN_DIFFERS);
	ck_assert_int_eq(pattern_match(pattern, room, NULL, 0), PATTERN_DIFFERS);
	pattern_room_free(room);
	pattern_free(pattern);
}
END_TEST

START_TEST(thousands_of_rules_are_as_good_as_a_few)
{
	enum { RULES = 5000, NAMES = 20000 };
	struct text yaml = {0};
	struct book book;

	text_puts(&yaml, "rules:\n");
	for (int i = 0; i < RULES; i++)
		text_printf(&yaml, "- {match: 'app.service%d.*', rename: 's%d.$1'}\n", i, i);
	book_must_open(&book, text_string(&yaml));
	for (int i = 0; i < NAMES; i++) {
		char name[64], expected[64];

		snprintf(name, sizeof(name), "app.service%d.x", i % (RULES + 1));
		snprintf(expected, sizeof(expected), "s%d.x", i % (RULES + 1));
		expect(&book, 0, name, i % (RULES + 1) == RULES ? name : expected);
	}
	book_close(&book);
	text_fini(&yaml);
}
END_TEST

/* A word of a small alphabet, so that many begin alike. */
static size_t
random_word(uint64_t *seed, char *out, size_t most)
{
	size_t len = random_below(seed, (unsigned)most + 1);

	for (size_t i = 0; i < len; i++)
		out[i] = (char)("ab.\xff"[random_below(seed, 4)]);
	return len;
}

START_TEST(a_shortlist_has_those_a_name_begins_with_and_no_other)
{
	enum { MOST = 40, WORD = 5, ROUNDS = 500, NAMES = 40 };
	uint64_t seed = random_seed();

	for (int round = 0; round < ROUNDS; round++) {
		char words[MOST][WORD];
		struct beginning beginnings[MOST];
		size_t count = random_below(&seed, MOST + 1);

		for (size_t i = 0; i < count; i++)
			beginnings[i] =
			    (struct beginning){words[i], random_word(&seed, words[i], WORD)};
		struct shortlist *list = shortlist_new(beginnings, count);

		for (int n = 0; n < NAMES; n++) {
			char name[WORD + 2];
			size_t len = random_word(&seed, name, sizeof(name));
			unsigned seen[MOST] = {0};

			for (size_t run = shortlist_first(list, name, len); run != SHORTLIST_END;
			     run = shortlist_next(list, run)) {
				size_t run_count;
				const size_t *patterns = shortlist_run(list, run, &run_count);

				for (size_t i = 0; i < run_count; i++) {
					ck_assert(i == 0 || patterns[i - 1] < patterns[i]);
					seen[patterns[i]]++;
				}
			}
			for (size_t i = 0; i < count; i++) {
				bool begins = beginnings[i].len <= len &&
				    memcmp(name, words[i], beginnings[i].len) == 0;

				ck_assert_uint_eq(seen[i], begins ? 1 : 0);
			}
		}
		shortlist_free(list);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(the_first_rule_that_matches_decides),
    SUITE_TEST(a_glob_matches_whole_names_and_its_star_crosses_dots),
    SUITE_TEST(a_regex_matches_anywhere),
    SUITE_TEST(a_type_limits_a_rule),
    SUITE_TEST(a_name_is_made_of_what_stars_and_groups_took),
    SUITE_TEST(tags_of_a_rule_win_over_those_of_clients),
    SUITE_TEST(a_rule_says_how_a_series_is_read),
    SUITE_TEST(equal_percentiles_and_statistics_are_one_plan),
    SUITE_TEST(what_is_no_rule_is_refused),
    SUITE_TEST(every_bad_rule_is_named),
    SUITE_TEST(a_mapping_file_stands_among_the_rules),
    SUITE_TEST(a_bad_mapping_is_found_where_it_stands),
    SUITE_TEST(rules_say_what_they_are),
    SUITE_TEST(a_regex_that_takes_too_long_does_not_match),
    SUITE_TEST(that_it_takes_too_long_is_said_once_a_minute),
    SUITE_TEST(bytes_that_are_no_text_do_not_upset_a_regex),
    SUITE_TEST(thousands_of_rules_are_as_good_as_a_few),
    SUITE_TEST(a_shortlist_has_those_a_name_begins_with_and_no_other),
    {0},
};

SUITE_MAIN("ingest/rules", tests)
