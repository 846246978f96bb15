/* SPDX-License-Identifier: MIT */
/* lines_test.c -- random lines of every dialect and grammar: no input changes
 * any series but the ones that its accepted elements name. */

#include "base/mem.h"
#include "test/unit/ingest/pond.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <stdlib.h>
#include <string.h>

#define LINES 8
#define SETTINGS 5

/* A line, and the series it names where nothing has been done to it. */
struct made {
	struct text line, series;
};

static const char *const names[] = {"a", "b.c", "web.load", "x_y-z", "_under", "n0"};
static const char *const keys[] = {"env", "host", "k", "region"};
static const char *const values[] = {"prod", "h1", "v", "eu-1"};
static const char *const types[] = {"c", "m", "g", "kv", "ms", "h", "d", "s", "C"};
static const enum kind kinds[] = {KIND_COUNTER, KIND_COUNTER, KIND_GAUGE, KIND_GAUGE, KIND_TIMER,
    KIND_TIMER, KIND_TIMER, KIND_SET, KIND_COUNTER};

#define PICK(random, list) random_below(random, sizeof(list) / sizeof(*(list)))

/* Up to four tags, each key once, from the last to the first. */
static void
add_tags(struct text *line, unsigned mask, const char *open, char separator, char assign)
{
	text_puts(line, open);
	for (unsigned i = 4; i-- > 0; mask &= ~(1u << i))
		if ((mask >> i & 1) != 0)
			text_printf(line, "%s%c%s%.*s", keys[i], assign, values[i],
			    (mask & ((1u << i) - 1)) != 0, &separator);
}

/* The tags of a series, as its canonical form has them. */
static void
name_series(struct text *series, unsigned kind, unsigned name, unsigned mask)
{
	bool total = strcmp(types[kind], "C") == 0;

	text_printf(
	    series, "%s%s %s#", kind_names[kinds[kind]], total ? " total" : "", names[name]);
	for (unsigned i = 0, tags = 0; i < 4; i++)
		if ((mask >> i & 1) != 0)
			text_printf(series, "%s%s:%s", tags++ > 0 ? "," : "", keys[i], values[i]);
}

/* A good line of the safe grammar, in any dialect. */
static void
make_line(uint64_t *random, struct made *made)
{
	unsigned name = PICK(random, names), kind = PICK(random, types);
	unsigned mask = random_below(random, 16), dialect = random_below(random, 5);

	text_reset(&made->line);
	text_reset(&made->series);
	name_series(&made->series, kind, name, mask);
	text_puts(&made->line, names[name]);
	if (mask != 0 && dialect == DIALECT_GRAPHITE)
		add_tags(&made->line, mask, ";", ';', '=');
	if (mask != 0 && dialect == DIALECT_INFLUX)
		add_tags(&made->line, mask, ",", ',', '=');
	if (mask != 0 && dialect == DIALECT_LIBRATO)
		add_tags(&made->line, mask, "#", ',', '=');
	if (mask != 0 && dialect == DIALECT_SIGNALFX) {
		add_tags(&made->line, mask, "[", ',', '=');
		text_byte(&made->line, ']');
	}
	text_printf(&made->line, ":%u|%s", random_below(random, 100), types[kind]);
	if (random_below(random, 4) == 0)
		text_puts(&made->line, "|@0.5");
	if (mask != 0 && dialect == DIALECT_DOGSTATSD)
		add_tags(&made->line, mask, "|#", ',', ':');
	if (random_below(random, 4) == 0)
		text_puts(&made->line, "|c:ci-1|e:it-false|card:low");
	if (random_below(random, 8) == 0)
		text_puts(&made->line, "\r");
}

/* Do something to a line; a newline would make it two. */
static void
harm(uint64_t *random, struct text *line)
{
	static const char bytes[] = "::||##@@,;=[]+-.0123456789cgmshdCkvT_e{}/ \t\r\0\xff\xc3~!^";
	unsigned times = 1 + random_below(random, 3);

	for (unsigned i = 0; i < times && line->len > 0; i++) {
		size_t at = random_below(random, (unsigned)line->len);
		char byte = bytes[random_below(random, sizeof(bytes) - 1)];

		switch (random_below(random, 4)) {
		case 0: line->bytes[at] = byte; break;
		case 1: line->len = at; break;
		case 2: text_byte(line, byte); break;
		case 3:
			text_byte(line, byte);
			memmove(line->bytes + at + 1, line->bytes + at, line->len - 1 - at);
			line->bytes[at] = byte;
			break;
		}
	}
}

static void
choose_settings(struct pond *pond, unsigned which)
{
	pond->origin.rules.letter = which == 1;
	pond->origin.rules.clean = which != 2;
	pond->origin.rules.dialects = which == 3 ? 0 : POND_DIALECTS;
	pond->origin.cumulative = which == 4;
	pond->origin.absolute = which == 4;
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of a text, in order. */
static void
sort_lines(struct text *text)
{
	struct text sorted = {0};
	char **lines = NULL;
	size_t count = 0, cap = 0;

	for (char *at = strtok((char *)(uintptr_t)text_string(text), "\n"); at != NULL;
	     at = strtok(NULL, "\n")) {
		lines = mem_room(lines, count, &cap, sizeof(*lines));
		lines[count++] = at;
	}
	if (count > 0)
		qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		text_printf(&sorted, "%s\n", lines[i]);
	text_fini(text);
	*text = sorted;
	free(lines);
}

static void
say_entry(const struct entry *entry, struct text *out)
{
	struct text raw = {0};

	text_append(&raw, entry->key, entry->name_len);
	text_byte(&raw, '#');
	text_append(&raw, entry_tags(entry), entry->tags_len);
	text_printf(out, "%s%s ", kind_names[entry->kind],
	    (entry->modes & ENTRY_TOTAL) != 0 ? " total" : "");
	text_escape(out, raw.bytes, raw.len);
	text_byte(out, '\n');
	text_fini(&raw);
}

/* What the open interval has of every series: a line for each hit. */
static void
say_pond(const struct pond *pond, struct text *out)
{
	struct entry_cursor at = entry_list_begin(&pond->window.touched);
	const struct dated_block *dated = pond->window.dated.first;
	const struct entry *entry;

	while ((entry = entry_list_next(&at)) != NULL)
		for (uint32_t hit = 0; hit < cell_hits(entry->cell[1].meta); hit++)
			say_entry(entry, out);
	for (size_t i = 0; dated != NULL && i < dated->count; i++)
		say_entry(dated->at[i].entry, out);
}

/* What one line does on its own. */
static void
say_alone(const struct text *line, unsigned settings, struct text *out)
{
	static struct pond pond;

	pond_open(&pond, 1000);
	choose_settings(&pond, settings);
	pond_take_bytes(&pond, line->bytes, line->len, false);
	pond_expect_balance(&pond);
	say_pond(&pond, out);
	pond_close(&pond);
}

/* A datagram does what its lines do, each on its own: nothing of one line gets
 * into another's series, nor into any that is there already. */
static void
expect_independence(uint64_t *random, struct made *made, unsigned settings)
{
	static struct pond pond;
	struct text datagram = {0}, alone = {0}, together = {0};

	pond_open(&pond, 1000);
	choose_settings(&pond, settings);
	for (int round = 0; round < 2; round++) {
		text_reset(&datagram);
		for (unsigned i = 0; i < LINES; i++) {
			make_line(random, made);
			if (random_below(random, 2) == 0)
				harm(random, &made->line);
			text_append(&datagram, made->line.bytes, made->line.len);
			text_byte(&datagram, '\n');
			say_alone(&made->line, settings, &alone);
		}
		pond_take_bytes(&pond, datagram.bytes, datagram.len, false);
	}
	pond_expect_balance(&pond);
	say_pond(&pond, &together);
	sort_lines(&alone);
	sort_lines(&together);
	if (strcmp(text_string(&alone), text_string(&together)) != 0) {
		struct text shown = {0};

		text_escape(&shown, datagram.bytes, datagram.len);
		ck_abort_msg("settings %u, the last datagram \"%s\"\nalone:\n%stogether:\n%s",
		    settings, text_string(&shown), text_string(&alone), text_string(&together));
	}
	pond_close(&pond);
	text_fini(&datagram);
	text_fini(&alone);
	text_fini(&together);
}

START_TEST(no_line_changes_a_series_that_it_does_not_name)
{
	uint64_t random = random_seed();
	struct made made = {0};

	for (int round = 0; round < 150; round++)
		for (unsigned settings = 0; settings < SETTINGS; settings++)
			expect_independence(&random, &made, settings);
	text_fini(&made.line);
	text_fini(&made.series);
}
END_TEST

START_TEST(a_good_line_names_one_series)
{
	uint64_t random = random_seed();
	struct made made = {0};

	for (int round = 0; round < 2000; round++) {
		struct text said = {0};

		make_line(&random, &made);
		text_byte(&made.series, '\n');
		say_alone(&made.line, 0, &said);
		ck_assert_msg(strcmp(text_string(&said), text_string(&made.series)) == 0,
		    "%s: %s, not %s", text_string(&made.line), text_string(&said),
		    text_string(&made.series));
		text_fini(&said);
	}
	text_fini(&made.line);
	text_fini(&made.series);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(no_line_changes_a_series_that_it_does_not_name),
    SUITE_TEST(a_good_line_names_one_series),
    {0},
};

SUITE_MAIN("ingest/lines", tests)
