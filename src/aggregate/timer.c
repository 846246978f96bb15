/* SPDX-License-Identifier: MIT */
/* timer.c -- timers: the values of one interval, exactly or as a sketch, and
 * what StatsD computes of them.
 *
 * Everything is computed of ascending values that each have a weight: 1, or
 * what the sample rate gives, or the count of a sketch's bin. Sums run over
 * them in this order, as StatsD's do, so that equal values give equal digits;
 * a weight of 1 changes none. */

#include "aggregate/timer.h"

#include "aggregate/sketch.h"
#include "base/mem.h"
#include "base/number.h"

#include <math.h>
#include <stdlib.h>

#define VALUES_AT_FIRST 4

static size_t
lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- folding ---- */

/* Doubles that a value takes. */
static size_t
stride_of(const struct budget *budget)
{
	return budget->weighted ? 2 : 1;
}

/* Would so many bytes more be beyond what everything may take? */
static bool
is_beyond(const struct arena *arena, size_t bytes, const struct budget *budget)
{
	return arena->used + bytes > BUDGET_TIMES * budget->bytes;
}

/* Add the values that are in no sketch to one. */
static bool
add_to_sketch(struct sketch *sketch, struct arena *arena, const struct timer_record *record,
    const struct budget *budget)
{
	size_t stride = stride_of(budget);
	bool coarsened = false;

	for (size_t i = 0; i < record->count; i++) {
		const double *at = record->values + i * stride;

		coarsened |= sketch_add(sketch, arena, at[0], stride == 2 ? at[1] : 1);
	}
	return coarsened;
}

/* Empty the values into the record's sketch. Many at once: while they wait they
 * lie side by side, but bins are spread over all of memory. */
static void
sketch_values(
    struct timer_record *record, struct arena *arena, const struct budget *budget, counter *table)
{
	if (record->sketch == NULL) {
		record->sketch = sketch_new(arena, budget->scale);
		counter_add(&table[TABLE_TIMERS_SKETCHED], 1);
	}
	if (add_to_sketch(record->sketch, arena, record, budget))
		counter_add(&table[TABLE_TIMERS_COARSENED], 1);
	record->count = 0;
}

/* Twice the room for values. */
static void
grow(struct timer_record *record, struct arena *arena, uint32_t cap, size_t bytes)
{
	double *values = arena_alloc(arena, bytes);

	if (record->count > 0)
		memcpy(values, record->values, bytes / 2);
	record->values = values;
	record->cap = cap;
}

/* Room for one more value, where there is none: in more memory, or by emptying
 * what there is into a sketch. False: it would take too much. */
static bool
make_room(
    struct timer_record *record, struct arena *arena, const struct budget *budget, counter *table)
{
	bool most = record->cap > 0 && record->count >= budget->timer_values;
	uint32_t cap = record->cap > 0 ? record->cap * 2 : VALUES_AT_FIRST;
	size_t bytes = cap * stride_of(budget) * sizeof(double);

	/* However many values, they fill no more than all pages. */
	if (record->sketch != NULL)
		bytes = lesser(record->count, SKETCH_PAGES) * SKETCH_VALUE_BYTES;
	if (is_beyond(arena, bytes, budget))
		return false;
	bool spent = arena->used + bytes > budget->bytes && record->count >= TIMER_VALUES_FEW;

	if (record->sketch == NULL && !most && !spent) {
		grow(record, arena, cap, bytes);
		return true;
	}
	counter_add(&table[TABLE_TIMERS_EARLY], record->sketch == NULL && !most);
	sketch_values(record, arena, budget, table);
	return true;
}

static bool
has_room(const struct timer_record *record, const struct budget *budget)
{
	return record->count < record->cap &&
	    (record->sketch != NULL || record->count < budget->timer_values);
}

/* May a sketch take a value at once, while others wait before it? */
static bool
may_take(const struct sketch *sketch, const struct arena *arena, const struct sample *sample,
    const struct budget *budget)
{
	return !is_beyond(arena, SKETCH_VALUE_BYTES, budget) ||
	    sketch_has_room(sketch, sample->value);
}

struct timer_record *
timer_fold(struct timer_record *record, struct arena *arena, const struct sample *sample,
    const struct budget *budget, counter *table)
{
	size_t stride = stride_of(budget);
	double weight = stride == 2 ? sample->weight : 1;

	if (record == NULL) {
		size_t least = sizeof(*record) + VALUES_AT_FIRST * stride * sizeof(double);

		if (is_beyond(arena, least, budget))
			return NULL;
		record = arena_alloc(arena, sizeof(*record));
		*record = (struct timer_record){0};
	}
	if (has_room(record, budget) || make_room(record, arena, budget, table)) {
		double *at = record->values + record->count++ * stride;

		at[0] = sample->value;
		if (stride == 2)
			at[1] = weight;
	} else {
		if (record->sketch == NULL || !may_take(record->sketch, arena, sample, budget))
			return NULL;
		if (sketch_add(record->sketch, arena, sample->value, weight))
			counter_add(&table[TABLE_TIMERS_COARSENED], 1);
	}
	record->weight = number_add(record->weight, sample->weight);
	return record;
}

/* ---- gathering ---- */

/* Ascending values and what they weigh. Values that all weigh 1 are followed
 * by their sums, each of all up to its own, and then by those of squares: the
 * lowest of them are added up once for all statistics. */
struct ascending {
	const double *at;
	size_t count, stride; /* 1: values, all weighing 1; 2: pairs */
	double weight;        /* of all, added up in this order */
};

static double
value_at(const struct ascending *values, size_t i)
{
	return values->at[i * values->stride];
}

static double
weight_at(const struct ascending *values, size_t i)
{
	return values->stride == 1 ? 1 : values->at[i * 2 + 1];
}

void
timer_room_fini(struct timer_room *room)
{
	free(room->values);
	arena_fini(&room->arena);
	*room = (struct timer_room){0};
}

static void
room_make(struct timer_room *room, size_t doubles)
{
	if (doubles <= room->cap)
		return;
	room->cap = doubles * 2;
	room->values = mem_resize(room->values, room->cap, sizeof(*room->values));
}

static int
compare_values(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Of equal values the lighter first: the order must not decide about digits. */
static int
compare_pairs(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return a[0] != b[0] ? compare_values(a, b) : compare_values(a + 1, b + 1);
}

/* Of so few the sort by insertion is the faster one. */
#define FEW 32

static void
sort_few(double *at, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		double value = at[i];
		size_t to = i;

		for (; to > 0 && at[to - 1] > value; to--)
			at[to] = at[to - 1];
		at[to] = value;
	}
}

/* Two neighbouring runs into one: first to middle, middle to end. Which comes
 * next is chosen without a branch. */
static void
merge_runs(const double *first, const double *middle, const double *end, double *out)
{
	const double *a = first, *b = middle;

	while (a < middle && b < end) {
		ptrdiff_t second = *b < *a;

		*out++ = a[(b - a) & -second];
		a += 1 - second;
		b += second;
	}
	memcpy(out, a, (size_t)(middle - a) * sizeof(*out));
	memcpy(out + (middle - a), b, (size_t)(end - b) * sizeof(*out));
}

/* Sort by merging; `other` has room for as many. */
static void
sort_values(double *values, double *other, size_t count)
{
	double *from = values, *to = other;

	for (size_t i = 0; i < count; i += FEW)
		sort_few(values + i, lesser(FEW, count - i));
	for (size_t run = FEW; run < count; run *= 2) {
		for (size_t i = 0; i < count; i += 2 * run)
			merge_runs(from + i, from + lesser(i + run, count),
			    from + lesser(i + 2 * run, count), to + i);
		double *sorted = to;

		to = from;
		from = sorted;
	}
	if (from != values)
		memcpy(values, from, count * sizeof(*values));
}

/* Put sums of the values, and of their squares, behind them. */
static void
add_up(double *at, size_t count)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		sum = number_add(sum, at[i]);
		squares = number_add(squares, at[i] * at[i]);
		at[count + i] = sum;
		at[2 * count + i] = squares;
	}
}

/* The values of all records in ascending order; none has a sketch. */
static struct ascending
gather_values(const struct record *records, const struct budget *budget, struct timer_room *room)
{
	struct ascending values = {.stride = stride_of(budget)};
	size_t used = 0;

	for (const struct record *at = records; at != NULL; at = at->next) {
		const struct timer_record *record = (const struct timer_record *)at;
		size_t doubles = record->count * values.stride;

		room_make(room, 3 * (used + doubles));
		memcpy(room->values + used, record->values, doubles * sizeof(double));
		used += doubles;
	}
	values.at = room->values;
	values.count = used / values.stride;
	if (values.stride == 1) {
		sort_values(room->values, room->values + values.count, values.count);
		add_up(room->values, values.count);
		values.weight = (double)values.count;
		return values;
	}
	qsort(room->values, values.count, 2 * sizeof(double), compare_pairs);
	for (size_t i = 0; i < values.count; i++)
		values.weight = number_add(values.weight, weight_at(&values, i));
	return values;
}

/* One sketch that holds what all records hold; NULL: none has one. A record's
 * own, if there is but one, which takes the values that are not in it yet. */
static const struct sketch *
gather_sketches(struct record *records, const struct budget *budget, struct timer_room *room)
{
	struct sketch *all = ((struct timer_record *)records)->sketch;
	bool sketched = false;

	for (struct record *at = records; at != NULL; at = at->next)
		sketched |= ((struct timer_record *)at)->sketch != NULL;
	if (!sketched)
		return NULL;
	arena_reset(&room->arena);
	if (records->next != NULL)
		all = sketch_new(&room->arena, budget->scale);
	for (struct record *at = records; at != NULL; at = at->next) {
		const struct timer_record *record = (const struct timer_record *)at;

		if (record->sketch != NULL && record->sketch != all)
			sketch_merge(all, &room->arena, record->sketch);
		add_to_sketch(all, &room->arena, record, budget);
	}
	return all;
}

struct gathering {
	struct timer_room *room;
	size_t used;
};

static void
gather_bin(void *arg, double value, uint64_t count)
{
	struct gathering *gathering = arg;

	room_make(gathering->room, gathering->used + 2);
	gathering->room->values[gathering->used++] = value;
	gathering->room->values[gathering->used++] = (double)count;
}

static struct ascending
gather_bins(const struct sketch *sketch, struct timer_room *room)
{
	struct gathering gathering = {.room = room};

	sketch_walk(sketch, gather_bin, &gathering);
	return (struct ascending){.at = room->values,
	    .count = gathering.used / 2,
	    .stride = 2,
	    .weight = (double)sketch_count(sketch)};
}

/* ---- statistics ---- */

/* What the lowest values up to some weight are together. */
struct lowest {
	double sum, squares;
	size_t last; /* the last one, of which all or a part was taken */
	size_t next; /* the first one of which anything is left, or the last of all */
};

/* As many values as fit into the weight, each weighing 1; returns how many. */
static size_t
take_whole(const struct ascending *values, double weight, struct lowest *lowest)
{
	size_t count = weight < (double)values->count ? (size_t)weight : values->count;

	if (count > 0) {
		lowest->last = count - 1;
		lowest->sum = values->at[values->count + lowest->last];
		lowest->squares = values->at[2 * values->count + lowest->last];
	}
	lowest->next = count < values->count ? count : lowest->last;
	return count;
}

/* The last value counts with the weight that is left for it. */
static struct lowest
take_lowest(const struct ascending *values, double weight)
{
	struct lowest lowest = {0};
	size_t i = values->stride == 1 ? take_whole(values, weight, &lowest) : 0;
	double taken = (double)i;

	for (; i < values->count && taken < weight; i++) {
		double value = value_at(values, i), share = weight_at(values, i);
		bool whole = share <= weight - taken;

		if (!whole)
			share = weight - taken;
		taken = number_add(taken, share);
		lowest.sum = number_add(lowest.sum, value * share);
		lowest.squares = number_add(lowest.squares, value * value * share);
		lowest.last = i;
		lowest.next = i + (whole && i + 1 < values->count);
	}
	return lowest;
}

/* The weight within the threshold; of one that is no whole number as if it
 * were. A single value is in every percentile. */
static uint64_t
rank_within(const struct percentile *asked, uint64_t n, double weight)
{
	double whole = ceil(weight < 0x1p53 ? weight : 0x1p53);
	double percent = asked->percent;

	if (n == 1)
		return (uint64_t)whole;
	if (whole > weight)
		percent *= weight / whole;
	return statistic_rank(asked->rule, percent, (uint64_t)whole);
}

/* Never infinite; a sum that once was has become DBL_MAX. */
static double
divide(double sum, double weight)
{
	return number_add(sum / weight, 0);
}

static void
summarise_quantile(struct quantile *quantile, const struct ascending *values, uint64_t n)
{
	uint64_t rank = values->count > 0 ? rank_within(&quantile->asked, n, values->weight) : 0;
	bool from_top = quantile->asked.percent < 0;
	bool all = (double)rank >= values->weight;
	double within = all ? values->weight : (double)rank;

	*quantile =
	    (struct quantile){.asked = quantile->asked, .usual = quantile->usual, .count = rank};
	if (rank == 0)
		return;
	/* From the top StatsD subtracts what is below from the whole. */
	struct lowest taken = take_lowest(values, all || from_top ? INFINITY : within);
	struct lowest below = take_lowest(values, all || !from_top ? 0 : values->weight - within);

	quantile->boundary = value_at(values, from_top ? below.next : taken.last);
	if (quantile->asked.rule != RANK_STATSD)
		return;
	quantile->sum = number_add(taken.sum, -below.sum);
	quantile->sum_squares = number_add(taken.squares, -below.squares);
	quantile->mean = divide(quantile->sum, within);
}

/* Between the value that ends the lower half and the one that begins the
 * upper. */
static double
median_of(const struct ascending *values)
{
	struct lowest half = take_lowest(values, values->weight / 2);

	if (half.last == half.next)
		return value_at(values, half.last);
	return number_add(value_at(values, half.last), value_at(values, half.next)) / 2;
}

static void
count_bins(struct histogram *histogram, uint64_t *counts, const struct ascending *values)
{
	size_t i = 0;

	histogram->counts = counts;
	for (size_t bin = 0; bin < histogram->bins; bin++) {
		double limit = histogram->limits[bin], weight = 0;

		for (; i < values->count && value_at(values, i) < limit; i++)
			weight += weight_at(values, i);
		weight = round(weight);
		counts[bin] = weight < 0x1p63 ? (uint64_t)weight : (uint64_t)1 << 63;
	}
}

/* What is exact of exact values. */
static void
summarise_values(struct timer_row *row, const struct ascending *values)
{
	struct lowest all = take_lowest(values, INFINITY);
	double deviations = 0;

	row->n = values->count;
	row->sum = all.sum;
	row->sum_squares = all.squares;
	row->mean = divide(row->sum, values->weight);
	row->lower = value_at(values, 0);
	row->upper = value_at(values, values->count - 1);
	for (size_t i = 0; i < values->count; i++) {
		double distance = number_add(value_at(values, i), -row->mean);

		deviations = number_add(deviations, distance * distance * weight_at(values, i));
	}
	row->deviation = sqrt(divide(deviations, values->weight));
}

/* And of a sketch. */
static void
summarise_sketch(struct timer_row *row, const struct sketch *sketch)
{
	struct sketch_sums sums;

	sketch_sums(sketch, &sums);
	row->n = sums.n;
	row->sum = sums.sum;
	row->sum_squares = sums.sum_squares;
	row->mean = sums.mean;
	row->deviation = sums.deviation;
	row->lower = sums.lower;
	row->upper = sums.upper;
}

/* What a sketch knows better than its bins: all of the values, and their
 * bounds. */
static void
settle_quantile(struct quantile *quantile, const struct timer_row *row, double weight)
{
	bool all = quantile->count > 0 && (double)quantile->count >= weight;

	if (all)
		quantile->boundary = quantile->asked.percent < 0 ? row->lower : row->upper;
	if (quantile->count == 0 || quantile->asked.rule != RANK_STATSD)
		return;
	if (all) {
		quantile->sum = row->sum;
		quantile->sum_squares = row->sum_squares;
		quantile->mean = row->mean;
	}
	quantile->mean = fmin(fmax(quantile->mean, row->lower), row->upper);
}

void
timer_summarise(struct timer_row *row, uint64_t *counts, struct record *records,
    const struct budget *budget, struct timer_room *room)
{
	const struct sketch *sketch = gather_sketches(records, budget, room);
	struct ascending values;

	row->weighted = budget->weighted;
	row->sketched = sketch != NULL;
	row->count = 0;
	for (const struct record *at = records; at != NULL; at = at->next)
		row->count = number_add(row->count, ((const struct timer_record *)at)->weight);
	if (sketch != NULL) {
		values = gather_bins(sketch, room);
		summarise_sketch(row, sketch);
	} else {
		values = gather_values(records, budget, room);
		summarise_values(row, &values);
	}
	row->median = values.count > 0 ? median_of(&values) : row->mean;
	count_bins(&row->histogram, counts, &values);
	for (size_t i = 0; i < row->quantiles; i++) {
		summarise_quantile(&row->quantile[i], &values, row->n);
		if (sketch != NULL)
			settle_quantile(&row->quantile[i], row, values.weight);
	}
}
