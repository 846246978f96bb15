/* SPDX-License-Identifier: MIT */
/* inquiry.h -- what can be asked over the control socket: a line there, which
 * is a verb and what it is given, and one JSON object back.
 *
 *   status                    the state of everything
 *   sources                   who sends how much, and what limits have kept out
 *   block                     what is blocked
 *   block SECONDS PATTERN     refuse what matches for so long; "-": until further
 *                             notice, "0": no longer
 *   forget PATTERN            let go of the series that match
 *
 * What cannot be done is answered by {"error": a sentence}.
 *
 * Some of it only other threads know: then a letter goes out, and the answer
 * is written when it has come back. Whoever asked may be gone by then. */

#pragma once

#include "admin/status.h"
#include "ingest/errand.h"

/* Where answers come from, and where letters come back to: to the mailbox `to`,
 * as `kind`. All of it outlives every inquiry. */
struct inquiry_desk {
	const struct status_sources *sources;
	struct ingest *ingest;
	struct egress *egress;
	struct mailbox *to;
	unsigned kind;
};

struct inquiry {
	const struct inquiry_desk *desk;
	const struct verb *verb;
	union {
		struct mail mail; /* which both begin with */
		struct egress_report report;
		struct errand errand;
	} letter;
	char pattern[BLOCK_BYTES];
	int64_t until_ns; /* of a block: wall, 0: lifted, BLOCK_FOREVER */
};

/* Take a line, without its newline, which is written to; the inquiry is all
 * zero. True: the answer has been appended. False: a letter is on its way, and
 * the inquiry stays where it is until that is back. */
bool inquiry_begin(
    struct inquiry *inquiry, const struct inquiry_desk *desk, char *line, struct text *answer);

/* Whose letter has come back; */
struct inquiry *inquiry_of(struct mail *mail);

/* then the answer is appended. */
void inquiry_answer(struct inquiry *inquiry, struct text *answer);

/* Why this is no pattern of names; NULL: it is one. */
const char *inquiry_pattern_problem(const char *pattern);
