/* SPDX-License-Identifier: MIT */
/* event.h -- DogStatsD's events and service checks: what happened, in words.
 * They are no measurements; they ride through window and batch to the sinks
 * that have a use for them. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *at; /* no NUL */
	size_t len;     /* 0: not given */
};

enum event_alert { EVENT_INFO, EVENT_SUCCESS, EVENT_WARNING, EVENT_ERROR };
enum check_status { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

extern const char *const event_alert_names[];  /* "info", ... */
extern const char *const check_status_names[]; /* "ok", ... */

struct event {
	struct event *next;
	bool check;        /* a service check: title is its name, text its message */
	struct span title; /* as on the wire: a newline is \ and n */
	struct span text;
	struct span host, key, source;
	struct span tags;  /* as on the wire: "k:v,k2:v2" */
	int64_t timestamp; /* s since 1970; 0: when it came */
	int alert;         /* enum event_alert; of a check enum check_status */
	bool low_priority;
};

struct arena;

/* A copy of an event with all it points at. */
struct event *event_copy(const struct event *event, struct arena *arena);
