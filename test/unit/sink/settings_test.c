/* SPDX-License-Identifier: MIT */
/* settings_test.c -- what a configuration says is what a sink is told. */

#include "sink/settings.h"

#include "conf/conf.h"
#include "sink/egress.h"
#include "sink/kind.h"

#include "test/unit/suite.h"

struct root {
	struct item_map sinks;
};

static const struct item root_table[] = {
    {.key = "sinks",
	.type = ITEM_MAP,
	.variants = sink_variants,
	.offset = offsetof(struct root, sinks),
	.fallback = "{}",
	.help = "sinks"},
    {0},
};

static const struct item_table root_items = {
    .name = "root", .items = root_table, .size = sizeof(struct root)};

static struct conf *
read_sinks(const char *yaml, struct root *root, size_t expected_problems)
{
	struct conf *conf = conf_new(&root_items);

	conf_read_text(conf, "test", yaml, strlen(yaml));
	size_t problems = conf_apply(conf, root);

	ck_assert_msg(problems == expected_problems, "%s",
	    problems > 0 ? conf_problem(conf, 0) : "no problem");
	return conf;
}

START_TEST(defaults_are_those_of_the_manual)
{
	struct root root;
	struct conf *conf = read_sinks(
	    "sinks:\n  g: { type: graphite, address: 'carbon:2003' }\n  s: { type: stdout }\n",
	    &root, 0);

	ck_assert_uint_eq(root.sinks.count, 2);
	const struct graphite_settings *g = root.sinks.at[0].settings;
	const struct stdout_settings *s = root.sinks.at[1].settings;

	ck_assert_ptr_eq(sink_variants[root.sinks.at[0].variant], &graphite_items);
	ck_assert_ptr_eq(sink_variants[root.sinks.at[1].variant], &stdout_items);
	ck_assert_int_eq(g->sink.queue_bytes, 64 << 20);
	ck_assert_uint_eq(g->tcp.address.count, 1);
	ck_assert_str_eq(((char **)g->tcp.address.at)[0], "carbon:2003");
	ck_assert_int_eq(g->tcp.ack, ACK_AUTO);
	ck_assert_int_eq(g->tcp.ack_timeout_ns, 5000000000);
	ck_assert_int_eq(g->encoding.tags, NAMING_TAGS_GRAPHITE);
	ck_assert_int_eq(g->encoding.names.scheme, NAMING_STATSD);
	ck_assert_str_eq(g->encoding.names.prefix, "auto");
	ck_assert_str_eq(g->encoding.names.counters, "auto");
	ck_assert_str_eq(g->encoding.names.timers, "timers");
	ck_assert_str_eq(g->encoding.names.gauges, "gauges");
	ck_assert_str_eq(g->encoding.names.sets, "sets");
	ck_assert_str_eq(g->encoding.names.suffix, "");
	ck_assert(g->encoding.names.counts && g->encoding.names.rates);
	ck_assert_uint_eq(g->encoding.choice.percentiles.count, 0);
	ck_assert_uint_eq(g->encoding.choice.statistics.count, 0);
	ck_assert_int_eq(s->sink.queue_bytes, 16 << 20);
	ck_assert_int_eq(s->format, STDOUT_TABLE);
	conf_settings_free(&root_items, &root);
	conf_free(conf);
}
END_TEST

START_TEST(every_choice_is_the_enum_of_its_name)
{
	static const struct {
		const char *ack, *scheme, *tags;
		int ack_expected, scheme_expected, tags_expected;
	} cases[] = {
	    {"auto", "statsd", "graphite", ACK_AUTO, NAMING_STATSD, NAMING_TAGS_GRAPHITE},
	    {"eof", "statsd-legacy", "path", ACK_EOF, NAMING_STATSD_LEGACY, NAMING_TAGS_PATH},
	    {"tcp", "plain", "none", ACK_TCP, NAMING_PLAIN, NAMING_TAGS_NONE},
	    {"none", "statsite", "none", ACK_NONE, NAMING_STATSITE, NAMING_TAGS_NONE},
	    {"none", "brubeck", "none", ACK_NONE, NAMING_BRUBECK, NAMING_TAGS_NONE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct root root;
		char yaml[256];

		/* The short form of names. */
		snprintf(yaml, sizeof(yaml),
		    "sinks: { g: { type: graphite, address: ':1', ack: %s, names: %s, tags: %s } }\n",
		    cases[i].ack, cases[i].scheme, cases[i].tags);
		struct conf *conf = read_sinks(yaml, &root, 0);
		const struct graphite_settings *g = root.sinks.at[0].settings;

		ck_assert_int_eq(g->tcp.ack, cases[i].ack_expected);
		ck_assert_int_eq(g->encoding.names.scheme, cases[i].scheme_expected);
		ck_assert_int_eq(g->encoding.tags, cases[i].tags_expected);
		ck_assert_str_eq(ack_choices[g->tcp.ack], cases[i].ack);
		conf_settings_free(&root_items, &root);
		conf_free(conf);
	}
}
END_TEST

#define SEVENTEEN "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]"

START_TEST(what_is_not_built_is_refused)
{
	static const char *const sinks[] = {
	    "{ type: graphite }",
	    "{ type: graphite, address: [] }",
	    "{ type: graphite, address: ['a:1', 'b:1'] }",
	    "{ type: graphite, address: 'a:1', spool: 1GiB }",
	    "{ type: graphite, address: 'a:1', ack_timeout: 1ms }",
	    "{ type: graphite, address: 'a:1', queue: 1KiB }",
	    "{ type: graphite, address: 'a:1', percentiles: [90, 0] }",
	    "{ type: graphite, address: 'a:1', percentiles: [90, 90] }",
	    "{ type: graphite, address: 'a:1', percentiles: 101 }",
	    "{ type: graphite, address: 'a:1', names: statsite, percentiles: -10 }",
	    "{ type: graphite, address: 'a:1', names: brubeck, percentiles: [99, -1] }",
	    "{ type: graphite, address: 'a:1', percentiles: " SEVENTEEN " }",
	    "{ type: graphite, address: 'a:1', statistics: [mean, p90] }",
	    "{ type: graphite, address: 'a:1', names: { prefix: 'a b' } }",
	    "{ type: stdout, format: json }",
	    "{ type: stdout, percentiles: 90 }",
	};

	for (size_t i = 0; i < sizeof(sinks) / sizeof(*sinks); i++) {
		struct root root;
		char yaml[256];

		snprintf(yaml, sizeof(yaml), "sinks: { g: %s }\n", sinks[i]);
		struct conf *conf = read_sinks(yaml, &root, 1);

		conf_settings_free(&root_items, &root);
		conf_free(conf);
	}
}
END_TEST

START_TEST(a_sink_chooses_percentiles_and_statistics)
{
	struct root root;
	struct conf *conf =
	    read_sinks("sinks: { g: { type: graphite, address: ':1', percentiles: [50, -99.9], "
		       "statistics: [mean, upper_percent] }, h: { type: graphite, address: ':1', "
		       "names: statsite, percentiles: 99, statistics: all } }\n",
		&root, 0);
	const struct naming_choice *choice;
	const struct naming *naming = sink_naming(&root.sinks.at[0], &choice);

	ck_assert_int_eq(naming->scheme, NAMING_STATSD);
	ck_assert_uint_eq(choice->percentiles.count, 2);
	ck_assert_double_eq(((double *)choice->percentiles.at)[0], 50);
	ck_assert_double_eq(((double *)choice->percentiles.at)[1], -99.9);
	ck_assert_uint_eq(statistic_set(choice->statistics.at, choice->statistics.count),
	    1 << STATISTIC_MEAN | 1 << STATISTIC_UPPER_PERCENT);
	naming = sink_naming(&root.sinks.at[1], &choice);
	ck_assert_int_eq(naming->scheme, NAMING_STATSITE);
	ck_assert_uint_eq(choice->percentiles.count, 1);
	ck_assert_uint_eq(
	    statistic_set(choice->statistics.at, choice->statistics.count), STATISTICS_ALL);
	conf_settings_free(&root_items, &root);
	conf_free(conf);
}
END_TEST

START_TEST(kinds_clash_where_a_sinks_names_do_not_tell_them_apart)
{
	static const struct {
		const char *sinks;
		bool expected;
	} cases[] = {
	    {"{}", false},
	    {"{ s: { type: stdout } }", false},
	    {"{ g: { type: graphite, address: ':1' } }", false},
	    {"{ g: { type: graphite, address: ':1', names: statsite } }", false},
	    {"{ g: { type: graphite, address: ':1' }, "
	     "h: { type: graphite, address: ':1', names: plain } }",
		true},
	    {"{ g: { type: graphite, address: ':1', names: brubeck }, s: { type: stdout } }", true},
	    {"{ g: { type: graphite, address: ':1', names: { timers: x, sets: x } } }", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct root root;
		char yaml[256];

		snprintf(yaml, sizeof(yaml), "sinks: %s\n", cases[i].sinks);
		struct conf *conf = read_sinks(yaml, &root, 0);

		ck_assert(sink_kinds_clash(&root.sinks) == cases[i].expected);
		conf_settings_free(&root_items, &root);
		conf_free(conf);
	}
}
END_TEST

START_TEST(stdout_has_no_names)
{
	static const struct naming_choice none;
	struct root root;
	struct conf *conf = read_sinks("sinks: { s: { type: stdout } }\n", &root, 0);
	const struct naming_choice *choice = &none;

	ck_assert_ptr_null(sink_naming(&root.sinks.at[0], &choice));
	ck_assert_ptr_null(choice);
	conf_settings_free(&root_items, &root);
	conf_free(conf);
}
END_TEST

START_TEST(kinds_and_variants_are_in_the_same_order)
{
	for (size_t i = 0; sink_variants[i] != NULL; i++) {
		bool graphite = sink_variants[i] == &graphite_items;

		ck_assert_ptr_eq(
		    sink_kinds[i].encoder, graphite ? &graphite_encoder : &table_encoder);
		ck_assert_ptr_eq(
		    sink_kinds[i].transport, graphite ? &tcp_transport : &stdout_transport);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(defaults_are_those_of_the_manual),
    SUITE_TEST(every_choice_is_the_enum_of_its_name),
    SUITE_TEST(what_is_not_built_is_refused),
    SUITE_TEST(a_sink_chooses_percentiles_and_statistics),
    SUITE_TEST(kinds_clash_where_a_sinks_names_do_not_tell_them_apart),
    SUITE_TEST(stdout_has_no_names),
    SUITE_TEST(kinds_and_variants_are_in_the_same_order),
    {0},
};

SUITE_MAIN("sink/settings", tests)
