/* SPDX-License-Identifier: MIT */
/* settings_test.c -- what a listener may be told, and which listeners take
 * lines in alike. */

#include "ingest/ingest.h"

#include "conf/conf.h"
#include "test/unit/suite.h"

#include <stdlib.h>
#include <string.h>

struct stand {
	struct item_map listen;
	struct limits_settings limits;
};

static const struct item table[] = {
    {.key = "listen",
	.type = ITEM_MAP,
	.block = &listen_items,
	.offset = offsetof(struct stand, listen),
	.fallback = "{default: {}}"},
    {.key = "limits",
	.type = ITEM_BLOCK,
	.block = &limits_items,
	.offset = offsetof(struct stand, limits)},
    {0},
};

static const struct item_table items = {
    .name = "stand",
    .items = table,
    .size = sizeof(struct stand),
};

static struct conf *
load(const char *text, struct stand *stand, size_t *problems_out)
{
	struct conf *conf = conf_new(&items);

	conf_read_text(conf, "test.yaml", text, strlen(text));
	*problems_out = conf_apply(conf, stand);
	return conf;
}

/* Good settings. */
static struct stand
must_load(const char *text)
{
	struct stand stand;
	size_t problems;
	struct conf *conf = load(text, &stand, &problems);

	ck_assert_msg(problems == 0, "%s: %s", text, problems > 0 ? conf_problem(conf, 0) : "");
	conf_free(conf);
	return stand;
}

START_TEST(what_cannot_be_is_refused_where_it_stands)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
	    {"listen: {a: {steer: round}}", "test.yaml:1:21: listen.a.steer: "},
	    {"listen: {a: {grammar: etsy}}", "test.yaml:1:23: listen.a.grammar: "},
	    {"listen: {a: {dialects: [dogstatsd, otlp]}}", "test.yaml:1:36: listen.a.dialects: "},
	    {"listen: {a: {prefix: 'a b'}}", "test.yaml:1:14: listen.a.prefix: "},
	    {"listen: {a: {prefix: 'a..b'}}", "test.yaml:1:14: listen.a.prefix: "},
	    {"listen: {a: {prefix: 'a;b'}}", "test.yaml:1:14: listen.a.prefix: "},
	    {"listen: {a: {tags: {'a=b': c}}}", "test.yaml:1:14: listen.a.tags: a tag's key "},
	    {"listen: {a: {tags: {'a b': c}}}", "test.yaml:1:14: listen.a.tags: a tag's key "},
	    {"listen: {a: {tags: {a: 'b;c'}}}", "test.yaml:1:14: listen.a.tags: a tag's value "},
	    {"listen: {a: {tags: {a: ''}}}", "test.yaml:1:14: listen.a.tags: a tag's value "},
	    {"listen: {a: {tags: {a: '~b'}}}", "test.yaml:1:14: listen.a.tags: a tag's value "},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct stand stand;
		size_t problems;
		struct conf *conf = load(cases[i].text, &stand, &problems);

		ck_assert_msg(problems == 1, "%s: %zu problems", cases[i].text, problems);
		ck_assert_msg(
		    strncmp(conf_problem(conf, 0), cases[i].problem, strlen(cases[i].problem)) == 0,
		    "%s: %s", cases[i].text, conf_problem(conf, 0));
		conf_settings_free(&items, &stand);
		conf_free(conf);
	}
}
END_TEST

START_TEST(a_listener_by_default_reads_all_dialects_safely)
{
	struct stand stand = must_load("listen: {a: {udp: ':8125'}}");
	const struct listen_settings *a = stand.listen.at[0].settings;
	struct text prefix = {0};
	struct origin origin;

	ck_assert_int_eq(a->steer, STEER_HASH);
	ingest_origin(a, &stand.limits, &prefix, &origin);
	ck_assert(!origin.rules.letter && origin.rules.clean);
	ck_assert_uint_eq(origin.rules.dialects, (1u << (DIALECT_SIGNALFX + 1)) - 1);
	ck_assert_str_eq(origin.rules.prefix, "");
	ck_assert(!origin.absolute && !origin.cumulative);
	text_fini(&prefix);
	conf_settings_free(&items, &stand);
}
END_TEST

START_TEST(a_listener_is_taken_at_its_word)
{
	struct stand stand =
	    must_load("listen: {a: {grammar: statsd, sanitize: none, dialects: [graphite, "
		      "dogstatsd], signed_gauges: absolute, counters: cumulative, prefix: a.b, "
		      "tags: {env: prod}}}\nlimits: {tags: 5, name_bytes: 99}");
	struct text prefix = {0};
	struct origin origin;

	ingest_origin(stand.listen.at[0].settings, &stand.limits, &prefix, &origin);
	ck_assert(origin.rules.letter && !origin.rules.clean);
	ck_assert_uint_eq(origin.rules.dialects, 1u << DIALECT_DOGSTATSD | 1u << DIALECT_GRAPHITE);
	ck_assert_str_eq(origin.rules.prefix, "a.b.");
	ck_assert_uint_eq(origin.rules.tags.count, 1);
	ck_assert_uint_eq(origin.rules.most_tags, 5);
	ck_assert_uint_eq(origin.rules.most_bytes, 99);
	ck_assert(origin.absolute && origin.cumulative);
	text_fini(&prefix);
	conf_settings_free(&items, &stand);
}
END_TEST

START_TEST(listeners_alike_share_a_profile)
{
	static const struct {
		const char *settings;
		size_t profile;
	} cases[] = {
	    {"{}", 0},
	    {"{udp: ':1', receive_buffer: 1MiB, steer: random}", 0}, /* nothing of lines */
	    {"{sanitize: none}", 1},
	    {"{grammar: statsd}", 2},
	    {"{dialects: []}", 3},
	    {"{sanitize: none}", 1},
	    {"{dialects: [influx]}", 4},
	    {"{signed_gauges: absolute}", 5},
	    {"{counters: cumulative}", 6},
	    {"{prefix: a}", 7},
	    {"{prefix: b}", 8},
	    {"{tags: {a: b}}", 9},
	    {"{tags: {a: c}}", 10},
	    {"{tags: {a: b}}", 9},
	    {"{}", 0},
	};
	struct text text = {0};

	text_puts(&text, "listen:\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		text_printf(&text, "  l%c: %s\n", (char)('a' + i), cases[i].settings);
	struct stand stand = must_load(text_string(&text));

	ck_assert_uint_eq(stand.listen.count, sizeof(cases) / sizeof(*cases));
	for (size_t i = 0; i < stand.listen.count; i++) {
		size_t profile = listen_profile(&stand.listen, i);

		ck_assert_msg(profile == cases[i].profile, "%s: %zu", cases[i].settings, profile);
	}
	text_fini(&text);
	conf_settings_free(&items, &stand);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_cannot_be_is_refused_where_it_stands),
    SUITE_TEST(a_listener_by_default_reads_all_dialects_safely),
    SUITE_TEST(a_listener_is_taken_at_its_word),
    SUITE_TEST(listeners_alike_share_a_profile),
    {0},
};

SUITE_MAIN("ingest/settings", tests)
