/* SPDX-License-Identifier: MIT */
/* crew.h -- everything from a line to a row but threads: a few workers'
 * tables and windows, and the flusher's own state. */

#pragma once

#include "flush/rows.h"
#include "ingest/intake.h"

#define CREW_WORKERS 3

/* The first interval begins here, and lasts 10 s unless the settings say
 * otherwise; s since 1970. */
#define CREW_BEGIN INT64_C(1767268800)

struct crew_settings {
	struct flush_settings flush;
	struct item_list rules;
	struct item_map sinks;
};

struct crew_worker {
	struct intake intake;
	struct window window;
	struct origin origin, graphite;
	counter counters[INTAKE_COUNTERS];
};

struct crew {
	struct crew_settings settings;
	struct rules *rules;
	struct series_quota quota;
	struct crew_worker worker[CREW_WORKERS];
	struct terms terms;
	struct merge merge;
	struct rows rows;
	struct interval interval; /* the open one */
	uint64_t stamp;           /* of the next datagram, of whichever worker */
	uint8_t source[SOURCE_BYTES];
	size_t batches, events;              /* of the newest flush */
	struct text said;                    /* a line per row */
	struct text answer;                  /* the same, sorted */
	void (*look)(const struct row *row); /* at each row, too; or NULL */
};

/* Settings are YAML: interval, timestamp, timers, idle, rules, sinks. */
struct crew *crew_new(const char *yaml);
void crew_free(struct crew *crew);

/* One datagram for a worker. */
void crew_take(struct crew *crew, unsigned worker, const char *text);

/* The same with a timestamp, s after CREW_BEGIN: "c:1|c" becomes "c:1|c|T...". */
void crew_take_at(struct crew *crew, unsigned worker, const char *text, int64_t second);

/* A line of Graphite's, "g 1" becomes "g 1 ...", to be sent with just its time
 * or at its boundary. */
void crew_take_graphite(
    struct crew *crew, unsigned worker, const char *text, int64_t second, bool keep_time);

/* Have a worker retire what has been idle since before an interval. */
void crew_sweep(struct crew *crew, unsigned worker, uint32_t oldest_seq);

/* End the interval, this many lengths late, and begin the next. Returns what
 * is said, a line per row, sorted; of a row with a time of its own also how
 * many seconds after CREW_BEGIN:
 *
 *     counter name#tags delta total [@s] [idle]
 *     gauge name#tags value [@s] [idle]
 *     set name#tags count [idle]
 *     timer name#tags n count [sum median lower, each percentile's boundary] [idle] */
const char *crew_flush(struct crew *crew, unsigned late);

/* The same, with the windows in this order. */
const char *crew_flush_in_order(struct crew *crew, unsigned late, const unsigned *order);
