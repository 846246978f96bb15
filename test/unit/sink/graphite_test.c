/* SPDX-License-Identifier: MIT */
/* graphite_test.c -- a graphite sink against servers of all manners: what
 * arrives, how often, and what the ledger says of it. */

#include "test/unit/sink/fakepeer.h"
#include "test/unit/sink/harness.h"

#include "net/timer.h"
#include "sink/egress.h"
#include "sink/transport.h"
#include "test/unit/suite.h"

#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct fakepeer_turn well_behaved[] = {{MANNER_READ, 0}};

static void
must_equal(struct text *got, struct text *expected)
{
	ck_assert_uint_eq(got->len, expected->len);
	ck_assert_int_eq(memcmp(got->bytes, expected->bytes, got->len), 0);
}

static void
must_begin(struct text *whole, struct text *part)
{
	ck_assert_uint_le(part->len, whole->len);
	if (part->len > 0)
		ck_assert_int_eq(memcmp(whole->bytes, part->bytes, part->len), 0);
}

START_TEST(each_flush_is_a_connection_and_delivered_once_read_to_the_end)
{
	struct fakepeer peer;
	struct harness harness;
	struct text lines[3] = {{0}};

	fakepeer_start(&peer, 0, well_behaved, 1);
	harness_init_graphite(&harness, peer.address);
	harness_start(&harness);
	for (uint64_t seq = 1; seq <= 3; seq++) {
		struct batch *first = harness_batch(seq, 0, 1000, 20, false, &lines[seq - 1]);
		struct batch *second = harness_batch(seq, 1000, 2000, 20, true, &lines[seq - 1]);

		egress_offer(harness.egress, &first);
		egress_offer(harness.egress, &second);
	}
	harness_await_counter(&harness, SINK_POINTS_DELIVERED, 9000);
	ck_assert_uint_eq(harness_counter(&harness, SINK_ACK_LEVEL), 2);
	ck_assert_uint_eq(harness_counter(&harness, SINK_UP), 1);
	ck_assert_uint_gt(harness_counter(&harness, SINK_LAST_DELIVERY), 0);
	ck_assert_uint_eq(harness_counter(&harness, SINK_LAST_ERROR), 0);
	ck_assert_uint_eq(harness_counter(&harness, SINK_FLUSH_BYTES), lines[2].len);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	fakepeer_stop(&peer);
	ck_assert_uint_eq(peer.accepted, 3);
	for (size_t i = 0; i < 3; i++) {
		must_equal(&peer.got[i], &lines[i]);
		text_fini(&lines[i]);
	}
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DELIVERED), 9000);
	ck_assert_uint_eq(harness_counter(&harness, SINK_ERRORS), 0);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

START_TEST(sending_starts_with_the_first_batch)
{
	struct fakepeer peer;
	struct harness harness;
	struct text lines = {0};

	fakepeer_start(&peer, 0, well_behaved, 1);
	harness_init_graphite(&harness, peer.address);
	/* Waiting for the rest of a flush is no stall. */
	harness.settings.graphite.tcp.ack_timeout_ns = 200 * CLOCK_MS;
	harness_start(&harness);
	struct batch *batch = harness_batch(1, 0, 10, 20, false, &lines);

	egress_offer(harness.egress, &batch);
	fakepeer_await_bytes(&peer, 0, lines.len);
	usleep(500000); /* more than ack_timeout: what must not happen has had its time */
	batch = harness_batch(1, 10, 5000, 20, true, &lines);
	egress_offer(harness.egress, &batch);
	harness_await_counter(&harness, SINK_POINTS_DELIVERED, 5010);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	fakepeer_stop(&peer);
	ck_assert_uint_eq(peer.accepted, 1);
	must_equal(&peer.got[0], &lines);
	text_fini(&lines);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

START_TEST(flush_is_kept_until_a_refusing_server_appears)
{
	uint16_t port = fakepeer_free_port();
	struct fakepeer peer;
	struct harness harness;
	struct text lines = {0};
	char address[32];

	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	harness_init_graphite(&harness, address);
	harness_start(&harness);
	harness_offer(&harness, 1, 100, 20, &lines);
	harness_await_counter(&harness, SINK_ERRORS, 2);
	ck_assert_uint_eq(harness_counter(&harness, SINK_UP), 0);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_QUEUED), 100);
	fakepeer_start(&peer, port, well_behaved, 1);
	harness_await_counter(&harness, SINK_POINTS_DELIVERED, 100);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	fakepeer_stop(&peer);
	must_equal(&peer.got[0], &lines);
	text_fini(&lines);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

/* The first connection goes wrong somehow, the second is a good one: it gets
 * the same bytes again, and all points are delivered once. */
static void
must_resend(struct fakepeer_turn first, size_t rows, size_t name_len, int64_t ack_timeout_ns)
{
	struct fakepeer_turn turns[] = {first, {MANNER_READ, 0}};
	struct fakepeer peer;
	struct harness harness;
	struct text lines = {0};

	fakepeer_start(&peer, 0, turns, 2);
	harness_init_graphite(&harness, peer.address);
	harness.settings.graphite.tcp.ack_timeout_ns = ack_timeout_ns;
	harness_start(&harness);
	harness_offer(&harness, 7, rows, name_len, &lines);
	harness_await_counter(&harness, SINK_POINTS_DELIVERED, rows);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	fakepeer_stop(&peer);
	ck_assert_uint_eq(peer.accepted, 2);
	must_begin(&lines, &peer.got[0]);
	must_equal(&peer.got[1], &lines);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DELIVERED), rows);
	ck_assert_uint_eq(harness_counter(&harness, SINK_ERRORS), 1);
	ck_assert_uint_gt(harness_counter(&harness, SINK_LAST_ERROR), 0);
	/* Of the attempt that succeeded. */
	ck_assert_uint_eq(harness_counter(&harness, SINK_FLUSH_BYTES), lines.len);
	ck_assert_uint_gt(harness_counter(&harness, SINK_FLUSH_TIME_NS), 0);
	text_fini(&lines);
	harness_free(&harness);
	fakepeer_free(&peer);
}

START_TEST(flush_that_was_reset_is_sent_again)
{
	must_resend((struct fakepeer_turn){MANNER_RESET, 50000}, 5000, 40, 30 * CLOCK_SECOND);
}
END_TEST

START_TEST(flush_that_was_reset_before_its_first_byte_is_sent_again)
{
	must_resend((struct fakepeer_turn){MANNER_RESET, 0}, 100, 40, 30 * CLOCK_SECOND);
}
END_TEST

START_TEST(flush_that_was_cut_is_sent_again)
{
	must_resend((struct fakepeer_turn){MANNER_CUT, 50000}, 5000, 40, 30 * CLOCK_SECOND);
}
END_TEST

/* All of it lies in the server's kernel when the server closes unread. */
START_TEST(small_flush_that_was_cut_is_sent_again)
{
	must_resend((struct fakepeer_turn){MANNER_CUT, 100}, 50, 20, 30 * CLOCK_SECOND);
}
END_TEST

START_TEST(flush_that_nobody_reads_is_sent_again)
{
	must_resend((struct fakepeer_turn){MANNER_STALL, 0}, BATCH_ROWS, 1000, 500 * CLOCK_MS);
}
END_TEST

START_TEST(flush_without_an_end_is_sent_again)
{
	must_resend((struct fakepeer_turn){MANNER_NEVER_CLOSE, 0}, 100, 20, 300 * CLOCK_MS);
}
END_TEST

START_TEST(what_a_server_says_is_ignored)
{
	static const struct fakepeer_turn talkative[] = {{MANNER_TALK, 0}};
	struct fakepeer peer;
	struct harness harness;

	fakepeer_start(&peer, 0, talkative, 1);
	harness_init_graphite(&harness, peer.address);
	harness_start(&harness);
	harness_offer(&harness, 1, 5000, 20, NULL);
	harness_await_counter(&harness, SINK_POINTS_DELIVERED, 5000);
	ck_assert_uint_eq(harness_counter(&harness, SINK_ERRORS), 0);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	fakepeer_stop(&peer);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

START_TEST(auto_falls_to_tcp_for_a_server_that_never_closes)
{
	static const struct fakepeer_turn stubborn[] = {{MANNER_NEVER_CLOSE, 0}};
	struct fakepeer peer;
	struct harness harness;

	fakepeer_start(&peer, 0, stubborn, 1);
	harness_init_graphite(&harness, peer.address);
	harness.settings.graphite.tcp.ack_timeout_ns = 200 * CLOCK_MS;
	harness_start(&harness);
	ck_assert_ptr_nonnull(strstr(harness_report(&harness), "\"ack\":\"auto\""));
	harness_offer(&harness, 1, 100, 20, NULL);
	harness_await_counter(&harness, SINK_POINTS_DELIVERED, 100);
	ck_assert_uint_eq(harness_counter(&harness, SINK_ERRORS), 2);
	ck_assert_uint_eq(harness_counter(&harness, SINK_ACK_LEVEL), 1);
	ck_assert_ptr_nonnull(strstr(harness_report(&harness), "\"ack\":\"tcp\""));
	harness_offer(&harness, 2, 100, 20, NULL);
	harness_await_counter(&harness, SINK_POINTS_DELIVERED, 200);
	ck_assert_uint_eq(harness_counter(&harness, SINK_ERRORS), 2);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	fakepeer_stop(&peer);
	ck_assert_uint_eq(peer.accepted, 4);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

START_TEST(auto_does_not_fall_once_the_server_has_closed)
{
	static const struct fakepeer_turn turns[] = {{MANNER_READ, 0}, {MANNER_NEVER_CLOSE, 0},
	    {MANNER_NEVER_CLOSE, 0}, {MANNER_NEVER_CLOSE, 0}, {MANNER_READ, 0}};
	struct fakepeer peer;
	struct harness harness;

	fakepeer_start(&peer, 0, turns, 5);
	harness_init_graphite(&harness, peer.address);
	harness.settings.graphite.tcp.ack_timeout_ns = 200 * CLOCK_MS;
	harness_start(&harness);
	harness_offer(&harness, 1, 100, 20, NULL);
	harness_offer(&harness, 2, 100, 20, NULL);
	harness_await_counter(&harness, SINK_POINTS_DELIVERED, 200);
	ck_assert_uint_eq(harness_counter(&harness, SINK_ERRORS), 3);
	ck_assert_uint_eq(harness_counter(&harness, SINK_ACK_LEVEL), 2);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	fakepeer_stop(&peer);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

START_TEST(lower_rungs_do_not_wait_for_the_end)
{
	static const struct fakepeer_turn stubborn[] = {{MANNER_NEVER_CLOSE, 0}};
	static const struct {
		enum ack ack;
		uint64_t level;
	} cases[] = {{ACK_TCP, 1}, {ACK_NONE, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fakepeer peer;
		struct harness harness;
		struct text lines = {0};

		fakepeer_start(&peer, 0, stubborn, 1);
		harness_init_graphite(&harness, peer.address);
		harness.settings.graphite.tcp.ack = (int)cases[i].ack;
		harness_start(&harness);
		harness_offer(&harness, 1, 5000, 20, &lines);
		harness_await_counter(&harness, SINK_POINTS_DELIVERED, 5000);
		ck_assert_uint_eq(harness_counter(&harness, SINK_ACK_LEVEL), cases[i].level);
		fakepeer_await_done(&peer, 1);
		harness_stop(&harness, 60 * CLOCK_SECOND);
		fakepeer_stop(&peer);
		must_equal(&peer.got[0], &lines);
		text_fini(&lines);
		harness_free(&harness);
		fakepeer_free(&peer);
	}
}
END_TEST

START_TEST(eof_never_falls)
{
	static const struct fakepeer_turn stubborn[] = {{MANNER_NEVER_CLOSE, 0}};
	struct fakepeer peer;
	struct harness harness;

	fakepeer_start(&peer, 0, stubborn, 1);
	harness_init_graphite(&harness, peer.address);
	harness.settings.graphite.tcp.ack = ACK_EOF;
	harness.settings.graphite.tcp.ack_timeout_ns = 100 * CLOCK_MS;
	harness_start(&harness);
	harness_offer(&harness, 1, 100, 20, NULL);
	harness_await_counter(&harness, SINK_ERRORS, 4);
	harness_stop(&harness, 10 * CLOCK_MS);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DELIVERED), 0);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DROPPED_SHUTDOWN), 100);
	fakepeer_stop(&peer);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

static void
start_without_server(struct harness *harness, uint16_t *port_out)
{
	char address[32];

	*port_out = fakepeer_free_port();
	snprintf(address, sizeof(address), "127.0.0.1:%u", *port_out);
	harness_init_graphite(harness, address);
}

START_TEST(full_queue_drops_the_oldest_flushes)
{
	struct harness harness;
	struct fakepeer peer;
	struct text lines[8] = {{0}};
	uint16_t port;

	start_without_server(&harness, &port);
	struct batch *one = harness_batch(1, 0, 100, 20, true, NULL);
	size_t bytes = batch_bytes(one);

	batch_drop(&one);
	harness.settings.graphite.sink.queue_bytes = (int64_t)(3 * bytes + bytes / 2);
	harness_start(&harness);
	for (uint64_t seq = 1; seq <= 8; seq++)
		ck_assert_uint_eq(harness_offer(&harness, seq, 100, 20, &lines[seq - 1]), bytes);
	harness_await_counter(&harness, SINK_POINTS_OFFERED, 800);
	/* One attempt may be under way: its flush stays. */
	harness_await_counter(&harness, SINK_ERRORS, 2);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_QUEUED), 300);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DROPPED_QUEUE_FULL), 500);
	ck_assert_uint_eq(harness_counter(&harness, SINK_QUEUE_BYTES), 3 * bytes);
	fakepeer_start(&peer, port, well_behaved, 1);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	fakepeer_stop(&peer);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DELIVERED), 300);
	ck_assert_uint_eq(peer.accepted, 3);
	must_equal(&peer.got[1], &lines[6]);
	must_equal(&peer.got[2], &lines[7]);
	for (size_t i = 0; i < 8; i++)
		text_fini(&lines[i]);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

START_TEST(flush_in_flight_is_not_dropped_and_taken_whole)
{
	static const struct fakepeer_turn turns[] = {{MANNER_STALL, 0}, {MANNER_READ, 0}};
	struct fakepeer peer;
	struct harness harness;
	struct text lines = {0};
	struct batch *batch = harness_batch(1, 0, 100, 20, false, &lines);

	fakepeer_start(&peer, 0, turns, 2);
	harness_init_graphite(&harness, peer.address);
	harness.settings.graphite.tcp.ack_timeout_ns = 300 * CLOCK_MS;
	harness.settings.graphite.sink.queue_bytes = (int64_t)(batch_bytes(batch) * 3 / 2);
	harness_start(&harness);
	egress_offer(harness.egress, &batch);
	harness_await_counter(&harness, SINK_POINTS_QUEUED, 100);
	/* The rest of this flush is taken, another one does not fit. */
	batch = harness_batch(1, 100, 100, 20, true, &lines);
	egress_offer(harness.egress, &batch);
	harness_offer(&harness, 2, 100, 20, NULL);
	harness_await_counter(&harness, SINK_POINTS_DELIVERED, 200);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DROPPED_QUEUE_FULL), 100);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	fakepeer_stop(&peer);
	ck_assert_uint_eq(peer.accepted, 2);
	must_equal(&peer.got[1], &lines);
	text_fini(&lines);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

/* A place where the egress thread can be kept: in a timer, so that all that
 * happens meanwhile is found by one and the same look of its loop. */
static struct {
	struct egress_call call;
	struct thread *thread;
	struct timer timer;
	int arrived[2], open[2]; /* pipes */
} gate;

static void
wait_at_gate(struct timer *timer)
{
	char byte;

	ck_assert_int_eq(write(gate.arrived[1], "", 1), 1);
	ck_assert_int_eq(read(gate.open[0], &byte, 1), 1);
	timer_fini(timer);
}

static void
go_to_gate(struct egress_call *call)
{
	(void)call;
	timer_init(&gate.timer, gate.thread, wait_at_gate);
	timer_start(&gate.timer, 10 * CLOCK_MS);
}

static void
hold_at_gate(struct egress *egress)
{
	char byte;

	ck_assert(pipe(gate.arrived) == 0 && pipe(gate.open) == 0);
	gate.call.run = go_to_gate;
	gate.thread = (struct thread *)egress; /* it begins with its thread */
	mailbox_post(&gate.thread->inbox, &gate.call.mail, EGRESS_CALL);
	ck_assert_int_eq(read(gate.arrived[0], &byte, 1), 1);
}

static void
open_gate(void)
{
	ck_assert_int_eq(write(gate.open[1], "", 1), 1);
}

/* The peer's end and the flush's next batch become known in one turn of the
 * loop, in this order. */
START_TEST(peer_that_ends_before_the_next_batch_costs_an_attempt)
{
	static const struct fakepeer_turn turns[] = {{MANNER_NEVER_CLOSE, 0}, {MANNER_READ, 0}};
	struct fakepeer peer;
	struct harness harness;
	struct text lines = {0};

	fakepeer_start(&peer, 0, turns, 2);
	harness_init_graphite(&harness, peer.address);
	harness_start(&harness);
	struct batch *batch = harness_batch(1, 0, 10, 20, false, &lines);

	egress_offer(harness.egress, &batch);
	fakepeer_await_bytes(&peer, 0, lines.len);
	hold_at_gate(harness.egress);
	ck_assert_int_eq(shutdown(peer.open[0], SHUT_RDWR), 0);
	batch = harness_batch(1, 10, 10, 20, true, &lines);
	egress_offer(harness.egress, &batch);
	open_gate();
	harness_await_counter(&harness, SINK_POINTS_DELIVERED, 20);
	harness_stop(&harness, 60 * CLOCK_SECOND);
	fakepeer_stop(&peer);
	must_equal(&peer.got[1], &lines);
	text_fini(&lines);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

START_TEST(batch_larger_than_the_queue_costs_no_other)
{
	struct harness harness;
	uint16_t port;

	start_without_server(&harness, &port);
	harness.settings.graphite.sink.queue_bytes = 300000;
	harness_start(&harness);
	harness_offer(&harness, 1, 100, 20, NULL);
	harness_offer(&harness, 2, 5000, 100, NULL);
	harness_await_counter(&harness, SINK_POINTS_DROPPED_QUEUE_FULL, 5000);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_QUEUED), 100);
	harness_stop(&harness, 10 * CLOCK_MS);
	harness_free(&harness);
}
END_TEST

START_TEST(deadline_drops_what_is_left_and_counts_it)
{
	struct harness harness;
	uint16_t port;

	start_without_server(&harness, &port);
	harness_start(&harness);
	harness_offer(&harness, 1, 100, 20, NULL);
	harness_offer(&harness, 2, 50, 20, NULL);
	harness_await_counter(&harness, SINK_ERRORS, 1);
	int64_t before_ns = clock_mono_ns();

	harness_stop(&harness, 300 * CLOCK_MS);
	ck_assert_int_ge(clock_mono_ns() - before_ns, 290 * CLOCK_MS);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DROPPED_SHUTDOWN), 150);
	harness_free(&harness);
}
END_TEST

START_TEST(stop_ends_at_once_when_all_is_delivered)
{
	struct fakepeer peer;
	struct harness harness;

	fakepeer_start(&peer, 0, well_behaved, 1);
	harness_init_graphite(&harness, peer.address);
	harness_start(&harness);
	for (uint64_t seq = 1; seq <= 5; seq++)
		harness_offer(&harness, seq, 100, 20, NULL);
	int64_t before_ns = clock_mono_ns();

	harness_stop(&harness, 3600 * CLOCK_SECOND);
	ck_assert_int_lt(clock_mono_ns() - before_ns, 60 * CLOCK_SECOND);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DELIVERED), 500);
	fakepeer_stop(&peer);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

/* Stopped in every state: nothing hangs, nothing leaks. */
START_TEST(deadline_interrupts_a_connection)
{
	static const struct fakepeer_turn turns[] = {{MANNER_STALL, 0}};
	struct fakepeer peer;
	struct harness harness;

	fakepeer_start(&peer, 0, turns, 1);
	harness_init_graphite(&harness, peer.address);
	harness_start(&harness);
	harness_offer(&harness, 1, BATCH_ROWS, 1000, NULL);
	fakepeer_await_done(&peer, 1);
	harness_stop(&harness, 50 * CLOCK_MS);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DROPPED_SHUTDOWN), BATCH_ROWS);
	fakepeer_stop(&peer);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

START_TEST(offer_after_the_stop_is_counted)
{
	static const struct fakepeer_turn turns[] = {{MANNER_STALL, 0}};
	struct fakepeer peer;
	struct harness harness;

	fakepeer_start(&peer, 0, turns, 1);
	harness_init_graphite(&harness, peer.address);
	harness_start(&harness);
	harness_offer(&harness, 1, 100, 20, NULL);
	fakepeer_await_done(&peer, 1);
	egress_stop(
	    harness.egress, clock_mono_ns() + 300 * CLOCK_MS, &harness.inbox, &harness.done, 0);
	harness_offer(&harness, 2, 50, 20, NULL);
	sem_wait(&harness.awake);
	egress_join(harness.egress);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DROPPED_SHUTDOWN), 150);
	fakepeer_stop(&peer);
	harness_free(&harness);
	fakepeer_free(&peer);
}
END_TEST

START_TEST(report_says_what_is_wrong)
{
	struct harness harness;
	uint16_t port;

	start_without_server(&harness, &port);
	harness_start(&harness);
	harness_offer(&harness, 6, 100, 20, NULL);
	harness_await_counter(&harness, SINK_ERRORS, 3);
	json_t *sinks = json_loads(harness_report(&harness), 0, NULL);

	ck_assert_uint_eq(json_array_size(sinks), 1);
	json_t *sink = json_array_get(sinks, 0);
	const char *error = json_string_value(json_object_get(sink, "last_error"));

	ck_assert_str_eq(json_string_value(json_object_get(sink, "name")), "under_test");
	ck_assert_str_eq(json_string_value(json_object_get(sink, "type")), "graphite");
	ck_assert_str_eq(json_string_value(json_object_get(sink, "address")), harness.address);
	ck_assert_ptr_nonnull(strstr(error, harness.address));
	ck_assert_ptr_nonnull(strstr(error, "ECONNREFUSED"));
	ck_assert_int_eq(json_integer_value(json_object_get(sink, "oldest")), 60);
	ck_assert_int_gt(json_integer_value(json_object_get(sink, "last_error_at")), 0);
	ck_assert(json_is_null(json_object_get(sink, "last_delivery_at")));
	ck_assert_int_eq(json_integer_value(json_object_get(sink, "flush_bytes")), 0);
	json_t *points = json_object_get(sink, "points");

	ck_assert_int_eq(json_integer_value(json_object_get(points, "offered")), 100);
	ck_assert_int_eq(json_integer_value(json_object_get(points, "queued")), 100);
	json_decref(sinks);
	harness_stop(&harness, 10 * CLOCK_MS);
	harness_free(&harness);
}
END_TEST

START_TEST(name_that_cannot_be_looked_up_is_an_error_like_any_other)
{
	struct harness harness;

	/* Where name servers cannot be reached, do not wait for them long. */
	setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
	harness_init_graphite(&harness, "no-such-host.invalid:2003");
	harness_start(&harness);
	harness_offer(&harness, 1, 100, 20, NULL);
	harness_await_counter(&harness, SINK_ERRORS, 2);
	ck_assert_ptr_nonnull(
	    strstr(harness_report(&harness), "look up no-such-host.invalid:2003: "));
	harness_stop(&harness, 10 * CLOCK_MS);
	ck_assert_uint_eq(harness_counter(&harness, SINK_POINTS_DROPPED_SHUTDOWN), 100);
	harness_free(&harness);
}
END_TEST

START_TEST(no_sinks_at_all_is_fine)
{
	struct harness harness;

	harness_init_graphite(&harness, "127.0.0.1:1");
	harness.map.count = 0;
	harness_start(&harness);
	struct batch *batch = harness_batch(1, 0, 10, 20, true, NULL);

	egress_offer(harness.egress, &batch);
	ck_assert_str_eq(harness_report(&harness), "[]");
	egress_stop(harness.egress, 0, &harness.inbox, &harness.done, 0);
	sem_wait(&harness.awake);
	egress_join(harness.egress);
	harness_free(&harness);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(each_flush_is_a_connection_and_delivered_once_read_to_the_end),
    SUITE_TEST(sending_starts_with_the_first_batch),
    SUITE_TEST(flush_is_kept_until_a_refusing_server_appears),
    SUITE_TEST(flush_that_was_reset_is_sent_again),
    SUITE_TEST(flush_that_was_reset_before_its_first_byte_is_sent_again),
    SUITE_TEST(flush_that_was_cut_is_sent_again),
    SUITE_TEST(small_flush_that_was_cut_is_sent_again),
    SUITE_TEST(flush_that_nobody_reads_is_sent_again),
    SUITE_TEST(flush_without_an_end_is_sent_again),
    SUITE_TEST(what_a_server_says_is_ignored),
    SUITE_TEST(auto_falls_to_tcp_for_a_server_that_never_closes),
    SUITE_TEST(auto_does_not_fall_once_the_server_has_closed),
    SUITE_TEST(lower_rungs_do_not_wait_for_the_end),
    SUITE_TEST(eof_never_falls),
    SUITE_TEST(full_queue_drops_the_oldest_flushes),
    SUITE_TEST(flush_in_flight_is_not_dropped_and_taken_whole),
    SUITE_TEST(peer_that_ends_before_the_next_batch_costs_an_attempt),
    SUITE_TEST(batch_larger_than_the_queue_costs_no_other),
    SUITE_TEST(deadline_drops_what_is_left_and_counts_it),
    SUITE_TEST(stop_ends_at_once_when_all_is_delivered),
    SUITE_TEST(deadline_interrupts_a_connection),
    SUITE_TEST(offer_after_the_stop_is_counted),
    SUITE_TEST(report_says_what_is_wrong),
    SUITE_TEST(name_that_cannot_be_looked_up_is_an_error_like_any_other),
    SUITE_TEST(no_sinks_at_all_is_fine),
    {0},
};

SUITE_MAIN("sink/graphite", tests)
