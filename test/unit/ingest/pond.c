/* SPDX-License-Identifier: MIT */
/* pond.c -- what a worker has but for its thread and sockets. */

#include "test/unit/ingest/pond.h"

#include "base/hash.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void
pond_open(struct pond *pond, int64_t most_series)
{
	const struct budget budget = {.timer_values = 512, .bytes = 16 << 20, .scale = 6};

	if (hash_secret[0] == 0)
		hash_init();
	memset(pond, 0, sizeof(*pond));
	pond->quota.most = most_series;
	pond->now = 1;
	pond->origin = (struct origin){
	    .profile = 1,
	    .rules =
		{
		    .clean = true,
		    .dialects = POND_DIALECTS,
		    .prefix = "",
		    .most_bytes = 1024,
		    .most_tags = 8,
		},
	    .counters = pond->counters,
	};
	intake_init(&pond->intake, &budget, &pond->quota, NULL, false);
	window_init(&pond->window, 0, 1);
	window_open(&pond->window, 1);
	pond->intake.window = &pond->window;
}

void
pond_close(struct pond *pond)
{
	/* A pond has them to itself. */
	struct rules *rules = (struct rules *)(uintptr_t)pond->intake.rules;

	intake_fini(&pond->intake);
	rules_free(rules);
	window_fini(&pond->window);
}

void
pond_set_rules(struct pond *pond, const struct rule_settings *rules, size_t count)
{
	struct rule_settings *copy = calloc(count, sizeof(*copy));
	struct text problems = {0}, warnings = {0};

	memcpy(copy, rules, count * sizeof(*copy));
	for (size_t i = 0; i < count; i++) {
		static char nothing[] = "";

		if (copy[i].include == NULL)
			copy[i].include = nothing;
		if (copy[i].rename == NULL)
			copy[i].rename = nothing;
	}
	const struct item_list list = {.count = count, .at = copy};

	pond->intake.rules = rules_new(&list, &problems, &warnings);
	ck_assert_msg(pond->intake.rules != NULL, "%s", text_string(&problems));
	pond->intake.room = rules_room_new(pond->intake.rules);
	text_fini(&problems);
	text_fini(&warnings);
	free(copy);
}

void
pond_take_bytes(struct pond *pond, const char *bytes, size_t len, bool cut)
{
	const struct arrival arrival = {.stamp = pond->now++, .source = pond->source};
	char *copy = malloc(len > 0 ? len : 1);

	memcpy(copy, bytes, len);
	intake_datagram(&pond->intake, &pond->origin, copy, len, cut, &arrival);
	free(copy);
}

void
pond_take(struct pond *pond, const char *text)
{
	pond_take_bytes(pond, text, strlen(text), false);
}

bool
pond_take_lines(struct pond *pond, const char *text)
{
	const struct arrival arrival = {.stamp = pond->now++, .source = pond->source};

	return intake_lines(&pond->intake, &pond->origin, text, strlen(text), &arrival);
}

static struct entry *
find(struct pond *pond, const char *name, const char *tags, enum kind kind, bool total)
{
	const struct sample sample = {
	    .name = name,
	    .name_len = (uint32_t)strlen(name),
	    .tags = tags,
	    .tags_len = (uint32_t)strlen(tags),
	    .kind = kind,
	    .total = total,
	    .source = total ? pond->source : NULL,
	};

	return table_find(&pond->intake.table, table_hash(&sample), &sample, 0);
}

struct entry *
pond_find(struct pond *pond, const char *name, const char *tags, enum kind kind)
{
	return find(pond, name, tags, kind, false);
}

struct entry *
pond_find_total(struct pond *pond, const char *name, const char *tags)
{
	return find(pond, name, tags, KIND_COUNTER, true);
}

double
pond_counter(struct pond *pond, const char *name, const char *tags)
{
	const struct entry *entry = pond_find(pond, name, tags, KIND_COUNTER);

	ck_assert_msg(entry != NULL, "no counter %s#%s", name, tags);
	return bits_double(entry->cell[1].value);
}

struct record *
pond_record(const struct entry *entry)
{
	ck_assert_ptr_nonnull(entry);
	if (cell_hits(entry->cell[1].meta) == 0)
		return NULL;
	struct record *record = (struct record *)(uintptr_t)entry->cell[1].value;

	record->next = NULL;
	return record;
}

double
pond_changes(const struct gauge_record *record)
{
	double sum = 0;

	for (uint32_t i = 0; i < record->count; i++)
		sum += record->deltas[i].value;
	return sum;
}

uint64_t
pond_count(const struct pond *pond, enum intake_counter which)
{
	return counter_get(&pond->counters[which]);
}

uint64_t
pond_refused(const struct pond *pond, enum reason reason)
{
	return counter_get(&pond->counters[INTAKE_LINES_REFUSED + reason]);
}

void
pond_expect_balance(const struct pond *pond)
{
	uint64_t hits = pond->window.dated.count, samples = 0;
	uint64_t lines = pond_count(pond, INTAKE_LINES_ACCEPTED);
	struct entry_cursor at = entry_list_begin(&pond->window.touched);
	const struct entry *entry;

	for (enum reason reason = 0; reason < REASONS; reason++)
		lines += pond_refused(pond, reason);
	ck_assert_uint_eq(pond_count(pond, INTAKE_LINES), lines);
	ck_assert_uint_eq(pond_refused(pond, REASON_NONE), 0);
	for (size_t i = 0; i < KINDS; i++)
		samples += counter_get(&pond->counters[INTAKE_SAMPLES + i]);
	while ((entry = entry_list_next(&at)) != NULL)
		hits += cell_hits(entry->cell[1].meta);
	ck_assert_uint_eq(hits, samples);
}
