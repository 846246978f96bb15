/* SPDX-License-Identifier: MIT */
/* unix_test.c -- what a name in the file system is given for, and to whom. */

#include "net/unix.h"

#include "test/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* A directory that is its own, and a path in it. */
static char directory[64], path[80];

static void
make_place(void)
{
	snprintf(directory, sizeof(directory), "/tmp/tidemill-unix-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chmod(directory, 0755), 0);
	snprintf(path, sizeof(path), "%s/socket", directory);
}

static void
leave_place(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(directory), 0);
}

static int
must_bind(int type, mode_t mode, const char *group, struct unix_name *name_out)
{
	struct text error = {0};
	int fd = unix_bind("listener a", path, type, mode, group, name_out, &error);

	ck_assert_msg(fd >= 0, "%s", text_string(&error));
	return fd;
}

static void
must_fail(const char *where, int type, const char *group, int status, const char *expected)
{
	struct unix_name name = {0};
	struct text error = {0}, beginning = {0};

	text_printf(&beginning, "listener a %s: ", where);
	ck_assert_int_eq(unix_bind("listener a", where, type, 0666, group, &name, &error), status);
	ck_assert_ptr_null(name.path);
	ck_assert_msg(strstr(text_string(&error), expected) != NULL, "%s", text_string(&error));
	ck_assert_ptr_eq(strstr(error.bytes, text_string(&beginning)), error.bytes);
	text_fini(&error);
	text_fini(&beginning);
}

static int
client_of(int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

START_TEST(mode_and_group_are_as_asked_for_whatever_the_umask)
{
	static const mode_t modes[] = {0600, 0660, 0666, 0000};
	struct unix_name name;
	struct stat found;

	make_place();
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		mode_t before = umask(i % 2 == 0 ? 0077 : 0);
		int fd = must_bind(i < 2 ? SOCK_STREAM : SOCK_DGRAM, modes[i],
		    geteuid() == 0 ? "daemon" : "", &name);

		umask(before);
		ck_assert_int_eq(lstat(path, &found), 0);
		ck_assert(S_ISSOCK(found.st_mode));
		ck_assert_uint_eq(found.st_mode & 07777, modes[i]);
		ck_assert(geteuid() != 0 || found.st_gid == 1);
		unix_remove(&name);
		ck_assert_int_ne(lstat(path, &found), 0);
		close(fd);
	}
	leave_place();
}
END_TEST

START_TEST(only_a_dead_socket_makes_way)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM};
	struct unix_name first, second;

	make_place();
	for (unsigned i = 0; i < 4; i++) {
		int type = types[i / 2], other = types[i % 2];
		int fd = must_bind(type, 0666, "", &first);

		if (type == SOCK_STREAM)
			ck_assert_int_eq(listen(fd, 1), 0);
		must_fail(path, other, "", -EADDRINUSE, "another process is using it");
		close(fd);
		fd = must_bind(other, 0666, "", &second);
		unix_remove(&second);
		close(fd);
		unix_remove(&first);
	}
	leave_place();
}
END_TEST

START_TEST(a_name_that_is_somebody_elses_by_now_stays)
{
	struct unix_name first, second;

	make_place();
	int fd = must_bind(SOCK_DGRAM, 0666, "", &first);

	ck_assert_int_eq(unlink(path), 0);
	int later = must_bind(SOCK_DGRAM, 0666, "", &second);

	unix_remove(&first);
	ck_assert_int_eq(access(path, F_OK), 0);
	unix_remove(&second);
	ck_assert_int_ne(access(path, F_OK), 0);
	close(fd);
	close(later);
	leave_place();
}
END_TEST

START_TEST(what_a_start_cut_short_has_left_makes_way)
{
	struct unix_name first, second;

	make_place();
	int unfinished = must_bind(SOCK_DGRAM, 0, "", &first);
	int fd = must_bind(SOCK_DGRAM, 0666, "", &second);

	unix_remove(&first);
	unix_remove(&second);
	close(unfinished);
	close(fd);
	leave_place();
}
END_TEST

START_TEST(what_cannot_be_is_said_with_its_reason)
{
	char long_path[200], lost[100];

	make_place();
	snprintf(long_path, sizeof(long_path), "/tmp/%0150d", 0);
	snprintf(lost, sizeof(lost), "%s/no/socket", directory);
	must_fail(long_path, SOCK_STREAM, "", -ENAMETOOLONG, "the path is too long");
	must_fail(directory, SOCK_STREAM, "", -EEXIST, "something that is not a socket");
	must_fail(path, SOCK_STREAM, "no-such-group", -ENOENT, "there is no group no-such-group");
	must_fail(lost, SOCK_DGRAM, "", -ENOENT, "No such file or directory");
	int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	must_fail(path, SOCK_DGRAM, "", -EEXIST, "something that is not a socket");
	close(file);
	leave_place();
}
END_TEST

/* Send one datagram as another user, where one may become one. */
static void
send_as(uid_t uid, gid_t gid)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

		strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
		_exit(setgid(gid) == 0 && setuid(uid) == 0 &&
			    sendto(fd, "a:1|c", 5, 0, (struct sockaddr *)&address,
				sizeof(address)) == 5
			? EXIT_SUCCESS
			: EXIT_FAILURE);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

static struct ucred
receive_sender(int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	char bytes[16];
	struct iovec piece = {bytes, sizeof(bytes)};
	struct msghdr message = {.msg_iov = &piece,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	struct ucred sender;

	ck_assert_int_eq(recvmsg(fd, &message, 0), 5);
	unix_sender(&message, &sender);
	return sender;
}

/* Also by a socket that was opened for us, to tell the time of arrival. */
START_TEST(a_sender_is_known_by_user_and_group)
{
	bool root = geteuid() == 0;
	int on = 1;
	struct unix_name name;

	make_place();
	int fd = must_bind(SOCK_DGRAM, 0666, "", &name);

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)), 0);
	unix_pass_senders(fd);
	send_as(root ? 4321 : geteuid(), root ? 1234 : getegid());
	struct ucred sender = receive_sender(fd);

	ck_assert_uint_eq(sender.uid, root ? 4321 : geteuid());
	ck_assert_uint_eq(sender.gid, root ? 1234 : getegid());
	unix_remove(&name);
	close(fd);
	leave_place();
}
END_TEST

START_TEST(a_sender_the_kernel_does_not_name_is_nobody)
{
	struct msghdr silent = {0};
	struct ucred sender;

	unix_sender(&silent, &sender);
	ck_assert_uint_eq(sender.uid, 65534);
	ck_assert_uint_eq(sender.gid, 65534);
}
END_TEST

START_TEST(a_refusing_socket_is_read_to_its_end_and_gets_nothing_more)
{
	struct unix_name name;
	char bytes[16];

	make_place();
	int fd = must_bind(SOCK_DGRAM, 0666, "", &name), client = client_of(SOCK_DGRAM);

	ck_assert_int_eq(send(client, "a:1|c", 5, 0), 5);
	ck_assert_int_eq(unix_refuse(fd), 0);
	ck_assert_int_eq(send(client, "b:1|c", 5, MSG_NOSIGNAL), -1);
	ck_assert_int_eq(recv(fd, bytes, sizeof(bytes), 0), 5);
	ck_assert_int_le(recv(fd, bytes, sizeof(bytes), 0), 0);
	close(client);
	unix_remove(&name);
	close(fd);
	leave_place();
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(mode_and_group_are_as_asked_for_whatever_the_umask),
    SUITE_TEST(only_a_dead_socket_makes_way),
    SUITE_TEST(a_name_that_is_somebody_elses_by_now_stays),
    SUITE_TEST(what_a_start_cut_short_has_left_makes_way),
    SUITE_TEST(what_cannot_be_is_said_with_its_reason),
    SUITE_TEST(a_sender_is_known_by_user_and_group),
    SUITE_TEST(a_sender_the_kernel_does_not_name_is_nobody),
    SUITE_TEST(a_refusing_socket_is_read_to_its_end_and_gets_nothing_more),
    {0},
};

SUITE_MAIN("net/unix", tests)
