/* SPDX-License-Identifier: MIT */
/* harness.h -- an egress thread with one sink, and flushes to feed it. */

#pragma once

#include "sink/egress.h"
#include "sink/settings.h"

#include <semaphore.h>

struct harness {
	struct egress *egress;
	struct item_map map;
	struct item_entry entry;
	char *address;
	union {
		struct graphite_settings graphite;
		struct stdout_settings out;
	} settings;

	/* main's mailbox: what comes back */
	struct mailbox inbox;
	sem_t awake;
	struct mail done;
	struct egress_report report;
};

/* Settings as the configuration's defaults, but with waits of a test's
 * length; change them before harness_start(). */
void harness_init_graphite(struct harness *harness, const char *address);
void harness_init_stdout(struct harness *harness);
void harness_start(struct harness *harness);

/* A batch of gauges named g.<first>..., name_len bytes long, of flush seq;
 * and the lines a graphite sink with the default names makes of it, appended
 * to *lines unless that is NULL. Boundary: 10 s times seq. */
struct batch *harness_batch(
    uint64_t seq, size_t first, size_t count, size_t name_len, bool last, struct text *lines);

/* One flush of one batch, offered. Returns the memory it takes. */
size_t harness_offer(
    struct harness *harness, uint64_t seq, size_t count, size_t name_len, struct text *lines);

uint64_t harness_counter(const struct harness *harness, enum sink_counter which);
void harness_await_counter(const struct harness *harness, enum sink_counter which, uint64_t least);

/* What egress_report says, as text; valid until the next call. */
const char *harness_report(struct harness *harness);

/* Stop with so much time; wait for the end; the ledger is settled then. */
void harness_stop(struct harness *harness, int64_t patience_ns);
void harness_free(struct harness *harness);
