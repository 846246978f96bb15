/* SPDX-License-Identifier: MIT */
/* canonical_test.c -- many spellings, one series. */

#include "parse/canonical.h"

#include "test/unit/suite.h"

#include <string.h>

static struct canonical canonical;

static const struct canonical_rules cleaned = {.clean = true, .most_bytes = 64, .most_tags = 4};
static const struct canonical_rules kept = {.clean = false, .most_bytes = 64, .most_tags = 4};

struct row {
	const char *name, *tags;
	const char *clean_name, *clean_tags; /* a NULL name: refused ... */
	enum reason reason;                  /* ... for this */
};

static void
expect(const struct canonical_rules *rules, const struct row *row)
{
	const struct sample sample = {
	    .name = row->name,
	    .name_len = (uint32_t)strlen(row->name),
	    .tags = row->tags,
	    .tags_len = (uint32_t)strlen(row->tags),
	};
	enum reason reason = canonical_make(rules, &sample, &canonical);

	ck_assert_msg(
	    reason == row->reason, "%s#%s: %s", row->name, row->tags, reason_defs[reason].name);
	if (row->clean_name == NULL)
		return;
	ck_assert_str_eq(text_string(&canonical.name), row->clean_name);
	ck_assert_str_eq(text_string(&canonical.tags), row->clean_tags);
}

static void
expect_all(const struct canonical_rules *rules, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect(rules, &rows[i]);
	canonical_fini(&canonical);
}

#define EXPECT_ALL(rules, rows) expect_all(rules, rows, sizeof(rows) / sizeof(*(rows)))

START_TEST(names_are_cleaned_as_statsd_does)
{
	static const struct row rows[] = {
	    {"a.b-c_D9", "", "a.b-c_D9", "", 0},
	    {"fo/o", "", "fo-o", "", 0},
	    {"b ar", "", "b_ar", "", 0},
	    {"b \t\r ar", "", "b_ar", "", 0},
	    {" a ", "", "_a_", "", 0},
	    {"foo+bar", "", "foobar", "", 0},
	    {"a\xc3\xa4o", "", "ao", "", 0},
	    {"a=b", "", "a=b", "", 0},
	    {"\xff+", "", NULL, NULL, REASON_BAD_NAME},
	};
	EXPECT_ALL(&cleaned, rows);
}
END_TEST

START_TEST(uncleaned_names_are_kept_or_refused)
{
	static const struct row rows[] = {
	    {"fo/o+", "", "fo/o+", "", 0},
	    {"a\xc3\xa4o", "", "a\xc3\xa4o", "", 0},
	    {"b ar", "", NULL, NULL, REASON_BAD_NAME},
	    {"b\x01", "", NULL, NULL, REASON_BAD_NAME},
	    {"b\x7f", "", NULL, NULL, REASON_BAD_NAME},
	    {"a\xff", "", NULL, NULL, REASON_BAD_NAME},
	    {"a", "k:a b", NULL, NULL, REASON_BAD_NAME},
	    {"a", "k:x:y", "a", "k:x:y", 0},
	    {"a", "k!^:~x~", "a", "k__:_x~", 0},
	};
	EXPECT_ALL(&kept, rows);
}
END_TEST

START_TEST(tags_are_sorted_and_each_key_stands_once)
{
	static const struct row rows[] = {
	    {"a", "k:v", "a", "k:v", 0},
	    {"a", "b:2,a:1", "a", "a:1,b:2", 0},
	    {"a", "ab:2,a:1", "a", "a:1,ab:2", 0},
	    {"a", "k:1,k:2", "a", "k:2", 0},
	    {"a", "k:2,j:0,k:1", "a", "j:0,k:1", 0},
	    {"a", ",,k:v,,", "a", "k:v", 0},
	    {"a", "prod", "a", "prod:true", 0},
	    {"a", "k:", "a", "k:true", 0},
	    {"a", "k:!!", "a", "k:true", 0},
	    {"a", "url:http://x/y", "a", "url:http--x-y", 0},
	    {"a", "tag1:val;1", "a", "tag1:val_1", 0},
	    {"a", "a=b:c=d", "a", "a_b:c=d", 0},
	    {"a", ":v", NULL, NULL, REASON_TAGS},
	    {"a", "1,2,3,4", "a", "1:true,2:true,3:true,4:true", 0},
	    {"a", "1,2,3,4,5", NULL, NULL, REASON_TAGS},
	};
	EXPECT_ALL(&cleaned, rows);
}
END_TEST

START_TEST(graphite_tags_in_the_name_are_tags)
{
	static const struct row rows[] = {
	    {"a;k=v", "", "a", "k:v", 0},
	    {"a;k2=v2;k1=v1", "", "a", "k1:v1,k2:v2", 0},
	    {"a;k=name", "k:field", "a", "k:field", 0},
	    {"a;", "", "a", "", 0},
	    {";k=v", "", NULL, NULL, REASON_BAD_NAME},
	};
	EXPECT_ALL(&cleaned, rows);
}
END_TEST

START_TEST(the_limit_counts_name_and_tags)
{
	static const struct row rows[] = {
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbb:bbbb",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbb:bbbb", 0},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbb:bbbbb", NULL, NULL,
		REASON_NAME_TOO_LONG},
	};
	EXPECT_ALL(&cleaned, rows);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(names_are_cleaned_as_statsd_does),
    SUITE_TEST(uncleaned_names_are_kept_or_refused),
    SUITE_TEST(tags_are_sorted_and_each_key_stands_once),
    SUITE_TEST(graphite_tags_in_the_name_are_tags),
    SUITE_TEST(the_limit_counts_name_and_tags),
    {0},
};

SUITE_MAIN("parse/canonical", tests)
