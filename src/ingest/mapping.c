/* SPDX-License-Identifier: MIT */
/* mapping.c -- a mapping file of statsd_exporter, as rules.
 *
 * The file is read as strictly as a configuration. Some of its keys are about
 * what a Prometheus client keeps; they are known, and it is said once per key
 * that they change nothing. */

#include "ingest/mapping.h"

#include "base/glob.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "ingest/mapping_settings.h"
#include "metric/kind.h"

#include <math.h>
#include <stdlib.h>

static const enum kind metric_kinds[] = {
    [METRIC_COUNTER] = KIND_COUNTER,
    [METRIC_GAUGE] = KIND_GAUGE,
    [METRIC_OBSERVER] = KIND_TIMER,
};

/* A mapping in the order in which they are tried. */
struct slot {
	struct mapping mapping;
	size_t index; /* in the file, from 0 */
	int kind;
};

struct mapping_file {
	struct conf *conf;
	struct mapping_settings file;
	struct slot *slots;
	size_t count;
};

/* "maps.yaml:3:5: mappings[1].name" */
static void
print_place(const struct conf *conf, const char *path, struct text *out)
{
	conf_origin(conf, path, out);
	text_printf(out, ": %s", path);
}

void
mapping_place(const struct mapping_file *file, size_t i, const char *rule_key, struct text *out)
{
	struct text path = {0};
	const char *key = rule_key;

	if (strcmp(rule_key, "rename") == 0)
		key = "name";
	else if (strcmp(rule_key, "tags") == 0)
		key = "labels";
	else if (strcmp(rule_key, "percentiles") == 0)
		key = "summary_options";
	text_printf(&path, "mappings[%zu].%s", file->slots[i].index + 1, key);
	print_place(file->conf, text_string(&path), out);
	text_fini(&path);
}

/* What is known, and changes nothing here. */
struct idle_key {
	const char *key;
	size_t offset;
	bool is_list;
	const char *why;
};

static const char about_age[] = "percentiles are those of one interval";
static const char about_buckets[] = "there are no buckets of this kind";

static const struct idle_key idle_keys[] = {
    {"ttl", offsetof(struct mapping_entry, ttl), false,
	"`idle` and `forget` say how long series live"},
    {"summary_options.max_age", offsetof(struct mapping_entry, summary.max_age), false, about_age},
    {"summary_options.age_buckets", offsetof(struct mapping_entry, summary.age_buckets), true,
	about_age},
    {"summary_options.buf_cap", offsetof(struct mapping_entry, summary.buf_cap), true, about_age},
    {"histogram_options.buckets", offsetof(struct mapping_entry, histogram.buckets), true,
	about_buckets},
    {"histogram_options.native_histogram_bucket_factor",
	offsetof(struct mapping_entry, histogram.bucket_factor), true, about_buckets},
    {"histogram_options.native_histogram_max_buckets",
	offsetof(struct mapping_entry, histogram.max_buckets), true, about_buckets},
    {"buckets", offsetof(struct mapping_entry, buckets), true, about_buckets},
    {0},
};

static bool
says(const struct mapping_entry *entry, const struct idle_key *idle)
{
	const char *member = (const char *)entry + idle->offset;

	if (idle->is_list)
		return ((const struct item_list *)(const void *)member)->count > 0;
	return **(char *const *)(const void *)member != '\0';
}

static const struct item_list *
quantiles_of(const struct mapping_entry *entry)
{
	return entry->summary.quantiles.count > 0 ? &entry->summary.quantiles : &entry->quantiles;
}

static const char *
quantiles_key(const struct mapping_entry *entry)
{
	return entry->summary.quantiles.count > 0 ? "summary_options.quantiles" : "quantiles";
}

/* Observers are summaries unless somebody says otherwise. */
static const struct item_list *
observer_of(const struct mapping_entry *entry)
{
	return entry->observer_type.count > 0 ? &entry->observer_type : &entry->timer_type;
}

static bool
is_histogram(const struct mapping_entry *entry, const struct mapping_entry *defaults)
{
	const struct item_list *observer = observer_of(entry);

	if (observer->count == 0)
		observer = observer_of(defaults);
	return observer->count > 0 && *(const int *)observer->at == OBSERVER_HISTOGRAM;
}

static bool
says_error(const struct mapping_entry *entry)
{
	const struct item_list *list = quantiles_of(entry);
	const struct mapping_quantile *each = list->at;

	for (size_t i = 0; i < list->count; i++)
		if (each[i].error.count > 0)
			return true;
	return false;
}

static bool
says_histogram(const struct mapping_entry *entry)
{
	const struct item_list *observer = observer_of(entry);

	return observer->count > 0 && *(const int *)observer->at == OBSERVER_HISTOGRAM;
}

/* A warning about a key of the first entry that has it, with how many more
 * there are. */
struct notice {
	const char *key, *sentence;
	char *first; /* "FILE:LINE:COLUMN: path"; NULL: none */
	size_t count;
};

static void
notice_add(struct notice *notice, const struct conf *conf, size_t index)
{
	if (notice->count++ > 0)
		return;
	struct text path = {0}, place = {0};

	if (index == 0)
		text_puts(&path, "defaults");
	else
		text_printf(&path, "mappings[%zu]", index);
	text_printf(&path, ".%s", notice->key);
	print_place(conf, text_string(&path), &place);
	notice->first = mem_copy_text(place.bytes, place.len);
	text_fini(&path);
	text_fini(&place);
}

static void
notice_print(struct notice *notice, struct text *warnings)
{
	if (notice->count == 0)
		return;
	text_printf(warnings, "%s: no effect here", notice->first);
	if (notice->count > 1)
		text_printf(warnings, ", nor in %zu other place%s", notice->count - 1,
		    notice->count > 2 ? "s" : "");
	text_printf(warnings, ": %s\n", notice->sentence);
	free(notice->first);
}

/* The defaults are entry 0, mappings count from 1. */
static const struct mapping_entry *
entry_at(const struct mapping_settings *file, size_t i)
{
	return i == 0 ? &file->defaults : (const struct mapping_entry *)file->mappings.at + (i - 1);
}

static void
warn_of_idle_keys(const struct mapping_file *file, struct text *warnings)
{
	for (const struct idle_key *idle = idle_keys; idle->key != NULL; idle++) {
		struct notice notice = {.key = idle->key, .sentence = idle->why};

		for (size_t i = 0; i <= file->file.mappings.count; i++)
			if (says(entry_at(&file->file, i), idle))
				notice_add(&notice, file->conf, i);
		notice_print(&notice, warnings);
	}
}

/* There they are of all series. */
static void
warn_of_default_quantiles(const struct mapping_file *file, struct text *warnings)
{
	struct text path = {0};

	text_printf(&path, "defaults.%s", quantiles_key(&file->file.defaults));
	print_place(file->conf, text_string(&path), warnings);
	text_puts(
	    warnings, ": these are of what a mapping matches; all else has `timers.percentiles`\n");
	text_fini(&path);
}

/* Keys of which only some values are idle. */
static void
warn_of_idle_values(const struct mapping_file *file, struct text *warnings)
{
	struct notice error = {.sentence = "`timers.error` says how exact a percentile is"};
	struct notice histogram = {.sentence = "a timer has statistics, not buckets"};
	struct notice least = {.sentence = "a quantile of 0 is the statistic lower"};

	for (size_t i = 0; i <= file->file.mappings.count; i++) {
		const struct mapping_entry *entry = entry_at(&file->file, i);
		const struct item_list *list = quantiles_of(entry);
		const struct mapping_quantile *each = list->at;

		if (error.count == 0)
			error.key = quantiles_key(entry);
		if (says_error(entry))
			notice_add(&error, file->conf, i);
		if (histogram.count == 0)
			histogram.key =
			    entry->observer_type.count > 0 ? "observer_type" : "timer_type";
		if (says_histogram(entry))
			notice_add(&histogram, file->conf, i);
		if (least.count == 0)
			least.key = quantiles_key(entry);
		for (size_t q = 0; q < list->count; q++)
			if (each[q].quantile <= 0)
				notice_add(&least, file->conf, i);
	}
	if (quantiles_of(&file->file.defaults)->count > 0)
		warn_of_default_quantiles(file, warnings);
	notice_print(&error, warnings);
	notice_print(&histogram, warnings);
	notice_print(&least, warnings);
}

/* A star stands for one whole component; there is no other wildcard. */
static const char *
glob_form_problem(const char *match)
{
	size_t stars = 0;

	if (match[strcspn(match, "?[]\\")] != '\0')
		return "a glob of a mapping has no wildcard but *";
	for (const char *at = match;; at++) {
		size_t len = strcspn(at, ".");
		bool star = len == 1 && *at == '*';

		if (len == 0)
			return "a component is empty";
		if (!star && memchr(at, '*', len) != NULL)
			return "a * stands for a whole component, from dot to dot";
		stars += star;
		at += len;
		if (*at == '\0')
			return stars > GLOB_STARS ? glob_problem(match) : NULL;
	}
}

/* 0.57 * 100 is not quite 57; nobody means more than ten digits. */
static double
percent_of(double quantile)
{
	return round(quantile * 1e10) / 1e8;
}

static void
take_percentiles(struct mapping *mapping, const struct mapping_entry *entry,
    const struct mapping_entry *defaults)
{
	const struct item_list *list = quantiles_of(entry);
	struct item_list *out = &mapping->rule.percentiles;

	if (list->count == 0 && !is_histogram(entry, defaults))
		list = quantiles_of(defaults);
	if (list->count == 0)
		return;
	const struct mapping_quantile *each = list->at;
	double *percentiles = mem_zero(list->count, sizeof(*percentiles));

	for (size_t i = 0; i < list->count; i++)
		if (percent_of(each[i].quantile) > 0)
			percentiles[out->count++] = percent_of(each[i].quantile);
	out->at = percentiles;
}

static enum match_type
match_type_of(const struct mapping_entry *entry, const struct mapping_entry *defaults)
{
	const struct item_list *said =
	    entry->match_type.count > 0 ? &entry->match_type : &defaults->match_type;

	return said->count > 0 ? (enum match_type) * (const int *)said->at : MATCH_GLOB;
}

/* The slot stays where it is: its rule points into it. */
static void
fill_slot(
    struct slot *slot, const struct mapping_entry *entry, const struct mapping_entry *defaults)
{
	bool drops = entry->action == ACTION_DROP;
	struct rule_settings *rule = &slot->mapping.rule;

	slot->mapping.honor_labels = entry->honor_labels;
	*rule = (struct rule_settings){
	    .match = entry->match,
	    .match_type = (int)match_type_of(entry, defaults),
	    .action = drops ? RULE_DROP : RULE_KEEP,
	    .signed_gauges = SIGNED_LISTENER,
	    .counters = COUNTERS_LISTENER,
	};
	if (entry->metric_type.count > 0) {
		slot->kind = (int)metric_kinds[*(const int *)entry->metric_type.at];
		rule->type = (struct item_list){.count = 1, .at = &slot->kind};
	}
	if (drops) {
		rule->rename = entry->help + strlen(entry->help);
		return;
	}
	rule->rename = entry->name;
	rule->tags = entry->labels;
	take_percentiles(&slot->mapping, entry, defaults);
}

/* Of all that match a name, the first is to be the one with a word where
 * another has a star, the leftmost such place deciding. So words sort before
 * stars, component by component; which words does not matter. */
static int
compare_specific(const char *a, const char *b)
{
	for (;; a++, b++) {
		size_t a_len = strcspn(a, "."), b_len = strcspn(b, ".");

		if ((*a == '*') != (*b == '*'))
			return *a == '*' ? 1 : -1;
		a += a_len;
		b += b_len;
		if (*a == '\0' || *b == '\0')
			return (*a != '\0') - (*b != '\0');
	}
}

static int
compare_slots(const void *left, const void *right, void *arg)
{
	const struct mapping_settings *file = arg;
	const struct slot *a = left, *b = right;
	const struct mapping_entry *x = entry_at(file, a->index + 1),
				   *y = entry_at(file, b->index + 1);
	enum match_type a_type = match_type_of(x, &file->defaults);
	enum match_type b_type = match_type_of(y, &file->defaults);
	int order = 0;

	if (a_type != b_type)
		return a_type == MATCH_GLOB ? -1 : 1;
	if (a_type == MATCH_GLOB && file->defaults.glob_disable_ordering)
		order = compare_specific(x->match, y->match);
	return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static void
fill_slots(struct mapping_file *file, struct text *problems)
{
	const struct mapping_entry *defaults = &file->file.defaults;

	file->count = file->file.mappings.count;
	file->slots = mem_zero(file->count + 1, sizeof(*file->slots));
	for (size_t i = 0; i < file->count; i++)
		file->slots[i].index = i;
	if (file->count > 1)
		qsort_r(file->slots, file->count, sizeof(*file->slots), compare_slots, &file->file);
	for (size_t i = 0; i < file->count; i++) {
		struct slot *slot = &file->slots[i];
		const struct mapping_entry *entry = entry_at(&file->file, slot->index + 1);
		const char *problem = NULL;

		fill_slot(slot, entry, defaults);
		if (slot->mapping.rule.match_type == MATCH_GLOB)
			problem = glob_form_problem(entry->match);
		if (problem != NULL) {
			mapping_place(file, i, "match", problems);
			text_printf(problems, ": %s\n", problem);
		}
	}
}

/* What was read, as rules; takes the conf. */
static struct mapping_file *
make(struct conf *conf, struct text *problems, struct text *warnings)
{
	struct mapping_file *file = mem_zero(1, sizeof(*file));
	size_t before = problems->len;

	file->conf = conf;
	conf_apply(conf, &file->file);
	for (size_t i = 0; i < conf_problem_count(conf); i++)
		text_printf(problems, "%s\n", conf_problem(conf, i));
	if (problems->len == before)
		fill_slots(file, problems);
	if (problems->len == before) {
		warn_of_idle_keys(file, warnings);
		warn_of_idle_values(file, warnings);
		return file;
	}
	mapping_close(file);
	return NULL;
}

struct mapping_file *
mapping_open(const char *path, struct text *problems, struct text *warnings)
{
	struct conf *conf = conf_new(&mapping_file_items);

	conf_read_file(conf, path);
	return make(conf, problems, warnings);
}

struct mapping_file *
mapping_open_text(
    const char *name, const char *bytes, size_t len, struct text *problems, struct text *warnings)
{
	struct conf *conf = conf_new(&mapping_file_items);

	conf_read_text(conf, name, bytes, len);
	return make(conf, problems, warnings);
}

void
mapping_close(struct mapping_file *file)
{
	if (file == NULL)
		return;
	for (size_t i = 0; i < file->count; i++)
		free(file->slots[i].mapping.rule.percentiles.at);
	free(file->slots);
	conf_settings_free(&mapping_file_items, &file->file);
	conf_free(file->conf);
	free(file);
}

size_t
mapping_count(const struct mapping_file *file)
{
	return file->count;
}

const struct mapping *
mapping_at(const struct mapping_file *file, size_t i)
{
	return &file->slots[i].mapping;
}
