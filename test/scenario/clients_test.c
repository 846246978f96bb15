/* SPDX-License-Identifier: MIT */
/* clients_test.c -- the clients that people have, through every door: each
 * listener is what its three lines of configuration say, each client makes
 * every call it has, and every line of it is in what comes out.
 *
 * One interval holds all of it, and is flushed when the daemon is stopped. So
 * each series has one value, and it is exact. */

#include "test/scenario/peer.h"
#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <endian.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS "test/scenario/clients/"
#define HOT_SHOTS "hot-shots-17.1.1/node_modules/hot-shots"

/* A series that comes out, its value, and how many lines it is made of. */
struct expected {
	const char *name;
	double value;
	unsigned lines;
};

/* ---- a door ---------------------------------------------------------------------- */

struct door {
	struct play *play;
	struct endpoint *endpoint;
	const char *kind;  /* the key of the listener */
	char address[108]; /* as clients are told: a port or a path */
};

static void
configure(struct door *door, const char *more)
{
	bool path = strncmp(door->kind, "unix", 4) == 0;
	char yaml[256];

	if (path)
		snprintf(door->address, sizeof(door->address), "%s/door", door->play->dir);
	else
		snprintf(door->address, sizeof(door->address), "%d", door->play->port);
	snprintf(yaml, sizeof(yaml), "listen:\n  app:\n    %s: \"%s%s\"\n%s", door->kind,
	    path ? "" : "127.0.0.1:", door->address, more);
	play_configure(door->play, yaml);
}

/* A listener of this kind alone; more are further lines of it. */
static void
door_open(struct door *door, const char *kind, const char *more, const char *interval)
{
	*door = (struct door){.play = play_new(), .endpoint = endpoint_new(), .kind = kind};
	endpoint_listen(door->endpoint);
	configure(door, more);
	play_option(door->play, "interval=%s", interval);
	play_deliver_to(door->play, "graphite", door->endpoint);
	play_start(door->play);
}

/* Stop the daemon: nothing was refused, and nothing is lost. How many datagrams
 * there were only the clients know. */
static void
door_close(struct door *door)
{
	play_signal(door->play, SIGTERM);
	ck_assert_int_eq(play_wait_exit(door->play), 0);
	struct ledger ledger = ledger_of_log(door->play);

	ledger_assert(&ledger);
	ck_assert(!play_log_has(door->play, "Sanitizer"));
	ck_assert_uint_eq(ledger.lines_refused, 0);
	ck_assert_uint_eq(ledger.datagrams_dropped, 0);
	ck_assert_uint_eq(ledger.dropped, 0);
	ck_assert_uint_eq(ledger.delivered, ledger.offered);
	ck_assert_uint_eq(endpoint_malformed(door->endpoint), 0);
}

static void
door_free(struct door *door)
{
	endpoint_free(door->endpoint);
	play_free(door->play);
}

static void
check_value(const struct door *door, const struct expected *expected)
{
	double value = endpoint_last(door->endpoint, expected->name);

	ck_assert_msg(endpoint_points_of(door->endpoint, expected->name) == 1, "%s: no %s",
	    door->kind, expected->name);
	ck_assert_msg(value == expected->value, "%s: %s is %.17g, not %.17g", door->kind,
	    expected->name, value, expected->value);
}

/* Stop, and have these series. */
static void
door_expect(struct door *door, const struct expected *expected)
{
	door_close(door);
	for (; expected->name != NULL; expected++)
		check_value(door, expected);
	door_free(door);
}

/* Every line of these series has come in, no other but so many, and is in what
 * goes out. */
static void
door_expect_lines(struct door *door, const struct expected *expected, unsigned other_lines)
{
	unsigned lines = other_lines;

	for (const struct expected *at = expected; at->name != NULL; at++)
		lines += at->lines;
	WAIT_UNTIL(play_number(door->play, "ledger.lines.read") >= lines);
	WAIT_FOR_NUMBER(door->play, "ledger.lines.accepted", lines);
	door_expect(door, expected);
}

/* ---- python3-statsd ---------------------------------------------------------------- */

static const struct expected python_values[] = {
    {"stats.counters.app.hits.count", 1000, 3},
    {"stats.counters.app.bytes.count", 0.25, 1},
    {"stats.gauges.app.level", 10, 3},
    /* A negative one is two lines of one datagram. */
    {"stats.gauges.app.cold", -7, 3},
    {"stats.timers.app.wait.count", 2, 2},
    {"stats.timers.app.wait.upper", 1500, 0},
    {"stats.timers.app.timer.count", 1, 1},
    {"stats.sets.app.who.count", 3, 4},
    {"stats.counters.app.sampled.count", 2, 1},
    {"stats.timers.app.sampled.count", 10, 1},
    {"stats.timers.app.sampled.sum", 20, 0},
    {"stats.gauges.app.sampled", 3, 1},
    {"stats.sets.app.sampled.count", 1, 1},
    {"stats.counters.app.many.count", 300, 300},
    {"stats.timers.app.many.count", 1000, 1000},
    {"stats.timers.app.many.sum", 499500, 0},
    {"stats.gauges.app.many", -1, 2},
    {0},
};

static void
run_python(const char *kind)
{
	struct door door;

	if (!peers_present())
		return;
	door_open(&door, kind, "", "1h");
	ck_assert_int_eq(peer_run((const char *const[]){
			     PEER_PYTHON, CLIENTS "python_statsd.py", kind, door.address, NULL}),
	    0);
	door_expect_lines(&door, python_values, 0);
}

START_TEST(python3_statsd_comes_in_by_udp)
{
	run_python("udp");
}
END_TEST

START_TEST(python3_statsd_comes_in_by_tcp)
{
	run_python("tcp");
}
END_TEST

START_TEST(python3_statsd_comes_in_by_a_unix_stream)
{
	run_python("unix_stream");
}
END_TEST

/* ---- hot-shots --------------------------------------------------------------------- */

#define APP(kind, name, statistic) "stats." kind ".app." name ".v1" statistic ";region=eu"

static const struct expected hot_shots_values[] = {
    {APP("counters", "hits", ".count"), 1000, 4},
    {APP("counters", "left", ".count"), 2, 1},
    {APP("counters", "right", ".count"), 2, 1},
    {APP("counters", "tiny", ".count"), 1e-7, 1},
    {APP("counters", "huge", ".count"), 1e21, 1},
    {APP("counters", "a_b_c", ".count"), 1, 1},
    {APP("counters", "dated", ".count"), 3, 1},
    {APP("gauges", "level", ""), 10, 3},
    {APP("timers", "wait", ".sum"), 20, 1},
    {APP("timers", "since", ".count"), 1, 1},
    {APP("timers", "timer", ".count"), 1, 1},
    {APP("timers", "async", ".count"), 1, 1},
    {APP("timers", "distance", ".count"), 1, 1},
    {APP("timers", "size", ".sum"), 7, 1},
    {APP("timers", "load", ".sum"), 0.25, 1},
    {APP("sets", "who", ".count"), 6, 7},
    {"stats.counters.app.page.v1.count;o_d_d=http--x80-ya=b_c_d;region=us", 1, 1},
    {"stats.counters.app.page.v1.count;city=zrich;flag=true;region=us", 1, 1},
    {"stats.counters.sub.app.child.v1.count;region=eu;shard=1", 1, 1},
    {"stats.counters.sampled.hits.count;region=eu", 2, 1},
    {"stats.timers.sampled.wait.count;region=eu", 10, 1},
    {"stats.timers.sampled.wait.sum;region=eu", 20, 0},
    {"stats.timers.sampled.size.count;region=eu", 10, 1},
    {"stats.gauges.sampled.level;region=eu", 3, 1},
    {"stats.sets.sampled.who.count;region=eu", 1, 1},
    {"stats.counters.large.hits.count;region=eu", 3000, 3000},
    {"stats.timers.large.wait.count;region=eu", 3000, 3000},
    {"stats.timers.large.wait.sum;region=eu", 4498500, 0},
    {"stats.counters.dd.hits.count;dd.internal.entity_id=entity;region=eu;version=1.2.3", 2, 1},
    {"stats.timers.dd.wait.sum;dd.internal.entity_id=entity;region=eu;version=1.2.3", 5, 1},
    {"stats.counters.telegraf.hits.count;path=-a;region=eu", 1, 1},
    {"stats.gauges.telegraf.level;region=eu", -1, 1},
    {"stats.counters.sum.hits.count;region=eu", 3000, 1},
    {"stats.gauges.sum.level;region=eu", 2999, 1},
    {"stats.sets.sum.who.count;region=eu", 3, 3},
    {0},
};

#define WIDE_LINES 300
#define TELEMETRY_LINES 7
#define EVENTS 4
#define CHECKS 3

static bool
hot_shots_present(char package[static PATH_MAX])
{
	char command[PATH_MAX + 128];

	/* It loads the module for unix datagram sockets when it first needs it. */
	peer_cached(HOT_SHOTS, package);
	snprintf(command, sizeof(command),
	    "node -e 'require(process.argv[1]); require(process.argv[1] + \"/../unix-dgram\")' "
	    "'%s' 2>/dev/null",
	    package);
	return peer_needed(system(command) == 0, "node or " HOT_SHOTS " of npm");
}

static void
run_hot_shots(const char *kind)
{
	char package[PATH_MAX];
	struct door door;

	if (!hot_shots_present(package))
		return;
	door_open(&door, kind, "", "1h");
	ck_assert_int_eq(peer_run((const char *const[]){
			     "node", CLIENTS "hot_shots.js", package, kind, door.address, NULL}),
	    0);
	WAIT_FOR_NUMBER(door.play, "ledger.events", EVENTS);
	WAIT_FOR_NUMBER(door.play, "ledger.checks", CHECKS);
	door_expect_lines(&door, hot_shots_values, WIDE_LINES + TELEMETRY_LINES + EVENTS + CHECKS);
}

START_TEST(hot_shots_comes_in_by_udp)
{
	run_hot_shots("udp");
}
END_TEST

START_TEST(hot_shots_comes_in_by_tcp)
{
	run_hot_shots("tcp");
}
END_TEST

START_TEST(hot_shots_comes_in_by_unix_datagrams)
{
	run_hot_shots("unix_datagram");
}
END_TEST

START_TEST(hot_shots_comes_in_by_a_unix_stream)
{
	run_hot_shots("unix_stream");
}
END_TEST

/* ---- length frames ----------------------------------------------------------------- */

static int
connect_unix(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_uint_lt(strlen(path), sizeof(at.sun_path));
	strcpy(at.sun_path, path);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
write_all(int fd, const void *bytes, size_t len)
{
	ck_assert_int_eq(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

#define FRAME_BYTES 8192 /* as DogStatsD's clients have them */
#define FRAMES 40

struct frame {
	uint32_t len; /* the lowest byte first */
	char bytes[FRAME_BYTES];
};

/* As many lines as a frame holds; the last has a newline, or has none. Returns
 * the bytes of the whole frame. */
static size_t
frame_fill(struct frame *frame, bool newline, unsigned *lines)
{
	static const char line[] = "frames.hits:1|c|#region:eu\n";
	size_t len = 0;

	for (; len + strlen(line) <= FRAME_BYTES; len += strlen(line)) {
		memcpy(frame->bytes + len, line, strlen(line));
		++*lines;
	}
	if (!newline)
		len--;
	frame->len = htole32((uint32_t)len);
	return sizeof(frame->len) + len;
}

/* One client writes whole frames; between them another's come in pieces, down
 * to single bytes, and two at a time. */
START_TEST(length_frames_come_in_by_a_unix_stream)
{
	struct frame frames[2];
	struct expected values[2] = {{"stats.counters.frames.hits.count;region=eu", 0, 0}};
	struct door door;

	door_open(&door, "unix_stream", "    framing: length\n", "1h");
	int whole = connect_unix(door.address), pieces = connect_unix(door.address);

	for (unsigned i = 0; i < FRAMES; i++) {
		size_t len = frame_fill(&frames[0], i % 2 == 0, &values[0].lines);

		write_all(whole, frames, len);
		len = frame_fill(&frames[0], i % 2 == 0, &values[0].lines);
		for (size_t at = 0, step = i * 97 + 1; at < len; at += step)
			write_all(pieces, (char *)frames + at, len - at < step ? len - at : step);
	}
	char two[2 * sizeof(struct frame)];
	size_t first = frame_fill(&frames[0], true, &values[0].lines);
	size_t second = frame_fill(&frames[1], false, &values[0].lines);

	memcpy(two, &frames[0], first);
	memcpy(two + first, &frames[1], second);
	write_all(pieces, two, first + second);
	close(whole);
	close(pieces);
	values[0].value = values[0].lines;
	door_expect_lines(&door, values, 0);
}
END_TEST

/* ---- a shell ----------------------------------------------------------------------- */

/* Everything that somebody would try first. */
static const struct {
	const char *kind, *command;
} shells[] = {
    {"udp", "echo 'deploys:1|c' >/dev/udp/127.0.0.1/$0"},
    {"udp", "echo 'deploys:1|c' | nc -u -q 0 127.0.0.1 $0"},
    {"tcp", "echo 'deploys:1|c' >/dev/tcp/127.0.0.1/$0"},
    {"tcp", "echo 'deploys:1|c' | nc -N 127.0.0.1 $0"},
    {"unix_datagram", "echo 'deploys:1|c' | nc -u -q 0 -U $0"},
    {"unix_stream", "echo 'deploys:1|c' | nc -N -U $0"},
};

START_TEST(a_line_of_shell_comes_in_by_every_door)
{
	static const struct expected values[] = {{"stats.counters.deploys.count", 1, 1}, {0}};
	struct door door;

	if (!peer_needed(system("command -v bash nc >/dev/null") == 0, "bash or netcat-openbsd"))
		return;
	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
		door_open(&door, shells[i].kind, "", "1h");
		ck_assert_int_eq(peer_run((const char *const[]){
				     "bash", "-c", shells[i].command, door.address, NULL}),
		    0);
		door_expect_lines(&door, values, 0);
	}
}
END_TEST

/* ---- servers that send what they do --------------------------------------------------- */

/* A web server on a socket of the play's directory. */
struct server {
	char bind[128]; /* unix:PATH */
	const char *path;
	pid_t pid;
};

static void
server_init(struct server *server, const struct door *door)
{
	snprintf(server->bind, sizeof(server->bind), "unix:%s/http", door->play->dir);
	server->path = server->bind + strlen("unix:");
	server->pid = 0;
}

static bool
server_answers(const struct server *server)
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	char answer[512] = "";
	size_t len = 0;
	int fd = connect_unix(server->path);

	if (fd < 0)
		return false;
	write_all(fd, request, strlen(request));
	for (ssize_t got = 1; got > 0 && len < sizeof(answer) - 1; len += (size_t)got) {
		got = recv(fd, answer + len, sizeof(answer) - 1 - len, 0);
		if (got < 0)
			break;
	}
	close(fd);
	return strncmp(answer, "HTTP/1.", 7) == 0 && strncmp(answer + 8, " 20", 3) == 0;
}

static void
server_stop(struct server *server)
{
	ck_assert_int_eq(kill(server->pid, SIGTERM), 0);
	ck_assert_int_eq(peer_wait(server->pid), 0);
}

#define REQUESTS 20

static const struct expected gunicorn_values[] = {
    {"stats.counters.app.gunicorn.requests.count;region=eu", REQUESTS, 0},
    {"stats.counters.app.gunicorn.request.status.200.count;region=eu", REQUESTS, 0},
    {"stats.timers.app.gunicorn.request.duration.count;region=eu", REQUESTS, 0},
    {"stats.gauges.app.gunicorn.workers;region=eu", 1, 0},
    {0},
};

START_TEST(gunicorn_comes_in_by_udp)
{
	struct server server;
	struct door door;
	char to[160];

	if (!peer_needed(
		system(PEER_PYTHON " -c 'import gunicorn' 2>/dev/null") == 0, "python3-gunicorn"))
		return;
	door_open(&door, "udp", "", "1h");
	server_init(&server, &door);
	snprintf(to, sizeof(to), "127.0.0.1:%s", door.address);
	server.pid = peer_start((const char *const[]){PEER_PYTHON, "-m", "gunicorn", "--bind",
	    server.bind, "--statsd-host", to, "--statsd-prefix", "app", "--dogstatsd-tags",
	    "region:eu", "--log-level", "error", "--chdir", CLIENTS, "gunicorn_app:answer", NULL});
	WAIT_UNTIL(server_answers(&server));
	for (unsigned i = 1; i < REQUESTS; i++)
		ck_assert(server_answers(&server));
	WAIT_FOR_NUMBER(door.play, "ledger.samples.timer", REQUESTS);
	WAIT_FOR_NUMBER(door.play, "ledger.samples.counter", 2 * REQUESTS);
	WAIT_UNTIL(play_number(door.play, "ledger.samples.gauge") >= 1);
	server_stop(&server);
	door_expect(&door, gunicorn_values);
}
END_TEST

#define UWSGI_REQUESTS "stats.counters.app.worker.1.requests.count"
#define UWSGI_LINES 38 /* each time */

/* It sends all it counts again and again, as totals since it was started, with
 * the type of a counter. The first of all is where counting begins; one that is
 * lower than before is of a server that was started anew. */
static void
run_uwsgi(struct door *door, unsigned requests, double *sum)
{
	struct server server;
	char to[160];

	server_init(&server, door);
	snprintf(to, sizeof(to), "statsd:127.0.0.1:%s,app", door->address);
	double lines = play_number(door->play, "ledger.lines.read");

	server.pid = peer_start((const char *const[]){"uwsgi-core", "--master", "--die-on-term",
	    "--no-orphans", "--plugin", "stats_pusher_statsd", "--enable-metrics", "--stats-push",
	    to, "--stats-pusher-default-freq", "1", "--http-socket", server.path, "--route-run",
	    "break:204", "--logto", "/dev/null", NULL});
	WAIT_UNTIL(play_number(door->play, "ledger.lines.read") >= lines + UWSGI_LINES);
	for (unsigned i = 0; i < requests; i++)
		ck_assert(server_answers(&server));
	*sum += requests;
	WAIT_UNTIL(endpoint_sum(door->endpoint, UWSGI_REQUESTS) >= *sum);
	/* The same totals again, and what would come of them. */
	lines = play_number(door->play, "ledger.lines.read");
	double points = (double)endpoint_points_of(door->endpoint, UWSGI_REQUESTS);

	WAIT_UNTIL(play_number(door->play, "ledger.lines.read") > lines + UWSGI_LINES);
	WAIT_UNTIL((double)endpoint_points_of(door->endpoint, UWSGI_REQUESTS) > points + 2);
	ck_assert_double_eq(endpoint_sum(door->endpoint, UWSGI_REQUESTS), *sum);
	server_stop(&server);
}

START_TEST(uwsgi_comes_in_by_udp_with_running_totals)
{
	struct door door;
	double sum = 0;

	if (!peer_needed(system("command -v uwsgi-core >/dev/null") == 0, "uwsgi-core"))
		return;
	door_open(&door, "udp", "    counters: cumulative\n", "100ms");
	run_uwsgi(&door, 5, &sum);
	run_uwsgi(&door, 2, &sum);
	door_close(&door);
	ck_assert_double_eq(endpoint_sum(door.endpoint, UWSGI_REQUESTS), 7);
	door_free(&door);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(python3_statsd_comes_in_by_udp),
    SUITE_TEST(python3_statsd_comes_in_by_tcp),
    SUITE_TEST(python3_statsd_comes_in_by_a_unix_stream),
    SUITE_TEST(hot_shots_comes_in_by_udp),
    SUITE_TEST(hot_shots_comes_in_by_tcp),
    SUITE_TEST(hot_shots_comes_in_by_unix_datagrams),
    SUITE_TEST(hot_shots_comes_in_by_a_unix_stream),
    SUITE_TEST(length_frames_come_in_by_a_unix_stream),
    SUITE_TEST(a_line_of_shell_comes_in_by_every_door),
    SUITE_TEST(gunicorn_comes_in_by_udp),
    SUITE_TEST(uwsgi_comes_in_by_udp_with_running_totals),
    {0},
};

SUITE_MAIN("scenario/clients", tests)
