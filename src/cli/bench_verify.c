/* SPDX-License-Identifier: MIT */
/* bench_verify.c -- does the daemon's ledger account for what was sent? */

#include "cli/bench_verify.h"

#include "base/clock.h"
#include "cli/answer.h"
#include "cli/client.h"

#include <poll.h>

#define AWAIT_NS (30 * CLOCK_SECOND)
#define ASK_AGAIN_MS 50

struct bench_ledger
bench_ledger_of(const json_t *status)
{
	const json_t *ledger = json_object_get(status, "ledger");
	const json_t *datagrams = json_object_get(ledger, "datagrams");
	const json_t *lines = json_object_get(ledger, "lines");
	json_t *refused = json_object_get(lines, "refused");
	struct bench_ledger sum = {
	    .read = answer_count(datagrams, "read"),
	    .dropped = answer_count(datagrams, "dropped"),
	    .filtered = answer_count(datagrams, "filtered"),
	    .lines = answer_count(lines, "read"),
	    .accepted = answer_count(lines, "accepted"),
	};

	for (void *at = json_object_iter(refused); at != NULL;
	     at = json_object_iter_next(refused, at))
		sum.refused += answer_count(refused, json_object_iter_key(at));
	return sum;
}

int
bench_ledger_read(const struct control_settings *control, struct bench_ledger *out)
{
	json_t *status = client_query("bench", control, "status", CLIENT_SECONDS, NULL);

	if (status == NULL)
		return -1;
	*out = bench_ledger_of(status);
	json_decref(status);
	return 0;
}

/* Datagrams that the daemon knows what became of. */
static uint64_t
seen(const struct bench_ledger *ledger)
{
	return ledger->read + ledger->dropped + ledger->filtered;
}

int
bench_ledger_await(const struct control_settings *control, const struct bench_ledger *before,
    uint64_t datagrams_sent, struct bench_ledger *grown_out)
{
	int64_t deadline = clock_mono_ns() + AWAIT_NS;
	struct bench_ledger now;

	for (;;) {
		if (bench_ledger_read(control, &now) < 0)
			return -1;
		*grown_out = (struct bench_ledger){
		    .read = now.read - before->read,
		    .dropped = now.dropped - before->dropped,
		    .filtered = now.filtered - before->filtered,
		    .lines = now.lines - before->lines,
		    .accepted = now.accepted - before->accepted,
		    .refused = now.refused - before->refused,
		};
		if (seen(grown_out) >= datagrams_sent || clock_mono_ns() >= deadline)
			return 0;
		poll(NULL, 0, ASK_AGAIN_MS);
	}
}

bool
bench_ledger_balances(const struct bench_ledger *grown, uint64_t datagrams_sent)
{
	return datagrams_sent == seen(grown) && grown->lines == grown->accepted + grown->refused;
}
