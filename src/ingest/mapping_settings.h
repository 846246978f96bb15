/* SPDX-License-Identifier: MIT */
/* mapping_settings.h -- what a mapping file of statsd_exporter can say.
 *
 * What may be left out is a list of at most one here: that tells apart what
 * was said and what was not. */

#pragma once

#include "base/item.h"

enum mapping_observer { OBSERVER_SUMMARY, OBSERVER_HISTOGRAM };
enum mapping_metric { METRIC_COUNTER, METRIC_GAUGE, METRIC_OBSERVER };
enum mapping_action { ACTION_MAP, ACTION_DROP };

struct mapping_quantile {
	double quantile;
	struct item_list error;
};

struct mapping_summary {
	struct item_list quantiles; /* of struct mapping_quantile */
	char *max_age;
	struct item_list age_buckets, buf_cap;
};

struct mapping_histogram {
	struct item_list buckets, bucket_factor, max_buckets;
};

/* One mapping, or the defaults of all. */
struct mapping_entry {
	struct item_list observer_type, timer_type, match_type;
	char *ttl;
	struct mapping_summary summary;
	struct mapping_histogram histogram;
	struct item_list buckets, quantiles; /* where they once stood */
	bool glob_disable_ordering;          /* of the defaults */

	char *match, *name, *help; /* these of a mapping */
	struct item_pairs labels;
	bool honor_labels;
	int action;
	struct item_list metric_type;
	double scale;
};

struct mapping_settings {
	struct mapping_entry defaults;
	struct item_list mappings; /* of struct mapping_entry */
};

extern const struct item_table mapping_file_items; /* of struct mapping_settings */
