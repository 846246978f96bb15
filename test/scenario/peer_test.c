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
	ck_assert(!carbon_log_has(carbon, "Error parsing metric"));
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
    {"stats.sets.people.count", NULL},
    {"stats.timers.page.lower", "min"},
    {"stats.timers.page.upper", "max"},
    {"stats.timers.page.upper_90", "max"},
    {"stats.timers.page.mean", "average"},
    {"stats.counters.page.rate", "average"},
    {"stats.gauges.depth", NULL},
    {"counts.page", "sum"},
    {"timers.page.sum_sq", "sum"},
    {"timers.page.p95", "max"},
    {"timers.page.stdev", "average"},
    {"timers.page.sample_rate", "average"},
    {"gauges.depth", "average"},
    {"sets.people", "max"},
    {"stats.b.page.min", "min"},
    {"stats.b.page.max", "max"},
    {"stats.b.page.percentile.999", "max"},
    {"stats.b.page.count", "sum"},
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

	play_option(play, "sinks.site={type: graphite, address: \"127.0.0.1:%d\", names: statsite}",
	    carbon->port);
	play_option(play,
	    "sinks.bru={type: graphite, address: \"127.0.0.1:%d\", "
	    "names: {scheme: brubeck, prefix: stats.b}}",
	    carbon->port);
	carbon_start(carbon);
	play_start(play);
	play_send(play, "page:1|c\npage:5|ms\ndepth:1|g\npeople:me|s");
	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++) {
		WAIT_UNTIL(carbon_stores(carbon, stored[i].name));
		check_stored(carbon, stored[i].name, stored[i].method);
	}
	play_end(play);
	carbon_stop(carbon);
	carbon_free(carbon);
}
END_TEST

/* What is sent in one datagram, and what carbon must have of it then. */
struct stored_value {
	const char *name;
	double value;
};

/* Of a series that is idle afterwards, only zeros are added. */
static void
wait_for_values(const struct carbon *carbon, const struct stored_value *values)
{
	for (; values->name != NULL; values++)
		WAIT_UNTIL(carbon_sum(carbon, values->name) == values->value);
}

/* A series in each of the five dialects, and every kind. */
static const char tagged_lines[] = "page:3|c|#region:eu,device:tv\n"
				   "page,region=eu,device=tv:4|c\n"
				   "page;device=tv;region=eu:2|c|@0.5\n"
				   "page[region=eu]:1|c|#device:tv\n"
				   "page#region=eu,device=tv:1|c\n"
				   "load:100:200:300|ms|#region:eu\n"
				   "who:ann|s|#region:eu\n"
				   "who:bob|s|#region:eu\n"
				   "odd:1|c|#k=x!^:~a;b,flag,url:http://x/y?q=1\n"
				   "named:1|c|#name:x\n"
				   "named:1|c|#name:y\n";

#define TV ";device=tv;region=eu"
#define EU ";region=eu"

static const struct stored_value tagged_values[] = {
    {"stats.counters.page.count" TV, 13},
    {"stats.timers.load.count" EU, 3},
    {"stats.timers.load.count_99_9" EU, 3},
    {"stats.timers.load.upper_99_9" EU, 300},
    {"stats.timers.load.mean_50" EU, 150},
    {"stats.timers.load.lower_top50" EU, 200},
    {"stats.timers.load.sum_squares" EU, 140000},
    {"stats.timers.load.histogram.bin_0_5" EU, 0},
    {"stats.timers.load.histogram.bin_150" EU, 1},
    {"stats.timers.load.histogram.bin_inf" EU, 2},
    {"stats.sets.who.count" EU, 2},
    {"stats.counters.odd.count;flag=true;k_x=a_b;url=http--x-yq=1", 1},
    /* The tag `name` is Graphite's own. */
    {"stats.counters.named.count;name_=x", 1},
    {"stats.counters.named.count;name_=y", 1},
    {0},
};

START_TEST(carbon_takes_every_tag_and_has_the_values_under_it)
{
	if (!peers_present())
		return;
	struct carbon *carbon = carbon_new(NULL, NULL);
	struct play *play = open_stage(carbon);

	play_option(play, "timers.percentiles=[50, 99.9, -50]");
	play_option(play, "timers.histograms=[{match: \"*\", bins: [0.5, 150, inf]}]");
	carbon_start(carbon);
	play_start(play);
	play_send(play, tagged_lines);
	wait_for_values(carbon, tagged_values);
	play_balance(play);
	ck_assert_uint_eq(play_stop(play).dropped, 0);
	close_stage(play, carbon);
}
END_TEST

static const char scheme_lines[] = "hits:2|c\nhits:1|c|@0.1\nlevel:-2|kv\n"
				   "wait:1:2:3:4:5:6:7:8:9:10|ms\nwho:ann|s\nwho:bob|s";

static const struct stored_value scheme_values[] = {
    {"stats.hits", 12},
    {"stats_counts.hits", 12},
    {"stats.timers.wait.upper_90", 9},
    {"stats.sets.who.count", 2},
    {"site.counts.hits", 12},
    {"site.timers.wait.sum", 55},
    {"site.timers.wait.p95", 10},
    {"site.timers.wait.rate", 55},
    {"site.timers.wait.sample_rate", 10},
    {"site.sets.who", 2},
    {"bru.hits", 12},
    {"bru.wait.max", 10},
    {"bru.wait.percentile.999", 10},
    {"bru.who.count", 2},
    {"bare.hits", 12},
    {"bare.hits.rate", 12},
    {"bare.wait.count_90", 9},
    {"bare.who.count", 2},
    {0},
};

static const char *const scheme_gauges[] = {
    "stats.gauges.level", "site.gauges.level", "bru.level", "bare.level"};

START_TEST(carbon_stores_each_scheme_under_its_names)
{
	static const char *const sinks[] = {"legacy", "scheme: statsd-legacy", "site",
	    "scheme: statsite, prefix: site", "bru", "scheme: brubeck, prefix: bru", "bare",
	    "scheme: plain, prefix: bare"};

	if (!peers_present())
		return;
	struct carbon *carbon = carbon_new(NULL, NULL);
	struct play *play = play_new();

	play_option(play, "interval=1s");
	for (size_t i = 0; i < sizeof(sinks) / sizeof(*sinks); i += 2)
		play_option(play,
		    "sinks.%s={type: graphite, address: \"127.0.0.1:%d\", names: {%s}}", sinks[i],
		    carbon->port, sinks[i + 1]);
	carbon_start(carbon);
	play_start(play);
	play_send(play, scheme_lines);
	wait_for_values(carbon, scheme_values);
	for (size_t i = 0; i < sizeof(scheme_gauges) / sizeof(*scheme_gauges); i++)
		WAIT_UNTIL(carbon_last(carbon, scheme_gauges[i]) == -2);
	play_balance(play);
	ck_assert_uint_eq(play_stop(play).dropped, 0);
	close_stage(play, carbon);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_the_python_client_counts_is_what_carbon_stores),
    SUITE_TEST(a_carbon_that_was_away_gets_what_it_missed),
    SUITE_TEST(our_storage_rules_keep_every_flush_and_roll_up_by_meaning),
    SUITE_TEST(carbon_takes_every_tag_and_has_the_values_under_it),
    SUITE_TEST(carbon_stores_each_scheme_under_its_names),
    {0},
};

SUITE_MAIN("scenario/peer", tests)
