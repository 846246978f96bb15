/* SPDX-License-Identifier: MIT */
/* graphite_in_test.c -- Graphite's lines come in, over TCP and UDP, from hands
 * and from the clients that people have, and go out to Graphite again with the
 * time they came with. */

#include "test/scenario/peer.h"
#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PYTHON "/usr/bin/python3"

struct mill {
	struct play *play;
	struct endpoint *endpoint;
};

/* A Graphite listener alone, with further lines of its configuration, and a
 * sink that gives every series the name it came with. */
static struct mill
mill_open(const char *interval, const char *more)
{
	struct mill mill = {.play = play_new(), .endpoint = endpoint_new()};
	char yaml[256];

	snprintf(yaml, sizeof(yaml), "listen:\n  app:\n    graphite: \"127.0.0.1:%d\"\n%s",
	    mill.play->port, more);
	play_configure(mill.play, yaml);
	play_option(mill.play, "interval=%s", interval);
	play_option(mill.play, "self.prefix=own");
	endpoint_listen(mill.endpoint);
	play_option(mill.play,
	    "sinks.out={type: graphite, address: \"127.0.0.1:%d\", names: plain}",
	    endpoint_port(mill.endpoint));
	play_start(mill.play);
	return mill;
}

static struct ledger
mill_stop(struct mill *mill)
{
	mill->play->sent = (uint64_t)play_number(mill->play, "ledger.datagrams.read");
	struct ledger ledger = play_stop(mill->play);

	ck_assert_uint_eq(ledger.dropped, 0);
	ck_assert_uint_eq(ledger.delivered, ledger.offered);
	ck_assert_uint_eq(endpoint_malformed(mill->endpoint), 0);
	return ledger;
}

static void
mill_free(struct mill *mill)
{
	endpoint_free(mill->endpoint);
	play_free(mill->play);
}

static int
connect_tcp(const struct mill *mill)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)mill->play->port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void
write_text(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* The points of a name as "value@seconds after begin", in their order. */
static char *
describe_points(const struct mill *mill, const char *name, int64_t begin)
{
	size_t count, len;
	struct endpoint_point *points = endpoint_copy(mill->endpoint, name, &count);
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%.17g@%" PRId64, i > 0 ? " " : "", points[i].value,
		    points[i].timestamp - begin);
	ck_assert_int_eq(fclose(out), 0);
	endpoint_points_free(points, count);
	return text;
}

static void
expect_points(const struct mill *mill, const char *name, int64_t begin, const char *expected)
{
	char *points = describe_points(mill, name, begin);

	ck_assert_msg(
	    strcmp(points, expected) == 0, "%s came as\n%s\nnot\n%s", name, points, expected);
	free(points);
}

/* ---- by hand ------------------------------------------------------------------------ */

/* Each in a flush of its own, or together: it makes no difference. */
START_TEST(points_leave_with_the_time_they_came_with)
{
	struct mill mill = mill_open("100ms", "");
	int64_t begin = time(NULL) - 60;
	int fd = connect_tcp(&mill);
	char text[256];

	snprintf(text, sizeof(text),
	    "web.load 0.5 %" PRId64 "\nweb.load -1 %" PRId64 ".75\r\n"
	    "disk;root=yes;host=a 7 %" PRId64 "\n",
	    begin, begin + 7, begin);
	write_text(fd, text);
	WAIT_FOR_NUMBER(mill.play, "ledger.lines.accepted", 3);
	WAIT_UNTIL(endpoint_points_of(mill.endpoint, "web.load") == 2);
	play_sendf(
	    mill.play, "web.load\t2  %" PRId64 "\nweb.load 3 %" PRId64 " \n", begin + 8, begin + 9);
	WAIT_UNTIL(endpoint_points_of(mill.endpoint, "web.load") == 4);
	snprintf(text, sizeof(text), "web.load 4 %" PRId64 "\n", begin + 10);
	for (size_t i = 0; text[i] != '\0'; i++)
		write_text(fd, (char[]){text[i], '\0'});
	WAIT_UNTIL(endpoint_points_of(mill.endpoint, "web.load") == 5);
	close(fd);
	ck_assert_uint_eq(mill_stop(&mill).lines_accepted, 6);
	expect_points(&mill, "web.load", begin, "0.5@0 -1@7 2@8 3@9 4@10");
	expect_points(&mill, "disk;host=a;root=yes", begin, "7@0");
	mill_free(&mill);
}
END_TEST

/* Of one flush and name, in the order of their time. */
START_TEST(a_flush_holds_all_points_of_a_name)
{
	struct mill mill = mill_open("1h", "");
	int64_t begin = time(NULL) - 600;

	for (int i = 0; i < 100; i++)
		play_sendf(mill.play, "a %d %" PRId64 "\na %d.5 %" PRId64 "\n", i,
		    begin + (i * 37) % 100, i, begin + (i * 37) % 100);
	WAIT_FOR_NUMBER(mill.play, "ledger.lines.accepted", 200);
	mill_stop(&mill);
	size_t count;
	struct endpoint_point *points = endpoint_copy(mill.endpoint, "a", &count);

	ck_assert_uint_eq(count, 100);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(points[i].timestamp, begin + i);
		/* 73 is the inverse of 37 modulo 100 */
		ck_assert_double_eq(points[i].value, (i * 73) % 100 + 0.5);
	}
	endpoint_points_free(points, count);
	mill_free(&mill);
}
END_TEST

START_TEST(a_time_of_minus_one_is_that_of_arrival)
{
	struct mill mill = mill_open("1h", "");
	int64_t before = time(NULL);

	play_send(mill.play, "a 5 -1\nb 6 N");
	WAIT_FOR_NUMBER(mill.play, "ledger.lines.refused", 1);
	int64_t after = time(NULL);

	ck_assert_uint_eq(mill_stop(&mill).lines_accepted, 1);
	ck_assert_uint_eq(endpoint_points_of(mill.endpoint, "a"), 1);
	ck_assert_int_ge(endpoint_last_at(mill.endpoint, "a"), before);
	ck_assert_int_le(endpoint_last_at(mill.endpoint, "a"), after);
	mill_free(&mill);
}
END_TEST

/* One point of an interval, whose end is its time: the newest value. */
START_TEST(a_bucket_is_one_point)
{
	struct mill mill = mill_open("5s", "    graphite_timestamps: bucket\n");
	int64_t begin = (time(NULL) - 60) / 5 * 5;

	play_sendf(mill.play,
	    "a 1 %" PRId64 "\na 4 %" PRId64 "\na 3 %" PRId64 "\na 2 %" PRId64 "\n", begin,
	    begin + 4, begin + 2, begin + 5);
	WAIT_FOR_NUMBER(mill.play, "ledger.lines.accepted", 4);
	mill_stop(&mill);
	expect_points(&mill, "a", begin, "4@5 2@10");
	mill_free(&mill);
}
END_TEST

START_TEST(every_refusal_is_counted_under_its_reason)
{
	static const struct {
		const char *line, *reason;
	} lines[] = {
	    {"a", "no_value"},
	    {"a:1|c", "no_value"},
	    {";k=v 1 -1", "no_name"},
	    {"!! 1 -1", "bad_name"},
	    {"a x -1", "bad_value"},
	    {"a nan -1", "not_finite"},
	    {"a 1", "timestamp"},
	    {"a 1 -1 x", "timestamp"},
	    {"a 1 1", "late"},
	    {"a 1 99999999999999", "future"},
	};
	struct mill mill = mill_open("1h", "");
	int fd = connect_tcp(&mill);

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		char path[64];

		snprintf(path, sizeof(path), "ledger.lines.refused.%s", lines[i].reason);
		double before = play_number(mill.play, path);

		play_sendf(mill.play, "%s\n", lines[i].line);
		WAIT_FOR_NUMBER(mill.play, path, before + 1);
		write_text(fd, lines[i].line);
		write_text(fd, "\n");
		WAIT_FOR_NUMBER(mill.play, path, before + 2);
	}
	write_text(fd, "a 1 17000000");
	close(fd);
	WAIT_FOR_NUMBER(mill.play, "ledger.lines.refused.truncated", 1);
	ck_assert_uint_eq(mill_stop(&mill).lines_accepted, 0);
	mill_free(&mill);
}
END_TEST

/* What follows it is never looked at. */
START_TEST(a_web_browser_is_shown_the_door)
{
	struct mill mill = mill_open("1h", "");
	int fd = connect_tcp(&mill);
	char byte;

	write_text(fd, "a 1 -1\nPOST / HTTP/1.1\r\nHost: localhost\r\n\r\nb 1 -1\n");
	ssize_t got = recv(fd, &byte, 1, 0);

	ck_assert(got == 0 || (got < 0 && errno == ECONNRESET));
	close(fd);
	WAIT_FOR_NUMBER(mill.play, "ledger.lines.refused.http", 1);
	ck_assert_uint_eq(mill_stop(&mill).lines_accepted, 1);
	ck_assert_uint_eq(endpoint_points_of(mill.endpoint, "b"), 0);
	mill_free(&mill);
}
END_TEST

/* ---- clients ------------------------------------------------------------------------ */

/* What a client sends beside the mill. Nobody reads it before the client has
 * ended: its connections and their few lines wait in the kernel. */
struct direct {
	int fd, port;
	struct endpoint_point *points;
	size_t count;
};

static struct direct
direct_open(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t at_len = sizeof(at);
	struct direct direct = {
	    .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};

	ck_assert_int_eq(bind(direct.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(direct.fd, 16), 0);
	ck_assert_int_eq(getsockname(direct.fd, (struct sockaddr *)&at, &at_len), 0);
	direct.port = ntohs(at.sin_port);
	return direct;
}

static void
add_point(struct direct *direct, const char *line)
{
	char name[256];
	struct endpoint_point point;

	ck_assert_int_eq(
	    sscanf(line, "%255s %lf %" SCNd64, name, &point.value, &point.timestamp), 3);
	point.name = strdup(name);
	direct->points = realloc(direct->points, (direct->count + 1) * sizeof(*direct->points));
	direct->points[direct->count++] = point;
}

/* All of it. */
static void
direct_read(struct direct *direct)
{
	char line[512];
	int fd;

	while ((fd = accept4(direct->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		FILE *in = fdopen(fd, "r");

		ck_assert_ptr_nonnull(in);
		while (fgets(line, sizeof(line), in) != NULL)
			add_point(direct, line);
		fclose(in);
	}
	ck_assert_int_eq(errno, EAGAIN);
	close(direct->fd);
	ck_assert_uint_gt(direct->count, 0);
}

static int
compare_points(const void *left, const void *right)
{
	const struct endpoint_point *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : (a->timestamp > b->timestamp) - (a->timestamp < b->timestamp);
}

/* Every point that came directly came through the mill, and no other, but for
 * those of the daemon's own. */
static void
expect_same_points(struct direct *direct, const struct mill *mill)
{
	size_t count, at = 0;
	struct endpoint_point *points = endpoint_copy(mill->endpoint, NULL, &count);

	qsort(direct->points, direct->count, sizeof(*points), compare_points);
	qsort(points, count, sizeof(*points), compare_points);
	for (size_t i = 0; i < count; i++) {
		const struct endpoint_point *expected = &direct->points[at];

		if (strncmp(points[i].name, "own.", 4) == 0)
			continue;
		ck_assert_uint_lt(at, direct->count);
		ck_assert_str_eq(points[i].name, expected->name);
		ck_assert_int_eq(points[i].timestamp, expected->timestamp);
		ck_assert_double_eq(points[i].value, expected->value);
		at++;
	}
	ck_assert_uint_eq(at, direct->count);
	endpoint_points_free(points, count);
	endpoint_points_free(direct->points, direct->count);
}

#define COLLECTD "collectd-core/usr/sbin/collectd"

static const char collectd_config[] = "BaseDir \"%s\"\n"
				      "PIDFile \"%s/collectd.pid\"\n"
				      "PluginDir \"%s/../lib/collectd\"\n"
				      "TypesDB \"%s/../share/collectd/types.db\"\n"
				      "Hostname \"box\"\n"
				      "FQDNLookup false\n"
				      "Interval 1\n"
				      "LoadPlugin load\n"
				      "LoadPlugin memory\n"
				      "LoadPlugin write_graphite\n"
				      "<Plugin write_graphite>\n"
				      "  <Node \"direct\">\n"
				      "    Host \"127.0.0.1\"\n"
				      "    Port \"%d\"\n"
				      "    Prefix \"collectd.\"\n"
				      "  </Node>\n"
				      "  <Node \"mill\">\n"
				      "    Host \"127.0.0.1\"\n"
				      "    Port \"%d\"\n"
				      "    Protocol \"%s\"\n"
				      "    Prefix \"collectd.\"\n"
				      "  </Node>\n"
				      "</Plugin>\n";

static void
write_config(const struct mill *mill, const char *path, const char *program, int direct_port,
    const char *protocol)
{
	const char *dir = mill->play->dir;
	char bin[PATH_MAX];
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	snprintf(bin, sizeof(bin), "%.*s", (int)(strrchr(program, '/') - program), program);
	fprintf(file, collectd_config, dir, dir, bin, bin, direct_port, mill->play->port, protocol);
	ck_assert_int_eq(fclose(file), 0);
}

/* It sends to both, until some rounds of its values have come. */
static void
run_collectd(const struct mill *mill, const char *program, int direct_port, const char *protocol)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/collectd.conf", mill->play->dir);
	write_config(mill, path, program, direct_port, protocol);
	pid_t pid = peer_start((const char *const[]){program, "-f", "-C", path, NULL});

	WAIT_UNTIL(play_number(mill->play, "ledger.lines.accepted") >= 20);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(peer_wait(pid), 0);
	unlink(path);
}

START_TEST(what_collectd_writes_comes_out_as_it_was)
{
	static const char *const protocols[] = {"tcp", "udp"};
	char program[PATH_MAX];

	peer_cached(COLLECTD, program);
	if (!peer_needed(access(program, X_OK) == 0, "collectd"))
		return;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		struct mill mill = mill_open("1h", "");
		struct direct direct = direct_open();

		run_collectd(&mill, program, direct.port, protocols[i]);
		direct_read(&direct);
		WAIT_FOR_NUMBER(mill.play, "ledger.lines.accepted", (double)direct.count);
		ck_assert_uint_eq(mill_stop(&mill).lines_refused, 0);
		ck_assert_uint_gt(
		    endpoint_points_of(mill.endpoint, "collectd.box.load.load.shortterm"), 0);
		expect_same_points(&direct, &mill);
		mill_free(&mill);
	}
}
END_TEST

/* Two pushes a second apart, of the same to both ports, with labels in names
 * and as tags. */
static const char bridge_program[] =
    "import sys\n"
    "from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary\n"
    "from prometheus_client.bridge.graphite import GraphiteBridge\n"
    "registry = CollectorRegistry()\n"
    "hits = Counter('hits', 'h', ['code'], registry=registry)\n"
    "depth = Gauge('depth', 'd', registry=registry)\n"
    "wait = Histogram('wait', 'w', ['op'], registry=registry, buckets=(0.1, 1))\n"
    "size = Summary('size', 's', registry=registry)\n"
    "hits.labels('200').inc(3)\n"
    "hits.labels('404').inc()\n"
    "wait.labels('get').observe(0.5)\n"
    "size.observe(1234.5)\n"
    "for second in range(2):\n"
    "    depth.set(-2.25 + second)\n"
    "    for tags in (False, True):\n"
    "        for port in sys.argv[1:3]:\n"
    "            GraphiteBridge(('127.0.0.1', int(port)), registry=registry, tags=tags,\n"
    "                _timer=lambda: int(sys.argv[3]) + second + 0.5).push('app' + str(tags))\n";

START_TEST(what_prometheus_bridge_pushes_comes_out_as_it_was)
{
	const char *const probe[] = {
	    PYTHON, "-c", "import prometheus_client.bridge.graphite", NULL};

	if (!peer_needed(peer_run(probe) == 0, "python3-prometheus-client"))
		return;
	struct mill mill = mill_open("1h", "");
	struct direct direct = direct_open();
	char mill_port[16], direct_port[16], begin[24];
	int64_t then = time(NULL) - 60;

	snprintf(mill_port, sizeof(mill_port), "%d", mill.play->port);
	snprintf(direct_port, sizeof(direct_port), "%d", direct.port);
	snprintf(begin, sizeof(begin), "%" PRId64, then);
	const char *const push[] = {
	    PYTHON, "-c", bridge_program, direct_port, mill_port, begin, NULL};

	ck_assert_int_eq(peer_run(push), 0);
	direct_read(&direct);
	WAIT_FOR_NUMBER(mill.play, "ledger.lines.accepted", (double)direct.count);
	ck_assert_uint_eq(mill_stop(&mill).lines_refused, 0);
	expect_points(&mill, "appTrue.hits_total;code=200", then, "3@0 3@1");
	expect_points(&mill, "appFalse.hits_total.code.404", then, "1@0 1@1");
	expect_points(&mill, "appTrue.wait_bucket;le=_Inf;op=get", then, "1@0 1@1");
	expect_points(&mill, "appFalse.depth", then, "-2.25@0 -1.25@1");
	expect_same_points(&direct, &mill);
	mill_free(&mill);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(points_leave_with_the_time_they_came_with),
    SUITE_TEST(a_flush_holds_all_points_of_a_name),
    SUITE_TEST(a_time_of_minus_one_is_that_of_arrival),
    SUITE_TEST(a_bucket_is_one_point),
    SUITE_TEST(every_refusal_is_counted_under_its_reason),
    SUITE_TEST(a_web_browser_is_shown_the_door),
    SUITE_TEST(what_collectd_writes_comes_out_as_it_was),
    SUITE_TEST(what_prometheus_bridge_pushes_comes_out_as_it_was),
    {0},
};

SUITE_MAIN("scenario/graphite_in", tests)
