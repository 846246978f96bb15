/* SPDX-License-Identifier: MIT */
/* sink.c -- a destination. */

#include "sink/sink.h"

#include "sink/egress.h"
#include "sink/kind.h"
#include "sink/settings.h"

void
sink_open(struct sink *sink, struct thread *thread, void (*closed)(struct lane *lane), void *owner)
{
	const struct sink_kind *kind = &sink_kinds[sink->entry->variant];
	const char *settings = sink->entry->settings;
	const struct sink_settings *common = sink->entry->settings;

	sink->lane = (struct lane){
	    .name = sink->entry->name,
	    .encoder = kind->encoder,
	    .encoding = settings + kind->encoding,
	    .transport = kind->transport,
	    .queue_limit_bytes = (size_t)common->queue_bytes,
	    .counters = sink->counters,
	    .closed = closed,
	    .owner = owner,
	};
	lane_open(&sink->lane, thread, settings + kind->transporting);
}

static double
seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

static void
report_points(const struct ledger *ledger, struct json *json)
{
	json_open_object(json, "points");
	json_uint(json, "offered", ledger->offered);
	json_uint(json, "delivered", ledger->delivered);
	json_uint(json, "queued", ledger->queued);
	json_open_object(json, "dropped");
	json_uint(json, "queue_full", ledger->queue_full);
	json_uint(json, "shutdown", ledger->shutdown);
	json_close_object(json);
	json_close_object(json);
}

void
sink_report(struct sink *sink, struct json *json)
{
	struct lane *lane = &sink->lane;

	json_open_object(json, NULL);
	json_text(json, "name", lane->name);
	json_text(json, "type", sink_variants[sink->entry->variant]->name);
	json_text(json, "address", lane->address);
	json_text(json, "state", lane_states[lane->state]);
	json_number(json, "since", seconds(lane->since_ns));
	if (lane->last_error.len > 0)
		json_bytes(json, "last_error", lane->last_error.bytes, lane->last_error.len);
	else
		json_none(json, "last_error");
	json_text(json, "ack", lane->ack);
	report_points(&lane->ledger, json);
	json_uint(json, "queue_bytes", lane->queue_bytes);
	json_uint(json, "queue_limit_bytes", lane->queue_limit_bytes);
	if (lane->head != NULL)
		json_number(json, "oldest", seconds(lane->head->timestamp_ns));
	else
		json_none(json, "oldest");
	json_close_object(json);
}

void
sink_free(struct sink *sink)
{
	lane_free(&sink->lane);
}
