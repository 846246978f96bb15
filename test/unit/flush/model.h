/* SPDX-License-Identifier: MIT */
/* model.h -- what a flush must say, by plain loops over raw samples. It knows
 * nothing of entries, records, references, or sorted queues. */

#pragma once

#include "test/unit/flush/crew.h"

#define NAMES 4
#define TAGS 2
#define SERIES (KINDS * NAMES * TAGS)
#define SOURCES 2
#define RAW_MOST 400
#define WAITING_MOST 4000
#define LENGTH 10       /* s, of an interval */
#define FOREVER 1000000 /* intervals */

/* What a round runs with, in YAML and as the model understands it. */
struct variant {
	const char *yaml;
	struct {
		int send;
		unsigned times; /* intervals */
	} idle[KINDS];
	unsigned forget; /* intervals */
	unsigned exact;  /* values of a timer */
	bool weighted, start, clash;
};

/* A sample as it was sent. */
struct raw {
	unsigned series, worker, source, member;
	bool total, dated, relative;
	uint64_t stamp;
	int64_t second; /* of its own time, after CREW_BEGIN */
	double value, weight;
};

struct series_model {
	bool exists, muted, dated, fresh;
	double delta, total, gauge;
	uint64_t stamp; /* of the newest absolute value */
	unsigned seen;
	int64_t sent; /* the latest boundary of its points */
};

struct total_model {
	double value;
	uint64_t stamp;
	unsigned seen;
};

/* A value with a time of its own, in the order of arrival. */
struct waiting {
	unsigned series;
	int64_t boundary, second;
	double value;
};

struct model {
	const struct variant *variant;
	struct crew *crew;
	uint64_t random;
	unsigned now;           /* interval */
	int64_t opened, closed; /* s after CREW_BEGIN */
	struct series_model series[SERIES];
	struct total_model total[SERIES][SOURCES];
	/* The last interval of a worker's entry; 0: it has none. */
	unsigned used[CREW_WORKERS][SERIES], used_total[CREW_WORKERS][SERIES][SOURCES];
	uint64_t stamp[CREW_WORKERS];
	struct raw raw[RAW_MOST];
	size_t raws;
	struct waiting waiting[WAITING_MOST];
	size_t waitings;
	uint64_t hits, late, ambiguous;
	unsigned timers[SERIES]; /* rows seen of each */
	struct text said;
};

static inline enum kind
kind_of(unsigned series)
{
	return (enum kind)(series / (NAMES * TAGS));
}

static inline unsigned
name_of(unsigned series)
{
	return series / TAGS % NAMES;
}

static inline const char *
tags_of(unsigned series)
{
	return series % TAGS == 0 ? "" : "k:v";
}

/* The series of the other kind that has the same names in the scheme plain. */
static inline unsigned
twin_of(unsigned series)
{
	static const enum kind twins[KINDS] = {KIND_GAUGE, KIND_COUNTER, KIND_SET, KIND_TIMER};

	return series % (NAMES * TAGS) + (unsigned)twins[kind_of(series)] * NAMES * TAGS;
}

/* Merge what is raw, the workers in this order, and say what is to be said but
 * for timers, of which there is only whether there is a row. */
void model_flush(struct model *model, const unsigned *order);
