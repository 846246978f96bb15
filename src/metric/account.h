/* SPDX-License-Identifier: MIT */
/* account.h -- what became of everything: the daemon's ledger, in figures and
 * in one sentence that reads the same wherever it stands. */

#pragma once

#include "base/text.h"
#include "metric/reason.h"

#include <stdbool.h>
#include <stdint.h>

struct account {
	/* Dropped by the kernel, receive buffer full; filtered by allow and deny. */
	uint64_t datagrams_read, datagrams_dropped, datagrams_filtered;
	uint64_t lines, accepted, refused[REASONS];
	uint64_t points, delivered, queued, queue_full, shutdown; /* the last two: dropped */
};

/* Refused lines, all reasons. */
uint64_t account_refused(const struct account *account);

/* Does each side of the ledger add up? */
bool account_balances(const struct account *account);

/* datagrams 7 read + 0 dropped by the kernel + 2 filtered; lines 9 = 8 accepted + 1
 * refused(rate 1); points 40 = 40 delivered + 0 queued + 0 dropped */
void account_sentence(const struct account *account, struct text *out);
