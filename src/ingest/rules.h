/* SPDX-License-Identifier: MIT */
/* rules.h -- what the operator wants done with series, by their names: the
 * first rule that matches decides, once, at the first sight of a spelling in
 * a worker.
 *
 * A rule sees the canonical name, the listener's prefix included, without
 * tags. Rules are compiled at the start, immutable, and shared by all
 * threads. */

#pragma once

#include "ingest/settings.h"
#include "metric/statistic.h"
#include "parse/canonical.h"

struct rules;

/* What a matching rule wants beyond name and tags. */
struct ruling {
	size_t rule;       /* from 1, in order; 0: none matched */
	int signed_gauges; /* enum signed_gauges */
	int counters;      /* enum counters */
	uint16_t plan;     /* 0: none */
};

/* What a rule wants of a timer's statistics. */
struct rule_plan {
	const double *percentiles;
	size_t percentile_count;   /* 0: as elsewhere */
	statistic_mask statistics; /* 0: as elsewhere */
};

/* Compile. Files of `include` are read now. Returns NULL and, one to a line in
 * *problems, sentences if something is wrong: "rules[2].match: ..." (counted
 * from 1), or of a file "FILE:LINE:COLUMN: mappings[3].name: ...". What is
 * accepted but has no effect here (a mapping's ttl, say) goes to *warnings,
 * likewise. */
struct rules *
rules_new(const struct item_list *settings, struct text *problems, struct text *warnings);
void rules_free(struct rules *rules);

/* Of a thread: what matching needs. */
struct rules_room;
struct rules_room *rules_room_new(const struct rules *rules);
void rules_room_free(struct rules_room *room);

/* Apply the first rule that matches to the name and tags in canonical, which
 * has been made and not finished. REASON_RULE: it drops the series;
 * REASON_BAD_NAME: nothing of the name is left; or why a tag is refused. */
enum reason rules_apply(const struct rules *rules, struct rules_room *room,
    const struct canonical_rules *canonical_rules, enum kind kind, struct canonical *canonical,
    struct ruling *ruling_out);

/* How a rule reads, for people: "glob web.*.load", "regex ^a$ of maps.yaml". */
void rules_describe(const struct rules *rules, size_t rule, struct text *out);

/* The plan of a ruling, 1 to rules_plans(). */
size_t rules_plans(const struct rules *rules);
const struct rule_plan *rules_plan(const struct rules *rules, uint16_t plan);
