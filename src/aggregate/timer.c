/* SPDX-License-Identifier: MIT */
/* timer.c -- timers: the exact values of one interval, and what StatsD
 * computes of them.
 *
 * Sums run over the values in ascending order, as StatsD's do, so that equal
 * values give equal digits. */

#include "aggregate/timer.h"

#include "base/number.h"

#include <math.h>
#include <stdlib.h>

#define VALUES_AT_FIRST 4

struct timer_record *
timer_fold(struct timer_record *record, struct arena *arena, const struct sample *sample,
    const struct budget *budget)
{
	if (record != NULL && record->count == budget->timer_values)
		return NULL;
	if (record == NULL || record->count == record->cap) {
		uint32_t cap = record == NULL ? VALUES_AT_FIRST : record->cap * 2;
		size_t bytes = cap * sizeof(double);

		if (arena->used + bytes + sizeof(*record) > budget->bytes)
			return NULL;
		double *values = arena_alloc(arena, bytes);

		if (record == NULL) {
			record = arena_alloc(arena, sizeof(*record));
			*record = (struct timer_record){0};
		} else {
			memcpy(values, record->values, record->count * sizeof(*values));
		}
		record->values = values;
		record->cap = cap;
	}
	record->values[record->count++] = sample->value;
	record->weight = number_add(record->weight, sample->weight);
	return record;
}

size_t
timer_count(const struct record *records)
{
	size_t count = 0;

	for (; records != NULL; records = records->next)
		count += ((const struct timer_record *)records)->count;
	return count;
}

double
timer_gather(const struct record *records, double *values)
{
	double weight = 0;

	for (; records != NULL; records = records->next) {
		const struct timer_record *record = (const struct timer_record *)records;

		memcpy(values, record->values, record->count * sizeof(*values));
		values += record->count;
		weight += record->weight;
	}
	return weight;
}

static int
compare_values(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static void
add_up(const double *values, size_t count, double *sum_out, double *squares_out)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		sum = number_add(sum, values[i]);
		squares = number_add(squares, values[i] * values[i]);
	}
	*sum_out = sum;
	*squares_out = squares;
}

/* StatsD's threshold: of 5 values the 90th percentile takes round(4.5) = 5,
 * a half going up. A single value is in every percentile. */
static void
summarise_quantile(struct quantile *quantile, const double *values, size_t count)
{
	double share = fabs(quantile->percent) / 100 * (double)count;
	size_t within = count == 1 ? 1 : (size_t)floor(share + 0.5);

	if (within > count)
		within = count;
	quantile->count = within;
	if (within == 0)
		return;
	const double *from = quantile->percent < 0 ? values + count - within : values;

	quantile->boundary = quantile->percent < 0 ? from[0] : from[within - 1];
	add_up(from, within, &quantile->sum, &quantile->sum_squares);
	if (from > values) {
		/* From the top StatsD subtracts what is below from the whole. */
		double all, all_squares, below, below_squares;

		add_up(values, count, &all, &all_squares);
		add_up(values, count - within, &below, &below_squares);
		quantile->sum = all - below;
		quantile->sum_squares = all_squares - below_squares;
	}
	quantile->mean = quantile->sum / (double)within;
}

void
timer_summarise(struct timer_row *row, double *values, size_t count, double weight)
{
	size_t middle = count / 2;
	double deviations = 0;

	qsort(values, count, sizeof(*values), compare_values);
	row->n = count;
	row->count = weight;
	add_up(values, count, &row->sum, &row->sum_squares);
	row->mean = row->sum / (double)count;
	row->lower = values[0];
	row->upper = values[count - 1];
	row->median =
	    count % 2 == 1 ? values[middle] : number_add(values[middle - 1], values[middle]) / 2;
	for (size_t i = 0; i < count; i++) {
		double distance = number_add(values[i], -row->mean);

		deviations = number_add(deviations, distance * distance);
	}
	row->deviation = sqrt(deviations / (double)count);
	for (size_t i = 0; i < row->quantiles; i++)
		summarise_quantile(&row->quantile[i], values, count);
}
