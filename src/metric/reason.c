/* SPDX-License-Identifier: MIT */
/* reason.c -- why something a client sent was refused. */

#include "metric/reason.h"

const struct reason_def reason_defs[REASONS] = {
    [REASON_NONE] = {"none", "accepted"},
    [REASON_NO_VALUE] = {"no_value", "no colon after the name, or nothing after it"},
    [REASON_NO_NAME] = {"no_name", "nothing before the colon"},
    [REASON_NO_TYPE] = {"no_type", "no |type after the value"},
    [REASON_UNKNOWN_TYPE] = {"unknown_type", "a type other than c, m, C, g, kv, ms, h, d and s"},
    [REASON_BAD_VALUE] = {"bad_value", "the value is not a decimal number"},
    [REASON_NOT_FINITE] = {"not_finite", "the value, or value times weight, is not finite"},
    [REASON_NEGATIVE_TIMER] = {"negative_timer", "a negative duration in ms"},
    [REASON_RATE] = {"rate", "a sample rate that is not in (0, 1]"},
    [REASON_BAD_NAME] = {"bad_name",
	"nothing of the name is left after cleaning, or it holds "
	"spaces, control bytes or invalid UTF-8 where names are not cleaned"},
    [REASON_NAME_TOO_LONG] = {"name_too_long", "name and tags over limits.name_bytes"},
    [REASON_TAGS] = {"tags",
	"a tag without a key, a bracket that does not close, or more tags than limits.tags"},
    [REASON_TIMESTAMP] = {"timestamp", "a timestamp that is not a whole number of seconds"},
    [REASON_LATE] = {"late", "a timestamp of more than an hour ago"},
    [REASON_FUTURE] = {"future", "a timestamp more than a minute ahead"},
    [REASON_EVENT] = {"event", "an event or service check that cannot be taken apart"},
    [REASON_TRUNCATED] = {"truncated", "the end of the line was cut off"},
    [REASON_RULE] = {"rule", "a rule of the configuration drops it"},
    [REASON_TYPE_CONFLICT] = {"type_conflict",
	"another type has this name already, and a sink's names do not tell them apart"},
    [REASON_SERIES_LIMIT] = {"series_limit", "a new series beyond limits.series"},
    [REASON_TIMER_BUDGET] = {"timer_budget",
	"timers and sets of this interval take eight times timers.exact_memory"},
    [REASON_SET_BUDGET] = {"set_budget",
	"timers and sets of this interval take eight times timers.exact_memory"},
    [REASON_DATED_BUDGET] = {"dated_budget",
	"more values with timestamps than fit into one interval"},
    [REASON_EVENT_BUDGET] = {"event_budget",
	"more events and service checks than fit into one interval"},
};
