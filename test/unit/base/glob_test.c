/* SPDX-License-Identifier: MIT */
/* glob_test.c -- what a pattern matches, and what its stars take. */

#include "base/glob.h"
#include "base/text.h"

#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static size_t
count_stars(const char *pattern)
{
	size_t stars = 0;

	for (; *pattern != '\0'; pattern++)
		stars += *pattern == '*';
	return stars;
}

/* What the stars took, joined by |; "-" if nothing matches. No escaped stars. */
static void
show_match(const char *pattern, const char *name, bool components, struct text *out)
{
	struct glob_part parts[GLOB_STARS];
	size_t len = strlen(name), stars = count_stars(pattern);
	bool matches = glob_match(pattern, name, len, components, parts);

	ck_assert_int_eq(matches, glob_match(pattern, name, len, components, NULL));
	text_reset(out);
	if (!matches)
		text_byte(out, '-');
	for (size_t i = 0; matches && i < stars; i++) {
		ck_assert(parts[i].at >= name);
		ck_assert(parts[i].at + parts[i].len <= name + len);
		if (i > 0)
			text_byte(out, '|');
		text_append(out, parts[i].at, parts[i].len);
	}
}

struct match_case {
	const char *pattern, *name, *parts;
};

static void
check_cases(const struct match_case *cases, size_t count, bool components)
{
	struct text got = {0};

	for (size_t i = 0; i < count; i++) {
		ck_assert_ptr_null(glob_problem(cases[i].pattern));
		show_match(cases[i].pattern, cases[i].name, components, &got);
		ck_assert_msg(strcmp(text_string(&got), cases[i].parts) == 0,
		    "%s on %s: \"%s\", not \"%s\"", cases[i].pattern, cases[i].name, got.bytes,
		    cases[i].parts);
	}
	text_fini(&got);
}

START_TEST(a_star_takes_little_and_the_last_one_the_rest)
{
	static const struct match_case cases[] = {
	    {"", "", ""},
	    {"", "a", "-"},
	    {"a", "", "-"},
	    {"a", "a", ""},
	    {"a", "ab", "-"},
	    {"ab", "a", "-"},
	    {"*", "", ""},
	    {"*", "a.b", "a.b"},
	    {"**", "ab", "|ab"},
	    {"a*", "a", ""},
	    {"a*", "a.b.c", ".b.c"},
	    {"*a", "aa", "a"},
	    {"*ab", "xabab", "xab"},
	    {"*.*", "a.b.c", "a|b.c"},
	    {"*.*", "ab", "-"},
	    {"*.x.*", "a.x.x.b", "a|x.b"},
	    {"web.*.load", "web.a.b.load", "a.b"},
	    {"web.*.load", "web.load", "-"},
	    {"web.*.load", "web..load", ""},
	    {"a*b*c", "abcbc", "|cb"},
	    {"a*b*c", "acb", "-"},
	    {"*a*b*", "xaybz", "x|y|z"},
	};

	check_cases(cases, sizeof(cases) / sizeof(*cases), false);
}
END_TEST

START_TEST(a_star_in_components_takes_some_of_one)
{
	static const struct match_case cases[] = {
	    {"*", "a", "a"},
	    {"*", "", ""},
	    {"*", "a.b", "-"},
	    {"*.*", "a.b", "a|b"},
	    {"*.*", "a.b.c", "-"},
	    {"*.*", "a.", "a|"},
	    {"*.*", ".b", "|b"},
	    {"a.*.c", "a.b.c", "b"},
	    {"a.*.c", "a..c", ""},
	    {"a.*.c", "a.b.b.c", "-"},
	    {"a.*", "a.bcd", "bcd"},
	    {"a*", "a", ""},
	    {"a*.x", "abc.x", "bc"},
	    {"*a*.x", "aaaa.x", "|aaa"},
	    {"*a.x", "aaaa.x", "aaa"},
	    {"**.**", "abc.de", "|abc||de"},
	    {"**.x", "a.x", "|a"},
	    {"*x.b", "axx.c", "-"},
	    {"a?b", "a.b", "-"},
	    {"a[.]b", "a.b", "-"},
	    {"a[!x]b", "a.b", "-"},
	    {"a\\.b", "a.b", ""},
	    {"*?.b", "aa.b", "a"},
	};

	check_cases(cases, sizeof(cases) / sizeof(*cases), true);
}
END_TEST

START_TEST(units_take_the_bytes_they_say)
{
	static const struct {
		const char *pattern, *taken, *left;
	} cases[] = {
	    {"a", "a", "Ab"},
	    {"?", "a.*?\xff", ""},
	    {"\\*", "*", "a\\"},
	    {"\\?", "?", "a\\"},
	    {"\\[", "[", "\\"},
	    {"\\a", "a", "\\"},
	    {"]", "]", "["},
	    {"!", "!", "a"},
	    {"[abc]", "abc", "d]["},
	    {"[a-cx]", "abcx", "dw-"},
	    {"[!a-cx]", "dw-!.", "abcx"},
	    {"[]]", "]", "["},
	    {"[]a]", "]a", "["},
	    {"[!]a]", "[!", "]a"},
	    {"[a!]", "a!", "b"},
	    {"[a-]", "a-", "b"},
	    {"[-a]", "a-", "b"},
	    {"[!-a]", "b!", "a-"},
	    {"[]-a]", "]^_`a", "[b-"},
	    {"[\\]a]", "]a", "\\["},
	    {"[a\\-c]", "a-c", "b\\"},
	    {"[\\!a]", "!a", "\\"},
	    {"[\\^a]", "^a", "\\"},
	    {"[*?]", "*?", "a"},
	    {"[\xc3-\xff]", "\xc3\xff", "a\xc2"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_ptr_null(glob_problem(cases[i].pattern));
		for (const char *byte = cases[i].taken; *byte != '\0'; byte++)
			ck_assert_msg(glob_match(cases[i].pattern, byte, 1, false, NULL),
			    "%s does not take %c", cases[i].pattern, *byte);
		for (const char *byte = cases[i].left; *byte != '\0'; byte++)
			ck_assert_msg(!glob_match(cases[i].pattern, byte, 1, false, NULL),
			    "%s takes %c", cases[i].pattern, *byte);
	}
}
END_TEST

START_TEST(what_is_no_pattern_is_refused_with_its_reason)
{
	static const struct {
		const char *pattern, *problem;
	} cases[] = {
	    {"", NULL},
	    {"****************", NULL},
	    {"****************\\*[*]", NULL},
	    {"*****************", "there are more than 16 stars"},
	    {"[", "a bracket is not closed"},
	    {"[]", "a bracket is not closed"},
	    {"[!]", "a bracket is not closed"},
	    {"a[b-", "a bracket is not closed"},
	    {"a[b\\]", "a bracket is not closed"},
	    {"a[b\\", "a bracket is not closed"},
	    {"[z-a]", "a range in brackets runs backwards"},
	    {"[\xff-a]", "a range in brackets runs backwards"},
	    {"[^a]", "[^ does not invert a set, [! does; write \\^ for the character"},
	    {"a\\", "a backslash stands at the end"},
	    {"a\\\\", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *problem = glob_problem(cases[i].pattern);

		ck_assert_msg((problem == NULL) == (cases[i].problem == NULL), "%s: %s",
		    cases[i].pattern, problem);
		if (problem != NULL)
			ck_assert_str_eq(problem, cases[i].problem);
	}
}
END_TEST

START_TEST(a_name_may_hold_any_bytes)
{
	static const char name[] = {'a', '\0', '*', '\xff'};
	struct glob_part parts[GLOB_STARS];

	ck_assert(glob_match("a*", name, sizeof(name), false, parts));
	ck_assert_uint_eq(parts[0].len, 3);
	ck_assert(glob_match("a?\\*[\xf0-\xff]", name, sizeof(name), true, NULL));
	ck_assert(!glob_match("a", name, sizeof(name), false, NULL));
}
END_TEST

/* 16 stars against 64 KiB of what they nearly match: a search of every way to
 * place them would not end. */
START_TEST(no_name_takes_more_than_pattern_times_name_steps)
{
	static char name[65536];

	memset(name, 'a', sizeof(name));
	for (int components = 0; components < 2; components++) {
		clock_t start = clock();

		ck_assert(!glob_match(
		    "a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name, sizeof(name), components, NULL));
		ck_assert(!glob_match(
		    "*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab*", name, sizeof(name), components, NULL));
		ck_assert(!glob_match(
		    "*[a]?[a]?[a]?[a]?[a]?[a]?[a]?[!a]*", name, sizeof(name), components, NULL));
		ck_assert_int_lt(clock() - start, 5 * CLOCKS_PER_SEC);
	}
}
END_TEST

/* The definition itself: stars one after the other try the least first, the
 * last one of all, or of a component, the rest. Literals and ? only. */
static bool
define_match(const char *pattern, const char *name, bool components, struct glob_part *part)
{
	if (*pattern == '\0')
		return *name == '\0';
	if (*pattern != '*') {
		bool takes = *pattern == '?' ? *name != '\0' && !(components && *name == '.')
					     : *name == *pattern;

		return takes && define_match(pattern + 1, name + 1, components, part);
	}
	size_t most = components ? strcspn(name, ".") : strlen(name);

	for (size_t len = 0; len <= most; len++) {
		*part = (struct glob_part){.at = name, .len = len};
		if (define_match(pattern + 1, name + len, components, part + 1))
			return true;
	}
	return false;
}

START_TEST(matching_does_what_its_definition_says)
{
	unsigned seed = (unsigned)time(NULL);
	size_t matches = 0, misses = 0;

	printf("seed %u\n", seed);
	srandom(seed);
	for (int i = 0; i < 300000; i++) {
		char pattern[9] = "", name[11] = "";
		struct glob_part expected[GLOB_STARS], parts[GLOB_STARS];
		bool components = random() % 2 == 0;

		for (long n = random() % (long)sizeof(pattern); n > 0; n--)
			pattern[n - 1] = "ab.**?"[random() % 6];
		for (long n = random() % (long)sizeof(name); n > 0; n--)
			name[n - 1] = "aab."[random() % 4];
		bool match = define_match(pattern, name, components, expected);

		ck_assert_msg(match == glob_match(pattern, name, strlen(name), components, parts),
		    "\"%s\" on \"%s\"", pattern, name);
		for (size_t j = 0; match && j < count_stars(pattern); j++)
			ck_assert_msg(
			    parts[j].at == expected[j].at && parts[j].len == expected[j].len,
			    "\"%s\" on \"%s\": star %zu", pattern, name, j);
		*(match ? &matches : &misses) += 1;
	}
	ck_assert_uint_gt(matches, 1000);
	ck_assert_uint_gt(misses, 1000);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_star_takes_little_and_the_last_one_the_rest),
    SUITE_TEST(a_star_in_components_takes_some_of_one),
    SUITE_TEST(units_take_the_bytes_they_say),
    SUITE_TEST(what_is_no_pattern_is_refused_with_its_reason),
    SUITE_TEST(a_name_may_hold_any_bytes),
    SUITE_TEST(no_name_takes_more_than_pattern_times_name_steps),
    SUITE_TEST(matching_does_what_its_definition_says),
    {0},
};

SUITE_MAIN("base/glob", tests)
