/* SPDX-License-Identifier: MIT */
/* terms.h -- what is asked of timers: the union of what all sinks need, so
 * that it is computed once; and for series that a rule has a plan for, what
 * the rule wants. Made at the start, then only read. */

#pragma once

#include "flush/settings.h"
#include "ingest/rules.h"
#include "metric/row.h"

/* A percentile that somebody wants. */
struct term {
	struct percentile asked;
	bool usual; /* one of timers.percentiles, or of the rule's */
};

/* What is asked of the timers of one plan. */
struct plan_terms {
	bool ruled_percentiles, ruled_statistics;
	statistic_mask statistics;
	struct term *term;
	size_t count, cap;
};

struct terms {
	struct plan_terms *plan; /* by series' plan; [0] is of no rule */
	size_t count;
};

/* rules may be NULL. */
void terms_init(struct terms *terms, const struct timers_settings *timers,
    const struct item_map *sinks, const struct rules *rules);
void terms_fini(struct terms *terms);
