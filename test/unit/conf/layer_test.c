/* SPDX-License-Identifier: MIT */
/* layer_test.c -- which of several layers wins, and what each may say. */

#include "conf/conf.h"

#include "test/unit/conf/mill.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/tidemill-layer-XXXXXX";

static void
write_file(const char *name, const char *bytes, size_t len)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

static void
remove_file(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	unlink(path);
}

static void
read_environment(struct conf *conf, char *one, char *other)
{
	char *environment[] = {(char[]){"PATH=/bin"}, (char[]){"MILL_PORT=tcp://"},
	    (char[]){"MILLER__OPEN=no"}, one, other, NULL};

	conf_read_environment(conf, "MILL", environment);
}

START_TEST(the_stronger_layer_wins)
{
	struct conf *conf = conf_new(&mill_items);
	struct mill mill;

	read_text(conf, "stones: 1\nflow: 1\ndepth: 1\nlevels: [1, 2]");
	read_text(conf, "flow: 2\ndepth: 2\nlevels: [3]");
	read_environment(conf, (char[]){"MILL__DEPTH=3"}, (char[]){"MILL__MODE=3"});
	conf_read_option(conf, "mode=4");
	conf_read_option(conf, "mode=5");
	must_apply(conf, &mill);
	ck_assert_int_eq(mill.stones, 1);
	ck_assert_double_eq(mill.flow, 2);
	ck_assert_int_eq(mill.depth_bytes, 3);
	ck_assert_int_eq(mill.mode, 5);
	ck_assert_uint_eq(mill.levels.count, 1);
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);
}
END_TEST

START_TEST(maps_merge_in_their_short_form_too)
{
	struct conf *conf = conf_new(&mill_items);
	struct mill mill;

	read_text(conf, "doors: {a: \":1\"}\nwheel: p\nwaters: {w: {type: river, source: \":2\"}}");
	read_text(conf, "doors: {a: {buffer: 5}, b: [\":3\"]}\nwaters: {w: {wheel: q}}");
	conf_read_option(conf, "wheel.spokes=10");
	conf_read_option(conf, "waters.w.wheel.spokes=12");
	conf_read_option(conf, "waters.w.wheel=r");
	must_apply(conf, &mill);
	struct door *door = mill.doors.at[0].settings;
	struct river *river = mill.waters.at[0].settings;

	ck_assert_uint_eq(mill.doors.count, 2);
	ck_assert_str_eq(element(&door->at, 0), ":1");
	ck_assert_int_eq(door->buffer_bytes, 5);
	ck_assert_str_eq(mill.wheel.prefix, "p");
	ck_assert_int_eq(mill.wheel.spokes, 10);
	ck_assert_str_eq(river->wheel.prefix, "r");
	ck_assert_int_eq(river->wheel.spokes, 12);
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);
}
END_TEST

START_TEST(pairs_merge_and_lists_of_blocks_are_replaced)
{
	struct conf *conf = conf_new(&mill_items);
	struct mill mill;

	read_text(conf, "marks: {b: 1, a: 2}\nsacks: [rye, {grain: oats, weight: 7}]");
	read_text(conf, "marks: {a: 3, c: 4}\nsacks: {grain: wheat}");
	read_environment(conf, (char[]){"MILL__MARKS__B=5: x"}, (char[]){"MILL__MARKS={D e: 6}"});
	conf_read_option(conf, "marks={f: 7, D e: 8}");
	conf_read_option(conf, "marks=");
	must_apply(conf, &mill);
	char *marks = pairs_of(&mill.marks);

	ck_assert_str_eq(marks, "b=5: x|a=3|c=4|D e=8|f=7");
	ck_assert_uint_eq(mill.sacks.count, 1);
	ck_assert_str_eq(sack(&mill.sacks, 0)->grain, "wheat");
	ck_assert_int_eq(sack(&mill.sacks, 0)->weight_bytes, 1024);
	free(marks);
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);
}
END_TEST

START_TEST(an_option_gives_a_list_of_blocks)
{
	static const struct {
		const char *option, *sacks; /* grain and weight of each */
	} cases[] = {
	    {"sacks=rye", "rye 1024\n"},
	    {"sacks=rye, oats", "rye 1024\noats 1024\n"},
	    {"sacks='rye, oats'", "rye, oats 1024\n"},
	    {"sacks={grain: rye}", "rye 1024\n"},
	    {"sacks={grain: rye}, {grain: oats, weight: 3}", "rye 1024\noats 3\n"},
	    {"sacks=[rye, {grain: oats}]", "rye 1024\noats 1024\n"},
	    {"sacks=[]", ""},
	    {"sacks=", ""},
	    {"sacks.grain=rye: x", "rye: x 1024\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf *conf = conf_new(&mill_items);
		struct text sacks = {0};
		struct mill mill;

		read_text(conf, "sacks: [a, b, c]");
		conf_read_option(conf, cases[i].option);
		must_apply(conf, &mill);
		for (size_t j = 0; j < mill.sacks.count; j++)
			text_printf(&sacks, "%s %d\n", sack(&mill.sacks, j)->grain,
			    (int)sack(&mill.sacks, j)->weight_bytes);
		ck_assert_str_eq(text_string(&sacks), cases[i].sacks);
		text_fini(&sacks);
		conf_settings_free(&mill_items, &mill);
		conf_free(conf);
	}
}
END_TEST

START_TEST(built_in_entries_go_when_any_layer_names_one)
{
	static const struct {
		const char *text, *option;
		const char *door, *water;
	} cases[] = {
	    {"", NULL, "main", "still"},
	    {"doors:\nwaters: {}", NULL, "main", "still"},
	    {"doors: {x: }", NULL, "x", "still"},
	    {"", "waters.y.type=pond", "main", "y"},
	    {"doors: {x: {at: []}}", "waters={z: {type: pond}}", "x", "z"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf *conf = conf_new(&mill_items);
		struct mill mill;

		read_text(conf, cases[i].text);
		if (cases[i].option != NULL)
			conf_read_option(conf, cases[i].option);
		must_apply(conf, &mill);
		ck_assert_uint_eq(mill.doors.count, 1);
		ck_assert_str_eq(mill.doors.at[0].name, cases[i].door);
		ck_assert_uint_eq(mill.waters.count, 1);
		ck_assert_str_eq(mill.waters.at[0].name, cases[i].water);
		conf_settings_free(&mill_items, &mill);
		conf_free(conf);
	}
}
END_TEST

START_TEST(an_option_needs_no_more_quotes_than_it_must)
{
	static const struct {
		const char *option, *list; /* elements of doors.d.at, joined by | */
	} cases[] = {
	    {"doors.d.at=:1", ":1"},
	    {"doors.d.at=:1,localhost:2", ":1|localhost:2"},
	    {"doors.d.at= :1 , [::1]:2 ", ":1|[::1]:2"},
	    {"doors.d.at=[::1]:1", "[::1]:1"},
	    {"doors.d.at=[::1]:1,[::]:2", "[::1]:1|[::]:2"},
	    {"doors.d.at=[\":1\", ':2']", ":1|:2"},
	    {"doors.d.at=\":1\", ':2'", ":1|:2"},
	    {"doors.d.at=", ""},
	    {"doors.d=:1,:2", ":1|:2"},
	    {"doors.d={at: [\":1\"], buffer: 3}", ":1"},
	    {"doors={d: \":4\"}", ":4"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf *conf = conf_new(&mill_items);
		struct text list = {0};
		struct mill mill;

		conf_read_option(conf, cases[i].option);
		must_apply(conf, &mill);
		struct door *door = mill.doors.at[0].settings;

		for (size_t j = 0; j < door->at.count; j++)
			text_printf(&list, "%s%s", j > 0 ? "|" : "", element(&door->at, j));
		ck_assert_str_eq(text_string(&list), cases[i].list);
		text_fini(&list);
		conf_settings_free(&mill_items, &mill);
		conf_free(conf);
	}
}
END_TEST

START_TEST(a_scalar_option_is_taken_as_it_stands)
{
	static const struct {
		const char *option, *prefix;
	} cases[] = {
	    {"wheel.prefix=a: b # c", "a: b # c"},
	    {"wheel.prefix=[x", "[x"},
	    {"wheel.prefix=*x=y", "*x=y"},
	    {"wheel.prefix=", ""},
	    {"wheel.prefix='q: r'", "q: r"},
	    {"wheel.prefix=\"\\x41\"", "A"},
	    {"wheel=%{host}.z", "h.z"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf *conf = conf_new(&mill_items);
		struct mill mill;

		conf_read_option(conf, "hostname=h");
		conf_read_option(conf, cases[i].option);
		must_apply(conf, &mill);
		ck_assert_str_eq(mill.wheel.prefix, cases[i].prefix);
		conf_settings_free(&mill_items, &mill);
		conf_free(conf);
	}
}
END_TEST

START_TEST(a_variables_list_does_not_wait_for_its_type)
{
	struct conf *conf = conf_new(&mill_items);
	struct mill mill;

	read_environment(conf, (char[]){"MILL__WATERS__W_1__TYPE=river"},
	    (char[]){"MILL__WATERS__W_1__SOURCE=:1,:2"});
	must_apply(conf, &mill);
	struct river *river = mill.waters.at[0].settings;

	ck_assert_str_eq(mill.waters.at[0].name, "w_1");
	ck_assert_uint_eq(river->source.count, 2);
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);
}
END_TEST

static void
must_say(struct conf *conf, const char *problems)
{
	struct mill mill;

	conf_apply(conf, &mill);
	char *said = problems_of(conf);

	ck_assert_str_eq(said, problems);
	free(said);
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);
}

START_TEST(a_problem_names_its_variable_or_option)
{
	struct conf *conf = conf_new(&mill_items);

	conf_read_option(conf, "open=maybe");
	conf_read_option(conf, "nonsense");
	conf_read_option(conf, "=1");
	conf_read_option(conf, "a..b=1");
	conf_read_option(conf, "wheel.spoke=1");
	conf_read_option(conf, "wheel.prefix=\xff");
	conf_read_option(conf, "doors={a: &b c}");
	conf_read_option(conf, "marks={a: [b]}");
	conf_read_option(conf, "sacks={weight: 2}");
	conf_read_option(conf, "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1");
	read_environment(conf, (char[]){"MILL__STONES=many"}, (char[]){"MILL__=1"});
	must_say(conf,
	    "-o open: open: \"maybe\" is neither true nor false\n"
	    "-o nonsense: an option is key=value, like interval=10s\n"
	    "-o : a key is empty\n"
	    "-o a..b: a key is empty\n"
	    "-o wheel.spoke: wheel: unknown key \"spoke\"; did you mean \"spokes\"?\n"
	    "-o wheel.prefix: the value is not UTF-8 text\n"
	    "-o doors: anchors (&b) are not supported\n"
	    "-o doors: doors.a.at: \"c\" is not an address: the port is missing: host:port\n"
	    "-o marks: marks.a: the value must be a text\n"
	    "-o sacks: sacks[1]: key \"grain\" is missing; it is a text\n"
	    "-o a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a: the path has too many keys\n"
	    "environment MILL__: a key is empty\n"
	    "environment MILL__STONES: stones: \"many\" is not a whole number, nor \"auto\"\n");
}
END_TEST

START_TEST(a_directory_is_read_by_name)
{
	struct conf *conf = conf_new(&mill_items);
	struct mill mill;

	write_file("20.yaml", "stones: 2\nmode: 2", 17);
	write_file("10.yaml", "stones: 1\nflow: 1", 17);
	write_file("30.yml", "stones: 3", 9);
	write_file(".40.yaml", "stones: 4", 9);
	conf_read_dir(conf, directory);
	conf_read_dir(conf, "/nowhere/at/all");
	must_apply(conf, &mill);
	ck_assert_int_eq(mill.stones, 2);
	ck_assert_double_eq(mill.flow, 1);
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);
	remove_file("10.yaml");
	remove_file("20.yaml");
	remove_file("30.yml");
	remove_file(".40.yaml");
}
END_TEST

START_TEST(a_file_has_at_most_a_mebibyte)
{
	size_t most = CONF_FILE_BYTES;
	char *bytes = calloc(1, most + 1);
	char path[200], expected[400];
	struct mill mill;

	memset(bytes, '#', most + 1);
	write_file("most.yaml", bytes, most);
	write_file("more.yaml", bytes, most + 1);
	struct conf *conf = conf_new(&mill_items);

	snprintf(path, sizeof(path), "%s/most.yaml", directory);
	conf_read_file(conf, path);
	must_apply(conf, &mill);
	conf_settings_free(&mill_items, &mill);
	conf_free(conf);

	conf = conf_new(&mill_items);
	snprintf(path, sizeof(path), "%s/more.yaml", directory);
	conf_read_file(conf, path);
	conf_read_text(conf, "t.yaml", bytes, most + 1);
	snprintf(expected, sizeof(expected),
	    "%s: the file is larger than 1 MiB, the most a configuration may have\n"
	    "t.yaml: the file is larger than 1 MiB, the most a configuration may have\n",
	    path);
	must_say(conf, expected);
	free(bytes);
	remove_file("most.yaml");
	remove_file("more.yaml");
}
END_TEST

START_TEST(what_cannot_be_read_is_a_problem)
{
	struct conf *conf = conf_new(&mill_items);

	conf_read_file(conf, "/nowhere.yaml");
	conf_read_file(conf, "/");
	conf_read_dir(conf, "/dev/null");
	must_say(conf,
	    "/nowhere.yaml: the file cannot be read: No such file or directory\n"
	    "/: the file cannot be read: Is a directory\n"
	    "/dev/null: the directory cannot be read: Not a directory\n");
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(the_stronger_layer_wins),
    SUITE_TEST(maps_merge_in_their_short_form_too),
    SUITE_TEST(pairs_merge_and_lists_of_blocks_are_replaced),
    SUITE_TEST(an_option_gives_a_list_of_blocks),
    SUITE_TEST(built_in_entries_go_when_any_layer_names_one),
    SUITE_TEST(an_option_needs_no_more_quotes_than_it_must),
    SUITE_TEST(a_scalar_option_is_taken_as_it_stands),
    SUITE_TEST(a_variables_list_does_not_wait_for_its_type),
    SUITE_TEST(a_problem_names_its_variable_or_option),
    SUITE_TEST(a_directory_is_read_by_name),
    SUITE_TEST(a_file_has_at_most_a_mebibyte),
    SUITE_TEST(what_cannot_be_read_is_a_problem),
    {0},
};

int
main(void)
{
	if (mkdtemp(directory) == NULL)
		return EXIT_FAILURE;
	int status = suite_run("conf/layer", tests);

	rmdir(directory);
	return status;
}
