/* SPDX-License-Identifier: MIT */
/* quota.c -- how many series there may be, and how much memory they may take. */

#include "ingest/quota.h"

#include "ingest/memory.h"

#include <malloc.h>

/* What a series takes beside its entry and slot: in the lists and arenas of two
 * windows, in the flusher's catalog while that grows, and in the batches of
 * FLUSHES flushes that sinks may be busy with; their keys are copies. */
#define FLUSHES 2

/* Each worker has two windows, and half of the memory is for what they keep. */
#define EXACT_SHARES 4

static const int64_t charges[KINDS] = {
    [KIND_COUNTER] = 104 + FLUSHES * 40,
    [KIND_GAUGE] = 104 + 2 * 64 + FLUSHES * 40,
    [KIND_TIMER] = 104 + 2 * 80 + FLUSHES * 208,
    [KIND_SET] = 104 + 2 * 112 + FLUSHES * 40,
};

static int64_t
charge_of(enum kind kind, size_t key_len)
{
	return charges[kind] + FLUSHES * (int64_t)key_len;
}

static int64_t
get(const _Atomic int64_t *at)
{
	return atomic_load_explicit(at, memory_order_relaxed);
}

static void
add(_Atomic int64_t *at, int64_t more)
{
	atomic_fetch_add_explicit(at, more, memory_order_relaxed);
}

void
quota_init(struct series_quota *quota, const struct limits_settings *limits)
{
	*quota = (struct series_quota){
	    .most = limits->series,
	    .memory_most = limits->memory_bytes == ITEM_WORD ? memory_auto() : limits->memory_bytes,
	};
	add(&quota->reckoned, memory_resident());
	quota_measure(quota);
}

enum reason
quota_take(struct series_quota *quota, enum kind kind, size_t key_len)
{
	if (atomic_fetch_add_explicit(&quota->used, 1, memory_order_relaxed) >= quota->most) {
		add(&quota->used, -1);
		return REASON_SERIES_LIMIT;
	}
	add(&quota->reckoned, charge_of(kind, key_len));
	return REASON_NONE;
}

void
quota_give(struct series_quota *quota, enum kind kind, size_t key_len)
{
	add(&quota->used, -1);
	add(&quota->reckoned, -charge_of(kind, key_len));
}

bool
quota_has_memory(const struct series_quota *quota, bool fits)
{
	if (quota->memory_most == 0)
		return true;
	if (get(&quota->reckoned) >= quota->memory_most)
		return false;
	return fits || get(&quota->besides) + get(&quota->held) < quota->memory_most;
}

size_t
quota_exact_bytes(const struct series_quota *quota, unsigned workers, size_t wanted)
{
	size_t most = (size_t)quota->memory_most / EXACT_SHARES / workers;

	return quota->memory_most == 0 || wanted < most ? wanted : most;
}

void
quota_count_memory(struct series_quota *quota, int64_t used, int64_t held)
{
	add(&quota->reckoned, used);
	if (held != 0)
		add(&quota->held, held);
}

void
quota_measure(struct series_quota *quota)
{
	int64_t resident = memory_resident();

	if (resident >= quota->memory_most && quota->memory_most > 0) {
		malloc_trim(0);
		resident = memory_resident();
	}
	atomic_store_explicit(&quota->besides, resident - get(&quota->held), memory_order_relaxed);
}

int64_t
quota_memory_used(const struct series_quota *quota)
{
	int64_t reckoned = get(&quota->reckoned);
	int64_t measured = get(&quota->besides) + get(&quota->held);

	return measured > reckoned ? measured : reckoned;
}

static int64_t
at_least_0(int64_t bytes)
{
	return bytes > 0 ? bytes : 0;
}

int64_t
quota_memory_of_tables(const struct series_quota *quota)
{
	return at_least_0(get(&quota->held));
}

int64_t
quota_memory_besides(const struct series_quota *quota)
{
	return at_least_0(get(&quota->besides));
}
