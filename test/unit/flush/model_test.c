/* SPDX-License-Identifier: MIT */
/* model_test.c -- everything from a line to a row against a model of it that
 * keeps raw samples and computes each flush from them by plain loops: all
 * kinds, several workers whose clocks do not agree with the order of their
 * datagrams, series that come, rest, are retired and come again, late flushes,
 * values with a time of their own, totals by source, rules. Values are dyadic,
 * so that sums are exact in any order. */

#include "base/clock.h"
#include "test/unit/flush/model.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <math.h>
#include <string.h>

#define INTERVALS 40

/* Defaults. */
#define SENT_30                    \
	{                          \
		IDLE_SEND_ZERO, 30 \
	}
#define GAUGE_360                     \
	{                             \
		IDLE_SEND_REPEAT, 360 \
	}
#define USUAL                                        \
	{                                            \
		SENT_30, GAUGE_360, SENT_30, SENT_30 \
	}
#define RULES                                                   \
	"rules: [{match: n3, type: timer, percentiles: [75]}, " \
	"{match: n3, type: counter, counters: cumulative}]\n"
#define PLAIN "sinks: {g: {type: graphite, address: 'a:1', names: plain}}\n"
#define ALL_SINKS                                                        \
	"sinks: {a: {type: graphite, address: 'a:1', names: statsite}, " \
	"b: {type: graphite, address: 'a:1', percentiles: [-25, 66.6]}, screen: {type: stdout}}\n"

static const struct variant variants[] = {
    {RULES, USUAL, 8640, 4096, false, false, false},
    {RULES ALL_SINKS "timers: {weighted: true}", USUAL, 8640, 4096, true, false, false},
    {RULES ALL_SINKS "timers: {exact: 5}", USUAL, 8640, 5, false, false, false},
    {"timestamp: start\nidle: {forget: 30s}\n", USUAL, 3, 4096, false, true, false},
    {"idle: {forget: 0s, counters: nothing, gauges: nothing, timers: nothing, sets: nothing}",
	{{0}, {0}, {0}, {0}}, 0, 4096, false, false, false},
    {RULES "idle: {forget: 40s, counters: {send: zero, for: 20s}, sets: {for: forever}, "
	   "gauges: {send: zero, for: 10s}, timers: {for: 0s}}",
	{{IDLE_SEND_ZERO, 2}, {IDLE_SEND_ZERO, 1}, {IDLE_SEND_ZERO, 0}, {IDLE_SEND_ZERO, FOREVER}},
	4, 4096, false, false, false},
    {RULES PLAIN "idle: {forget: 30s}", USUAL, 3, 4096, false, false, true},
    {PLAIN "timestamp: start\nidle: {forget: 0s}", USUAL, 0, 4096, false, true, true},
};

static struct model *model;

/* ---- the stream ---- */

/* A worker refuses the second kind of a name that it knows. */
static bool
is_refused(const struct raw *raw)
{
	unsigned known = raw->total ? model->used_total[raw->worker][raw->series][raw->source]
				    : model->used[raw->worker][raw->series];

	return model->variant->clash && known == 0 &&
	    model->used[raw->worker][twin_of(raw->series)] != 0;
}

static void
print_line(const struct raw *raw, struct text *line)
{
	static const char *const types[KINDS] = {"c", "g", "ms", "s"};

	text_printf(line, "n%u:", name_of(raw->series));
	if (kind_of(raw->series) == KIND_SET)
		text_printf(line, "m%u", raw->member);
	else
		text_printf(
		    line, "%s%.17g", raw->relative && raw->value >= 0 ? "+" : "", raw->value);
	/* Of the totals those called n3 are so by a rule. */
	text_printf(line, "|%s",
	    raw->total && name_of(raw->series) != 3 ? "C" : types[kind_of(raw->series)]);
	if (raw->weight > 1)
		text_printf(line, "|@%g", 1 / raw->weight);
	if (raw->series % TAGS != 0)
		text_printf(line, "|#%s", tags_of(raw->series));
	if (raw->dated)
		text_printf(line, "|T%" PRId64, CREW_BEGIN + raw->second);
}

static struct raw
draw(void)
{
	uint64_t *random = &model->random;
	struct raw raw = {
	    .series = random_below(random, SERIES),
	    .worker = random_below(random, CREW_WORKERS),
	    .source = random_below(random, SOURCES),
	    .member = random_below(random, 6),
	    .value = random_below(random, 64) / 4.0,
	    .weight = 1,
	};
	enum kind kind = kind_of(raw.series);
	bool ruled = strstr(model->variant->yaml, "cumulative") != NULL;

	raw.total = kind == KIND_COUNTER &&
	    (name_of(raw.series) == 2 || (ruled && name_of(raw.series) == 3));
	if (!raw.total && (kind == KIND_COUNTER || kind == KIND_GAUGE) &&
	    name_of(raw.series) != 0 && random_below(random, 3) == 0) {
		raw.dated = true;
		raw.second = model->opened - 50 + (int64_t)random_below(random, 100);
	}
	if (!raw.total && (kind == KIND_COUNTER || kind == KIND_TIMER))
		raw.weight = 1 << random_below(random, 3);
	if (kind == KIND_GAUGE && !raw.dated && random_below(random, 2) == 0) {
		raw.relative = true;
		raw.value = random_below(random, 2) == 0 ? raw.value : -1 - raw.value;
	}
	return raw;
}

/* Stamps are a worker's own order; between workers they overtake each other,
 * even over the end of an interval. */
static void
take(struct raw *raw)
{
	struct text line = {0};
	uint64_t stamp = model->crew->stamp + random_below(&model->random, 5);

	if (stamp <= model->stamp[raw->worker])
		stamp = model->stamp[raw->worker] + 1;
	model->stamp[raw->worker] = stamp;
	/* No two are equal. */
	raw->stamp = stamp * CREW_WORKERS + raw->worker;
	print_line(raw, &line);
	uint64_t next = model->crew->stamp + 1;

	model->crew->stamp = raw->stamp;
	model->crew->source[15] = (uint8_t)raw->source;
	crew_take(model->crew, raw->worker, text_string(&line));
	model->crew->stamp = next;
	text_fini(&line);
	if (is_refused(raw))
		return;
	if (raw->total)
		model->used_total[raw->worker][raw->series][raw->source] = model->now;
	else
		model->used[raw->worker][raw->series] = model->now;
	model->raw[model->raws++] = *raw;
	model->hits++;
}

/* A worker retires what has been idle for longer than it is remembered. */
static void
sweep(unsigned worker)
{
	unsigned times = model->variant->forget < 2 ? 2 : model->variant->forget;

	if (model->now <= times + 1)
		return;
	unsigned oldest = model->now - 1 - times;

	crew_sweep(model->crew, worker, oldest);
	for (unsigned i = 0; i < SERIES; i++) {
		if (model->used[worker][i] < oldest)
			model->used[worker][i] = 0;
		for (unsigned j = 0; j < SOURCES; j++)
			if (model->used_total[worker][i][j] < oldest)
				model->used_total[worker][i][j] = 0;
	}
}

/* ---- timers ---- */

static int
compare_doubles(const void *left, const void *right)
{
	double a, b;

	memcpy(&a, left, sizeof(a));
	memcpy(&b, right, sizeof(b));
	return (a > b) - (a < b);
}

/* The values of a timer in ascending order, each as often as it weighs. */
struct values {
	double at[RAW_MOST * 4];
	size_t count, raws;
	double weight; /* of all, whether timers are weighted or not */
	bool sketched;
};

static void
find_values(unsigned index, struct values *values)
{
	size_t of_worker[CREW_WORKERS] = {0};

	*values = (struct values){0};
	for (size_t i = 0; i < model->raws; i++) {
		const struct raw *raw = &model->raw[i];

		if (raw->series != index)
			continue;
		for (int j = 0; j < (model->variant->weighted ? (int)raw->weight : 1); j++)
			values->at[values->count++] = raw->value;
		values->raws++;
		values->weight += raw->weight;
		if (++of_worker[raw->worker] > model->variant->exact)
			values->sketched = true;
	}
	qsort(values->at, values->count, sizeof(values->at[0]), compare_doubles);
}

static void
check_close(double said, double expected, bool sketched)
{
	ck_assert_msg(fabs(said - expected) <= (sketched ? 0.01 : 1e-14) * fabs(expected),
	    "%.17g, not %.17g", said, expected);
}

/* StatsD's loop over a percentile of n ascending values. */
static void
check_quantile(const struct quantile *quantile, const struct values *values)
{
	size_t n = values->count;
	double share = fabs(quantile->asked.percent) / 100 * (double)n, sum = 0, squares = 0;
	size_t within = quantile->asked.rule == RANK_STATSD ? (size_t)floor(share + 0.5)
							    : (size_t)ceil(share - 1e-9);

	if (values->raws == 1)
		within = n;
	if (within == 0 && quantile->asked.rule != RANK_STATSD)
		within = 1;
	ck_assert_uint_eq(quantile->count, within);
	if (within == 0)
		return;
	bool top = quantile->asked.percent < 0;
	const double *from = top ? values->at + n - within : values->at;

	check_close(quantile->boundary, top ? from[0] : from[within - 1], values->sketched);
	if (quantile->asked.rule != RANK_STATSD)
		return;
	for (size_t i = 0; i < within; i++) {
		sum += from[i];
		squares += from[i] * from[i];
	}
	if (values->sketched)
		return;
	ck_assert(quantile->sum == sum && quantile->sum_squares == squares);
	ck_assert(quantile->mean == sum / (double)within);
}

static void
check_statistics(const struct timer_row *timer, const struct values *values)
{
	size_t n = values->count;
	double sum = 0, squares = 0, deviations = 0;

	for (size_t i = 0; i < n; i++) {
		sum += values->at[i];
		squares += values->at[i] * values->at[i];
	}
	for (size_t i = 0; i < n; i++)
		deviations += (values->at[i] - sum / (double)n) * (values->at[i] - sum / (double)n);
	ck_assert_uint_eq(timer->n, values->raws);
	ck_assert_int_eq(timer->sketched, values->sketched);
	ck_assert(timer->count == values->weight);
	ck_assert(timer->sum == sum && timer->sum_squares == squares);
	ck_assert(timer->mean == sum / (double)n);
	ck_assert(timer->lower == values->at[0] && timer->upper == values->at[n - 1]);
	ck_assert(fabs(timer->deviation - sqrt(deviations / (double)n)) <= 1e-9);
	check_close(timer->median,
	    n % 2 == 1 ? values->at[n / 2] : (values->at[n / 2 - 1] + values->at[n / 2]) / 2,
	    values->sketched);
}

/* At each row, while the crew flushes: the model has flushed before. */
static void
look(const struct row *row)
{
	static struct values values;
	unsigned index = (unsigned)KIND_TIMER * NAMES * TAGS +
	    (unsigned)(row->name[1] - '0') * TAGS + (row->tags_len > 0);

	if (row->kind != KIND_TIMER)
		return;
	ck_assert_uint_eq(model->timers[index], 1);
	model->timers[index] = 0;
	find_values(index, &values);
	ck_assert_int_eq(row->idle, values.count == 0);
	ck_assert_int_eq(row->timer->ruled_percentiles,
	    name_of(index) == 3 && strstr(model->variant->yaml, "75") != NULL);
	if (row->idle) {
		ck_assert(row->timer->n == 0 && row->timer->count == 0);
		return;
	}
	check_statistics(row->timer, &values);
	for (size_t i = 0; i < row->timer->quantiles; i++)
		check_quantile(&row->timer->quantile[i], &values);
}

/* ---- both ---- */

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted lines, but for those of timers. */
static void
sort_lines(char *said, struct text *out)
{
	char *line[RAW_MOST * 4], *at;
	size_t count = 0;

	text_reset(out);
	for (char *next = strtok_r(said, "\n", &at); next != NULL; next = strtok_r(NULL, "\n", &at))
		if (strncmp(next, "timer", 5) != 0)
			line[count++] = next;
	if (count > 0)
		qsort(line, count, sizeof(line[0]), compare_lines);
	for (size_t i = 0; i < count; i++)
		text_printf(out, "%s\n", line[i]);
}

static void
flush_both(void)
{
	static const unsigned orders[][CREW_WORKERS] = {
	    {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	const unsigned *order = orders[random_below(&model->random, 6)];
	unsigned late =
	    random_below(&model->random, 8) == 0 ? 1 + random_below(&model->random, 3) : 0;
	struct text said = {0}, expected = {0};

	model->closed = model->opened + LENGTH * (1 + late);
	model_flush(model, order);
	sort_lines((char *)(uintptr_t)crew_flush_in_order(model->crew, late, order), &said);
	text_string(&model->said);
	sort_lines(model->said.bytes, &expected);
	ck_assert_msg(strcmp(text_string(&said), text_string(&expected)) == 0,
	    "variant %d, interval %u: said\n%snot\n%s", (int)(model->variant - variants),
	    model->now, said.bytes, expected.bytes);
	for (unsigned i = 0; i < SERIES; i++)
		ck_assert_uint_eq(model->timers[i], 0);
	ck_assert_msg(model->crew->merge.hits == model->hits, "variant %d, interval %u: hits",
	    (int)(model->variant - variants), model->now);
	ck_assert_uint_eq(model->crew->merge.late, model->late);
	ck_assert_uint_eq(model->crew->rows.ambiguous, model->ambiguous);
	text_fini(&said);
	text_fini(&expected);
	model->opened = model->closed;
	model->raws = 0;
	model->hits = 0;
}

/* Now busy, now idle, so that much is retired and comes again. */
static void
run_round(const struct variant *variant, uint64_t seed)
{
	static struct model room;

	room = (struct model){.variant = variant, .random = seed};
	model = &room;
	model->crew = crew_new(variant->yaml);
	model->crew->look = look;
	for (unsigned i = 0; i < CREW_WORKERS; i++)
		model->crew->worker[i].intake.kinds_clash = variant->clash;
	for (model->now = 1; model->now <= INTERVALS; model->now++) {
		unsigned most = model->now / 8 % 2 == 0 ? RAW_MOST : 10;
		unsigned count = random_below(&model->random, most);

		for (unsigned worker = 0; worker < CREW_WORKERS; worker++)
			if (random_below(&model->random, 2) == 0)
				sweep(worker);
		for (unsigned i = 0; i < count; i++) {
			struct raw raw = draw();

			take(&raw);
		}
		flush_both();
	}
	crew_free(model->crew);
	text_fini(&model->said);
}

START_TEST(every_row_is_what_plain_loops_over_raw_samples_say)
{
	uint64_t random = random_seed();

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		for (int round = 0; round < 4; round++)
			run_round(&variants[i], random_next(&random));
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(every_row_is_what_plain_loops_over_raw_samples_say),
    {0},
};

SUITE_MAIN("flush/model", tests)
