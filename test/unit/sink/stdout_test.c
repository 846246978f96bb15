/* SPDX-License-Identifier: MIT */
/* stdout_test.c -- the table for people, and a standard output that is full,
 * gone, or slow. libcheck runs each test in a process of its own, so that
 * descriptor 1 may be replaced. */

#include "test/unit/sink/harness.h"

#include "sink/encoder.h"

#include "test/unit/suite.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

/* 16:40:10 UTC */
#define BOUNDARY_NS (INT64_C(1700066410) * CLOCK_SECOND)

static struct batch *
new_batch(void)
{
	struct interval interval = {
	    .seq = 1,
	    .opened_ns = BOUNDARY_NS - 10 * CLOCK_SECOND,
	    .closed_ns = BOUNDARY_NS,
	};

	return batch_new(&interval, BOUNDARY_NS, 10 * CLOCK_SECOND);
}

static struct row *
add(struct batch *batch, enum kind kind, const char *name, const char *tags)
{
	return batch_add(batch, kind, name, strlen(name), tags, strlen(tags));
}

static struct timer_row *
add_timer(struct batch *batch, const char *name)
{
	struct timer_row *timer = batch_alloc(batch, sizeof(*timer) + 2 * sizeof(struct quantile));

	*timer = (struct timer_row){
	    .n = 120,
	    .mean = 12.3456789,
	    .median = 11,
	    .lower = 0.001,
	    .upper = 1e9,
	    .quantiles = 2,
	};
	timer->quantile[0] =
	    (struct quantile){{90, RANK_STATSD}, .usual = true, .count = 108, .boundary = 20.25};
	timer->quantile[1] =
	    (struct quantile){{-5, RANK_STATSD}, .usual = true, .count = 6, .boundary = 30};
	add(batch, KIND_TIMER, name, "")->timer = timer;
	return timer;
}

static void
add_own(struct batch *batch, const char *name, double delta)
{
	struct row *row = add(batch, KIND_COUNTER, name, "");

	row->own = true;
	row->counter.delta = delta;
}

static void
must_print(struct batch **batches, size_t count, const char *expected)
{
	struct cursor cursor = {0};
	struct text out = {0};

	table_encoder.encode(NULL, batches, count, &cursor, &out);
	ck_assert_uint_eq(cursor.batch, count);
	ck_assert_str_eq(text_string(&out), expected);
	table_encoder.release(&cursor);
	text_fini(&out);
}

START_TEST(flush_is_a_table_sorted_by_name)
{
	struct batch *batches[] = {new_batch(), new_batch()};

	add(batches[0], KIND_SET, "users.online", "")->set.count = 412;
	add(batches[0], KIND_COUNTER, "api.requests", "env:prod")->counter.delta = 1200;
	add(batches[0], KIND_COUNTER, "api.requests", "env:\n\xff")->counter.delta = 5;
	add(batches[0], KIND_GAUGE, "idle.one", "")->idle = true;
	add_own(batches[0], "statsd.packets_received", 3);
	add_own(batches[0], "statsd.metrics_received", 1324);
	add_own(batches[0], "statsd.bad_lines_seen", 2);
	add_own(batches[1], "statsd.tidemill.datagrams_dropped", 7);
	add(batches[1], KIND_GAUGE, "caf\xc3\xa9", "")->gauge.value = -0.5;
	add_timer(batches[1], "api.latency");
	add_timer(batches[1], "b")->upper = 2;
	must_print(batches, 2,
	    "16:40:10  6 series, 1 idle\n"
	    "  timer    api.latency                120  mean 12.3457  median 11  p90 20.25"
	    "  top5 30  lower 0.001  upper 1000000000\n"
	    "  counter  api.requests  env:\\n\\xff     5  0.5/s\n"
	    "  counter  api.requests  env:prod    1200  120/s\n"
	    "  timer    b                          120  mean 12.3457  median 11  p90 20.25"
	    "  top5 30  lower 0.001  upper          2\n"
	    "  gauge    caf\xc3\xa9                      -0.5\n"
	    "  set      users.online               412  distinct\n"
	    "  daemon   3 datagrams, 1324 lines, 2 refused, 7 dropped by the kernel\n");
	batch_drop(&batches[0]);
	batch_drop(&batches[1]);
}
END_TEST

START_TEST(what_comes_out_of_a_sketch_is_marked)
{
	struct batch *batch = new_batch();

	add_timer(batch, "exact");
	add_timer(batch, "sketch")->sketched = true;
	must_print(&batch, 1,
	    "16:40:10  2 series\n"
	    "  timer    exact   120  mean 12.3457  median  11  p90  20.25  top5  30"
	    "  lower 0.001  upper 1000000000\n"
	    "  timer    sketch  120  mean 12.3457  median ~11  p90 ~20.25  top5 ~30"
	    "  lower 0.001  upper 1000000000\n");
	batch_drop(&batch);
}
END_TEST

START_TEST(percentiles_of_other_sinks_are_not_shown)
{
	struct batch *batch = new_batch();
	struct timer_row *timer = add_timer(batch, "t");

	timer->quantile[0].usual = false;
	timer->quantile[1].asked.rule = RANK_STATSITE;
	must_print(&batch, 1,
	    "16:40:10  1 series\n"
	    "  timer    t  120  mean 12.3457  median 11  lower 0.001  upper 1000000000\n");
	batch_drop(&batch);
}
END_TEST

START_TEST(values_with_a_time_of_their_own_show_it)
{
	struct batch *batch = new_batch();
	struct row *row = add(batch, KIND_GAUGE, "g", "");

	row->gauge.value = 5;
	row = add(batch, KIND_GAUGE, "g", "");
	row->gauge.value = 1;
	row->timestamp_ns = BOUNDARY_NS - 20 * CLOCK_SECOND;
	row = add(batch, KIND_COUNTER, "c", "");
	row->counter.delta = 30;
	row->timestamp_ns = BOUNDARY_NS - 60 * CLOCK_SECOND;
	must_print(&batch, 1,
	    "16:40:10  2 series\n"
	    "  counter  c  30  3/s  at 16:39:10\n"
	    "  gauge    g   5\n"
	    "  gauge    g   1  at 16:39:50\n");
	batch_drop(&batch);
}
END_TEST

static void
add_event(struct batch *batch, bool check, int alert, const char *title, const char *text,
    const char *host, const char *tags)
{
	struct event event = {
	    .check = check,
	    .alert = alert,
	    .title = {title, strlen(title)},
	    .text = {text, strlen(text)},
	    .host = {host, strlen(host)},
	    .tags = {tags, strlen(tags)},
	};

	batch_add_event(batch, &event);
}

START_TEST(events_and_checks_come_after_the_series_on_a_line_each)
{
	struct batch *batches[] = {new_batch(), new_batch()};
	char long_text[300];

	memset(long_text, 'x', sizeof(long_text));
	/* The cut would fall into the last character of two bytes. */
	memcpy(long_text + 199, "\xc3\xa9", 3);
	add(batches[0], KIND_GAUGE, "g", "")->gauge.value = 1;
	add_event(batches[0], false, EVENT_INFO, "Deployed", "version 12\\nis out", "", "env:prod");
	add_event(batches[0], false, EVENT_ERROR, "caf\xc3\xa9 closed", "\x1b[31m\"", "web1", "");
	add_event(batches[0], true, CHECK_CRITICAL, "db.ping", "no answer", "db1", "a:b,c");
	add_event(batches[1], true, CHECK_OK, "web", "", "", "");
	batch_add_event(batches[1], &(struct event){.alert = EVENT_SUCCESS});
	add_event(batches[1], false, EVENT_INFO, "long", long_text, "", "");
	long_text[199] = '\0';
	struct text expected = {0};

	text_printf(&expected,
	    "16:40:10  1 series\n"
	    "  gauge    g            1\n"
	    "  event    Deployed     version 12\\nis out  env:prod\n"
	    "  event    caf\xc3\xa9 closed  error  \\x1b[31m\\\"  host:web1\n"
	    "  check    db.ping      critical  no answer  host:db1  a:b,c\n"
	    "  check    web          ok\n"
	    "  event                 success\n"
	    "  event    long         %s...\n",
	    long_text);
	must_print(batches, 2, text_string(&expected));
	text_fini(&expected);
	batch_drop(&batches[0]);
	batch_drop(&batches[1]);
}
END_TEST

START_TEST(events_alone_are_not_nothing)
{
	struct batch *batch = new_batch();

	add_event(batch, false, EVENT_WARNING, "disk", "nearly full", "", "");
	ck_assert_uint_eq(table_encoder.points(NULL, batch), 0);
	must_print(&batch, 1,
	    "16:40:10  0 series\n"
	    "  event    disk  warning  nearly full\n");
	batch_drop(&batch);
}
END_TEST

START_TEST(nothing_is_one_line)
{
	struct batch *batch = new_batch();

	add_own(batch, "statsd.packets_received", 0);
	must_print(&batch, 1, "16:40:10  nothing came\n");
	add(batch, KIND_GAUGE, "idle", "")->idle = true;
	must_print(&batch, 1, "16:40:10  nothing came, 1 idle\n");
	batch_drop(&batch);
}
END_TEST

START_TEST(refused_lines_alone_are_not_nothing)
{
	struct batch *batch = new_batch();

	add_own(batch, "statsd.metrics_received", 1);
	add_own(batch, "statsd.bad_lines_seen", 1);
	must_print(&batch, 1,
	    "16:40:10  0 series\n"
	    "  daemon   0 datagrams, 1 lines, 1 refused, 0 dropped by the kernel\n");
	batch_drop(&batch);
}
END_TEST

START_TEST(numbers_are_for_people)
{
	static const struct {
		double value;
		const char *expected;
	} cases[] = {
	    {0, "0"},
	    {-0.0, "0"},
	    {1234567, "1234567"},
	    {1234567.25, "1234567"},
	    {12345.678, "12345.7"},
	    {0.1 + 0.2, "0.3"},
	    {1e-9, "1e-09"},
	    {1e21, "1e+21"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct batch *batch = new_batch();
		char expected[256];

		add(batch, KIND_GAUGE, "g", "")->gauge.value = cases[i].value;
		snprintf(expected, sizeof(expected), "16:40:10  1 series\n  gauge    g  %s\n",
		    cases[i].expected);
		must_print(&batch, 1, expected);
		batch_drop(&batch);
	}
}
END_TEST

START_TEST(large_table_comes_in_chunks)
{
	struct batch *batch = harness_batch(1, 0, BATCH_ROWS, 40, true, NULL);
	struct cursor cursor = {0};
	struct text whole = {0}, chunk = {0};
	size_t chunks = 0, lines = 0;

	while (cursor.batch == 0) {
		text_reset(&chunk);
		table_encoder.encode(NULL, &batch, 1, &cursor, &chunk);
		ck_assert_uint_lt(chunk.len, ENCODER_CHUNK + 1000);
		text_append(&whole, chunk.bytes, chunk.len);
		chunks++;
	}
	ck_assert_uint_gt(chunks, 5);
	for (size_t i = 0; i < whole.len; i++)
		lines += whole.bytes[i] == '\n';
	ck_assert_uint_eq(lines, 1 + BATCH_ROWS);
	table_encoder.release(&cursor);
	text_fini(&whole);
	text_fini(&chunk);
	batch_drop(&batch);
}
END_TEST

/* Descriptor 1 becomes a pipe; returns its reading end. */
static int
make_pipe(void)
{
	int ends[2];

	fflush(stdout);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	close(ends[1]);
	return ends[0];
}

struct reading {
	int fd;
	struct text got;
};

static void *
read_all(void *arg)
{
	struct reading *reading = arg;

	for (;;) {
		char *at = text_reserve(&reading->got, 65536);
		ssize_t len = read(reading->fd, at, 65536);

		if (len <= 0)
			return NULL;
		reading->got.len += (size_t)len;
	}
}

START_TEST(tables_arrive_on_standard_output)
{
	struct reading reading = {.fd = make_pipe()};
	struct harness harness;
	pthread_t reader;

	harness_init_stdout(&harness);
	harness_start(&harness);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_all, &reading), 0);
	for (uint64_t seq = 1; seq <= 3; seq++)
		harness_offer(&harness, seq, 5000, 30, NULL);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DELIVERED), 15000);
	ck_assert_int_eq(dup2(STDERR_FILENO, STDOUT_FILENO), STDOUT_FILENO);
	pthread_join(reader, NULL);
	size_t lines = 0;

	for (size_t i = 0; i < reading.got.len; i++)
		lines += reading.got.bytes[i] == '\n';
	ck_assert_uint_eq(lines, 3 * (1 + 5000));
	ck_assert_int_eq(memcmp(reading.got.bytes, "00:00:10  5000 series\n", 22), 0);
	ck_assert_uint_eq(harness_counter(&harness, SINK_FLUSH_BYTES), reading.got.len / 3);
	ck_assert_uint_gt(harness_counter(&harness, SINK_FLUSH_TIME_NS), 0);
	text_fini(&reading.got);
	harness_free(&harness);
}
END_TEST

START_TEST(full_pipe_holds_up_neither_offers_nor_the_stop)
{
	int fd = make_pipe();
	struct harness harness;

	harness_init_stdout(&harness);
	harness_start(&harness);
	harness_offer(&harness, 1, BATCH_ROWS, 30, NULL);
	harness_offer(&harness, 2, 100, 30, NULL);
	harness_await_counter(&harness, SINK_POINTS_OFFERED, BATCH_ROWS + 100);
	ck_assert_ptr_nonnull(strstr(harness_report(&harness), "\"state\":\"sending\""));
	int64_t before_ns = clock_mono_ns();

	harness_stop(&harness, 100 * CLOCK_MS);
	ck_assert_int_lt(clock_mono_ns() - before_ns, 30 * CLOCK_SECOND);
	ck_assert_uint_eq(
	    harness_counter(&harness, SINK_POINTS_DROPPED_SHUTDOWN), BATCH_ROWS + 100);
	/* The pipe is as it was: its flags are shared with others. */
	ck_assert_int_eq(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK, 0);
	close(fd);
	harness_free(&harness);
}
END_TEST

START_TEST(reader_that_went_away_is_an_error_like_any_other)
{
	int fd = make_pipe();
	struct harness harness;

	close(fd);
	harness_init_stdout(&harness);
	harness_start(&harness);
	harness_offer(&harness, 1, 100, 30, NULL);
	harness_await_counter(&harness, SINK_ERRORS, 2);
	ck_assert_ptr_nonnull(strstr(harness_report(&harness), "EPIPE"));
	harness_stop(&harness, 100 * CLOCK_MS);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DROPPED_SHUTDOWN), 100);
	harness_free(&harness);
}
END_TEST

START_TEST(flush_is_printed_only_when_complete)
{
	struct reading reading = {.fd = make_pipe()};
	struct harness harness;
	pthread_t reader;

	harness_init_stdout(&harness);
	harness_start(&harness);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_all, &reading), 0);
	struct batch *batch = harness_batch(1, 10, 10, 30, false, NULL);

	egress_offer(harness.egress, &batch);
	ck_assert_ptr_nonnull(strstr(harness_report(&harness), "\"state\":\"idle\""));
	batch = harness_batch(1, 0, 10, 30, true, NULL);
	egress_offer(harness.egress, &batch);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	ck_assert_int_eq(dup2(STDERR_FILENO, STDOUT_FILENO), STDOUT_FILENO);
	pthread_join(reader, NULL);
	ck_assert_int_eq(memcmp(reading.got.bytes, "00:00:10  20 series\n", 20), 0);
	ck_assert_ptr_nonnull(strstr(text_string(&reading.got), "00000   0.5\n  gauge    g.00"));
	text_fini(&reading.got);
	harness_free(&harness);
}
END_TEST

START_TEST(file_on_standard_output_is_appended_to)
{
	char path[] = "/tmp/tidemill-stdout-XXXXXX", begin[24];
	int fd = mkstemp(path);
	struct harness harness;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "before\n", 7), 7);
	ck_assert_int_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	harness_init_stdout(&harness);
	harness_start(&harness);
	harness_offer(&harness, 1, 2000, 30, NULL);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DELIVERED), 2000);
	ck_assert_int_eq(pread(fd, begin, 15, 0), 15);
	ck_assert_int_eq(memcmp(begin, "before\n00:00:10", 15), 0);
	close(fd);
	unlink(path);
	harness_free(&harness);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(flush_is_a_table_sorted_by_name),
    SUITE_TEST(what_comes_out_of_a_sketch_is_marked),
    SUITE_TEST(percentiles_of_other_sinks_are_not_shown),
    SUITE_TEST(values_with_a_time_of_their_own_show_it),
    SUITE_TEST(events_and_checks_come_after_the_series_on_a_line_each),
    SUITE_TEST(events_alone_are_not_nothing),
    SUITE_TEST(nothing_is_one_line),
    SUITE_TEST(refused_lines_alone_are_not_nothing),
    SUITE_TEST(numbers_are_for_people),
    SUITE_TEST(large_table_comes_in_chunks),
    SUITE_TEST(tables_arrive_on_standard_output),
    SUITE_TEST(full_pipe_holds_up_neither_offers_nor_the_stop),
    SUITE_TEST(reader_that_went_away_is_an_error_like_any_other),
    SUITE_TEST(flush_is_printed_only_when_complete),
    SUITE_TEST(file_on_standard_output_is_appended_to),
    {0},
};

SUITE_MAIN("sink/stdout", tests)
