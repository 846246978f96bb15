/* SPDX-License-Identifier: MIT */
/* parse_test.c -- strict YAML. */

#include "conf/parse.h"

#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct layer file = {.kind = LAYER_FILE, .rank = 1, .name = (char[]){"t.yaml"}};

/* The tree on one line: scalars in <>, nothing as ~, what was refused as !. */
static void
show(const struct node *node, struct text *out)
{
	switch (node->type) {
	case NODE_NONE: text_puts(out, "~"); return;
	case NODE_BAD: text_puts(out, "!"); return;
	case NODE_SCALAR: text_printf(out, "<%s>", node->text); return;
	default: break;
	}
	text_puts(out, node->type == NODE_LIST ? "[" : "{");
	for (size_t i = 0; i < node->count; i++) {
		if (node->child[i].key != NULL)
			text_printf(out, "%s:", node->child[i].key);
		show(node->child[i].node, out);
	}
	text_puts(out, node->type == NODE_LIST ? "]" : "}");
}

struct parse_case {
	const char *text, *tree, *problems;
	bool broken;
};

static void
check_case(const struct parse_case *test)
{
	struct problems problems = {0};
	struct text tree = {0}, said = {0};
	bool broken = false;
	struct node *root =
	    parse_yaml(&file, false, test->text, strlen(test->text), &problems, &broken);

	show(root, &tree);
	for (size_t i = 0; i < problems.count; i++)
		text_printf(&said, "%s%s", i > 0 ? "\n" : "", problems.at[i].text);
	ck_assert_str_eq(text_string(&tree), test->tree);
	ck_assert_str_eq(text_string(&said), test->problems);
	ck_assert_int_eq(broken, test->broken);
	text_fini(&tree);
	text_fini(&said);
	problems_fini(&problems);
	node_free(&root);
}

START_TEST(scalars_stay_what_was_written)
{
	static const struct parse_case cases[] = {
	    {"", "~", "", false},
	    {"# nothing\n", "~", "", false},
	    {"a: no\nb: 010\nc: 1e3\nd: ~\ne: null", "{a:<no>b:<010>c:<1e3>d:<~>e:<null>}", "",
		false},
	    {"a:\nb: \"\"\nc: ''", "{a:~b:<>c:<>}", "", false},
	    {"a: [x, \"y, z\"]\nb: {c: 1:2}\nd: :3", "{a:[<x><y, z>]b:{c:<1:2>}d:<:3>}", "", false},
	    {"%YAML 1.1\n---\na: b\n...\n", "{a:<b>}", "", false},
	    {"\xef\xbb\xbf"
	     "a: b",
		"{a:<b>}", "", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_case(&cases[i]);
}
END_TEST

START_TEST(what_surprises_people_is_refused_and_reading_goes_on)
{
	static const struct parse_case cases[] = {
	    {"a: &x 1\nb: *x\nc: 2", "{a:<1>b:!c:<2>}",
		"t.yaml:1:4: anchors (&x) are not supported\n"
		"t.yaml:2:4: aliases (*x) are not supported",
		false},
	    {"a: &m {b: c}\nd: &l [e]", "{a:{b:<c>}d:[<e>]}",
		"t.yaml:1:4: anchors (&m) are not supported\n"
		"t.yaml:2:4: anchors (&l) are not supported",
		false},
	    {"a: !!str 1", "{a:<1>}",
		"t.yaml:1:4: tags (tag:yaml.org,2002:str) are not supported; the key gives the type",
		false},
	    {"a: !b [1]", "{a:[<1>]}",
		"t.yaml:1:4: tags (!b) are not supported; the key gives the type", false},
	    {"a: 1\nb: 2\na: 3", "{a:<1>b:<2>}",
		"t.yaml:3:1: key \"a\" is given twice; first at line 1", false},
	    {"a: 1\n---\nb: 2", "{a:<1>}",
		"t.yaml:2:1: a second document starts here; a file holds one", false},
	    {"? [a]\n: 1\nb: 2", "{b:<2>}", "t.yaml:1:3: a key must be a word, not a list", false},
	    {"? {a: b}\n: 1", "{}", "t.yaml:1:3: a key must be a word, not a map", false},
	    {"?\n: 1\nb: 2", "{b:<2>}", "t.yaml:1:2: a key is missing before the colon", false},
	    {"a: \"x\\0y\"", "{a:!}", "t.yaml:1:4: a value cannot contain a zero byte", false},
	    {"\"a\\e\": 1\n\"a\\e\": 2", "{a\033:<1>}",
		"t.yaml:2:1: key \"a\\x1b\" is given twice; first at line 1", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_case(&cases[i]);
}
END_TEST

START_TEST(broken_syntax_is_said_where_it_breaks)
{
	static const struct parse_case cases[] = {
	    {"a: 1\nb: [c", "{a:<1>b:[<c>]}",
		"t.yaml:3:1: this is not YAML: did not find expected ',' or ']'", true},
	    {"a: 1\n\tb: 2", "{}",
		"t.yaml:2:1: this is not YAML: found a tab character that violates indentation",
		true},
	    {"a:\n  b: 1\n  \xc3\xa4: \t@", "{a:{b:<1>}}",
		"t.yaml:3:7: this is not YAML: found character that cannot start any token", true},
	    {"a: {b:\t1, \xc3\xa4: [:1]}", "{a:{b:<1>\xc3\xa4:[]}}",
		"t.yaml:1:15: within brackets, what starts with a colon needs quotes, like [\":8125\"]",
		true},
	    {"a: 1\n\xc3\xa4: \xff", "~",
		"t.yaml:2:4: this is not UTF-8 text: invalid leading UTF-8 octet", true},
	    {"a: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "{a:[[[[[[[[[[[[[[[!]]]]]]]]]]]]]]]}",
		"t.yaml:1:19: maps and lists are nested at most 16 deep", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_case(&cases[i]);
}
END_TEST

/* How many problems the text makes, none of which may be a crash. */
static size_t
count_problems(const char *bytes, size_t len, bool *broken_out)
{
	struct problems problems = {0};
	struct node *root = parse_yaml(&file, false, bytes, len, &problems, broken_out);
	size_t count = problems.count;

	problems_fini(&problems);
	node_free(&root);
	return count;
}

START_TEST(maps_and_lists_have_a_largest_size)
{
	for (int list = 0; list < 2; list++) {
		struct text text = {0};
		int most = list ? PARSE_ELEMENTS : PARSE_KEYS;
		bool broken = false;

		for (int i = 0; i < most; i++)
			text_printf(&text, list ? "- %d\n" : "%d: x\n", i);
		ck_assert_uint_eq(count_problems(text.bytes, text.len, &broken), 0);
		ck_assert(!broken);
		text_puts(&text, list ? "- x" : "x: x");
		ck_assert_uint_eq(count_problems(text.bytes, text.len, &broken), 1);
		ck_assert(broken);
		text_fini(&text);
	}
}
END_TEST

START_TEST(any_bytes_give_problems_never_a_crash)
{
	static const char pieces[] = "abc:  \n\n  - []{},\"'#&*!|>%@`?~\t\r\\0\xc3\xa4\xff\x00"
				     "9";
	unsigned seed = (unsigned)time(NULL);

	printf("seed %u\n", seed);
	srandom(seed);
	for (int i = 0; i < 20000; i++) {
		char bytes[200];
		size_t len = (size_t)random() % sizeof(bytes);
		bool broken = false;

		for (size_t j = 0; j < len; j++)
			bytes[j] = pieces[(size_t)random() % sizeof(pieces)];
		size_t count = count_problems(bytes, len, &broken);

		ck_assert(!broken || count > 0);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(scalars_stay_what_was_written),
    SUITE_TEST(what_surprises_people_is_refused_and_reading_goes_on),
    SUITE_TEST(broken_syntax_is_said_where_it_breaks),
    SUITE_TEST(maps_and_lists_have_a_largest_size),
    SUITE_TEST(any_bytes_give_problems_never_a_crash),
    {0},
};

SUITE_MAIN("conf/parse", tests)
