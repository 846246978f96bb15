/* SPDX-License-Identifier: MIT */
/* reason.h -- why something a client sent was refused. A fixed list: each
 * refusal is counted under exactly one of these. */

#pragma once

enum reason {
	REASON_NONE, /* not refused */
	REASON_NO_VALUE,
	REASON_NO_NAME,
	REASON_NO_TYPE,
	REASON_UNKNOWN_TYPE,
	REASON_BAD_VALUE,
	REASON_NOT_FINITE,
	REASON_NEGATIVE_TIMER,
	REASON_RATE,
	REASON_BAD_NAME,
	REASON_NAME_TOO_LONG,
	REASON_TAGS,
	REASON_TIMESTAMP,
	REASON_LATE,
	REASON_FUTURE,
	REASON_EVENT,
	REASON_TRUNCATED,
	REASON_LINE_TOO_LONG,
	REASON_HTTP,
	REASON_RULE, /* a rule of the operator's drops it: not the client's mistake */
	REASON_TYPE_CONFLICT,
	REASON_BLOCKED, /* by the operator, while the daemon runs */
	REASON_SERIES_LIMIT,
	REASON_SOURCE_LIMIT,
	REASON_MEMORY_LIMIT,
	REASON_TIMER_BUDGET,
	REASON_SET_BUDGET,
	REASON_DATED_BUDGET,
	REASON_EVENT_BUDGET,
	REASONS,
};

struct reason_def {
	const char *name; /* the label */
	const char *help; /* for people */
};

extern const struct reason_def reason_defs[REASONS];
