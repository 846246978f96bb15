/* SPDX-License-Identifier: MIT */
/* udp_test.c -- sockets that share a port with each other and nobody else. */

#include "net/udp.h"

#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static union udp_address
loopback(void)
{
	return (union udp_address){
	    .v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
}

static void
close_all(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

START_TEST(siblings_share_a_port_the_kernel_chose)
{
	union udp_address address = loopback();
	struct text error = {0};
	int fds[3];

	ck_assert_int_eq(udp_open_shared(&address, 65536, UDP_STEER_CLIENT, fds, 3, &error), 0);
	ck_assert_uint_ne(ntohs(address.v4.sin_port), 0);
	for (int i = 0; i < 3; i++) {
		union udp_address bound;
		socklen_t len = sizeof(bound);

		ck_assert_int_eq(getsockname(fds[i], &bound.any, &len), 0);
		ck_assert_uint_eq(bound.v4.sin_port, address.v4.sin_port);
	}
	close_all(fds, 3);
}
END_TEST

START_TEST(a_held_port_is_an_error_that_names_the_holder)
{
	union udp_address address = loopback();
	struct text error = {0}, expected = {0};
	int fds[2], second[2];

	ck_assert_int_eq(udp_open_shared(&address, 65536, UDP_STEER_CLIENT, fds, 1, &error), 0);
	ck_assert_int_eq(
	    udp_open_shared(&address, 65536, UDP_STEER_CLIENT, second, 2, &error), -EADDRINUSE);
	text_printf(&expected, "by pid %d (", (int)getpid());
	ck_assert_ptr_nonnull(strstr(text_string(&error), text_string(&expected)));
	close_all(fds, 1);
	text_fini(&error);
	text_fini(&expected);
}
END_TEST

START_TEST(a_lone_socket_shares_its_port_with_nobody)
{
	union udp_address address = loopback();
	struct text error = {0};
	int fd, other = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	ck_assert_int_eq(udp_open_shared(&address, 65536, UDP_STEER_CLIENT, &fd, 1, &error), 0);
	ck_assert_int_eq(setsockopt(other, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	ck_assert_int_ne(bind(other, &address.any, udp_address_length(&address)), 0);
	close(other);
	close(fd);
}
END_TEST

START_TEST(what_does_not_fit_is_counted_at_once)
{
	union udp_address address = loopback();
	struct text error = {0};
	struct udp_memory memory;
	int fd, client = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(udp_open_shared(&address, 8192, UDP_STEER_CLIENT, &fd, 1, &error), 0);
	ck_assert_int_eq(connect(client, &address.any, udp_address_length(&address)), 0);
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
open_randomly(union udp_address *address, int *fds)
{
	struct text error = {0};
	int status = udp_open_shared(address, 1 << 20, UDP_STEER_RANDOM, fds, 2, &error);

	if (status != 0)
		printf("SKIPPED: %s\n", text_string(&error));
	text_fini(&error);
	return status == 0;
}

static int
client_of(const union udp_address *address)
{
	int client = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(connect(client, &address->any, udp_address_length(address)), 0);
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
		union udp_address address = loopback();
		struct text error = {0};
		int fds[2];

		if (random && !open_randomly(&address, fds))
			continue;
		if (!random)
			ck_assert_int_eq(
			    udp_open_shared(&address, 1 << 20, UDP_STEER_CLIENT, fds, 2, &error),
			    0);
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
	union udp_address address = loopback();
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

START_TEST(a_host_is_that_of_ipv6_or_mapped_into_it)
{
	static const struct {
		int family;
		const char *host, *expected;
	} cases[] = {
	    {AF_INET, "192.0.2.7", "::ffff:192.0.2.7"},
	    {AF_INET6, "2001:db8::1", "2001:db8::1"},
	    {AF_INET6, "::1", "::1"},
	    {AF_UNSPEC, NULL, "::"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		union udp_address address = {.any.sa_family = (sa_family_t)cases[i].family};
		uint8_t host[UDP_HOST_BYTES], expected[UDP_HOST_BYTES];

		if (cases[i].family == AF_INET)
			inet_pton(AF_INET, cases[i].host, &address.v4.sin_addr);
		if (cases[i].family == AF_INET6)
			inet_pton(AF_INET6, cases[i].host, &address.v6.sin6_addr);
		inet_pton(AF_INET6, cases[i].expected, expected);
		udp_host(&address, host);
		ck_assert_msg(memcmp(host, expected, sizeof(host)) == 0, "case %zu", i);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(siblings_share_a_port_the_kernel_chose),
    SUITE_TEST(a_held_port_is_an_error_that_names_the_holder),
    SUITE_TEST(a_lone_socket_shares_its_port_with_nobody),
    SUITE_TEST(what_does_not_fit_is_counted_at_once),
    SUITE_TEST(one_client_goes_where_the_steering_says),
    SUITE_TEST(an_arrival_lies_between_sending_and_reading),
    SUITE_TEST(a_host_is_that_of_ipv6_or_mapped_into_it),
    {0},
};

SUITE_MAIN("net/udp", tests)
