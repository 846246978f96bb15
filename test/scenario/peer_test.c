/* SPDX-License-Identifier: MIT */
/* peer_test.c -- the programs people run: what Debian's StatsD client sends
 * is what Debian's Graphite stores. */

#include "test/scenario/peer.h"
#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct play *
open_stage(const struct carbon *carbon)
{
	struct play *play = play_new();

	play_option(play, "interval=1s");
	play_option(play, "sinks.graphite.type=graphite");
	play_option(play, "sinks.graphite.address=127.0.0.1:%d", carbon->port);
	return play;
}

static void
close_stage(struct play *play, struct carbon *carbon)
{
	carbon_stop(carbon);
	ck_assert(!carbon_log_has(carbon, "invalid line"));
	carbon_free(carbon);
	play_free(play);
}

static const char client_program[] =
    "import statsd, sys\n"
    "for host in ('127.0.0.1', '::1'):\n"
    "    c = statsd.StatsClient(host, int(sys.argv[1]), prefix='app', ipv6=':' in host)\n"
    "    for i in range(500):\n"
    "        c.incr('hits')\n"
    "    c.incr('bytes', 1500)\n"
    "    c.decr('bytes', 500)\n"
    "    c.gauge('level', 12.5)\n"
    "    c.gauge('level', 2.5, delta=True)\n"
    "    c.gauge('cold', 4)\n"
    "    c.gauge('cold', -7)\n"
    "    with c.pipeline() as p:\n"
    "        for i in range(1, 101):\n"
    "            p.timing('wait', i)\n"
    "    for who in ('ann', 'bob', 'ann'):\n"
    "        c.set('who', who)\n";

START_TEST(what_the_python_client_counts_is_what_carbon_stores)
{
	if (!peers_present())
		return;
	struct carbon *carbon = carbon_new(NULL, NULL);
	struct play *play = open_stage(carbon);

	carbon_start(carbon);
	play_start(play);
	ck_assert_int_eq(python_run(client_program, play->port), 0);
	WAIT_UNTIL(carbon_sum(carbon, "stats.counters.app.hits.count") == 1000);
	WAIT_UNTIL(carbon_sum(carbon, "stats.counters.app.bytes.count") == 2000);
	WAIT_UNTIL(carbon_sum(carbon, "stats.timers.app.wait.count") == 200);
	ck_assert_double_eq(carbon_sum(carbon, "stats.timers.app.wait.sum"), 10100);
	ck_assert_double_eq(carbon_last(carbon, "stats.gauges.app.level"), 15);
	ck_assert_double_eq(carbon_last(carbon, "stats.gauges.app.cold"), -7);
	ck_assert_double_ge(carbon_sum(carbon, "stats.sets.app.who.count"), 2);
	WAIT_FOR_NUMBER(play, "ledger.lines.refused", 0);

	struct ledger ledger = play_ledger(play);

	play->sent = ledger.datagrams_read + ledger.datagrams_dropped;
	ledger = play_stop(play);
	ck_assert_uint_eq(ledger.dropped, 0);
	ck_assert_uint_eq(ledger.delivered, ledger.offered);
	close_stage(play, carbon);
}
END_TEST

/* For a while of the daemon's: two flushes. */
static int
send_for_a_while(struct play *play)
{
	double flushed = play_number(play, "flush.count");
	int sent = 0;

	while (play_number(play, "flush.count") < flushed + 2) {
		play_send(play, "kept:1|c");
		sent++;
	}
	return sent;
}

/* What carbon-cache took in its last second it may lose itself when it is
 * stopped; so it is stopped when all it took is stored. */
START_TEST(a_carbon_that_was_away_gets_what_it_missed)
{
	if (!peers_present())
		return;
	struct carbon *carbon = carbon_new(NULL, NULL);
	struct play *play = open_stage(carbon);
	const char *const name = "stats.counters.kept.count";
	int sent = 0;

	carbon_start(carbon);
	play_start(play);
	sent += send_for_a_while(play);
	WAIT_UNTIL(carbon_sum(carbon, name) == sent);
	carbon_stop(carbon);
	sent += send_for_a_while(play);
	carbon_start(carbon);
	sent += send_for_a_while(play);
	WAIT_UNTIL(carbon_sum(carbon, name) == sent);
	play_settle(play);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", sent);
	struct ledger ledger = play_stop(play);

	ck_assert_uint_eq(ledger.dropped, 0);
	ck_assert_uint_eq(ledger.delivered, ledger.offered);
	ck_assert_double_eq(carbon_sum(carbon, name), sent);
	close_stage(play, carbon);
}
END_TEST

/* What the storage rules we give away make of each kind of name. */
static const struct {
	const char *name, *method;
} stored[] = {
    {"stats.counters.page.count", "sum"},
    {"stats.timers.page.count", "sum"},
    {"stats.timers.page.sum", "sum"},
    {"stats.sets.page.count", NULL},
    {"stats.timers.page.lower", "min"},
    {"stats.timers.page.upper", "max"},
    {"stats.timers.page.upper_90", "max"},
    {"stats.timers.page.mean", "average"},
    {"stats.counters.page.rate", "average"},
    {"stats.gauges.page", NULL},
};

static void
check_stored(const struct carbon *carbon, const char *name, const char *method)
{
	char expected[64];
	char *text = carbon_describe(carbon, name);

	ck_assert_msg(strstr(text, "secondsPerPoint: 10\n") != NULL,
	    "%s does not keep 10 s points: %s", name, text);
	snprintf(
	    expected, sizeof(expected), "aggregationMethod: %s\n", method != NULL ? method : "");
	if (method != NULL)
		ck_assert_msg(strstr(text, expected) != NULL, "%s is not rolled up by %s: %s", name,
		    method, text);
	free(text);
}

START_TEST(our_storage_rules_keep_every_flush_and_roll_up_by_meaning)
{
	if (!peers_present())
		return;
	struct carbon *carbon = carbon_new(
	    "contrib/graphite/storage-schemas.conf", "contrib/graphite/storage-aggregation.conf");
	struct play *play = open_stage(carbon);

	carbon_start(carbon);
	play_start(play);
	play_send(play, "page:1|c\npage:5|ms\npage:1|g\npage:me|s");
	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++) {
		WAIT_UNTIL(carbon_stores(carbon, stored[i].name));
		check_stored(carbon, stored[i].name, stored[i].method);
	}
	play_end(play);
	carbon_stop(carbon);
	carbon_free(carbon);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_the_python_client_counts_is_what_carbon_stores),
    SUITE_TEST(a_carbon_that_was_away_gets_what_it_missed),
    SUITE_TEST(our_storage_rules_keep_every_flush_and_roll_up_by_meaning),
    {0},
};

SUITE_MAIN("scenario/peer", tests)
