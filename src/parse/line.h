/* SPDX-License-Identifier: MIT */
/* line.h -- one line of StatsD, as `grammar: safe` reads it, to its samples.
 *
 *   line    = name ":" element *( ":" element )
 *   element = value *( ":" value ) "|" type *( "|" field )
 *   type    = "c" / "m" / "C" / "g" / "kv" / "ms" / "h" / "d" / "s"
 *   field   = "@" rate / "#" tags / "T" seconds / anything else, ignored
 *
 *   page.views:1|c                      one sample
 *   page.views:1|c|@0.1|#region:eu      weighing 10, with a tag
 *   page.load:12:15:9|ms                packed: three samples
 *   page:1|c:320|ms                     two elements of one name
 *   page.views:7|c|T1700000000          of that time
 *
 * m is a counter; C is one whose values are running totals; kv is a gauge
 * whose values are absolute whatever their sign.
 *
 * A set's value is all up to the bar, colons included. Tags belong to the
 * whole line, a rate and a time to their element. A rate ends at the next bar
 * or colon; a time, tags and unknown fields end at the next bar only. Of two
 * fields of one sort the last counts. A time is kept for c, m, g and kv, a
 * rate for all but C.
 *
 * The iterator gives each sample, or why an element was refused; it never
 * allocates, and visits each byte a bounded number of times. */

#pragma once

#include "metric/reason.h"
#include "metric/sample.h"

struct line {
	const char *name;
	size_t name_len;
	const char *tags;
	size_t tags_len;
	bool looked_ahead; /* tags are those of the whole line */
	const char *at;    /* the next element; NULL: no more */
	const char *end;
	const char *value, *values_end; /* packed values still to come */
	enum kind kind;                 /* theirs */
	bool duration;                  /* their type is ms */
	bool total;                     /* C */
	bool absolute;                  /* kv */
	int64_t timestamp;
	double weight;
};

/* Begin with the bytes of a line without its newline; a carriage return or
 * NUL at the end is not part of it. False: it is empty, and no line at all. */
bool line_begin(struct line *line, const char *bytes, const char *end);

/* Most lines that are not quite those of quick_sample() are still one sample,
 * perhaps with a rate, tags and fields that are ignored. If such a line begins
 * at *at, which is before the end, fill in *sample_out, move *at behind its
 * newline, and be true; else leave *at. What this takes line_next() would take
 * just so; it only gets there in one pass. It takes no event. */
bool line_single(const char **at, const char *end, struct sample *sample_out);

/* The same of a line whose sample quick_sample() has read, up to `stop`. */
bool line_fields(const char **at, const char *stop, const char *end, struct sample *sample);

/* The next element or packed value. False: there are no more. Else
 * *reason_out says why it is refused, or is REASON_NONE and *sample_out
 * holds it. A line gives at least one of either. */
bool line_next(struct line *line, struct sample *sample_out, enum reason *reason_out);
