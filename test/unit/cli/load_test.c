/* SPDX-License-Identifier: MIT */
/* load_test.c -- what only the whole configuration can show to be wrong. */

#include "cli/load.h"

#include "cli/command.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <unistd.h>

/* The status of loading these options over nothing; what was warned of goes
 * to *warnings. */
static int
load(const char *const *options, struct text *warnings)
{
	struct load load = {0};
	struct settings settings;

	load_option(&load, 'c', "/dev/null");
	for (; *options != NULL; options++)
		load_option(&load, 'o', *options);
	int status = settings_load(&load, &settings);

	text_append(warnings, load.warnings.bytes, load.warnings.len);
	settings_free(&settings);
	load_fini(&load);
	return status;
}

START_TEST(rules_that_cannot_be_are_a_problem_of_the_configuration)
{
	static const struct {
		const char *rules;
		int status;
	} cases[] = {
	    {"rules=[]", 0},
	    {"rules=[{match: 'a.*', rename: 'b.$1'}]", 0},
	    {"rules=[{match: 'a.*', rename: 'b.$2'}]", EXIT_CONFIG},
	    {"rules=[{match: '[', action: drop}]", EXIT_CONFIG},
	    {"rules=[{match: '(', match_type: regex}]", EXIT_CONFIG},
	    {"rules=[{include: '/nowhere/mapping.yaml'}]", EXIT_CONFIG},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const options[] = {cases[i].rules, NULL};
		struct text warnings = {0};

		ck_assert_msg(load(options, &warnings) == cases[i].status, "%s", cases[i].rules);
		text_fini(&warnings);
	}
}
END_TEST

START_TEST(what_has_no_effect_in_an_included_file_is_warned_of)
{
	char path[] = "/tmp/tidemill-mapping-XXXXXX", rules[64];
	const char *const options[] = {rules, NULL};
	struct text warnings = {0};
	FILE *file = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(file);
	fputs("mappings:\n- match: a.*\n  name: b\n  ttl: 5m\n", file);
	fclose(file);
	snprintf(rules, sizeof(rules), "rules=[{include: '%s'}]", path);
	ck_assert_int_eq(load(options, &warnings), 0);
	ck_assert_ptr_nonnull(strstr(text_string(&warnings), "ttl"));
	unlink(path);
	text_fini(&warnings);
}
END_TEST

START_TEST(listeners_differ_in_so_many_ways_at_most)
{
	for (int count = LISTEN_PROFILES; count <= LISTEN_PROFILES + 1; count++) {
		struct text listen = {0}, warnings = {0};

		text_puts(&listen, "listen={");
		for (int i = 0; i < count; i++)
			text_printf(&listen, "l%d: {udp: '127.0.0.1:0', prefix: p%d}, ", i, i);
		/* One more that takes lines in as another does. */
		text_puts(&listen, "last: {udp: '127.0.0.1:0', prefix: p0}}");
		const char *const options[] = {text_string(&listen), NULL};

		ck_assert_int_eq(
		    load(options, &warnings), count <= LISTEN_PROFILES ? 0 : EXIT_CONFIG);
		text_fini(&listen);
		text_fini(&warnings);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(rules_that_cannot_be_are_a_problem_of_the_configuration),
    SUITE_TEST(what_has_no_effect_in_an_included_file_is_warned_of),
    SUITE_TEST(listeners_differ_in_so_many_ways_at_most),
    {0},
};

SUITE_MAIN("cli/load", tests)
