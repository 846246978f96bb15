/* SPDX-License-Identifier: MIT */
/* bench_send_test.c -- what bench says it sent is what arrives. */

#include "cli/bench_send.h"

#include "cli/target.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* A bound socket on 127.0.0.1, and its address as text. */
static int
open_server(char *address_out, size_t size)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(address_out, size, "localhost:%u", ntohs(address.sin_port));
	return fd;
}

struct arrived {
	uint64_t datagrams, lines, bytes;
	size_t sources;
};

static struct arrived
drain(int fd)
{
	struct arrived sum = {0};
	static bool seen[UINT16_MAX + 1];
	char bytes[2048];
	struct sockaddr_in source;
	socklen_t source_len = sizeof(source);
	ssize_t len;

	memset(seen, 0, sizeof(seen));
	while ((len = recvfrom(fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&source,
		    &source_len)) > 0) {
		sum.sources += !seen[source.sin_port];
		seen[source.sin_port] = true;
		sum.datagrams++;
		sum.bytes += (uint64_t)len;
		sum.lines++;
		for (ssize_t i = 0; i < len; i++)
			sum.lines += bytes[i] == '\n';
	}
	ck_assert_int_eq(errno, EAGAIN);
	return sum;
}

/* So many clients, of which one has sent the first datagram. */
static void
open_target(struct bench_sockets *sockets, const char *address, const struct payload *payload,
    size_t senders)
{
	int fd = target_open("bench", address, payload->bytes.bytes + payload->datagrams[0].offset,
	    payload->datagrams[0].bytes);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bench_sockets_open(sockets, fd, senders), 0);
	ck_assert_uint_eq(sockets->count, senders);
}

/* Few enough that a small receive buffer holds them all. */
START_TEST(all_lines_arrive_however_they_are_packed_and_paced)
{
	static const struct {
		uint64_t prepared, lines;
		size_t packet;
		double rate;
		size_t senders;
	} cases[] = {
	    {100, 100, 1, 0, 1},
	    {100, 100, 1, 50000, 1},
	    {500, 500, 1432, 0, 1},
	    {10, 1000, 500, 0, 1}, /* round and round */
	    {10, 1003, 200, 0, 1}, /* the last datagram is cut short */
	    {10, 1003, 500, 200000, 1},
	    {1, 1, 1432, 1, 1}, /* the first is all */
	    {100, 100, 1, 0, 3},
	    {100, 100, 1, 50000, 10},
	    {10, 1003, 200, 0, 7},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct payload_options options = {.mix.weight[KIND_COUNTER] = 1,
		    .series = 10,
		    .lines = cases[i].prepared,
		    .packet_bytes = cases[i].packet};
		const struct bench_plan plan = {.lines = cases[i].lines, .rate = cases[i].rate};
		struct payload payload;
		struct bench_sockets sockets;
		struct bench_sent sent;
		char address[32];
		int server = open_server(address, sizeof(address));

		payload_prepare(&payload, &options);
		open_target(&sockets, address, &payload, cases[i].senders);
		bench_send(&sockets, &payload, &plan, &sent);
		struct arrived arrived = drain(server);

		ck_assert_uint_eq(sent.lines, cases[i].lines);
		ck_assert_uint_eq(arrived.lines, sent.lines);
		ck_assert_uint_eq(arrived.datagrams, sent.datagrams);
		ck_assert_uint_eq(arrived.bytes, sent.bytes);
		ck_assert_uint_eq(sent.failures, 0);
		ck_assert_uint_eq(arrived.sources, cases[i].senders);
		bench_sockets_close(&sockets);
		close(server);
		payload_fini(&payload);
	}
}
END_TEST

START_TEST(more_senders_than_files_may_be_open_are_refused)
{
	const struct rlimit few = {.rlim_cur = 20, .rlim_max = 20};
	struct bench_sockets sockets;
	char address[32];
	int server = open_server(address, sizeof(address));
	int fd = target_open("bench", address, "a:1|c", 5);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(bench_sockets_open(&sockets, fd, 100), -EMFILE);
	bench_sockets_close(&sockets);
	ck_assert_uint_eq(sockets.count, 0);
	close(server);
}
END_TEST

START_TEST(rate_is_kept)
{
	const struct payload_options options = {
	    .mix.weight[KIND_COUNTER] = 1, .series = 10, .lines = 100, .packet_bytes = 1};
	const struct bench_plan plan = {.lines = 100, .rate = 1000};
	struct payload payload;
	struct bench_sockets sockets;
	struct bench_sent sent;
	char address[32];
	int server = open_server(address, sizeof(address));

	payload_prepare(&payload, &options);
	open_target(&sockets, address, &payload, 1);
	bench_send(&sockets, &payload, &plan, &sent);
	/* A busy machine may be later, never earlier. */
	ck_assert_double_ge(sent.seconds, 0.097);
	bench_sockets_close(&sockets);
	close(server);
	payload_fini(&payload);
}
END_TEST

START_TEST(refusals_are_counted_and_not_waited_for)
{
	const struct payload_options options = {
	    .mix.weight[KIND_COUNTER] = 1, .series = 10, .lines = 100, .packet_bytes = 1};
	const struct bench_plan plan = {.lines = 100};
	struct payload payload;
	struct bench_sockets sockets;
	struct bench_sent sent;
	char address[32];
	int server = open_server(address, sizeof(address));

	payload_prepare(&payload, &options);
	open_target(&sockets, address, &payload, 1);
	close(server);
	bench_send(&sockets, &payload, &plan, &sent);
	ck_assert_uint_gt(sent.failures, 0);
	ck_assert_uint_le(sent.lines, plan.lines);
	bench_sockets_close(&sockets);
	payload_fini(&payload);
}
END_TEST

START_TEST(nobody_there_is_said_before_anything_is_measured)
{
	char address[32];
	int server = open_server(address, sizeof(address));

	close(server);
	ck_assert_int_eq(target_open("bench", address, "a:1|c", 5), -1);
	ck_assert_int_eq(target_open("bench", "localhost", "a:1|c", 5), -1);
	ck_assert_int_eq(target_open("bench", "/a/path", "a:1|c", 5), -1);
	ck_assert_int_eq(target_open("bench", "localhost:0", "a:1|c", 5), -1);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(all_lines_arrive_however_they_are_packed_and_paced),
    SUITE_TEST(more_senders_than_files_may_be_open_are_refused),
    SUITE_TEST(rate_is_kept),
    SUITE_TEST(refusals_are_counted_and_not_waited_for),
    SUITE_TEST(nobody_there_is_said_before_anything_is_measured),
    {0},
};

SUITE_MAIN("cli/bench_send", tests)
