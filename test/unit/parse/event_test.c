/* SPDX-License-Identifier: MIT */
/* event_test.c -- events and service checks. */

#include "parse/event.h"

#include "base/text.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <inttypes.h>
#include <string.h>

static void
put_span(struct text *out, char letter, const struct span *span)
{
	if (span->len > 0)
		text_printf(out, " %c=%.*s", letter, (int)span->len, span->at);
}

/* An event as text: title/text, its alert, and what else was given. */
static void
describe(struct text *out, const struct event *event)
{
	text_printf(out, "%.*s/%.*s", (int)event->title.len, event->title.at, (int)event->text.len,
	    event->text.at);
	text_printf(out, " %s",
	    event->check ? check_status_names[event->alert] : event_alert_names[event->alert]);
	if (event->timestamp != 0)
		text_printf(out, " d=%" PRId64, event->timestamp);
	put_span(out, 'h', &event->host);
	put_span(out, 'k', &event->key);
	put_span(out, 's', &event->source);
	put_span(out, '#', &event->tags);
	if (event->low_priority)
		text_puts(out, " low");
}

struct row {
	const char *line, *expected; /* NULL: refused */
};

static void
expect(const struct row *row, bool check)
{
	size_t len = strlen(row->line);
	/* A copy of exactly its size, so that a read past its end is seen. */
	char *copy = malloc(len > 0 ? len : 1);
	struct text got = {0};
	struct event event;

	memcpy(copy, row->line, len);
	enum reason reason = event_parse(copy, copy + len, &event);

	ck_assert_msg(reason == (row->expected != NULL ? REASON_NONE : REASON_EVENT), "%s: %s",
	    row->line, reason_defs[reason].name);
	if (row->expected != NULL) {
		describe(&got, &event);
		ck_assert_msg(event.check == check, "%s", row->line);
		ck_assert_msg(strcmp(text_string(&got), row->expected) == 0,
		    "%s\n   gives %s\n  not it %s", row->line, text_string(&got), row->expected);
	}
	text_fini(&got);
	free(copy);
}

START_TEST(events_are_told_by_how_they_begin)
{
	static const struct {
		const char *line;
		bool begins;
	} rows[] = {
	    {"_e{5,4}:title|text", true},
	    {"_e{", true},
	    {"_sc|name|0", true},
	    {"_sc|", true},
	    {"_e:1|c", false},
	    {"_sc:1|c", false},
	    {"_script:1|c", false},
	    {"a_e{1,1}:1|c", false},
	    {"_E{1,1}:a|b", false},
	    {"_", false},
	    {"", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *line = rows[i].line;

		ck_assert_msg(
		    event_begins(line, line + strlen(line)) == rows[i].begins, "%s", line);
	}
}
END_TEST

START_TEST(an_event_has_a_title_and_a_text)
{
	static const struct row rows[] = {
	    {"_e{5,4}:title|text", "title/text info"},
	    {"_e{1,0}:t|", "t/ info"},
	    {"_e{3,3}:a|b|c|d", "a|b/c|d info"},
	    {"_e{4,6}:\xc3\xa4\xc3\xb6|a\\nb c", "\xc3\xa4\xc3\xb6/a\\nb c info"},
	    /* Units of UTF-16. */
	    {"_e{2,6}:\xc3\xa4\xc3\xb6|a\\nb c", "\xc3\xa4\xc3\xb6/a\\nb c info"},
	    {"_e{1,3}:\xe2\x82\xac|\xf0\x9f\x9a\x80z", "\xe2\x82\xac/\xf0\x9f\x9a\x80z info"},
	    {"_e{1,2}:\xc3\xa4|\xf0\x9f\x9a\x80|h:x", "\xc3\xa4/\xf0\x9f\x9a\x80 info h=x"},
	    {"_e{3,1}:a|\xc3\xa4|b", "a|\xc3\xa4/b info"},
	    {"_e{1,1}:\xc3\xa4|\xf0\x9f\x9a\x80", NULL},
	    {"_e{1,2}:\xe2\x82\xac|\xf0\x9f\x9a\x80z", NULL},
	    {"_e{2,3}:\xe2\x82\xac|\xf0\x9f\x9a\x80z", NULL},
	    {"_e{1,1}:\x80\x80|b", NULL},
	    {"_e{005,4}:title|text", "title/text info"},
	    {"_e{5,4}:title|text\r", "title/text info"},
	    {"_e{5,4}:title|text|", "title/text info"},
	    {"_e{0,4}:|text", NULL},
	    {"_e{5,4}:title|tex", NULL},
	    {"_e{5,4}:title|texts", NULL},
	    {"_e{4,4}:title|text", NULL},
	    {"_e{6,4}:title|text", NULL},
	    {"_e{5,4}:title", NULL},
	    {"_e{5,4}title|text", NULL},
	    {"_e{5,4}", NULL},
	    {"_e{5,4", NULL},
	    {"_e{5}:title|text", NULL},
	    {"_e{,4}:title|text", NULL},
	    {"_e{5,}:title|text", NULL},
	    {"_e{-5,4}:title|text", NULL},
	    {"_e{5, 4}:title|text", NULL},
	    {"_e{99999999999999999999999999,4}:title|text", NULL},
	    {"_e{18446744073709551621,4}:title|text", NULL},
	    {"_e{5,18446744073709551620}:title|text", NULL},
	    {"_e{", NULL},
	    {"", NULL},
	    {"a:1|c", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect(&rows[i], false);
}
END_TEST

START_TEST(fields_of_an_event_come_in_any_order)
{
	static const struct row rows[] = {
	    {"_e{1,1}:a|b|d:1700000000|h:web1|k:key|p:low|s:nagios|t:error|#k:v,x",
		"a/b error d=1700000000 h=web1 k=key s=nagios #=k:v,x low"},
	    {"_e{1,1}:a|b|#k:v|t:warning|p:normal|h:web1|d:1", "a/b warning d=1 h=web1 #=k:v"},
	    {"_e{1,1}:a|b|t:success", "a/b success"},
	    {"_e{1,1}:a|b|t:info", "a/b info"},
	    {"_e{1,1}:a|b|c:ci-1|e:it-false,cn-x|card:low|h:x", "a/b info h=x"},
	    {"_e{1,1}:a|b|h:x|h:y|t:error|t:info|p:low|p:normal", "a/b info h=y"},
	    {"_e{1,1}:a|b|h:x:y", "a/b info h=x:y"},
	    {"_e{1,1}:a|b|m:message", "a/b info"},
	    /* What makes no sense is not there. */
	    {"_e{1,1}:a|b|t:fatal|p:high|d:now|d:0|d:-1|z:1|x||h", "a/b info"},
	    {"_e{1,1}:a|b|#", "a/b info"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect(&rows[i], false);
}
END_TEST

START_TEST(a_check_has_a_name_and_a_status)
{
	static const struct row rows[] = {
	    {"_sc|app.up|0", "app.up/ ok"},
	    {"_sc|app.up|1", "app.up/ warning"},
	    {"_sc|app.up|2", "app.up/ critical"},
	    {"_sc|app.up|3\r", "app.up/ unknown"},
	    {"_sc|app.up|2|d:1700000000|h:web1|#k:v|m:not up: 3",
		"app.up/not up: 3 critical d=1700000000 h=web1 #=k:v"},
	    {"_sc|app.up|2|m:down|h:web1|c:x|card:low", "app.up/down critical h=web1"},
	    {"_sc|app.up|0|t:error|p:low|k:key|s:src", "app.up/ ok"},
	    {"_sc|app.up|4", NULL},
	    {"_sc|app.up|-1", NULL},
	    {"_sc|app.up|00", NULL},
	    {"_sc|app.up|", NULL},
	    {"_sc|app.up|x|h:y", NULL},
	    {"_sc|app.up", NULL},
	    {"_sc||0", NULL},
	    {"_sc|", NULL},
	    {"_sc", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect(&rows[i], true);
}
END_TEST

/* All that an event points at lies within its line. */
static void
check_span(const struct span *span, const char *bytes, const char *end)
{
	if (span->len > 0)
		ck_assert(span->at >= bytes && span->len <= (size_t)(end - span->at));
}

START_TEST(any_bytes_are_answered)
{
	static const char *const parts[] = {"_e{", "_sc|", "1", "2", "9", ",", "}:", "|", "a", "b",
	    "d:", "h:", "k:", "p:", "s:", "t:", "m:", "#", "low", "error", "\r", ":", "\xff"};
	const unsigned count = sizeof(parts) / sizeof(*parts);
	uint64_t random = random_seed();
	unsigned accepted = 0;

	for (int round = 0; round < 200000; round++) {
		struct text line = {0};
		struct event event;

		text_puts(&line,
		    round % 3 == 0       ? "_sc|a|1"
			: round % 3 == 1 ? "_e{1,1}:a|b"
					 : "_e{");
		for (unsigned n = random_below(&random, 12); n > 0; n--)
			text_puts(&line, parts[random_below(&random, count)]);
		char *copy = malloc(line.len);
		const char *end = copy + line.len;

		memcpy(copy, line.bytes, line.len);
		ck_assert(event_begins(copy, end));
		if (event_parse(copy, end, &event) == REASON_NONE) {
			accepted++;
			ck_assert_uint_gt(event.title.len, 0);
			ck_assert(event.alert >= 0 && event.alert <= 3);
			ck_assert_int_ge(event.timestamp, 0);
			check_span(&event.title, copy, end);
			check_span(&event.text, copy, end);
			check_span(&event.host, copy, end);
			check_span(&event.key, copy, end);
			check_span(&event.source, copy, end);
			check_span(&event.tags, copy, end);
		}
		free(copy);
		text_fini(&line);
	}
	ck_assert_uint_gt(accepted, 1000);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(events_are_told_by_how_they_begin),
    SUITE_TEST(an_event_has_a_title_and_a_text),
    SUITE_TEST(fields_of_an_event_come_in_any_order),
    SUITE_TEST(a_check_has_a_name_and_a_status),
    SUITE_TEST(any_bytes_are_answered),
    {0},
};

SUITE_MAIN("parse/event", tests)
