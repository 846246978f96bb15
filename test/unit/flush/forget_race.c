/* SPDX-License-Identifier: MIT */
/* forget_race.c -- a worker that blocks and forgets what it has just touched,
 * while the flusher merges the window before and a reader walks the table. */

#include "test/unit/flush/crew.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#define INTERVALS 60
#define LINES 300

static struct crew *crew;
static struct intake *intake;
static struct window windows[2]; /* [seq & 1] is open */
static struct mailbox home;
static sem_t sealed, returned;
static uint64_t hits;
static _Atomic bool done;

static void
wake_nobody(void *arg)
{
	(void)arg;
}

/* The flusher: what was retired is let go of after all has been merged. */
static void *
flush_all(void *arg)
{
	(void)arg;
	for (uint32_t seq = 1; seq <= INTERVALS + 1; seq++) {
		struct window *window = &windows[seq & 1];

		sem_wait(&sealed);
		merge_windows(&crew->merge, &window, 1, &window->interval);
		rows_begin(&crew->rows, &window->interval);
		rows_add_series(&crew->rows, &crew->merge);
		merge_end(&crew->merge);
		rows_end(&crew->rows);
		hits += crew->merge.hits;
		sem_post(&returned);
	}
	return NULL;
}

static void
visit(const struct entry *entry, void *arg)
{
	uint64_t *seen = arg;

	ck_assert_int_eq(entry->key[0], 'n');
	++*seen;
}

static void *
read_all(void *arg)
{
	while (!done)
		for (unsigned i = 0; i < TABLE_SUBS; i++)
			table_read(&intake->table, i, visit, arg);
	return NULL;
}

/* As a worker does: the window before has returned, this one goes. */
static void
seal(uint32_t seq)
{
	struct window *window = &windows[seq & 1], *next = &windows[(seq + 1) & 1];

	if (seq > 1) {
		sem_wait(&returned);
		table_release(&intake->table, &next->retired);
		while (table_collect(&intake->table))
			continue;
	}
	window->interval =
	    (struct interval){seq, CREW_BEGIN * 1000000000, (CREW_BEGIN + 10) * 1000000000};
	window_open(next, seq + 1);
	intake->window = next;
	sem_post(&sealed);
}

static const struct errand choices[] = {
    {.verb = ERRAND_FORGET, .pattern = "*"},
    {.verb = ERRAND_FORGET, .pattern = "n?1*"},
    {.verb = ERRAND_BLOCK, .pattern = "n.2*", .until_ns = BLOCK_FOREVER},
    {.verb = ERRAND_UNBLOCK, .pattern = "n.2*"},
};

static void
work(struct errands *errands, struct errand *errand, uint64_t *state)
{
	static const char *const types[] = {"c", "g", "ms", "s", "C"};
	bool busy = false;
	char text[64];

	for (uint32_t seq = 1; seq <= INTERVALS; seq++) {
		for (int i = 0; i < LINES; i++) {
			snprintf(text, sizeof(text), "n%s%u:1|%s",
			    random_below(state, 4) ? "." : " ", random_below(state, 300),
			    types[random_below(state, 5)]);
			crew_take(crew, 0, text);
			if (!busy && random_below(state, 20) == 0) {
				*errand = choices[random_below(state, 4)];
				errand->to = &home;
				errands_add(errands, intake, errand);
				busy = true;
			}
			errands_step(errands, intake, 100);
			busy = busy && mailbox_collect(&home) == NULL;
		}
		seal(seq);
	}
	while (errands_step(errands, intake, UINT32_MAX))
		continue;
}

START_TEST(what_is_forgotten_while_it_is_merged_is_let_go_of_once)
{
	uint64_t state = random_seed(), seen = 0, accepted = 0;
	struct errands errands;
	struct errand errand, last = {.verb = ERRAND_FORGET, .pattern = "*", .to = &home};
	pthread_t flusher, reader;

	crew = crew_new("");
	intake = &crew->worker[0].intake;
	mailbox_init(&home, wake_nobody, NULL);
	errands_init(&errands, NULL, 0);
	for (unsigned i = 0; i < 2; i++)
		window_init(&windows[i], 0, 1);
	window_open(&windows[1], 1);
	intake->window = &windows[1];
	ck_assert_int_eq(sem_init(&sealed, 0, 0) | sem_init(&returned, 0, 0), 0);
	ck_assert_int_eq(pthread_create(&flusher, NULL, flush_all, NULL), 0);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_all, &seen), 0);
	work(&errands, &errand, &state);
	mailbox_collect(&home);
	errands_add(&errands, intake, &last);
	while (errands_step(&errands, intake, UINT32_MAX))
		continue;
	seal(INTERVALS + 1);
	pthread_join(flusher, NULL);
	done = true;
	pthread_join(reader, NULL);
	for (size_t i = 0; i < KINDS; i++)
		accepted += counter_get(&crew->worker[0].counters[INTAKE_SAMPLES + i]);
	ck_assert_uint_eq(hits, accepted);
	ck_assert_uint_gt(seen, 0);
	ck_assert_uint_eq(crew->merge.catalog.live, 0);
	ck_assert_uint_eq(crew->merge.totals.by_key.used, 0);
	for (unsigned i = 0; i < 2; i++)
		window_fini(&windows[i]);
	crew_free(crew);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_is_forgotten_while_it_is_merged_is_let_go_of_once),
    {0},
};

SUITE_MAIN("flush/forget race", tests)
