/* SPDX-License-Identifier: MIT */
/* status.h -- the state of everything, as one JSON object. */

#pragma once

#include "base/json.h"
#include "flush/flusher.h"
#include "metric/account.h"

/* Where to look. All of it may be read while it runs. */
struct status_sources {
	const char *version;
	int64_t started_ns; /* monotonic */
	const struct ingest *ingest;
	const struct flusher *flusher;
	const struct egress *egress;
};

/* The ledger over all workers and sinks, as counted. While lines come in its
 * sides are read one after the other and may be apart by those that came
 * meanwhile. */
void status_account(const struct status_sources *sources, struct account *account_out);

/* Write its members. sinks: what the egress thread said of them, a JSON array. */
void
status_write(const struct status_sources *sources, const struct text *sinks, struct json *json);
