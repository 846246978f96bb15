/* SPDX-License-Identifier: MIT */
/* lane.c -- one server of a sink: its queue, its ledger, its state. */

#include "sink/lane.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>

const char *const lane_states[] = {
    [LANE_IDLE] = "idle",
    [LANE_CONNECTING] = "connecting",
    [LANE_SENDING] = "sending",
    [LANE_ACKNOWLEDGING] = "acknowledging",
    [LANE_WAITING] = "waiting to retry",
};

static void
balance(struct lane *lane)
{
	const struct ledger *ledger = &lane->ledger;
	counter *counters = lane->counters;

	CHECK(ledger->offered ==
	    ledger->delivered + ledger->queued + ledger->queue_full + ledger->shutdown);
	counter_set(&counters[SINK_POINTS_OFFERED], ledger->offered);
	counter_set(&counters[SINK_POINTS_DELIVERED], ledger->delivered);
	counter_set(&counters[SINK_POINTS_QUEUED], ledger->queued);
	counter_set(&counters[SINK_POINTS_DROPPED_QUEUE_FULL], ledger->queue_full);
	counter_set(&counters[SINK_POINTS_DROPPED_SHUTDOWN], ledger->shutdown);
	counter_set(&counters[SINK_QUEUE_BYTES], lane->queue_bytes);
}

void
lane_set_state(struct lane *lane, enum lane_state state)
{
	if (lane->state == state)
		return;
	lane->state = state;
	lane->since_ns = clock_wall_ns();
}

static void
flush_free(struct lane_flush *flush)
{
	for (size_t i = 0; i < flush->count; i++)
		batch_drop(&flush->batches[i]);
	free(flush->batches);
	free(flush);
}

/* Take the flush after `before` (NULL: the head) out of the queue. Its points
 * are the caller's to put elsewhere in the ledger. */
static struct lane_flush *
take_flush(struct lane *lane, struct lane_flush *before)
{
	struct lane_flush **link = before != NULL ? &before->next : &lane->head;
	struct lane_flush *flush = *link;

	CHECK(flush != NULL);
	*link = flush->next;
	if (lane->newest == flush)
		lane->newest = before;
	lane->queue_bytes -= flush->bytes;
	lane->ledger.queued -= flush->points;
	return flush;
}

static void
release_cursor(struct lane *lane)
{
	if (lane->encoder->release != NULL)
		lane->encoder->release(&lane->cursor);
	lane->cursor = (struct cursor){0};
}

/* Start on the head, if it may be. */
static void
advance(struct lane *lane)
{
	struct lane_flush *head = lane->head;

	if (lane->in_flight || lane->closing || lane->retry.armed)
		return;
	if (head == NULL && lane->stopping) {
		lane_abandon(lane);
		return;
	}
	if (head == NULL || (lane->encoder->whole && !head->complete))
		return;
	lane->in_flight = true;
	lane->begun_ns = clock_mono_ns();
	lane->begun_bytes = 0;
	lane->transport->begin(lane->link);
}

static void
on_retry(struct timer *timer)
{
	advance((struct lane *)((char *)timer - offsetof(struct lane, retry)));
}

void
lane_open(struct lane *lane, struct thread *thread, const void *transporting)
{
	lane->since_ns = clock_wall_ns();
	backoff_init(&lane->backoff);
	timer_init(&lane->retry, thread, on_retry);
	lane->link = lane->transport->open(lane, thread, transporting);
}

/* Bytes that only time can free: of the flush in flight, and of the one that
 * a new batch belongs to. */
static size_t
kept_bytes(const struct lane *lane, const struct lane_flush *own)
{
	size_t bytes = own != NULL ? own->bytes : 0;

	if (lane->in_flight && lane->head != own)
		bytes += lane->head->bytes;
	return bytes;
}

static void
drop_flush(struct lane *lane, struct lane_flush *before)
{
	struct lane_flush *flush = take_flush(lane, before);

	log_warn("sink %s: its queue is full: dropped %" PRIu64 " points of boundary %" PRId64,
	    lane->name, flush->points, flush->timestamp_ns / CLOCK_SECOND);
	lane->ledger.queue_full += flush->points;
	flush_free(flush);
	balance(lane);
}

/* Make room for more bytes of the flush `own`, at the cost of older ones:
 * false if that would not do. A flush that nothing else waits beside is taken
 * whole, whatever its size: a queue holds one flush at least. */
static bool
make_room(struct lane *lane, const struct lane_flush *own, size_t more)
{
	size_t limit = lane->queue_limit_bytes;

	if (own == lane->head)
		return true;
	if (kept_bytes(lane, own) + more > limit)
		return false;
	while (lane->queue_bytes + more > limit)
		drop_flush(lane, lane->in_flight ? lane->head : NULL);
	return true;
}

static struct lane_flush *
add_flush(struct lane *lane, const struct batch *batch)
{
	struct lane_flush *flush = mem_zero(1, sizeof(*flush));

	flush->interval = batch->interval;
	flush->timestamp_ns = batch->timestamp_ns;
	if (lane->newest != NULL)
		lane->newest->next = flush;
	else
		lane->head = flush;
	lane->newest = flush;
	return flush;
}

static void
add_batch(struct lane *lane, struct lane_flush *flush, struct batch *batch, uint64_t points)
{
	size_t bytes = batch_bytes(batch);

	flush->batches =
	    mem_room(flush->batches, flush->count, &flush->cap, sizeof(struct batch *));
	flush->batches[flush->count++] = batch_hold(batch);
	flush->bytes += bytes;
	flush->points += points;
	lane->queue_bytes += bytes;
	lane->ledger.queued += points;
}

/* Nothing can be added to this flush any more. */
static void
complete_newest(struct lane *lane)
{
	struct lane_flush *flush = lane->newest;

	if (flush == NULL || flush->complete)
		return;
	flush->complete = true;
	if (lane->in_flight && flush == lane->head)
		lane->transport->more(lane->link);
}

void
lane_offer(struct lane *lane, struct batch *batch)
{
	uint64_t points = lane->encoder->points(lane->encoding, batch);
	struct lane_flush *own = lane->newest;

	if (lane->stopping) {
		lane->ledger.offered += points;
		lane->ledger.shutdown += points;
		balance(lane);
		return;
	}
	if (own != NULL && own->interval.seq != batch->interval.seq) {
		complete_newest(lane);
		own = NULL;
	}
	bool has_room = make_room(lane, own, batch_bytes(batch));

	lane->ledger.offered += points;
	if (has_room) {
		if (own == NULL)
			own = add_flush(lane, batch);
		add_batch(lane, own, batch, points);
	} else {
		log_warn("sink %s: its queue is full: dropped %" PRIu64
			 " points of boundary %" PRId64,
		    lane->name, points, batch->timestamp_ns / CLOCK_SECOND);
		lane->ledger.queue_full += points;
	}
	balance(lane);
	if (batch->last)
		complete_newest(lane);
	else if (lane->in_flight && own == lane->head)
		lane->transport->more(lane->link);
	advance(lane);
}

void
lane_stop(struct lane *lane, int64_t deadline_mono_ns)
{
	lane->stopping = true;
	lane->deadline_ns = deadline_mono_ns;
	complete_newest(lane);
	backoff_reset(&lane->backoff);
	timer_stop(&lane->retry);
	advance(lane);
}

void
lane_abandon(struct lane *lane)
{
	if (lane->closing)
		return;
	lane->closing = true;
	timer_stop(&lane->retry);
	lane->transport->close(lane->link);
}

enum lane_pull
lane_pull(struct lane *lane, struct text *chunk)
{
	const struct lane_flush *flush = lane->head;

	CHECK(lane->in_flight);
	while (chunk->len == 0 && lane->cursor.batch < flush->count)
		lane->encoder->encode(
		    lane->encoding, flush->batches, flush->count, &lane->cursor, chunk);
	lane->begun_bytes += chunk->len;
	if (chunk->len > 0)
		return LANE_CHUNK;
	return flush->complete ? LANE_END : LANE_AWAIT;
}

static uint64_t
wall_seconds(void)
{
	return (uint64_t)(clock_wall_ns() / CLOCK_SECOND);
}

void
lane_delivered(struct lane *lane, enum ack_level level)
{
	CHECK(lane->in_flight);
	struct lane_flush *flush = take_flush(lane, NULL);

	lane->in_flight = false;
	lane->ledger.delivered += flush->points;
	counter_set(&lane->counters[SINK_UP], 1);
	counter_set(&lane->counters[SINK_ACK_LEVEL], level);
	counter_set(&lane->counters[SINK_LAST_DELIVERY], wall_seconds());
	counter_set(
	    &lane->counters[SINK_FLUSH_TIME_NS], (uint64_t)(clock_mono_ns() - lane->begun_ns));
	counter_set(&lane->counters[SINK_FLUSH_BYTES], lane->begun_bytes);
	balance(lane);
	release_cursor(lane);
	flush_free(flush);
	backoff_reset(&lane->backoff);
	if (lane->failing)
		log_info("sink %s: %s takes points again", lane->name, lane->address);
	lane->failing = false;
	lane_set_state(lane, LANE_IDLE);
	advance(lane);
}

/* How long until the next attempt; towards the end always within what is
 * left of the time. */
static int64_t
retry_delay_ns(struct lane *lane)
{
	int64_t delay_ns = backoff_next_ns(&lane->backoff);

	if (!lane->stopping)
		return delay_ns;
	int64_t left_ns = lane->deadline_ns - clock_mono_ns();

	return delay_ns < left_ns / 2 ? delay_ns : left_ns / 2;
}

void
lane_failed(struct lane *lane, const char *error)
{
	CHECK(lane->in_flight);
	bool is_news = !lane->failing || strcmp(text_string(&lane->last_error), error) != 0;

	lane->in_flight = false;
	lane->failing = true;
	release_cursor(lane);
	counter_set(&lane->counters[SINK_UP], 0);
	counter_set(&lane->counters[SINK_LAST_ERROR], wall_seconds());
	counter_add(&lane->counters[SINK_ERRORS], 1);
	text_reset(&lane->last_error);
	text_puts(&lane->last_error, error);
	if (is_news)
		log_warn("sink %s: %s", lane->name, error);
	lane_set_state(lane, LANE_WAITING);
	if (!lane->closing)
		timer_start(&lane->retry, retry_delay_ns(lane));
}

void
lane_closed(struct lane *lane)
{
	uint64_t dropped = lane->ledger.queued;

	lane->in_flight = false;
	release_cursor(lane);
	lane->ledger.shutdown += dropped;
	while (lane->head != NULL)
		flush_free(take_flush(lane, NULL));
	balance(lane);
	if (dropped > 0)
		log_warn(
		    "sink %s: stopped with %" PRIu64 " points not delivered", lane->name, dropped);
	lane_set_state(lane, LANE_IDLE);
	timer_fini(&lane->retry);
	lane->closed(lane);
}

void
lane_free(struct lane *lane)
{
	lane->transport->free(lane->link);
	text_fini(&lane->last_error);
}
