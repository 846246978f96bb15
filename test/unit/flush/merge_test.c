/* SPDX-License-Identifier: MIT */
/* merge_test.c -- from windows to rows: however samples are spread over
 * workers, and in whatever order their windows are merged, a flush says the
 * same. Values are dyadic, so that sums are exact in any order. */

#include "flush/flusher.c"

#include "base/hash.h"
#include "ingest/intake.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#define WORKERS 3
#define LINES 400

struct crew {
	struct intake intake[WORKERS];
	struct window window[WORKERS];
	counter counters[WORKERS][INTAKE_COUNTERS];
	struct series_quota quota;
	struct flusher flusher;
	struct text said; /* a line per row */
};

static void
say_row(struct text *out, const struct row *row)
{
	const struct timer_row *timer = row->timer;

	text_printf(out, "%s %.*s#%.*s", kind_names[row->kind], (int)row->name_len, row->name,
	    (int)row->tags_len, row->tags);
	switch (row->kind) {
	case KIND_COUNTER:
		text_printf(out, " %a %a", row->counter.delta, row->counter.total);
		break;
	case KIND_GAUGE: text_printf(out, " %a", row->gauge.value); break;
	case KIND_SET: text_printf(out, " %llu", (unsigned long long)row->set.count); break;
	case KIND_TIMER:
		text_printf(out, " %llu %a", (unsigned long long)timer->n, timer->count);
		if (timer->n > 0)
			text_printf(out, " %a %a %a %a", timer->sum, timer->median, timer->lower,
			    timer->quantile[0].boundary);
		break;
	}
	text_printf(out, "%s\n", row->idle ? " idle" : "");
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
take_batch(void *arg, struct batch **batch)
{
	struct crew *crew = arg;

	for (size_t i = 0; i < (*batch)->count; i++)
		say_row(&crew->said, &(*batch)->rows[i]);
	batch_drop(batch);
}

static double percentiles[] = {90};

static struct flush_settings settings = {
    .interval_ns = 10 * CLOCK_SECOND,
    .timers.percentiles = {1, percentiles},
    .idle = {.counters = {IDLE_SEND_ZERO, ITEM_WORD},
	.timers = {IDLE_SEND_ZERO, ITEM_WORD},
	.sets = {IDLE_SEND_ZERO, ITEM_WORD},
	.gauges = {IDLE_SEND_REPEAT, ITEM_WORD}},
};

static struct crew *
crew_new(void)
{
	const struct budget budget = {.timer_values = 10000, .bytes = 16 << 20};
	struct crew *crew = mem_zero(1, sizeof(*crew));

	crew->quota.most = 1000;
	catalog_init(&crew->flusher.catalog);
	rows_init(&crew->flusher.rows, &settings, take_batch, crew);
	for (unsigned i = 0; i < WORKERS; i++) {
		intake_init(&crew->intake[i], &budget, &crew->quota);
		window_init(&crew->window[i], i, 1);
		crew->intake[i].window = &crew->window[i];
	}
	return crew;
}

static void
crew_free(struct crew *crew)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		intake_fini(&crew->intake[i]);
		window_fini(&crew->window[i]);
	}
	catalog_fini(&crew->flusher.catalog);
	rows_fini(&crew->flusher.rows);
	text_fini(&crew->said);
	free(crew);
}

static void
take(struct crew *crew, unsigned worker, const char *line, uint64_t arrived)
{
	const struct origin origin = {.profile = 1,
	    .rules = {.clean = true, .most_bytes = 256, .most_tags = 8},
	    .counters = crew->counters[worker]};

	intake_datagram(&crew->intake[worker], &origin, line, strlen(line), false, arrived);
}

/* Merge the windows in this order, and say the rows, sorted. */
static char *
flush_crew(struct crew *crew, uint64_t seq, const unsigned *order)
{
	struct flusher *flusher = &crew->flusher;
	struct window *windows[WORKERS];
	char *lines[256], *at;
	size_t count = 0;
	struct text sorted = {0};

	flusher->sealed = (struct interval){seq, 0, (int64_t)seq * settings.interval_ns};
	text_reset(&crew->said);
	flusher->windows = windows;
	flusher->arrived = WORKERS;
	for (unsigned i = 0; i < WORKERS; i++)
		windows[i] = &crew->window[order[i]];
	merge_windows(flusher);
	rows_begin(&flusher->rows, &flusher->sealed);
	rows_add_catalog(&flusher->rows, &flusher->catalog);
	rows_end(&flusher->rows);
	text_string(&crew->said);
	for (char *line = strtok_r(crew->said.bytes, "\n", &at); line != NULL;
	     line = strtok_r(NULL, "\n", &at))
		lines[count++] = line;
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		text_printf(&sorted, "%s\n", lines[i]);
	text_string(&sorted);
	return sorted.bytes;
}

static void
random_line(uint64_t *random, char *line, size_t size)
{
	unsigned name = random_below(random, 12);
	double value = random_below(random, 64) / 4.0;

	switch (random_below(random, 5)) {
	case 0: snprintf(line, size, "c%u:%g|c|@0.25", name, value); break;
	case 1: snprintf(line, size, "c%u:%g|c|#b:1,a:%u", name, value, name % 2); break;
	case 2: snprintf(line, size, "g%u:%g|g", name, value); break;
	case 3: snprintf(line, size, "t%u:%g|ms", name, value); break;
	default: snprintf(line, size, "s%u:%u|s", name, random_below(random, 40)); break;
	}
}

START_TEST(spreading_and_merge_order_do_not_matter)
{
	static const unsigned orders[3][WORKERS] = {{0, 1, 2}, {2, 0, 1}, {1, 2, 0}};
	uint64_t random = random_seed();

	hash_init();
	for (int round = 0; round < 50; round++) {
		struct crew *crews[3] = {crew_new(), crew_new(), crew_new()};

		for (uint64_t seq = 1; seq <= 3; seq++) {
			char line[64], *said[3];

			for (int i = 0; i < 3; i++)
				for (int j = 0; j < WORKERS; j++)
					window_open(&crews[i]->window[j], seq);
			for (uint64_t i = 0; i < LINES; i++) {
				random_line(&random, line, sizeof(line));
				take(crews[0], 0, line, seq * LINES * 10 + i * 10 + 1);
				for (int j = 1; j < 3; j++)
					take(crews[j], random_below(&random, WORKERS), line,
					    seq * LINES * 10 + i * 10 + 1);
			}
			for (int i = 0; i < 3; i++)
				said[i] = flush_crew(crews[i], seq, orders[i]);
			ck_assert_str_eq(said[1], said[0]);
			ck_assert_str_eq(said[2], said[0]);
			for (int i = 0; i < 3; i++)
				free(said[i]);
		}
		for (int i = 0; i < 3; i++)
			crew_free(crews[i]);
	}
}
END_TEST

/* What a crew says after these lines, one per interval; NULL: none. */
static char *
say_after(struct crew *crew, const char *const *lines, size_t count)
{
	static const unsigned order[WORKERS] = {0, 1, 2};
	char *said = NULL;

	for (uint64_t seq = 1; seq <= count; seq++) {
		free(said);
		for (int i = 0; i < WORKERS; i++)
			window_open(&crew->window[i], seq);
		if (lines[seq - 1] != NULL)
			take(crew, 0, lines[seq - 1], seq * 1000);
		said = flush_crew(crew, seq, order);
	}
	return said;
}

struct story {
	const char *lines[4];
	size_t count;
	const char *said;
};

static const struct story stories[] = {
    {{"g:100|g", "g:+5|g"}, 2, "gauge g# 0x1.a4p+6\n"},
    {{"g:100|g", NULL}, 2, "gauge g# 0x1.9p+6 idle\n"},
    {{"g:-5|g"}, 1, "gauge g# -0x1.4p+2\n"},
    {{"g:7|g\ng:0|g\ng:-5|g"}, 1, "gauge g# -0x1.4p+2\n"},
    {{"c:2|c", "c:3|c"}, 2, "counter c# 0x1.8p+1 0x1.4p+2\n"},
    {{"c:2|c", NULL, NULL}, 3, "counter c# 0x0p+0 0x1p+1 idle\n"},
    {{"t:2|ms", NULL}, 2, "timer t# 0 0x0p+0 idle\n"},
    {{"s:a|s\ns:b|s\ns:a|s"}, 1, "set s# 2\n"},
    {{"s:a|s", NULL}, 2, "set s# 0 idle\n"},
    {{"a:1|c\na:1|g"}, 1, "counter a# 0x1p+0 0x1p+0\ngauge a# 0x1p+0\n"},
};

START_TEST(series_carry_what_they_must_from_flush_to_flush)
{
	hash_init();
	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++) {
		struct crew *crew = crew_new();
		char *said = say_after(crew, stories[i].lines, stories[i].count);

		ck_assert_str_eq(said, stories[i].said);
		free(said);
		crew_free(crew);
	}
}
END_TEST

START_TEST(a_series_retired_here_and_touched_there_keeps_what_it_carries)
{
	static const unsigned order[WORKERS] = {0, 1, 2};
	struct crew *crew = crew_new();

	hash_init();
	for (uint64_t seq = 1; seq <= 3; seq++) {
		for (int i = 0; i < WORKERS; i++)
			window_open(&crew->window[i], seq);
		if (seq == 1)
			take(crew, 0, "g:100|g", 1000);
		if (seq == 3) {
			for (unsigned sub = 0; sub < TABLE_SUBS; sub++)
				table_sweep(&crew->intake[0].table, sub, 2, &crew->window[0]);
			ck_assert_uint_eq(crew->window[0].retired.count, 1);
			take(crew, 1, "g:+5|g", 3000);
		}
		char *said = flush_crew(crew, seq, order);

		if (seq == 3)
			ck_assert_str_eq(said, "gauge g# 0x1.a4p+6\n");
		free(said);
	}
	crew_free(crew);
}
END_TEST

START_TEST(idle_series_are_sent_as_long_as_configured)
{
	const char *const lines[] = {"c:1|c\ng:1|g", NULL, NULL, NULL};
	struct idle_settings before = settings.idle;
	struct crew *crew = crew_new();

	hash_init();
	settings.idle.counters.for_ns = 20 * CLOCK_SECOND;
	settings.idle.gauges.for_ns = 10 * CLOCK_SECOND;
	char *said = say_after(crew, lines, 3);

	ck_assert_str_eq(said, "counter c# 0x0p+0 0x1p+0 idle\n");
	free(said);
	crew_free(crew);
	crew = crew_new();
	said = say_after(crew, lines, 4);
	ck_assert_str_eq(said, "");
	free(said);
	crew_free(crew);
	crew = crew_new();
	settings.idle.gauges = (struct idle_kind_settings){IDLE_SEND_NOTHING, ITEM_WORD};
	settings.idle.counters.for_ns = 0;
	said = say_after(crew, lines, 2);
	ck_assert_str_eq(said, "");
	free(said);
	crew_free(crew);
	settings.idle = before;
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(spreading_and_merge_order_do_not_matter),
    SUITE_TEST(series_carry_what_they_must_from_flush_to_flush),
    SUITE_TEST(a_series_retired_here_and_touched_there_keeps_what_it_carries),
    SUITE_TEST(idle_series_are_sent_as_long_as_configured),
    {0},
};

SUITE_MAIN("flush/merge", tests)
