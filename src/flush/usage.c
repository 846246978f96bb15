/* SPDX-License-Identifier: MIT */
/* usage.c -- what the whole daemon may have of what is limited, and has. */

#include "flush/usage.h"

void
usage_read(
    const struct ingest *ingest, const struct egress *egress, uint64_t usage_out[USAGE_COUNTERS])
{
	const struct series_quota *quota = &ingest->quota;
	uint64_t besides = (uint64_t)quota_memory_besides(quota), queues = 0;

	for (size_t i = 0; i < egress_count(egress); i++)
		queues += counter_get(&egress_sink_counters(egress, i)[SINK_QUEUE_BYTES]);
	usage_out[USAGE_SERIES_LIMIT] = (uint64_t)quota->most;
	usage_out[USAGE_MEMORY_LIMIT] = (uint64_t)quota->memory_most;
	usage_out[USAGE_MEMORY + MEMORY_TABLES] = (uint64_t)quota_memory_of_tables(quota);
	usage_out[USAGE_MEMORY + MEMORY_QUEUES] = queues;
	usage_out[USAGE_MEMORY + MEMORY_OTHER] = besides > queues ? besides - queues : 0;
}
