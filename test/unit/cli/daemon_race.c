/* SPDX-License-Identifier: MIT */
/* daemon_race.c -- all threads at once: two workers fed by several senders,
 * each of them by every one, windows sealed and returned, series that come, go
 * and come again, totals, values of their own time, events, rules, and a
 * reader that walks the tables meanwhile. */

#include "test/unit/stage.h"
#include "test/unit/suite.h"

#include <pthread.h>
#include <stdio.h>

#define SENDERS 4
#define DATAGRAMS 3000

static const char *const options[] = {"workers=2", "interval=100ms", "idle.forget=1s",
    "timers.exact_memory=1MiB", "listen.stage.steer=random",
    "rules=[{match: 'drop.*', action: drop}, {match: 'run.*', counters: cumulative}]",
    "sinks={screen: {type: stdout}}", NULL};

struct sender {
	pthread_t thread;
	union inet_address address;
	int number;
};

static void *
send_lines(void *arg)
{
	const struct sender *sender = arg;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char datagram[512];

	connect(fd, &sender->address.any, inet_length(&sender->address));
	for (int i = 0; i < DATAGRAMS; i++) {
		/* Names change every so often, so that older ones are retired. */
		int len = snprintf(datagram, sizeof(datagram),
		    "c.%d:1|c\nshared:1|c\ng.%d:+1|g\nt.%d:%d|ms\ns.%d:%d|s\nb ad %d:1|c\n"
		    "tot.%d:%d|C\nrun.%d:%d|c\ndrop.%d:1|c\nd.%d:1|c|T%lld\n_e{1,1}:a|b\n_sc|a|1",
		    i / 300, i / 200, i / 500, i, i / 400, i, i / 250, i / 350, i, i / 450, i,
		    i / 550, i / 650, (long long)time(NULL));

		if (send(fd, datagram, (size_t)len, 0) < 0)
			break;
		if (i % 10 == 0)
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	close(fd);
	return NULL;
}

static void
visit(const struct entry *entry, void *arg)
{
	uint32_t seq, hits;
	double value;

	if (entry_read_counter(entry, &seq, &hits, &value))
		*(double *)arg += value;
}

static void
read_tables(const struct stage *stage)
{
	const struct ingest *ingest = stage_sources(stage)->ingest;
	double sum = 0;

	for (unsigned i = 0; i < ingest->count; i++)
		for (unsigned sub = 0; sub < TABLE_SUBS; sub++)
			table_read(&ingest->workers[i].intake.table, sub, visit, &sum);
	ck_assert_double_ge(sum, 0);
}

START_TEST(everything_runs_together_and_the_ledger_balances)
{
	struct sender senders[SENDERS];
	struct account account;

	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	struct stage *stage = stage_open(options);
	const struct ingest *ingest = stage_sources(stage)->ingest;
	const counter *table = ingest->workers[0].intake.table.counters;

	for (int i = 0; i < SENDERS; i++) {
		senders[i].number = i;
		senders[i].address = ingest->workers[0].receivers[0].inlet.address;
		pthread_create(&senders[i].thread, NULL, send_lines, &senders[i]);
	}
	do {
		read_tables(stage);
		account = stage_account(stage);
	} while (account.datagrams_read + account.datagrams_dropped < SENDERS * DATAGRAMS);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(senders[i].thread, NULL);
	/* Everything retires once nobody sends any more. */
	while (counter_get(&table[TABLE_KEYS]) > 0)
		read_tables(stage);
	account = stage_close(stage);
	ck_assert(account_balances(&account));
	ck_assert_uint_eq(account.datagrams_read + account.datagrams_dropped, SENDERS * DATAGRAMS);
	ck_assert_uint_eq(account.queued, 0);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(everything_runs_together_and_the_ledger_balances),
    {0},
};

SUITE_MAIN("the daemon's threads", tests)
