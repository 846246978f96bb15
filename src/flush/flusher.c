/* SPDX-License-Identifier: MIT */
/* flusher.c -- the thread where both sides meet.
 *
 * A seal goes out only after every window of the one before has been
 * returned. A flush that takes long therefore lengthens the open interval; it
 * never runs beside another. */

#include "flush/flusher.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>

/* Someone may set the clock while the flusher sleeps. */
#define SLEEP_MOST CLOCK_SECOND

static void
return_windows(struct flusher *flusher)
{
	for (unsigned i = 0; i < flusher->arrived; i++) {
		struct window *window = flusher->windows[i];
		struct worker *worker = &flusher->ingest->workers[window->worker];

		window_settle(window);
		mailbox_post(&worker->thread.inbox, &window->mail, WORKER_RETURN);
	}
	flusher->arrived = 0;
}

static void
offer(void *arg, struct batch **batch)
{
	struct flusher *flusher = arg;

	egress_offer(flusher->egress, batch);
}

/* What was accepted was folded, and every line is accounted for. */
static void
check_balance(struct flusher *flusher)
{
	uint64_t hits = flusher->merge.hits;
	uint64_t samples = self_samples(&flusher->self);
	uint64_t stray = self_stray_lines(&flusher->self);

	counter_set(&flusher->counters[FLUSH_IMBALANCE],
	    stray + (samples > hits ? samples - hits : hits - samples));
	if (samples != hits || stray != 0)
		log_error("bug: interval %" PRIu64 ": %" PRIu64 " samples accepted, %" PRIu64
			  " folded; %" PRIu64 " lines unaccounted for",
		    flusher->sealed.seq, samples, hits, stray);
}

static void
count_windows(struct flusher *flusher)
{
	self_begin(&flusher->self);
	for (unsigned i = 0; i < flusher->arrived; i++)
		self_add_window(&flusher->self, flusher->windows[i]);
}

static void
count_flush(struct flusher *flusher, int64_t lag_ns)
{
	const struct merge *merge = &flusher->merge;
	counter *counters = flusher->counters;

	counter_add(&counters[FLUSH_FLUSHES], 1);
	if (lag_ns > 0)
		counter_add(&counters[FLUSH_LATE], 1);
	counter_set(
	    &counters[FLUSH_TIMESTAMP], (uint64_t)(flusher->sealed.closed_ns / CLOCK_SECOND));
	counter_set(&counters[FLUSH_SERIES], merge->catalog.live);
	counter_set(&counters[FLUSH_TYPE_CONFLICTS], merge->catalog.conflicts);
	counter_add(&counters[FLUSH_DATED_LATE], merge->late);
}

/* From the windows to what clients' series say. Then they can go back. */
static void
make_rows(struct flusher *flusher)
{
	struct rows *rows = &flusher->rows;

	rows_begin(rows, &flusher->sealed);
	for (unsigned i = 0; i < flusher->arrived; i++)
		rows_add_events(rows, flusher->windows[i]);
	rows_add_series(rows, &flusher->merge);
	merge_end(&flusher->merge);
	return_windows(flusher);
	counter_add(&flusher->counters[FLUSH_GAUGES_AMBIGUOUS], rows->ambiguous);
	counter_add(&flusher->counters[FLUSH_SATURATED], rows->saturated);
}

/* All windows are here: everything from merge to the last batch. */
static void
flush(struct flusher *flusher)
{
	int64_t begun_ns = clock_mono_ns();
	int64_t lag_ns = interval_length_ns(&flusher->sealed) - flusher->settings->interval_ns;

	count_windows(flusher);
	merge_windows(&flusher->merge, flusher->windows, flusher->arrived, &flusher->sealed);
	check_balance(flusher);
	count_flush(flusher, lag_ns);
	make_rows(flusher);
	int64_t made_ns = clock_mono_ns();

	quota_measure(&flusher->ingest->quota);
	self_add_rows(&flusher->self, &flusher->rows,
	    &(struct self_times){
		.processing_ns = made_ns - begun_ns,
		.calculation_ns = made_ns - flusher->asked_ns,
		.lag_ns = lag_ns,
	    });
	rows_end(&flusher->rows);
	counter_set(&flusher->counters[FLUSH_DURATION_NS], (uint64_t)(clock_mono_ns() - begun_ns));
	flusher->sealing = false;
}

/* How many intervals an entry may be idle; at least the two of its cells. */
static uint64_t
forget_intervals(const struct flush_settings *settings)
{
	int64_t length = settings->interval_ns;
	int64_t count = (settings->idle.forget_ns + length - 1) / length;

	return count < 2 ? 2 : (uint64_t)count;
}

static void
publish_due(struct flusher *flusher)
{
	atomic_store_explicit(&flusher->due_ns, flusher->tick.open.closed_ns, memory_order_relaxed);
}

/* Ask every worker for its window. */
static void
seal(struct flusher *flusher, int64_t wall_ns)
{
	uint64_t forget = forget_intervals(flusher->settings);
	uint64_t round = TABLE_SUBS / forget + 1; /* all of a table within that time */

	flusher->sealing = true;
	flusher->asked_ns = clock_mono_ns();
	flusher->last = flusher->stop != NULL;
	flusher->sealed = tick_close(&flusher->tick, wall_ns);
	publish_due(flusher);
	for (unsigned i = 0; i < flusher->ingest->count; i++) {
		struct seal *letter = &flusher->seals[i];
		uint64_t seq = flusher->sealed.seq;

		letter->interval = flusher->sealed;
		letter->oldest_seq = seq > forget ? (uint32_t)(seq - forget) : 0;
		letter->sweep = (unsigned)round;
		mailbox_post(&flusher->ingest->workers[i].thread.inbox, &letter->mail, WORKER_SEAL);
	}
}

static void
end(struct flusher *flusher)
{
	timer_fini(&flusher->timer);
	thread_finish(&flusher->thread);
	notice_pass(flusher->stop);
}

/* Count and tell of a clock that was set; intervals follow it if they must. */
static void
watch_clock(struct flusher *flusher, int64_t wall_ns, int64_t mono_ns)
{
	int64_t step = clock_pair_step(&flusher->clocks, wall_ns, mono_ns);

	if (tick_follow(&flusher->tick, wall_ns, step)) {
		log_warn("intervals follow the clock back");
		publish_due(flusher);
	}
	if (step == 0)
		return;
	counter_add(&flusher->counters[step > 0 ? FLUSH_CLOCK_FORWARD : FLUSH_CLOCK_BACKWARD], 1);
	log_warn("the wall clock stepped %s by %.3f s", step > 0 ? "forward" : "back",
	    (double)(step > 0 ? step : -step) / 1e9);
}

/* Seal if it is time, else sleep until it may be. */
static void
take_turn(struct flusher *flusher)
{
	int64_t mono_ns = clock_mono_ns();
	int64_t wall_ns = clock_wall_ns();

	if (flusher->sealing)
		return;
	watch_clock(flusher, wall_ns, mono_ns);
	quota_measure(&flusher->ingest->quota);
	int64_t wait_ns = tick_wait_ns(&flusher->tick, wall_ns);

	if (wait_ns == 0 || flusher->stop != NULL)
		seal(flusher, wall_ns);
	else
		timer_start_at(
		    &flusher->timer, mono_ns + (wait_ns < SLEEP_MOST ? wait_ns : SLEEP_MOST));
}

static void
on_timer(struct timer *timer)
{
	take_turn((struct flusher *)((char *)timer - offsetof(struct flusher, timer)));
}

static void
take_window(struct flusher *flusher, struct window *window)
{
	CHECK(flusher->sealing && window->interval.seq == flusher->sealed.seq);
	flusher->windows[flusher->arrived++] = window;
	if (flusher->arrived < flusher->ingest->count)
		return;
	flush(flusher);
	if (flusher->last)
		end(flusher);
	else
		take_turn(flusher);
}

static void
deliver(struct thread *thread, struct mail *mail)
{
	struct flusher *flusher =
	    (struct flusher *)((char *)thread - offsetof(struct flusher, thread));

	switch ((enum flusher_mail)mail->kind) {
	case FLUSHER_SEALED: take_window(flusher, (struct window *)mail); break;
	case FLUSHER_ECHO: notice_pass((struct notice *)mail); break;
	case FLUSHER_STOP:
		flusher->stop = (struct notice *)mail;
		take_turn(flusher);
		break;
	}
}

void
flusher_init(struct flusher *flusher, const struct flush_settings *settings,
    const struct item_map *sinks, const struct rules *rules)
{
	*flusher = (struct flusher){.settings = settings, .sinks = sinks};
	thread_init(&flusher->thread, "flusher", deliver);
	timer_init(&flusher->timer, &flusher->thread, on_timer);
	terms_init(&flusher->terms, &settings->timers, sinks, rules);
	merge_init(&flusher->merge, settings, sink_kinds_clash(sinks));
	rows_init(&flusher->rows, settings, &flusher->terms, offer, flusher);
}

void
flusher_start(struct flusher *flusher, struct ingest *ingest, struct egress *egress)
{
	int64_t wall_ns = clock_wall_ns();

	flusher->ingest = ingest;
	flusher->egress = egress;
	flusher->seals = mem_zero(ingest->count, sizeof(*flusher->seals));
	flusher->windows = mem_zero(ingest->count, sizeof(*flusher->windows));
	self_init(&flusher->self,
	    &(struct self_sources){
		.prefix = flusher->settings->self.prefix,
		.started_ns = wall_ns,
		.ingest = ingest,
		.sinks = flusher->sinks,
		.egress = egress,
		.flush = flusher->counters,
	    });
	tick_begin(&flusher->tick, flusher->settings->interval_ns, wall_ns);
	flusher->clocks = (struct clock_pair){wall_ns, clock_mono_ns()};
	publish_due(flusher);
	timer_start(&flusher->timer, 0);
	thread_start(&flusher->thread);
}

void
flusher_join(struct flusher *flusher)
{
	thread_join(&flusher->thread);
}

void
flusher_fini(struct flusher *flusher)
{
	thread_fini(&flusher->thread);
	self_fini(&flusher->self);
	rows_fini(&flusher->rows);
	merge_fini(&flusher->merge);
	terms_fini(&flusher->terms);
	free(flusher->seals);
	free(flusher->windows);
}
