/* SPDX-License-Identifier: MIT */
/* timer.h -- timers: the values of one interval, exactly or as a sketch, and
 * what StatsD computes of them. */

#pragma once

#include "aggregate/window.h"
#include "metric/row.h"

/* record is NULL for an interval's first value. NULL: refused. */
struct timer_record *timer_fold(struct timer_record *record, struct arena *arena,
    const struct sample *sample, const struct budget *budget, counter *table);

/* Room for summarising, reused from timer to timer. */
struct timer_room {
	double *values; /* pairs of value and weight, if weighted */
	size_t cap;
	struct arena arena; /* for merging sketches */
};

void timer_room_fini(struct timer_room *room);

/* Fill in everything of row but what is asked for: quantiles, each quantile's
 * `asked`, and the histogram's bins and limits; counts goes where the
 * histogram's will be, bins of them. There is at least one value. budget says
 * whether timers are weighted, and the scale of sketches. The records are
 * used up. */
void timer_summarise(struct timer_row *row, uint64_t *counts, struct record *records,
    const struct budget *budget, struct timer_room *room);
