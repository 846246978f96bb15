/* SPDX-License-Identifier: MIT */
/* worker_test.c -- what a worker does at a seal and between datagrams, letter
 * by letter, without its thread. */

#include "ingest/worker.c"

#include "test/unit/suite.h"

#define SERIES 20000
#define LATER 1000 /* all samples are older */

static struct worker worker;
static struct series_quota quota;
static struct mailbox sealed;

static void
wake_nobody(void *arg)
{
	(void)arg;
}

static void
worker_open(void)
{
	static struct worker_plan plan = {
	    .budget = {.timer_values = 512, .bytes = 1 << 20, .scale = 6},
	    .quota = &quota,
	    .listeners = 1,
	    .workers = &worker,
	    .count = 1,
	    .sealed = &sealed,
	};

	hash_init();
	mailbox_init(&sealed, wake_nobody, NULL);
	worker_init(&worker, 0, &plan);
	quota = (struct series_quota){.most = 2 * SERIES, .used = SERIES};
}

static size_t deliver_own(void);

static void
worker_close(void)
{
	struct notice notice = {.mail.kind = WORKER_DRAIN, .to = &sealed};

	if (!worker.draining) {
		deliver(&worker.thread, &notice.mail);
		deliver_own();
	}
	thread_finish(&worker.thread);
	thread_run(&worker.thread);
	worker_fini(&worker);
}

static void
take_series(size_t count)
{
	struct intake *intake = &worker.intake;

	for (size_t i = 0; i < count; i++) {
		char name[32];
		int len = snprintf(name, sizeof(name), "key.%zu", i);
		const struct sample sample = {
		    .name = name, .name_len = (uint32_t)len, .tags = "", .kind = KIND_COUNTER};
		uint64_t hash = table_hash(&sample);
		struct entry *entry = table_find(&intake->table, hash, &sample, 1);

		if (entry == NULL)
			entry = table_insert(&intake->table, hash, &sample, 1, NULL, 0, 0);
		window_fold(
		    intake->window, entry, &sample, i, &intake->budget, intake->table.counters);
	}
}

/* What the worker has written to itself, until it does no more. Returns how
 * many steps it took. */
static size_t
deliver_own(void)
{
	struct mail *mail;
	size_t letters = 0;

	while ((mail = mailbox_collect(&worker.thread.inbox)) != NULL) {
		while (mail != NULL) {
			struct mail *next = mail->next;

			ck_assert(mail->kind == WORKER_TIDY || mail->kind == CONNECTION_LAST);
			letters += mail->kind == WORKER_TIDY;
			deliver(&worker.thread, mail);
			mail = next;
		}
	}
	return letters;
}

/* Returns the window that is ready to be merged. */
static struct window *
seal(unsigned subs, uint32_t oldest_seq)
{
	struct seal letter = {.mail.kind = WORKER_SEAL,
	    .interval.seq = worker.intake.window->interval.seq,
	    .sweep = subs,
	    .oldest_seq = oldest_seq};

	deliver(&worker.thread, &letter.mail);
	return (struct window *)mailbox_collect(&sealed);
}

static void
give_back(struct window *window)
{
	window->mail.kind = WORKER_RETURN;
	deliver(&worker.thread, &window->mail);
}

START_TEST(what_is_idle_goes_in_many_steps)
{
	worker_open();
	const struct table *table = &worker.intake.table;
	size_t used = table->pool.used;

	take_series(SERIES);
	struct window *window = seal(TABLE_SUBS, LATER);

	ck_assert_uint_eq(window->touched.count, SERIES);
	ck_assert_uint_eq(window->retired.count, 0);
	ck_assert_uint_ge(deliver_own(), TABLE_SUBS);
	ck_assert_uint_eq(worker.intake.window->retired.count, SERIES);
	ck_assert_uint_eq(counter_get(&table->counters[TABLE_KEYS]), 0);
	ck_assert_int_eq(quota.used, 0);
	give_back(window);
	deliver_own();

	/* nobody has merged what was retired */
	ck_assert_uint_gt(table->pool.used, used + (size_t)SERIES * 64);
	give_back(seal(0, LATER));
	ck_assert_uint_ge(deliver_own(), SERIES / ENTRY_BLOCK / 2);
	ck_assert_uint_eq(table->limbo.count, 0);
	ck_assert_uint_lt(table->pool.used, (size_t)SERIES * 64);
	worker_close();
}
END_TEST

START_TEST(what_is_busy_stays_and_each_seal_sweeps_its_share)
{
	worker_open();
	for (uint32_t seq = 1; seq < 10; seq++) {
		take_series(SERIES);
		struct window *window = seal(100, seq > 2 ? seq - 2 : 0);

		deliver_own();
		ck_assert_uint_eq(worker.sweep.sub, 100 * seq % TABLE_SUBS);
		ck_assert_uint_eq(worker.sweep_subs, 0);
		ck_assert_uint_eq(window->touched.count, SERIES);
		give_back(window);
		deliver_own();
		ck_assert_uint_eq(worker.intake.window->touched.count, 0);
	}
	ck_assert_uint_eq(
	    counter_get(&worker.intake.table.counters[TABLE_SERIES + KIND_COUNTER]), SERIES);
	worker_close();
}
END_TEST

START_TEST(a_worker_that_drains_writes_to_itself_no_more)
{
	struct notice notice = {.mail.kind = WORKER_DRAIN, .to = &sealed};

	worker_open();
	take_series(SERIES);
	struct window *window = seal(TABLE_SUBS, LATER);

	deliver(&worker.thread, &notice.mail);
	ck_assert_ptr_null(mailbox_collect(&sealed));
	ck_assert_uint_eq(deliver_own(), 2);
	ck_assert_ptr_eq(mailbox_collect(&sealed), &notice.mail);
	give_back(window);
	give_back(seal(TABLE_SUBS, LATER));
	ck_assert_uint_eq(deliver_own(), 0);
	worker_close();
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_is_idle_goes_in_many_steps),
    SUITE_TEST(what_is_busy_stays_and_each_seal_sweeps_its_share),
    SUITE_TEST(a_worker_that_drains_writes_to_itself_no_more),
    {0},
};

SUITE_MAIN("ingest/worker", tests)
