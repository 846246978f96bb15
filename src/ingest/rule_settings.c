/* SPDX-License-Identifier: MIT */
/* rule_settings.c -- how rules are written down. */

#include "base/glob.h"
#include "ingest/settings.h"
#include "ingest/template.h"
#include "metric/kind.h"
#include "metric/statistic.h"

/* In the order of their enums. */
static const char *const match_types[] = {"glob", "regex", NULL};
static const char *const kinds[] = {"counter", "gauge", "timer", "set", NULL};
static const char *const actions[] = {"keep", "drop", NULL};
static const char *const signed_gauges[] = {"delta", "absolute", "listener", NULL};
static const char *const counters[] = {"delta", "cumulative", "listener", NULL};

static const struct item rule_table[] = {
    {.key = "include",
	.type = ITEM_STRING,
	.offset = offsetof(struct rule_settings, include),
	.fallback = "\"\"",
	.help = "a statsd_exporter mapping file in place of a rule; where its path is relative, to "
		"the directory the daemon was started in"},
    {.key = "match",
	.type = ITEM_STRING,
	.offset = offsetof(struct rule_settings, match),
	.fallback = "\"\"",
	.help = "the pattern of names, prefix included; a glob must match all of one, and its * "
		"takes dots too"},
    {.key = "match_type",
	.type = ITEM_CHOICE,
	.choices = match_types,
	.offset = offsetof(struct rule_settings, match_type),
	.fallback = "glob",
	.help = "a regex matches anywhere in a name"},
    {.key = "type",
	.type = ITEM_LIST,
	.element = ITEM_CHOICE,
	.choices = kinds,
	.offset = offsetof(struct rule_settings, type),
	.fallback = "[]",
	.help = "series of these types only; empty: of all"},
    {.key = "action",
	.type = ITEM_CHOICE,
	.choices = actions,
	.offset = offsetof(struct rule_settings, action),
	.fallback = "keep",
	.help = "drop refuses what clients send to the series"},
    {.key = "rename",
	.type = ITEM_STRING,
	.offset = offsetof(struct rule_settings, rename),
	.fallback = "\"\"",
	.expand = true,
	.help = "the new name, where $1 or ${1} is what the first star or group took, $$ a dollar"},
    {.key = "tags",
	.type = ITEM_PAIRS,
	.offset = offsetof(struct rule_settings, tags),
	.fallback = "{}",
	.expand = true,
	.help = "on the series, over those of clients; values as in rename, an empty one is none"},
    {.key = "percentiles",
	.type = ITEM_LIST,
	.element = ITEM_NUMBER,
	.offset = offsetof(struct rule_settings, percentiles),
	.fallback = "[]",
	.least = -100,
	.most = 100,
	.most_elements = 16,
	.help = "of timers, for all sinks; empty: as sinks and timers have them"},
    {.key = "statistics",
	.type = ITEM_LIST,
	.element = ITEM_CHOICE,
	.choices = statistic_choices,
	.offset = offsetof(struct rule_settings, statistics),
	.fallback = "[]",
	.help = "of timers, for all sinks; empty: as sinks and timers have them"},
    {.key = "signed_gauges",
	.type = ITEM_CHOICE,
	.choices = signed_gauges,
	.offset = offsetof(struct rule_settings, signed_gauges),
	.fallback = "listener",
	.help = "how +5 and -5 of a gauge are meant; listener: as the listener has it"},
    {.key = "counters",
	.type = ITEM_CHOICE,
	.choices = counters,
	.offset = offsetof(struct rule_settings, counters),
	.fallback = "listener",
	.help = "whether counters come as increments or as running totals"},
    {0},
};

static bool
has_effects(const struct rule_settings *rule, const char **key_out)
{
	const struct {
		const char *key;
		bool given;
	} effects[] = {
	    {"rename", *rule->rename != '\0'},
	    {"tags", rule->tags.count > 0},
	    {"percentiles", rule->percentiles.count > 0},
	    {"statistics", rule->statistics.count > 0},
	    {"signed_gauges", rule->signed_gauges != SIGNED_LISTENER},
	    {"counters", rule->counters != COUNTERS_LISTENER},
	};

	for (size_t i = 0; i < sizeof(effects) / sizeof(*effects); i++) {
		*key_out = effects[i].key;
		if (effects[i].given)
			return true;
	}
	return false;
}

static bool
applies_to(const struct rule_settings *rule, enum kind kind)
{
	const int *types = rule->type.at;
	bool applies = rule->type.count == 0;

	for (size_t i = 0; i < rule->type.count; i++)
		applies |= types[i] == (int)kind;
	return applies;
}

/* An effect on a type that the rule leaves out. */
static const char *
verify_types(const struct rule_settings *rule, const char **key_out)
{
	*key_out = "percentiles";
	if (rule->percentiles.count > 0 && !applies_to(rule, KIND_TIMER))
		return "only timers have them, and `type` leaves timers out";
	*key_out = "statistics";
	if (rule->statistics.count > 0 && !applies_to(rule, KIND_TIMER))
		return "only timers have them, and `type` leaves timers out";
	*key_out = "signed_gauges";
	if (rule->signed_gauges != SIGNED_LISTENER && !applies_to(rule, KIND_GAUGE))
		return "it is about gauges, and `type` leaves gauges out";
	*key_out = "counters";
	if (rule->counters != COUNTERS_LISTENER && !applies_to(rule, KIND_COUNTER))
		return "it is about counters, and `type` leaves counters out";
	return NULL;
}

static const char *
verify_include(const struct rule_settings *rule, const char **key_out)
{
	*key_out = "match";
	if (*rule->match != '\0')
		return "a rule has a match or an include, not both";
	*key_out = "match_type";
	if (rule->match_type != MATCH_GLOB)
		return "the file that is included says this itself";
	*key_out = "type";
	if (rule->type.count > 0)
		return "the file that is included says this itself";
	*key_out = "action";
	if (rule->action != RULE_KEEP)
		return "the file that is included says this itself";
	return has_effects(rule, key_out) ? "the file that is included says this itself" : NULL;
}

static const char *
verify_templates(const struct rule_settings *rule, const char **key_out)
{
	const char *problem;

	*key_out = "rename";
	problem = template_problem(rule->rename);
	if (problem != NULL)
		return problem;
	*key_out = "tags";
	return template_tags_problem(&rule->tags);
}

static const char *
rule_verify(const void *settings, const char **key_out)
{
	const struct rule_settings *rule = settings;
	const char *problem = NULL;

	if (*rule->include != '\0')
		return verify_include(rule, key_out);
	*key_out = NULL;
	if (*rule->match == '\0')
		return "a rule has a match, or an include";
	*key_out = "match";
	if (rule->match_type == MATCH_GLOB)
		problem = glob_problem(rule->match);
	if (problem != NULL)
		return problem;
	if (rule->action == RULE_DROP)
		return has_effects(rule, key_out) ? "a series that is dropped has none" : NULL;
	*key_out = "percentiles";
	problem = statistic_percents_problem(rule->percentiles.at, rule->percentiles.count);
	if (problem == NULL)
		problem = verify_templates(rule, key_out);
	return problem != NULL ? problem : verify_types(rule, key_out);
}

const struct item_table rule_items = {
    .name = "rule",
    .items = rule_table,
    .size = sizeof(struct rule_settings),
    .verify = rule_verify,
};
