/* SPDX-License-Identifier: MIT */
/* dated.c -- values that brought their own time. */

#include "flush/dated.h"

#include "aggregate/window.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

void
dated_fini(struct dated_queue *queue)
{
	free(queue->at);
}

int64_t
dated_boundary_ns(int64_t timestamp, int64_t interval_ns)
{
	int64_t ns = timestamp * CLOCK_SECOND;

	return ns - ns % interval_ns + interval_ns;
}

uint32_t
dated_next_second(int64_t boundary_ns, int64_t interval_ns)
{
	int64_t ns = boundary_ns - boundary_ns % interval_ns;

	return (uint32_t)((ns + CLOCK_SECOND - 1) / CLOCK_SECOND);
}

void
dated_add(struct dated_queue *queue, const struct dated_value *value)
{
	queue->at = mem_room(queue->at, queue->count, &queue->cap, sizeof(*queue->at));
	queue->at[queue->count++] = *value;
}

static int
compare(const void *a_value, const void *b_value)
{
	const struct dated_value *a = a_value, *b = b_value;

	if (a->waits != b->waits)
		return a->waits ? 1 : -1;
	if (a->gid != b->gid)
		return a->gid < b->gid ? -1 : 1;
	if (a->point_ns != b->point_ns)
		return a->point_ns < b->point_ns ? -1 : 1;
	if (a->timestamp != b->timestamp)
		return a->timestamp < b->timestamp ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

/* Of one series and point: the later one goes into the earlier one, which
 * stands before it. */
static void
unite(struct dated_value *into, const struct dated_value *from)
{
	into->timestamp = from->timestamp;
	into->value = into->gauge ? from->value : number_add(into->value, from->value);
	if (into->exact && !from->exact) {
		into->boundary_ns = from->boundary_ns;
		into->exact = false;
	}
}

static void
sort(struct dated_queue *queue, int64_t closed_ns)
{
	for (size_t i = 0; i < queue->count; i++) {
		queue->at[i].order = (uint32_t)i;
		queue->at[i].waits = queue->at[i].boundary_ns > closed_ns;
	}
	if (queue->count > 1)
		qsort(queue->at, queue->count, sizeof(*queue->at), compare);
}

/* Does a value go into the one before it? */
static bool
goes_into(const struct dated_value *value, const struct dated_value *before)
{
	return before->gid == value->gid && before->point_ns == value->point_ns &&
	    before->waits == value->waits;
}

void
dated_sort(struct dated_queue *queue, int64_t closed_ns, dated_late_fn *late, dated_gone_fn *gone,
    void *arg)
{
	size_t kept = 0;

	sort(queue, closed_ns);
	queue->due = 0;
	for (size_t i = 0; i < queue->count; i++) {
		const struct dated_value value = queue->at[i];
		bool lost = late(arg, &value);
		bool united = !lost && kept > 0 && goes_into(&value, &queue->at[kept - 1]);

		if (united)
			unite(&queue->at[kept - 1], &value);
		else if (value.waits && kept - queue->due == DATED_MOST)
			lost = true;
		if (united || lost) {
			gone(arg, value.gid, united);
			continue;
		}
		queue->at[kept++] = value;
		queue->due += !value.waits;
	}
	queue->count = kept;
}

const struct dated_value *
dated_find(const struct dated_queue *queue, uint32_t gid)
{
	size_t low = 0, high = queue->due;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (queue->at[middle].gid < gid)
			low = middle + 1;
		else
			high = middle;
	}
	return &queue->at[low];
}

void
dated_shift(struct dated_queue *queue)
{
	queue->count -= queue->due;
	if (queue->count > 0)
		memmove(queue->at, queue->at + queue->due, queue->count * sizeof(*queue->at));
	queue->due = 0;
}
