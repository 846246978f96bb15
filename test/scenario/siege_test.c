/* SPDX-License-Identifier: MIT */
/* siege_test.c -- two thousand clients from ten addresses that dribble, stall,
 * reset and never send a newline, while datagrams go on coming in.
 *
 * All of them connect, address after address. Of each address the first
 * PER_ADDRESS are let in; past CONNECTIONS each one that is costs the one that
 * was silent longest its place. That makes the fate of every client known:
 *
 *     addresses 1 to 4    those that dribble stay, the others make room
 *     addresses 5 to 10   the first PER_ADDRESS stay
 *     everybody else      refused */

#include "test/scenario/caller.h"
#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define ADDRESSES 10
#define OF_EACH 200
#define PER_ADDRESS 100
#define CONNECTIONS 700
#define CROWDED (ADDRESSES * PER_ADDRESS - CONNECTIONS)
#define LINE_BYTES 512

#define LISTENER "listeners.0."
#define CLOSED LISTENER "connections.closed."
#define REFUSED "ledger.lines.refused."

enum manner { DRIBBLES, STALLS, RESETS, NEVER_ENDS, MANNERS };

static int clients[ADDRESSES][OF_EACH];

static enum manner
manner_of(unsigned client)
{
	return (enum manner)(client % MANNERS);
}

static bool
is_let_in(unsigned client)
{
	return client < PER_ADDRESS;
}

/* Of those that are let in: before the crowd came, the dribbling had sent a
 * line, and the others nothing at all. */
static bool
stays(unsigned address, unsigned client)
{
	const unsigned silent = PER_ADDRESS - PER_ADDRESS / MANNERS;

	return is_let_in(client) && (manner_of(client) == DRIBBLES || address >= CROWDED / silent);
}

/* ---- datagrams meanwhile ---- */

/* As many a second as the receive buffer holds: a worker that leaves them
 * alone for that long has lost some. */
struct trickle {
	pthread_t thread;
	int port;
	unsigned a_second;
	_Atomic bool ended;
	uint64_t sent;
};

static void *
send_datagrams(void *arg)
{
	struct trickle *trickle = arg;
	const struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)trickle->port)};
	const struct timespec pause = {.tv_nsec = 5000000};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	while (!atomic_load(&trickle->ended)) {
		for (unsigned i = 0; i < 1 + trickle->a_second / 200; i++)
			trickle->sent += sendto(fd, "datagram:1|c", 12, 0,
					     (const struct sockaddr *)&to, sizeof(to)) == 12;
		nanosleep(&pause, NULL);
	}
	close(fd);
	return NULL;
}

static void
trickle_start(struct trickle *trickle, struct play *play)
{
	int room = play_room(play);

	*trickle = (struct trickle){.port = play->port};
	trickle->a_second = room < 5000 ? (unsigned)room : 5000;
	ck_assert_int_eq(pthread_create(&trickle->thread, NULL, send_datagrams, trickle), 0);
}

static void
trickle_end(struct trickle *trickle, struct play *play)
{
	atomic_store(&trickle->ended, true);
	pthread_join(trickle->thread, NULL);
	play->sent += trickle->sent;
}

/* ---- the siege ---- */

/* Every client needs a descriptor here, too. */
static bool
raise_descriptors(rlim_t needed)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
		return true;
	limit.rlim_cur = needed;
	return limit.rlim_max >= needed && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static void
connect_address(struct play *play, unsigned address)
{
	for (unsigned i = 0; i < OF_EACH; i++)
		clients[address][i] = caller_tcp(play->port, address + 1);
}

typedef void each_fn(int fd, unsigned number);

/* Whoever of these addresses is let in, and behaves like this. */
static unsigned
each(unsigned from, unsigned to, enum manner manner, each_fn *act)
{
	unsigned count = 0;

	for (unsigned address = from; address < to; address++)
		for (unsigned i = 0; i < OF_EACH; i++)
			if (manner_of(i) == manner && stays(address, i)) {
				act(clients[address][i], count);
				count++;
			}
	return count;
}

static void
say_line(int fd, unsigned number)
{
	char line[32];

	snprintf(line, sizeof(line), "line.%u:1|c\n", number % 7);
	caller_say(fd, line);
}

static void
say_half(int fd, unsigned number)
{
	(void)number;
	caller_say(fd, "half:1");
}

static void
say_endless(int fd, unsigned number)
{
	char bytes[3 * LINE_BYTES];

	(void)number;
	memset(bytes, 'e', sizeof(bytes));
	caller_say_bytes(fd, bytes, sizeof(bytes));
}

static void
say_line_and_reset(int fd, unsigned number)
{
	say_line(fd, number);
	say_half(fd, number);
	caller_reset(fd);
}

static const char dribbled[] = "dribbled:1|c\n";
static size_t dribbled_at;

static void
say_byte(int fd, unsigned number)
{
	(void)number;
	caller_say_bytes(fd, &dribbled[dribbled_at], 1);
}

static void
expect_fates(void)
{
	for (unsigned address = 0; address < ADDRESSES; address++)
		for (unsigned i = 0; i < OF_EACH; i++) {
			if (stays(address, i))
				ck_assert_msg(!caller_is_closed(clients[address][i]),
				    "client %u of address %u is closed", i, address + 1);
			else
				WAIT_UNTIL(caller_is_closed(clients[address][i]));
		}
}

/* Everybody connects. Returns how many lines were sent. */
static unsigned
assemble(struct play *play)
{
	const unsigned before_crowd = CONNECTIONS / PER_ADDRESS;
	unsigned lines;

	for (unsigned address = 0; address < before_crowd; address++)
		connect_address(play, address);
	WAIT_FOR_NUMBER(play, LISTENER "connections.open", CONNECTIONS);
	lines = each(0, before_crowd, DRIBBLES, say_line);
	WAIT_FOR_NUMBER(play, LISTENER "received_bytes.tcp", lines * strlen("line.0:1|c\n"));
	for (unsigned address = before_crowd; address < ADDRESSES; address++)
		connect_address(play, address);
	WAIT_FOR_NUMBER(play, LISTENER "connections.accepted", ADDRESSES * OF_EACH);
	WAIT_FOR_NUMBER(play, CLOSED "per_address", ADDRESSES * (OF_EACH - PER_ADDRESS));
	WAIT_FOR_NUMBER(play, CLOSED "crowded", CROWDED);
	WAIT_FOR_NUMBER(play, LISTENER "connections.open", CONNECTIONS);
	expect_fates();
	return lines;
}

static struct play *
besieged(void)
{
	struct play *play = play_new();

	play_option(play, "workers=2");
	play_option(play, "listen.stage.tcp=127.0.0.1:%d", play->port);
	play_option(play, "limits.connections=%d", CONNECTIONS);
	play_option(play, "limits.connections_per_address=%d", PER_ADDRESS);
	play_option(play, "limits.line_bytes=%d", LINE_BYTES);
	return play;
}

START_TEST(a_siege_is_counted_to_the_last_client_and_costs_no_datagram)
{
	struct endpoint *graphite = endpoint_new();
	struct play *play = besieged();
	struct trickle trickle;
	char said[96];

	if (!raise_descriptors(ADDRESSES * OF_EACH + 256)) {
		printf("SKIPPED: there are too few file descriptors for %d clients\n",
		    ADDRESSES * OF_EACH);
		play_free(play);
		endpoint_free(graphite);
		return;
	}
	endpoint_listen(graphite);
	play_deliver_to(play, "graphite", graphite);
	play_start(play);
	trickle_start(&trickle, play);
	unsigned lines = assemble(play);
	unsigned endless = each(0, ADDRESSES, NEVER_ENDS, say_endless);
	unsigned stalled = each(0, ADDRESSES, STALLS, say_half);

	for (dribbled_at = 0; dribbled_at < sizeof(dribbled) - 1; dribbled_at++)
		each(0, ADDRESSES, DRIBBLES, say_byte);
	lines += each(0, ADDRESSES, DRIBBLES, say_line);
	unsigned dribbling = each(0, ADDRESSES, DRIBBLES, say_line);
	unsigned reset = each(0, ADDRESSES, RESETS, say_line_and_reset);

	lines += 2 * dribbling + reset;
	WAIT_FOR_NUMBER(play, CLOSED "error", reset);
	WAIT_FOR_NUMBER(play, REFUSED "truncated", reset);
	WAIT_FOR_NUMBER(play, REFUSED "line_too_long", endless);
	trickle_end(&trickle, play);
	WAIT_FOR_NUMBER(play, "ledger.lines.accepted", (double)(lines + trickle.sent));
	WAIT_FOR_NUMBER(play, "ledger.datagrams.dropped", 0);
	WAIT_FOR_NUMBER(play, LISTENER "connections.open", CONNECTIONS - reset);
	play_settle(play);

	/* Who is still there has no more to say: what is half said is truncated. */
	struct ledger ledger = play_stop(play);

	ck_assert_uint_eq(ledger.datagrams_read, trickle.sent);
	ck_assert_uint_eq(ledger.lines_accepted, lines + trickle.sent);
	ck_assert_uint_eq(ledger.lines_refused, reset + stalled + endless);
	snprintf(said, sizeof(said), "%u refused(truncated %u, line_too_long %u)",
	    reset + stalled + endless, reset + stalled, endless);
	ck_assert(play_log_has(play, said));
	ck_assert(endpoint_sum(graphite, "stats.counters.datagram.count") == (double)trickle.sent);
	ck_assert(endpoint_sum(graphite, "stats.counters.dribbled.count") == dribbling);
	play_free(play);
	endpoint_free(graphite);
}
END_TEST

#define FLOODS 8
#define FLOOD_LINES 100000
#define FLOOD_LINE "flood:1|c\n"
#define FLOOD_AT_ONCE 100

static char flood_lines[FLOOD_AT_ONCE * (sizeof(FLOOD_LINE) - 1) + 1];

static void *
flood(void *arg)
{
	const struct play *play = arg;
	int fd = caller_tcp(play->port, 1);

	for (unsigned i = 0; i < FLOOD_LINES; i += FLOOD_AT_ONCE)
		caller_say(fd, flood_lines);
	close(fd);
	return NULL;
}

START_TEST(a_flood_over_tcp_is_taken_whole_and_costs_no_datagram)
{
	struct play *play = besieged();
	struct trickle trickle;
	pthread_t floods[FLOODS];

	for (unsigned i = 0; i < FLOOD_AT_ONCE; i++)
		strcat(flood_lines, FLOOD_LINE);
	play_start(play);
	trickle_start(&trickle, play);
	for (unsigned i = 0; i < FLOODS; i++)
		ck_assert_int_eq(pthread_create(&floods[i], NULL, flood, play), 0);
	for (unsigned i = 0; i < FLOODS; i++)
		pthread_join(floods[i], NULL);
	WAIT_FOR_NUMBER(play, CLOSED "end", FLOODS);
	trickle_end(&trickle, play);
	WAIT_FOR_NUMBER(
	    play, "ledger.lines.accepted", (double)(FLOODS * FLOOD_LINES + trickle.sent));
	WAIT_FOR_NUMBER(play, "ledger.datagrams.dropped", 0);
	play_end(play);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_siege_is_counted_to_the_last_client_and_costs_no_datagram),
    SUITE_TEST(a_flood_over_tcp_is_taken_whole_and_costs_no_datagram),
    {0},
};

SUITE_MAIN("scenario/siege", tests)
