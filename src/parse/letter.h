/* SPDX-License-Identifier: MIT */
/* letter.h -- one line as StatsD reads it, to the letter: `grammar: statsd`.
 *
 *   name [ ":" value "|" type [ "|@" rate [ "|" ignored ] ] ]*  [ "|#" tags ]
 *
 * The first |# ends the elements, wherever it stands; tags end at the next
 * one. Numbers are JavaScript's: white space around them, 0x10, 0o7, 0b1. Any
 * type that is not ms, g or s is a counter. A value, a rate or a weight that
 * is not finite is refused, and so is a rate of which StatsD could make none,
 * "@+1": the one thing in which this is stricter than StatsD.
 *
 * A carriage return belongs to its line. Bytes that are no UTF-8 are U+FFFD
 * to StatsD, and no part of any number, type or mark here; members of sets
 * keep theirs. */

#pragma once

#include "base/number.h"
#include "metric/reason.h"
#include "metric/sample.h"

struct letter {
	const char *name;
	size_t name_len;
	const char *tags; /* between the first |# and the next */
	size_t tags_len;
	const char *at; /* the next element; NULL: no more */
	const char *end;
};

/* Begin with the bytes of a line without its newline. False: it is empty, and
 * no line at all. */
bool letter_begin(struct letter *letter, const char *bytes, const char *end);

/* The next element. False: there are no more. Else *reason_out says why it is
 * refused, or is REASON_NONE and *sample_out holds it. A line gives at least
 * one of either. */
bool letter_next(struct letter *letter, struct sample *sample_out, enum reason *reason_out);

/* A whole text as JavaScript's Number() reads it, white space around it
 * included; nothing, or nothing but white space, is 0. NUMBER_INFINITE: it is
 * a number, but not finite. */
enum number_status letter_number(const char *at, const char *end, double *value_out);
