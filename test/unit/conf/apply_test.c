/* SPDX-License-Identifier: MIT */
/* apply_test.c -- a tree and the tables to a struct, or to sentences. */

#include "conf/conf.h"

#include "test/unit/conf/mill.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

START_TEST(without_layers_everything_has_its_default)
{
	struct conf *conf = conf_new(&mill_items);
	struct mill mill;
	char host[256];

	must_apply(conf, &mill);
	gethostname(host, sizeof(host));
	ck_assert(mill.open);
	ck_assert_int_eq(mill.stones, ITEM_WORD);
	ck_assert_double_eq(mill.flow, 1.5);
	ck_assert_double_eq(mill.loss, 0.01);
	ck_assert_int_eq(mill.interval_ns, 10000000000);
	ck_assert_int_eq(mill.depth_bytes, 16 << 20);
	ck_assert_int_eq(mill.mode, 0660);
	ck_assert_str_eq(mill.hostname, host);
	ck_assert_str_eq(mill.gate, "");
	ck_assert_int_eq(mill.season, SPRING);
	ck_assert_uint_eq(mill.levels.count, 1);
	ck_assert_double_eq(*(double *)mill.levels.at, 90);
	ck_assert_str_eq(mill.wheel.prefix, "mill");
	ck_assert_uint_eq(mill.doors.count, 1);
	ck_assert_str_eq(mill.doors.at[0].name, "main");
	ck_assert_uint_eq(mill.waters.count, 1);
	ck_assert_uint_eq(mill.waters.at[0].variant, 1);
	ck_assert_uint_eq(mill.sacks.count, 0);
	ck_assert_uint_eq(mill.marks.count, 0);
	struct pond *pond = mill.waters.at[0].settings;
	const struct pile *pile = pond->piles.at;

	ck_assert_uint_eq(pond->piles.count, 1);
	ck_assert_str_eq(pile->name, "heap");
	ck_assert_uint_eq(pile->sacks.count, 2);
	ck_assert_str_eq(sack(&pile->sacks, 0)->marks.at[0].value, "a b");
	ck_assert_str_eq(sack(&pile->sacks, 1)->grain, "oats");
	ck_assert_uint_eq(sack(&pile->sacks, 1)->marks.count, 0);
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);
}
END_TEST

START_TEST(every_type_is_read)
{
	struct conf *conf = conf_new(&mill_items);
	struct mill mill;

	read_text(conf,
	    "open: false\nstones: 4\nflow: -0.25\nloss: 2.5%\ninterval: 1m\ndepth: 1KiB\n"
	    "mode: 600\nhostname: rye\ngate: '[::1]:80'\nseason: autumn\nlevels: [1, -2.5]\n"
	    "wheel: {prefix: 'a%{host}b%c', spokes: 12}\n"
	    "doors:\n  back: {at: ['localhost:1', '/x/y'], buffer: 0}\n"
	    "waters:\n  r: {type: river, source: a.example:2003, wheel: p}\n");
	must_apply(conf, &mill);
	ck_assert(!mill.open);
	ck_assert_int_eq(mill.stones, 4);
	ck_assert_double_eq(mill.flow, -0.25);
	ck_assert_double_eq(mill.loss, 0.025);
	ck_assert_int_eq(mill.interval_ns, 60000000000);
	ck_assert_int_eq(mill.depth_bytes, 1024);
	ck_assert_int_eq(mill.mode, 0600);
	ck_assert_str_eq(mill.hostname, "rye");
	ck_assert_str_eq(mill.gate, "[::1]:80");
	ck_assert_int_eq(mill.season, AUTUMN);
	ck_assert_uint_eq(mill.levels.count, 2);
	ck_assert_double_eq(((double *)mill.levels.at)[1], -2.5);
	ck_assert_str_eq(mill.wheel.prefix, "aryeb%c");
	ck_assert_int_eq(mill.wheel.spokes, 12);
	ck_assert_uint_eq(mill.doors.count, 1);
	struct door *door = mill.doors.at[0].settings;

	ck_assert_str_eq(element(&door->at, 1), "/x/y");
	ck_assert_int_eq(door->buffer_bytes, 0);
	struct river *river = mill.waters.at[0].settings;

	ck_assert_uint_eq(mill.waters.at[0].variant, 0);
	ck_assert_str_eq(element(&river->source, 0), "a.example:2003");
	ck_assert_str_eq(river->wheel.prefix, "p");
	ck_assert_int_eq(river->wheel.spokes, 8);
	conf_settings_free(&mill_items, &mill);
	ck_assert_ptr_null(mill.hostname);
	conf_free(conf);
}
END_TEST

START_TEST(a_list_of_blocks_is_an_array_of_their_structs)
{
	static const struct {
		const char *text, *grains; /* of every sack, each followed by | */
	} cases[] = {
	    {"sacks: []", ""},
	    {"sacks:", ""},
	    {"sacks: rye", "rye|"},
	    {"sacks: {grain: rye, weight: 5}", "rye|"},
	    {"sacks: [rye, {grain: oats}, wheat]", "rye|oats|wheat|"},
	    {"sacks:\n  - rye\n  - grain: oats\n    wheel: p\n", "rye|oats|"},
	    {"sacks:\n- grain: rye\n- oats\n", "rye|oats|"},
	    {"sacks: \"\"", "|"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf *conf = conf_new(&mill_items);
		struct text grains = {0};
		struct mill mill;

		read_text(conf, cases[i].text);
		must_apply(conf, &mill);
		for (size_t j = 0; j < mill.sacks.count; j++)
			text_printf(&grains, "%s|", sack(&mill.sacks, j)->grain);
		ck_assert_str_eq(text_string(&grains), cases[i].grains);
		text_fini(&grains);
		conf_settings_free(&mill_items, &mill);
		conf_free(conf);
	}
}
END_TEST

START_TEST(an_element_has_its_own_values_and_defaults)
{
	struct conf *conf = conf_new(&mill_items);
	struct mill mill;

	read_text(conf,
	    "sacks:\n"
	    "  - {grain: rye, weight: 5, sieves: [1, inf], marks: {b: 1, a: 2}, wheel: p}\n"
	    "  - oats\n");
	must_apply(conf, &mill);
	const struct sack *rye = sack(&mill.sacks, 0), *oats = sack(&mill.sacks, 1);
	char *marks = pairs_of(&rye->marks);

	ck_assert_int_eq(rye->weight_bytes, 5);
	ck_assert_uint_eq(rye->sieves.count, 2);
	ck_assert_double_eq(((double *)rye->sieves.at)[1], INFINITY);
	ck_assert_str_eq(marks, "b=1|a=2");
	ck_assert_str_eq(rye->wheel.prefix, "p");
	ck_assert_int_eq(oats->weight_bytes, 1024);
	ck_assert_uint_eq(oats->sieves.count, 0);
	ck_assert_str_eq(oats->marks.at[0].key, "sort");
	ck_assert_str_eq(oats->wheel.prefix, "mill");
	free(marks);
	conf_settings_free(&mill_items, &mill);
	ck_assert_ptr_null(mill.sacks.at);
	conf_free(conf);
}
END_TEST

START_TEST(pairs_are_kept_in_order_and_expanded)
{
	static const struct {
		const char *text, *pairs;
	} cases[] = {
	    {"marks: {}", ""},
	    {"marks:", ""},
	    {"marks: {b: 1, a: 010, \"c d\": no}", "b=1|a=010|c d=no"},
	    {"marks: {host: '%{host}.x', '%{host}': ''}\nhostname: h", "host=h.x|%{host}="},
	    {"marks:\n  a.b: c=d\n  type: ~\n", "a.b=c=d|type=~"},
	    {"sacks: {grain: rye, marks: {a: '%{host}'}}", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf *conf = conf_new(&mill_items);
		struct mill mill;

		read_text(conf, cases[i].text);
		must_apply(conf, &mill);
		char *pairs = pairs_of(&mill.marks);

		ck_assert_str_eq(pairs, cases[i].pairs);
		if (mill.sacks.count > 0)
			ck_assert_str_eq(sack(&mill.sacks, 0)->marks.at[0].value, "%{host}");
		free(pairs);
		conf_settings_free(&mill_items, &mill);
		conf_free(conf);
	}
}
END_TEST

struct refusal {
	const char *text, *problems;
};

static void
must_refuse(const struct refusal *refusal)
{
	struct conf *conf = conf_new(&mill_items);
	struct mill mill;

	read_text(conf, refusal->text);
	size_t count = conf_apply(conf, &mill);
	char *said = problems_of(conf);

	ck_assert_str_eq(said, refusal->problems);
	ck_assert_uint_eq(count, conf_problem_count(conf));
	free(said);
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);
}

START_TEST(a_wrong_value_is_refused_with_its_reason)
{
	static const struct refusal refusals[] = {
	    {"open: yes", "t.yaml:1:7: open: \"yes\" is neither true nor false\n"},
	    {"open: \"\"", "t.yaml:1:7: open: \"\" is neither true nor false\n"},
	    {"open:", "t.yaml:1:6: open: no value is given; it is true or false\n"},
	    {"open: [true]", "t.yaml:1:7: open: the value must be true or false\n"},
	    {"stones: 0", "t.yaml:1:9: stones: 0 is too small; the least is 1\n"},
	    {"stones: 65", "t.yaml:1:9: stones: 65 is too large; the most is 64\n"},
	    {"stones: 1e1", "t.yaml:1:9: stones: \"1e1\" is not a whole number, nor \"auto\"\n"},
	    {"flow: fast", "t.yaml:1:7: flow: \"fast\" is not a number\n"},
	    {"flow: 1.5x", "t.yaml:1:7: flow: \"1.5x\" is not a number\n"},
	    {"loss: 1", "t.yaml:1:7: loss: \"1\" has no unit; write 1%\n"},
	    {"loss: 60%", "t.yaml:1:7: loss: 60% is too large; the most is 50%\n"},
	    {"interval: 10", "t.yaml:1:11: interval: \"10\" has no unit; write 10s\n"},
	    {"interval: 99ms", "t.yaml:1:11: interval: 99ms is too small; the least is 100ms\n"},
	    {"interval: 61m", "t.yaml:1:11: interval: 61m is too large; the most is 1h\n"},
	    {"interval: soon",
		"t.yaml:1:11: interval: \"soon\" is not a duration like 10s, 100ms or 5m\n"},
	    {"interval: 1y",
		"t.yaml:1:11: interval: \"1y\" has an unknown unit; there are ns, us, ms, s, m, h and d\n"},
	    {"depth: 16MB",
		"t.yaml:1:8: depth: \"16MB\" has an unknown unit; there are B, KiB, MiB, GiB and TiB\n"},
	    {"depth: 9999999TiB", "t.yaml:1:8: depth: \"9999999TiB\" is too large\n"},
	    {"depth: 0.3KiB", "t.yaml:1:8: depth: \"0.3KiB\" is not a whole number of bytes\n"},
	    {"mode: 0888", "t.yaml:1:7: mode: \"0888\" is not a file mode in octal like 0660\n"},
	    {"mode: 1777", "t.yaml:1:7: mode: 1777 is too large; the most is 0777\n"},
	    {"gate: here",
		"t.yaml:1:7: gate: \"here\" is not an address: the port is missing: host:port\n"},
	    {"season: sumer",
		"t.yaml:1:9: season: \"sumer\" is none of spring, summer, autumn; did you mean \"summer\"?\n"},
	    {"season: winter",
		"t.yaml:1:9: season: \"winter\" is none of spring, summer, autumn\n"},
	    {"levels: {a: b}", "t.yaml:1:9: levels: the value must be a list, like [a, b]\n"},
	    {"levels: [1, [2]]", "t.yaml:1:13: levels: the value must be a number\n"},
	    {"levels: [inf, infinite]",
		"t.yaml:1:15: levels: \"infinite\" is not a number, nor \"inf\"\n"},
	    {"levels: [1e999]", "t.yaml:1:10: levels: \"1e999\" is not a number, nor \"inf\"\n"},
	    {"flow: inf", "t.yaml:1:7: flow: \"inf\" is not a number\n"},
	    {"levels: [1, 101, -101]",
		"t.yaml:1:13: levels: 101 is too large; the most is 100\n"
		"t.yaml:1:18: levels: -101 is too small; the least is -100\n"},
	    {"levels: [1, 2, 3, 4, 5]",
		"t.yaml:1:9: levels: the list has 5 elements, the most is 4\n"},
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		must_refuse(&refusals[i]);
}
END_TEST

#define MILL_KEYS                                                                                  \
	"open, stones, flow, loss, interval, depth, mode, hostname, gate, season, levels, wheel, " \
	"doors, waters, sacks, marks"

START_TEST(a_wrong_shape_is_refused_with_its_place)
{
	static const struct refusal refusals[] = {
	    {"just words", "t.yaml:1:1: a configuration is a map of keys, like interval: 10s\n"},
	    {"- interval", "t.yaml:1:1: a configuration is a map of keys, like interval: 10s\n"},
	    {"intervall: 1s",
		"t.yaml:1:1: unknown key \"intervall\"; did you mean \"interval\"?\n"},
	    {"frobnicate: 1s", "t.yaml:1:1: unknown key \"frobnicate\"; there are " MILL_KEYS "\n"},
	    {"\"a\\nb\": 1", "t.yaml:1:1: unknown key \"a\\nb\"; there are " MILL_KEYS "\n"},
	    {"wheel: [a]", "t.yaml:1:8: wheel: the value must be a map of keys\n"},
	    {"wheel:\n  spoke: 8",
		"t.yaml:2:3: wheel: unknown key \"spoke\"; did you mean \"spokes\"?\n"},
	    {"wheel:\n  spokes: 9",
		"t.yaml:2:3: wheel.spokes: a wheel has an even number of them\n"},
	    {"doors: [x]", "t.yaml:1:8: doors: the value must be a map of names to keys\n"},
	    {"doors: {x: {at: []}, Y: {}}",
		"t.yaml:1:22: doors.Y: a name starts with a letter a-z, goes on with "
		"a-z, 0-9 and _, and has at most 64\n"},
	    {"waters: {a: {}}",
		"t.yaml:1:10: waters.a: key \"type\" is missing; it is one of river, pond\n"},
	    {"waters: {a: pond}", "t.yaml:1:13: waters.a: the value must be a map of keys\n"},
	    {"waters: {a: {type: [pond]}}",
		"t.yaml:1:20: waters.a.type: the value must be one of river, pond\n"},
	    {"waters: {a: {type: rivr}}",
		"t.yaml:1:20: waters.a.type: \"rivr\" is none of river, pond; did you mean \"river\"?\n"},
	    {"waters:\n  a:\n    type: river\n",
		"t.yaml:2:3: waters.a: key \"source\" is missing; it is an address like localhost:8125\n"},
	    {"waters: {a: {type: river, source: []}}",
		"t.yaml:1:35: waters.a.source: the list needs at least one element\n"},
	    {"waters: {a: {type: pond, sauce: x}}",
		"t.yaml:1:26: waters.a: unknown key \"sauce\"; there are path, piles\n"},
	    {"wheel: '%{hots}'",
		"t.yaml:1:8: wheel.prefix: %{hots} is unknown; there are %{host} and %{env:NAME}\n"},
	    {"wheel: 'a%{host'", "t.yaml:1:8: wheel.prefix: a brace is not closed in \"%{host\"\n"},
	    {"wheel: '%{env:MILL_TEST_UNSET}'",
		"t.yaml:1:8: wheel.prefix: %{env:MILL_TEST_UNSET}: the environment has no such "
		"variable\n"},
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		must_refuse(&refusals[i]);
}
END_TEST

#define NOT_BLOCKS "the value must be a list of maps, like "

START_TEST(a_wrong_element_is_refused_with_its_number)
{
	static const struct refusal refusals[] = {
	    {"sacks:\n  - rye\n  - {grain: oats, weight: 1}\n  - {grain: a, weight: x}\n",
		"t.yaml:4:24: sacks[3].weight: \"x\" is not a size like 16MiB, 8KiB or 512\n"},
	    {"sacks:\n  - rye\n  - graim: oats\n",
		"t.yaml:3:5: sacks[2]: unknown key \"graim\"; did you mean \"grain\"?\n"
		"t.yaml:3:5: sacks[2]: key \"grain\" is missing; it is a text\n"},
	    {"sacks:\n  - rye\n  -\n",
		"t.yaml:3:4: sacks[2]: key \"grain\" is missing; it is a text\n"},
	    {"sacks: {weight: 1}",
		"t.yaml:1:8: sacks[1]: key \"grain\" is missing; it is a text\n"},
	    {"sacks: [rye, {grain: oats, weight: 0}]",
		"t.yaml:1:28: sacks[2].weight: a sack weighs something\n"},
	    {"sacks: [{grain: oats, wheel: {spokes: 5}}]",
		"t.yaml:1:31: sacks[1].wheel.spokes: a wheel has an even number of them\n"},
	    {"sacks: [rye, [oats]]", "t.yaml:1:14: sacks[2]: the value must be a map of keys\n"},
	    {"sacks: [a, b, c, d]", "t.yaml:1:8: sacks: the list has 4 elements, the most is 3\n"},
	    {"sacks: [rye, *x]\n", "t.yaml:1:14: aliases (*x) are not supported\n"},
	    {"waters: {w: {type: pond, piles: heap}}",
		"t.yaml:1:33: waters.w.piles: " NOT_BLOCKS "[{name: ...}]\n"},
	    {"waters: {w: {type: pond, piles: [a]}}",
		"t.yaml:1:34: waters.w.piles[1]: the value must be a map of keys\n"},
	    {"waters: {w: {type: pond, piles: [{name: a}, {sacks: }]}}",
		"t.yaml:1:34: waters.w.piles[1]: key \"sacks\" is missing; it is a list of maps\n"
		"t.yaml:1:53: waters.w.piles[2].sacks: the list needs at least one element\n"},
	    {"waters: {w: {type: pond, piles: {sacks: [a, {weight: 1}]}}}",
		"t.yaml:1:45: waters.w.piles[1].sacks[2]: key \"grain\" is missing; it is a "
		"text\n"},
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		must_refuse(&refusals[i]);
}
END_TEST

#define NOT_PAIRS "the value must be a map of keys to texts, like {env: prod}\n"
#define LONG_KEY "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

START_TEST(wrong_pairs_are_refused_with_their_key)
{
	static const struct refusal refusals[] = {
	    {"marks: env", "t.yaml:1:8: marks: " NOT_PAIRS},
	    {"marks: [env]", "t.yaml:1:8: marks: " NOT_PAIRS},
	    {"marks: {a: 1, b: 2, a: 3}",
		"t.yaml:1:21: key \"a\" is given twice; first at line 1\n"},
	    {"marks: {a: [b]}", "t.yaml:1:12: marks.a: the value must be a text\n"},
	    {"marks: {a: {b: c}}", "t.yaml:1:12: marks.a: the value must be a text\n"},
	    {"marks:\n  a:\n", "t.yaml:2:5: marks.a: no value is given; it is a text\n"},
	    {"marks: {'': a}", "t.yaml:1:9: marks: a key has 1 to 200 bytes\n"},
	    {"marks: {" LONG_KEY LONG_KEY LONG_KEY ": a}",
		"t.yaml:1:9: marks: a key has 1 to 200 bytes\n"},
	    {"marks: {a: '%{hots}'}",
		"t.yaml:1:12: marks.a: %{hots} is unknown; there are %{host} and %{env:NAME}\n"},
	    {"sacks: [a, {grain: b, marks: {c: }}]",
		"t.yaml:1:34: sacks[2].marks.c: no value is given; it is a text\n"},
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		must_refuse(&refusals[i]);
}
END_TEST

START_TEST(every_problem_of_a_file_is_reported_in_order)
{
	must_refuse(&(struct refusal){"waters: {a: {type: river}}\n"
				      "mode: &m 9\n"
				      "intervall: 1s\n"
				      "open: maybe\n",
	    "t.yaml:1:10: waters.a: key \"source\" is missing; it is an address like localhost:8125\n"
	    "t.yaml:2:7: anchors (&m) are not supported\n"
	    "t.yaml:2:7: mode: \"9\" is not a file mode in octal like 0660\n"
	    "t.yaml:3:1: unknown key \"intervall\"; did you mean \"interval\"?\n"
	    "t.yaml:4:7: open: \"maybe\" is neither true nor false\n"});
}
END_TEST

START_TEST(what_a_broken_file_lacks_is_not_missing)
{
	must_refuse(&(struct refusal){"open: maybe\nwaters:\n  a: {type: river, [\n",
	    "t.yaml:1:7: open: \"maybe\" is neither true nor false\n"
	    "t.yaml:4:1: this is not YAML: did not find expected node content\n"});
}
END_TEST

START_TEST(the_environment_is_expanded)
{
	struct conf *conf = conf_new(&mill_items);
	struct mill mill;

	setenv("MILL_TEST", "x: y", 1);
	read_text(conf, "wheel: '%{env:MILL_TEST}.%{host}%{host}'\nhostname: h");
	must_apply(conf, &mill);
	ck_assert_str_eq(mill.wheel.prefix, "x: y.hh");
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);
}
END_TEST

/* Pieces that make it past the syntax more often than bytes would. */
static const char *const pieces[] = {"open", "stones", "levels", "wheel", "doors", "waters", "main",
    "type", "river", "pond", "source", "spokes", "sacks", "marks", "grain", "piles", "sieves", ": ",
    ": ", ": ", ": ", "\n", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", "- ", "\"", "'", "1",
    "10s", "%{host}", "%{", "localhost:1", "&a ", "*a", "!t ", "\\0", "\xff", "~",
    "-99999999999999999999", "#", "? ", "|", "---\n"};

START_TEST(any_text_gives_settings_or_problems_never_a_crash)
{
	unsigned seed = (unsigned)time(NULL);
	size_t good = 0, bad = 0;

	printf("seed %u\n", seed);
	srandom(seed);
	for (int i = 0; i < 20000; i++) {
		struct conf *conf = conf_new(&mill_items);
		struct text text = {0}, out = {0};
		struct mill mill;

		for (long n = random() % 20; n > 0; n--)
			text_puts(
			    &text, pieces[(size_t)random() % (sizeof(pieces) / sizeof(*pieces))]);
		if (i % 3 == 0)
			conf_read_option(conf, text_string(&text));
		else
			read_text(conf, text_string(&text));
		if (conf_apply(conf, &mill) == 0) {
			good++;
			conf_print(conf, &mill, true, &out);
		} else {
			bad++;
		}
		conf_settings_free(&mill_items, &mill);
		conf_free(conf);
		text_fini(&text);
		text_fini(&out);
	}
	ck_assert_uint_gt(good, 0);
	ck_assert_uint_gt(bad, 0);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(without_layers_everything_has_its_default),
    SUITE_TEST(every_type_is_read),
    SUITE_TEST(a_list_of_blocks_is_an_array_of_their_structs),
    SUITE_TEST(an_element_has_its_own_values_and_defaults),
    SUITE_TEST(pairs_are_kept_in_order_and_expanded),
    SUITE_TEST(a_wrong_value_is_refused_with_its_reason),
    SUITE_TEST(a_wrong_shape_is_refused_with_its_place),
    SUITE_TEST(a_wrong_element_is_refused_with_its_number),
    SUITE_TEST(wrong_pairs_are_refused_with_their_key),
    SUITE_TEST(every_problem_of_a_file_is_reported_in_order),
    SUITE_TEST(what_a_broken_file_lacks_is_not_missing),
    SUITE_TEST(the_environment_is_expanded),
    SUITE_TEST(any_text_gives_settings_or_problems_never_a_crash),
    {0},
};

SUITE_MAIN("conf/apply", tests)
