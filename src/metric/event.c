/* SPDX-License-Identifier: MIT */
/* event.c -- DogStatsD's events and service checks. */

#include "metric/event.h"

#include "base/arena.h"

const char *const event_alert_names[] = {"info", "success", "warning", "error"};
const char *const check_status_names[] = {"ok", "warning", "critical", "unknown"};

static void
copy_span(struct span *span, struct arena *arena)
{
	if (span->len > 0)
		span->at = arena_copy(arena, span->at, span->len);
}

struct event *
event_copy(const struct event *event, struct arena *arena)
{
	struct event *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *event;
	copy->next = NULL;
	copy_span(&copy->title, arena);
	copy_span(&copy->text, arena);
	copy_span(&copy->host, arena);
	copy_span(&copy->key, arena);
	copy_span(&copy->source, arena);
	copy_span(&copy->tags, arena);
	return copy;
}
