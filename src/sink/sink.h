/* SPDX-License-Identifier: MIT */
/* sink.h -- a destination: what its entry in the configuration says, its
 * counters, and its lane. */

#pragma once

#include "base/item.h"
#include "base/json.h"
#include "sink/lane.h"

struct sink {
	const struct item_entry *entry; /* of the configuration, outlives the sink */
	struct lane lane;
	counter counters[SINK_COUNTERS]; /* written by the egress thread */
};

void
sink_open(struct sink *sink, struct thread *thread, void (*closed)(struct lane *lane), void *owner);
void sink_report(struct sink *sink, struct json *json);
void sink_free(struct sink *sink);
