/* SPDX-License-Identifier: MIT */
/* canonical_test.c -- many spellings, one series. */

#include "parse/canonical.h"

#include "base/utf8.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>

static struct canonical canonical;

#define BIT(dialect) (1u << (dialect))
#define ALL_DIALECTS 0x1f

/* The lists of initialisers that most rules share. */
#define LIMITS .prefix = "", .most_bytes = 64, .most_tags = 4

static const struct canonical_rules cleaned = {.clean = true, .dialects = ALL_DIALECTS, LIMITS};
static const struct canonical_rules kept = {.dialects = ALL_DIALECTS, LIMITS};
static const struct canonical_rules letter = {.letter = true, .clean = true, LIMITS};
static const struct canonical_rules letter_kept = {.letter = true, LIMITS};

struct row {
	const char *name, *tags;
	const char *clean_name, *clean_tags; /* a NULL name: refused ... */
	enum reason reason;                  /* ... for this */
};

static enum reason
make(const struct canonical_rules *rules, const char *name, size_t name_len, const char *tags,
    size_t tags_len)
{
	const struct sample sample = {
	    .name = name,
	    .name_len = (uint32_t)name_len,
	    .tags = tags,
	    .tags_len = (uint32_t)tags_len,
	};

	return canonical_make(rules, &sample, &canonical);
}

static void
expect(const struct canonical_rules *rules, const struct row *row)
{
	enum reason reason =
	    make(rules, row->name, strlen(row->name), row->tags, strlen(row->tags));

	if (reason == REASON_NONE)
		reason = canonical_finish(rules, &canonical);
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
	    {"a \xc2\xa0\xe2\x80\x83\xef\xbb\xbfz", "", "a_z", "", 0},
	    {"a + z", "", "a__z", "", 0},
	    {"a \xff z", "", "a__z", "", 0},
	    {"a\xe2\x80z", "", "az", "", 0},
	    {"a\xe1\xa0\x8ez", "", "az", "", 0}, /* U+180E */
	    {"foo,bar", "", "foobar", "", 0},
	    {"foo#bar", "", "foobar", "", 0},
	    {"a]b", "", "ab", "", 0},
	    {"\xff+", "", NULL, NULL, REASON_BAD_NAME},
	    {"", "", NULL, NULL, REASON_BAD_NAME},
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
	    {"b\xc2\x85", "", NULL, NULL, REASON_BAD_NAME},
	    {"b\xc2\x9f", "", NULL, NULL, REASON_BAD_NAME},
	    {"b\xc2\xa0", "", NULL, NULL, REASON_BAD_NAME},
	    {"b\xe2\x80\xa8", "", NULL, NULL, REASON_BAD_NAME},
	    {"b\xc2\xa1", "", "b\xc2\xa1", "", 0},
	    {"a\xff", "", NULL, NULL, REASON_BAD_NAME},
	    {"a", "k:a b", NULL, NULL, REASON_BAD_NAME},
	    {"a", "k\xff:b", NULL, NULL, REASON_BAD_NAME},
	    {"a", "k:x:y", "a", "k:x:y", 0},
	    {"a", "k!^:~x~", "a", "k__:_x~", 0},
	    {"foo,bar", "", "foo,bar", "", 0},
	    {"foo#bar", "", "foo#bar", "", 0},
	    {"a]b", "", "a]b", "", 0},
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
	    {"a", "#k:v,##j:w,#", "a", "j:w,k:v", 0},
	    {"a", ":v", NULL, NULL, REASON_TAGS},
	    {"a", "#:v", NULL, NULL, REASON_TAGS},
	    {"a", "+:v", NULL, NULL, REASON_TAGS},
	    {"a", "1,2,3,4", "a", "1:true,2:true,3:true,4:true", 0},
	    {"a", "1,2,3,4,5", NULL, NULL, REASON_TAGS},
	    {"a", "1,2,3,4,1,2", "a", "1:true,2:true,3:true,4:true", 0},
	};
	EXPECT_ALL(&cleaned, rows);
}
END_TEST

START_TEST(each_dialect_has_its_mark)
{
	static const struct row rows[] = {
	    /* Graphite */
	    {"a;k=v", "", "a", "k:v", 0},
	    {"a;k2=v2;k1=v1", "", "a", "k1:v1,k2:v2", 0},
	    {"a;prod", "", "a", "prod:true", 0},
	    {"a;", "", "a", "", 0},
	    {";k=v", "", NULL, NULL, REASON_BAD_NAME},
	    {"a;=v", "", NULL, NULL, REASON_TAGS},
	    /* InfluxDB */
	    {"a,k=v", "", "a", "k:v", 0},
	    {"a,k2=v2,k1=v1", "", "a", "k1:v1,k2:v2", 0},
	    {"a,k=v,prod", "", "a", "k:v,prod:true", 0},
	    {"a,k=", "", "a", "k:true", 0},
	    {"foo,bar", "", "foobar", "", 0},
	    {"foo,bar,k=v", "", "foobar", "k:v", 0},
	    {"a,=v", "", NULL, NULL, REASON_TAGS},
	    {",k=v", "", NULL, NULL, REASON_BAD_NAME},
	    /* Librato */
	    {"a#k=v", "", "a", "k:v", 0},
	    {"a#k2=v2,k1=v1", "", "a", "k1:v1,k2:v2", 0},
	    {"foo#bar", "", "foobar", "", 0},
	    {"foo#bar,k=v", "", "foobar", "k:v", 0},
	    /* SignalFX */
	    {"a[k=v]", "", "a", "k:v", 0},
	    {"a[k=v]b", "", "ab", "k:v", 0},
	    {"a.[k2=v2,k1=v1]b", "", "a.b", "k1:v1,k2:v2", 0},
	    {"[k=v]a", "", "a", "k:v", 0},
	    {"a[prod]", "", "a", "prod:true", 0},
	    {"a[]b", "", "ab", "", 0},
	    {"[k=v]", "", NULL, NULL, REASON_BAD_NAME},
	    {"a[k=v", "", NULL, NULL, REASON_TAGS},
	    {"a]b[", "", NULL, NULL, REASON_TAGS},
	    {"a]b[k=v]", "", "ab", "k:v", 0},
	};
	EXPECT_ALL(&cleaned, rows);
}
END_TEST

START_TEST(the_first_mark_decides)
{
	static const struct row rows[] = {
	    {"a;k=v,w", "", "a", "k:vw", 0},
	    {"a;k=v[x=y]", "", "a", "k:vx=y", 0},
	    {"a,k=v;w", "", "a", "k:v_w", 0},
	    {"a,k=v#x=y", "", "a", "k:vx=y", 0},
	    {"a,k=v[x=y]b", "", "a", "k:vx=yb", 0},
	    {"a#k=v;w[1]", "", "a", "k:v_w1", 0},
	    {"a[k=v;w]b;x=y", "", "ab_x=y", "k:v_w", 0},
	    {"a[k=v]b[x=y]", "", "abx=y", "k:v", 0},
	    {"a[k=[v]]b", "", "ab", "k:v", 0},
	    {"a,b;k=v", "", "a", "b_k:v", 0},
	    {"a,b;k", "", "ab", "k:true", 0},
	};
	EXPECT_ALL(&cleaned, rows);
}
END_TEST

START_TEST(no_mark_is_left_in_an_uncleaned_name)
{
	static const struct row rows[] = {
	    {"a[k=v]b[x=y]", "", "ab_x=y]", "k:v", 0},
	    {"foo,x[y,b]=z", "", "foo_x=z", "b:true,y:true", 0},
	    {"foo#x[y,b]=z", "", "foo_x=z", "b:true,y:true", 0},
	    {"a[k]b;c", "", "ab_c", "k:true", 0},
	    {"a[k]b,c,d", "", "ab,c,d", "k:true", 0},
	    {"a[k]b,c,d=e", "", "ab_c_d=e", "k:true", 0},
	    {"a;k=v,w", "", "a", "k:v_w", 0},
	    {"a;#k=v", "", "a", "k:v", 0},
	    {"a,b;k,x=y", "", "a,b", "k_x:y", 0},
	};
	EXPECT_ALL(&kept, rows);
}
END_TEST

START_TEST(name_tags_and_field_tags_are_merged)
{
	static const struct row rows[] = {
	    {"a;k=name", "k:field", "a", "k:field", 0},
	    {"a,j=name", "k:field", "a", "j:name,k:field", 0},
	    {"a#k=name", "k:field,j:x", "a", "j:x,k:field", 0},
	    {"a[k=name]b", "j:field", "ab", "j:field,k:name", 0},
	};
	EXPECT_ALL(&cleaned, rows);
}
END_TEST

struct dialect_row {
	uint32_t dialects;
	struct row row;
};

START_TEST(a_dialect_can_be_off)
{
	static const struct dialect_row rows[] = {
	    {0, {"a", "k:v", "a", "", 0}},
	    {0, {"a;k=v", "", "a_k=v", "", 0}},
	    {0, {"a,k=v", "", "a,k=v", "", 0}},
	    {0, {"a#k=v", "", "a#k=v", "", 0}},
	    {0, {"a[k=v]b", "", "a[k=v]b", "", 0}},
	    {0, {"a]b[", "", "a]b[", "", 0}},
	    {BIT(DIALECT_DOGSTATSD), {"a;b", "k:v", "a_b", "k:v", 0}},
	    {BIT(DIALECT_GRAPHITE), {"a,k=v;j=w", "x:y", "a,k=v", "j:w", 0}},
	    {BIT(DIALECT_INFLUX), {"a#b,k=v", "x:y", "a#b", "k:v", 0}},
	    {BIT(DIALECT_INFLUX), {"a;b,k=v", "", "a_b", "k:v", 0}},
	    {BIT(DIALECT_LIBRATO), {"a,b#k=v,j=w", "x:y", "a,b", "j:w,k:v", 0}},
	    {BIT(DIALECT_LIBRATO), {"a,b=c#k", "", "a,b=c#k", "", 0}},
	    {BIT(DIALECT_SIGNALFX), {"a,b=c[k=v]", "x:y", "a,b=c", "k:v", 0}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct canonical_rules rules = kept;

		rules.dialects = rows[i].dialects;
		expect(&rules, &rows[i].row);
	}
	canonical_fini(&canonical);
}
END_TEST

START_TEST(to_the_letter_tags_keep_their_order)
{
	static const struct row rows[] = {
	    {"a", "t1:v1,t2:v2", "a", "t1:v1,t2:v2", 0},
	    {"a", "b:2,a:1,b:3", "a", "b:2,a:1,b:3", 0},
	    {"a;k=name", "k:field", "a", "k:name,k:field", 0},
	    {"a", "prod", "a", "prod", 0},
	    {"a", "k:", "a", "k:", 0},
	    {"a", ":v", "a", ":v", 0},
	    {"a", "a,,b", "a", "a,,b", 0},
	    {"a", ",a", "a", ",a", 0},
	    {"a", "a,,", "a", "a", 0},
	    {"a", ",", "a", "", 0},
	    {"a;", "", "a", "", 0},
	    {"a;;b", "", "a", ",b", 0},
	    {";k=v", "", "", "k:v", 0},
	    {"", "", "", "", 0},
	    {"+", "", "", "", 0},
	    {"a", "url:http://x/y", "a", "url:http--x-y", 0},
	    {"a", "tag1:val;1", "a", "tag1:val_1", 0},
	    {"a", "a;b;c:d", "a", "a_b,c:d", 0},
	    {"a", "x=1:y", "a", "x:1=y", 0},
	    {"a", "#k:v", "a", "k:v", 0},
	    {"a b", "c d:e f", "a_b", "c_d:e_f", 0},
	    {"a,k=v", "", "ak=v", "", 0},
	    {"a[k=v]b", "", "ak=vb", "", 0},
	    {"a#k=v", "", "ak=v", "", 0},
	    {"a", "1,2,3,4,5", NULL, NULL, REASON_TAGS},
	    {"a", "1,2,3,4,,", "a", "1,2,3,4", 0},
	};
	EXPECT_ALL(&letter, rows);
}
END_TEST

START_TEST(to_the_letter_uncleaned_keys_are_kept_or_refused)
{
	static const struct row rows[] = {
	    {"fo/o+,#", "k:/", "fo/o+,#", "k:/", 0},
	    {"a", "url:http://x/y", "a", "url:http://x/y", 0},
	    {"a", "#k:v", "a", "#k:v", 0},
	    {"b ar", "", NULL, NULL, REASON_BAD_NAME},
	    {"a", "k:a b", NULL, NULL, REASON_BAD_NAME},
	    {"a\xff", "", NULL, NULL, REASON_BAD_NAME},
	    {"a\xc2\xa0", "", NULL, NULL, REASON_BAD_NAME},
	    /* What our own list of tags is made of. */
	    {"a;x,y=z,z", "", "a", "x_y:z_z", 0},
	    {"a", "p:q;r;s:t", "a", "p:q_r,s_t", 0},
	};
	EXPECT_ALL(&letter_kept, rows);
}
END_TEST

START_TEST(the_limit_counts_name_and_tags)
{
	static const struct row rows[] = {
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbb:bbbb",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbb:bbbb", 0},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbb:bbbbb", NULL, NULL,
		REASON_NAME_TOO_LONG},
	    /* A value that nobody wrote counts, too. */
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbb", NULL, NULL,
		REASON_NAME_TOO_LONG},
	};
	EXPECT_ALL(&cleaned, rows);
}
END_TEST

static char key_host[] = "host", value_host[] = "h 1", key_region[] = "region", value_region[] = "";
static struct item_pair pairs[] = {{key_host, value_host}, {key_region, value_region}};

START_TEST(the_listener_adds_prefix_and_tags)
{
	static const struct row rows[] = {
	    {"a", "", "site.a", "host:h_1,region:true", 0},
	    {"a", "host:mine", "site.a", "host:mine,region:true", 0},
	    {"a;region=eu", "", "site.a", "host:h_1,region:eu", 0},
	    {"+", "", NULL, NULL, REASON_BAD_NAME},
	};
	static const struct row letter_rows[] = {
	    {"a", "", "site.a", "host:h_1,region:true", 0},
	    {"a", "z:1,host:mine,z:2", "site.a", "z:1,host:mine,z:2,region:true", 0},
	    {"+", ",", "site.", "host:h_1,region:true", 0},
	};
	struct canonical_rules rules = cleaned;

	rules.prefix = "site.";
	rules.tags = (struct item_pairs){2, pairs};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect(&rules, &rows[i]);
	rules.letter = true;
	EXPECT_ALL(&rules, letter_rows);
}
END_TEST

struct addition {
	bool letter;
	const char *tags; /* the client's */
	const char *key, *value;
	enum tag_strength strength;
	const char *expected; /* NULL: refused */
};

START_TEST(the_stronger_tag_wins)
{
	static const struct addition rows[] = {
	    {false, "k:client", "k", "rule", TAG_STRONG, "k:rule"},
	    {false, "k:client", "k", "rule", TAG_WEAK, "k:client"},
	    {false, "k:client", "j", "rule", TAG_WEAK, "j:rule,k:client"},
	    {false, "", "host", "rule", TAG_WEAK, "host:rule"},
	    {false, "", "a=b,c", "d;e", TAG_STRONG, "a_bc:d_e"},
	    {false, "", "k", "", TAG_STRONG, "k:true"},
	    {false, "", "+", "v", TAG_STRONG, NULL},
	    {true, "k:1,j:2,k:3", "k", "rule", TAG_STRONG, "j:2,k:rule"},
	    {true, "k:1,j:2,k:3", "k", "rule", TAG_WEAK, "k:1,j:2,k:3"},
	    {true, "k,,j", "i", "rule", TAG_WEAK, "k,,j,i:rule"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct addition *row = &rows[i];
		struct canonical_rules rules = row->letter ? letter : cleaned;

		ck_assert_int_eq(make(&rules, "a", 1, row->tags, strlen(row->tags)), REASON_NONE);
		/* What the listener might have added. */
		if (strcmp(row->key, "host") == 0)
			canonical_add_tag(&rules, &canonical, "host", 4, "x", 1, TAG_WEAK);
		enum reason reason = canonical_add_tag(&rules, &canonical, row->key,
		    strlen(row->key), row->value, strlen(row->value), row->strength);

		ck_assert_int_eq(reason, row->expected != NULL ? REASON_NONE : REASON_TAGS);
		if (row->expected == NULL)
			continue;
		ck_assert_int_eq(canonical_finish(&rules, &canonical), REASON_NONE);
		ck_assert_str_eq(text_string(&canonical.tags), row->expected);
	}
	canonical_fini(&canonical);
}
END_TEST

START_TEST(uncleaned_tags_of_the_operator_have_underscores)
{
	ck_assert_int_eq(make(&kept, "a", 1, "", 0), REASON_NONE);
	ck_assert_int_eq(canonical_add_tag(&kept, &canonical, "k =", 3, "~v\xff,w/", 6, TAG_STRONG),
	    REASON_NONE);
	ck_assert_int_eq(canonical_finish(&kept, &canonical), REASON_NONE);
	ck_assert_str_eq(text_string(&canonical.tags), "k__:_v__w/");
	canonical_fini(&canonical);
}
END_TEST

START_TEST(a_new_name_holds_nothing_that_ends_one)
{
	static const struct row rows[] = {
	    {"a/b", "", "a/b", "", 0},
	    {"a b;c\n", "", "a_b_c_", "", 0},
	    {"a\xc2", "", "a_", "", 0},
	    {"\xc3\xa4", "", "\xc3\xa4", "", 0},
	    {"", "", NULL, NULL, REASON_BAD_NAME},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_int_eq(make(&cleaned, "old", 3, "k:v", 3), REASON_NONE);
		canonical_rename(&canonical, rows[i].name, strlen(rows[i].name));
		ck_assert_int_eq(canonical_finish(&cleaned, &canonical), rows[i].reason);
		if (rows[i].clean_name == NULL)
			continue;
		ck_assert_str_eq(text_string(&canonical.name), rows[i].clean_name);
		ck_assert_str_eq(text_string(&canonical.tags), "k:v");
	}
	canonical_fini(&canonical);
}
END_TEST

static size_t
random_bytes(uint64_t *random, char *bytes, size_t most)
{
	static const char *const parts[] = {"a", "b", "k=v", "=", ",", ";", "#", "[", "]", ":", "/",
	    " ", "+", "!", "~", "^", "\xc3\xa4", "\xc2\xa0", "\xff", "\xe2", "|", ".", "x:y",
	    ",k=w", "#j=w", "[i=u]", ";h=t", "\x01"};
	const unsigned count = sizeof(parts) / sizeof(*parts);
	size_t len = 0;

	for (unsigned n = random_below(random, 10); n > 0; n--) {
		const char *part = parts[random_below(random, count)];

		if (len + strlen(part) <= most) {
			memcpy(bytes + len, part, strlen(part));
			len += strlen(part);
		}
	}
	return len;
}

/* The canonical spelling of a canonical spelling is itself; and what a backend
 * could take for something else is not in it. */
START_TEST(a_canonical_spelling_is_its_own)
{
	uint64_t random = random_seed();
	unsigned made = 0;

	for (int round = 0; round < 300000; round++) {
		struct canonical_rules rules = {LIMITS};
		char name[64], tags[64], name_again[64], tags_again[64];

		rules.letter = random_below(&random, 2) == 0;
		rules.clean = random_below(&random, 2) == 0;
		rules.dialects = BIT(DIALECT_DOGSTATSD) | random_below(&random, ALL_DIALECTS + 1);
		size_t name_len = random_bytes(&random, name, sizeof(name));
		size_t tags_len = random_bytes(&random, tags, sizeof(tags));

		if (make(&rules, name, name_len, tags, tags_len) != REASON_NONE ||
		    canonical_finish(&rules, &canonical) != REASON_NONE)
			continue;
		made++;
		name_len = canonical.name.len;
		tags_len = canonical.tags.len;
		ck_assert_uint_le(name_len + tags_len, 64);
		memcpy(name_again, canonical.name.bytes, name_len);
		memcpy(tags_again, canonical.tags.bytes, tags_len);
		ck_assert_ptr_null(memchr(name_again, ';', name_len));
		ck_assert_ptr_null(memchr(tags_again, ';', tags_len));
		ck_assert_ptr_null(memchr(name_again, ' ', name_len));
		ck_assert_ptr_null(memchr(tags_again, ' ', tags_len));
		ck_assert(utf8_valid(name_again, name_len) && utf8_valid(tags_again, tags_len));
		ck_assert_int_eq(
		    make(&rules, name_again, name_len, tags_again, tags_len), REASON_NONE);
		ck_assert_int_eq(canonical_finish(&rules, &canonical), REASON_NONE);
		ck_assert_mem_eq(canonical.name.bytes, name_again, name_len);
		ck_assert_mem_eq(canonical.tags.bytes, tags_again, tags_len);
		ck_assert_uint_eq(canonical.name.len, name_len);
		ck_assert_uint_eq(canonical.tags.len, tags_len);
	}
	ck_assert_uint_gt(made, 1000);
	canonical_fini(&canonical);
}
END_TEST

/* Spellings that are canonical, but for a byte or a tag here and there. */
static size_t
random_tags(uint64_t *random, char *bytes, size_t most)
{
	static const char *const keys[] = {"a", "a.b", "aa", "b", "b-", "k_1",
	    "zone.of.availability", "A", "=", "", "#a", "k=", "k+"};
	static const char *const values[] = {":1", ":value", ":x=y", ":eu-west-1.and-a-long-one",
	    ":", "", ":x:y", ":x:y:z", ":~x", ":x~", ":/", ";", ":a b", ":\xc3\xa4"};
	const unsigned key_count = sizeof(keys) / sizeof(*keys);
	const unsigned value_count = sizeof(values) / sizeof(*values);
	unsigned tags = random_below(random, 6), next_key = 0;
	size_t len = 0;

	for (unsigned i = 0; i < tags; i++) {
		bool odd = random_below(random, 16) == 0;
		unsigned key =
		    odd ? random_below(random, key_count) : next_key + random_below(random, 2);
		unsigned value = random_below(random, odd ? value_count : 4);
		int more = snprintf(bytes + len, most - len, "%s%s%s", len > 0 ? "," : "",
		    keys[key % key_count], values[value]);

		next_key = key + 1;
		if ((size_t)more >= most - len)
			break;
		len += (size_t)more;
	}
	return len;
}

static size_t
random_name(uint64_t *random, char *bytes, size_t most)
{
	static const char usual[] = "abcxyzABCXYZ0123456789_.-=";
	static const char odd[] = "/:;,#[]@`{|}~^ +!\x01\x1f\x7f\x80\xc3\xff";
	size_t len = random_below(random, (unsigned)most);

	for (size_t i = 0; i < len; i++)
		bytes[i] = usual[random_below(random, sizeof(usual) - 1)];
	if (len > 0 && random_below(random, 4) == 0)
		bytes[random_below(random, (unsigned)len)] =
		    odd[random_below(random, sizeof(odd) - 1)];
	return len;
}

/* What is its own at the first look stays as it is at the second; and where
 * names are cleaned, what stays as it is was its own at the first. */
START_TEST(its_own_is_what_stays_as_it_is)
{
	uint64_t random = random_seed();
	unsigned own = 0, other = 0;

	for (int round = 0; round < 100000; round++) {
		struct canonical_rules rules = {LIMITS};
		char name[48], tags[64];

		rules.letter = random_below(&random, 8) == 0;
		rules.clean = random_below(&random, 4) != 0;
		rules.dialects = random_below(&random, 4) == 0
		    ? random_below(&random, ALL_DIALECTS + 1)
		    : ALL_DIALECTS;
		const struct sample sample = {
		    .name = name,
		    .name_len = (uint32_t)random_name(&random, name, sizeof(name)),
		    .tags = tags,
		    .tags_len = (uint32_t)random_tags(&random, tags, sizeof(tags)),
		};
		bool is_own = canonical_is_own(&rules, &sample);
		bool stays = canonical_make(&rules, &sample, &canonical) == REASON_NONE &&
		    canonical_finish(&rules, &canonical) == REASON_NONE &&
		    canonical.name.len == sample.name_len &&
		    canonical.tags.len == sample.tags_len &&
		    memcmp(canonical.name.bytes, name, sample.name_len) == 0 &&
		    memcmp(canonical.tags.bytes, tags, sample.tags_len) == 0;

		ck_assert_msg(!is_own || stays, "%.*s#%.*s", (int)sample.name_len, name,
		    (int)sample.tags_len, tags);
		ck_assert_msg(is_own || !stays || rules.letter || !rules.clean, "%.*s#%.*s",
		    (int)sample.name_len, name, (int)sample.tags_len, tags);
		own += is_own && sample.tags_len > 0;
		other += !is_own;
	}
	ck_assert_uint_gt(own, 1000);
	ck_assert_uint_gt(other, 1000);
	canonical_fini(&canonical);
}
END_TEST

START_TEST(nothing_is_its_own_where_the_listener_adds_to_it)
{
	const struct sample sample = {.name = "a", .name_len = 1, .tags = "k:v", .tags_len = 3};
	struct canonical_rules rules = cleaned;

	ck_assert(canonical_is_own(&rules, &sample));
	rules.prefix = "site.";
	ck_assert(!canonical_is_own(&rules, &sample));
	rules = cleaned;
	rules.tags = (struct item_pairs){2, pairs};
	ck_assert(!canonical_is_own(&rules, &sample));
	rules = cleaned;
	rules.most_tags = 0;
	ck_assert(!canonical_is_own(&rules, &sample));
	rules = cleaned;
	rules.most_bytes = 3;
	ck_assert(!canonical_is_own(&rules, &sample));
}
END_TEST

/* The same tags in another order are the same series. */
START_TEST(the_order_of_tags_does_not_matter)
{
	static const char *const tags[] = {"a:1", "b:2", "c", "d:4"};
	uint64_t random = random_seed();

	for (int round = 0; round < 1000; round++) {
		struct text list = {0};
		unsigned first = random_below(&random, 4), step = 1 + 2 * random_below(&random, 2);

		for (unsigned i = 0; i < 4; i++)
			text_printf(&list, "%s,", tags[(first + i * step) % 4]);
		ck_assert_int_eq(make(&cleaned, "n", 1, list.bytes, list.len), REASON_NONE);
		ck_assert_int_eq(canonical_finish(&cleaned, &canonical), REASON_NONE);
		ck_assert_str_eq(text_string(&canonical.tags), "a:1,b:2,c:true,d:4");
		text_fini(&list);
	}
	canonical_fini(&canonical);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(names_are_cleaned_as_statsd_does),
    SUITE_TEST(uncleaned_names_are_kept_or_refused),
    SUITE_TEST(tags_are_sorted_and_each_key_stands_once),
    SUITE_TEST(each_dialect_has_its_mark),
    SUITE_TEST(the_first_mark_decides),
    SUITE_TEST(no_mark_is_left_in_an_uncleaned_name),
    SUITE_TEST(name_tags_and_field_tags_are_merged),
    SUITE_TEST(a_dialect_can_be_off),
    SUITE_TEST(to_the_letter_tags_keep_their_order),
    SUITE_TEST(to_the_letter_uncleaned_keys_are_kept_or_refused),
    SUITE_TEST(the_limit_counts_name_and_tags),
    SUITE_TEST(the_listener_adds_prefix_and_tags),
    SUITE_TEST(the_stronger_tag_wins),
    SUITE_TEST(uncleaned_tags_of_the_operator_have_underscores),
    SUITE_TEST(a_new_name_holds_nothing_that_ends_one),
    SUITE_TEST(a_canonical_spelling_is_its_own),
    SUITE_TEST(its_own_is_what_stays_as_it_is),
    SUITE_TEST(nothing_is_its_own_where_the_listener_adds_to_it),
    SUITE_TEST(the_order_of_tags_does_not_matter),
    {0},
};

SUITE_MAIN("parse/canonical", tests)
