/* SPDX-License-Identifier: MIT */
/* client_test.c -- one line there, one answer back, and every way it fails. */

#include "cli/client.h"

#include "base/mem.h"
#include "test/unit/suite.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT CLIENT_SECONDS

/* A server that takes one connection, reads a line and says its piece. */
struct server {
	int fd;
	char directory[64], path[96];
	const char *says;
	size_t times; /* over and over */
	char heard[64];
	pthread_t thread;
};

static void *
serve(void *arg)
{
	struct server *server = arg;
	int fd = accept(server->fd, NULL, NULL);
	ssize_t got = recv(fd, server->heard, sizeof(server->heard) - 1, 0);

	server->heard[got > 0 ? got : 0] = '\0';
	for (size_t i = 0; i < server->times; i++)
		if (send(fd, server->says, strlen(server->says), MSG_NOSIGNAL) < 0)
			break;
	close(fd);
	return NULL;
}

static void
server_open(struct server *server, const char *says, size_t times)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	*server = (struct server){.says = says, .times = times};
	snprintf(server->directory, sizeof(server->directory), "/tmp/client_test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(server->directory));
	snprintf(server->path, sizeof(server->path), "%s/control", server->directory);
	strcpy(address.sun_path, server->path);
	server->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_ge(server->fd, 0);
	ck_assert_int_eq(bind(server->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(server->fd, 1), 0);
	ck_assert_int_eq(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void
server_close(struct server *server)
{
	ck_assert_int_eq(pthread_join(server->thread, NULL), 0);
	close(server->fd);
	unlink(server->path);
	rmdir(server->directory);
}

START_TEST(whole_answer_comes_back_however_long)
{
	static const size_t times[] = {0, 1, 100000};

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		struct server server;
		struct text answer = {0};

		server_open(&server, "0123456789", times[i]);
		ck_assert_int_eq(client_ask(server.path, "status", WAIT, &answer), 0);
		ck_assert_uint_eq(answer.len, 10 * times[i]);
		server_close(&server);
		ck_assert_str_eq(server.heard, "status\n");
		text_fini(&answer);
	}
}
END_TEST

START_TEST(endless_answer_is_given_up)
{
	struct server server;
	struct text answer = {0};

	server_open(&server, "0123456789abcdef0123456789abcdef", SIZE_MAX);
	ck_assert_int_eq(client_ask(server.path, "status", WAIT, &answer), -EMSGSIZE);
	server_close(&server);
	text_fini(&answer);
}
END_TEST

START_TEST(what_comes_is_an_object)
{
	struct server server;
	struct text answer = {0};

	server_open(&server, "{\"pid\":7}\n", 1);
	const struct control_settings control = {.socket = server.path};
	json_t *parsed = client_query("test", &control, "say what", WAIT, &answer);

	ck_assert_int_eq(json_integer_value(json_object_get(parsed, "pid")), 7);
	ck_assert_str_eq(text_string(&answer), "{\"pid\":7}\n");
	json_decref(parsed);
	server_close(&server);
	ck_assert_str_eq(server.heard, "say what\n");
	text_fini(&answer);
}
END_TEST

/* What standard error has got, in a file that replaces it. */
static void
expect_said(const char *sentence)
{
	char said[256] = "";
	FILE *file = fopen("/proc/self/fd/2", "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(said, sizeof(said), file));
	fclose(file);
	ck_assert_msg(strstr(said, sentence) != NULL, "it said: %s", said);
	ck_assert_int_eq(ftruncate(STDERR_FILENO, 0), 0);
	rewind(stderr);
}

START_TEST(what_is_no_answer_is_said)
{
	static const struct {
		const char *answer, *said;
	} cases[] = {
	    {"", "tidemill test: the daemon at /tmp/client_test."},
	    {"hello", "does not speak JSON"},
	    {"[1]", "does not speak JSON"},
	    {"{\"pid\":7} and more", "does not speak JSON"},
	    {"{\"error\":7}", "does not speak JSON"},
	    {"{\"error\":\"there is no pattern\"}\n", "tidemill test: there is no pattern\n"},
	};

	FILE *file = tmpfile();

	ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct server server;

		server_open(&server, cases[i].answer, 1);
		const struct control_settings control = {.socket = server.path};

		ck_assert_ptr_null(client_query("test", &control, "status", WAIT, NULL));
		server_close(&server);
		expect_said(cases[i].said);
	}
	fclose(file);
}
END_TEST

START_TEST(absent_daemon_is_an_error)
{
	struct text answer = {0};
	char *long_path = mem_alloc(200);

	memset(long_path, 'x', 199);
	long_path[199] = '\0';
	ck_assert_int_eq(client_ask("/nowhere/control", "status", WAIT, &answer), -ENOENT);
	ck_assert_int_eq(client_ask("/dev/null", "status", WAIT, &answer), -ECONNREFUSED);
	ck_assert_int_eq(client_ask(long_path, "status", WAIT, &answer), -ENAMETOOLONG);
	free(long_path);
	text_fini(&answer);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(whole_answer_comes_back_however_long),
    SUITE_TEST(endless_answer_is_given_up),
    SUITE_TEST(what_comes_is_an_object),
    SUITE_TEST(what_is_no_answer_is_said),
    SUITE_TEST(absent_daemon_is_an_error),
    {0},
};

SUITE_MAIN("cli/client", tests)
