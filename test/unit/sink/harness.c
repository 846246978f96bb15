/* SPDX-License-Identifier: MIT */
/* harness.c -- an egress thread with one sink. */

#include "test/unit/sink/harness.h"

#include "base/mem.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAIN_DONE, MAIN_REPORT };

/* Generous: a condition that has not come by then will not. */
#define PATIENCE_NS (60 * CLOCK_SECOND)

static char empty[] = "", automatic[] = "auto", timers[] = "timers", gauges[] = "gauges",
	    sets[] = "sets";

static void
wake_main(void *arg)
{
	sem_post(arg);
}

static void
init(struct harness *harness, const char *type)
{
	static char name[] = "under_test";

	while (strcmp(sink_variants[harness->entry.variant]->name, type) != 0)
		harness->entry.variant++;
	harness->entry.name = name;
	harness->entry.settings = &harness->settings;
	harness->map = (struct item_map){.count = 1, .at = &harness->entry};
	sem_init(&harness->awake, 0, 0);
	mailbox_init(&harness->inbox, wake_main, &harness->awake);
}

void
harness_init_graphite(struct harness *harness, const char *address)
{
	*harness = (struct harness){0};
	init(harness, "graphite");
	harness->address = mem_copy_text(address, strlen(address));
	harness->settings.graphite = (struct graphite_settings){
	    .sink = {.queue_bytes = 64 << 20},
	    .tcp =
		{
		    .address = {.count = 1, .at = &harness->address},
		    .ack = ACK_AUTO,
		    .ack_timeout_ns = 30 * CLOCK_SECOND,
		},
	    .encoding =
		{
		    .tags = NAMING_TAGS_GRAPHITE,
		    .names = {NAMING_STATSD, automatic, automatic, timers, gauges, sets, empty,
			true, true},
		},
	};
}

void
harness_init_stdout(struct harness *harness)
{
	*harness = (struct harness){0};
	init(harness, "stdout");
	harness->settings.out.sink.queue_bytes = 16 << 20;
}

void
harness_start(struct harness *harness)
{
	harness->egress = egress_new(&harness->map);
	egress_start(harness->egress);
}

struct batch *
harness_batch(
    uint64_t seq, size_t first, size_t count, size_t name_len, bool last, struct text *lines)
{
	struct interval interval = {
	    .seq = seq,
	    .opened_ns = (int64_t)(seq - 1) * 10 * CLOCK_SECOND,
	    .closed_ns = (int64_t)seq * 10 * CLOCK_SECOND,
	};
	struct batch *batch =
	    batch_new(&interval, interval.closed_ns, interval_length_ns(&interval));
	char *name = mem_alloc(name_len + 32);

	for (size_t i = first; i < first + count; i++) {
		int len = snprintf(name, name_len + 32, "g.%0*zu", (int)name_len - 2, i);
		struct row *row = batch_add(batch, KIND_GAUGE, name, (size_t)len, "", 0);

		row->gauge.value = (double)i + 0.5;
		if (lines != NULL)
			text_printf(
			    lines, "stats.gauges.%s %zu.5 %zu\n", name, i, (size_t)seq * 10);
	}
	batch->last = last;
	free(name);
	return batch;
}

size_t
harness_offer(
    struct harness *harness, uint64_t seq, size_t count, size_t name_len, struct text *lines)
{
	struct batch *batch = harness_batch(seq, 0, count, name_len, true, lines);
	size_t bytes = batch_bytes(batch);

	egress_offer(harness->egress, &batch);
	return bytes;
}

uint64_t
harness_counter(const struct harness *harness, enum sink_counter which)
{
	return counter_get(&egress_sink_counters(harness->egress, 0)[which]);
}

void
harness_await_counter(const struct harness *harness, enum sink_counter which, uint64_t least)
{
	int64_t give_up_ns = clock_mono_ns() + PATIENCE_NS;

	while (harness_counter(harness, which) < least) {
		ck_assert_msg(clock_mono_ns() < give_up_ns, "counter %d never reached %ju",
		    (int)which, (uintmax_t)least);
		usleep(200);
	}
}

static struct mail *
await_mail(struct harness *harness)
{
	struct mail *mail;

	while ((mail = mailbox_collect(&harness->inbox)) == NULL)
		sem_wait(&harness->awake);
	ck_assert_ptr_null(mail->next);
	return mail;
}

const char *
harness_report(struct harness *harness)
{
	text_reset(&harness->report.out);
	harness->report.to = &harness->inbox;
	harness->report.kind = MAIN_REPORT;
	egress_ask(harness->egress, &harness->report);
	struct mail *mail = await_mail(harness);

	ck_assert_uint_eq(mail->kind, MAIN_REPORT);
	ck_assert_ptr_eq(mail, &harness->report.mail);
	return text_string(&harness->report.out);
}

void
harness_stop(struct harness *harness, int64_t patience_ns)
{
	egress_stop(harness->egress, clock_mono_ns() + patience_ns, &harness->inbox, &harness->done,
	    MAIN_DONE);
	struct mail *mail = await_mail(harness);

	ck_assert_ptr_eq(mail, &harness->done);
	ck_assert_uint_eq(mail->kind, MAIN_DONE);
	egress_join(harness->egress);
	ck_assert_uint_eq(harness_counter(harness, SINK_POINTS_QUEUED), 0);
	ck_assert_uint_eq(harness_counter(harness, SINK_QUEUE_BYTES), 0);
	ck_assert_uint_eq(harness_counter(harness, SINK_POINTS_OFFERED),
	    harness_counter(harness, SINK_POINTS_DELIVERED) +
		harness_counter(harness, SINK_POINTS_DROPPED_QUEUE_FULL) +
		harness_counter(harness, SINK_POINTS_DROPPED_SHUTDOWN));
}

void
harness_free(struct harness *harness)
{
	egress_free(harness->egress);
	text_fini(&harness->report.out);
	free(harness->address);
	sem_destroy(&harness->awake);
}
