/* SPDX-License-Identifier: MIT */
/* cardinality_test.c -- somebody sends ever new names: memory stays within its
 * limit, those who were there before lose nothing, and it is known who it was.
 * And every other limit on names, reached. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMES 10000000
#define GOOD 500 /* series of the good client */
#define PACKET 1400
#define MEMORY_MIB 64

/* Whoever sends from an address of its own; every 127.0.0.0/8 is the loopback's. */
struct client {
	struct play *play;
	int fd;
	char packet[PACKET];
	size_t len;
};

static void
client_open(struct client *client, struct play *play, const char *address)
{
	struct sockaddr_in own = {.sin_family = AF_INET};
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)play->port)};

	ck_assert_int_eq(inet_pton(AF_INET, address, &own.sin_addr), 1);
	client->play = play;
	client->len = 0;
	client->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(client->fd, (struct sockaddr *)&own, sizeof(own)), 0);
	ck_assert_int_eq(connect(client->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

static void
client_flush(struct client *client)
{
	if (client->len == 0)
		return;
	ck_assert_int_eq(send(client->fd, client->packet, client->len, 0), (ssize_t)client->len);
	client->play->sent++;
	client->len = 0;
}

static void
client_say(struct client *client, const char *line, size_t len)
{
	if (client->len + len > PACKET)
		client_flush(client);
	memcpy(client->packet + client->len, line, len);
	client->len += len;
}

static void
say_series(struct client *client, const char *prefix, unsigned number)
{
	char line[96];
	int len = snprintf(line, sizeof(line), "%s.%u:1|c\n", prefix, number);

	client_say(client, line, (size_t)len);
}

static void
client_close(struct client *client)
{
	client_flush(client);
	close(client->fd);
}

/* As many datagrams at once as the receive buffer holds of long ones. */
static uint64_t
chunk_of(struct play *play)
{
	return (uint64_t)play_room(play) / 4;
}

/* A new name, many times a microsecond: printf would take most of the time. */
static size_t
write_name(char *line, unsigned number)
{
	static const char form[] = "flood.app.user00000000.seen:1|c\n";
	size_t len = sizeof(form) - 1;

	memcpy(line, form, len);
	for (char *digit = line + 21; number > 0; number /= 10)
		*digit-- += (char)(number % 10);
	return len;
}

static void
say_good(struct client *client)
{
	for (unsigned i = 0; i < GOOD; i++)
		say_series(client, "good.series", i);
	client_flush(client);
}

/* In memory at most, so far, in KiB. */
static long
peak_of(const struct play *play)
{
	char path[64], line[256];
	long peak = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)play->pid);
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "VmHWM: %ld", &peak);
	fclose(file);
	return peak;
}

/* What `sources` says of a client; borrowed. */
static json_t *
source_of(json_t *answer, const char *address)
{
	json_t *sources = json_object_get(answer, "sources");

	for (size_t i = 0; i < json_array_size(sources); i++) {
		json_t *source = json_array_get(sources, i);

		if (strcmp(json_string_value(json_object_get(source, "source")), address) == 0)
			return source;
	}
	ck_abort_msg("sources does not know %s", address);
	return NULL;
}

static void
expect_figure(json_t *object, const char *key, uint64_t expected)
{
	json_t *figure = json_object_get(object, key);

	ck_assert_msg(json_is_integer(figure), "no %s", key);
	ck_assert_uint_eq((uint64_t)json_integer_value(figure), expected);
}

/* Everything that was refused is the bad client's, and of one prefix. */
static void
expect_offender(struct play *play, uint64_t good_lines)
{
	uint64_t refused = (uint64_t)play_number(play, "ledger.lines.refused.memory_limit");
	json_t *answer = play_ask_json(play, "sources\n");
	json_t *good = source_of(answer, "127.0.0.1"), *bad = source_of(answer, "127.0.0.2");
	json_t *worst = json_array_get(json_object_get(answer, "prefixes"), 0);

	expect_figure(good, "lines", good_lines);
	expect_figure(good, "refused", 0);
	expect_figure(good, "series", GOOD);
	expect_figure(good, "series_refused", 0);
	expect_figure(bad, "lines", NAMES);
	expect_figure(bad, "refused", refused);
	expect_figure(bad, "series", NAMES - refused);
	expect_figure(bad, "series_refused", refused);
	ck_assert_str_eq(json_string_value(json_object_get(worst, "prefix")), "flood.app");
	expect_figure(worst, "refused", refused);
	expect_figure(worst, "error", 0);
	ck_assert_uint_lt(refused, NAMES);
	ck_assert_uint_gt(refused, NAMES * 9 / 10);
	json_decref(answer);
}

/* All names, as long datagrams and no faster than they are read. The good
 * client says something in between. Returns how often it has. */
static unsigned
flood(struct play *play, struct client *good, struct client *bad)
{
	uint64_t chunk = chunk_of(play);
	unsigned rounds = 1;
	char line[64];

	say_good(good);
	for (unsigned i = 0; i < NAMES; i++) {
		client_say(bad, line, write_name(line, i));
		if (play->sent < rounds * chunk)
			continue;
		say_good(good);
		rounds++;
		play_settle(play);
	}
	client_flush(bad);
	play_balance(play);
	return rounds;
}

START_TEST(ten_million_names_cost_no_more_than_the_limit_and_nobody_else)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();
	struct client good, bad;

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_option(play, "interval=2s");
	/* So that this server of points keeps up. */
	play_option(play, "idle.counters.send=nothing");
	play_option(play, "limits.memory=%dMiB", MEMORY_MIB);
	play_start(play);
	client_open(&good, play, "127.0.0.1");
	client_open(&bad, play, "127.0.0.2");
	unsigned rounds = flood(play, &good, &bad);
	double flushes = play_number(play, "flush.count");

	expect_offender(play, (uint64_t)rounds * GOOD);
	WAIT_UNTIL(play_number(play, "flush.count") >= flushes + 2);
	ck_assert_int_le(peak_of(play), MEMORY_MIB * 1024 * 105 / 100);
	client_close(&good);
	client_close(&bad);
	play_balance(play);
	/* That server takes its time, and a stop would not wait for it. */
	WAIT_FOR_NUMBER(play, "ledger.points.queued", 0);
	ck_assert_uint_eq(play_stop(play).dropped, 0);
	play_free(play);
	ck_assert_double_eq(endpoint_sum_all(graphite, "stats.counters.good.series.", ".count"),
	    (double)rounds * GOOD);
	ck_assert_double_eq(endpoint_sum(graphite, "stats.counters.good.series.250.count"), rounds);
	endpoint_free(graphite);
}
END_TEST

/* Each limit on names, reached; what is within it goes on. */
static const struct {
	const char *option, *lines, *more;
	const char *counter;
	double accepted, refused; /* of all lines */
} limits[] = {
    {"limits.series=2", "a:1|c\nb:1|c", "a:1|c\nc:1|c\nd:1|c\nb:1|ms",
	"ledger.lines.refused.series_limit", 3, 3},
    {"limits.series_per_source=2", "a:1|c\nb:1|c", "c:1|c\nb:1|c",
	"ledger.lines.refused.source_limit", 3, 1},
    {"limits.name_bytes=16", "sixteen.bytes.ok:1|c", "seventeen.bytes.x:1|c",
	"ledger.lines.refused.name_too_long", 1, 1},
    {"limits.tags=2", "a:1|c|#x:1,y:2", "a:1|c|#x:1,y:2,z:3", "ledger.lines.refused.tags", 1, 1},
};

START_TEST(every_limit_on_names_refuses_what_is_beyond_and_counts_it)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct play *play = play_new();

		play_option(play, "%s", limits[i].option);
		play_start(play);
		play_send(play, limits[i].lines);
		play_balance(play);
		play_send(play, limits[i].more);
		play_balance(play);
		ck_assert_double_eq(play_number(play, "ledger.lines.accepted"), limits[i].accepted);
		ck_assert_double_eq(play_number(play, limits[i].counter), limits[i].refused);
		play_end(play);
	}
}
END_TEST

START_TEST(a_source_at_its_limit_leaves_room_for_others)
{
	struct play *play = play_new();
	struct client one, other;

	play_option(play, "workers=2");
	play_option(play, "limits.series_per_source=100");
	play_start(play);
	client_open(&one, play, "127.0.0.1");
	client_open(&other, play, "127.0.0.2");
	for (unsigned i = 0; i < 150; i++)
		say_series(&one, "one", i);
	for (unsigned i = 0; i < 100; i++)
		say_series(&other, "other", i);
	client_close(&one);
	client_close(&other);
	play_balance(play);
	json_t *answer = play_ask_json(play, "sources\n");

	expect_figure(source_of(answer, "127.0.0.1"), "series", 100);
	expect_figure(source_of(answer, "127.0.0.1"), "series_refused", 50);
	expect_figure(source_of(answer, "127.0.0.2"), "series", 100);
	expect_figure(source_of(answer, "127.0.0.2"), "series_refused", 0);
	json_decref(answer);
	ck_assert_double_eq(play_number(play, "ledger.lines.refused.source_limit"), 50);
	play_end(play);
}
END_TEST

/* From 40 ports, so that both workers know the series. */
static void
send_from_many(struct play *play, const char *text)
{
	for (int i = 0; i < 40; i++)
		play_send_apart(play, text);
	play_balance(play);
}

static uint64_t
ask_series(struct play *play, const char *line)
{
	json_t *answer = play_ask_json(play, line);
	json_t *series = json_object_get(answer, "series");

	ck_assert_msg(json_is_integer(series), "%s", line);
	uint64_t count = (uint64_t)json_integer_value(series);

	json_decref(answer);
	return count;
}

START_TEST(what_is_blocked_is_refused_by_all_workers_until_it_is_lifted)
{
	struct play *play = play_new();

	play_option(play, "workers=2");
	play_start(play);
	send_from_many(play, "bad.one:1|c\ngood:1|c");
	ck_assert_uint_ge(ask_series(play, "block - bad.*\n"), 1);
	send_from_many(play, "bad.one:1|c\nbad.two:1|ms\ngood:1|c");
	ck_assert_double_eq(play_number(play, "ledger.lines.refused.blocked"), 80);
	ck_assert_uint_ge(ask_series(play, "block 0 bad.*\n"), 1);
	send_from_many(play, "bad.one:1|c\nbad.two:1|ms\ngood:1|c");
	ck_assert_double_eq(play_number(play, "ledger.lines.refused.blocked"), 80);
	ck_assert_double_eq(play_number(play, "ledger.lines.accepted"), 80 + 40 + 120);
	play_end(play);
}
END_TEST

START_TEST(a_block_ends_by_itself)
{
	struct play *play = play_new();

	play_option(play, "workers=2");
	play_start(play);
	send_from_many(play, "bad.one:1|c");
	ask_series(play, "block 1 bad.*\n");
	WAIT_UNTIL((play_send(play, "bad.one:1|c\nbad.two:1|c"), play_settle(play),
	    play_number(play, "ledger.lines.accepted") >= 42));
	play_end(play);
}
END_TEST

START_TEST(what_is_forgotten_is_sent_no_more)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = play_new();

	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_option(play, "workers=2");
	play_start(play);
	send_from_many(play, "old.gauge:5|g\nold name:1|c\nnew:1|g");
	WAIT_UNTIL(endpoint_points_of(graphite, "stats.gauges.old.gauge") > 0);
	ck_assert_uint_ge(ask_series(play, "forget old*\n"), 2);
	WAIT_FOR_NUMBER(play, "flush.series", 1);
	size_t count = endpoint_points_of(graphite, "stats.gauges.new");

	WAIT_UNTIL(endpoint_points_of(graphite, "stats.gauges.new") >= count + 2);
	count = endpoint_points_of(graphite, "stats.gauges.old.gauge");
	size_t later = endpoint_points_of(graphite, "stats.gauges.new");

	WAIT_UNTIL(endpoint_points_of(graphite, "stats.gauges.new") >= later + 3);
	ck_assert_uint_eq(endpoint_points_of(graphite, "stats.gauges.old.gauge"), count);
	/* It begins anew. */
	play_send(play, "old.gauge:+1|g");
	WAIT_UNTIL(endpoint_last(graphite, "stats.gauges.old.gauge") == 1);
	play_end(play);
	endpoint_free(graphite);
}
END_TEST

/* As in a small container: exactness does not take what there is not. */
START_TEST(with_little_memory_exactness_has_less_and_it_is_said)
{
	struct play *play = play_new();

	play_option(play, "workers=2");
	play_option(play, "limits.memory=48MiB");
	play_option(play, "timers.exact_memory=16MiB");
	play_start(play);
	ck_assert(play_log_has(play, "timers.exact_memory is 6144 KiB here"));
	play_end(play);
	play = play_new();
	play_option(play, "workers=2");
	play_option(play, "limits.memory=128MiB");
	play_option(play, "timers.exact_memory=16MiB");
	play_start(play);
	ck_assert(!play_log_has(play, "timers.exact_memory"));
	play_end(play);
}
END_TEST

/* Its client may be gone before it is answered, and the daemon may stop. */
START_TEST(stopping_with_an_errand_under_way_is_clean)
{
	struct play *play = play_new();
	int fds[8];

	play_option(play, "workers=3");
	play_start(play);
	for (int i = 0; i < 2000; i++)
		play_sendf(play, "name.%d:1|c", i);
	play_balance(play);
	for (size_t i = 0; i < 8; i++) {
		fds[i] = play_connect(play);
		ck_assert_int_ge(fds[i], 0);
		ck_assert_int_eq(send(fds[i], "forget name.*\n", 14, MSG_NOSIGNAL), 14);
	}
	play_stop(play);
	for (size_t i = 0; i < 8; i++)
		close(fds[i]);
	play_free(play);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(ten_million_names_cost_no_more_than_the_limit_and_nobody_else),
    SUITE_TEST(every_limit_on_names_refuses_what_is_beyond_and_counts_it),
    SUITE_TEST(a_source_at_its_limit_leaves_room_for_others),
    SUITE_TEST(what_is_blocked_is_refused_by_all_workers_until_it_is_lifted),
    SUITE_TEST(a_block_ends_by_itself),
    SUITE_TEST(what_is_forgotten_is_sent_no_more),
    SUITE_TEST(with_little_memory_exactness_has_less_and_it_is_said),
    SUITE_TEST(stopping_with_an_errand_under_way_is_clean),
    {0},
};

SUITE_MAIN("scenario/cardinality", tests)
