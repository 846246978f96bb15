/* SPDX-License-Identifier: MIT */
/* source_list.h -- who sends how much, and what limits have kept out, as JSON. */

#pragma once

#include "aggregate/space_saving.h"
#include "base/json.h"
#include "ingest/sources.h"

/* Members of the open object: "sources", an array, those that sent most lines
 * first, and "others", which is null unless there were more than can be told
 * apart; last_seen is in seconds since 1970:
 *
 *   {"source", "lines", "refused", "series", "series_refused", "last_seen"} */
void source_list_write(const struct sources *sources, struct json *json);

/* "prefixes", an array of how the names of refused new series begin, sorted, the
 * worst first: {"prefix", "refused", "error"}, where refused may be too large
 * by error. */
void source_list_write_prefixes(const struct space_saving *prefixes, struct json *json);
