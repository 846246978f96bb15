/* SPDX-License-Identifier: MIT */
/* admit.c -- the first sight of a spelling: its canonical form, the rules, the
 * limits, and its place in the table.
 *
 * A spelling that is canonical already becomes an entry of its own; any other
 * becomes an alias of the canonical one, so that from its second sight on it
 * costs no more. After ENTRY_ALIASES_MOST spellings of a series further ones
 * come through here each time.
 *
 * Spellings without a series of their own are aliases of table.dropped: those
 * that a rule drops, and those that a rule takes for running totals, whose
 * entries have the source in their key. */

#include "base/check.h"
#include "base/glob.h"
#include "base/mem.h"
#include "ingest/intake.h"

void
intake_count_memory(struct intake *intake)
{
	const struct pool *pool = &intake->table.pool;

	quota_count_memory(intake->quota, (int64_t)(pool->used - intake->memory_used),
	    (int64_t)(pool->held - intake->memory_held));
	intake->memory_used = pool->used;
	intake->memory_held = pool->held;
}

/* May the table take in one more spelling? */
static bool
has_memory(struct intake *intake, const struct sample *spelling)
{
	return quota_has_memory(intake->quota, false) ||
	    quota_has_memory(intake->quota, table_has_room(&intake->table, spelling));
}

/* One more series, of whoever sends just now. */
static enum reason
take_series(struct intake *intake, const struct sample *form, uint16_t *source_out)
{
	if (!has_memory(intake, form))
		return REASON_MEMORY_LIMIT;
	if (!source_desk_take_series(&intake->desk, source_out))
		return REASON_SOURCE_LIMIT;
	enum reason reason = quota_take(intake->quota, form->kind, form->name_len + form->tags_len);

	if (reason != REASON_NONE && intake->desk.sources != NULL)
		sources_give_series(intake->desk.sources, *source_out);
	return reason;
}

void
intake_let_go(struct intake *intake, const struct entry *entry)
{
	if (entry_alias(entry) != NULL)
		return;
	quota_give(
	    intake->quota, (enum kind)entry->kind, (size_t)entry->name_len + entry->tags_len);
	if (intake->desk.sources != NULL)
		sources_give_series(intake->desk.sources, entry->source);
}

/* What names begin with that there are too many of: two components, but never
 * all of it if there are several. */
static size_t
prefix_len(const char *name, size_t len)
{
	size_t prefix = len;
	unsigned dots = 0;

	for (size_t i = 0; i < len && dots < 2; i++)
		if (name[i] == '.' && i > 0) {
			prefix = i;
			dots++;
		}
	return prefix;
}

static void
count_refused_series(struct intake *intake, const struct sample *form, enum reason limit)
{
	counter_add(&intake->table.counters[TABLE_SERIES_REFUSED + limit - REASON_SERIES_LIMIT], 1);
	source_desk_refuse_series(&intake->desk);
	space_saving_add(
	    &intake->refused_prefixes, form->name, prefix_len(form->name, form->name_len));
}

static bool
same_bytes(const struct sample *a, const struct sample *b)
{
	return a->name_len == b->name_len && a->tags_len == b->tags_len && a->total == b->total &&
	    (a->name == b->name || mem_equal(a->name, b->name, a->name_len)) &&
	    (a->tags == b->tags || mem_equal(a->tags, b->tags, a->tags_len));
}

enum reason
intake_form(struct intake *intake, const struct origin *origin, const struct sample *spelling,
    struct ruling *ruling_out, struct sample *form_out)
{
	struct canonical *canonical = &intake->canonical;

	*ruling_out =
	    (struct ruling){.signed_gauges = SIGNED_LISTENER, .counters = COUNTERS_LISTENER};
	if (intake->rules == NULL && canonical_is_own(&origin->rules, spelling)) {
		*form_out = *spelling;
		return REASON_NONE;
	}
	enum reason reason = canonical_make(&origin->rules, spelling, canonical);

	if (reason == REASON_NONE && intake->rules != NULL)
		reason = rules_apply(intake->rules, intake->room, &origin->rules, spelling->kind,
		    canonical, ruling_out);
	if (reason == REASON_NONE)
		reason = canonical_finish(&origin->rules, canonical);
	*form_out = (struct sample){
	    .name = canonical->name.len > 0 ? canonical->name.bytes : "",
	    .name_len = (uint32_t)canonical->name.len,
	    .tags = canonical->tags.len > 0 ? canonical->tags.bytes : "",
	    .tags_len = (uint32_t)canonical->tags.len,
	    .kind = spelling->kind,
	    .total = spelling->total && ruling_out->counters != COUNTERS_DELTA,
	    .source = spelling->source,
	};
	return reason;
}

uint8_t
intake_modes(
    const struct origin *origin, const struct sample *spelling, const struct ruling *ruling)
{
	bool absolute = ruling->signed_gauges == SIGNED_ABSOLUTE ||
	    (ruling->signed_gauges == SIGNED_LISTENER && origin->absolute);

	if (spelling->kind == KIND_GAUGE && absolute)
		return ENTRY_ABSOLUTE;
	if (spelling->kind == KIND_COUNTER && !spelling->total &&
	    ruling->counters == COUNTERS_CUMULATIVE)
		return ENTRY_CUMULATIVE;
	return 0;
}

/* Is there a series that a sink would give the same name? */
static bool
has_twin(const struct intake *intake, const struct sample *form)
{
	static const enum kind twins[KINDS] = {
	    [KIND_COUNTER] = KIND_GAUGE,
	    [KIND_GAUGE] = KIND_COUNTER,
	    [KIND_TIMER] = KIND_SET,
	    [KIND_SET] = KIND_TIMER,
	};
	struct sample twin = *form;

	twin.kind = twins[form->kind];
	twin.total = false;
	return table_find(&intake->table, table_hash(&twin), &twin, 0) != NULL;
}

/* The canonical entry of a canonical form, made if it is not there. profiles
 * and modes are those of a new one. */
static struct entry *
find_or_insert(struct intake *intake, const struct sample *form, uint64_t hash, uint32_t profiles,
    uint8_t modes, uint16_t plan, enum reason *reason_out)
{
	struct entry *entry = table_find(&intake->table, hash, form, 0);

	if (entry != NULL)
		return entry;
	if (intake->kinds_clash && has_twin(intake, form)) {
		*reason_out = REASON_TYPE_CONFLICT;
		return NULL;
	}
	uint16_t source;

	*reason_out = take_series(intake, form, &source);
	if (*reason_out != REASON_NONE) {
		count_refused_series(intake, form, *reason_out);
		return NULL;
	}
	entry = table_insert(&intake->table, hash, form, profiles, NULL, modes, plan);
	entry->source = source;
	intake_count_memory(intake);
	return entry;
}

/* Know a spelling again, while there is memory for it. */
static void
add_alias(struct intake *intake, const struct origin *origin, const struct sample *spelling,
    uint64_t hash, struct entry *entry, uint8_t modes)
{
	if (!has_memory(intake, spelling))
		return;
	window_stamp(intake->window,
	    table_insert(&intake->table, hash, spelling, origin->profile, entry, modes, 0));
	intake_count_memory(intake);
}

/* Is the entry about to be forgotten? Then nothing may point at it any more. */
static bool
is_forgotten(const struct intake *intake, const struct entry *entry)
{
	return intake->forgetting != NULL &&
	    glob_match(intake->forgetting, entry->key, entry->name_len, false, NULL);
}

/* Know the spelling again, though it has no series, while there are not too
 * many of these. */
static void
remember(struct intake *intake, const struct origin *origin, const struct sample *spelling,
    uint64_t hash, uint8_t modes, int64_t most)
{
	if (intake->table.dropped_spellings < most)
		add_alias(intake, origin, spelling, hash, intake->table.dropped, modes);
}

struct entry *
intake_admit(struct intake *intake, const struct origin *origin, const struct sample *spelling,
    uint64_t hash, uint8_t *modes_out, enum reason *reason_out)
{
	struct ruling ruling;
	struct sample form;

	*reason_out = intake_form(intake, origin, spelling, &ruling, &form);
	if (*reason_out == REASON_RULE)
		remember(intake, origin, spelling, hash, 0, INTAKE_DROPPED_MOST);
	if (*reason_out != REASON_NONE)
		return NULL;
	if (intake->blocks.count > 0 && blocks_match(&intake->blocks, form.name, form.name_len)) {
		*reason_out = REASON_BLOCKED;
		return NULL;
	}
	uint8_t modes = *modes_out = intake_modes(origin, spelling, &ruling);

	if (modes == ENTRY_CUMULATIVE) {
		remember(intake, origin, spelling, hash, modes, intake->quota->most);
		return intake->table.dropped;
	}
	bool is_canonical = same_bytes(spelling, &form);
	struct entry *entry = find_or_insert(intake, &form, is_canonical ? hash : table_hash(&form),
	    is_canonical ? origin->profile : 0, is_canonical ? modes : 0, ruling.plan, reason_out);

	if (entry == NULL)
		return NULL;
	CHECK(entry_alias(entry) == NULL);
	/* Origins that understand one spelling in different ways have an entry each. */
	if (is_canonical && (entry_modes(entry) & ~(ENTRY_TOTAL | ENTRY_BLOCKED)) == modes)
		entry->profiles |= origin->profile;
	else if (entry->aliases < ENTRY_ALIASES_MOST && !is_forgotten(intake, entry))
		add_alias(intake, origin, spelling, hash, entry, modes);
	return entry;
}
