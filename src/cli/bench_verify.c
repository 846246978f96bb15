/* SPDX-License-Identifier: MIT */
/* bench_verify.c -- does the daemon's ledger account for what was sent? */

#include "cli/bench_verify.h"

#include "base/clock.h"
#include "cli/client.h"

#include <poll.h>

#define AWAIT_NS (30 * CLOCK_SECOND)
#define ASK_AGAIN_MS 50

static uint64_t
count_of(const json_t *object, const char *key)
{
	json_int_t count = json_integer_value(json_object_get(object, key));

	return count > 0 ? (uint64_t)count : 0;
}

struct bench_ledger
bench_ledger_of(const json_t *status)
{
	const json_t *ledger = json_object_get(status, "ledger");
	const json_t *datagrams = json_object_get(ledger, "datagrams");
	const json_t *lines = json_object_get(ledger, "lines");
	json_t *refused = json_object_get(lines, "refused");
	struct bench_ledger sum = {
	    .read = count_of(datagrams, "read"),
	    .dropped = count_of(datagrams, "dropped"),
	    .lines = count_of(lines, "read"),
	    .accepted = count_of(lines, "accepted"),
	};

	for (void *at = json_object_iter(refused); at != NULL;
	     at = json_object_iter_next(refused, at))
		sum.refused += count_of(refused, json_object_iter_key(at));
	return sum;
}

int
bench_ledger_read(const struct control_settings *control, struct bench_ledger *out)
{
	json_t *status = client_status("bench", control, NULL);

	if (status == NULL)
		return -1;
	*out = bench_ledger_of(status);
	json_decref(status);
	return 0;
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
		    .lines = now.lines - before->lines,
		    .accepted = now.accepted - before->accepted,
		    .refused = now.refused - before->refused,
		};
		if (grown_out->read + grown_out->dropped >= datagrams_sent ||
		    clock_mono_ns() >= deadline)
			return 0;
		poll(NULL, 0, ASK_AGAIN_MS);
	}
}

bool
bench_ledger_balances(const struct bench_ledger *grown, uint64_t datagrams_sent)
{
	return datagrams_sent == grown->read + grown->dropped &&
	    grown->lines == grown->accepted + grown->refused;
}
