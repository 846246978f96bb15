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
	    {"listen: {a: {udp: /run/a}}", "test.yaml:1:14: listen.a.udp: this is a host and port"},
	    {"listen: {a: {tcp: /run/a}}", "test.yaml:1:14: listen.a.tcp: this is a host and port"},
	    {"listen: {a: {unix_stream: ':1'}}",
		"test.yaml:1:14: listen.a.unix_stream: a unix socket is a path"},
	    {"listen: {a: {unix_datagram: ':1'}}",
		"test.yaml:1:14: listen.a.unix_datagram: a unix socket is a path"},
	    {"listen: {a: {framing: netstring}}", "test.yaml:1:23: listen.a.framing: "},
	    {"listen: {a: {allow: [10.0.0.0/33]}}", "test.yaml:1:14: listen.a.allow: "},
	    {"listen: {a: {deny: ['uid:']}}", "test.yaml:1:14: listen.a.deny: "},
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

static const struct {
	const char *settings;
	const char *key; /* where other machines could send without a word; NULL: nowhere */
} doors[] = {
    {"udp: ':8125'", "udp"},
    {"udp: '0.0.0.0:8125'", "udp"},
    {"udp: '[::]:8125'", "udp"},
    {"udp: '192.0.2.1:8125'", "udp"},
    {"udp: ['localhost:1', 'some.host:8125']", "udp"},
    {"udp: '127.0.0.1.example.org:8125'", "udp"},
    {"tcp: ':8125'", "tcp"},
    {"graphite: ':2003'", "graphite"},
    {"udp: ':8125', deny: [192.0.2.0/24]", "udp"},
    {"udp: ':8125', allow: ['uid:0']", "udp"},
    {"udp: ':8125', allow: [private]", NULL},
    {"udp: ':8125', allow: any", NULL},
    {"udp: ':8125', allow: ['gid:0', 192.0.2.0/24]", NULL},
    {"udp: [':8125', '[fd00::1]:8125'], allow: 'fd00::/8'", NULL},
    {"udp: ['localhost:1', '127.0.0.1:2', '127.9.9.9:2', '[::1]:3'], tcp: 'localhost:1'", NULL},
    {"unix_stream: /run/a, unix_datagram: /run/b", NULL},
};

START_TEST(a_door_to_other_machines_says_whom_it_lets_in)
{
	for (size_t i = 0; i < sizeof(doors) / sizeof(*doors); i++) {
		struct text text = {0}, expected = {0};
		struct stand stand;
		size_t problems;

		text_printf(&text, "listen: {a: {%s}}", doors[i].settings);
		struct conf *conf = load(text_string(&text), &stand, &problems);

		ck_assert_msg(problems == (doors[i].key != NULL), "%s: %zu problems",
		    doors[i].settings, problems);
		if (problems > 0) {
			const char *problem = conf_problem(conf, 0);

			text_printf(
			    &expected, "listen.a.%s: other machines can reach ", doors[i].key);
			ck_assert_msg(
			    strstr(problem, text_string(&expected)) != NULL, "%s", problem);
			ck_assert_msg(strstr(problem, "allow: [private]") != NULL, "%s", problem);
		}
		text_fini(&text);
		text_fini(&expected);
		conf_settings_free(&items, &stand);
		conf_free(conf);
	}
}
END_TEST

START_TEST(a_listener_by_default_reads_all_dialects_safely)
{
	struct stand stand = must_load("listen: {a: {udp: 'localhost:8125'}}");
	const struct listen_settings *a = stand.listen.at[0].settings;
	struct text prefix = {0};
	struct origin origin;

	ck_assert_int_eq(a->steer, STEER_HASH);
	ingest_origin(a, &stand.limits, false, &prefix, &origin);
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

	ingest_origin(stand.listen.at[0].settings, &stand.limits, false, &prefix, &origin);
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

START_TEST(graphite_lines_are_taken_in_in_their_own_way)
{
	struct stand stand = must_load(
	    "listen: {a: {grammar: statsd, counters: cumulative, prefix: p, graphite: "
	    "'localhost:2003', graphite_timestamps: bucket}, b: {graphite: 'localhost:2004'}}");
	struct text prefix = {0};
	struct origin origin;

	ingest_origin(stand.listen.at[0].settings, &stand.limits, true, &prefix, &origin);
	ck_assert(origin.graphite && !origin.keep_time && !origin.absolute);
	ck_assert(!origin.rules.letter && !origin.cumulative);
	ck_assert_uint_eq(origin.rules.dialects, 1u << DIALECT_GRAPHITE);
	ck_assert_str_eq(origin.rules.prefix, "p.");
	ingest_origin(stand.listen.at[1].settings, &stand.limits, true, &prefix, &origin);
	ck_assert(origin.graphite && origin.keep_time);
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
	    {"{udp: 'localhost:1', receive_buffer: 1MiB, steer: random}", 0}, /* not of lines */
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
		size_t profile = listen_profile(&stand.listen, i, false);

		ck_assert_msg(profile == cases[i].profile, "%s: %zu", cases[i].settings, profile);
	}
	text_fini(&text);
	conf_settings_free(&items, &stand);
}
END_TEST

/* Numbers of profiles: of lines first, then of Graphite's. */
START_TEST(graphite_has_profiles_of_its_own)
{
	static const struct {
		const char *settings;
		int lines, graphite; /* -1: it takes none */
	} cases[] = {
	    {"{udp: 'localhost:1', graphite: 'localhost:2'}", 0, 2},
	    {"{graphite: 'localhost:3', grammar: statsd}", -1, 2}, /* a grammar of StatsD's */
	    {"{graphite: 'localhost:4', graphite_timestamps: bucket}", -1, 3},
	    {"{tcp: 'localhost:1', prefix: a}", 1, -1},
	    {"{unix_stream: /run/a, prefix: a, graphite: 'localhost:5'}", 1, 4},
	    {"{}", 0, -1},
	};
	struct text text = {0};

	text_puts(&text, "listen:\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		text_printf(&text, "  l%c: %s\n", (char)('a' + i), cases[i].settings);
	struct stand stand = must_load(text_string(&text));

	for (size_t i = 0; i < stand.listen.count; i++) {
		const struct listen_settings *settings = stand.listen.at[i].settings;
		int lines = listen_takes(settings, false)
		    ? (int)listen_profile(&stand.listen, i, false)
		    : -1;
		int graphite =
		    listen_takes(settings, true) ? (int)listen_profile(&stand.listen, i, true) : -1;

		ck_assert_msg(lines == cases[i].lines && graphite == cases[i].graphite,
		    "%s: %d, %d", cases[i].settings, lines, graphite);
	}
	text_fini(&text);
	conf_settings_free(&items, &stand);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_cannot_be_is_refused_where_it_stands),
    SUITE_TEST(a_listener_by_default_reads_all_dialects_safely),
    SUITE_TEST(a_listener_is_taken_at_its_word),
    SUITE_TEST(a_door_to_other_machines_says_whom_it_lets_in),
    SUITE_TEST(graphite_lines_are_taken_in_in_their_own_way),
    SUITE_TEST(listeners_alike_share_a_profile),
    SUITE_TEST(graphite_has_profiles_of_its_own),
    {0},
};

SUITE_MAIN("ingest/settings", tests)
