/* SPDX-License-Identifier: MIT */
/* event.h -- a line that is DogStatsD's event or service check.
 *
 *   _e{TITLE,TEXT}:title|text|d:time|h:host|k:key|p:priority|s:source|t:alert|#tags
 *   _sc|name|status|d:time|h:host|#tags|m:message
 *
 * TITLE and TEXT are lengths in bytes, or in units of UTF-16, as clients count
 * whose strings are made of these; the title is not empty; status is 0 to 3.
 * Fields may come in any order, each ends at the next bar, and of two of one
 * sort the last counts; unknown ones, c:, e: and card: among them, are ignored,
 * and so is a field that makes no sense. */

#pragma once

#include "metric/event.h"
#include "metric/reason.h"

/* Does the line look like one, so that it is no metric? */
bool event_begins(const char *bytes, const char *end);

/* Take it apart; line endings are cut off as those of metrics are. Borrows
 * the bytes. REASON_NONE, or REASON_EVENT. */
enum reason event_parse(const char *bytes, const char *end, struct event *event_out);
