/* SPDX-License-Identifier: MIT */
/* terms.c -- what is asked of timers. */

#include "flush/terms.h"

#include "base/mem.h"
#include "sink/egress.h"

#include <stdlib.h>
#include <string.h>

/* While terms are gathered. */
struct gathering {
	struct plan_terms *plan;
	const double *usual;
	size_t usual_count;
};

static bool
is_usual(const struct gathering *gathering, double percent)
{
	for (size_t i = 0; i < gathering->usual_count; i++)
		if (gathering->usual[i] == percent)
			return true;
	return false;
}

static void
want(void *arg, const struct percentile *percentile)
{
	const struct gathering *gathering = arg;
	struct plan_terms *plan = gathering->plan;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->term[i].asked.percent == percentile->percent &&
		    plan->term[i].asked.rule == percentile->rule)
			return;
	plan->term = mem_room(plan->term, plan->count, &plan->cap, sizeof(*plan->term));
	plan->term[plan->count++] =
	    (struct term){*percentile, is_usual(gathering, percentile->percent)};
}

/* By StatsD's rule, of a sink that takes timers as they are. */
static void
want_usual(struct gathering *gathering)
{
	for (size_t i = 0; i < gathering->usual_count; i++)
		want(gathering, &(struct percentile){gathering->usual[i], RANK_STATSD});
}

/* What all sinks need; ruled: of these percentiles, whatever a sink's own. */
static void
gather(struct plan_terms *plan, const struct item_list *usual, bool ruled,
    const struct item_map *sinks)
{
	struct gathering gathering = {plan, usual->at, usual->count};
	const struct naming_choice rule = {.percentiles = *usual};

	for (size_t i = 0; i < sinks->count; i++) {
		const struct naming_choice *choice;
		const struct naming *naming = sink_naming(&sinks->at[i], &choice);

		if (naming == NULL)
			want_usual(&gathering);
		else
			naming_wants(naming, ruled ? &rule : choice, usual, want, &gathering);
	}
}

/* Of series that a rule has a plan for. */
static void
gather_ruled(struct plan_terms *plan, const struct rule_plan *rule,
    const struct timers_settings *timers, const struct item_map *sinks)
{
	struct item_list percentiles = {.count = rule->percentile_count};

	if (rule->statistics != 0) {
		plan->ruled_statistics = true;
		plan->statistics = rule->statistics;
	}
	if (percentiles.count == 0) {
		gather(plan, &timers->percentiles, false, sinks);
		return;
	}
	percentiles.at = mem_alloc(percentiles.count * sizeof(*rule->percentiles));
	memcpy(percentiles.at, rule->percentiles, percentiles.count * sizeof(*rule->percentiles));
	plan->ruled_percentiles = true;
	gather(plan, &percentiles, true, sinks);
	free(percentiles.at);
}

void
terms_init(struct terms *terms, const struct timers_settings *timers, const struct item_map *sinks,
    const struct rules *rules)
{
	statistic_mask statistics = statistic_set(timers->statistics.at, timers->statistics.count);

	terms->count = 1 + (rules != NULL ? rules_plans(rules) : 0);
	terms->plan = mem_zero(terms->count, sizeof(*terms->plan));
	for (size_t i = 0; i < terms->count; i++)
		terms->plan[i].statistics = statistics;
	gather(&terms->plan[0], &timers->percentiles, false, sinks);
	for (size_t i = 1; i < terms->count; i++)
		gather_ruled(&terms->plan[i], rules_plan(rules, (uint16_t)i), timers, sinks);
}

void
terms_fini(struct terms *terms)
{
	for (size_t i = 0; i < terms->count; i++)
		free(terms->plan[i].term);
	free(terms->plan);
}
