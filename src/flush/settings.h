/* SPDX-License-Identifier: MIT */
/* settings.h -- what the flush can be told. */

#pragma once

#include "aggregate/window.h"
#include "base/item.h"

enum timestamp { TIMESTAMP_END, TIMESTAMP_START };
enum idle_send { IDLE_SEND_NOTHING, IDLE_SEND_ZERO, IDLE_SEND_REPEAT };

struct timers_settings {
	struct item_list percentiles; /* of double */
	struct item_list statistics;  /* of int, indexes into statistic_choices */
	int64_t exact;                /* values per timer and interval */
	int64_t exact_memory_bytes;   /* per window */
	double error;                 /* of what a sketch says, 0.01 for 1 % */
	bool weighted;
	struct item_list histograms; /* of struct histogram_settings */
};

/* Bins for the timers whose whole name matches; the first match counts. */
struct histogram_settings {
	char *match;           /* a glob */
	struct item_list bins; /* of double, ascending; INFINITY for "inf"; none: no histogram */
};

/* What is sent of a series without samples, and for how long. */
struct idle_kind_settings {
	int send;       /* enum idle_send, of those that make sense for the kind */
	int64_t for_ns; /* ITEM_WORD: forever */
};

struct idle_settings {
	struct idle_kind_settings counters, timers, sets, gauges;
	int64_t forget_ns;
};

struct self_settings {
	char *prefix;
};

struct flush_settings {
	int64_t interval_ns;
	int timestamp;
	struct timers_settings timers;
	struct idle_settings idle;
	struct self_settings self;
};

extern const struct item_table timers_items;
extern const struct item_table idle_items;
extern const struct item_table self_items;

#define HISTOGRAMS_MOST 255

/* What these settings allow a window. */
struct budget timers_budget(const struct timers_settings *settings);

/* The choices of the root key `timestamp`. */
extern const char *const timestamp_choices[];
