/* SPDX-License-Identifier: MIT */
/* micro_worst.c -- a worker's longest steps, from memory, in its own CPU time.
 *
 *   micro_worst SERIES
 *
 * Prints one JSON object.
 *
 *   new_ns       a new series: looked for, inserted, folded once
 *   growth_us    the longest of these, and what it did: growth_step
 *   seal_us      sealing a window in which every series has samples
 *   return_us    taking it back from the flusher
 *   sweep_us     the longest step of sweeping a table of which nothing is idle
 *   expire_us    of one of which everything is, the freeing included
 *   bytes        resident, a series
 *
 * All of it is done several times with the same hashes, and of a step's times
 * the least one counts: the longest step of one run is an interrupt. */

#include "ingest/worker.c"

#include <unistd.h>

#define ROUNDS 5
#define NAME_BYTES 33
#define NEVER 4000000000 /* a seq that all samples are older than */

struct step {
	float us; /* the least of all rounds */
	uint8_t slots_log2, regions;
};

static const struct budget budget = {.timer_values = 512, .bytes = (size_t)64 << 20, .scale = 6};
static struct series_quota quota = {.most = INT64_MAX};
static struct mailbox sealed;
static double clock_ns;
static size_t count;
static char *names;
static uint64_t *hashes;
static struct step *steps;
static double best[4]; /* in the order of enum task */

enum task { SEAL, RETURN, SWEEP, EXPIRE };

static void
wake_nobody(void *arg)
{
	(void)arg;
}

static double
cpu_time_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

/* What asking for the time takes. */
static double
measure_clock(void)
{
	double least = 1e9;

	for (int i = 0; i < 10000; i++) {
		double start = cpu_time_ns(), ns = cpu_time_ns() - start;

		least = ns < least ? ns : least;
	}
	return least;
}

static double
resident_bytes(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	CHECK(file != NULL && fscanf(file, "%*u %lu", &pages) == 1);
	fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static struct sample
sample_of(size_t index)
{
	return (struct sample){.name = names + index * NAME_BYTES,
	    .name_len = NAME_BYTES,
	    .tags = "",
	    .kind = KIND_COUNTER,
	    .value = 1,
	    .weight = 1};
}

static void
take_in(struct worker *worker, size_t index)
{
	struct intake *intake = &worker->intake;
	const struct sample sample = sample_of(index);
	struct entry *entry = table_find(&intake->table, hashes[index], &sample, 1);

	if (entry == NULL)
		entry = table_insert(&intake->table, hashes[index], &sample, 1, NULL, 0, 0);
	window_fold(intake->window, entry, &sample, index, &intake->budget, intake->table.counters);
}

/* Each series for the first time; returns ns a series. */
static double
insert_all(struct worker *worker)
{
	double start = cpu_time_ns();

	for (size_t i = 0; i < count; i++)
		take_in(worker, i);
	return (cpu_time_ns() - start) / (double)count;
}

/* The same with a look at the clock after each. */
static void
insert_by_steps(struct worker *worker)
{
	struct table *table = &worker->intake.table;

	for (size_t i = 0; i < count; i++) {
		uint64_t before = own_sub(table, hashes[i]);
		size_t regions = table->pool.count;
		double start = cpu_time_ns();

		take_in(worker, i);
		double us = (cpu_time_ns() - start - clock_ns) / 1e3;
		uint64_t after = own_sub(table, hashes[i]);

		if (us < (double)steps[i].us)
			steps[i].us = (float)us;
		steps[i].slots_log2 = before == after ? 0 : after & SUB_LOG2;
		steps[i].regions = (uint8_t)(table->pool.count - regions);
	}
}

static double
timed_deliver(struct worker *worker, struct mail *mail, unsigned kind)
{
	double start = cpu_time_ns();

	mail->kind = kind;
	deliver(&worker->thread, mail);
	return (cpu_time_ns() - start - clock_ns) / 1e3;
}

/* Everything the worker has written to itself; returns the longest step. */
static double
tidy_up(struct worker *worker)
{
	struct mail *mail;
	double longest = 0;

	while ((mail = mailbox_collect(&worker->thread.inbox)) != NULL) {
		double us = timed_deliver(worker, mail, mail->kind);

		longest = us > longest ? us : longest;
	}
	return longest;
}

static void
keep_best(enum task task, double us)
{
	if (best[task] == 0 || us < best[task])
		best[task] = us;
}

/* One interval ends, the whole table is swept, and the window comes back.
 * Returns the longest step of what is done between datagrams. */
static double
flush(struct worker *worker, uint32_t oldest_seq)
{
	uint64_t seq = worker->intake.window->interval.seq;
	struct seal seal = {
	    .interval = {.seq = seq}, .oldest_seq = oldest_seq, .sweep = TABLE_SUBS};

	keep_best(SEAL, timed_deliver(worker, &seal.mail, WORKER_SEAL));
	double sweeping = tidy_up(worker);
	struct mail *window = mailbox_collect(&sealed);

	window_settle((struct window *)window);
	keep_best(RETURN, timed_deliver(worker, window, WORKER_RETURN));
	double freeing = tidy_up(worker);

	return freeing > sweeping ? freeing : sweeping;
}

static void
run_intervals(struct worker *worker)
{
	for (int i = 0; i < 3; i++) {
		for (size_t j = 0; j < count; j++)
			take_in(worker, j);
		keep_best(SWEEP, flush(worker, 1));
	}
	keep_best(EXPIRE, flush(worker, NEVER));
	CHECK(counter_get(&worker->intake.table.counters[TABLE_KEYS]) == 0);
	CHECK(worker->intake.table.limbo.count == 0);
}

static void
worker_open(struct worker *worker)
{
	static struct worker_plan plan = {
	    .quota = &quota, .listeners = 1, .sealed = &sealed, .sealed_kind = 0};

	plan.budget = budget;
	plan.workers = worker;
	plan.count = 1;
	worker_init(worker, 0, &plan);
}

static void
worker_close(struct worker *worker)
{
	struct notice drained = {.mail.kind = WORKER_DRAIN, .to = &sealed};

	deliver(&worker->thread, &drained.mail);
	for (struct mail *at = mailbox_collect(&worker->thread.inbox); at != NULL; at = at->next)
		deliver(&worker->thread, at);
	CHECK(mailbox_collect(&sealed) == &drained.mail);
	thread_finish(&worker->thread);
	thread_run(&worker->thread);
	worker_fini(worker);
}

/* Names in the order in which they come, their hashes, room for the times. */
static void
prepare(void)
{
	char name[64];

	memset(hash_secret, 0x5b, sizeof(hash_secret));
	for (size_t i = 0; i < sizeof(hash_secret); i++)
		hash_secret[i] = (uint8_t)(hash_secret[i] * (i + 1) + (i >> 3));
	mailbox_init(&sealed, wake_nobody, NULL);
	names = mem_alloc(count * NAME_BYTES);
	hashes = mem_alloc(count * sizeof(*hashes));
	steps = mem_zero(count, sizeof(*steps));
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "bench.c.app%02zu.host%08zu.events", i % 100, i);
		memcpy(names + i * NAME_BYTES, name, NAME_BYTES);
		const struct sample sample = sample_of(i);

		hashes[i] = table_hash(&sample);
		steps[i].us = 1e9F;
	}
	clock_ns = measure_clock();
}

static void
print_growth(void)
{
	const struct step *longest = steps;

	for (size_t i = 0; i < count; i++)
		if (steps[i].us > longest->us)
			longest = &steps[i];
	printf("\"growth_us\":%.1f,\"growth_step\":\"series %zu: ", (double)longest->us,
	    (size_t)(longest - steps) + 1);
	if (longest->slots_log2 > 0)
		printf("a sub-table of %u slots%s", 1U << longest->slots_log2,
		    longest->regions > 0 ? ", " : "");
	printf("%s\",", longest->regions > 0 ? "a region of memory" : "");
}

int
main(int argc, char **argv)
{
	struct worker worker;
	double new_ns = 1e9, bytes = 0;

	if (argc != 2 || (count = strtoul(argv[1], NULL, 10)) == 0) {
		fprintf(stderr, "usage: micro_worst SERIES\n");
		return 2;
	}
	prepare();
	for (int i = 0; i < ROUNDS; i++) {
		double before = resident_bytes();

		worker_open(&worker);
		double ns = insert_all(&worker);

		if (i == 0)
			bytes = (resident_bytes() - before) / (double)count;
		new_ns = ns < new_ns ? ns : new_ns;
		worker_close(&worker);
		worker_open(&worker);
		insert_by_steps(&worker);
		run_intervals(&worker);
		worker_close(&worker);
	}
	printf("{\"series\":%zu,\"new_ns\":%.1f,", count, new_ns);
	print_growth();
	printf("\"seal_us\":%.1f,\"return_us\":%.1f,\"sweep_us\":%.1f,\"expire_us\":%.1f,"
	       "\"bytes\":%.1f}\n",
	    best[SEAL], best[RETURN], best[SWEEP], best[EXPIRE], bytes);
	free(names);
	free(hashes);
	free(steps);
	return EXIT_SUCCESS;
}
