/* SPDX-License-Identifier: MIT */
/* event.c -- DogStatsD's events and service checks. */

#include "parse/event.h"

#include "parse/scan.h"

#define EVENT_MARK "_e{"
#define CHECK_MARK "_sc|"

static bool
begins_with(const char *at, const char *end, const char *mark)
{
	size_t len = strlen(mark);

	return (size_t)(end - at) >= len && memcmp(at, mark, len) == 0;
}

bool
event_begins(const char *bytes, const char *end)
{
	return begins_with(bytes, end, EVENT_MARK) || begins_with(bytes, end, CHECK_MARK);
}

/* A whole number, and the byte after it; *at moves behind both. What is more
 * than there are bytes left is no length. */
static bool
take_length(const char **at, const char *end, char after, size_t *len_out)
{
	const char *digits = *at, *p = digits;
	size_t len = 0;

	for (; p < end && *p >= '0' && *p <= '9' && len <= (size_t)(end - p); p++)
		len = len * 10 + (size_t)(*p - '0');
	if (p == digits || p == end || *p != after)
		return false;
	*at = p + 1;
	*len_out = len;
	return true;
}

/* In what the length of a text is counted. */
enum unit { UNIT_BYTE, UNIT_UTF16 };

static size_t
units_of(char byte, enum unit unit)
{
	unsigned char bits = (unsigned char)byte;

	if (unit == UNIT_BYTE || bits < 0x80)
		return 1;
	/* One for the first byte of a character, two where it has four. */
	return bits < 0xc0 ? 0 : bits < 0xf0 ? 1 : 2;
}

/* A text of so many units, before a bar or the end. *at moves to that. */
static bool
take_span(const char **at, const char *end, size_t len, enum unit unit, struct span *span_out)
{
	const char *p = *at;

	while (p < end && units_of(*p, unit) <= len)
		len -= units_of(*p++, unit);
	if (len > 0 || (p < end && *p != '|'))
		return false;
	*span_out = (struct span){*at, (size_t)(p - *at)};
	*at = p;
	return true;
}

/* Title and text of these lengths, with a bar between them. */
static bool
take_texts(const char **at, const char *end, size_t title, size_t text, enum unit unit,
    struct event *event)
{
	const char *p = *at;

	if (!take_span(&p, end, title, unit, &event->title) || p++ == end ||
	    !take_span(&p, end, text, unit, &event->text))
		return false;
	*at = p;
	return true;
}

static void
take_alert(const char *at, const char *end, struct event *event)
{
	for (int i = EVENT_INFO; i <= EVENT_ERROR; i++)
		if (scan_is(at, end, event_alert_names[i]))
			event->alert = i;
}

static void
take_priority(const char *at, const char *end, struct event *event)
{
	if (scan_is(at, end, "low"))
		event->low_priority = true;
	else if (scan_is(at, end, "normal"))
		event->low_priority = false;
}

/* The field of one letter and a colon whose content is [at, end). */
static void
take_field(char letter, const char *at, const char *end, struct event *event)
{
	struct span span = {at, (size_t)(end - at)};
	int64_t seconds;

	switch (letter) {
	case 'd':
		if (scan_seconds(at, end, &seconds))
			event->timestamp = seconds;
		return;
	case 'h': event->host = span; return;
	case 'k':
		if (!event->check)
			event->key = span;
		return;
	case 'm':
		if (event->check)
			event->text = span;
		return;
	case 'p':
		if (!event->check)
			take_priority(at, end, event);
		return;
	case 's':
		if (!event->check)
			event->source = span;
		return;
	case 't':
		if (!event->check)
			take_alert(at, end, event);
		return;
	}
}

/* From the bar before the first field, or the end. */
static void
take_fields(const char *at, const char *end, struct event *event)
{
	while (at < end) {
		const char *field = at + 1;

		at = scan_byte(field, end, '|');
		if (field < at && *field == '#')
			event->tags = (struct span){field + 1, (size_t)(at - field - 1)};
		else if (at - field >= 2 && field[1] == ':')
			take_field(*field, field + 2, at, event);
	}
}

static enum reason
parse_event(const char *at, const char *end, struct event *event)
{
	size_t title_len, text_len;

	at += strlen(EVENT_MARK);
	if (!take_length(&at, end, ',', &title_len) || !take_length(&at, end, '}', &text_len) ||
	    title_len == 0 || at == end || *at++ != ':')
		return REASON_EVENT;
	if (!take_texts(&at, end, title_len, text_len, UNIT_BYTE, event) &&
	    !take_texts(&at, end, title_len, text_len, UNIT_UTF16, event))
		return REASON_EVENT;
	take_fields(at, end, event);
	return REASON_NONE;
}

static enum reason
parse_check(const char *at, const char *end, struct event *event)
{
	const char *name = at + strlen(CHECK_MARK), *bar = scan_byte(name, end, '|');

	if (bar == name || bar == end)
		return REASON_EVENT;
	const char *status = bar + 1, *stop = scan_byte(status, end, '|');

	if (stop - status != 1 || *status < '0' || *status > '3')
		return REASON_EVENT;
	event->check = true;
	event->title = (struct span){name, (size_t)(bar - name)};
	event->alert = CHECK_OK + (*status - '0');
	take_fields(stop, end, event);
	return REASON_NONE;
}

enum reason
event_parse(const char *bytes, const char *end, struct event *event_out)
{
	end = scan_line_end(bytes, end);
	*event_out = (struct event){.alert = EVENT_INFO};
	if (begins_with(bytes, end, EVENT_MARK))
		return parse_event(bytes, end, event_out);
	if (begins_with(bytes, end, CHECK_MARK))
		return parse_check(bytes, end, event_out);
	return REASON_EVENT;
}
