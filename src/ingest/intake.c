/* SPDX-License-Identifier: MIT */
/* intake.c -- from a datagram's bytes into the table: the hot path. */

#include "ingest/intake.h"

#include "parse/line.h"

#include <string.h>

void
intake_init(struct intake *intake, const struct budget *budget, struct series_quota *quota)
{
	memset(intake, 0, sizeof(*intake));
	table_init(&intake->table);
	intake->budget = *budget;
	intake->quota = quota;
}

void
intake_fini(struct intake *intake)
{
	table_fini(&intake->table);
	canonical_fini(&intake->canonical);
}

static void
refuse(struct intake *intake, struct outcome *outcome, enum reason reason)
{
	intake->elements_refused++;
	if (outcome->refused == REASON_NONE)
		outcome->refused = reason;
}

static struct entry *
find_series(struct intake *intake, const struct origin *origin, const struct pending *pending,
    enum reason *reason_out)
{
	struct entry *entry =
	    table_find(&intake->table, pending->hash, &pending->sample, origin->profile);

	if (entry == NULL)
		return intake_admit(intake, origin, &pending->sample, pending->hash, reason_out);
	if (entry->alias == NULL)
		return entry;
	window_stamp(intake->window, entry);
	return entry->alias;
}

static void
fold_pending(struct intake *intake, const struct origin *origin, const struct pending *pending)
{
	struct outcome *outcome = &intake->outcome[pending->line];
	enum reason reason = REASON_NONE;
	struct entry *entry = find_series(intake, origin, pending, &reason);

	if (entry != NULL)
		reason = window_fold(
		    intake->window, entry, &pending->sample, intake->stamp++, &intake->budget);
	if (reason != REASON_NONE) {
		refuse(intake, outcome, reason);
		return;
	}
	outcome->accepted = true;
	counter_add(&origin->counters[INTAKE_SAMPLES + pending->sample.kind], 1);
}

/* Fold all that is pending, in the order in which it came. */
static void
fold_all(struct intake *intake, const struct origin *origin)
{
	for (size_t i = 0; i < intake->samples; i++)
		table_prefetch_entry(&intake->table, intake->pending[i].hash);
	for (size_t i = 0; i < intake->samples; i++)
		fold_pending(intake, origin, &intake->pending[i]);
	intake->samples = 0;
}

/* Every line that has ended is accepted, or refused for one reason. */
static void
settle(struct intake *intake, const struct origin *origin)
{
	counter *counters = origin->counters;
	uint64_t accepted = 0;

	fold_all(intake, origin);
	for (size_t i = 0; i < intake->lines; i++) {
		if (intake->outcome[i].accepted)
			accepted++;
		else
			counter_add(
			    &counters[INTAKE_LINES_REFUSED + intake->outcome[i].refused], 1);
	}
	counter_add(&counters[INTAKE_LINES], intake->lines);
	counter_add(&counters[INTAKE_LINES_ACCEPTED], accepted);
	counter_add(&counters[INTAKE_ELEMENTS_REFUSED], intake->elements_refused);
	intake->lines = 0;
	intake->elements_refused = 0;
}

/* A place for the outcome of one more line; there is room for it. */
static size_t
open_line(struct intake *intake)
{
	intake->outcome[intake->lines] = (struct outcome){0};
	return intake->lines++;
}

/* One more sample, of the line at index: fold when there are enough. */
static void
add_pending(struct intake *intake, const struct origin *origin, size_t index)
{
	struct pending *pending = &intake->pending[intake->samples];

	pending->line = index;
	pending->hash = table_hash(&pending->sample);
	table_prefetch(&intake->table, pending->hash);
	if (++intake->samples == INTAKE_PENDING)
		fold_all(intake, origin);
}

static void
take_line(struct intake *intake, const struct origin *origin, const char *bytes, const char *end)
{
	struct line line;
	enum reason reason;

	if (!line_begin(&line, bytes, end))
		return;
	size_t index = open_line(intake);

	while (line_next(&line, &intake->pending[intake->samples].sample, &reason)) {
		if (reason != REASON_NONE)
			refuse(intake, &intake->outcome[index], reason);
		else
			add_pending(intake, origin, index);
	}
}

/* Take the line at `bytes`; returns where the next one begins. */
static const char *
take_next_line(struct intake *intake, const struct origin *origin, const char *bytes,
    const char *end, bool cut)
{
	const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));

	if (newline == NULL && cut) {
		size_t index = open_line(intake);

		refuse(intake, &intake->outcome[index], REASON_TRUNCATED);
		return end;
	}
	take_line(intake, origin, bytes, newline != NULL ? newline : end);
	return newline != NULL ? newline + 1 : end;
}

void
intake_datagram(struct intake *intake, const struct origin *origin, const char *bytes, size_t len,
    bool cut, uint64_t arrived)
{
	const char *end = bytes + len;

	if (intake->stamp < arrived)
		intake->stamp = arrived;
	while (bytes < end) {
		if (intake->lines == INTAKE_PENDING)
			settle(intake, origin);
		struct sample *sample = &intake->pending[intake->samples].sample;

		if (!cut && line_quick(&bytes, end, sample))
			add_pending(intake, origin, open_line(intake));
		else
			bytes = take_next_line(intake, origin, bytes, end, cut);
	}
	if (cut)
		counter_add(&origin->counters[INTAKE_DATAGRAMS_TRUNCATED], 1);
	settle(intake, origin);
	/* Last, so that whoever sees a datagram counted finds its lines counted. */
	counter_add(&origin->counters[INTAKE_BYTES], len);
	counter_add(&origin->counters[INTAKE_DATAGRAMS], 1);
}
