/* SPDX-License-Identifier: MIT */
/* quota.h -- how many series there may be, and how much memory they may take:
 * shared by all workers.
 *
 * Memory is known in two ways, and either may stop growth. It is reckoned, at
 * each new series: what the process began with, what is in use of the tables,
 * and for each series what flusher and sinks are going to need for it. And it
 * is measured, now and then: what the process has in memory, and what the
 * tables have grown by since. Series that fit into what is free in a table are
 * no growth. */

#pragma once

#include "ingest/settings.h"
#include "metric/kind.h"
#include "metric/reason.h"

#include <stdatomic.h>
#include <stdbool.h>

/* All atomics relaxed: these are limits, not locks. */
struct series_quota {
	int64_t most; /* limits.series */
	_Atomic int64_t used;
	int64_t memory_most;      /* bytes; 0: no limit */
	_Atomic int64_t reckoned; /* in use */
	_Atomic int64_t held;     /* by the tables, used or free */
	_Atomic int64_t besides;  /* what the newest measurement found beside the tables */
};

/* limits.memory: auto is 80 % of what the control group may have, else a quarter
 * of the machine. */
void quota_init(struct series_quota *quota, const struct limits_settings *limits);

/* One more series, or one less, with so many bytes of name and tags. REASON_NONE,
 * or the limit that is reached. */
enum reason quota_take(struct series_quota *quota, enum kind kind, size_t key_len);
void quota_give(struct series_quota *quota, enum kind kind, size_t key_len);

/* May a table take in more? If not, still what fits into it. */
bool quota_has_memory(const struct series_quota *quota, bool fits);

/* Of the bytes that each worker is to spend on exactness in an interval, those
 * that it may: in the windows of all of them they take half of the memory. */
size_t quota_exact_bytes(const struct series_quota *quota, unsigned workers, size_t wanted);

/* A table has so much more in use, and holds so much more, than before. */
void quota_count_memory(struct series_quota *quota, int64_t used, int64_t held);

/* One thread, now and then: see what the process has in memory. Beyond the
 * limit, what the allocator keeps for later is given back first. */
void quota_measure(struct series_quota *quota);

/* Any thread: bytes in use, as they count; and, as measured, those that the
 * tables hold and all others. */
int64_t quota_memory_used(const struct series_quota *quota);
int64_t quota_memory_of_tables(const struct series_quota *quota);
int64_t quota_memory_besides(const struct series_quota *quota);
