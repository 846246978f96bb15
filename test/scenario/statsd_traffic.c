/* SPDX-License-Identifier: MIT */
/* statsd_traffic.c -- random datagrams of good and bad lines. */

#include "test/scenario/statsd_traffic.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "test/unit/random.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>

/* Bytes with their length: some hold NUL. */
struct bytes {
	const char *at;
	size_t len;
};

#define PRINT_MOST 40 /* lines of a series */

#define B(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}
#define COUNT(array) ((unsigned)(sizeof(array) / sizeof((array)[0])))
#define PICK(random, array) (&(array)[random_below(random, COUNT(array))])

/* ---- names and tags ------------------------------------------------------------ */

static const struct bytes parts[] = {B("a"), B("b"), B("cc"), B("web-1"), B("lat"), B("off"),
    B("x_y"), B("Q7"), B("0"), B("-"), B("="), B(""), B("d_"), B("lat_2")};

/* What StatsD takes out of names, what it reads as white space, and what it is
 * not known for. */
static const struct bytes noise[] = {B("+"), B("("), B(","), B("%"), B("\""), B("#"), B("@"),
    B("~"), B("\0"), B("\x01"), B("\x1b"), B("\x7f"), B("\\"), B("\xc3\xa9"), B("\xff"), B("\xc2"),
    B("\xe2\x80"), B("\xf0\x9f\x8d\xba"), B("\xed\xa0\x80"), B("\xc2\x85"), B("\xe1\xa0\x8e"),
    B("\xe2\x80\x8b")};
static const struct bytes spaces[] = {B(" "), B(" "), B("  "), B("\t"), B("\v"), B("\f"), B("\r"),
    B(" \t "), B("\xc2\xa0"), B("\xe1\x9a\x80"), B("\xe2\x80\x80"), B("\xe2\x80\x8a"),
    B("\xe2\x80\xa8"), B("\xe2\x80\xa9 "), B("\xe2\x80\xaf"), B("\xe2\x81\x9f"), B("\xe3\x80\x80"),
    B("\xef\xbb\xbf")};

static const struct bytes usual_tags[] = {B("t:v"), B("t:w"), B("env:prod"), B("k"), B("k=v"),
    B(":v"), B("=v"), B("t:"), B("a:b:c"), B("a;b"), B("a;b;c"), B(""), B(";"), B("url:http://x/y"),
    B("s p:q r"), B("\xc3\xa9:\xc3\xa9"), B("t:v|x"), B("@0.5"), B("t.u:v.w"), B("T:V")};

static void
put(struct text *text, const struct bytes *bytes)
{
	text_append(text, bytes->at, bytes->len);
}

static void
make_name(struct traffic *traffic, struct text *name)
{
	unsigned count = 1 + random_below(&traffic->random, 3);

	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			text_byte(name, '.');
		put(name, PICK(&traffic->random, parts));
	}
	if (random_below(&traffic->random, 8) == 0)
		text_puts(name, random_below(&traffic->random, 2) ? ";t=v" : ";;k;=x;t=v");
}

/* A spelling of a name: "x_y" is also "x y", "web-1" also "web/1". */
static void
put_name(struct traffic *traffic, struct text *text, const struct text *name)
{
	uint64_t *random = &traffic->random;
	bool plain = random_below(random, 3) > 0;

	for (size_t i = 0; i < name->len; i++) {
		char byte = name->bytes[i];

		if (!plain && random_below(random, 12) == 0)
			put(text, PICK(random, noise));
		if (!plain && byte == '_')
			put(text, PICK(random, spaces));
		else if (!plain && byte == '-' && random_below(random, 2) == 0)
			text_byte(text, '/');
		else
			text_byte(text, byte);
	}
}

static void
put_tags(struct traffic *traffic, struct text *text)
{
	unsigned count = random_below(&traffic->random, 4);

	text_puts(text, "|#");
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			text_byte(text, ',');
		put(text, PICK(&traffic->random, usual_tags));
	}
	if (random_below(&traffic->random, 40) == 0)
		text_puts(text, "|#x:y");
}

/* ---- numbers ------------------------------------------------------------------- */

static const struct bytes odd_numbers[] = {B("0x10"), B("0X1f"), B("0xdeadbeefcafe"),
    B("0x1fffffffffffff8"), B("0x20000000000001"), B("0x20000000000003"),
    B("0x123456789abcdef0123456789abcdef"), B("0o17"), B("0O7"), B("0b101"), B("0B1"), B("010"),
    B("5."), B(".5"), B("+.5"), B("-.5"), B("-0"), B("+0"), B("0.0"), B("00.50"), B("1e3"),
    B("1E3"), B("1e+3"), B("1e-3"), B("5.e2"), B(".5e1"), B("1e0001"), B("1e-0002"), B("1e-400"),
    B("4.9e-324"), B("2.2250738585072011e-308"), B(" "), B("\t\v\f\r"), B("\xc2\xa0"),
    B("\xef\xbb\xbf"), B("9007199254740993"), B("0.1"), B("0.2"), B("0.30000000000000004"),
    B("123456789012345678901234567890"), B("0.000000000000000000000012345678901234567890"),
    B("1e21"), B("1e-7"), B("8.5"), B("-8.5"), B("1000000000000000128")};
static const struct bytes bad_numbers[] = {B(""), B("x"), B("1x"), B("x1"), B("1,5"), B("1_000"),
    B("."), B("-"), B("+"), B("e"), B("e5"), B("1e"), B("1e+"), B("1e5.5"), B("--1"), B("+-1"),
    B("- 1"), B("1 2"), B("0x"), B("0xg"), B("+0x10"), B("-0x10"), B("0b2"), B("0o8"), B("0b"),
    B("0x1.8"), B("1n"), B("1f"), B("0x1p3"), B("nan"), B("NaN"), B("inf"), B("infinity"),
    B("-inf"), B("1..2"), B("1.2.3"), B("\0"), B("1\0"), B("\xff"), B("1\xff"), B("\xc2\x85"),
    B("1\xc2\x85"), B("1\xe1\xa0\x8e"), B("\xef\xbc\x91"), B("\xd9\xa1"), B("true"), B("null"),
    B("[]"), B("1e 3"), B("$1"), B("1%")};

static void
put_digits(uint64_t *random, struct text *text, const char *digits, unsigned count)
{
	while (count-- > 0)
		text_byte(text, digits[random_below(random, (unsigned)strlen(digits))]);
}

/* More digits than a double has. */
static void
put_long_number(uint64_t *random, struct text *text)
{
	switch (random_below(random, 5)) {
	case 0:
		text_puts(text, "0x");
		put_digits(random, text, "0123456789abcdefABCDEF", 1 + random_below(random, 60));
		return;
	case 1:
		text_puts(text, "0b1");
		put_digits(random, text, "01", 40 + random_below(random, 90));
		return;
	case 2:
		text_puts(text, "0O");
		put_digits(random, text, "01234567", 10 + random_below(random, 30));
		return;
	case 3:
		put_digits(random, text, "0123456789", 1 + random_below(random, 90));
		text_byte(text, '.');
		put_digits(random, text, "0123456789", random_below(random, 390));
		return;
	default:
		text_puts(text, "0.");
		put_digits(random, text, "00000001", random_below(random, 200));
		put_digits(random, text, "0123456789", 20);
		return;
	}
}

static void
put_number(struct traffic *traffic, struct text *text)
{
	uint64_t *random = &traffic->random;

	switch (random_below(random, 24)) {
	case 0: put(text, PICK(random, odd_numbers)); return;
	case 1: put(text, PICK(random, bad_numbers)); return;
	case 2: text_printf(text, "-%u", random_below(random, 100)); return;
	case 3: text_printf(text, "+%u", random_below(random, 100)); return;
	case 4:
		text_printf(text, "-%u.%u", random_below(random, 50), random_below(random, 99));
		return;
	case 5:
		text_printf(text, "%u.%ue%d", random_below(random, 10), random_below(random, 999),
		    (int)random_below(random, 13) - 6);
		return;
	case 6: text_printf(text, "0x%" PRIx64, random_next(random)); return;
	case 7:
		text_printf(text, "%" PRIu64 ".%" PRIu64, random_next(random), random_next(random));
		return;
	case 8:
		if (random_below(random, 6) > 0)
			break;
		if (random_below(random, 2) == 0)
			put_long_number(random, text);
		else
			text_printf(text, "%ue%d", random_below(random, 100),
			    (int)random_below(random, 190) - 95);
		return;
	case 9:
	case 10:
	case 11:
	case 12:
		text_printf(text, "%u.%02u", random_below(random, 200), random_below(random, 100));
		return;
	case 13: text_printf(text, "0.%u", random_below(random, 1000000)); return;
	default: break;
	}
	text_printf(text, "%u", random_below(random, 1000));
}

/* With white space around it, now and then. */
static void
put_value(struct traffic *traffic, struct text *text)
{
	uint64_t *random = &traffic->random;

	if (random_below(random, 40) == 0)
		put(text, PICK(random, spaces));
	put_number(traffic, text);
	if (random_below(random, 40) == 0)
		put(text, PICK(random, spaces));
}

/* ---- elements ------------------------------------------------------------------ */

static const struct bytes members[] = {B("ann"), B("bob"), B("ann "), B("1"), B("1.0"), B("01"),
    B("0"), B(""), B(" "), B("\0"), B("\xc3\xa9"), B("e\xcc\x81"), B("\xef\xbf\xbd"),
    B("\xef\xbf\xbd\xef\xbf\xbd"), B("\xf0\x9f\x8d\xba"), B("\xef\xbb\xbfx"), B("x"), B("\r"),
    B("x\r"), B("a b"),
    B("a\xc2\xa0"
      "b"),
    B("192.0.2.1"), B("{}"), B("a,b"), B("@1"), B("-0"), B("\xed\x9f\xbf"), B("\xf4\x8f\xbf\xbf"),
    B("\x7f"), B("\x01")};
static const struct bytes usual_types[] = {B("c"), B("ms"), B("g"), B("s")};
static const struct bytes types[] = {B("h"), B("d"), B("m"), B("kv"), B("C"), B("z"), B("G"),
    B("MS"), B("mss"), B(""), B(" "), B("ms "), B("\tg"), B("c\r"), B("s\r"), B("ms\r"), B("g\r"),
    B(" s"), B("\xc2\xa0ms\xef\xbb\xbf"), B("\xe2\x80\xa8g"), B("ms\xc2\x85"), B("g\0"), B("\xff"),
    B("c c"), B("@0.1"), B("m s"), B("s\x1f")};
static const struct bytes rates[] = {B("@0.1"), B("@0.5"), B("@.25"), B("@1"), B("@2"), B("@1.0"),
    B("@0.3333"), B("@5."), B("@00.5"), B("@0.7"), B("@1e-3"), B("@2e-1"), B("@1e400"),
    B("@3e-400"), B("@5.e2"), B("@0.1 "), B("@0.1\r"), B("@3\xc2\xa0"), B("@0.000001"),
    B("@123456789012345678901234567890"), B("@0.33333333333333333333333333")};
static const struct bytes bad_rates[] = {B(""), B("@"), B("0.1"), B("@-1"), B("@."), B("@.1."),
    B("@1.2.3"), B("@blah"), B("@x1"), B("@1x"), B("@1_0"), B("@0x"), B("@1,5"), B("@NaN"),
    B("@--1"), B("@-0x1"), B("@1e"), B("@@1"), B(" @1"), B("c"), B("@1\0"), B("@1\xff"), B("\xff"),
    B("@\xd9\xa1"), B("@1 2"), B(" ")};
static const struct bytes fields[] = {B("|"), B("|junk"), B("|@5"), B("|c:abc"), B("|T1700000000"),
    B("|e:it-1|card:low"), B("||"), B("|\r"), B("|5:6|c"), B("|@")};

static void
put_element(struct traffic *traffic, struct text *text, unsigned name)
{
	uint64_t *random = &traffic->random;
	bool usual = random_below(random, 12) > 0;
	/* A name has a type it has most of the time. */
	unsigned type = random_below(random, 5) < 3 ? name % 4 : random_below(random, 4);

	if (usual && type == 3 && random_below(random, 4) > 0)
		put(text, PICK(random, members));
	else if (usual && type == 3)
		text_printf(text, "%u", random_below(random, 300));
	else
		put_value(traffic, text);
	if (random_below(random, 100) == 0)
		return;
	text_byte(text, '|');
	put(text, usual ? &usual_types[type] : PICK(random, types));
	if (random_below(random, 4) > 0)
		return;
	text_byte(text, '|');
	put(text, random_below(random, 6) > 0 ? PICK(random, rates) : PICK(random, bad_rates));
	if (random_below(random, 6) == 0)
		put(text, PICK(random, fields));
}

/* ---- lines --------------------------------------------------------------------- */

static const struct bytes odd_lines[] = {B("a"), B("a|c"), B("2|g"), B("a:"), B("a:|c"), B("a:|g"),
    B("a:|ms"), B("a:|s"), B("a:1|"), B("a:1|c|"), B("a:1:2|c"), B("a::1|c"), B("a:1|c:"),
    B("a:1|c:2|c:3|c"), B("a:1|c:5|ms"), B(":1|c"), B(":"), B("::"), B("|"), B("|c"), B("||"),
    B("\r"), B(" "), B("\0"), B("\xff"), B("a_bad_test_value|z"), B("a:-1|ms"), B("a:-1.0|ms"),
    B("a:-0.0|ms"), B("a:-5|ms\r"), B("a:foo|s\r"), B("a:1|c\r"), B("a:5|ms\r"), B("a:+10e1|c"),
    B("a: -5|g"), B("a:0|g:-5|g"), B("a:333|g:-10|g:+4|g"), B("a:1|c|#t:v|@0.1"),
    B("a:1|c|@0.1|#t:v"), B("a:1|c|#t:v:2|c"), B("a|#t:v:1|c"), B("a:1|#t:v|c"), B("a:1|c#t:v"),
    B("a:1|c|#"), B("a:1|c|#|#t:v"), B("a:1|c|#tag1:val;1"), B("_e{5,4}:title|text"),
    B("_e{1,1}:1|t"), B("_sc|name|0"), B("_sc|name|0|#t:v|m:ok"), B("a,t=v:1|c"), B("a#t=v:1|c"),
    B("a[t=v]b:1|c"), B("a]b[:1|c"), B("a;t=v;u=w:1|c"), B("a:1|c|T1700000000"), B("a:+1|C"),
    B("a:1|kv"),
    B("\xef\xbb\xbf"
      "a:1|c"),
    B("b ar:1|c"), B("b  ar:1|c"), B("b \0 ar:1|c"), B("fo/o:1|c"), B("foo+bar:1|c"),
    B("a:1|c|@0.5|junk"), B("a.b:1|c\t"), B("a:1\t|c"), B("\ta:1|c"), B("a\t:1|c")};

/* What lines are cut up and put together of. */
static const char marks[] = ":::|||##@@,;;=.-+ \t\r\0_/0125aQt\x01\xc2\xa0\xff";

/* Does white space, as JavaScript sees it, stand here? Its length. */
static size_t
space_length(const char *at, size_t len)
{
	static const struct bytes wide[] = {B("\xc2\xa0"), B("\xe1\x9a\x80"), B("\xe2\x80\xa8"),
	    B("\xe2\x80\xa9"), B("\xe2\x80\xaf"), B("\xe2\x81\x9f"), B("\xe3\x80\x80"),
	    B("\xef\xbb\xbf")};

	if (len > 0 && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
		return 1;
	if (len >= 3 && memcmp(at, "\xe2\x80", 2) == 0 && (unsigned char)at[2] >= 0x80 &&
	    (unsigned char)at[2] <= 0x8a)
		return 3;
	for (unsigned i = 0; i < COUNT(wide); i++)
		if (len >= wide[i].len && memcmp(at, wide[i].at, wide[i].len) == 0)
			return wide[i].len;
	return 0;
}

static const char *
find(const char *at, const char *end, const char *what)
{
	const char *found = at < end ? memmem(at, (size_t)(end - at), what, strlen(what)) : NULL;

	return found != NULL ? found : end;
}

/* Name and tags as they stand on the wire, in the form "name;k=v;k=v". */
static void
spell_key(const char *line, const char *end, struct text *key)
{
	const char *head_end = find(line, end, "|#");
	const char *tag = head_end < end ? head_end + 2 : end;
	const char *tags_end = find(tag, end, "|#");

	text_append(key, line, (size_t)(find(line, head_end, ":") - line));
	while (tag < tags_end) {
		const char *tag_end = find(tag, tags_end, ",");
		const char *semicolon = find(tag, tag_end, ";"), *colon = find(tag, tag_end, ":");

		text_byte(key, ';');
		for (; tag < tag_end; tag++)
			text_byte(key, tag == semicolon ? '_' : tag == colon ? '=' : *tag);
		if (tag_end == tags_end)
			return;
		tag = tag_end + 1;
		if (tag == tags_end)
			text_byte(key, ';'); /* an empty one after the last comma */
	}
}

/* The key StatsD makes of a line. */
static void
make_key(const char *line, size_t len, struct text *key)
{
	struct text raw = {0};
	size_t space;

	spell_key(line, line + len, &raw);
	text_reset(key);
	text_reserve(key, 1); /* it may be empty, but is somewhere */
	for (size_t i = 0; i < raw.len; i++) {
		char byte = raw.bytes[i];

		if ((space = space_length(raw.bytes + i, raw.len - i)) > 0) {
			text_byte(key, '_');
			while (space > 0) {
				i += space;
				space = space_length(raw.bytes + i, raw.len - i);
			}
			i--;
		} else if (byte == '/') {
			text_byte(key, '-');
		} else if (isalnum((unsigned char)byte) ||
		    (byte != '\0' && strchr("_-.;=", byte))) {
			text_byte(key, byte);
		}
	}
	text_fini(&raw);
}

/* Does a run of digits and points that begins here hold more than nothing? */
static bool
is_rate(const char *at, const char *end)
{
	for (; at < end && (isdigit((unsigned char)*at) || *at == '.'); at++)
		if (*at >= '1' && *at <= '9')
			return true;
	return false;
}

/* The digits of any number this long make sums overflow. */
#define DIGITS_MOST 120

static unsigned
digits_from(const char *at, const char *end)
{
	unsigned count = 0;

	while (at < end && isdigit((unsigned char)*at++))
		count++;
	return count;
}

/* May chance have made a line with a rate or a value that is beyond what both
 * take? */
static bool
is_beyond(const char *line, size_t len)
{
	const char *end = line + len;

	if (find(line, end, "Infinity") < end)
		return true;
	for (const char *at = line; (at = find(at, end, "|@")) < end; at += 2)
		if (!is_rate(at + 2, end))
			return true;
	for (const char *at = line; at < end; at++) {
		if (digits_from(at, end) > DIGITS_MOST)
			return true;
		if (*at != 'e' && *at != 'E')
			continue;
		bool is_signed = at + 1 < end && (at[1] == '+' || at[1] == '-');

		if (digits_from(at + 1 + is_signed, end) > 2)
			return true;
	}
	return false;
}

/* A member of a set that is no UTF-8. */
static bool
has_broken_member(const char *line, size_t len)
{
	const char *end = line + len;

	for (const char *at = line; (at = find(at, end, "|s")) < end; at++) {
		const char *value = memrchr(line, ':', (size_t)(at - line));

		if (value != NULL && !utf8_valid(value + 1, (size_t)(at - value - 1)))
			return true;
	}
	return false;
}

/* limits.name_bytes: no name is longer where no line is. */
#define NAME_MOST 1024

/* Do the two differ in what they make of a line, for a reason that is known? */
static bool
is_known(const char *line, size_t len)
{
	struct text key = {0};

	make_key(line, len, &key);
	const char *end = key.bytes + key.len, *tags = find(key.bytes, end, ";");
	bool known = len > NAME_MOST || (key.len > 0 && end[-1] == ';') ||
	    find(tags, end, "lat") < end || find(tags, end, "off") < end ||
	    has_broken_member(line, len);

	text_fini(&key);
	return known;
}

static void
put_line(struct traffic *traffic, struct text *text)
{
	uint64_t *random = &traffic->random;
	/* The first of them are busier. */
	unsigned name =
	    traffic->awake[random_below(random, 1 + random_below(random, traffic->awake_count))];
	unsigned elements = random_below(random, 4) > 0 ? 1 : 1 + random_below(random, 4);
	bool tagged = random_below(random, 5) == 0;

	if (random_below(random, 200) == 0)
		elements = random_below(random, 40);
	put_name(traffic, text, &traffic->names[name]);
	if (random_below(random, 200) == 0)
		put_digits(random, text, "ab._", random_below(random, 800));
	for (unsigned i = 0; i < elements; i++) {
		text_byte(text, ':');
		put_element(traffic, text, name);
		if (random_below(random, 100) == 0)
			put_tags(traffic, text);
	}
	if (tagged)
		put_tags(traffic, text);
}

/* Change a few bytes of it. */
static void
spoil(struct traffic *traffic, struct text *line)
{
	uint64_t *random = &traffic->random;
	unsigned changes = 1 + random_below(random, 3);

	for (; changes > 0 && line->len > 0; changes--) {
		size_t at = random_below(random, (unsigned)line->len);

		switch (random_below(random, 3)) {
		case 0: line->bytes[at] = marks[random_below(random, sizeof(marks) - 1)]; break;
		case 1:
			text_reserve(line, 1);
			memmove(line->bytes + at + 1, line->bytes + at, line->len - at);
			line->len++;
			line->bytes[at] = marks[random_below(random, sizeof(marks) - 1)];
			break;
		case 2:
			line->len--;
			memmove(line->bytes + at, line->bytes + at + 1, line->len - at);
			break;
		}
	}
}

static void
make_line(struct traffic *traffic, struct text *line)
{
	uint64_t *random = &traffic->random;
	unsigned choice = random_below(random, 100);
	unsigned len = random_below(random, 12);

	text_reset(line);
	if (choice < 80)
		put_line(traffic, line);
	else if (choice < 90)
		put(line, PICK(random, odd_lines));
	else if (choice < 93)
		while (len-- > 0)
			text_byte(line, marks[random_below(random, sizeof(marks) - 1)]);
	else {
		put_line(traffic, line);
		spoil(traffic, line);
	}
	if (choice >= 90 && is_beyond(line->bytes, line->len))
		text_reset(line);
}

/* Remember a line, or give it up. */
static void
finish_line(struct traffic *traffic, struct text *line)
{
	if (is_known(line->bytes, line->len))
		text_reset(line);
	if (line->len == 0)
		return; /* no line at all */
	traffic->line = mem_room(
	    traffic->line, traffic->line_count, &traffic->line_cap, sizeof(*traffic->line));
	traffic->line[traffic->line_count++] = (struct traffic_line){
	    .at = traffic->lines.len, .len = line->len, .interval = traffic->interval};
	text_append(&traffic->lines, line->bytes, line->len);
}

/* ---- the traffic --------------------------------------------------------------- */

void
traffic_init(struct traffic *traffic, uint64_t seed)
{
	*traffic = (struct traffic){.random = seed};
	for (unsigned i = 0; i < TRAFFIC_NAMES; i++)
		make_name(traffic, &traffic->names[i]);
	traffic_turn(traffic);
}

void
traffic_fini(struct traffic *traffic)
{
	for (unsigned i = 0; i < TRAFFIC_NAMES; i++)
		text_fini(&traffic->names[i]);
	text_fini(&traffic->datagram);
	text_fini(&traffic->lines);
	free(traffic->line);
}

void
traffic_turn(struct traffic *traffic)
{
	traffic->interval++;
	traffic->awake_count = 0;
	for (unsigned i = 0; i < TRAFFIC_NAMES; i++)
		if (random_below(&traffic->random, 3) == 0)
			traffic->awake[traffic->awake_count++] = i;
	if (traffic->awake_count == 0)
		traffic->awake[traffic->awake_count++] = 0;
}

void
traffic_fill(struct traffic *traffic)
{
	struct text line = {0};
	unsigned lines = random_below(&traffic->random, 12);

	text_reset(&traffic->datagram);
	for (unsigned i = 0; i < lines; i++) {
		make_line(traffic, &line);
		finish_line(traffic, &line);
		text_append(&traffic->datagram, line.bytes, line.len);
		if (i + 1 < lines || random_below(&traffic->random, 2) == 0)
			text_byte(&traffic->datagram, '\n');
	}
	text_fini(&line);
}

/* Is this a series of that key: are its name and its tags parts of it? */
static bool
is_of(const char *series, const struct text *key)
{
	const char *end = key->bytes + key->len, *tags = find(key->bytes, end, ";");
	size_t name_len = (size_t)(tags - key->bytes), tags_len = (size_t)(end - tags);
	const char *series_tags = strchrnul(series, ';');
	struct text part = {0};

	if (strlen(series_tags) != tags_len || memcmp(series_tags, tags, tags_len) != 0)
		return false;
	text_byte(&part, '.');
	text_append(&part, key->bytes, name_len);
	text_byte(&part, '.');

	const char *part_text = text_string(&part);
	const char *found = find(series, series_tags, part_text);
	bool is_last = false;

	if (found == series_tags && (size_t)(series_tags - series) > name_len) {
		/* Nothing follows the name of a gauge. */
		const char *tail = series_tags - name_len - 1;

		is_last = memcmp(tail, part_text, name_len + 1) == 0;
	}
	text_fini(&part);
	return found < series_tags || is_last;
}

void
traffic_print_of(const struct traffic *traffic, const char *series, unsigned interval)
{
	struct text key = {0}, shown = {0};
	size_t left = PRINT_MOST;

	for (size_t i = traffic->line_count; i-- > 0 && left > 0;) {
		const struct traffic_line *line = &traffic->line[i];
		const char *bytes = traffic->lines.bytes + line->at;

		if (line->interval > interval)
			continue;
		make_key(bytes, line->len, &key);
		if (!is_of(series, &key))
			continue;
		text_reset(&shown);
		text_escape(&shown, bytes, line->len);
		printf("    interval %u: %s\n", line->interval, text_string(&shown));
		left--;
	}
	text_fini(&key);
	text_fini(&shown);
}
