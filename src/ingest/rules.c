/* SPDX-License-Identifier: MIT */
/* rules.c -- what the operator wants done with series. */

#include "ingest/rules.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ingest/mapping.h"
#include "ingest/pattern.h"
#include "ingest/shortlist.h"
#include "ingest/template.h"

#include <stdatomic.h>
#include <stdlib.h>

/* How often it is said that patterns take too long. */
#define COMPLAIN_NS (60 * CLOCK_SECOND)

struct rule_tag {
	char *key;
	struct template *value;
};

struct rule {
	struct pattern *pattern;
	char *spelling; /* of the pattern */
	char *file;     /* NULL: the configuration's own */
	bool is_regex;
	uint32_t kinds; /* bits */
	bool drops;
	struct template *rename; /* NULL: keeps its name */
	struct rule_tag *tags;
	size_t tag_count;
	enum tag_strength strength;
	int signed_gauges, counters;
	uint16_t plan;
};

struct plan {
	struct rule_plan plan;
	double *percentiles; /* its own */
};

struct rules {
	struct rule *rule;
	size_t count, cap;
	struct plan *plans;
	size_t plan_count, plan_cap;
	struct shortlist *shortlist;
};

struct rules_room {
	struct pattern_room *pattern;
	struct glob_part *parts; /* what the groups of the rule that was found took */
	struct text text;
};

/* What is wrong with a rule, and which of its keys says so. */
struct complaint {
	const char *key;
	struct text sentence;
};

static bool
same_plan(const struct rule_plan *a, const struct rule_plan *b)
{
	if (a->statistics != b->statistics || a->percentile_count != b->percentile_count)
		return false;
	for (size_t i = 0; i < a->percentile_count; i++)
		if (a->percentiles[i] < b->percentiles[i] || a->percentiles[i] > b->percentiles[i])
			return false;
	return true;
}

static bool
compile_plan(struct rules *rules, struct rule *rule, const struct rule_settings *settings,
    struct complaint *complaint)
{
	struct rule_plan plan = {
	    .percentiles = settings->percentiles.at,
	    .percentile_count = settings->percentiles.count,
	    .statistics = statistic_set(settings->statistics.at, settings->statistics.count),
	};

	if (plan.percentile_count == 0 && plan.statistics == 0)
		return true;
	size_t i = 0;

	while (i < rules->plan_count && !same_plan(&rules->plans[i].plan, &plan))
		i++;
	if (i == UINT16_MAX) {
		complaint->key = "percentiles";
		text_printf(&complaint->sentence,
		    "there are more than %u different sets of percentiles and statistics",
		    UINT16_MAX);
		return false;
	}
	rule->plan = (uint16_t)(i + 1);
	if (i < rules->plan_count)
		return true;
	double *copy = mem_zero(plan.percentile_count + 1, sizeof(*copy));

	for (size_t p = 0; p < plan.percentile_count; p++)
		copy[p] = plan.percentiles[p];
	plan.percentiles = copy;
	rules->plans = mem_room(rules->plans, i, &rules->plan_cap, sizeof(*rules->plans));
	rules->plans[rules->plan_count++] = (struct plan){.plan = plan, .percentiles = copy};
	return true;
}

static bool
compile_rename(struct rule *rule, const struct rule_settings *settings, struct complaint *complaint)
{
	if (*settings->rename == '\0')
		return true;
	complaint->key = "rename";
	rule->rename = template_new(settings->rename, rule->pattern, &complaint->sentence);
	return rule->rename != NULL;
}

static bool
compile_tags(struct rule *rule, const struct rule_settings *settings, struct complaint *complaint)
{
	const struct item_pairs *pairs = &settings->tags;

	complaint->key = "tags";
	rule->tags = mem_zero(pairs->count + 1, sizeof(*rule->tags));
	for (size_t i = 0; i < pairs->count; i++) {
		struct template *value =
		    template_new(pairs->at[i].value, rule->pattern, &complaint->sentence);

		if (value == NULL)
			return false;
		rule->tags[rule->tag_count++] = (struct rule_tag){
		    .key = mem_copy_text(pairs->at[i].key, strlen(pairs->at[i].key)),
		    .value = value,
		};
	}
	return true;
}

/* Compile settings into a new rule, that of a mapping file or not. */
static bool
compile_rule(struct rules *rules, const struct rule_settings *settings, const char *file,
    struct complaint *complaint)
{
	rules->rule = mem_room(rules->rule, rules->count, &rules->cap, sizeof(*rules->rule));
	struct rule *rule = &rules->rule[rules->count++];
	const int *kinds = settings->type.at;

	*rule = (struct rule){
	    .spelling = mem_copy_text(settings->match, strlen(settings->match)),
	    .file = file != NULL ? mem_copy_text(file, strlen(file)) : NULL,
	    .is_regex = settings->match_type == MATCH_REGEX,
	    .drops = settings->action == RULE_DROP,
	    .strength = TAG_STRONG,
	    .signed_gauges = settings->signed_gauges,
	    .counters = settings->counters,
	};
	for (size_t i = 0; i < settings->type.count; i++)
		rule->kinds |= UINT32_C(1) << kinds[i];
	if (settings->type.count == 0)
		rule->kinds = (UINT32_C(1) << KINDS) - 1;
	complaint->key = "match";
	rule->pattern = pattern_new((enum match_type)settings->match_type, file != NULL,
	    settings->match, &complaint->sentence);
	return rule->pattern != NULL && compile_rename(rule, settings, complaint) &&
	    compile_tags(rule, settings, complaint) &&
	    compile_plan(rules, rule, settings, complaint);
}

static void
compile_own(
    struct rules *rules, const struct rule_settings *settings, size_t number, struct text *problems)
{
	struct complaint complaint = {0};

	if (!compile_rule(rules, settings, NULL, &complaint))
		text_printf(problems, "rules[%zu].%s: %s\n", number, complaint.key,
		    text_string(&complaint.sentence));
	text_fini(&complaint.sentence);
}

static void
compile_file(struct rules *rules, const char *path, struct text *problems, struct text *warnings)
{
	struct mapping_file *file = mapping_open(path, problems, warnings);

	if (file == NULL)
		return;
	for (size_t i = 0; i < mapping_count(file); i++) {
		const struct mapping *mapping = mapping_at(file, i);
		struct complaint complaint = {0};
		bool good = compile_rule(rules, &mapping->rule, path, &complaint);

		if (mapping->honor_labels)
			rules->rule[rules->count - 1].strength = TAG_WEAK;
		if (!good) {
			mapping_place(file, i, complaint.key, problems);
			text_printf(problems, ": %s\n", text_string(&complaint.sentence));
		}
		text_fini(&complaint.sentence);
	}
	mapping_close(file);
}

static void
make_shortlist(struct rules *rules)
{
	struct beginning *beginnings = mem_zero(rules->count + 1, sizeof(*beginnings));

	for (size_t i = 0; i < rules->count; i++)
		beginnings[i].at = pattern_prefix(rules->rule[i].pattern, &beginnings[i].len);
	rules->shortlist = shortlist_new(beginnings, rules->count);
	free(beginnings);
}

struct rules *
rules_new(const struct item_list *settings, struct text *problems, struct text *warnings)
{
	struct rules *rules = mem_zero(1, sizeof(*rules));
	const struct rule_settings *each = settings->at;
	size_t before = problems->len;

	for (size_t i = 0; i < settings->count; i++) {
		if (*each[i].include != '\0')
			compile_file(rules, each[i].include, problems, warnings);
		else
			compile_own(rules, &each[i], i + 1, problems);
	}
	if (problems->len == before) {
		make_shortlist(rules);
		return rules;
	}
	rules_free(rules);
	return NULL;
}

static void
rule_fini(struct rule *rule)
{
	pattern_free(rule->pattern);
	template_free(rule->rename);
	for (size_t i = 0; i < rule->tag_count; i++) {
		free(rule->tags[i].key);
		template_free(rule->tags[i].value);
	}
	free(rule->tags);
	free(rule->spelling);
	free(rule->file);
}

void
rules_free(struct rules *rules)
{
	if (rules == NULL)
		return;
	for (size_t i = 0; i < rules->count; i++)
		rule_fini(&rules->rule[i]);
	for (size_t i = 0; i < rules->plan_count; i++)
		free(rules->plans[i].percentiles);
	shortlist_free(rules->shortlist);
	free(rules->plans);
	free(rules->rule);
	free(rules);
}

struct rules_room *
rules_room_new(const struct rules *rules)
{
	struct rules_room *room = mem_zero(1, sizeof(*room));
	size_t groups = 0;

	for (size_t i = 0; i < rules->count; i++)
		if (pattern_groups(rules->rule[i].pattern) > groups)
			groups = pattern_groups(rules->rule[i].pattern);
	room->pattern = pattern_room_new(groups);
	room->parts = mem_zero(groups + 1, sizeof(*room->parts));
	return room;
}

void
rules_room_free(struct rules_room *room)
{
	if (room == NULL)
		return;
	pattern_room_free(room->pattern);
	free(room->parts);
	text_fini(&room->text);
	free(room);
}

/* Clients choose names, so this may come as often as they like. */
static void
complain_of_effort(const struct rules *rules, size_t rule, const char *name, size_t len)
{
	static _Atomic int64_t silent_until; /* relaxed: a line too many does no harm */
	int64_t now = clock_mono_ns();
	int64_t until = atomic_load_explicit(&silent_until, memory_order_relaxed);

	if (now < until ||
	    !atomic_compare_exchange_strong_explicit(&silent_until, &until, now + COMPLAIN_NS,
		memory_order_relaxed, memory_order_relaxed))
		return;
	struct text what = {0};

	rules_describe(rules, rule, &what);
	log_warn("rule %zu, %s, gave up on the name \"%.*s\": too many steps, counted as no match",
	    rule, text_string(&what), len < 100 ? (int)len : 100, name);
	text_fini(&what);
}

/* Where it does, what its groups took is kept in the room. */
static bool
rule_matches(const struct rules *rules, size_t i, struct rules_room *room, enum kind kind,
    const struct text *name)
{
	const struct rule *rule = &rules->rule[i];
	enum pattern_outcome outcome = PATTERN_DIFFERS;

	if ((rule->kinds >> kind & 1) != 0)
		outcome = pattern_match(rule->pattern, room->pattern, name->bytes, name->len);
	if (outcome == PATTERN_GAVE_UP)
		complain_of_effort(rules, i + 1, name->bytes, name->len);
	if (outcome != PATTERN_MATCHES)
		return false;
	memcpy(room->parts, pattern_parts(room->pattern),
	    (1 + pattern_groups(rule->pattern)) * sizeof(*room->parts));
	return true;
}

/* The first rule that matches, from 0; or as many as there are. Each that
 * matches comes before those that did so far, so the last one found is it. */
static size_t
find_rule(
    const struct rules *rules, struct rules_room *room, enum kind kind, const struct text *name)
{
	const struct shortlist *list = rules->shortlist;
	size_t best = rules->count;

	for (size_t run = shortlist_first(list, name->bytes, name->len); run != SHORTLIST_END;
	     run = shortlist_next(list, run)) {
		size_t count;
		const size_t *patterns = shortlist_run(list, run, &count);

		for (size_t i = 0; i < count && patterns[i] < best; i++)
			if (rule_matches(rules, patterns[i], room, kind, name))
				best = patterns[i];
	}
	return best;
}

/* A tag of which nothing is left has no value, and is none. */
static enum reason
add_tags(const struct rule *rule, struct rules_room *room,
    const struct canonical_rules *canonical_rules, struct canonical *canonical)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < rule->tag_count && reason == REASON_NONE; i++) {
		const struct rule_tag *tag = &rule->tags[i];

		text_reset(&room->text);
		template_fill(tag->value, room->parts, &room->text);
		if (room->text.len > 0)
			reason = canonical_add_tag(canonical_rules, canonical, tag->key,
			    strlen(tag->key), room->text.bytes, room->text.len, rule->strength);
	}
	return reason;
}

static enum reason
rename_series(const struct rule *rule, struct rules_room *room, struct canonical *canonical)
{
	if (rule->rename == NULL)
		return REASON_NONE;
	text_reset(&room->text);
	template_fill(rule->rename, room->parts, &room->text);
	if (room->text.len == 0)
		return REASON_BAD_NAME;
	canonical_rename(canonical, room->text.bytes, room->text.len);
	return canonical->name.len > 0 ? REASON_NONE : REASON_BAD_NAME;
}

enum reason
rules_apply(const struct rules *rules, struct rules_room *room,
    const struct canonical_rules *canonical_rules, enum kind kind, struct canonical *canonical,
    struct ruling *ruling_out)
{
	size_t found = find_rule(rules, room, kind, &canonical->name);

	*ruling_out = (struct ruling){
	    .signed_gauges = SIGNED_LISTENER,
	    .counters = COUNTERS_LISTENER,
	};
	if (found == rules->count)
		return REASON_NONE;
	const struct rule *rule = &rules->rule[found];

	*ruling_out = (struct ruling){
	    .rule = found + 1,
	    .signed_gauges = rule->signed_gauges,
	    .counters = rule->counters,
	    .plan = rule->plan,
	};
	if (rule->drops)
		return REASON_RULE;
	enum reason reason = add_tags(rule, room, canonical_rules, canonical);

	return reason != REASON_NONE ? reason : rename_series(rule, room, canonical);
}

void
rules_describe(const struct rules *rules, size_t rule, struct text *out)
{
	CHECK(rule >= 1 && rule <= rules->count);
	const struct rule *which = &rules->rule[rule - 1];

	text_printf(out, "%s %s", which->is_regex ? "regex" : "glob", which->spelling);
	if (which->file != NULL)
		text_printf(out, " of %s", which->file);
}

size_t
rules_plans(const struct rules *rules)
{
	return rules->plan_count;
}

const struct rule_plan *
rules_plan(const struct rules *rules, uint16_t plan)
{
	CHECK(plan >= 1 && plan <= rules->plan_count);
	return &rules->plans[plan - 1].plan;
}
