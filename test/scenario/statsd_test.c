/* SPDX-License-Identifier: MIT */
/* statsd_test.c -- the real StatsD and tidemill, `grammar: statsd`, get the
 * very same datagrams and flush at the same times: each says every name and
 * every number that the other says. StatsD is version 0.9.0; its change log
 * names nothing up to 0.10.2 that could change a name or a number.
 *
 * TEST_SEED repeats a stream, TEST_LINES makes it longer: in a very long one
 * a gauge may have more changes in an interval than are kept one by one, and
 * differ in its last digit. What streams leave out is said where they are
 * made. Beyond that, these differences are known and wanted, and there must be
 * no other:
 *
 *   - tidemill has more series of its own, all below <self.prefix>.tidemill
 *   - how long things took is not the same (processing_time, graphiteStats)
 *   - minus zero is 0
 *   - StatsD's calculatedTimerMetrics know the percentile 99.9 by the names
 *     mean_99_percent and so on; tidemill has mean_percent for all
 */

#include "test/scenario/endpoint.h"
#include "test/scenario/play.h"
#include "test/scenario/statsd.h"
#include "test/scenario/statsd_traffic.h"
#include "test/unit/random.h"
#include "test/unit/stage.h"
#include "test/unit/suite.h"

#include <string.h>

#define START INT64_C(1699999980) /* a boundary: a multiple of every length below */
#define INTERVALS 25
#define LINES 10000
#define SHOWN_MOST 12 /* names that differ */
#define OPTIONS_MOST 16

/* One way to set up both. */
struct mode {
	const char *members; /* of StatsD's configuration */
	const char *options[OPTIONS_MOST];
	int64_t length;   /* of an interval, s */
	const char *last; /* a series that every flush has, in its whole name */
};

struct contest {
	const struct mode *mode;
	struct traffic traffic;
	struct statsd *statsd;
	struct stage *stage;
	struct endpoint *statsd_endpoint, *endpoint;
	uint64_t sent;
	int64_t now;
	unsigned differences;
	char shown[SHOWN_MOST][256]; /* names of the first that differ */
	size_t shown_count;
};

static struct stage *
open_stage(const struct contest *contest)
{
	const char *options[OPTIONS_MOST + 8] = {"workers=1", "listen.stage.grammar=statsd",
	    "timers.exact=1000000", "timers.exact_memory=256MiB", "limits.name_bytes=32KiB",
	    "sinks.graphite.type=graphite"};
	char interval[24], address[64];
	size_t count = 0;

	snprintf(interval, sizeof(interval), "interval=%ds", (int)contest->mode->length);
	snprintf(address, sizeof(address), "sinks.graphite.address=127.0.0.1:%d",
	    endpoint_port(contest->endpoint));
	while (options[count] != NULL)
		count++;
	options[count++] = interval;
	options[count++] = address;
	for (size_t i = 0; contest->mode->options[i] != NULL; i++)
		options[count++] = contest->mode->options[i];
	return stage_open(options);
}

static void
contest_open(struct contest *contest, const struct mode *mode)
{
	char members[1024];

	*contest = (struct contest){.mode = mode, .now = START};
	snprintf(members, sizeof(members), "flushInterval: %d, %s", (int)mode->length * 1000,
	    mode->members);
	traffic_init(&contest->traffic, random_seed());
	contest->statsd_endpoint = endpoint_new();
	contest->endpoint = endpoint_new();
	endpoint_listen(contest->statsd_endpoint);
	endpoint_listen(contest->endpoint);
	contest->statsd = statsd_start(START, endpoint_port(contest->statsd_endpoint), members);
	clock_make_virtual(START * CLOCK_SECOND);
	contest->stage = open_stage(contest);
}

static void
contest_close(struct contest *contest)
{
	statsd_stop(contest->statsd);
	struct account account = stage_close(contest->stage);

	ck_assert(account_balances(&account));
	ck_assert_uint_eq(account.datagrams_read, contest->sent);
	endpoint_free(contest->statsd_endpoint);
	endpoint_free(contest->endpoint);
	traffic_fini(&contest->traffic);
}

static bool
all_read(const struct contest *contest)
{
	return stage_account(contest->stage).datagrams_read == contest->sent;
}

/* One datagram to both, never more than the receive buffer holds. */
static void
send_next(struct contest *contest)
{
	const struct text *datagram = &contest->traffic.datagram;

	traffic_fill(&contest->traffic);
	statsd_send(contest->statsd, datagram->bytes, datagram->len);
	stage_send(contest->stage, datagram->bytes, datagram->len);
	contest->sent++;
	if (contest->sent % 64 == 0)
		WAIT_UNTIL(all_read(contest));
}

static bool
has_arrived(const struct contest *contest, struct endpoint *endpoint)
{
	statsd_check(contest->statsd);
	return endpoint_last_at(endpoint, contest->mode->last) == contest->now;
}

/* End an interval of both. */
static void
flush(struct contest *contest)
{
	WAIT_UNTIL(all_read(contest));
	contest->now += contest->mode->length;
	statsd_flush(contest->statsd, contest->now);
	clock_advance(contest->mode->length * CLOCK_SECOND);
	WAIT_UNTIL(has_arrived(contest, contest->statsd_endpoint));
	WAIT_UNTIL(has_arrived(contest, contest->endpoint));
}

/* ---- what came of it ------------------------------------------------------------- */

/* By time, then by name. */
static int
point_order(const void *a, const void *b)
{
	const struct endpoint_point *left = a, *right = b;

	if (left->timestamp != right->timestamp)
		return left->timestamp < right->timestamp ? -1 : 1;
	return strcmp(left->name, right->name);
}

static bool
is_extra(const char *name)
{
	return strstr(name, ".tidemill.") != NULL;
}

static bool
is_duration(const char *name)
{
	return strstr(name, ".processing_time") != NULL || strstr(name, ".graphiteStats.") != NULL;
}

static void
say_value(const char *who, const struct endpoint_point *point)
{
	if (point != NULL)
		printf("    %s: %.17g\n", who, point->value);
	else
		printf("    %s: nothing\n", who);
}

/* Is this name to be shown? Each is once. */
static bool
show(struct contest *contest, const char *name)
{
	for (size_t i = 0; i < contest->shown_count; i++)
		if (strncmp(contest->shown[i], name, sizeof(contest->shown[i]) - 1) == 0)
			return false;
	if (contest->shown_count == SHOWN_MOST)
		return false;
	snprintf(contest->shown[contest->shown_count++], sizeof(contest->shown[0]), "%s", name);
	return true;
}

static void
differ(
    struct contest *contest, const struct endpoint_point *theirs, const struct endpoint_point *ours)
{
	const struct endpoint_point *point = theirs != NULL ? theirs : ours;
	unsigned interval = (unsigned)((point->timestamp - START) / contest->mode->length);

	contest->differences++;
	if (!show(contest, point->name))
		return;
	printf("%s, interval %u\n", point->name, interval);
	say_value("StatsD", theirs);
	say_value("tidemill", ours);
	traffic_print_of(&contest->traffic, point->name, interval);
}

static void
compare_points(struct contest *contest, const struct endpoint_point *theirs, size_t their_count,
    const struct endpoint_point *ours, size_t our_count)
{
	const struct endpoint_point *their_end = theirs + their_count, *our_end = ours + our_count;

	while (theirs < their_end || ours < our_end) {
		int order = theirs == their_end ? 1
		    : ours == our_end           ? -1
						: point_order(theirs, ours);

		if (order < 0) {
			differ(contest, theirs++, NULL);
		} else if (order > 0) {
			if (!is_extra(ours->name))
				differ(contest, NULL, ours);
			ours++;
		} else {
			if (theirs->value != ours->value && !is_duration(ours->name))
				differ(contest, theirs, ours);
			theirs++;
			ours++;
		}
	}
}

static void
compare(struct contest *contest)
{
	size_t their_count, our_count;
	struct endpoint_point *theirs = endpoint_copy(contest->statsd_endpoint, NULL, &their_count);
	struct endpoint_point *ours = endpoint_copy(contest->endpoint, NULL, &our_count);

	qsort(theirs, their_count, sizeof(*theirs), point_order);
	qsort(ours, our_count, sizeof(*ours), point_order);
	compare_points(contest, theirs, their_count, ours, our_count);
	endpoint_points_free(theirs, their_count);
	endpoint_points_free(ours, our_count);
	printf("%zu lines, %zu points, %u differences\n", contest->traffic.line_count, their_count,
	    contest->differences);
	fflush(stdout);
	ck_assert_uint_eq(endpoint_malformed(contest->statsd_endpoint), 0);
	ck_assert_uint_eq(endpoint_malformed(contest->endpoint), 0);
	ck_assert_uint_eq(contest->differences, 0);
}

static void
contest_run(const struct mode *mode)
{
	const char *given = getenv("TEST_LINES");
	size_t lines = given != NULL ? strtoul(given, NULL, 10) : LINES;
	struct contest contest;

	if (!statsd_present())
		return;
	contest_open(&contest, mode);
	for (size_t i = 1; i <= INTERVALS; i++) {
		/* One in which nothing comes. */
		while (i != INTERVALS / 2 && contest.traffic.line_count < i * lines / INTERVALS)
			send_next(&contest);
		flush(&contest);
		traffic_turn(&contest.traffic);
	}
	compare(&contest);
	contest_close(&contest);
}

/* ---- the modes --------------------------------------------------------------------- */

#define FOREVER                                                                          \
	"idle={counters: {for: forever}, timers: {for: forever}, sets: {for: forever}, " \
	"gauges: {for: forever}, forget: 366d}"

START_TEST(names_of_today)
{
	static const struct mode mode = {
	    .members = "graphite: { legacyNamespace: false }",
	    .options = {FOREVER},
	    .length = 10,
	    .last = "stats.statsd.numStats",
	};

	contest_run(&mode);
}
END_TEST

START_TEST(legacy_names)
{
	static const struct mode mode = {
	    .members = "prefixStats: 'statsd'",
	    .options = {FOREVER, "sinks.graphite.names=statsd-legacy"},
	    .length = 10,
	    .last = "statsd.numStats",
	};

	contest_run(&mode);
}
END_TEST

#define PERCENTILES "[90, 99.9, -10, 50, 1, 100, 33.34, -0.5]"

START_TEST(percentiles_and_histograms)
{
	static const struct mode mode = {
	    .members = "graphite: { legacyNamespace: false },"
		       "percentThreshold: " PERCENTILES ","
		       "histogram: [{ metric: 'lat', bins: [0.5, 10, 100.5, 500, 'inf'] },"
		       " { metric: 'off', bins: [] }, { metric: '', bins: [5, 250] }]",
	    .options = {FOREVER, "timers.percentiles=" PERCENTILES,
		"timers.histograms=[{match: \"*lat*\", bins: [0.5, 10, 100.5, 500, inf]}, "
		"{match: \"*off*\", bins: []}, {match: \"*\", bins: [5, 250]}]"},
	    .length = 10,
	    .last = "stats.statsd.numStats",
	};

	contest_run(&mode);
}
END_TEST

START_TEST(chosen_statistics)
{
	static const struct mode mode = {
	    .members =
		"graphite: { legacyNamespace: false },"
		"percentThreshold: " PERCENTILES ","
		"histogram: [{ metric: 'lat', bins: [10, 'inf'] }],"
		"calculatedTimerMetrics: ['count', 'median', 'histogram', 'lower_percent',"
		" 'lower_top0_percent', 'mean_percent', 'mean_99_percent', 'mean_33_percent',"
		" 'mean_top0_percent', 'sum_squares_percent', 'sum_squares_99_percent',"
		" 'sum_squares_33_percent', 'sum_squares_top0_percent']",
	    .options = {FOREVER, "timers.percentiles=" PERCENTILES,
		"timers.histograms=[{match: \"*lat*\", bins: [10, inf]}]",
		"timers.statistics=[count, median, mean_percent, lower_percent, "
		"sum_squares_percent, histogram]"},
	    .length = 10,
	    .last = "stats.statsd.numStats",
	};

	contest_run(&mode);
}
END_TEST

START_TEST(names_of_ones_own)
{
	static const struct mode mode = {
	    .members =
		"flush_counts: false, prefixStats: 'fleet.one',"
		"graphite: { legacyNamespace: false, globalPrefix: 'all', prefixCounter: 'n',"
		" prefixTimer: '', prefixGauge: 'now.x', prefixSet: 'who',"
		" globalSuffix: 'z.w' }",
	    .options = {FOREVER,
		"sinks.graphite.names={prefix: all, counters: n, timers: \"\", gauges: now.x, "
		"sets: who, suffix: z.w, counts: false}",
		"self.prefix=fleet.one"},
	    .length = 7,
	    .last = "all.fleet.one.numStats.z.w",
	};

	contest_run(&mode);
}
END_TEST

START_TEST(idle_series_deleted_at_once)
{
	static const struct mode mode = {
	    .members = "graphite: { legacyNamespace: false }, deleteIdleStats: true",
	    .options = {"idle={counters: nothing, timers: nothing, sets: nothing, "
			"gauges: nothing, forget: 1s}"},
	    .length = 10,
	    .last = "stats.statsd.numStats",
	};

	contest_run(&mode);
}
END_TEST

START_TEST(idle_gauges_deleted_after_three_flushes)
{
	static const struct mode mode = {
	    .members = "graphite: { legacyNamespace: false }, deleteIdleStats: true,"
		       "gaugesMaxTTL: 3",
	    .options = {"idle={counters: nothing, timers: nothing, sets: nothing, "
			"gauges: {for: 20s}, forget: 20s}"},
	    .length = 10,
	    .last = "stats.statsd.numStats",
	};

	contest_run(&mode);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(names_of_today),
    SUITE_TEST(legacy_names),
    SUITE_TEST(percentiles_and_histograms),
    SUITE_TEST(chosen_statistics),
    SUITE_TEST(names_of_ones_own),
    SUITE_TEST(idle_series_deleted_at_once),
    SUITE_TEST(idle_gauges_deleted_after_three_flushes),
    {0},
};

SUITE_MAIN("scenario/statsd", tests)
