/* SPDX-License-Identifier: MIT */
/* udp_test.c -- sockets that share a port with each other and nobody else. */

#include "net/udp.h"

#include "net/access.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static union inet_address
loopback(void)
{
	return (union inet_address){
	    .v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
}

static void
close_all(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

/* Sockets of which nobody is refused. */
static int
open_plain(union inet_address *address, size_t buffer_bytes, enum udp_steering steering, int *fds,
    unsigned count, struct text *error)
{
	const struct udp_plan plan = {
	    .buffer_bytes = buffer_bytes, .steering = steering, .count = count};
	int bin, status = udp_open_shared(address, &plan, fds, &bin, error);

	ck_assert_int_eq(bin, -1);
	return status;
}

START_TEST(siblings_share_a_port_the_kernel_chose)
{
	union inet_address address = loopback();
	struct text error = {0};
	int fds[3];

	ck_assert_int_eq(open_plain(&address, 65536, UDP_STEER_CLIENT, fds, 3, &error), 0);
	ck_assert_uint_ne(ntohs(address.v4.sin_port), 0);
	for (int i = 0; i < 3; i++) {
		union inet_address bound;
		socklen_t len = sizeof(bound);

		ck_assert_int_eq(getsockname(fds[i], &bound.any, &len), 0);
		ck_assert_uint_eq(bound.v4.sin_port, address.v4.sin_port);
	}
	close_all(fds, 3);
}
END_TEST

START_TEST(a_held_port_is_an_error_that_names_the_holder)
{
	union inet_address address = loopback();
	struct text error = {0}, expected = {0};
	int fds[2], second[2];

	ck_assert_int_eq(open_plain(&address, 65536, UDP_STEER_CLIENT, fds, 1, &error), 0);
	ck_assert_int_eq(
	    open_plain(&address, 65536, UDP_STEER_CLIENT, second, 2, &error), -EADDRINUSE);
	text_printf(&expected, "by pid %d (", (int)getpid());
	ck_assert_ptr_nonnull(strstr(text_string(&error), text_string(&expected)));
	close_all(fds, 1);
	text_fini(&error);
	text_fini(&expected);
}
END_TEST

START_TEST(a_lone_socket_shares_its_port_with_nobody)
{
	union inet_address address = loopback();
	struct text error = {0};
	int fd, other = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	ck_assert_int_eq(open_plain(&address, 65536, UDP_STEER_CLIENT, &fd, 1, &error), 0);
	ck_assert_int_eq(setsockopt(other, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	ck_assert_int_ne(bind(other, &address.any, inet_length(&address)), 0);
	close(other);
	close(fd);
}
END_TEST

START_TEST(what_does_not_fit_is_counted_at_once)
{
	union inet_address address = loopback();
	struct text error = {0};
	struct udp_memory memory;
	int fd, client = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(open_plain(&address, 8192, UDP_STEER_CLIENT, &fd, 1, &error), 0);
	ck_assert_int_eq(connect(client, &address.any, inet_length(&address)), 0);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(send(client, "a:1|c", 5, 0), 5);
	ck_assert_int_eq(udp_memory(fd, &memory), 0);
	char byte;
	uint32_t read_back = 0;

	while (recv(fd, &byte, 1, 0) >= 0)
		read_back++;
	ck_assert_uint_gt(memory.dropped, 0);
	ck_assert_uint_eq(memory.dropped + read_back, 1000);
	close(client);
	close(fd);
}
END_TEST

/* Two sockets that lots are drawn between. False: this kernel does not. */
static bool
open_randomly(union inet_address *address, int *fds)
{
	struct text error = {0};
	int status = open_plain(address, 1 << 20, UDP_STEER_RANDOM, fds, 2, &error);

	if (status != 0)
		printf("SKIPPED: %s\n", text_string(&error));
	text_fini(&error);
	return status == 0;
}

static int
client_of(const union inet_address *address)
{
	int client = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(connect(client, &address->any, inet_length(address)), 0);
	return client;
}

/* How many datagrams lie in a socket. */
static unsigned
drain(int fd)
{
	unsigned count = 0;
	char byte;

	while (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0)
		count++;
	return count;
}

START_TEST(one_client_goes_where_the_steering_says)
{
	for (int random = 0; random < 2; random++) {
		union inet_address address = loopback();
		struct text error = {0};
		int fds[2];

		if (random && !open_randomly(&address, fds))
			continue;
		if (!random)
			ck_assert_int_eq(
			    open_plain(&address, 1 << 20, UDP_STEER_CLIENT, fds, 2, &error), 0);
		int client = client_of(&address);

		for (int i = 0; i < 100; i++)
			ck_assert_int_eq(send(client, "a:1|c", 5, 0), 5);
		unsigned first = drain(fds[0]), second = drain(fds[1]);

		ck_assert_uint_eq(first + second, 100);
		ck_assert((first > 0 && second > 0) == (random != 0));
		close(client);
		close_all(fds, 2);
	}
}
END_TEST

static int64_t
wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The kernel begins to stamp a while after it was asked to; until then it
 * says when a datagram was read. */
START_TEST(an_arrival_lies_between_sending_and_reading)
{
	union inet_address address = loopback();
	time_t deadline = time(NULL) + 60;
	bool stamped = false;
	int fds[2];

	if (!open_randomly(&address, fds))
		return;
	int client = client_of(&address);

	while (!stamped) {
		struct pollfd ready[2] = {
		    {.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
		_Alignas(struct cmsghdr) char control[UDP_CONTROL_BYTES];
		char byte;
		struct iovec piece = {&byte, 1};
		struct msghdr message = {.msg_iov = &piece,
		    .msg_iovlen = 1,
		    .msg_control = control,
		    .msg_controllen = sizeof(control)};
		int64_t before = wall_ns(), arrival = 0;

		ck_assert_msg(time(NULL) < deadline, "waited a minute for a stamp");
		ck_assert_int_eq(send(client, "a", 1, 0), 1);
		ck_assert_int_eq(poll(ready, 2, 10000), 1);
		int64_t after = wall_ns();

		ck_assert_int_eq(recvmsg(ready[0].revents != 0 ? fds[0] : fds[1], &message, 0), 1);
		ck_assert(udp_arrival(&message, &arrival));
		ck_assert_int_ge(arrival, before);
		stamped = arrival <= after;
	}
	close(client);
	close_all(fds, 2);
}
END_TEST

/* Only 127.0.1.0/24 may, but for one of it. */
static struct access *
make_access(void)
{
	char allowed_text[] = "127.0.1.0/24", denied_text[] = "127.0.1.66";
	char *allowed[] = {allowed_text}, *denied[] = {denied_text};
	const struct item_list allow = {.count = 1, .at = allowed},
			       deny = {.count = 1, .at = denied};
	struct text error = {0};
	struct access *access = access_new(&allow, &deny, &error);

	ck_assert_ptr_nonnull(access);
	return access;
}

static int
client_from(const char *host, const union inet_address *address)
{
	union inet_address own = loopback();
	int client = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, host, &own.v4.sin_addr);
	ck_assert_int_eq(bind(client, &own.any, inet_length(&own)), 0);
	ck_assert_int_eq(connect(client, &address->any, inet_length(address)), 0);
	return client;
}

/* Sockets of which some hosts are refused. False: this kernel does not. */
static bool
open_guarded(union inet_address *address, enum udp_steering steering, unsigned workers, int *fds,
    int *bin_out)
{
	struct access *access = make_access();
	const struct udp_plan plan = {
	    .buffer_bytes = 65536, .steering = steering, .access = access, .count = workers};
	struct text error = {0};

	ck_assert_int_eq(udp_open_shared(address, &plan, fds, bin_out, &error), 0);
	access_free(&access);
	if (*bin_out < 0) {
		puts("SKIPPED: the kernel does not steer by source");
		close_all(fds, workers);
	}
	return *bin_out >= 0;
}

static unsigned
dropped_by(int fd)
{
	struct udp_memory memory;

	ck_assert_int_eq(udp_memory(fd, &memory), 0);
	return memory.dropped;
}

/* Twenty times as many come as fit, and more that are refused. */
static void
flood(const union inet_address *address, const int *fds, unsigned workers, int bin)
{
	static const char *const hosts[] = {"127.0.1.1", "127.0.1.255", "127.0.0.1", "127.0.1.66"};
	unsigned read_back = 0, dropped = 0;
	int clients[4];

	for (unsigned i = 0; i < 4; i++)
		clients[i] = client_from(hosts[i], address);
	for (unsigned round = 0; round < 2000; round++)
		for (unsigned i = 0; i < 4; i++)
			ck_assert_int_eq(send(clients[i], "a:1|c", 5, 0), 5);
	for (unsigned i = 0; i < workers; i++) {
		read_back += drain(fds[i]);
		dropped += dropped_by(fds[i]);
	}
	ck_assert_uint_gt(dropped, 0);
	ck_assert_uint_eq(read_back + dropped, 4000);
	ck_assert_uint_eq(dropped_by(bin), 4000);
	close_all(clients, 4);
}

START_TEST(what_is_refused_is_told_apart_from_what_does_not_fit)
{
	for (unsigned workers = 1; workers <= 3; workers++)
		for (int random = 0; random < 2; random++) {
			union inet_address address = loopback();
			int fds[3], bin;

			if (!open_guarded(&address, random ? UDP_STEER_RANDOM : UDP_STEER_CLIENT,
				workers, fds, &bin))
				return;
			flood(&address, fds, workers, bin);
			close_all(fds, workers);
			close(bin);
		}
}
END_TEST

START_TEST(who_is_let_in_cannot_be_changed)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 1);
	const struct sock_fprog program = {.len = 1, .filter = &all};
	static const int options[] = {
	    SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_ATTACH_REUSEPORT_CBPF, SO_LOCK_FILTER};
	union inet_address address = loopback();
	int fds[3];

	if (!open_guarded(&address, UDP_STEER_CLIENT, 2, fds, &fds[2]))
		return;
	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = 0; j < 4; j++) {
			int off = 0;
			bool lock = options[j] == SO_LOCK_FILTER;

			ck_assert_int_ne(setsockopt(fds[i], SOL_SOCKET, options[j],
					     lock ? (const void *)&off : &program,
					     lock ? sizeof(off) : sizeof(program)),
			    0);
			ck_assert_int_eq(errno, EPERM);
		}
	close_all(fds, 3);
}
END_TEST

/* More of them than the kernel takes instructions. */
START_TEST(without_a_bin_everything_is_there_to_be_read)
{
	enum { MANY = 3000 };
	char texts[MANY][24], *pointers[MANY];
	const struct item_list allow = {0}, deny = {.count = MANY, .at = pointers};
	struct text error = {0};
	union inet_address address = loopback();
	int fds[2], bin;

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof(texts[i]), "10.%u.%u.0/24", i / 256, i % 256);
		pointers[i] = texts[i];
	}
	struct access *access = access_new(&allow, &deny, &error);
	const struct udp_plan plan = {.buffer_bytes = 65536, .access = access, .count = 2};

	ck_assert_int_eq(udp_open_shared(&address, &plan, fds, &bin, &error), 0);
	ck_assert_int_eq(bin, -1);
	int client = client_of(&address);

	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(send(client, "a:1|c", 5, 0), 5);
	ck_assert_uint_eq(drain(fds[0]) + drain(fds[1]), 20);
	close(client);
	close_all(fds, 2);
	access_free(&access);
}
END_TEST

/* To the group, over the loopback; the socket that has joined it tells that it
 * is on its way to others, too. */
static void
send_to_group(int port, int member)
{
	const struct ip_mreqn group = {.imr_multiaddr.s_addr = htonl(0xef010203),
	    .imr_address.s_addr = htonl(INADDR_LOOPBACK)};
	union inet_address to = {.v4 = {.sin_family = AF_INET,
				     .sin_port = (in_port_t)port,
				     .sin_addr = group.imr_multiaddr}};
	int client = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(
	    setsockopt(member, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)), 0);
	ck_assert_int_eq(setsockopt(client, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof(group)), 0);
	ck_assert_int_eq(sendto(client, "a:1|c", 5, 0, &to.any, inet_length(&to)), 5);
	close(client);
}

START_TEST(what_a_group_of_others_gets_does_not_come)
{
	union inet_address address = {.v4 = {.sin_family = AF_INET}}, other = address;
	socklen_t length = sizeof(other);
	struct text error = {0};
	int fds[2], member = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(bind(member, &other.any, inet_length(&other)), 0);
	ck_assert_int_eq(getsockname(member, &other.any, &length), 0);
	ck_assert_int_eq(open_plain(&address, 65536, UDP_STEER_CLIENT, fds, 2, &error), 0);
	send_to_group(other.v4.sin_port, member);
	ck_assert_uint_eq(drain(member), 1);
	int beside = socket(AF_INET, SOCK_DGRAM, 0);

	send_to_group(address.v4.sin_port, beside);
	ck_assert_uint_eq(drain(fds[0]) + drain(fds[1]), 0);
	close(beside);
	close(member);
	close_all(fds, 2);
}
END_TEST

/* Of a sender's two datagrams the second one is told of the first. */
START_TEST(a_refusing_socket_is_read_to_its_end_and_gets_nothing_more)
{
	static const char *const hosts[] = {"127.0.0.1", "0.0.0.0"};

	for (unsigned i = 0; i < 2; i++) {
		union inet_address address = loopback();
		int fds[3];

		inet_pton(AF_INET, hosts[i], &address.v4.sin_addr);
		if (!open_guarded(&address, UDP_STEER_CLIENT, 2, fds, &fds[2]))
			return;
		union inet_address to = loopback();

		to.v4.sin_port = address.v4.sin_port;
		int good = client_from("127.0.1.1", &to), bad = client_from("127.0.0.1", &to);

		ck_assert_int_eq(send(good, "a:1|c", 5, 0), 5);
		ck_assert_int_eq(send(bad, "a:1|c", 5, 0), 5);
		for (unsigned j = 0; j < 3; j++)
			ck_assert_int_eq(udp_refuse(fds[j]), 0);
		send(good, "a:1|c", 5, 0);
		send(bad, "a:1|c", 5, 0);
		ck_assert_int_eq(send(good, "a:1|c", 5, 0), -1);
		ck_assert_int_eq(errno, ECONNREFUSED);
		ck_assert_int_eq(send(bad, "a:1|c", 5, 0), -1);
		ck_assert_int_eq(errno, ECONNREFUSED);
		ck_assert_uint_eq(drain(fds[0]) + drain(fds[1]), 1);
		ck_assert_uint_eq(dropped_by(fds[2]), 1);
		close(good);
		close(bad);
		close_all(fds, 3);
	}
}
END_TEST

static void
refuse_at(const char *host)
{
	union inet_address address = loopback();
	struct text error = {0};
	int fd;

	inet_pton(AF_INET, host, &address.v4.sin_addr);
	ck_assert_int_eq(open_plain(&address, 65536, UDP_STEER_CLIENT, &fd, 1, &error), 0);
	ck_assert_int_eq(udp_refuse(fd), 0);
	close(fd);
}

START_TEST(a_socket_without_a_way_to_itself_refuses_by_being_closed)
{
	refuse_at("127.255.255.255");
	if (unshare(CLONE_NEWNET) != 0) {
		printf("SKIPPED: no network namespace: %s\n", strerror(errno));
		return;
	}
	/* Here the loopback interface is down. */
	refuse_at("0.0.0.0");
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(siblings_share_a_port_the_kernel_chose),
    SUITE_TEST(a_held_port_is_an_error_that_names_the_holder),
    SUITE_TEST(a_lone_socket_shares_its_port_with_nobody),
    SUITE_TEST(what_does_not_fit_is_counted_at_once),
    SUITE_TEST(one_client_goes_where_the_steering_says),
    SUITE_TEST(an_arrival_lies_between_sending_and_reading),
    SUITE_TEST(what_is_refused_is_told_apart_from_what_does_not_fit),
    SUITE_TEST(who_is_let_in_cannot_be_changed),
    SUITE_TEST(without_a_bin_everything_is_there_to_be_read),
    SUITE_TEST(what_a_group_of_others_gets_does_not_come),
    SUITE_TEST(a_refusing_socket_is_read_to_its_end_and_gets_nothing_more),
    SUITE_TEST(a_socket_without_a_way_to_itself_refuses_by_being_closed),
    {0},
};

SUITE_MAIN("net/udp", tests)
