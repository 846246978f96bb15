/* SPDX-License-Identifier: MIT */
/* timer_test.c -- StatsD's worked examples, to the last digit; what weights
 * and sketches change, and what they do not. */

#include "aggregate/timer.h"

#include "aggregate/sketch.h"
#include "base/arena.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define QUANTILES 12
#define BINS 4
#define WORKERS 3

static const struct budget roomy = {.timer_values = 1 << 20, .bytes = 1 << 30, .scale = 6};
static const struct budget weighing = {
    .timer_values = 1 << 20, .bytes = 1 << 30, .scale = 6, .weighted = true};
static const struct budget sketching = {.timer_values = 512, .bytes = 1 << 30, .scale = 6};
static const struct budget sketching_weights = {
    .timer_values = 512, .bytes = 1 << 30, .scale = 6, .weighted = true};

static counter counters[TABLE_COUNTERS];

struct weighed {
	double value, weight;
};

/* A timer as the workers see it and the flusher summarises it. */
struct timer {
	const struct budget *budget;
	struct arena arena;
	struct timer_record *records[WORKERS];
	struct timer_room room;
	uint64_t counts[BINS];
	struct timer_row *row;
};

static struct timer *
timer_new(const struct budget *budget)
{
	struct timer *timer = calloc(1, sizeof(*timer));

	timer->budget = budget;
	timer->row = calloc(1, sizeof(*timer->row) + QUANTILES * sizeof(struct quantile));
	return timer;
}

static void
timer_free(struct timer *timer)
{
	arena_fini(&timer->arena);
	timer_room_fini(&timer->room);
	free(timer->row);
	free(timer);
}

static bool
fold_by(struct timer *timer, unsigned worker, double value, double weight)
{
	const struct sample sample = {.kind = KIND_TIMER, .value = value, .weight = weight};
	struct timer_record *record =
	    timer_fold(timer->records[worker], &timer->arena, &sample, timer->budget, counters);

	if (record != NULL)
		timer->records[worker] = record;
	return record != NULL;
}

static void
fold(struct timer *timer, double value)
{
	ck_assert(fold_by(timer, 0, value, 1));
}

static void
ask(struct timer *timer, enum rank_rule rule, double percent)
{
	struct timer_row *row = timer->row;

	ck_assert_uint_lt(row->quantiles, QUANTILES);
	row->quantile[row->quantiles++] =
	    (struct quantile){.asked = {percent, rule}, .usual = true};
}

static const struct timer_row *
summarise(struct timer *timer)
{
	struct record *records = NULL;

	for (unsigned i = WORKERS; i > 0; i--) {
		if (timer->records[i - 1] == NULL)
			continue;
		timer->records[i - 1]->record.next = records;
		records = &timer->records[i - 1]->record;
	}
	timer_summarise(timer->row, timer->counts, records, timer->budget, &timer->room);
	return timer->row;
}

/* One value, one percentile: reference/statsd, test by test. */
static const struct {
	double values[11]; /* ends with 0 */
	double percent;
	uint64_t count;
	double mean, boundary, sum, squares;
} percentiles[] = {
    {{100, 200, 300}, 90, 3, 200, 300, 600, 140000},
    {{300, 100, 200}, 80, 2, 150, 200, 300, 50000},
    {{10, 10, 10, 200, 10, 10, 10, 100, 10, 10}, -20, 2, 150, 100, 300, 50000},
    {{100}, -10, 1, 100, 100, 100, 10000},
    {{100}, 0.1, 1, 100, 100, 100, 10000},
    {{100}, 90, 1, 100, 100, 100, 10000},
    /* round(4.5) is 5, round(0.4) nothing, of a value near it nothing too */
    {{1, 2, 3, 4, 5}, 90, 5, 3, 5, 15, 55},
    {{1, 2}, 20, 0, 0, 0, 0, 0},
    {{1, 2}, -20, 0, 0, 0, 0, 0},
    {{1, 2}, 25, 1, 1, 1, 1, 1},
    {{1, 2}, -25, 1, 2, 2, 2, 4},
    {{1, 2, 3, 4, 5}, 50, 3, 2, 3, 6, 14},
    {{1, 2, 3, 4, 5}, -50, 3, 4, 3, 12, 50},
    {{1, 2, 3, 4, 5}, 99.9, 5, 3, 5, 15, 55},
    {{1, 2, 3, 4, 5}, 100, 5, 3, 5, 15, 55},
    /* all from the top: where there is nothing below to subtract, all of them */
    {{1, 2, 3, 4, 5}, -100, 5, 3, 1, 15, 55},
    {{1, 2, 3, 4, 5}, -99, 5, 3, 1, 15, 55},
    /* more than all */
    {{1, 2, 3, 4, 5}, 150, 5, 3, 5, 15, 55},
    {{1, 2, 3, 4, 5}, -1000, 5, 3, 1, 15, 55},
};

static void
check_percentile(size_t i, const struct budget *budget)
{
	struct timer *timer = timer_new(budget);

	for (size_t k = 0; percentiles[i].values[k] != 0; k++)
		fold(timer, percentiles[i].values[k]);
	ask(timer, RANK_STATSD, percentiles[i].percent);
	const struct quantile *quantile = &summarise(timer)->quantile[0];

	ck_assert_msg(quantile->count == percentiles[i].count, "row %zu: count", i);
	ck_assert_msg(quantile->mean == percentiles[i].mean, "row %zu: mean", i);
	ck_assert_msg(quantile->boundary == percentiles[i].boundary, "row %zu: boundary", i);
	ck_assert_msg(quantile->sum == percentiles[i].sum, "row %zu: sum", i);
	ck_assert_msg(quantile->sum_squares == percentiles[i].squares, "row %zu: squares", i);
	ck_assert(quantile->usual && quantile->asked.percent == percentiles[i].percent);
	timer_free(timer);
}

START_TEST(percentiles_are_as_statsd_has_them)
{
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
		check_percentile(i, &roomy);
		check_percentile(i, &weighing);
	}
}
END_TEST

START_TEST(statistics_are_as_statsd_has_them)
{
	struct timer *three = timer_new(&roomy), *four = timer_new(&roomy);
	static const double values[] = {300, 200, 100, 400};

	for (size_t i = 0; i < 4; i++) {
		if (i < 3)
			fold(three, values[i]);
		fold(four, values[i]);
	}
	const struct timer_row *row = summarise(three);

	ck_assert_uint_eq(row->n, 3);
	ck_assert(row->count == 3 && row->sum == 600 && row->sum_squares == 140000);
	ck_assert(row->mean == 200 && row->lower == 100 && row->upper == 300);
	ck_assert(row->median == 200 && row->deviation == 81.64965809277261);
	ck_assert(!row->sketched);
	ck_assert(summarise(four)->median == 250);
	timer_free(three);
	timer_free(four);
}
END_TEST

START_TEST(digits_are_those_of_ascending_sums)
{
	struct timer *timer = timer_new(&roomy);

	fold(timer, 0.3);
	fold(timer, 0.2);
	fold(timer, 0.1);
	const struct timer_row *row = summarise(timer);

	ck_assert(row->sum == 0.6000000000000001 && 0.3 + 0.2 + 0.1 == 0.6);
	ck_assert(row->mean == 0.6000000000000001 / 3);
	timer_free(timer);
}
END_TEST

START_TEST(a_rate_scales_the_count_alone)
{
	struct timer *timer = timer_new(&roomy);

	ck_assert(fold_by(timer, 0, 100, 10));
	ask(timer, RANK_STATSD, 90);
	const struct timer_row *row = summarise(timer);

	ck_assert_uint_eq(row->n, 1);
	ck_assert(row->count == 10 && row->sum == 100 && row->mean == 100);
	ck_assert_uint_eq(row->quantile[0].count, 1);
	timer_free(timer);
}
END_TEST

START_TEST(other_rules_have_their_own_boundary_and_nothing_more)
{
	static const struct {
		enum rank_rule rule;
		double percent, boundary;
	} rows[] = {
	    {RANK_STATSITE, 50, 5},
	    {RANK_STATSITE, 95, 10},
	    {RANK_STATSITE, 91, 10},
	    {RANK_STATSITE, 1, 1},
	    {RANK_BRUBECK, 75, 8},
	    {RANK_BRUBECK, 1, 1},
	    {RANK_BRUBECK, 94, 9},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct timer *timer = timer_new(i % 2 == 0 ? &roomy : &weighing);

		for (int value = 10; value > 0; value--)
			fold(timer, value);
		ask(timer, rows[i].rule, rows[i].percent);
		const struct quantile *quantile = &summarise(timer)->quantile[0];

		ck_assert_msg(
		    quantile->boundary == rows[i].boundary, "row %zu: %g", i, quantile->boundary);
		ck_assert(quantile->mean == 0 && quantile->sum == 0 && quantile->sum_squares == 0);
		timer_free(timer);
	}
}
END_TEST

static const struct {
	double values[11], limits[BINS];
	size_t bins;
	uint64_t counts[BINS];
} histograms[] = {
    {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {1, 2}, 2, {0, 1}},
    {{0.1234, 2.89, 4, 6, 8}, {1, 2.21, INFINITY}, 3, {1, 0, 4}},
    {{10, 20}, {INFINITY}, 1, {2}},
    {{10, 20}, {-5, 10, 10.5, 20}, 4, {0, 0, 1, 0}},
    {{10, 20}, {0}, 0, {0}},
};

START_TEST(bins_are_exclusive_above_and_end_with_the_last)
{
	for (size_t i = 0; i < sizeof(histograms) / sizeof(histograms[0]); i++) {
		struct timer *timer = timer_new(&roomy);

		timer->row->histogram =
		    (struct histogram){.bins = histograms[i].bins, .limits = histograms[i].limits};
		for (size_t k = 0; histograms[i].values[k] != 0; k++)
			fold(timer, histograms[i].values[k]);
		summarise(timer);
		for (size_t bin = 0; bin < histograms[i].bins; bin++)
			ck_assert_msg(
			    timer->row->histogram.counts[bin] == histograms[i].counts[bin],
			    "row %zu, bin %zu", i, bin);
		timer_free(timer);
	}
}
END_TEST

static const double asked[] = {90, 50, -20, 99.9, 0.5, -100, 100, -0.1};

static void
ask_all(struct timer *timer)
{
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		ask(timer, RANK_STATSD, asked[i]);
	ask(timer, RANK_STATSITE, 95);
	ask(timer, RANK_BRUBECK, 95);
}

static bool
are_alike(const struct timer_row *a, const struct timer_row *b)
{
	bool alike = a->n == b->n && a->sum == b->sum && a->sum_squares == b->sum_squares &&
	    a->mean == b->mean && a->deviation == b->deviation && a->lower == b->lower &&
	    a->upper == b->upper && a->median == b->median;

	for (size_t i = 0; i < a->quantiles; i++) {
		const struct quantile *x = &a->quantile[i], *y = &b->quantile[i];

		alike &= x->count == y->count && x->boundary == y->boundary && x->sum == y->sum &&
		    x->sum_squares == y->sum_squares && x->mean == y->mean;
	}
	return alike;
}

/* From 1e-3 to 1e3, of any digits. */
static double
random_value(uint64_t *state)
{
	return exp((double)random_next(state) / 0x1p64 * 13.8 - 6.9);
}

START_TEST(weights_of_one_change_no_digit)
{
	uint64_t state = random_seed();

	for (unsigned round = 0; round < 300; round++) {
		struct timer *plain = timer_new(&roomy), *weighed = timer_new(&weighing);
		unsigned count = 1 + random_below(&state, 200);

		for (unsigned i = 0; i < count; i++) {
			double sign = random_below(&state, 8) == 0 ? -1 : 1;
			double value = sign * random_value(&state);

			fold_by(plain, i % WORKERS, value, 1);
			fold_by(weighed, i % WORKERS, value, 1);
		}
		ask_all(plain);
		ask_all(weighed);
		ck_assert_msg(are_alike(summarise(plain), summarise(weighed)), "round %u", round);
		timer_free(plain);
		timer_free(weighed);
	}
}
END_TEST

/* Equal values of different weights are the delicate ones. */
START_TEST(the_order_of_arrival_changes_no_digit)
{
	uint64_t state = random_seed();

	for (unsigned round = 0; round < 300; round++) {
		struct timer *one = timer_new(&weighing), *other = timer_new(&weighing);
		struct weighed values[64];

		for (unsigned i = 0; i < 64; i++) {
			values[i].value = 0.1 * (1 + random_below(&state, 5));
			values[i].weight = 1 / (0.01 * (1 + random_below(&state, 99)));
			fold_by(one, i % WORKERS, values[i].value, values[i].weight);
		}
		for (unsigned left = 64; left > 0; left--) {
			unsigned i = random_below(&state, left);

			fold_by(other, 0, values[i].value, values[i].weight);
			values[i] = values[left - 1];
		}
		ask_all(one);
		ask_all(other);
		ck_assert_msg(are_alike(summarise(one), summarise(other)), "round %u", round);
		timer_free(one);
		timer_free(other);
	}
}
END_TEST

/* Whole numbers: every sum is exact in any order. */
START_TEST(a_weight_is_as_many_values)
{
	uint64_t state = random_seed();

	for (unsigned round = 0; round < 300; round++) {
		struct timer *repeated = timer_new(&roomy), *weighed = timer_new(&weighing);
		unsigned count = 2 + random_below(&state, 50);

		for (unsigned i = 0; i < count; i++) {
			unsigned weight = 1 + random_below(&state, 9);
			double value = 1 + random_below(&state, 100);

			fold_by(weighed, i % WORKERS, value, weight);
			for (unsigned k = 0; k < weight; k++)
				fold(repeated, value);
		}
		ask_all(repeated);
		ask_all(weighed);
		const struct timer_row *a = summarise(repeated), *b = summarise(weighed);

		ck_assert_uint_eq(b->n, count);
		ck_assert(b->count == (double)a->n);
		ck_assert_double_eq_tol(a->deviation, b->deviation, 1e-12);
		weighed->row->n = a->n;
		weighed->row->deviation = a->deviation;
		ck_assert_msg(are_alike(a, b), "round %u", round);
		timer_free(repeated);
		timer_free(weighed);
	}
}
END_TEST

static const struct {
	struct weighed values[4]; /* ends with weight 0 */
	double percent;
	uint64_t count;
	double boundary, sum, median;
} weights[] = {
    /* of a weight of 10 the 9 least: of the last value the weight that is left */
    {{{1, 5}, {2, 3}, {3, 2}}, 90, 9, 3, 14, 1.5},
    {{{1, 5}, {2, 3}, {3, 2}}, 50, 5, 1, 5, 1.5},
    {{{1, 5}, {2, 3}, {3, 2}}, 60, 6, 2, 7, 1.5},
    {{{1, 5}, {2, 3}, {3, 2}}, -20, 2, 3, 6, 1.5},
    {{{1, 5}, {2, 3}, {3, 2}}, -30, 3, 2, 8, 1.5},
    {{{1, 5}, {2, 3}, {3, 2}}, -100, 10, 1, 17, 1.5},
    /* one value is in every percentile, with all its weight */
    {{{7, 10}}, 1, 10, 7, 70, 7},
    {{{7, 0.5}}, 1, 1, 7, 3.5, 7},
    /* fractions: 0.9 * 2.5 is 2.25, hence 2; 0.5 * 2.5 is 1.25, hence 1 */
    {{{1, 1.25}, {2, 1.25}}, 90, 2, 2, 2.75, 1.5},
    {{{1, 1.25}, {2, 1.25}}, 50, 1, 1, 1, 1.5},
    {{{1, 1.25}, {2, 1.25}}, 100, 3, 2, 3.75, 1.5},
    {{{1, 1.25}, {2, 1.25}}, -50, 1, 2, 2, 1.5},
    {{{1, 4}, {2, 1}}, 90, 5, 2, 6, 1},
};

START_TEST(weights_move_the_threshold)
{
	for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
		struct timer *timer = timer_new(&weighing);

		for (size_t k = 0; k < 4 && weights[i].values[k].weight > 0; k++)
			fold_by(timer, 0, weights[i].values[k].value, weights[i].values[k].weight);
		ask(timer, RANK_STATSD, weights[i].percent);
		const struct timer_row *row = summarise(timer);

		ck_assert_msg(row->quantile[0].count == weights[i].count, "row %zu: count", i);
		ck_assert_msg(
		    row->quantile[0].boundary == weights[i].boundary, "row %zu: boundary", i);
		ck_assert_msg(row->quantile[0].sum == weights[i].sum, "row %zu: sum", i);
		ck_assert_msg(row->median == weights[i].median, "row %zu: median", i);
		timer_free(timer);
	}
}
END_TEST

/* ---- sketches ---- */

static double
normal(uint64_t *state)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (double)random_next(state) / 0x1p64;
	return sum - 6;
}

/* The shapes timers have, and some they should not have. */
static double
draw(unsigned shape, uint64_t *state)
{
	switch (shape) {
	case 0: return exp(normal(state));
	case 1: return (double)random_below(state, 5) + 1;
	case 2: return normal(state) * 100;
	case 3: return random_below(state, 50) == 0 ? 1e9 : exp(normal(state) / 10);
	case 4: return ldexp(1 + (double)random_below(state, 1000) / 1000, -1060);
	case 5: return -exp(normal(state) * 3);
	default: return random_below(state, 3) == 0 ? 0 : normal(state);
	}
}

#define SHAPES 7

/* Is the estimate off by no more than the error, and two roundings? */
static bool
is_within(double estimate, double exact, double error)
{
	return fabs(estimate - exact) <= fabs(exact) * (error + 1e-12) + 0x1p-1074;
}

static void
check_estimates(const struct timer_row *exact, const struct timer_row *sketched, double error)
{
	ck_assert(!exact->sketched && sketched->sketched);
	ck_assert(sketched->n == exact->n && sketched->count == exact->count);
	ck_assert(sketched->lower == exact->lower && sketched->upper == exact->upper);
	ck_assert(is_within(sketched->sum_squares, exact->sum_squares, 1e-12));
	ck_assert(is_within(sketched->deviation, exact->deviation, 1e-12));
	/* of values of both signs the sum cancels out, and its digits with it */
	ck_assert_double_le(fabs(sketched->sum - exact->sum),
	    1e-12 * sqrt(exact->sum_squares * (double)exact->n) + 0x1p-1060);
	for (size_t i = 0; i < exact->quantiles; i++) {
		const struct quantile *a = &exact->quantile[i], *b = &sketched->quantile[i];

		ck_assert_uint_eq(a->count, b->count);
		ck_assert_msg(is_within(b->boundary, a->boundary, error), "%g: %.17g for %.17g",
		    a->asked.percent, b->boundary, a->boundary);
		if (a->count == exact->n)
			ck_assert(b->mean == sketched->mean && b->sum == sketched->sum &&
			    b->boundary == a->boundary);
		if (a->asked.rule != RANK_STATSD)
			continue;
		ck_assert(b->mean <= exact->upper && b->mean >= exact->lower);
		if (exact->lower > 0 && a->asked.percent > 0)
			ck_assert(is_within(b->mean, a->mean, error) &&
			    is_within(b->sum, a->sum, error) &&
			    is_within(b->sum_squares, a->sum_squares, 2.1 * error));
	}
}

START_TEST(percentiles_of_sketches_are_within_the_error)
{
	uint64_t state = random_seed();
	static const double errors[] = {0.01, 0.0014, 0.044, 0.02, 0.005};

	for (unsigned round = 0; round < SHAPES * 5; round++) {
		double error = errors[round % 5];
		struct budget budget = sketching;
		struct timer *exact = timer_new(&roomy), *sketched = timer_new(&budget);
		unsigned count = 600 + random_below(&state, 3000);

		budget.scale = sketch_scale(error);
		budget.weighted = round % 2 == 1;
		for (unsigned i = 0; i < count; i++) {
			double value = draw(round % SHAPES, &state);

			fold(exact, value);
			fold(sketched, value);
		}
		ask_all(exact);
		ask_all(sketched);
		check_estimates(summarise(exact), summarise(sketched), error);
		ck_assert(is_within(sketched->row->median, exact->row->median, error) ||
		    exact->row->lower < 0);
		timer_free(exact);
		timer_free(sketched);
	}
}
END_TEST

START_TEST(weighted_sketches_are_within_the_error)
{
	uint64_t state = random_seed();

	for (unsigned round = 0; round < 20; round++) {
		struct timer *exact = timer_new(&weighing),
			     *sketched = timer_new(&sketching_weights);

		for (unsigned i = 0; i < 2000; i++) {
			double value = random_value(&state);
			double weight = 1 + random_below(&state, 10);

			fold_by(exact, 0, value, weight);
			fold_by(sketched, 0, value, weight);
		}
		ask_all(exact);
		ask_all(sketched);
		const struct timer_row *a = summarise(exact), *b = summarise(sketched);

		ck_assert(b->sketched && b->n == 2000 && a->count == b->count);
		ck_assert(is_within(b->mean, a->mean, 1e-12));
		ck_assert(is_within(b->deviation, a->deviation, 1e-12));
		ck_assert(is_within(b->median, a->median, 0.0055));
		for (size_t i = 0; i < a->quantiles; i++) {
			ck_assert_uint_eq(a->quantile[i].count, b->quantile[i].count);
			ck_assert(
			    is_within(b->quantile[i].boundary, a->quantile[i].boundary, 0.0055));
		}
		timer_free(exact);
		timer_free(sketched);
	}
}
END_TEST

START_TEST(bins_of_a_sketch_hold_all_values)
{
	struct timer *timer = timer_new(&sketching);
	static const double limits[] = {0, 10, 100, INFINITY};

	for (int i = 0; i < 1000; i++)
		fold(timer, i < 100 ? -50 : i < 300 ? 5 : i < 600 ? 50 : 500);
	timer->row->histogram = (struct histogram){.bins = 4, .limits = limits};
	const struct histogram *histogram = &summarise(timer)->histogram;

	ck_assert_uint_eq(histogram->counts[0], 100);
	ck_assert_uint_eq(histogram->counts[1], 200);
	ck_assert_uint_eq(histogram->counts[2], 300);
	ck_assert_uint_eq(histogram->counts[3], 400);
	timer_free(timer);
}
END_TEST

/* ---- workers and budgets ---- */

START_TEST(workers_values_are_gathered_exactly)
{
	struct timer *one = timer_new(&roomy), *several = timer_new(&sketching);
	uint64_t state = random_seed();

	for (unsigned i = 0; i < 1200; i++) {
		double value = random_value(&state);

		fold(one, value);
		fold_by(several, i % WORKERS, value, 1);
	}
	ask_all(one);
	ask_all(several);
	ck_assert(are_alike(summarise(one), summarise(several)));
	ck_assert(!several->row->sketched);
	timer_free(one);
	timer_free(several);
}
END_TEST

START_TEST(workers_sketches_and_values_become_one_sketch)
{
	struct timer *one = timer_new(&sketching), *several = timer_new(&sketching);
	uint64_t state = random_seed();

	for (unsigned i = 0; i < 2000; i++) {
		/* of 20 bits: sums are exact however they are grouped */
		double value = (1 + random_below(&state, 1 << 20)) / 1024.0;

		fold(one, value);
		fold_by(several, i < 1900 ? 0 : i < 1990 ? 1 : 2, value, 1);
	}
	ask_all(one);
	ask_all(several);
	ck_assert_ptr_nonnull(several->records[0]->sketch);
	ck_assert_ptr_null(several->records[1]->sketch);
	ck_assert(are_alike(summarise(one), summarise(several)));
	ck_assert(several->row->sketched);
	timer_free(one);
	timer_free(several);
}
END_TEST

START_TEST(the_first_value_beyond_exact_makes_a_sketch)
{
	struct timer *timer = timer_new(&sketching);
	uint64_t before = counter_get(&counters[TABLE_TIMERS_SKETCHED]);
	uint64_t early = counter_get(&counters[TABLE_TIMERS_EARLY]);

	for (unsigned i = 1; i <= 512; i++)
		fold(timer, i);
	ck_assert_ptr_null(timer->records[0]->sketch);
	ck_assert_uint_eq(timer->records[0]->count, 512);
	fold(timer, 513);
	ck_assert_ptr_nonnull(timer->records[0]->sketch);
	fold(timer, 514);
	ck_assert_uint_eq(summarise(timer)->n, 514);
	ck_assert_uint_eq(counter_get(&counters[TABLE_TIMERS_SKETCHED]), before + 1);
	ck_assert_uint_eq(counter_get(&counters[TABLE_TIMERS_EARLY]), early);
	timer_free(timer);
}
END_TEST

static bool
fold_all_over(struct timer *timer, unsigned i)
{
	return fold_by(timer, 0, ldexp(1, (int)(i % 2000) - 1000), 1);
}

START_TEST(a_spent_budget_makes_sketches_early_and_a_limit_refuses)
{
	struct budget small = {.timer_values = 100000, .bytes = 2048, .scale = 6};
	struct timer *timer = timer_new(&small), *few = timer_new(&small);
	uint64_t early = counter_get(&counters[TABLE_TIMERS_EARLY]);
	unsigned taken = 0;

	while (timer->records[0] == NULL || timer->records[0]->sketch == NULL) {
		fold(timer, 1 + taken % 10);
		taken++;
	}
	ck_assert_uint_gt(taken, TIMER_VALUES_FEW);
	ck_assert_uint_lt(taken, 1000);
	ck_assert_uint_eq(counter_get(&counters[TABLE_TIMERS_EARLY]), early + 1);

	/* a small one goes on exactly */
	few->arena = timer->arena;
	for (unsigned i = 0; i < TIMER_VALUES_FEW; i++)
		fold(few, i);
	ck_assert_ptr_null(few->records[0]->sketch);
	timer->arena = few->arena;
	few->arena = (struct arena){0};

	/* up to the limit, from which on only what takes no memory is taken */
	unsigned went_on = 0;

	while (went_on < 2000 && fold_all_over(timer, went_on))
		went_on++;
	ck_assert_uint_gt(went_on, 20);
	ck_assert_uint_lt(went_on, 2000);
	ck_assert_uint_le(timer->arena.used, small.bytes * BUDGET_TIMES + 4096);
	size_t used = timer->arena.used;

	for (unsigned i = 0; i < 100; i++)
		ck_assert(fold_by(timer, 0, 5, 1));
	ck_assert_uint_eq(timer->arena.used, used);
	arena_alloc(&timer->arena, small.bytes * BUDGET_TIMES - used);
	ck_assert(!fold_by(timer, 1, 5, 1));
	ck_assert_uint_eq(summarise(timer)->n, taken + went_on + 100);
	timer_free(timer);
	timer_free(few);
}
END_TEST

/* Many values may wait beside a sketch: they, too, are worth no more of the
 * arena than what the sketch can become. */
START_TEST(a_long_row_beside_a_sketch_refuses_nothing)
{
	const struct budget rows[] = {
	    {.timer_values = 100000, .bytes = 1 << 20, .scale = 6},
	    {.timer_values = 512, .bytes = 16 << 10, .scale = 6},
	};

	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		struct timer *timer = timer_new(&rows[at]);
		unsigned count = rows[at].timer_values * 3;

		for (unsigned i = 0; i < count; i++)
			fold(timer, 1);
		ck_assert_ptr_nonnull(timer->records[0]->sketch);
		for (unsigned i = 0; i < count; i++)
			ck_assert_msg(fold_by(timer, 0, ldexp(1, (int)(i % 200)), 1),
			    "budget %zu, value %u", at, i);
		ck_assert_uint_lt(timer->arena.used, BUDGET_TIMES * rows[at].bytes);
		ck_assert_uint_eq(summarise(timer)->n, 2 * count);
		timer_free(timer);
	}
}
END_TEST

START_TEST(a_sketch_that_spans_too_much_is_counted_once)
{
	struct budget budget = sketching;
	struct timer *timer = timer_new(&budget);
	uint64_t before = counter_get(&counters[TABLE_TIMERS_COARSENED]);

	budget.scale = SKETCH_SCALE_MOST;
	for (unsigned i = 0; i < 4000; i++)
		ck_assert(fold_all_over(timer, i));
	ck_assert_uint_eq(counter_get(&counters[TABLE_TIMERS_COARSENED]), before + 1);
	timer_free(timer);
}
END_TEST

static bool
is_finite_row(const struct timer_row *row)
{
	bool finite = isfinite(row->count) && isfinite(row->sum) && isfinite(row->sum_squares) &&
	    isfinite(row->mean) && isfinite(row->deviation) && isfinite(row->lower) &&
	    isfinite(row->upper) && isfinite(row->median);

	for (size_t i = 0; i < row->quantiles; i++)
		finite &= isfinite(row->quantile[i].boundary) && isfinite(row->quantile[i].mean) &&
		    isfinite(row->quantile[i].sum) && isfinite(row->quantile[i].sum_squares);
	return finite;
}

START_TEST(nothing_is_ever_infinite_or_no_number)
{
	static const double extremes[] = {DBL_MAX, -DBL_MAX, 0x1p-1074, -0x1p-1074, 0, -0.0, 1,
	    1e154, -1e154, 1e200, -1e200, DBL_MIN};
	static const double rates[] = {1, 0.1, 1e300, 0x1p-1074, DBL_MAX, 3};
	static const struct budget *const budgets[] = {
	    &roomy, &weighing, &sketching, &sketching_weights};
	uint64_t state = random_seed();

	for (unsigned round = 0; round < 2000; round++) {
		struct timer *timer = timer_new(budgets[round % 4]);
		unsigned kinds = 1 + random_below(&state, 12);
		unsigned count = round % 4 < 2 ? 1 + random_below(&state, 20) : 520;

		for (unsigned i = 0; i < count; i++)
			fold_by(timer, random_below(&state, WORKERS) * (round % 8 > 3),
			    extremes[random_below(&state, kinds)],
			    rates[random_below(&state, round % 3 == 0 ? 6 : 1)]);
		ask_all(timer);
		ck_assert_msg(is_finite_row(summarise(timer)), "round %u", round);
		timer_free(timer);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(percentiles_are_as_statsd_has_them),
    SUITE_TEST(statistics_are_as_statsd_has_them),
    SUITE_TEST(digits_are_those_of_ascending_sums),
    SUITE_TEST(a_rate_scales_the_count_alone),
    SUITE_TEST(other_rules_have_their_own_boundary_and_nothing_more),
    SUITE_TEST(bins_are_exclusive_above_and_end_with_the_last),
    SUITE_TEST(weights_of_one_change_no_digit),
    SUITE_TEST(the_order_of_arrival_changes_no_digit),
    SUITE_TEST(a_weight_is_as_many_values),
    SUITE_TEST(weights_move_the_threshold),
    SUITE_TEST(percentiles_of_sketches_are_within_the_error),
    SUITE_TEST(weighted_sketches_are_within_the_error),
    SUITE_TEST(bins_of_a_sketch_hold_all_values),
    SUITE_TEST(workers_values_are_gathered_exactly),
    SUITE_TEST(workers_sketches_and_values_become_one_sketch),
    SUITE_TEST(the_first_value_beyond_exact_makes_a_sketch),
    SUITE_TEST(a_spent_budget_makes_sketches_early_and_a_limit_refuses),
    SUITE_TEST(a_long_row_beside_a_sketch_refuses_nothing),
    SUITE_TEST(a_sketch_that_spans_too_much_is_counted_once),
    SUITE_TEST(nothing_is_ever_infinite_or_no_number),
    {0},
};

SUITE_MAIN("aggregate/timer", tests)
