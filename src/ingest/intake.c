/* SPDX-License-Identifier: MIT */
/* intake.c -- from a datagram's bytes into the table: the hot path. */

#include "ingest/intake.h"

#include "base/clock.h"
#include "parse/event.h"
#include "parse/graphite.h"
#include "parse/http.h"
#include "parse/letter.h"
#include "parse/line.h"
#include "parse/quick.h"

#include <string.h>

void
intake_init(struct intake *intake, const struct budget *budget, struct series_quota *quota,
    const struct rules *rules, bool kinds_clash)
{
	memset(intake, 0, sizeof(*intake));
	table_init(&intake->table);
	intake->budget = *budget;
	intake->quota = quota;
	intake->rules = rules;
	intake->room = rules != NULL ? rules_room_new(rules) : NULL;
	intake->kinds_clash = kinds_clash;
}

void
intake_fini(struct intake *intake)
{
	table_fini(&intake->table);
	canonical_fini(&intake->canonical);
	rules_room_free(intake->room);
}

/* A line has ended: it counts as accepted, or as refused for one reason. */
static inline void
conclude(struct intake *intake, const struct origin *origin, struct outcome outcome)
{
	if (outcome.accepted)
		intake->lines_accepted++;
	else
		counter_add(&origin->counters[INTAKE_LINES_REFUSED + outcome.refused], 1);
}

/* What the operator keeps out is no mistake of the client's. */
static void
refuse(struct intake *intake, struct outcome *outcome, enum reason reason)
{
	intake->elements_refused += reason != REASON_RULE && reason != REASON_BLOCKED;
	if (outcome->refused == REASON_NONE)
		outcome->refused = reason;
}

/* What the client has counted so far: its time says nothing. */
static void
make_total(const struct intake *intake, struct sample *sample)
{
	sample->total = true;
	sample->source = intake->source;
	sample->timestamp = 0;
}

static inline bool
is_total(const struct origin *origin, const struct sample *sample)
{
	return sample->total || (origin->cumulative && sample->kind == KIND_COUNTER);
}

/* find_series(), where the spelling is not known, or known to be another's, or
 * its sample not what it looks like. */
static struct entry *
look_closer(struct intake *intake, const struct origin *origin, struct pending *pending,
    struct entry *entry, enum reason *reason_out)
{
	uint8_t modes;

	if (entry == NULL) {
		entry = intake_admit(
		    intake, origin, &pending->sample, pending->hash, &modes, reason_out);
		if (entry == NULL)
			return NULL;
	} else {
		modes = entry_modes(entry);
		if (entry_alias(entry) != NULL) {
			window_stamp(intake->window, entry);
			entry = entry_alias(entry);
		}
	}
	if ((modes & ENTRY_CUMULATIVE) != 0) {
		make_total(intake, &pending->sample);
		pending->hash = table_hash(&pending->sample);
		entry =
		    table_find(&intake->table, pending->hash, &pending->sample, origin->profile);
		return look_closer(intake, origin, pending, entry, reason_out);
	}
	if (entry == intake->table.dropped) {
		*reason_out = REASON_RULE;
		return NULL;
	}
	if ((entry_modes(entry) & ENTRY_BLOCKED) != 0) {
		*reason_out = REASON_BLOCKED;
		return NULL;
	}
	if ((modes & ENTRY_ABSOLUTE) != 0)
		pending->sample.relative = false;
	return entry;
}

/* The canonical entry that the sample goes into. NULL: refused. */
static inline struct entry *
find_series(struct intake *intake, const struct origin *origin, struct pending *pending,
    enum reason *reason_out)
{
	struct entry *entry = pending->near;

	if (entry == NULL || !entry_fits(entry, &pending->sample, origin->profile))
		entry =
		    table_find(&intake->table, pending->hash, &pending->sample, origin->profile);
	if (entry != NULL && entry_modes(entry) == 0)
		return entry;
	return look_closer(intake, origin, pending, entry, reason_out);
}

/* Fold a sample. Why not, if it is refused. */
static inline enum reason
fold_sample(struct intake *intake, const struct origin *origin, struct pending *pending)
{
	const struct sample *sample = &pending->sample;
	enum reason reason;
	struct entry *entry = find_series(intake, origin, pending, &reason);

	if (entry == NULL)
		return reason;
	if (sample->timestamp != 0)
		return window_date(intake->window, entry, sample);
	return window_fold(intake->window, entry, sample, intake->stamp++, &intake->budget,
	    intake->table.counters);
}

static inline void
fold_pending(struct intake *intake, const struct origin *origin, struct pending *pending)
{
	enum reason reason = fold_sample(intake, origin, pending);
	struct outcome single = {.accepted = reason == REASON_NONE};
	struct outcome *line = pending->line != NULL ? pending->line : &single;

	if (reason == REASON_NONE) {
		line->accepted = true;
		counter_add(&origin->counters[INTAKE_SAMPLES + pending->sample.kind], 1);
	} else {
		refuse(intake, line, reason);
	}
	if (line == &single)
		conclude(intake, origin, single);
}

/* Samples ahead of the one that is folded whose records are brought near. */
#define AHEAD 8

/* Fold all that is pending, in the order in which it came. */
static void
fold_all(struct intake *intake, const struct origin *origin)
{
	struct pending *end = &intake->pending[intake->samples];

	for (struct pending *at = intake->pending; at < end; at++)
		at->near = table_prefetch_entry(&intake->table, at->hash, &at->sample);
	for (struct pending *at = intake->pending; at < end; at++) {
		if (end - at > AHEAD && at[AHEAD].near != NULL)
			window_prefetch(intake->window, at[AHEAD].near);
		fold_pending(intake, origin, at);
	}
	intake->samples = 0;
}

/* Count every line that has ended. */
static void
settle(struct intake *intake, const struct origin *origin)
{
	counter *counters = origin->counters;
	uint64_t lines = intake->single_lines + intake->lines;

	fold_all(intake, origin);
	for (size_t i = 0; i < intake->lines; i++)
		conclude(intake, origin, intake->outcome[i]);
	source_desk_count(&intake->desk, lines, lines - intake->lines_accepted);
	counter_add(&counters[INTAKE_LINES], lines);
	counter_add(&counters[INTAKE_LINES_ACCEPTED], intake->lines_accepted);
	counter_add(&counters[INTAKE_ELEMENTS_REFUSED], intake->elements_refused);
	intake->lines = 0;
	intake->single_lines = intake->lines_accepted = intake->elements_refused = 0;
}

/* A place for the outcome of one more line of several elements; there is room
 * for it. */
static struct outcome *
open_line(struct intake *intake)
{
	intake->outcome[intake->lines] = (struct outcome){0};
	return &intake->outcome[intake->lines++];
}

/* One more sample: fold when there are enough. */
static inline void
add_pending(struct intake *intake, const struct origin *origin, struct outcome *line)
{
	struct pending *pending = &intake->pending[intake->samples];

	pending->line = line;
	pending->hash = table_hash(&pending->sample);
	table_prefetch(&intake->table, pending->hash);
	if (++intake->samples == INTAKE_PENDING)
		fold_all(intake, origin);
}

/* May a sample be of this time, both in s? */
static enum reason
check_time(int64_t timestamp, int64_t now)
{
	if (timestamp < now - INTAKE_OLDEST_SECONDS)
		return REASON_LATE;
	return timestamp > now + INTAKE_NEWEST_SECONDS ? REASON_FUTURE : REASON_NONE;
}

/* What the parser made of an element: the next pending sample, or a refusal,
 * to which those of elements before it, still pending, are prior. */
static void
take_element(
    struct intake *intake, const struct origin *origin, struct outcome *outcome, enum reason reason)
{
	struct sample *sample = &intake->pending[intake->samples].sample;

	if (reason == REASON_NONE && is_total(origin, sample))
		make_total(intake, sample);
	else if (reason == REASON_NONE && sample->timestamp != 0)
		reason = check_time(sample->timestamp, clock_wall_ns() / CLOCK_SECOND);
	if (reason == REASON_NONE) {
		add_pending(intake, origin, outcome);
		return;
	}
	if (intake->samples > 0 && intake->pending[intake->samples - 1].line == outcome)
		fold_all(intake, origin);
	refuse(intake, outcome, reason);
}

static void
take_safe(struct intake *intake, const struct origin *origin, const char *bytes, const char *end)
{
	struct line line;
	enum reason reason;

	if (!line_begin(&line, bytes, end))
		return;
	struct outcome *outcome = open_line(intake);

	while (line_next(&line, &intake->pending[intake->samples].sample, &reason))
		take_element(intake, origin, outcome, reason);
}

static void
take_letter(struct intake *intake, const struct origin *origin, const char *bytes, const char *end)
{
	struct letter letter;
	enum reason reason;

	if (!letter_begin(&letter, bytes, end))
		return;
	struct outcome *outcome = open_line(intake);

	while (letter_next(&letter, &intake->pending[intake->samples].sample, &reason))
		take_element(intake, origin, outcome, reason);
}

static void
take_event(struct intake *intake, const struct origin *origin, const char *bytes, const char *end)
{
	struct outcome *outcome = open_line(intake);
	struct event event;
	enum reason reason = event_parse(bytes, end, &event);

	if (reason == REASON_NONE)
		reason = window_add_event(intake->window, &event);
	if (reason != REASON_NONE) {
		refuse(intake, outcome, reason);
		return;
	}
	outcome->accepted = true;
	counter_add(&origin->counters[event.check ? INTAKE_CHECKS : INTAKE_EVENTS], 1);
}

static void
take_graphite(
    struct intake *intake, const struct origin *origin, const char *bytes, const char *end)
{
	struct sample *sample = &intake->pending[intake->samples].sample;
	enum reason reason;

	if (!graphite_line(bytes, end, sample, &reason))
		return;
	sample->exact = origin->keep_time;
	if (sample->timestamp == 0)
		sample->timestamp = clock_wall_ns() / CLOCK_SECOND;
	take_element(intake, origin, open_line(intake), reason);
}

static bool
is_event(const struct origin *origin, const char *bytes, const char *end)
{
	return !origin->rules.letter &&
	    (origin->rules.dialects & UINT32_C(1) << DIALECT_DOGSTATSD) != 0 &&
	    event_begins(bytes, end);
}

static void
take_request(struct intake *intake)
{
	intake->http = true;
	refuse(intake, open_line(intake), REASON_HTTP);
}

static void
take_line(struct intake *intake, const struct origin *origin, const char *bytes, const char *end)
{
	if (intake->stream && http_is_request(bytes, end))
		take_request(intake);
	else if (origin->graphite)
		take_graphite(intake, origin, bytes, end);
	else if (origin->rules.letter)
		take_letter(intake, origin, bytes, end);
	else if (is_event(origin, bytes, end))
		take_event(intake, origin, bytes, end);
	else
		take_safe(intake, origin, bytes, end);
}

/* Most lines: one sample, of one number, with nothing else, or of what the
 * grammar adds to that; of which a web browser's request may be one. */
static inline bool
read_quick(const struct intake *intake, const struct origin *origin, const char **at,
    const char *end, struct sample *sample)
{
	const char *begin = *at, *stop = quick_sample(begin, end, sample);

	if (stop != NULL && quick_end(at, stop, end))
		return true;
	if (origin->rules.letter)
		return false;
	if (stop != NULL ? !line_fields(at, stop, end, sample) : !line_single(at, end, sample))
		return false;
	if (!intake->stream || !http_is_request(begin, *at))
		return true;
	*at = begin;
	return false;
}

static inline bool
take_quick(struct intake *intake, const struct origin *origin, const char **at, const char *end)
{
	struct sample *sample = &intake->pending[intake->samples].sample;

	if (!read_quick(intake, origin, at, end, sample))
		return false;
	if (origin->cumulative && sample->kind == KIND_COUNTER)
		make_total(intake, sample);
	add_pending(intake, origin, NULL);
	intake->single_lines++;
	return true;
}

/* Take the line at `bytes`; returns where the next one begins. */
static const char *
take_next_line(struct intake *intake, const struct origin *origin, const char *bytes,
    const char *end, bool cut)
{
	const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));

	if (newline == NULL && cut) {
		refuse(intake, open_line(intake), REASON_TRUNCATED);
		return end;
	}
	take_line(intake, origin, bytes, newline != NULL ? newline : end);
	return newline != NULL ? newline + 1 : end;
}

/* Most of Graphite's lines: all in their place, and of a time that may be. */
static inline bool
take_quick_graphite(struct intake *intake, const struct origin *origin, const char **at,
    const char *end, int64_t now)
{
	struct sample *sample = &intake->pending[intake->samples].sample;
	const char *next = graphite_quick(*at, end, sample);

	if (next == NULL || check_time(sample->timestamp, now) != REASON_NONE)
		return false;
	sample->exact = origin->keep_time;
	add_pending(intake, origin, NULL);
	intake->single_lines++;
	*at = next;
	return true;
}

static void
take_statsd_lines(struct intake *intake, const struct origin *origin, const char *bytes,
    const char *end, bool cut)
{
	while (bytes < end && !intake->http) {
		if (intake->lines == INTAKE_PENDING)
			settle(intake, origin);
		if (cut || !take_quick(intake, origin, &bytes, end))
			bytes = take_next_line(intake, origin, bytes, end, cut);
	}
}

static void
take_graphite_lines(struct intake *intake, const struct origin *origin, const char *bytes,
    const char *end, bool cut)
{
	int64_t now = clock_wall_ns() / CLOCK_SECOND;

	while (bytes < end && !intake->http) {
		if (intake->lines == INTAKE_PENDING)
			settle(intake, origin);
		if (cut || !take_quick_graphite(intake, origin, &bytes, end, now))
			bytes = take_next_line(intake, origin, bytes, end, cut);
	}
}

/* What comes now is of this source. */
static inline void
turn_to(struct intake *intake, const struct arrival *arrival)
{
	intake->source = arrival->source;
	source_desk_turn(&intake->desk, arrival->source, (int64_t)arrival->stamp);
}

/* Take in lines up to the end, or to a request of a web browser. */
static void
take_lines(struct intake *intake, const struct origin *origin, const char *bytes, size_t len,
    bool cut, const struct arrival *arrival)
{
	const char *end = bytes + len;
	uint64_t stamp = arrival->stamp * STAMPS_PER_NS;

	turn_to(intake, arrival);
	if (intake->stamp < stamp)
		intake->stamp = stamp;
	if (origin->graphite)
		take_graphite_lines(intake, origin, bytes, end, cut);
	else
		take_statsd_lines(intake, origin, bytes, end, cut);
	settle(intake, origin);
	counter_add(&origin->counters[INTAKE_BYTES + origin->transport], len);
}

void
intake_datagram(struct intake *intake, const struct origin *origin, const char *bytes, size_t len,
    bool cut, const struct arrival *arrival)
{
	take_lines(intake, origin, bytes, len, cut, arrival);
	if (cut)
		counter_add(&origin->counters[INTAKE_DATAGRAMS_TRUNCATED], 1);
	/* Last, so that whoever sees a datagram counted finds its lines counted. */
	counter_add(&origin->counters[INTAKE_DATAGRAMS], 1);
}

bool
intake_lines(struct intake *intake, const struct origin *origin, const char *bytes, size_t len,
    const struct arrival *arrival)
{
	/* No web page gets at standard input. */
	intake->stream = origin->transport != TRANSPORT_STDIN;
	take_lines(intake, origin, bytes, len, false, arrival);
	intake->stream = false;
	bool http = intake->http;

	intake->http = false;
	return !http;
}

void
intake_refuse(struct intake *intake, const struct origin *origin, enum reason reason, size_t len,
    const struct arrival *arrival)
{
	turn_to(intake, arrival);
	refuse(intake, open_line(intake), reason);
	settle(intake, origin);
	counter_add(&origin->counters[INTAKE_BYTES + origin->transport], len);
}
