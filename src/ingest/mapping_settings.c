/* SPDX-License-Identifier: MIT */
/* mapping_settings.c -- what a mapping file of statsd_exporter can say. */

#include "ingest/mapping_settings.h"

#include "ingest/template.h"

static const char *const observer_types[] = {"summary", "histogram", NULL};
static const char *const match_types[] = {"glob", "regex", NULL}; /* enum match_type */
static const char *const metric_types[] = {"counter", "gauge", "observer", NULL};
static const char *const actions[] = {"map", "drop", NULL};

#define OPTIONAL(name, element_type, member)                                       \
	.key = name, .type = ITEM_LIST, .element = element_type, .offset = member, \
	.fallback = "[]", .most_elements = 1

static const struct item quantile_table[] = {
    {.key = "quantile",
	.type = ITEM_NUMBER,
	.offset = offsetof(struct mapping_quantile, quantile),
	.least = 0,
	.most = 1},
    {OPTIONAL("error", ITEM_NUMBER, offsetof(struct mapping_quantile, error))},
    {0},
};

static const struct item_table quantile_items = {
    .name = "quantile", .items = quantile_table, .size = sizeof(struct mapping_quantile)};

/* As many as a rule may have percentiles. */
#define QUANTILES(member)                                                               \
	.key = "quantiles", .type = ITEM_LIST, .element = ITEM_BLOCK, .offset = member, \
	.block = &quantile_items, .fallback = "[]", .most_elements = 16

#define BUCKETS(member)                                                                \
	.key = "buckets", .type = ITEM_LIST, .element = ITEM_NUMBER, .offset = member, \
	.fallback = "[]"

static const struct item summary_table[] = {
    {QUANTILES(offsetof(struct mapping_summary, quantiles))},
    {.key = "max_age",
	.type = ITEM_STRING,
	.offset = offsetof(struct mapping_summary, max_age),
	.fallback = "\"\""},
    {OPTIONAL("age_buckets", ITEM_INT, offsetof(struct mapping_summary, age_buckets))},
    {OPTIONAL("buf_cap", ITEM_INT, offsetof(struct mapping_summary, buf_cap))},
    {0},
};

static const struct item_table summary_items = {
    .name = "summary_options", .items = summary_table, .size = sizeof(struct mapping_summary)};

static const struct item histogram_table[] = {
    {BUCKETS(offsetof(struct mapping_histogram, buckets))},
    {OPTIONAL("native_histogram_bucket_factor", ITEM_NUMBER,
	offsetof(struct mapping_histogram, bucket_factor))},
    {OPTIONAL(
	"native_histogram_max_buckets", ITEM_INT, offsetof(struct mapping_histogram, max_buckets))},
    {0},
};

static const struct item_table histogram_items = {.name = "histogram_options",
    .items = histogram_table,
    .size = sizeof(struct mapping_histogram)};

/* What a mapping says, or else the defaults. */
/* clang-format off */
#define SHARED_ITEMS                                                                       \
	{OPTIONAL("observer_type", ITEM_CHOICE, offsetof(struct mapping_entry, observer_type)),    \
	 .choices = observer_types},                                                       \
	{OPTIONAL("timer_type", ITEM_CHOICE, offsetof(struct mapping_entry, timer_type)),          \
	 .choices = observer_types},                                                       \
	{OPTIONAL("match_type", ITEM_CHOICE, offsetof(struct mapping_entry, match_type)),          \
	 .choices = match_types},                                                          \
	{.key = "ttl", .type = ITEM_STRING, .offset = offsetof(struct mapping_entry, ttl),         \
	 .fallback = "\"\""},                                                              \
	{.key = "summary_options", .type = ITEM_BLOCK, .block = &summary_items,            \
	 .offset = offsetof(struct mapping_entry, summary)},                                       \
	{.key = "histogram_options", .type = ITEM_BLOCK, .block = &histogram_items,        \
	 .offset = offsetof(struct mapping_entry, histogram)},                                     \
	{BUCKETS(offsetof(struct mapping_entry, buckets))},                                        \
	{QUANTILES(offsetof(struct mapping_entry, quantiles))}
/* clang-format on */

static const struct item defaults_table[] = {
    SHARED_ITEMS,
    {.key = "glob_disable_ordering",
	.type = ITEM_BOOL,
	.offset = offsetof(struct mapping_entry, glob_disable_ordering),
	.fallback = "false"},
    {0},
};

static const struct item_table defaults_items = {
    .name = "defaults", .items = defaults_table, .size = sizeof(struct mapping_entry)};

static const struct item mapping_table[] = {
    {.key = "match", .type = ITEM_STRING, .offset = offsetof(struct mapping_entry, match)},
    {.key = "name",
	.type = ITEM_STRING,
	.offset = offsetof(struct mapping_entry, name),
	.fallback = "\"\""},
    {.key = "labels",
	.type = ITEM_PAIRS,
	.offset = offsetof(struct mapping_entry, labels),
	.fallback = "{}"},
    {.key = "honor_labels",
	.type = ITEM_BOOL,
	.offset = offsetof(struct mapping_entry, honor_labels),
	.fallback = "false"},
    {.key = "help",
	.type = ITEM_STRING,
	.offset = offsetof(struct mapping_entry, help),
	.fallback = "\"\""},
    {.key = "action",
	.type = ITEM_CHOICE,
	.choices = actions,
	.offset = offsetof(struct mapping_entry, action),
	.fallback = "map"},
    {OPTIONAL("match_metric_type", ITEM_CHOICE, offsetof(struct mapping_entry, metric_type)),
	.choices = metric_types},
    {.key = "scale",
	.type = ITEM_NUMBER,
	.offset = offsetof(struct mapping_entry, scale),
	.fallback = "1"},
    SHARED_ITEMS,
    {0},
};

static const char *
mapping_verify(const void *settings, const char **key_out)
{
	const struct mapping_entry *entry = settings;

	*key_out = "scale";
	if (entry->scale < 1 || entry->scale > 1)
		return "values are not scaled here; take it out, and scale where they are read";
	*key_out = "match";
	if (*entry->match == '\0')
		return "an empty match says nothing";
	*key_out = "labels";
	if (entry->action == ACTION_DROP)
		return entry->labels.count > 0 ? "a series that is dropped has none" : NULL;
	const char *problem = template_tags_problem(&entry->labels);

	if (problem != NULL)
		return problem;
	*key_out = "name";
	if (*entry->name == '\0')
		return "a mapping that does not drop gives a name";
	return template_problem(entry->name);
}

static const struct item_table mapping_items = {
    .name = "mapping",
    .items = mapping_table,
    .size = sizeof(struct mapping_entry),
    .verify = mapping_verify,
};

static const struct item file_table[] = {
    {.key = "defaults",
	.type = ITEM_BLOCK,
	.block = &defaults_items,
	.offset = offsetof(struct mapping_settings, defaults)},
    {.key = "mappings",
	.type = ITEM_LIST,
	.element = ITEM_BLOCK,
	.block = &mapping_items,
	.offset = offsetof(struct mapping_settings, mappings),
	.fallback = "[]"},
    {0},
};

const struct item_table mapping_file_items = {
    .name = "mapping file", .items = file_table, .size = sizeof(struct mapping_settings)};
