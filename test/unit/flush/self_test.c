/* SPDX-License-Identifier: MIT */
/* self_test.c -- the daemon's own series are called and valued as StatsD's. */

#include "flush/self.h"

#include "base/clock.h"
#include "test/unit/flush/crew.h"
#include "test/unit/suite.h"

#include <string.h>

#define STARTED (CREW_BEGIN * CLOCK_SECOND - CLOCK_SECOND / 2)

/* A crew's rows beside which the daemon tells of itself. */
struct diary {
	struct crew *crew;
	struct ingest ingest; /* nobody works in it */
	struct egress *egress;
	counter flush[FLUSH_COUNTERS];
	struct self self;
	struct text said;
};

static void
keep_own(void *arg, struct batch **batch)
{
	struct diary *diary = arg;

	for (size_t i = 0; i < (*batch)->count; i++) {
		const struct row *row = &(*batch)->rows[i];

		if (!row->own)
			continue;
		ck_assert_uint_eq(row->tags_len, 0);
		text_printf(&diary->said, "%.*s%s %s %.17g\n", (int)row->name_len, row->name,
		    row->bare ? " bare" : "", kind_names[row->kind],
		    row->kind == KIND_COUNTER ? row->counter.delta : row->gauge.value);
	}
	batch_drop(batch);
}

static void
diary_open(struct diary *diary, const char *settings)
{
	static const char prefix[] = "statsd";

	*diary = (struct diary){.crew = crew_new(settings)};
	diary->egress = egress_new(&diary->crew->settings.sinks);
	diary->crew->rows.offer = keep_own;
	diary->crew->rows.arg = diary;
	self_init(&diary->self,
	    &(struct self_sources){
		.prefix = prefix,
		.started_ns = STARTED,
		.ingest = &diary->ingest,
		.sinks = &diary->crew->settings.sinks,
		.egress = diary->egress,
		.flush = diary->flush,
	    });
}

static void
diary_close(struct diary *diary)
{
	self_fini(&diary->self);
	egress_free(diary->egress);
	crew_free(diary->crew);
	text_fini(&diary->said);
}

/* A flush of what the first worker got. */
static void
diary_flush(struct diary *diary, const struct self_times *times)
{
	struct crew *crew = diary->crew;
	struct window *window = &crew->worker[0].window;

	text_reset(&diary->said);
	for (size_t i = 0; i < INTAKE_COUNTERS; i++)
		window->intake[0][i] = counter_get(&crew->worker[0].counters[i]);
	self_begin(&diary->self);
	self_add_window(&diary->self, window);
	merge_windows(&crew->merge, &window, 1, &crew->interval);
	ck_assert_uint_eq(self_samples(&diary->self), crew->merge.hits);
	ck_assert_uint_eq(self_stray_lines(&diary->self), 0);
	rows_begin(&crew->rows, &crew->interval);
	rows_add_series(&crew->rows, &crew->merge);
	merge_end(&crew->merge);
	self_add_rows(&diary->self, &crew->rows, times);
	rows_end(&crew->rows);
	crew->interval.seq++;
	window_open(window, crew->interval.seq);
}

static bool
says(struct diary *diary, const char *line)
{
	const char *text = text_string(&diary->said);
	size_t len = strlen(line);

	for (const char *at = strstr(text, line); at != NULL; at = strstr(at + 1, line))
		if ((at == text || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

#define EXPECT(diary, line) \
	ck_assert_msg(says(diary, line), "%s is not in\n%s", line, text_string(&(diary)->said))

#define GRAPHITE "sinks: {s: {type: stdout}, g: {type: graphite, address: 'a:1'}}"

static const struct self_times times = {2500000, 4000000, 0};

START_TEST(num_stats_counts_keys_and_those_of_statsd_itself)
{
	struct diary diary;

	diary_open(&diary, "");
	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.numStats bare gauge 3");
	ck_assert_ptr_null(strstr(text_string(&diary.said), "timestamp_lag"));
	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.numStats bare gauge 4");
	crew_take(diary.crew, 0, "a:1|c\nb:1|g\nc:1|ms\nd:1|s\na:1|c|#t:1");
	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.numStats bare gauge 9");
	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.numStats bare gauge 9"); /* idle ones, too */
	diary_close(&diary);
}
END_TEST

START_TEST(lag_is_told_from_the_second_flush_on)
{
	struct diary diary;

	diary_open(&diary, "");
	diary_flush(&diary, &times);
	diary_flush(&diary, &(struct self_times){.lag_ns = 20 * CLOCK_SECOND});
	EXPECT(&diary, "statsd.timestamp_lag gauge 20");
	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.timestamp_lag gauge 0");
	diary_close(&diary);
}
END_TEST

START_TEST(what_came_in_is_counted_as_statsd_counts)
{
	struct diary diary;

	diary_open(&diary, "");
	crew_take(diary.crew, 0, "a:1|c\nb:x|g:y|g\n");
	crew_take(diary.crew, 0, "a:1|c");
	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.packets_received counter 2");
	EXPECT(&diary, "statsd.metrics_received counter 3");
	EXPECT(&diary, "statsd.bad_lines_seen counter 2");
	EXPECT(&diary, "statsd.tidemill.samples.counter counter 2");
	EXPECT(&diary, "statsd.tidemill.lines_refused.bad_value counter 1");
	EXPECT(&diary, "statsd.processing_time bare gauge 2.5");
	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.packets_received counter 0");
	EXPECT(&diary, "statsd.metrics_received counter 0");
	EXPECT(&diary, "statsd.bad_lines_seen counter 0");
	diary_close(&diary);
}
END_TEST

START_TEST(limits_are_told_beside_what_is_used)
{
	struct diary diary;

	diary_open(&diary, GRAPHITE);
	counter *counters = (counter *)(uintptr_t)egress_sink_counters(diary.egress, 1);
	struct series_quota *quota = &diary.ingest.quota;

	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.tidemill.memory_limit_bytes gauge 0"); /* none */
	*quota = (struct series_quota){.most = 1000, .memory_most = 64 << 20, .held = 2 << 20};
	quota->besides = 7000;
	counter_set(&counters[SINK_QUEUE_BYTES], 5000);
	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.tidemill.series_limit gauge 1000");
	EXPECT(&diary, "statsd.tidemill.memory_limit_bytes gauge 67108864");
	EXPECT(&diary, "statsd.tidemill.memory_bytes.tables gauge 2097152");
	EXPECT(&diary, "statsd.tidemill.memory_bytes.queues gauge 5000");
	EXPECT(&diary, "statsd.tidemill.memory_bytes.other gauge 2000");
	/* Tables hold more than is in memory, untouched as yet. */
	quota->besides = -1000;
	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.tidemill.memory_bytes.queues gauge 5000");
	EXPECT(&diary, "statsd.tidemill.memory_bytes.other gauge 0");
	diary_close(&diary);
}
END_TEST

START_TEST(graphite_stats_are_those_of_the_flush_before)
{
	struct diary diary;

	diary_open(&diary, GRAPHITE);
	/* Nobody delivers: the test says what has been. */
	counter *counters = (counter *)(uintptr_t)egress_sink_counters(diary.egress, 1);

	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.graphiteStats.calculationtime bare gauge 4");
	EXPECT(&diary, "statsd.graphiteStats.last_exception bare gauge 0");
	EXPECT(&diary, "statsd.graphiteStats.last_flush bare gauge 1767268800");
	EXPECT(&diary, "statsd.graphiteStats.flush_time bare gauge 0");
	EXPECT(&diary, "statsd.graphiteStats.flush_length bare gauge 0");
	counter_set(&counters[SINK_LAST_DELIVERY], 1767268811);
	counter_set(&counters[SINK_LAST_ERROR], 1767268801);
	counter_set(&counters[SINK_FLUSH_TIME_NS], 1500000);
	counter_set(&counters[SINK_FLUSH_BYTES], 4321);
	diary_flush(&diary, &times);
	EXPECT(&diary, "statsd.graphiteStats.last_exception bare gauge 1767268801");
	EXPECT(&diary, "statsd.graphiteStats.last_flush bare gauge 1767268811");
	EXPECT(&diary, "statsd.graphiteStats.flush_time bare gauge 1.5");
	EXPECT(&diary, "statsd.graphiteStats.flush_length bare gauge 4321");
	EXPECT(&diary, "statsd.tidemill.sink_flush_bytes.g gauge 4321");
	EXPECT(&diary, "statsd.tidemill.sink_flush_bytes.s gauge 0");
	diary_close(&diary);
}
END_TEST

START_TEST(without_graphite_there_are_no_graphite_stats)
{
	struct diary diary;

	diary_open(&diary, "");
	diary_flush(&diary, &times);
	ck_assert_ptr_null(strstr(text_string(&diary.said), "graphiteStats"));
	diary_close(&diary);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(num_stats_counts_keys_and_those_of_statsd_itself),
    SUITE_TEST(lag_is_told_from_the_second_flush_on),
    SUITE_TEST(what_came_in_is_counted_as_statsd_counts),
    SUITE_TEST(limits_are_told_beside_what_is_used),
    SUITE_TEST(graphite_stats_are_those_of_the_flush_before),
    SUITE_TEST(without_graphite_there_are_no_graphite_stats),
    {0},
};

SUITE_MAIN("flush/self", tests)
