/* SPDX-License-Identifier: MIT */
/* udp_test.c -- sockets that share a port with each other and nobody else. */

#include "net/udp.h"

#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <errno.h>
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

	ck_assert_int_eq(udp_open_shared(&address, 65536, fds, 3, &error), 0);
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

	ck_assert_int_eq(udp_open_shared(&address, 65536, fds, 1, &error), 0);
	ck_assert_int_eq(udp_open_shared(&address, 65536, second, 2, &error), -EADDRINUSE);
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

	ck_assert_int_eq(udp_open_shared(&address, 65536, &fd, 1, &error), 0);
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

	ck_assert_int_eq(udp_open_shared(&address, 8192, &fd, 1, &error), 0);
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

static const struct suite_test tests[] = {
    SUITE_TEST(siblings_share_a_port_the_kernel_chose),
    SUITE_TEST(a_held_port_is_an_error_that_names_the_holder),
    SUITE_TEST(a_lone_socket_shares_its_port_with_nobody),
    SUITE_TEST(what_does_not_fit_is_counted_at_once),
    {0},
};

SUITE_MAIN("net/udp", tests)
