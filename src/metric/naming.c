/* SPDX-License-Identifier: MIT */
/* naming.c -- what a statistic of a series is called. */

#include "metric/naming.h"

#include "base/number.h"
#include "base/utf8.h"

static const char *const scheme_choices[] = {"statsd", "statsd-legacy", "plain", NULL};

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
	.help =
	    "statsd: StatsD's with legacyNamespace: false | statsd-legacy: its own default | plain"},
    {.key = "prefix",
	.type = ITEM_STRING,
	.offset = offsetof(struct naming, prefix),
	.fallback = "stats",
	.expand = true,
	.help = "first component of every name, scheme statsd; empty: none"},
    COMPONENT(counters, "counters", "second component of a counter's names, scheme statsd"),
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
	.help = "send what a counter counted per second"},
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

/* The points of one row. `out` holds, one after the other: the tail that all
 * its names share (suffix and tags), the head that those of one namespace
 * share, and what is written for each point: statistic and a copy of the
 * tail. A name starts where the tail ends. */
struct spelling {
	const struct naming *naming;
	enum naming_tags tags;
	const struct row *row;
	struct text *out;
	size_t tail_len, head_end;
	naming_point_fn *point;
	void *arg;
};

/* The next tag of a canonical list, key and value apart; false at its end. */
static bool
next_tag(const char **at, const char *end, const char **key_out, size_t *key_len_out,
    const char **value_out, size_t *value_len_out)
{
	if (*at == end)
		return false;
	const char *comma = memchr(*at, ',', (size_t)(end - *at));
	const char *stop = comma != NULL ? comma : end;
	const char *colon = memchr(*at, ':', (size_t)(stop - *at));

	*key_out = *at;
	*key_len_out = (size_t)((colon != NULL ? colon : stop) - *at);
	*value_out = colon != NULL ? colon + 1 : stop;
	*value_len_out = (size_t)(stop - *value_out);
	*at = comma != NULL ? comma + 1 : end;
	return true;
}

static void
put_tags(struct text *out, const struct row *row)
{
	const char *at = row->tags, *end = row->tags + row->tags_len;
	const char *key, *value;
	size_t key_len, value_len;

	while (next_tag(&at, end, &key, &key_len, &value, &value_len)) {
		text_byte(out, ';');
		text_append(out, key, key_len);
		if (value > key + key_len) {
			text_byte(out, '=');
			text_append(out, value, value_len);
		}
	}
}

static void
put_component(struct text *out, const char *bytes, size_t len)
{
	text_byte(out, '.');
	char *at = text_reserve(out, len);

	for (size_t i = 0; i < len; i++)
		at[i] = bytes[i] == '.' ? '_' : bytes[i];
	out->len += len;
}

static void
put_path(struct text *out, const struct row *row)
{
	const char *at = row->tags, *end = row->tags + row->tags_len;
	const char *key, *value;
	size_t key_len, value_len;

	while (next_tag(&at, end, &key, &key_len, &value, &value_len)) {
		put_component(out, key, key_len);
		if (value_len > 0)
			put_component(out, value, value_len);
	}
}

static void
put_tail(struct spelling *s)
{
	if (s->naming->suffix[0] != '\0') {
		text_byte(s->out, '.');
		text_puts(s->out, s->naming->suffix);
	}
	if (s->tags == NAMING_TAGS_GRAPHITE)
		put_tags(s->out, s->row);
	s->tail_len = s->out->len;
}

/* What stands before the statistic; an empty component is left out. */
static void
put_head(struct spelling *s, const char *prefix, const char *space)
{
	const char *before[] = {prefix, space};

	s->out->len = s->tail_len;
	for (size_t i = 0; i < 2; i++) {
		if (before[i][0] == '\0')
			continue;
		text_puts(s->out, before[i]);
		text_byte(s->out, '.');
	}
	text_append(s->out, s->row->name, s->row->name_len);
	if (s->tags == NAMING_TAGS_PATH)
		put_path(s->out, s->row);
	s->head_end = s->out->len;
}

/* The name so far is complete but for the tail: hand it out, with the value,
 * and go back to the head. */
static void
give_point(struct spelling *s, double value)
{
	char *end = text_reserve(s->out, s->tail_len);

	memcpy(end, s->out->bytes, s->tail_len);
	s->out->len += s->tail_len;
	s->point(s->arg, s->out->bytes + s->tail_len, s->out->len - s->tail_len, value);
	s->out->len = s->head_end;
}

static void
give_statistic(struct spelling *s, const char *statistic, double value)
{
	text_byte(s->out, '.');
	text_puts(s->out, statistic);
	give_point(s, value);
}

/* 90 is 90, 99.9 is 99_9, -10 is top10. */
static void
put_percent(struct text *out, double percent)
{
	char digits[NUMBER_TEXT_MAX];
	size_t len = number_print(percent, digits);

	for (size_t i = 0; i < len; i++) {
		if (digits[i] == '-')
			text_puts(out, "top");
		else
			text_byte(out, digits[i] == '.' ? '_' : digits[i]);
	}
}

static void
give_quantile(struct spelling *s, const char *statistic, double percent, double value)
{
	text_byte(s->out, '.');
	text_puts(s->out, statistic);
	put_percent(s->out, percent);
	give_point(s, value);
}

static void
give_timer(struct spelling *s, double seconds)
{
	const struct timer_row *timer = s->row->timer;

	if (timer->n == 0) {
		give_statistic(s, "count", timer->count);
		give_statistic(s, "count_ps", timer->count / seconds);
		return;
	}
	for (size_t i = 0; i < timer->quantiles; i++) {
		const struct quantile *q = &timer->quantile[i];

		if (q->count == 0)
			continue;
		give_quantile(s, "count_", q->percent, (double)q->count);
		give_quantile(s, "mean_", q->percent, q->mean);
		give_quantile(s, q->percent > 0 ? "upper_" : "lower_", q->percent, q->boundary);
		give_quantile(s, "sum_", q->percent, q->sum);
		give_quantile(s, "sum_squares_", q->percent, q->sum_squares);
	}
	give_statistic(s, "std", timer->deviation);
	give_statistic(s, "upper", timer->upper);
	give_statistic(s, "lower", timer->lower);
	give_statistic(s, "count", timer->count);
	give_statistic(s, "count_ps", timer->count / seconds);
	give_statistic(s, "sum", timer->sum);
	give_statistic(s, "sum_squares", timer->sum_squares);
	give_statistic(s, "mean", timer->mean);
	give_statistic(s, "median", timer->median);
}

#define TIMER_POINTS 9
#define IDLE_TIMER_POINTS 2
#define QUANTILE_POINTS 5

static bool
ends_in(const struct row *row, const char *end)
{
	size_t len = strlen(end);

	return row->name_len >= len && memcmp(row->name + row->name_len - len, end, len) == 0;
}

/* The namespace of a row that has one by its kind, and of one that has not. */
static void
put_space(struct spelling *s)
{
	const struct naming *naming = s->naming;
	const char *const statsd[KINDS] = {
	    [KIND_COUNTER] = naming->counters,
	    [KIND_GAUGE] = naming->gauges,
	    [KIND_TIMER] = naming->timers,
	    [KIND_SET] = naming->sets,
	};
	static const char *const legacy[KINDS] = {
	    [KIND_COUNTER] = "",
	    [KIND_GAUGE] = "gauges",
	    [KIND_TIMER] = "timers",
	    [KIND_SET] = "sets",
	};
	bool bare = s->row->own && s->row->bare;

	switch ((enum naming_scheme)naming->scheme) {
	case NAMING_STATSD: put_head(s, naming->prefix, bare ? "" : statsd[s->row->kind]); return;
	case NAMING_STATSD_LEGACY:
		if (bare)
			put_head(s, ends_in(s->row, ".numStats") ? "" : "stats", "");
		else
			put_head(s, "stats", legacy[s->row->kind]);
		return;
	case NAMING_PLAIN: put_head(s, "", ""); return;
	}
}

static void
give_counter(struct spelling *s, double seconds)
{
	const struct naming *naming = s->naming;
	double delta = s->row->counter.delta;

	if (naming->rates) {
		if (naming->scheme == NAMING_STATSD_LEGACY)
			give_point(s, delta / seconds);
		else
			give_statistic(s, "rate", delta / seconds);
	}
	if (!naming->counts)
		return;
	if (naming->scheme == NAMING_STATSD) {
		give_statistic(s, "count", delta);
		return;
	}
	if (naming->scheme == NAMING_STATSD_LEGACY)
		put_head(s, "stats_counts", "");
	give_point(s, delta);
}

void
naming_points(const struct naming *naming, enum naming_tags tags, const struct row *row,
    const struct interval *interval, struct text *scratch, naming_point_fn *point, void *arg)
{
	struct spelling s = {
	    .naming = naming, .tags = tags, .row = row, .out = scratch, .point = point, .arg = arg};
	double seconds = interval_seconds(interval);

	text_reset(scratch);
	put_tail(&s);
	put_space(&s);
	switch (row->kind) {
	case KIND_COUNTER: give_counter(&s, seconds); break;
	case KIND_GAUGE: give_point(&s, row->gauge.value); break;
	case KIND_SET: give_statistic(&s, "count", (double)row->set.count); break;
	case KIND_TIMER: give_timer(&s, seconds); break;
	}
}

size_t
naming_count(const struct naming *naming, const struct row *row)
{
	size_t points = TIMER_POINTS;

	if (row->kind == KIND_COUNTER)
		return (size_t)naming->counts + (size_t)naming->rates;
	if (row->kind != KIND_TIMER)
		return 1;
	if (row->timer->n == 0)
		return IDLE_TIMER_POINTS;
	for (size_t i = 0; i < row->timer->quantiles; i++)
		if (row->timer->quantile[i].count > 0)
			points += QUANTILE_POINTS;
	return points;
}
