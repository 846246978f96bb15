/* SPDX-License-Identifier: MIT */
/* stream_test.c -- a client's connection, on the test's own loop. */

#include "net/stream.h"

#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

/* A client that does what a test says with each event, and notes them all. */
struct client {
	struct thread thread;
	struct stream stream;
	struct text events; /* "connected drained ended " */
	struct text got;
	struct text message; /* to send once connected */
	bool shut_after;     /* ... and then shut down */
	int rounds;          /* how often to open it */
};

static void
note(struct stream *stream, const char *event)
{
	struct client *client = stream->owner;

	text_puts(&client->events, event);
	text_byte(&client->events, ' ');
}

static void
on_connected(struct stream *stream)
{
	struct client *client = stream->owner;
	struct text message = {0};

	note(stream, "connected");
	if (client->message.len == 0) {
		stream_close(stream);
		return;
	}
	text_append(&message, client->message.bytes, client->message.len);
	stream_write(stream, &message);
	ck_assert_uint_eq(message.len, 0);
	text_fini(&message);
}

static void
on_drained(struct stream *stream)
{
	struct client *client = stream->owner;

	note(stream, "drained");
	if (client->shut_after)
		stream_shutdown(stream);
}

static void
on_received(struct stream *stream, const char *bytes, size_t len)
{
	struct client *client = stream->owner;

	text_append(&client->got, bytes, len);
}

static void
on_ended(struct stream *stream)
{
	note(stream, "ended");
	ck_assert(stream_is_shut(stream));
	ck_assert_uint_eq(stream_unacknowledged(stream), 0);
	stream_close(stream);
}

static void
on_failed(struct stream *stream, const char *step, int error)
{
	struct client *client = stream->owner;

	text_printf(&client->events, "failed(%s %s) ", step, uv_err_name(error));
	stream_close(stream);
}

static void
on_closed(struct stream *stream)
{
	struct client *client = stream->owner;

	note(stream, "closed");
	if (--client->rounds > 0) {
		stream_open(stream);
		return;
	}
	stream_fini(stream);
	thread_finish(&client->thread);
}

static const struct stream_events events = {
    .connected = on_connected,
    .drained = on_drained,
    .received = on_received,
    .ended = on_ended,
    .failed = on_failed,
    .closed = on_closed,
};

static void
no_mail(struct thread *thread, struct mail *mail)
{
	(void)thread;
	(void)mail;
	ck_abort_msg("mail for a thread that gets none");
}

static void
client_init(struct client *client, const struct address *address, int64_t timeout_ns)
{
	*client = (struct client){.rounds = 1};
	thread_init(&client->thread, "client", no_mail);
	stream_init(&client->stream, &client->thread, address, timeout_ns, &events, client);
}

static void
client_run(struct client *client)
{
	uv_run(&client->thread.loop, UV_RUN_DEFAULT);
	thread_fini(&client->thread);
}

static void
client_fini(struct client *client)
{
	text_fini(&client->events);
	text_fini(&client->got);
	text_fini(&client->message);
}

static struct address
address_of(const char *host, uint16_t port)
{
	struct address address = {.kind = ADDRESS_INET, .port = port};

	snprintf(address.host, sizeof(address.host), "%s", host);
	return address;
}

static int
listen_loopback(int backlog, uint16_t *port_out)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(listen(fd, backlog), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port_out = ntohs(at.sin_port);
	return fd;
}

/* Accepts once and sends everything back, then closes. */
static void *
echo(void *arg)
{
	int fd = accept(*(int *)arg, NULL, NULL);
	char bytes[65536];
	ssize_t len;

	while ((len = read(fd, bytes, sizeof(bytes))) > 0)
		if (write(fd, bytes, (size_t)len) != len)
			break;
	close(fd);
	return NULL;
}

static void
must_echo(const struct address *address, int listener)
{
	struct client client;
	pthread_t id;

	client_init(&client, address, 30 * CLOCK_SECOND);
	for (int i = 0; i < 5000; i++)
		text_printf(&client.message, "line %d\n", i);
	client.shut_after = true;
	ck_assert_int_eq(pthread_create(&id, NULL, echo, &listener), 0);
	stream_open(&client.stream);
	client_run(&client);
	pthread_join(id, NULL);
	close(listener);
	ck_assert_str_eq(text_string(&client.events), "connected drained ended closed ");
	ck_assert_uint_eq(client.got.len, client.message.len);
	ck_assert_int_eq(memcmp(client.got.bytes, client.message.bytes, client.got.len), 0);
	client_fini(&client);
}

START_TEST(bytes_go_out_and_come_back_over_tcp)
{
	uint16_t port;
	int listener = listen_loopback(1, &port);
	struct address address = address_of("127.0.0.1", port);

	must_echo(&address, listener);
}
END_TEST

/* localhost may be ::1 first, where nobody listens. */
START_TEST(all_addresses_of_a_name_are_tried)
{
	uint16_t port;
	int listener = listen_loopback(1, &port);
	struct address address = address_of("localhost", port);

	must_echo(&address, listener);
}
END_TEST

START_TEST(empty_host_is_this_machine)
{
	uint16_t port;
	int listener = listen_loopback(1, &port);
	struct address address = address_of("", port);

	must_echo(&address, listener);
}
END_TEST

START_TEST(bytes_go_out_and_come_back_over_a_unix_socket)
{
	char dir[] = "/tmp/tidemill-stream-XXXXXX";
	struct address address = {.kind = ADDRESS_UNIX};
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(address.path, sizeof(address.path), "%s/socket", dir);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", dir);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	must_echo(&address, listener);
	unlink(address.path);
	rmdir(dir);
}
END_TEST

static void
must_fail(const struct address *address, int64_t timeout_ns, int rounds, const char *expected)
{
	struct client client;

	client_init(&client, address, timeout_ns);
	client.rounds = rounds;
	stream_open(&client.stream);
	client_run(&client);
	ck_assert_str_eq(text_string(&client.events), expected);
	client_fini(&client);
}

START_TEST(refused_connection_says_so_each_time)
{
	uint16_t port;

	close(listen_loopback(1, &port));
	struct address address = address_of("127.0.0.1", port);

	must_fail(&address, 30 * CLOCK_SECOND, 2,
	    "failed(connect to ECONNREFUSED) closed failed(connect to ECONNREFUSED) closed ");
	address = address_of("localhost", port);
	must_fail(&address, 30 * CLOCK_SECOND, 1, "failed(connect to ECONNREFUSED) closed ");
}
END_TEST

START_TEST(unix_socket_that_is_not_there_says_so)
{
	struct address address = {.kind = ADDRESS_UNIX, .path = "/nowhere/at/all"};

	must_fail(&address, 30 * CLOCK_SECOND, 1, "failed(connect to ENOENT) closed ");
}
END_TEST

START_TEST(connection_that_nobody_answers_runs_out_of_time)
{
	uint16_t port;
	int fillers[8], listener = listen_loopback(0, &port);
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};

	/* The kernel does not answer while the queue of the unaccepted is full. */
	for (size_t i = 0; i < 8; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fillers[i], (struct sockaddr *)&at, sizeof(at));
	}
	struct address address = address_of("127.0.0.1", port);

	must_fail(&address, 100 * CLOCK_MS, 2,
	    "failed(connect to ETIMEDOUT) closed failed(connect to ETIMEDOUT) closed ");
	for (size_t i = 0; i < 8; i++)
		close(fillers[i]);
	close(listener);
}
END_TEST

/* No name has a part this long: no name server is asked. */
static void
spoil(struct address *address)
{
	memset(address->host, 'x', 100);
	address->host[100] = '\0';
}

START_TEST(name_without_addresses_fails_the_look_up)
{
	struct address address = address_of("", 2003);
	struct client client;

	spoil(&address);
	client_init(&client, &address, 30 * CLOCK_SECOND);
	stream_open(&client.stream);
	client_run(&client);
	ck_assert_int_eq(strncmp(text_string(&client.events), "failed(look up EAI_", 19), 0);
	client_fini(&client);
}
END_TEST

START_TEST(last_good_answer_stands_in_when_a_look_up_fails)
{
	uint16_t port;
	close(listen_loopback(1, &port));
	struct address address = address_of("localhost", port);
	struct client client;

	client_init(&client, &address, 30 * CLOCK_SECOND);
	client.rounds = 2;
	stream_open(&client.stream);
	while (client.rounds == 2)
		uv_run(&client.thread.loop, UV_RUN_ONCE);
	/* The second look-up is under way, for the old name: fail the third. */
	client.rounds = 2;
	spoil(&client.stream.resolver.address);
	client_run(&client);
	ck_assert_int_lt(client.stream.resolver.error, 0);
	ck_assert_str_eq(text_string(&client.events),
	    "failed(connect to ECONNREFUSED) closed failed(connect to ECONNREFUSED) closed "
	    "failed(connect to ECONNREFUSED) closed ");
	client_fini(&client);
}
END_TEST

START_TEST(close_interrupts_every_state)
{
	uint16_t port;
	int listener = listen_loopback(8, &port);
	static const char *const hosts[] = {"127.0.0.1", "localhost", "no-such-host.invalid"};

	/* After so many turns of the loop. */
	for (size_t host = 0; host < 3; host++) {
		for (int turns = 0; turns < 4; turns++) {
			struct address address = address_of(hosts[host], port);
			struct client client;

			client_init(&client, &address, 30 * CLOCK_SECOND);
			stream_open(&client.stream);
			for (int i = 0; i < turns; i++)
				uv_run(&client.thread.loop, UV_RUN_NOWAIT);
			if (client.stream.state != STREAM_CLOSING &&
			    client.stream.state != STREAM_CLOSED)
				stream_close(&client.stream);
			client_run(&client);
			ck_assert_ptr_nonnull(strstr(text_string(&client.events), "closed "));
			client_fini(&client);
		}
	}
	close(listener);
}
END_TEST

START_TEST(peer_is_named_with_the_address_behind_it)
{
	static const struct {
		const char *host, *before, *after;
	} cases[] = {
	    {"127.0.0.1", "127.0.0.1:", ""},
	    {"::1", "[::1]:", ""},
	    {"localhost", "localhost:", " ("},
	};
	uint16_t port;

	close(listen_loopback(1, &port));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct address address = address_of(cases[i].host, port);
		struct client client;
		struct text peer = {0};
		char expected[64];

		client_init(&client, &address, 30 * CLOCK_SECOND);
		stream_open(&client.stream);
		while (client.events.len == 0)
			uv_run(&client.thread.loop, UV_RUN_ONCE);
		stream_print_peer(&client.stream, &peer);
		snprintf(
		    expected, sizeof(expected), "%s%u%s", cases[i].before, port, cases[i].after);
		ck_assert_int_eq(strncmp(text_string(&peer), expected, strlen(expected)), 0);
		client_run(&client);
		text_fini(&peer);
		client_fini(&client);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(bytes_go_out_and_come_back_over_tcp),
    SUITE_TEST(all_addresses_of_a_name_are_tried),
    SUITE_TEST(empty_host_is_this_machine),
    SUITE_TEST(bytes_go_out_and_come_back_over_a_unix_socket),
    SUITE_TEST(refused_connection_says_so_each_time),
    SUITE_TEST(unix_socket_that_is_not_there_says_so),
    SUITE_TEST(connection_that_nobody_answers_runs_out_of_time),
    SUITE_TEST(name_without_addresses_fails_the_look_up),
    SUITE_TEST(last_good_answer_stands_in_when_a_look_up_fails),
    SUITE_TEST(close_interrupts_every_state),
    SUITE_TEST(peer_is_named_with_the_address_behind_it),
    {0},
};

SUITE_MAIN("net/stream", tests)
