/* SPDX-License-Identifier: MIT */
/* crew.c -- everything from a line to a row but threads. */

#include "test/unit/flush/crew.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "sink/egress.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct item root_table[] = {
    {.key = "interval",
	.type = ITEM_DURATION,
	.offset = offsetof(struct crew_settings, flush.interval_ns),
	.fallback = "10s",
	.help = "between flushes"},
    {.key = "timestamp",
	.type = ITEM_CHOICE,
	.choices = timestamp_choices,
	.offset = offsetof(struct crew_settings, flush.timestamp),
	.fallback = "end",
	.help = "of the interval"},
    {.key = "timers",
	.type = ITEM_BLOCK,
	.block = &timers_items,
	.offset = offsetof(struct crew_settings, flush.timers),
	.help = "timers"},
    {.key = "idle",
	.type = ITEM_BLOCK,
	.block = &idle_items,
	.offset = offsetof(struct crew_settings, flush.idle),
	.help = "series without samples"},
    {.key = "rules",
	.type = ITEM_LIST,
	.element = ITEM_BLOCK,
	.block = &rule_items,
	.offset = offsetof(struct crew_settings, rules),
	.fallback = "[]",
	.help = "rules"},
    {.key = "sinks",
	.type = ITEM_MAP,
	.variants = sink_variants,
	.offset = offsetof(struct crew_settings, sinks),
	.fallback = "{screen: {type: stdout}}",
	.help = "sinks"},
    {0},
};

static const struct item_table root_items = {
    .name = "root", .items = root_table, .size = sizeof(struct crew_settings)};

static void
read_settings(struct crew *crew, const char *yaml)
{
	struct conf *conf = conf_new(&root_items);
	struct text problems = {0}, warnings = {0};

	conf_read_text(conf, "test", yaml, strlen(yaml));
	ck_assert_msg(conf_apply(conf, &crew->settings) == 0, "%s",
	    conf_problem_count(conf) > 0 ? conf_problem(conf, 0) : "");
	conf_free(conf);
	crew->rules = rules_new(&crew->settings.rules, &problems, &warnings);
	ck_assert_msg(crew->rules != NULL, "%s", text_string(&problems));
	text_fini(&problems);
	text_fini(&warnings);
}

static void
say_timer(struct text *out, const struct timer_row *timer)
{
	text_printf(out, " %" PRIu64 " %.17g", timer->n, timer->count);
	if (timer->n == 0)
		return;
	text_printf(out, " %.17g %.17g %.17g", timer->sum, timer->median, timer->lower);
	for (size_t i = 0; i < timer->quantiles; i++)
		text_printf(out, " %.17g", timer->quantile[i].boundary);
}

static void
say_row(struct text *out, const struct row *row)
{
	text_printf(out, "%s %.*s#%.*s", kind_names[row->kind], (int)row->name_len, row->name,
	    (int)row->tags_len, row_tags(row));
	switch (row->kind) {
	case KIND_COUNTER:
		text_printf(out, " %.17g %.17g", row->counter.delta, row->counter.total);
		break;
	case KIND_GAUGE: text_printf(out, " %.17g", row->gauge.value); break;
	case KIND_SET: text_printf(out, " %" PRIu64, row->set.count); break;
	case KIND_TIMER: say_timer(out, row->timer); break;
	}
	if (row->timestamp_ns != 0)
		text_printf(out, " @%" PRId64, row->timestamp_ns / CLOCK_SECOND - CREW_BEGIN);
	text_printf(out, "%s\n", row->idle ? " idle" : "");
}

static void
take_batch(void *arg, struct batch **batch)
{
	struct crew *crew = arg;

	for (const struct event *at = (*batch)->events; at != NULL; at = at->next) {
		ck_assert_uint_eq(crew->batches, 0);
		crew->events++;
	}
	for (size_t i = 0; i < (*batch)->count; i++) {
		say_row(&crew->said, &(*batch)->rows[i]);
		if (crew->look != NULL)
			crew->look(&(*batch)->rows[i]);
	}
	crew->batches++;
	batch_drop(batch);
}

static void
worker_open(struct crew *crew, unsigned index)
{
	struct crew_worker *worker = &crew->worker[index];
	const struct budget budget = timers_budget(&crew->settings.flush.timers);

	worker->origin = (struct origin){
	    .profile = 1,
	    .rules = {.clean = true,
		.dialects = UINT32_MAX,
		.prefix = "",
		.most_bytes = 256,
		.most_tags = 8},
	    .counters = worker->counters,
	};
	worker->graphite = worker->origin;
	worker->graphite.profile = 2;
	worker->graphite.rules.dialects = UINT32_C(1) << DIALECT_GRAPHITE;
	worker->graphite.graphite = true;
	intake_init(&worker->intake, &budget, &crew->quota, crew->rules, false);
	window_init(&worker->window, index, 1);
	window_open(&worker->window, crew->interval.seq);
	worker->intake.window = &worker->window;
}

struct crew *
crew_new(const char *yaml)
{
	struct crew *crew = mem_zero(1, sizeof(*crew));

	if (hash_secret[0] == 0)
		hash_init();
	if (!clock_is_virtual())
		clock_make_virtual(CREW_BEGIN * CLOCK_SECOND);
	clock_step(CREW_BEGIN * CLOCK_SECOND - clock_wall_ns());
	read_settings(crew, yaml);
	crew->quota.most = 1000000;
	crew->stamp = 1000;
	crew->interval = (struct interval){1, CREW_BEGIN * CLOCK_SECOND,
	    CREW_BEGIN * CLOCK_SECOND + crew->settings.flush.interval_ns};
	for (unsigned i = 0; i < CREW_WORKERS; i++)
		worker_open(crew, i);
	terms_init(&crew->terms, &crew->settings.flush.timers, &crew->settings.sinks, crew->rules);
	merge_init(&crew->merge, &crew->settings.flush, sink_kinds_clash(&crew->settings.sinks));
	rows_init(&crew->rows, &crew->settings.flush, &crew->terms, take_batch, crew);
	return crew;
}

void
crew_free(struct crew *crew)
{
	for (unsigned i = 0; i < CREW_WORKERS; i++) {
		intake_fini(&crew->worker[i].intake);
		window_fini(&crew->worker[i].window);
	}
	rows_fini(&crew->rows);
	merge_fini(&crew->merge);
	terms_fini(&crew->terms);
	rules_free(crew->rules);
	conf_settings_free(&root_items, &crew->settings);
	text_fini(&crew->said);
	text_fini(&crew->answer);
	free(crew);
}

void
crew_take(struct crew *crew, unsigned worker, const char *text)
{
	struct crew_worker *to = &crew->worker[worker];
	const struct arrival arrival = {.stamp = crew->stamp++, .source = crew->source};

	intake_datagram(&to->intake, &to->origin, text, strlen(text), false, &arrival);
}

void
crew_take_at(struct crew *crew, unsigned worker, const char *text, int64_t second)
{
	struct text line = {0};

	text_printf(&line, "%s|T%" PRId64, text, CREW_BEGIN + second);
	crew_take(crew, worker, text_string(&line));
	text_fini(&line);
}

void
crew_take_graphite(
    struct crew *crew, unsigned worker, const char *text, int64_t second, bool keep_time)
{
	struct crew_worker *to = &crew->worker[worker];
	const struct arrival arrival = {.stamp = crew->stamp++, .source = crew->source};
	struct text line = {0};

	text_printf(&line, "%s %" PRId64, text, CREW_BEGIN + second);
	to->graphite.keep_time = keep_time;
	intake_datagram(&to->intake, &to->graphite, line.bytes, line.len, false, &arrival);
	text_fini(&line);
}

struct idle_visit {
	struct intake *intake;
	uint32_t oldest_seq;
};

static bool
let_idle_go(void *arg, struct entry *entry)
{
	const struct idle_visit *visit = arg;

	if (!entry_is_idle(entry, visit->oldest_seq))
		return false;
	intake_let_go(visit->intake, entry);
	return true;
}

void
crew_sweep(struct crew *crew, unsigned worker, uint32_t oldest_seq)
{
	struct crew_worker *of = &crew->worker[worker];
	struct table_walk walk = {0};
	struct idle_visit visit = {&of->intake, oldest_seq};

	for (unsigned sub = 0; sub < TABLE_SUBS; sub++)
		table_walk_on(
		    &of->intake.table, &walk, UINT32_MAX, &of->window, let_idle_go, &visit);
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *
sort_lines(struct text *said, struct text *answer)
{
	size_t count = 0, cap = 0;
	char **lines = NULL, *at;

	text_reset(answer);
	text_string(said);
	for (char *line = strtok_r(said->bytes, "\n", &at); line != NULL;
	     line = strtok_r(NULL, "\n", &at)) {
		lines = mem_room(lines, count, &cap, sizeof(*lines));
		lines[count++] = line;
	}
	if (count > 0)
		qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		text_printf(answer, "%s\n", lines[i]);
	free(lines);
	return text_string(answer);
}

const char *
crew_flush_in_order(struct crew *crew, unsigned late, const unsigned *order)
{
	struct window *windows[CREW_WORKERS];
	int64_t length = crew->settings.flush.interval_ns;
	int64_t past = late * length;

	crew->interval.closed_ns += past;
	text_reset(&crew->said);
	crew->batches = crew->events = 0;
	for (unsigned i = 0; i < CREW_WORKERS; i++) {
		windows[i] = &crew->worker[order[i]].window;
		windows[i]->interval = crew->interval;
	}
	merge_windows(&crew->merge, windows, CREW_WORKERS, &crew->interval);
	rows_begin(&crew->rows, &crew->interval);
	for (unsigned i = 0; i < CREW_WORKERS; i++)
		rows_add_events(&crew->rows, windows[i]);
	rows_add_series(&crew->rows, &crew->merge);
	merge_end(&crew->merge);
	rows_end(&crew->rows);
	clock_advance(length + past);
	crew->interval.seq++;
	crew->interval.opened_ns = crew->interval.closed_ns;
	crew->interval.closed_ns += length;
	for (unsigned i = 0; i < CREW_WORKERS; i++) {
		table_release(&crew->worker[i].intake.table, &crew->worker[i].window.retired);
		window_open(&crew->worker[i].window, crew->interval.seq);
	}
	return sort_lines(&crew->said, &crew->answer);
}

const char *
crew_flush(struct crew *crew, unsigned late)
{
	static const unsigned order[CREW_WORKERS] = {0, 1, 2};

	return crew_flush_in_order(crew, late, order);
}
