/* SPDX-License-Identifier: MIT */
/* usage.h -- what the whole daemon may have of what is limited, and has. */

#pragma once

#include "ingest/ingest.h"
#include "sink/egress.h"

/* Any thread: every usage_counter. */
void usage_read(
    const struct ingest *ingest, const struct egress *egress, uint64_t usage_out[USAGE_COUNTERS]);
