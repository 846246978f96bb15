/* SPDX-License-Identifier: MIT */
/* account.c -- what became of everything. */

#include "metric/account.h"

#include <inttypes.h>

uint64_t
account_refused(const struct account *account)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < REASONS; i++)
		sum += account->refused[i];
	return sum;
}

bool
account_balances(const struct account *account)
{
	return account->lines == account->accepted + account_refused(account) &&
	    account->points ==
	    account->delivered + account->queued + account->queue_full + account->shutdown;
}

/* Append "(rate 1, tags 2)", of those that are not 0. */
static void
add_reasons(struct text *out, const char *const *names, const uint64_t *counts, size_t count)
{
	const char *before = "(";

	for (size_t i = 0; i < count; i++) {
		if (counts[i] == 0)
			continue;
		text_printf(out, "%s%s %" PRIu64, before, names[i], counts[i]);
		before = ", ";
	}
	if (before[0] == ',')
		text_byte(out, ')');
}

void
account_sentence(const struct account *account, struct text *out)
{
	static const char *const drops[] = {"queue_full", "shutdown"};
	const uint64_t dropped[] = {account->queue_full, account->shutdown};
	const char *reasons[REASONS];

	for (size_t i = 0; i < REASONS; i++)
		reasons[i] = reason_defs[i].name;
	text_printf(out, "datagrams %" PRIu64 " read + %" PRIu64 " dropped by the kernel",
	    account->datagrams_read, account->datagrams_dropped);
	if (account->datagrams_filtered > 0)
		text_printf(out, " + %" PRIu64 " filtered", account->datagrams_filtered);
	text_printf(out, "; lines %" PRIu64 " = %" PRIu64 " accepted + %" PRIu64 " refused",
	    account->lines, account->accepted, account_refused(account));
	add_reasons(out, reasons, account->refused, REASONS);
	text_printf(out,
	    "; points %" PRIu64 " = %" PRIu64 " delivered + %" PRIu64 " queued + %" PRIu64
	    " dropped",
	    account->points, account->delivered, account->queued,
	    account->queue_full + account->shutdown);
	add_reasons(out, drops, dropped, 2);
}
