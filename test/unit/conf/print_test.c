/* SPDX-License-Identifier: MIT */
/* print_test.c -- what is printed reads back as what it was printed from. */

#include "conf/conf.h"

#include "test/unit/conf/mill.h"

#include <stdio.h>
#include <stdlib.h>

static const char full[] = "open: false\n"
			   "stones: auto\n"
			   "flow: 0.1\n"
			   "loss: 7%\n"
			   "interval: 1500ms\n"
			   "depth: 3MiB\n"
			   "mode: 0070\n"
			   "hostname: \"1.2\"\n"
			   "gate: \"localhost:80\"\n"
			   "season: autumn\n"
			   "levels: [1, inf, -2.5]\n"
			   "wheel:\n"
			   "  prefix: \"a \\\"b\\\"\\n\\\\ \xc3\xa4 \\u0085\\ufeff #\"\n"
			   "  spokes: 12\n"
			   "doors:\n"
			   "  back:\n"
			   "    at: []\n"
			   "    buffer: 1000\n"
			   "  front:\n"
			   "    at: [\":1\", /x]\n"
			   "    buffer: 0\n"
			   "waters:\n"
			   "  w:\n"
			   "    type: river\n"
			   "    source: [\"a:1\"]\n"
			   "    wheel:\n"
			   "      prefix: \"\"\n"
			   "      spokes: 8\n"
			   "    patience: 5s\n"
			   "  x:\n"
			   "    type: pond\n"
			   "    path: \"\"\n"
			   "    piles:\n"
			   "      - name: heap\n"
			   "        sacks:\n"
			   "          - grain: rye\n"
			   "            weight: 1KiB\n"
			   "            sieves: [inf]\n"
			   "            marks:\n"
			   "              sort: \"a b\"\n"
			   "            wheel:\n"
			   "              prefix: mill\n"
			   "              spokes: 8\n"
			   "      - name: yard\n"
			   "        sacks:\n"
			   "          - grain: \"- {\"\n"
			   "            weight: 1000\n"
			   "            sieves: [10, inf]\n"
			   "            marks:\n"
			   "              \"a: b\": \"true, {}\"\n"
			   "              true: \"\"\n"
			   "            wheel:\n"
			   "              prefix: mill\n"
			   "              spokes: 8\n"
			   "          - grain: oats\n"
			   "            weight: 1KiB\n"
			   "            sieves: []\n"
			   "            marks: {}\n"
			   "            wheel:\n"
			   "              prefix: mill\n"
			   "              spokes: 4\n"
			   "sacks: []\n"
			   "marks:\n"
			   "  z.z: a\n"
			   "  \"\\n\\u0085\": \"%x\"\n";

static char *
print_of(const char *text, bool origin)
{
	struct conf *conf = conf_new(&mill_items);
	struct text out = {0};
	struct mill mill;

	read_text(conf, text);
	must_apply(conf, &mill);
	conf_print(conf, &mill, origin, &out);
	text_string(&out);
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);
	return out.bytes;
}

START_TEST(settings_print_as_a_file_that_gives_them_again)
{
	char *once = print_of(full, false);

	ck_assert_str_eq(once, full);
	free(once);
	char *with_origin = print_of(full, true), *again = print_of(with_origin, false);

	ck_assert_str_eq(again, full);
	free(with_origin);
	free(again);
}
END_TEST

START_TEST(the_origin_of_each_value_is_known)
{
	static const struct {
		const char *path, *origin;
	} cases[] = {
	    {"interval", "t.yaml:1:1"},
	    {"wheel.prefix", "-o wheel"},
	    {"wheel.spokes", "t.yaml:2:9"},
	    {"mode", "environment MILL__MODE"},
	    {"flow", "default"},
	    {"waters.still.path", "default"},
	    {"no.such.key", "default"},
	    {"sacks", "t.yaml:3:1"},
	    {"sacks[1].grain", "t.yaml:3:10"},
	    {"sacks[2]", "t.yaml:3:15"},
	    {"sacks[2].grain", "t.yaml:3:16"},
	    {"sacks[2].weight", "default"},
	    {"sacks[3]", "default"},
	    {"sacks[0]", "default"},
	    {"marks.a", "t.yaml:4:9"},
	    {"marks.b", "-o marks.b"},
	    {"marks.c", "default"},
	};
	struct conf *conf = conf_new(&mill_items);
	char *environment[] = {(char[]){"MILL__MODE=0600"}, NULL};
	struct text line = {0}, out = {0};
	struct mill mill;

	read_text(
	    conf, "interval: 1s\nwheel: {spokes: 4}\nsacks: [ rye, {grain: oats}]\nmarks: {a: 1}");
	conf_read_environment(conf, "MILL", environment);
	conf_read_option(conf, "wheel=x");
	conf_read_option(conf, "marks.b=2");
	must_apply(conf, &mill);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		text_reset(&line);
		conf_origin(conf, cases[i].path, &line);
		ck_assert_str_eq(text_string(&line), cases[i].origin);
	}
	conf_print(conf, &mill, true, &out);
	ck_assert_ptr_nonnull(strstr(
	    text_string(&out), "interval: 1s                                    # t.yaml:1:1\n"));
	ck_assert_ptr_nonnull(strstr(
	    text_string(&out), "  prefix: x                                     # -o wheel\n"));
	ck_assert_ptr_nonnull(strstr(
	    text_string(&out), "    type: pond                                  # default\n"));
	ck_assert_ptr_nonnull(strstr(
	    text_string(&out), "  - grain: oats                                 # t.yaml:3:16\n"));
	ck_assert_ptr_nonnull(strstr(
	    text_string(&out), "    sieves: []                                  # default\n"));
	ck_assert_ptr_nonnull(strstr(
	    text_string(&out), "  a: \"1\"                                        # t.yaml:4:9\n"));
	text_fini(&line);
	text_fini(&out);
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);
}
END_TEST

START_TEST(the_sample_changes_nothing)
{
	struct text sample = {0};

	conf_print_defaults(&mill_items, &sample);
	char *with = print_of(text_string(&sample), false), *without = print_of("", false);

	ck_assert_str_eq(with, without);
	free(with);
	free(without);
	text_fini(&sample);
}
END_TEST

START_TEST(the_sample_explains_each_key)
{
	static const char *const lines[] = {
	    "\nopen: true                      # or shut\n",
	    "\nstones: auto                    # (1 to 64, or auto)\n",
	    "\ninterval: 10s                   # between tides (100ms to 1h)\n",
	    "\nseason: spring                  # spring | summer | autumn; of the year\n",
	    "\nlevels: [90]                    # (at most 4, each -100 to 100, or inf)\n",
	    "\n  main:\n    at: [\"localhost:8125\"]\n    buffer: 1MiB\n",
	    "\n  still:\n    type: pond\n    path: \"\"\n"
	    "    piles:                      # by the water\n"
	    "      - name: heap              # of it\n"
	    "        sacks:                  # required: on it\n"
	    "          - grain: rye          # required: what is in it\n"
	    "            weight: 1KiB\n"
	    "            sieves: []          # (a number or inf)\n"
	    "            marks: {sort: \"a b\"}\n"
	    "            wheel:\n",
	    "            marks: {}\n",
	    "\n\nsacks:                          # to be ground (at most 3)\n"
	    "#   - grain:                    # required: what is in it\n"
	    "#     weight: 1KiB\n",
	    "\nmarks: {}                       # on the door\n",
	    "\n#   river:\n#     type: river\n#     source:                   # required: ",
	};
	struct text sample = {0};

	text_byte(&sample, '\n');
	conf_print_defaults(&mill_items, &sample);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		ck_assert_msg(strstr(text_string(&sample), lines[i]) != NULL, "no \"%s\" in%s",
		    lines[i], text_string(&sample));
	text_fini(&sample);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(settings_print_as_a_file_that_gives_them_again),
    SUITE_TEST(the_origin_of_each_value_is_known),
    SUITE_TEST(the_sample_changes_nothing),
    SUITE_TEST(the_sample_explains_each_key),
    {0},
};

SUITE_MAIN("conf/print", tests)
