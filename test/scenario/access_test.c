/* SPDX-License-Identifier: MIT */
/* access_test.c -- who may send, in a network of its own with several addresses
 * in several networks: what is refused is counted apart from what does not fit,
 * displaces nothing, and is never answered. */

#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a network of our own ---- */

/* The daemon's, another that may send, one that is denied, one of a network
 * that is not allowed. */
static const char *const addresses[2][4] = {
    {"10.1.0.1", "10.1.0.2", "10.1.0.66", "10.2.0.1"},
    {"fd00:1::1", "fd00:1::2", "fd00:1::66", "fd00:2::1"},
};
enum { OWN, FRIEND, DENIED, STRANGER };

#define ACCESS                                    \
	"    allow: [10.1.0.0/16, fd00:1::/32]\n" \
	"    deny: [10.1.0.66, \"fd00:1::66\"]\n"

static void
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* Without privileges one may be root in a namespace of users. */
static bool
leave_network(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWNET) == 0)
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
		printf("SKIPPED: no network namespace: %s\n", strerror(errno));
		return false;
	}
	write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_text("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_text("/proc/self/gid_map", map);
	return true;
}

/* As linux/ipv6.h has it. */
struct address_request {
	struct in6_addr address;
	uint32_t prefix_bits;
	int index;
};

static void
add_address_v4(unsigned number, const char *address)
{
	struct ifreq request = {0};
	struct sockaddr_in own = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "lo:%u", number);
	ck_assert_int_eq(inet_pton(AF_INET, address, &own.sin_addr), 1);
	memcpy(&request.ifr_addr, &own, sizeof(own));
	ck_assert_int_eq(ioctl(fd, SIOCSIFADDR, &request), 0);
	close(fd);
}

/* The kernel lets one use it a while after it was added. */
static void
add_address_v6(const char *address)
{
	struct address_request request = {.prefix_bits = 128, .index = (int)if_nametoindex("lo")};
	struct sockaddr_in6 own = {.sin6_family = AF_INET6};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	ck_assert_int_eq(inet_pton(AF_INET6, address, &request.address), 1);
	own.sin6_addr = request.address;
	ck_assert_int_eq(ioctl(fd, SIOCSIFADDR, &request), 0);
	WAIT_UNTIL(bind(fd, (struct sockaddr *)&own, sizeof(own)) == 0);
	close(fd);
}

/* Nothing but a loopback with our addresses. False: not allowed here. */
static bool
enter_network(void)
{
	struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	if (!leave_network())
		return false;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &up), 0);
	close(fd);
	for (unsigned i = 0; i < 4; i++) {
		add_address_v4(i + 1, addresses[0][i]);
		add_address_v6(addresses[1][i]);
	}
	return true;
}

/* A figure of the kernel's about UDP in this network: the so-maniest of IPv4's,
 * by its name of IPv6's. */
static uint64_t
figure(bool v6, unsigned place, const char *name)
{
	FILE *file = fopen(v6 ? "/proc/net/snmp6" : "/proc/net/snmp", "re");
	const char *beginning = v6 ? name : "Udp:";
	char line[512], *at = NULL;

	ck_assert_ptr_nonnull(file);
	while (at == NULL && fgets(line, sizeof(line), file) != NULL) {
		at = line + strlen(beginning);
		if (strncmp(line, beginning, strlen(beginning)) != 0 ||
		    strpbrk(at, "abcdefghijklmnopqrstuvwxyz") != NULL)
			at = NULL;
	}
	fclose(file);
	ck_assert_ptr_nonnull(at);
	for (unsigned i = 0; !v6 && i < place; i++)
		(void)strtoull(at, &at, 10);
	return strtoull(at, NULL, 10);
}

/* What has left any socket, and what there was no socket for. */
static uint64_t
datagrams_out(bool v6)
{
	return figure(v6, 3, "Udp6OutDatagrams");
}

static uint64_t
datagrams_lost(bool v6)
{
	return figure(v6, 1, "Udp6NoPorts");
}

/* ---- clients ---- */

static socklen_t
address_of(bool v6, unsigned which, int port, struct sockaddr_in6 *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;

	memset(out, 0, sizeof(*out));
	if (v6) {
		out->sin6_family = AF_INET6;
		out->sin6_port = htons((uint16_t)port);
		inet_pton(AF_INET6, addresses[1][which], &out->sin6_addr);
		return sizeof(*out);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)port);
	inet_pton(AF_INET, addresses[0][which], &v4->sin_addr);
	return sizeof(*v4);
}

/* A client at an address of ours, connected to the daemon's. */
static int
client_of(const struct play *play, int type, bool v6, unsigned which)
{
	int fd = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 own, to;
	socklen_t len = address_of(v6, which, 0, &own);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&own, len), 0);
	address_of(v6, OWN, play->port, &to);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, len), 0);
	return fd;
}

struct clients {
	int fd[2][4]; /* by family and address */
	uint64_t good, refused;
};

static struct clients
clients_open(const struct play *play)
{
	struct clients clients = {0};

	for (unsigned v6 = 0; v6 < 2; v6++)
		for (unsigned i = 0; i < 4; i++)
			clients.fd[v6][i] = client_of(play, SOCK_DGRAM, v6, i);
	return clients;
}

static void
clients_close(struct clients *clients)
{
	for (unsigned v6 = 0; v6 < 2; v6++)
		for (unsigned i = 0; i < 4; i++)
			close(clients->fd[v6][i]);
}

/* One from each address, of both families. */
static void
all_send(struct play *play, struct clients *clients)
{
	for (unsigned v6 = 0; v6 < 2; v6++)
		for (unsigned i = 0; i < 4; i++) {
			ck_assert_int_eq(send(clients->fd[v6][i], "a:1|c", 5, 0), 5);
			*(i < DENIED ? &clients->good : &clients->refused) += 1;
			play->sent++;
		}
}

static void
one_sends(struct play *play, struct clients *clients, bool v6, unsigned which)
{
	ck_assert_int_eq(send(clients->fd[v6][which], "a:1|c", 5, 0), 5);
	*(which < DENIED ? &clients->good : &clients->refused) += 1;
	play->sent++;
}

/* ---- UDP ---- */

struct variation {
	unsigned workers;
	const char *steer;
	bool any; /* bound to any address */
};

static const struct variation variations[] = {
    {1, "hash", false},
    {2, "random", false},
    {3, "hash", true},
    {2, "random", true},
};

static void
configure(struct play *play, const struct variation *variation)
{
	char yaml[512], udp[128];

	if (variation->any)
		snprintf(udp, sizeof(udp), "\":%d\"", play->port);
	else
		snprintf(udp, sizeof(udp), "\"%s:%d\", \"[%s]:%d\"", addresses[0][OWN], play->port,
		    addresses[1][OWN], play->port);
	snprintf(yaml, sizeof(yaml),
	    "interval: 100ms\n"
	    "workers: %u\n"
	    "listen:\n"
	    "  stage:\n"
	    "    udp: [%s]\n"
	    "    steer: %s\n"
	    "    receive_buffer: 64KiB\n" ACCESS,
	    variation->workers, udp, variation->steer);
	play_configure(play, yaml);
}

static void
refused_displaces_nothing(struct play *play, struct clients *clients)
{
	int room = play_room(play);

	ck_assert_int_gt(room, 10);
	play_pause(play);
	for (int i = 0; i < room; i++)
		for (unsigned v6 = 0; v6 < 2; v6++) {
			for (unsigned more = 0; more < 20; more++) {
				one_sends(play, clients, v6, DENIED);
				one_sends(play, clients, v6, STRANGER);
			}
			one_sends(play, clients, v6, FRIEND);
		}
	play_signal(play, SIGCONT);
	play_settle(play);
	struct ledger ledger = play_ledger(play);

	ck_assert_uint_eq(ledger.datagrams_read, clients->good);
	ck_assert_uint_eq(ledger.datagrams_dropped, 0);
	ck_assert_uint_eq(ledger.datagrams_filtered, clients->refused);
}

static void
refused_is_told_from_overflow(struct play *play, struct clients *clients)
{
	for (unsigned round = 0; round < 3; round++) {
		play_pause(play);
		for (unsigned i = 0; i < 1000; i++)
			all_send(play, clients);
		play_signal(play, SIGCONT);
		play_settle(play);
		struct ledger ledger = play_ledger(play);

		ck_assert_uint_gt(ledger.datagrams_dropped, round * UINT64_C(100));
		ck_assert_uint_eq(ledger.datagrams_read + ledger.datagrams_dropped, clients->good);
		ck_assert_uint_eq(ledger.datagrams_filtered, clients->refused);
	}
}

/* What is under way at the end is accounted for like all before. */
static void
the_end_is_exact(struct play *play, struct clients *clients)
{
	play_pause(play);
	for (unsigned i = 0; i < 1000; i++)
		all_send(play, clients);
	play_signal(play, SIGTERM);
	play_signal(play, SIGCONT);
	ck_assert_int_eq(play_wait_exit(play), 0);
	struct ledger ledger = ledger_of_log(play);

	ledger_assert(&ledger);
	ck_assert_uint_eq(ledger.datagrams_read + ledger.datagrams_dropped, clients->good);
	ck_assert_uint_eq(ledger.datagrams_filtered, clients->refused);
}

/* The clients' datagrams are all there ever were, of both families alike. */
static void
nothing_was_answered(const struct clients *clients, const uint64_t *out_before)
{
	uint64_t sent = (clients->good + clients->refused) / 2;
	char byte;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		ck_assert_uint_eq(datagrams_out(v6), out_before[v6] + sent);
		for (unsigned i = 0; i < 4; i++)
			ck_assert_int_eq(recv(clients->fd[v6][i], &byte, 1, MSG_DONTWAIT), -1);
	}
}

static void
play_variation(const struct variation *variation)
{
	struct play *play = play_new();
	const uint64_t out_before[2] = {datagrams_out(false), datagrams_out(true)};

	configure(play, variation);
	play_start(play);
	if (play_log_has(play, "cannot filter in the kernel")) {
		puts("SKIPPED: the kernel does not steer by source");
		play_stop(play);
		play_free(play);
		return;
	}
	struct clients clients = clients_open(play);

	refused_displaces_nothing(play, &clients);
	refused_is_told_from_overflow(play, &clients);
	the_end_is_exact(play, &clients);
	nothing_was_answered(&clients, out_before);
	clients_close(&clients);
	play_free(play);
}

START_TEST(what_is_refused_is_counted_apart_and_displaces_nothing)
{
	if (!enter_network())
		return;
	for (size_t i = 0; i < sizeof(variations) / sizeof(*variations); i++)
		play_variation(&variations[i]);
}
END_TEST

/* Send and send, whatever the answer. */
static void
send_without_end(const struct clients *clients)
{
	for (unsigned i = 0;; i++)
		(void)send(clients->fd[i % 2][i / 2 % 4], "a:1|c", 5, MSG_DONTWAIT);
}

/* What came until the sockets refused it is in the books, and of the rest the
 * kernel has told those who sent it. */
static void
stop_under_fire(const struct variation *variation)
{
	struct play *play = play_new();
	uint64_t lost = datagrams_lost(false) + datagrams_lost(true);
	uint64_t sent = datagrams_out(false) + datagrams_out(true);

	configure(play, variation);
	play_start(play);
	struct clients clients = clients_open(play);
	pid_t child = fork();

	if (child == 0)
		send_without_end(&clients);
	WAIT_UNTIL(play_number(play, "ledger.datagrams.read") > 1000);
	play_signal(play, SIGTERM);
	ck_assert_int_eq(play_wait_exit(play), 0);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	struct ledger ledger = ledger_of_log(play);

	sent = datagrams_out(false) + datagrams_out(true) - sent;
	lost = datagrams_lost(false) + datagrams_lost(true) - lost;
	ck_assert_uint_eq(sent,
	    ledger.datagrams_read + ledger.datagrams_dropped + ledger.datagrams_filtered + lost);
	clients_close(&clients);
	play_free(play);
}

START_TEST(a_stop_under_fire_leaves_nothing_unaccounted_for)
{
	if (!enter_network())
		return;
	for (size_t i = 0; i < sizeof(variations) / sizeof(*variations); i++)
		stop_under_fire(&variations[i]);
}
END_TEST

/* Whatever comes, and from whomever. */
START_TEST(nothing_that_comes_over_udp_is_answered)
{
	static const char *const texts[] = {"", "\n", "a", "a:x|c", "GET / HTTP/1.1\r\n\r\n",
	    "stats\n", "_e{1,1}:a|b", "_sc|a|9", "\x01\x00\x00\xff", "a:1|c|@2"};
	static const struct variation variation = {.workers = 2, .steer = "hash", .any = true};

	if (!enter_network())
		return;
	struct play *play = play_new();
	const uint64_t out_before[2] = {datagrams_out(false), datagrams_out(true)};
	char *longest = calloc(1, 65001);

	memset(longest, 'x', 65000);
	configure(play, &variation);
	play_start(play);
	struct clients clients = clients_open(play);

	for (unsigned which = OWN; which <= STRANGER; which++)
		for (unsigned v6 = 0; v6 < 2; v6++) {
			for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
				ck_assert_int_ge(
				    send(clients.fd[v6][which], texts[i], strlen(texts[i]), 0), 0);
			ck_assert_int_eq(send(clients.fd[v6][which], longest, 65000, 0), 65000);
			uint64_t sent = sizeof(texts) / sizeof(*texts) + 1;

			*(which < DENIED ? &clients.good : &clients.refused) += sent;
			play->sent += sent;
		}
	play_settle(play);
	ck_assert_double_eq(
	    play_number(play, "ledger.datagrams.filtered"), (double)clients.refused);
	play_stop(play);
	nothing_was_answered(&clients, out_before);
	clients_close(&clients);
	free(longest);
	play_free(play);
}
END_TEST

/* ---- TCP ---- */

/* The daemon has closed the connection, politely or not. */
static bool
is_closed(int fd)
{
	char byte;
	ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);

	ck_assert_int_le(got, 0); /* it never says a word */
	return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

START_TEST(a_connection_that_is_refused_is_closed_at_once)
{
	char yaml[512];

	if (!enter_network())
		return;
	struct play *play = play_new();

	snprintf(yaml, sizeof(yaml),
	    "interval: 100ms\n"
	    "workers: 2\n"
	    "listen:\n"
	    "  stage:\n"
	    "    tcp: [\"%s:%d\", \"[%s]:%d\"]\n" ACCESS,
	    addresses[0][OWN], play->port, addresses[1][OWN], play->port);
	play_configure(play, yaml);
	play_start(play);
	for (unsigned v6 = 0; v6 < 2; v6++) {
		int friend = client_of(play, SOCK_STREAM, v6, FRIEND);

		for (unsigned which = DENIED; which <= STRANGER; which++) {
			int refused = client_of(play, SOCK_STREAM, v6, which);

			send(refused, "b:1|c\n", 6, MSG_NOSIGNAL);
			WAIT_UNTIL(is_closed(refused));
			close(refused);
		}
		ck_assert_int_eq(send(friend, "a:1|c\n", 6, 0), 6);
		WAIT_FOR_NUMBER(play, "ledger.lines.accepted", v6 + 1);
		ck_assert(!is_closed(friend));
		close(friend);
	}
	WAIT_FOR_NUMBER(play, "listeners.0.connections.closed.denied", 4);
	ck_assert_double_eq(play_number(play, "ledger.lines.read"), 2);
	play_end(play);
}
END_TEST

/* ---- unix ---- */

#define USER 4321  /* may send */
#define GROUP 1234 /* may, too */
#define OTHER 4322

/* As this user and group, and of this group beside, send a line over a unix
 * socket. */
static void
send_as(const char *path, int type, uid_t uid, gid_t gid, gid_t beside)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct sockaddr_un to = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

		snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
		if (setgroups(1, &beside) != 0 || setgid(gid) != 0 || setuid(uid) != 0 ||
		    connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
			_exit(EXIT_FAILURE);
		send(fd, "a:1|c\n", 6, MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

static void
start_at_paths(struct play *play, const char *datagram, const char *stream)
{
	char yaml[768];

	ck_assert_int_eq(chmod(play->dir, 0755), 0);
	snprintf(yaml, sizeof(yaml),
	    "interval: 100ms\n"
	    "workers: 2\n"
	    "listen:\n"
	    "  stage:\n"
	    "    unix_datagram: [%s]\n"
	    "    unix_stream: [%s]\n"
	    "    allow: [\"uid:%u\", \"gid:%u\"]\n"
	    "    deny: [\"uid:%u\"]\n",
	    datagram, stream, USER, GROUP, OTHER);
	play_configure(play, yaml);
	play_start(play);
}

/* The kernel tells of all groups of who connects, of one of who sends. */
START_TEST(users_are_let_in_by_name_and_group)
{
	static const struct {
		uid_t uid;
		gid_t gid, beside;
		bool datagram, stream;
	} cases[] = {
	    {USER, 1, 1, true, true},
	    {USER + 2, GROUP, 1, true, true},
	    {USER + 2, 1, GROUP, false, true},
	    {USER + 2, 1, 1, false, false},
	    {OTHER, GROUP, GROUP, false, false},
	    {0, 0, 0, false, false},
	};
	double datagrams = 0, filtered = 0, lines = 0, denied = 0;
	char datagram[128], stream[128];

	if (geteuid() != 0 || setgroups(0, NULL) != 0) {
		puts("SKIPPED: only root may become another user");
		return;
	}
	struct play *play = play_new();

	snprintf(datagram, sizeof(datagram), "%s/datagram", play->dir);
	snprintf(stream, sizeof(stream), "%s/stream", play->dir);
	start_at_paths(play, datagram, stream);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		send_as(datagram, SOCK_DGRAM, cases[i].uid, cases[i].gid, cases[i].beside);
		send_as(stream, SOCK_STREAM, cases[i].uid, cases[i].gid, cases[i].beside);
		*(cases[i].datagram ? &datagrams : &filtered) += 1;
		*(cases[i].stream ? &lines : &denied) += 1;
		WAIT_FOR_NUMBER(play, "ledger.datagrams.read", datagrams);
		WAIT_FOR_NUMBER(play, "ledger.datagrams.filtered", filtered);
		WAIT_FOR_NUMBER(play, "ledger.lines.accepted", datagrams + lines);
		WAIT_FOR_NUMBER(play, "listeners.0.connections.closed.denied", denied);
		play->sent++;
	}
	play_balance(play);
	play_stop(play);
	ck_assert_int_ne(access(datagram, F_OK), 0);
	ck_assert_int_ne(access(stream, F_OK), 0);
	play_free(play);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_is_refused_is_counted_apart_and_displaces_nothing),
    SUITE_TEST(a_stop_under_fire_leaves_nothing_unaccounted_for),
    SUITE_TEST(nothing_that_comes_over_udp_is_answered),
    SUITE_TEST(a_connection_that_is_refused_is_closed_at_once),
    SUITE_TEST(users_are_let_in_by_name_and_group),
    {0},
};

SUITE_MAIN("scenario/access", tests)
