/* SPDX-License-Identifier: MIT */
/* errand.c -- what an operator has all workers do, while they work.
 *
 * Forgetting takes two walks. An entry may only go when no alias points at it,
 * so aliases go first; from then on none is made until what they stood for is
 * gone, too. */

#include "ingest/errand.h"

#include "base/clock.h"
#include "base/glob.h"
#include "ingest/intake.h"

void
errands_init(struct errands *errands, struct mailbox *next, unsigned next_kind)
{
	*errands = (struct errands){.next = next, .next_kind = next_kind};
}

static struct errand *
errand_of(struct mail *mail)
{
	return (struct errand *)((char *)mail - offsetof(struct errand, mail));
}

static void
send_back(struct errand *errand)
{
	mailbox_post(errand->to, &errand->mail, errand->kind);
}

/* The first one is done with here. */
static void
pass_on(struct errands *errands)
{
	struct errand *errand = errand_of(errands->first);

	errands->first = errand->mail.next;
	errands->subs = 0;
	if (errands->next == NULL || errand->problem != NULL)
		send_back(errand);
	else
		mailbox_post(errands->next, &errand->mail, errands->next_kind);
}

static bool
matches(const struct errand *errand, const struct entry *entry)
{
	return glob_match(errand->pattern, entry->key, entry->name_len, false, NULL);
}

/* What the lists say of an entry is what it is told. */
static bool
review_entry(void *arg, struct entry *entry)
{
	const struct intake *intake = arg;

	if (entry_alias(entry) == NULL)
		entry_set_blocked(
		    entry, blocks_match(&intake->blocks, entry->key, entry->name_len));
	return false;
}

struct visit {
	struct intake *intake;
	struct errand *errand;
	uint64_t found;
	bool aliases;
};

static bool
block_entry(void *arg, struct entry *entry)
{
	struct visit *visit = arg;

	if (entry_alias(entry) != NULL || !matches(visit->errand, entry))
		return false;
	visit->found += !entry_is_total(entry);
	return review_entry(visit->intake, entry);
}

static bool
forget_entry(void *arg, struct entry *entry)
{
	struct visit *visit = arg;
	const struct entry *alias = entry_alias(entry);

	if (visit->aliases)
		return alias != NULL && alias != visit->intake->table.dropped &&
		    matches(visit->errand, alias);
	if (alias != NULL || entry->aliases > 0 || !matches(visit->errand, entry))
		return false;
	visit->errand->series += !entry_is_total(entry);
	intake_let_go(visit->intake, entry);
	return true;
}

static void
report(const struct intake *intake, struct errand *errand)
{
	errand->blocks = intake->blocks;
	space_saving_merge(&errand->prefixes, &intake->refused_prefixes);
}

/* False: there is no place. One whose block has ended, though nobody has looked
 * yet, is free: what one worker can do all can. */
static bool
set_block(struct errands *errands, struct intake *intake, const struct errand *errand)
{
	if (blocks_set(&intake->blocks, errand->pattern, errand->until_ns))
		return true;
	errands_look(errands, intake, clock_mono_ns());
	return blocks_set(&intake->blocks, errand->pattern, errand->until_ns);
}

/* The first one's turn has come: what takes no walk is done at once. */
static void
begin(struct errands *errands, struct intake *intake)
{
	struct errand *errand = errand_of(errands->first);

	switch (errand->verb) {
	case ERRAND_REPORT: report(intake, errand); return;
	case ERRAND_FORGET:
		intake->forgetting = errand->pattern;
		errands->aliases = true;
		break;
	case ERRAND_BLOCK:
		if (!set_block(errands, intake, errand)) {
			errand->problem = "too many patterns are blocked already";
			return;
		}
		break;
	case ERRAND_UNBLOCK:
		if (!blocks_lift(&intake->blocks, errand->pattern)) {
			errand->problem = "this pattern is not blocked";
			return;
		}
		break;
	}
	errands->walk = (struct table_walk){0};
	errands->subs = TABLE_SUBS;
}

/* Begin the first one, and all after it that take no walk. */
static void
begin_next(struct errands *errands, struct intake *intake)
{
	while (errands->first != NULL && errands->subs == 0) {
		begin(errands, intake);
		if (errands->subs == 0)
			pass_on(errands);
	}
}

/* A walk of the first one's is over. */
static void
end_walk(struct errands *errands, struct intake *intake)
{
	if (errands->aliases) {
		errands->aliases = false;
		errands->subs = TABLE_SUBS;
		return;
	}
	intake->forgetting = NULL;
	pass_on(errands);
	begin_next(errands, intake);
}

void
errands_add(struct errands *errands, struct intake *intake, struct errand *errand)
{
	if (errands->closed) {
		errand->problem = "the daemon is stopping";
		send_back(errand);
		return;
	}
	errand->mail.next = NULL;
	if (errands->first != NULL)
		errands->last->next = &errand->mail;
	else
		errands->first = &errand->mail;
	errands->last = &errand->mail;
	begin_next(errands, intake);
}

/* Of a step what the next sub-table takes at most: small ones share it. */
static uint32_t
take_share(const struct intake *intake, const struct table_walk *walk, uint32_t *most)
{
	uint32_t slots = table_walk_slots(&intake->table, walk);
	uint32_t share = slots < *most ? slots : *most;

	*most -= share;
	return share;
}

static bool
walk_on(struct errands *errands, struct intake *intake, uint32_t most)
{
	struct errand *errand = errand_of(errands->first);
	struct visit visit = {.intake = intake, .errand = errand, .aliases = errands->aliases};
	table_visit_fn *visit_fn = errand->verb == ERRAND_FORGET ? forget_entry : block_entry;

	if (table_walk_begins(&intake->table, &errands->walk))
		errands->found = 0;
	bool ended =
	    table_walk_on(&intake->table, &errands->walk, most, intake->window, visit_fn, &visit);

	errands->found += visit.found;
	if (ended) {
		errand->series += errands->found;
		errands->subs--;
	}
	return errands->subs == 0;
}

bool
errands_step(struct errands *errands, struct intake *intake, uint32_t most)
{
	if (errands->subs > 0) {
		bool over = false;

		while (!over && most > 0)
			over = walk_on(errands, intake, take_share(intake, &errands->walk, &most));
		if (over)
			end_walk(errands, intake);
	} else {
		while (errands->review_subs > 0 && most > 0)
			errands->review_subs -= table_walk_on(&intake->table, &errands->review,
			    take_share(intake, &errands->review, &most), intake->window,
			    review_entry, intake);
	}
	return errands->subs > 0 || errands->review_subs > 0;
}

bool
errands_look(struct errands *errands, struct intake *intake, int64_t now_ns)
{
	if (blocks_end(&intake->blocks, now_ns)) {
		errands->review = (struct table_walk){0};
		errands->review_subs = TABLE_SUBS;
	}
	return errands->review_subs > 0;
}

void
errands_close(struct errands *errands, struct intake *intake)
{
	errands->closed = true;
	intake->forgetting = NULL;
	while (errands->first != NULL) {
		errand_of(errands->first)->problem = "the daemon is stopping";
		pass_on(errands);
	}
}
