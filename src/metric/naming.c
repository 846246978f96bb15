/* SPDX-License-Identifier: MIT */
/* naming.c -- what a statistic of a series is called. */

#include "metric/naming.h"

#include "base/check.h"
#include "base/number.h"
#include "base/utf8.h"
#include "metric/scheme.h"

#include <math.h>

/* Indexes are those of enum naming_scheme. */
static const char *const scheme_choices[] = {
    "statsd", "statsd-legacy", "statsite", "brubeck", "plain", NULL};

#define COMPONENT(member, text, words)                                                          \
	{                                                                                       \
		.key = #member, .type = ITEM_STRING, .offset = offsetof(struct naming, member), \
		.fallback = text, .help = words,                                                \
	}

static const struct item naming_table[] = {
    {.key = "scheme",
	.type = ITEM_CHOICE,
	.choices = scheme_choices,
	.offset = offsetof(struct naming, scheme),
	.fallback = "statsd",
	.help = "statsd: StatsD's with legacyNamespace: false | statsd-legacy: its own default | "
		"statsite | brubeck | plain"},
    {.key = "prefix",
	.type = ITEM_STRING,
	.offset = offsetof(struct naming, prefix),
	.fallback = SCHEME_AUTO,
	.expand = true,
	.help = "first component of every name but in statsd-legacy; auto: stats in scheme statsd, "
		"else none; empty: none"},
    COMPONENT(counters, SCHEME_AUTO,
	"second component of a counter's names, schemes statsd and statsite; auto: counters, in "
	"statsite counts"),
    COMPONENT(timers, "timers", "of a timer's"),
    COMPONENT(gauges, "gauges", "of a gauge's"),
    COMPONENT(sets, "sets", "of a set's"),
    {.key = "suffix",
	.type = ITEM_STRING,
	.offset = offsetof(struct naming, suffix),
	.fallback = "\"\"",
	.expand = true,
	.help = "last component of every name; empty: none"},
    {.key = "counts",
	.type = ITEM_BOOL,
	.offset = offsetof(struct naming, counts),
	.fallback = "true",
	.help = "send what a counter counted in the interval"},
    {.key = "rates",
	.type = ITEM_BOOL,
	.offset = offsetof(struct naming, rates),
	.fallback = "true",
	.help = "send what a counter counted per second; schemes statsite and brubeck never do"},
    {0},
};

bool
naming_is_component(const char *bytes, bool may_be_empty)
{
	size_t len = strlen(bytes);

	if (len == 0)
		return may_be_empty;
	if (len > NAMING_COMPONENT_MOST || bytes[0] == '.' || bytes[len - 1] == '.' ||
	    strstr(bytes, "..") != NULL || !utf8_valid(bytes, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] <= ' ' || bytes[i] == 0x7f || bytes[i] == ';')
			return false;
	return true;
}

static const char *
naming_verify(const void *at, const char **key_out)
{
	const struct naming *naming = at;
	const struct {
		const char *key, *value;
	} components[] = {
	    {"prefix", naming->prefix},
	    {"counters", naming->counters},
	    {"timers", naming->timers},
	    {"gauges", naming->gauges},
	    {"sets", naming->sets},
	    {"suffix", naming->suffix},
	};

	for (size_t i = 0; i < sizeof(components) / sizeof(*components); i++) {
		*key_out = components[i].key;
		if (!naming_is_component(components[i].value, true))
			return NAMING_COMPONENT_RULE;
	}
	return NULL;
}

const struct item_table naming_items = {
    .name = "names",
    .items = naming_table,
    .size = sizeof(struct naming),
    .short_key = "scheme",
    .verify = naming_verify,
};

enum rank_rule
naming_rank_rule(const struct naming *naming)
{
	return scheme_of(naming)->rule;
}

const char *
naming_choice_problem(
    const struct naming *naming, const struct naming_choice *choice, const char **key_out)
{
	const double *percents = choice->percentiles.at;

	*key_out = "percentiles";
	for (size_t i = 0; i < choice->percentiles.count; i++)
		if (!scheme_has_percent(naming, percents[i]))
			return "percentiles counted from the top are StatsD's: "
			       "schemes statsite and brubeck have none";
	return statistic_percents_problem(percents, choice->percentiles.count);
}

void
naming_wants(const struct naming *naming, const struct naming_choice *choice,
    const struct item_list *usual, void (*want)(void *arg, const struct percentile *percentile),
    void *arg)
{
	const double *percents;
	size_t count = scheme_percents(naming, choice, &percents);
	struct percentile percentile = {.rule = naming_rank_rule(naming)};
	bool needs_median = percentile.rule == RANK_BRUBECK;

	if (count == 0) {
		percents = usual->at;
		count = usual->count;
	}
	for (size_t i = 0; i < count; i++) {
		if (!scheme_has_percent(naming, percents[i]))
			continue;
		percentile.percent = percents[i];
		needs_median = needs_median && percents[i] != 50;
		want(arg, &percentile);
	}
	percentile.percent = 50;
	if (needs_median)
		want(arg, &percentile);
}

bool
naming_tells_kinds_apart(const struct naming *naming)
{
	switch ((enum naming_scheme)naming->scheme) {
	case NAMING_STATSD: return strcmp(naming->timers, naming->sets) != 0;
	case NAMING_STATSD_LEGACY: return true;
	case NAMING_STATSITE: return strcmp(scheme_counters(naming), naming->gauges) != 0;
	case NAMING_BRUBECK:
	case NAMING_PLAIN: break;
	}
	return false;
}

/* The points of one row. What their names share is copied from the first one
 * that has it: the head, up to the statistic, and the tail, suffix and tags. */
struct spelling {
	const struct naming *naming;
	const struct naming_choice *choice;
	const struct speller *speller;
	const struct row *row;
	double seconds;
	struct text *out;
	const char *prefix; /* what the head begins with */
	size_t prefix_len;
	size_t head_at, head_len; /* in out; no length: not written yet */
	size_t tail_at, tail_len; /* no length: there is none, or ... */
	bool owes_tail;           /* ... it has not been written yet */
	naming_point_fn *point;   /* NULL: they are only counted */
	void *arg;
	size_t points;
};

/* The next tag of a list, key and value apart; false at its end, where *at is
 * NULL. Between two commas, and behind one at the end, is a tag without a
 * name. */
static bool
next_tag(const char **at, const char *end, const char **key_out, size_t *key_len_out,
    const char **value_out, size_t *value_len_out)
{
	if (*at == NULL)
		return false;
	size_t left = (size_t)(end - *at);
	const char *comma = left > 0 ? memchr(*at, ',', left) : NULL;
	const char *stop = comma != NULL ? comma : end;
	const char *colon = stop > *at ? memchr(*at, ':', (size_t)(stop - *at)) : NULL;

	*key_out = *at;
	*key_len_out = (size_t)((colon != NULL ? colon : stop) - *at);
	*value_out = colon != NULL ? colon + 1 : stop;
	*value_len_out = (size_t)(stop - *value_out);
	*at = comma != NULL ? comma + 1 : NULL;
	return true;
}

/* Graphite keeps the name of a series as a tag of this key, and drops another. */
static bool
is_reserved(const char *key, size_t len)
{
	return len == 4 && memcmp(key, "name", 4) == 0;
}

static void
put_tags(struct text *out, const struct row *row)
{
	const char *at = row->tags_len > 0 ? row_tags(row) : NULL;
	const char *end = row_tags(row) + row->tags_len;
	const char *key, *value;
	size_t key_len, value_len;

	while (next_tag(&at, end, &key, &key_len, &value, &value_len)) {
		text_byte(out, ';');
		text_append(out, key, key_len);
		if (is_reserved(key, key_len))
			text_byte(out, '_');
		if (value > key + key_len) {
			text_byte(out, '=');
			text_append(out, value, value_len);
		}
	}
}

static void
put_component(struct text *out, const char *bytes, size_t len)
{
	if (len == 0)
		return;
	text_byte(out, '.');
	char *at = text_reserve(out, len);

	for (size_t i = 0; i < len; i++)
		at[i] = bytes[i] == '.' ? '_' : bytes[i];
	out->len += len;
}

static void
put_path(struct text *out, const struct row *row)
{
	const char *at = row->tags_len > 0 ? row_tags(row) : NULL;
	const char *end = row_tags(row) + row->tags_len;
	const char *key, *value;
	size_t key_len, value_len;

	while (next_tag(&at, end, &key, &key_len, &value, &value_len)) {
		put_component(out, key, key_len);
		put_component(out, value, value_len);
	}
}

static void
put_tail(struct spelling *s)
{
	s->tail_at = s->out->len;
	if (s->naming->suffix[0] != '\0') {
		text_byte(s->out, '.');
		text_puts(s->out, s->naming->suffix);
	}
	if (s->speller->tags == NAMING_TAGS_GRAPHITE)
		put_tags(s->out, s->row);
	s->tail_len = s->out->len - s->tail_at;
	s->owes_tail = false;
}

static void
put_head(struct spelling *s)
{
	const struct row *row = s->row;
	bool begins_tags = s->prefix_len == 0 && row->name_len > 0 && row->name[0] == ';';

	s->head_at = s->out->len;
	if (begins_tags)
		text_byte(s->out, '_');
	char *at = text_reserve(s->out, 1 + s->prefix_len + row->name_len);

	memcpy(at, s->prefix, s->prefix_len);
	memcpy(at + s->prefix_len, row->name, row->name_len);
	s->out->len += s->prefix_len + row->name_len;
	if (s->speller->tags == NAMING_TAGS_PATH)
		put_path(s->out, row);
	s->head_len = s->out->len - s->head_at;
}

/* The head of the names that follow. */
static void
begin_head(struct spelling *s, const char *prefix, size_t prefix_len)
{
	s->prefix = prefix;
	s->prefix_len = prefix_len;
	s->head_len = 0;
}

static bool
ends_in(const struct row *row, const char *end)
{
	size_t len = strlen(end);

	return row->name_len >= len && memcmp(row->name + row->name_len - len, end, len) == 0;
}

/* A row of our own may be named without its kind's namespace. In StatsD's
 * legacy scheme one of these has no prefix either. */
static void
begin_row(struct spelling *s)
{
	const struct speller *speller = s->speller;
	const struct speller_head *head = &speller->head[s->row->kind];
	bool bare = s->row->own && s->row->bare;
	bool legacy = s->naming->scheme == NAMING_STATSD_LEGACY;

	if (!bare)
		begin_head(s, head->bytes, head->len);
	else if (legacy && ends_in(s->row, ".numStats"))
		begin_head(s, "", 0);
	else
		begin_head(s, head->bytes, speller->prefix_len);
	s->owes_tail = s->naming->suffix[0] != '\0' ||
	    (speller->tags == NAMING_TAGS_GRAPHITE && s->row->tags_len > 0);
}

/* The component that the configuration gives to a kind. */
static const char *
kind_component(const struct naming *naming, enum kind kind)
{
	switch (kind) {
	case KIND_COUNTER: return scheme_counters(naming);
	case KIND_GAUGE: return naming->gauges;
	case KIND_TIMER: return naming->timers;
	case KIND_SET: return naming->sets;
	}
	return "";
}

/* The second component of a kind's names; empty: none. */
static const char *
kind_space(const struct naming *naming, enum kind kind)
{
	static const char *const legacy[KINDS] = {
	    [KIND_COUNTER] = "",
	    [KIND_GAUGE] = "gauges",
	    [KIND_TIMER] = "timers",
	    [KIND_SET] = "sets",
	};

	switch ((enum naming_scheme)naming->scheme) {
	case NAMING_STATSD:
	case NAMING_STATSITE: return kind_component(naming, kind);
	case NAMING_STATSD_LEGACY: return legacy[kind];
	case NAMING_BRUBECK:
	case NAMING_PLAIN: break;
	}
	return "";
}

static void
add_component(struct speller_head *head, const char *component)
{
	size_t len = strlen(component);

	CHECK(len <= NAMING_COMPONENT_MOST);
	if (len == 0)
		return;
	memcpy(head->bytes + head->len, component, len);
	head->bytes[head->len + len] = '.';
	head->len += len + 1;
}

void
speller_init(struct speller *speller, const struct naming *naming, enum naming_tags tags,
    const struct naming_choice *choice)
{
	speller->naming = naming;
	speller->choice = choice;
	speller->tags = tags;
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct speller_head *head = &speller->head[kind];

		head->len = 0;
		add_component(head, scheme_prefix(naming));
		speller->prefix_len = head->len;
		add_component(head, kind_space(naming, (enum kind)kind));
	}
}

/* What a name shares with those before it is copied from there. */
static void
put_name(struct spelling *s, const char *statistic, size_t len, const char *number)
{
	size_t shared = s->head_len, number_len = number[0] != '\0' ? strlen(number) : 0;

	if (shared == 0)
		put_head(s);
	char *at = text_reserve(s->out, shared + 1 + len + number_len + s->tail_len);

	memcpy(at, s->out->bytes + s->head_at, shared);
	at += shared;
	if (len > 0) {
		*at++ = '.';
		memcpy(at, statistic, len);
		at += len;
	} else if (s->head_len == 0) {
		*at++ = '_';
	}
	if (number_len > 0)
		memcpy(at, number, number_len);
	at += number_len;
	if (s->tail_len > 0)
		memcpy(at, s->out->bytes + s->tail_at, s->tail_len);
	s->out->len = (size_t)(at - s->out->bytes) + s->tail_len;
	if (s->owes_tail)
		put_tail(s);
}

static void
give_point(struct spelling *s, const char *statistic, size_t len, const char *number, double value)
{
	s->points++;
	if (s->point == NULL)
		return;
	size_t begin = s->out->len;

	put_name(s, statistic, len, number);
	s->point(s->arg, s->out->bytes + begin, s->out->len - begin, value);
}

/* A point: the head, a statistic unless that is empty, the tail; and its
 * value. The lengths of words written in the call are constants. */
static inline void
give(struct spelling *s, const char *statistic, const char *number, double value)
{
	give_point(s, statistic, strlen(statistic), number, value);
}

/* As part of a name: the first point becomes `point`. */
static void
print_number(double value, char point, char *out)
{
	size_t len = number_print(value, out);
	char *at = memchr(out, '.', len);

	if (at != NULL)
		*at = point;
	out[len] = '\0';
}

/* 90 is 90, 99.9 is 99_9, -10 is top10. In brubeck, which writes the digits of
 * the fraction, 99.9 is 999; what lies below 10 keeps a _, 7.5 is not 75. */
static void
print_percent(const struct naming *naming, double percent, char *out)
{
	if (percent < 0) {
		memcpy(out, "top", 3);
		print_number(-percent, '_', out + 3);
		return;
	}
	print_number(percent, '_', out);
	if (naming->scheme == NAMING_BRUBECK && percent >= 10 && strchr(out, '_') != NULL)
		memmove(out + 2, out + 3, strlen(out + 3) + 1);
}

#define PERCENT_TEXT_MAX (3 + NUMBER_TEXT_MAX + 1)

static bool
has(statistic_mask wanted, enum statistic statistic)
{
	return (wanted >> statistic & 1) != 0;
}

static void
give_figures(struct spelling *s, statistic_mask wanted, const struct spelt *spelt)
{
	for (; spelt->name != NULL; spelt++)
		if (has(wanted, spelt->statistic))
			give(s, spelt->name, "",
			    scheme_value(s->naming, s->row->timer, spelt->figure, s->seconds));
}

static void
give_statsd_quantile(
    struct spelling *s, statistic_mask wanted, const struct quantile *q, const char *percent)
{
	bool from_top = q->asked.percent < 0;
	enum statistic outer = from_top ? STATISTIC_LOWER_PERCENT : STATISTIC_UPPER_PERCENT;

	if (has(wanted, STATISTIC_COUNT_PERCENT))
		give(s, "count_", percent, (double)q->count);
	if (has(wanted, STATISTIC_MEAN_PERCENT))
		give(s, "mean_", percent, q->mean);
	if (has(wanted, outer))
		give(s, from_top ? "lower_" : "upper_", percent, q->boundary);
	if (has(wanted, STATISTIC_SUM_PERCENT))
		give(s, "sum_", percent, q->sum);
	if (has(wanted, STATISTIC_SUM_SQUARES_PERCENT))
		give(s, "sum_squares_", percent, q->sum_squares);
}

static void
give_quantile(struct spelling *s, statistic_mask wanted, const struct quantile *q)
{
	bool outer = has(wanted, STATISTIC_UPPER_PERCENT);
	char percent[PERCENT_TEXT_MAX] = "";

	if (q->count == 0 || !scheme_has_percent(s->naming, q->asked.percent))
		return;
	if (s->point != NULL)
		print_percent(s->naming, q->asked.percent, percent);
	switch (q->asked.rule) {
	case RANK_STATSD: give_statsd_quantile(s, wanted, q, percent); break;
	case RANK_STATSITE:
		if (q->asked.percent == 50 && has(wanted, STATISTIC_MEDIAN))
			give(s, "median", "", q->boundary);
		if (outer)
			give(s, "p", percent, q->boundary);
		break;
	case RANK_BRUBECK:
		if (outer)
			give(s, "percentile.", percent, q->boundary);
		break;
	}
}

/* Those of the series' rule, else the sink's, else the scheme's, else the
 * usual ones; by the scheme's rule for ranks. */
static void
give_quantiles(struct spelling *s, statistic_mask wanted)
{
	const struct timer_row *timer = s->row->timer;
	enum rank_rule rule = naming_rank_rule(s->naming);
	const double *percents;
	size_t count = scheme_percents(s->naming, s->choice, &percents);

	if (timer->ruled_percentiles || count == 0) {
		for (size_t i = 0; i < timer->quantiles; i++)
			if (timer->quantile[i].usual && timer->quantile[i].asked.rule == rule)
				give_quantile(s, wanted, &timer->quantile[i]);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct quantile *q = scheme_quantile(timer, percents[i], rule);

		if (q != NULL)
			give_quantile(s, wanted, q);
	}
}

static void
give_histogram(struct spelling *s)
{
	const struct histogram *histogram = &s->row->timer->histogram;

	for (size_t i = 0; i < histogram->bins; i++) {
		char limit[NUMBER_TEXT_MAX + 1] = "inf";

		if (isfinite(histogram->limits[i]))
			print_number(histogram->limits[i], '_', limit);
		give(s, "histogram.bin_", limit, (double)histogram->counts[i]);
	}
}

static void
give_timer(struct spelling *s)
{
	const struct scheme *scheme = scheme_of(s->naming);
	const struct timer_row *timer = s->row->timer;
	const struct item_list *chosen = &s->choice->statistics;
	statistic_mask wanted = timer->statistics;

	if (chosen->count > 0 && !timer->ruled_statistics)
		wanted = statistic_set(chosen->at, chosen->count);
	if (timer->n == 0) {
		give_figures(s, wanted, scheme->idle);
		return;
	}
	give_figures(s, wanted, scheme->before);
	give_quantiles(s, wanted);
	give_figures(s, wanted, scheme->after);
	if (has(wanted, STATISTIC_HISTOGRAM))
		give_histogram(s);
}

static void
give_counter(struct spelling *s)
{
	const struct naming *naming = s->naming;
	double delta = s->row->counter.delta;

	switch ((enum naming_scheme)naming->scheme) {
	case NAMING_STATSD:
		if (naming->rates)
			give(s, "rate", "", delta / s->seconds);
		if (naming->counts)
			give(s, "count", "", delta);
		return;
	case NAMING_STATSD_LEGACY:
		if (naming->rates)
			give(s, "", "", delta / s->seconds);
		begin_head(s, "stats_counts.", strlen("stats_counts."));
		break;
	case NAMING_PLAIN:
		if (naming->rates)
			give(s, "rate", "", delta / s->seconds);
		break;
	case NAMING_STATSITE:
	case NAMING_BRUBECK: break;
	}
	if (naming->counts)
		give(s, "", "", delta);
}

static void
give_row(struct spelling *s)
{
	const struct row *row = s->row;

	if (row->idle && row->kind != KIND_GAUGE && row->kind != KIND_TIMER &&
	    scheme_of(s->naming)->forgets)
		return;
	switch (row->kind) {
	case KIND_COUNTER: give_counter(s); break;
	case KIND_GAUGE: give(s, "", "", row->gauge.value); break;
	case KIND_SET:
		give(s, s->naming->scheme == NAMING_STATSITE ? "" : "count", "",
		    (double)row->set.count);
		break;
	case KIND_TIMER: give_timer(s); break;
	}
}

void
naming_points(const struct speller *speller, const struct row *row, double seconds,
    struct text *out, naming_point_fn *point, void *arg)
{
	struct spelling s = {
	    .naming = speller->naming,
	    .choice = speller->choice,
	    .speller = speller,
	    .row = row,
	    .seconds = seconds,
	    .out = out,
	    .point = point,
	    .arg = arg,
	};

	begin_row(&s);
	give_row(&s);
}

size_t
naming_count(const struct naming *naming, const struct naming_choice *choice, const struct row *row)
{
	struct spelling s = {.naming = naming, .choice = choice, .row = row, .seconds = 1};

	give_row(&s);
	return s.points;
}
