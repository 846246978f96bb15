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

const struct naming *
sink_naming(const struct item_entry *sink, const struct naming_choice **choice_out)
{
	const struct sink_kind *kind = &sink_kinds[sink->variant];

	*choice_out = NULL;
	if (kind->encoder->naming == NULL)
		return NULL;
	return kind->encoder->naming((const char *)sink->settings + kind->encoding, choice_out);
}

bool
sink_kinds_clash(const struct item_map *sinks)
{
	for (size_t i = 0; i < sinks->count; i++) {
		const struct naming_choice *choice;
		const struct naming *naming = sink_naming(&sinks->at[i], &choice);

		if (naming != NULL && !naming_tells_kinds_apart(naming))
			return true;
	}
	return false;
}

static double
seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

/* A moment that a counter keeps; null: never. */
static void
report_moment(struct json *json, const char *key, const counter *at)
{
	uint64_t moment = counter_get(at);

	if (moment > 0)
		json_uint(json, key, moment);
	else
		json_none(json, key);
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
	report_moment(json, "last_error_at", &sink->counters[SINK_LAST_ERROR]);
	report_moment(json, "last_delivery_at", &sink->counters[SINK_LAST_DELIVERY]);
	json_text(json, "ack", lane->ack);
	report_points(&lane->ledger, json);
	json_number(json, "flush_seconds",
	    seconds((int64_t)counter_get(&sink->counters[SINK_FLUSH_TIME_NS])));
	json_uint(json, "flush_bytes", counter_get(&sink->counters[SINK_FLUSH_BYTES]));
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
