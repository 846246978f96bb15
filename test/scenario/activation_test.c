/* SPDX-License-Identifier: MIT */
/* activation_test.c -- the daemon under a service manager: it takes sockets
 * that somebody else has opened, loses nothing that comes to them while it is
 * away, and says how it is. The manager is systemd-socket-activate, or the
 * test, which keeps the sockets as systemd does. */

#include "test/scenario/peer.h"
#include "test/scenario/play.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A daemon of two listeners that delivers to an endpoint. */
struct scene {
	struct play *play;
	struct endpoint *endpoint;
	int graphite_port;
	char datagram[96], stream[96]; /* paths of unix sockets */
};

static struct scene
scene_new(void)
{
	struct scene scene = {.play = play_new(), .endpoint = endpoint_new()};
	char yaml[1024];

	scene.graphite_port = play_free_port();
	snprintf(scene.datagram, sizeof(scene.datagram), "%s/datagram", scene.play->dir);
	snprintf(scene.stream, sizeof(scene.stream), "%s/stream", scene.play->dir);
	snprintf(yaml, sizeof(yaml),
	    "interval: 100ms\n"
	    "workers: 2\n"
	    "listen:\n"
	    "  edge:\n"
	    "    udp: \"127.0.0.1:%d\"\n"
	    "    prefix: edge\n"
	    "  inner:\n"
	    "    tcp: \"127.0.0.1:%d\"\n"
	    "    unix_datagram: %s\n"
	    "    unix_stream: %s\n"
	    "    graphite: \"127.0.0.1:%d\"\n"
	    "    prefix: inner\n",
	    scene.play->port, scene.play->port, scene.datagram, scene.stream, scene.graphite_port);
	play_configure(scene.play, yaml);
	play_deliver_to(scene.play, "out", scene.endpoint);
	play_option(scene.play, "sinks.out.names=plain");
	endpoint_listen(scene.endpoint);
	return scene;
}

/* What is sent here does not all go through the play, which would count it. */
static void
scene_stop(struct scene *scene)
{
	play_signal(scene->play, SIGTERM);
	ck_assert_int_eq(play_wait_exit(scene->play), 0);
	struct ledger ledger = ledger_of_log(scene->play);

	ledger_assert(&ledger);
	ck_assert_uint_eq(ledger.datagrams_dropped, 0);
}

static void
scene_free(struct scene *scene)
{
	play_free(scene->play);
	endpoint_free(scene->endpoint);
}

static struct sockaddr_un
path_address(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

static struct sockaddr_in
loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port)};
}

static int
bind_inet(int type, int port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

	/* As ReusePort= has it. */
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 100), 0);
	return fd;
}

static int
bind_path(int type, const char *path)
{
	struct sockaddr_un address = path_address(path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 100), 0);
	return fd;
}

static void
send_to_path(const char *path, const char *text)
{
	struct sockaddr_un address = path_address(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(
	    sendto(fd, text, strlen(text), 0, (struct sockaddr *)&address, sizeof(address)),
	    (ssize_t)strlen(text));
	close(fd);
}

/* Connect, say this, hang up. */
static void
say_and_close(const struct sockaddr *address, socklen_t length, const char *text)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, address, length), 0);
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	close(fd);
}

static void
say_over_tcp(int port, const char *text)
{
	struct sockaddr_in address = loopback(port);

	say_and_close((struct sockaddr *)&address, sizeof(address), text);
}

static void
say_to_path(const char *path, const char *text)
{
	struct sockaddr_un address = path_address(path);

	say_and_close((struct sockaddr *)&address, sizeof(address), text);
}

START_TEST(sockets_of_systemd_socket_activate_reach_their_listeners)
{
	if (!peer_needed(system("command -v systemd-socket-activate >/dev/null") == 0,
		"systemd-socket-activate"))
		return;
	struct scene scene = scene_new();
	char udp[32], graphite[32];

	/* It opens sockets of one kind, and passes on those it was given. */
	snprintf(udp, sizeof(udp), "127.0.0.1:%d", scene.play->port);
	snprintf(graphite, sizeof(graphite), "127.0.0.1:%d", scene.graphite_port);
	const char *const command[] = {"systemd-socket-activate", "--datagram", "-l", udp, "-l",
	    scene.datagram, "-l", graphite, "systemd-socket-activate",
	    "--fdname=edge:inner:inner.graphite:inner:inner", "-l", udp, "-l", scene.stream, NULL};

	play_through(scene.play, command);
	play_launch(scene.play);
	WAIT_UNTIL(play_log_has(scene.play, graphite));
	ck_assert(!play_log_has(scene.play, "is ready"));
	play_send(scene.play, "first:1|c");
	play_await(scene.play);
	play_send(scene.play, "udp:2|c");
	send_to_path(scene.datagram, "local:3|c");
	play_send_to(scene.play, scene.graphite_port, "pushed 4 -1\n");
	say_over_tcp(scene.play->port, "tcp:5|c\n");
	say_to_path(scene.stream, "stream:6|c\n");
	WAIT_UNTIL(endpoint_sum(scene.endpoint, "edge.first") == 1);
	WAIT_UNTIL(endpoint_sum(scene.endpoint, "edge.udp") == 2);
	WAIT_UNTIL(endpoint_sum(scene.endpoint, "inner.local") == 3);
	WAIT_UNTIL(endpoint_last(scene.endpoint, "inner.pushed") == 4);
	WAIT_UNTIL(endpoint_sum(scene.endpoint, "inner.tcp") == 5);
	WAIT_UNTIL(endpoint_sum(scene.endpoint, "inner.stream") == 6);
	scene_stop(&scene);
	/* They are not the daemon's to remove. */
	ck_assert_int_eq(access(scene.datagram, F_OK), 0);
	ck_assert_int_eq(access(scene.stream, F_OK), 0);
	scene_free(&scene);
}
END_TEST

/* Sockets as the unit has them: two of one port. */
struct doors {
	int udp[2], tcp, datagram, stream;
};

static struct doors
doors_open(const struct scene *scene)
{
	struct doors doors = {
	    .udp = {bind_inet(SOCK_DGRAM, scene->play->port),
		bind_inet(SOCK_DGRAM, scene->play->port)},
	    .tcp = bind_inet(SOCK_STREAM, scene->play->port),
	    .datagram = bind_path(SOCK_DGRAM, scene->datagram),
	    .stream = bind_path(SOCK_STREAM, scene->stream),
	};

	play_hand(scene->play, doors.udp[0], "edge");
	play_hand(scene->play, doors.udp[1], "edge");
	play_hand(scene->play, doors.tcp, "inner");
	play_hand(scene->play, doors.datagram, "inner");
	play_hand(scene->play, doors.stream, "inner");
	return doors;
}

static void
doors_close(struct doors *doors)
{
	close(doors->udp[0]);
	close(doors->udp[1]);
	close(doors->tcp);
	close(doors->datagram);
	close(doors->stream);
}

/* What the queues of sockets hold for sure, while nobody reads. */
#define WAITING 8

/* From many ports, so that both sockets have some. */
static void
send_while_away(const struct scene *scene)
{
	for (int i = 0; i < WAITING; i++) {
		play_send_apart(scene->play, "udp:1|c");
		send_to_path(scene->datagram, "local:1|c");
		say_over_tcp(scene->play->port, "tcp:1|c\n");
		say_to_path(scene->stream, "stream:1|c\n");
	}
}

/* Everything that was sent so often has come. */
static void
wait_for_all(const struct scene *scene, int each)
{
	static const char *const names[] = {"edge.udp", "inner.local", "inner.tcp", "inner.stream"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		WAIT_UNTIL(endpoint_sum(scene->endpoint, names[i]) >= each);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		ck_assert_double_eq(endpoint_sum(scene->endpoint, names[i]), each);
}

START_TEST(what_came_before_and_between_is_read)
{
	struct scene scene = scene_new();
	struct doors doors = doors_open(&scene);
	const int starts = 4;

	for (int i = 1; i <= starts; i++) {
		send_while_away(&scene);
		play_start(scene.play);
		wait_for_all(&scene, i * WAITING);
		ck_assert(play_log_has(scene.play, "(edge): 2 sockets, each with"));
		scene_stop(&scene);
	}
	doors_close(&doors);
	scene_free(&scene);
}
END_TEST

/* A client that never rests, of one kind of datagrams, until told to. */
struct client {
	pthread_t thread;
	int fd;
	atomic_bool rests;
	int sent;
};

static void *
client_run(void *arg)
{
	struct client *client = arg;

	while (!atomic_load(&client->rests)) {
		if (send(client->fd, "busy:1|c", 8, MSG_DONTWAIT) == 8)
			client->sent++;
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	return NULL;
}

static void
client_start(struct client *client, const struct sockaddr *address, socklen_t length)
{
	client->fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(client->fd, address, length), 0);
	ck_assert_int_eq(pthread_create(&client->thread, NULL, client_run, client), 0);
}

/* How many datagrams the kernel took from it. */
static int
client_stop(struct client *client)
{
	atomic_store(&client->rests, true);
	pthread_join(client->thread, NULL);
	close(client->fd);
	return client->sent;
}

START_TEST(a_restart_under_way_loses_nothing)
{
	struct scene scene = scene_new();
	struct doors doors = doors_open(&scene);
	struct sockaddr_in port = loopback(scene.play->port);
	struct sockaddr_un path = path_address(scene.datagram);
	struct client udp = {0}, local = {0};

	client_start(&udp, (struct sockaddr *)&port, sizeof(port));
	client_start(&local, (struct sockaddr *)&path, sizeof(path));
	for (int i = 0; i < 5; i++) {
		double before = endpoint_sum(scene.endpoint, "edge.busy");

		play_start(scene.play);
		WAIT_UNTIL(endpoint_sum(scene.endpoint, "edge.busy") > before);
		scene_stop(&scene);
	}
	int by_udp = client_stop(&udp), by_path = client_stop(&local);

	play_start(scene.play);
	WAIT_UNTIL(endpoint_sum(scene.endpoint, "edge.busy") >= by_udp);
	WAIT_UNTIL(endpoint_sum(scene.endpoint, "inner.busy") >= by_path);
	scene_stop(&scene);
	ck_assert_double_eq(endpoint_sum(scene.endpoint, "edge.busy"), by_udp);
	ck_assert_double_eq(endpoint_sum(scene.endpoint, "inner.busy"), by_path);
	doors_close(&doors);
	scene_free(&scene);
}
END_TEST

/* SIGKILL, too, as the watchdog has it: what was not read waits. */
START_TEST(what_waits_outlives_a_kill)
{
	struct scene scene = scene_new();
	struct doors doors = doors_open(&scene);

	play_start(scene.play);
	play_pause(scene.play);
	send_while_away(&scene);
	play_signal(scene.play, SIGKILL);
	ck_assert_int_eq(play_wait_exit(scene.play), -SIGKILL);
	play_start(scene.play);
	wait_for_all(&scene, WAITING);
	scene_stop(&scene);
	doors_close(&doors);
	scene_free(&scene);
}
END_TEST

START_TEST(a_socket_of_no_listener_is_an_error_that_names_them)
{
	struct scene scene = scene_new();
	int fd = bind_inet(SOCK_DGRAM, scene.play->port);

	play_hand(scene.play, fd, "tidemill.socket");
	ck_assert_int_eq(play_fail_to_start(scene.play), 1);
	ck_assert(play_log_has(scene.play,
	    "its name is tidemill.socket, but FileDescriptorName= must be one of edge, inner"));
	close(fd);
	scene_free(&scene);
}
END_TEST

START_TEST(with_one_listener_any_name_will_do)
{
	struct play *play = play_new();
	int fd = bind_inet(SOCK_DGRAM, play->port);

	play_hand(play, fd, "tidemill.socket");
	play_start(play);
	play_send(play, "a:1|c");
	play_send_v6(play, "b:1|c"); /* of its own: it was not handed over */
	play_end(play);
	close(fd);
}
END_TEST

/* The service manager's end of NOTIFY_SOCKET. */
struct manager {
	int fd;
	char path[96];
	char word[512]; /* the newest */
};

static void
manager_open(struct manager *manager, struct play *play)
{
	char assignment[128];

	snprintf(manager->path, sizeof(manager->path), "%s/notify", play->dir);
	manager->fd = bind_path(SOCK_DGRAM, manager->path);
	snprintf(assignment, sizeof(assignment), "NOTIFY_SOCKET=%s", manager->path);
	play_environment(play, assignment);
}

/* The next word; false: there is none yet. */
static bool
manager_hears(struct manager *manager)
{
	ssize_t len = recv(manager->fd, manager->word, sizeof(manager->word) - 1, MSG_DONTWAIT);

	if (len < 0) {
		ck_assert_int_eq(errno, EAGAIN);
		return false;
	}
	manager->word[len] = '\0';
	return true;
}

static bool
manager_hears_of(struct manager *manager, const char *begin)
{
	while (manager_hears(manager))
		if (strncmp(manager->word, begin, strlen(begin)) == 0)
			return true;
	return false;
}

START_TEST(the_manager_is_told_of_start_life_and_end)
{
	struct play *play = play_new();
	struct manager manager;

	manager_open(&manager, play);
	play_environment(play, "WATCHDOG_USEC=400000");
	play_launch(play);
	WAIT_UNTIL(manager_hears(&manager));
	ck_assert_str_eq(manager.word, "READY=1\nSTATUS=taking lines in");
	/* Ready is ready. */
	play_send(play, "a:1|c");
	json_t *status = play_status(play);

	ck_assert_ptr_nonnull(status);
	json_decref(status);
	for (int i = 0; i < 5; i++)
		WAIT_UNTIL(manager_hears_of(&manager, "WATCHDOG=1"));
	WAIT_UNTIL(manager_hears_of(&manager, "STATUS=") &&
	    strstr(manager.word, " lines/s; series 1; connections 0; points delivered ") != NULL);
	play_signal(play, SIGTERM);
	WAIT_UNTIL(manager_hears_of(&manager, "STOPPING=1\n"));
	ck_assert_int_eq(play_wait_exit(play), 0);
	ck_assert_msg(!manager_hears(&manager), "after STOPPING=1 came %s", manager.word);
	close(manager.fd);
	play_free(play);
}
END_TEST

/* A thread of the daemon by its name; 0: there is none. */
static pid_t
find_thread(const struct play *play, const char *name)
{
	char path[64], comm[32];
	pid_t found = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)play->pid);
	DIR *tasks = opendir(path);
	struct dirent *task;

	ck_assert_ptr_nonnull(tasks);
	while (found == 0 && (task = readdir(tasks)) != NULL) {
		snprintf(
		    path, sizeof(path), "/proc/%d/task/%.16s/comm", (int)play->pid, task->d_name);
		FILE *file = fopen(path, "re");

		if (file == NULL)
			continue;
		if (fgets(comm, sizeof(comm), file) != NULL) {
			comm[strcspn(comm, "\n")] = '\0';
			found = strcmp(comm, name) == 0 ? (pid_t)atoi(task->d_name) : 0;
		}
		fclose(file);
	}
	closedir(tasks);
	return found;
}

/* Stop one thread, as a debugger does; the others run on. False: this is not
 * allowed here. */
static bool
freeze_thread(pid_t thread)
{
	int status;

	if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) != 0) {
		ck_assert_int_eq(errno, EPERM);
		return false;
	}
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, thread, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(thread, &status, __WALL), thread);
	ck_assert(WIFSTOPPED(status));
	return true;
}

/* Until it has said three times, one after the other, that this thread does not
 * answer: from the first of these on the clock is not wound. What was under way
 * when the thread was stopped may come before. */
static void
expect_silence_of(struct manager *manager, const char *thread)
{
	int said = 0;

	while (said < 3) {
		WAIT_UNTIL(manager_hears(manager));
		if (strncmp(manager->word, "STATUS=no answer for ", 21) == 0 &&
		    strstr(manager->word, thread) != NULL)
			said++;
		else
			said = 0;
	}
}

START_TEST(one_thread_that_hangs_ends_the_winding)
{
	static const char *const threads[] = {"worker 0", "worker 1", "flusher", "egress"};
	struct play *play = play_new();
	struct manager manager;

	manager_open(&manager, play);
	play_environment(play, "WATCHDOG_USEC=400000");
	play_option(play, "workers=2");
	play_start(play);
	for (size_t i = 0; i < sizeof(threads) / sizeof(*threads); i++) {
		pid_t thread = find_thread(play, threads[i]);

		ck_assert_int_gt(thread, 0);
		WAIT_UNTIL(manager_hears_of(&manager, "WATCHDOG=1"));
		if (!freeze_thread(thread)) {
			puts("SKIPPED: ptrace is not allowed: no thread was made to hang");
			break;
		}
		expect_silence_of(&manager, threads[i]);
		ck_assert_int_eq(ptrace(PTRACE_DETACH, thread, NULL, NULL), 0);
		WAIT_UNTIL(manager_hears_of(&manager, "WATCHDOG=1"));
	}
	play_send(play, "a:1|c");
	play_end(play);
	close(manager.fd);
}
END_TEST

START_TEST(a_daemon_that_cannot_start_is_never_ready)
{
	struct play *play = play_new();
	struct manager manager;
	int fd = bind_inet(SOCK_DGRAM, play->port);

	manager_open(&manager, play);
	ck_assert_int_eq(play_fail_to_start(play), 1);
	ck_assert_msg(!manager_hears(&manager), "it said %s", manager.word);
	close(fd);
	close(manager.fd);
	play_free(play);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(sockets_of_systemd_socket_activate_reach_their_listeners),
    SUITE_TEST(what_came_before_and_between_is_read),
    SUITE_TEST(a_restart_under_way_loses_nothing),
    SUITE_TEST(what_waits_outlives_a_kill),
    SUITE_TEST(a_socket_of_no_listener_is_an_error_that_names_them),
    SUITE_TEST(with_one_listener_any_name_will_do),
    SUITE_TEST(the_manager_is_told_of_start_life_and_end),
    SUITE_TEST(one_thread_that_hangs_ends_the_winding),
    SUITE_TEST(a_daemon_that_cannot_start_is_never_ready),
    {0},
};

SUITE_MAIN("scenario/activation", tests)
