/* SPDX-License-Identifier: MIT */
/* bench_verify.h -- does the daemon's ledger account for what was sent? */

#pragma once

#include "admin/settings.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The daemon's totals, or how much they grew. */
struct bench_ledger {
	uint64_t read, dropped, filtered; /* datagrams */
	uint64_t lines, accepted, refused;
};

struct bench_ledger bench_ledger_of(const json_t *status);

/* Ask the daemon. 0, or -1 after saying why on standard error. */
int bench_ledger_read(const struct control_settings *control, struct bench_ledger *out);

/* Ask until the daemon has read, lost or filtered as many datagrams as were sent since
 * `before`, or has had 30 seconds; *grown_out is by how much it grew. */
int bench_ledger_await(const struct control_settings *control, const struct bench_ledger *before,
    uint64_t datagrams_sent, struct bench_ledger *grown_out);

/* Is every datagram, and every line of those read, accounted for? */
bool bench_ledger_balances(const struct bench_ledger *grown, uint64_t datagrams_sent);
