/* SPDX-License-Identifier: MIT */
/* tcp_test.c -- sockets that listen, and what they accept. */

#include "net/tcp.h"

#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static union inet_address
loopback(sa_family_t family)
{
	union inet_address address = {.any.sa_family = family};

	if (family == AF_INET)
		address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.v6.sin6_addr = in6addr_loopback;
	return address;
}

static int
must_listen(union inet_address *address)
{
	struct text error = {0};
	int fd = tcp_listen(address, &error);

	ck_assert_msg(fd >= 0, "%s", text_string(&error));
	return fd;
}

static int
must_connect(const union inet_address *address)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, &address->any, inet_length(address)), 0);
	return fd;
}

START_TEST(it_accepts_who_connects_and_says_who_that_is)
{
	union inet_address address = loopback(AF_INET), peer;
	int fd = must_listen(&address);

	ck_assert_int_ne(address.v4.sin_port, 0);
	ck_assert_int_eq(tcp_accept(fd, &peer), -EAGAIN);
	int client = must_connect(&address), accepted = tcp_accept(fd, &peer);

	ck_assert_int_ge(accepted, 0);
	ck_assert_int_eq(peer.any.sa_family, AF_INET);
	ck_assert_int_eq((int)ntohl(peer.v4.sin_addr.s_addr), INADDR_LOOPBACK);
	ck_assert_int_ne(fcntl(accepted, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(accepted, F_GETFD) & FD_CLOEXEC, 0);
	close(accepted);
	close(client);
	close(fd);
}
END_TEST

START_TEST(what_is_accepted_notices_a_peer_that_has_vanished)
{
	union inet_address address = loopback(AF_INET), peer;
	int fd = must_listen(&address), on = 0, idle = 0;
	socklen_t length = sizeof(on);

	tcp_keep_alive(fd);
	int client = must_connect(&address), accepted = tcp_accept(fd, &peer);

	ck_assert_int_eq(getsockopt(accepted, SOL_SOCKET, SO_KEEPALIVE, &on, &length), 0);
	ck_assert_int_eq(getsockopt(accepted, IPPROTO_TCP, TCP_KEEPIDLE, &idle, &length), 0);
	ck_assert_int_eq(on, 1);
	ck_assert_int_eq(idle, 60);
	close(accepted);
	close(client);
	close(fd);
}
END_TEST

START_TEST(a_port_that_is_taken_is_an_error_that_names_the_holder)
{
	union inet_address address = loopback(AF_INET), again;
	int fd = must_listen(&address);
	struct text error = {0};
	char holder[32];

	again = address;
	ck_assert_int_eq(tcp_listen(&again, &error), -EADDRINUSE);
	snprintf(holder, sizeof(holder), ", by pid %d (", (int)getpid());
	ck_assert_msg(strstr(text_string(&error), "cannot listen on tcp 127.0.0.1:") != NULL &&
		strstr(text_string(&error), holder) != NULL,
	    "%s", text_string(&error));
	text_fini(&error);
	close(fd);
}
END_TEST

/* Connections of the daemon before may still be remembered by the kernel. */
START_TEST(a_port_can_be_listened_on_again_at_once)
{
	union inet_address address = loopback(AF_INET), peer;
	int fd = must_listen(&address), client = must_connect(&address);
	int accepted = tcp_accept(fd, &peer);

	close(accepted); /* first: this side waits out the connection's end */
	close(client);
	close(fd);
	close(must_listen(&address));
}
END_TEST

START_TEST(both_families_share_a_port)
{
	union inet_address v6 = loopback(AF_INET6), v4 = {.any.sa_family = AF_INET};
	struct text error = {0};

	v6.v6.sin6_addr = in6addr_any;
	int first = tcp_listen(&v6, &error);

	if (first == -EAFNOSUPPORT || first == -EADDRNOTAVAIL) {
		printf("SKIPPED: there is no IPv6 here\n");
		text_fini(&error);
		return;
	}
	ck_assert_int_ge(first, 0);
	v4.v4.sin_port = v6.v6.sin6_port;
	close(must_listen(&v4));
	close(first);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(it_accepts_who_connects_and_says_who_that_is),
    SUITE_TEST(what_is_accepted_notices_a_peer_that_has_vanished),
    SUITE_TEST(a_port_that_is_taken_is_an_error_that_names_the_holder),
    SUITE_TEST(a_port_can_be_listened_on_again_at_once),
    SUITE_TEST(both_families_share_a_port),
    {0},
};

SUITE_MAIN("net/tcp", tests)
