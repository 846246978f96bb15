/* SPDX-License-Identifier: MIT */
/* dated.h -- values that brought their own time, on their way to the point they
 * belong to: that of the first boundary after it, or, of an exact one, of just
 * that time.
 *
 * The queue stands sorted by series, then point, what is due before what still
 * waits; of one series and point there is one value. */

#pragma once

#include "metric/kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dated_value {
	int64_t boundary_ns; /* of an exact one its time, or just after: it is due there */
	int64_t point_ns;    /* what it is sent with */
	int64_t timestamp;   /* s since 1970 */
	double value;        /* of a counter the sum, of a gauge the newest */
	uint32_t gid;
	uint32_t order; /* of arrival, among those of one time */
	bool gauge;
	bool exact;
	bool waits;
};

struct dated_queue {
	struct dated_value *at;
	size_t count, cap;
	size_t due; /* the first so many; after dated_sort() */
};

void dated_fini(struct dated_queue *queue);

/* The boundary of a timestamp, in s, which is no more than decades away. */
int64_t dated_boundary_ns(int64_t timestamp, int64_t interval_ns);

/* The first second whose values belong to a later boundary. */
uint32_t dated_next_second(int64_t boundary_ns, int64_t interval_ns);

void dated_add(struct dated_queue *queue, const struct dated_value *value);

/* Has a point been sent at or after that of a value? */
typedef bool dated_late_fn(void *arg, const struct dated_value *value);

/* A value left the queue: it went into another one, or it was late, or there was
 * no room for it to wait. */
typedef void dated_gone_fn(void *arg, uint32_t gid, bool united);

/* Sort, drop what is late, and unite. What belongs to a boundary up to this one
 * is due. */
void dated_sort(struct dated_queue *queue, int64_t closed_ns, dated_late_fn *late,
    dated_gone_fn *gone, void *arg);

/* What is due of a series: ends where the gid changes or at queue->due. */
const struct dated_value *dated_find(const struct dated_queue *queue, uint32_t gid);

/* Forget what was due. */
void dated_shift(struct dated_queue *queue);
