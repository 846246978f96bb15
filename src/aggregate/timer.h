/* SPDX-License-Identifier: MIT */
/* timer.h -- timers: the exact values of one interval, and what StatsD
 * computes of them. */

#pragma once

#include "aggregate/window.h"
#include "metric/row.h"

/* record is NULL for an interval's first value. NULL: the budget is spent. */
struct timer_record *timer_fold(struct timer_record *record, struct arena *arena,
    const struct sample *sample, const struct budget *budget);

/* Values of all records together. */
size_t timer_count(const struct record *records);

/* Gather the values into `values`, which has room for timer_count(), in the
 * order of the records. Returns the sum of weights. */
double timer_gather(const struct record *records, double *values);

/* Fill in everything of row but quantile[].percent, which says what is asked
 * for, and quantiles. values are sorted here; count is at least 1. */
void timer_summarise(struct timer_row *row, double *values, size_t count, double weight);
