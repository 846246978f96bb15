/* SPDX-License-Identifier: MIT */
/* notify_test.c -- words to a service manager that is a socket of ours. */

#include "net/notify.h"

#include "test/unit/suite.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* "me" stands for our own process; NULL: not set. */
static void
set_variable(const char *name, const char *value)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (value == NULL)
		unsetenv(name);
	else
		setenv(name, strcmp(value, "me") == 0 ? pid : value, 1);
}

static int
listen_at(const struct sockaddr_un *address, size_t path_len)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)address,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len)),
	    0);
	return fd;
}

static void
expect_word(int fd, const char *expected)
{
	char got[256];
	ssize_t len = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	ck_assert_msg(len >= 0, "nothing came, not even \"%s\"", expected);
	got[len] = '\0';
	ck_assert_str_eq(got, expected);
}

/* Told two words by way of this address. */
static void
check_manager(const char *address, int fd)
{
	struct notify notify;
	struct text error = {0};

	set_variable("NOTIFY_SOCKET", address);
	ck_assert_int_eq(notify_open(&notify, &error), 0);
	ck_assert_uint_eq(error.len, 0);
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	notify_say(&notify, "READY=1\nSTATUS=fine");
	notify_say(&notify, "STOPPING=1");
	expect_word(fd, "READY=1\nSTATUS=fine");
	expect_word(fd, "STOPPING=1");
	notify_close(&notify);
	close(fd);
}

START_TEST(a_manager_at_a_path_is_told)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(
	    address.sun_path, sizeof(address.sun_path), "/tmp/tidemill-notify-%d", (int)getpid());
	unlink(address.sun_path);
	int fd = listen_at(&address, strlen(address.sun_path) + 1);

	check_manager(address.sun_path, fd);
	unlink(address.sun_path);
}
END_TEST

START_TEST(a_manager_at_an_abstract_name_is_told)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char named[64];

	snprintf(named, sizeof(named), "@tidemill-notify-%d", (int)getpid());
	memcpy(address.sun_path + 1, named + 1, strlen(named) - 1);
	check_manager(named, listen_at(&address, strlen(named)));
}
END_TEST

/* The longest name there can be has no NUL; the path needs one. */
START_TEST(the_longest_names_are_told)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char named[sizeof(address.sun_path) + 1];

	snprintf(named, sizeof(named), "@%0*d", (int)sizeof(address.sun_path) - 1, (int)getpid());
	memcpy(address.sun_path + 1, named + 1, sizeof(address.sun_path) - 1);
	check_manager(named, listen_at(&address, sizeof(address.sun_path)));
}
END_TEST

START_TEST(the_environment_is_believed_where_it_can_be_true)
{
	static const struct {
		const char *address, *usec, *pid;
		int status;
		bool told;
		int64_t watchdog_ns;
	} cases[] = {
	    {NULL, NULL, NULL, 0, false, 0},
	    {NULL, "1000000", NULL, 0, false, 0}, /* there is nobody to tell */
	    {"@x", NULL, NULL, 0, true, 0},
	    {"@x", NULL, "me", 0, true, 0},
	    {"@x", "30000000", NULL, 0, true, 30000000000},
	    {"@x", "30000000", "me", 0, true, 30000000000},
	    {"@x", "1", "me", 0, true, 1000},
	    {"@x", "30000000", "1", 0, true, 0}, /* another's */
	    {"", NULL, NULL, -EINVAL, false, 0},
	    {"@", NULL, NULL, -EINVAL, false, 0},
	    {"/", NULL, NULL, -EINVAL, false, 0},
	    {"run/notify", NULL, NULL, -EINVAL, false, 0},
	    {"vsock:2:1234", NULL, NULL, -EINVAL, false, 0},
	    {"@x", "", "me", -EINVAL, false, 0},
	    {"@x", "0", "me", -EINVAL, false, 0},
	    {"@x", "-1", "me", -EINVAL, false, 0},
	    {"@x", "30s", "me", -EINVAL, false, 0},
	    {"@x", "9223372036854775807", "me", -EINVAL, false, 0},
	    {"@x", "9223372036854776", "me", -EINVAL, false, 0},
	    {"@x", "9223372036854775", "me", 0, true, 9223372036854775000},
	    {"@x", "1000000", "", -EINVAL, false, 0},
	    {"@x", "1000000", "0", -EINVAL, false, 0},
	    {"@x", "1000000", "init", -EINVAL, false, 0},
	    {"@x", "1000000", "99999999999", -EINVAL, false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct notify notify;
		struct text error = {0};

		set_variable("NOTIFY_SOCKET", cases[i].address);
		set_variable("WATCHDOG_USEC", cases[i].usec);
		set_variable("WATCHDOG_PID", cases[i].pid);
		int status = notify_open(&notify, &error);

		ck_assert_msg(status == cases[i].status, "case %zu: %d", i, status);
		ck_assert_msg((error.len > 0) == (status != 0), "case %zu", i);
		ck_assert_msg((notify.fd >= 0) == cases[i].told, "case %zu", i);
		ck_assert_msg(notify.watchdog_ns == cases[i].watchdog_ns, "case %zu", i);
		ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
		ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
		ck_assert_ptr_null(getenv("WATCHDOG_PID"));
		notify_close(&notify);
		text_fini(&error);
	}
}
END_TEST

START_TEST(names_that_are_too_long_are_refused)
{
	static const char first[] = {'@', '/'};

	for (size_t i = 0; i < sizeof(first); i++) {
		char address[sizeof(((struct sockaddr_un *)0)->sun_path) + 2];
		struct notify notify;
		struct text error = {0};

		/* One byte more than there is room for. */
		memset(address, 'x', sizeof(address));
		address[0] = first[i];
		address[sizeof(address) - 1 - (first[i] == '/')] = '\0';
		set_variable("NOTIFY_SOCKET", address);
		ck_assert_int_eq(notify_open(&notify, &error), -EINVAL);
		ck_assert_int_eq(notify.fd, -1);
		text_fini(&error);
	}
}
END_TEST

/* It is waited for, but not for ever. */
START_TEST(a_manager_that_never_reads_holds_nobody_up)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct notify notify;
	struct text error = {0};
	char named[64];

	snprintf(named, sizeof(named), "@tidemill-deaf-%d", (int)getpid());
	memcpy(address.sun_path + 1, named + 1, strlen(named) - 1);
	int fd = listen_at(&address, strlen(named));

	set_variable("NOTIFY_SOCKET", named);
	ck_assert_int_eq(notify_open(&notify, &error), 0);
	while (sendto(notify.fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&notify.to,
		   notify.length) == 1)
		continue;
	ck_assert_int_eq(errno, EAGAIN);
	notify_say(&notify, "READY=1");
	notify_close(&notify);
	close(fd);
}
END_TEST

START_TEST(a_manager_that_is_gone_is_no_matter)
{
	struct notify notify;
	struct text error = {0};

	set_variable("NOTIFY_SOCKET", "@tidemill-nobody-listens-here");
	ck_assert_int_eq(notify_open(&notify, &error), 0);
	notify_say(&notify, "READY=1");
	notify_close(&notify);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_manager_at_a_path_is_told),
    SUITE_TEST(a_manager_at_an_abstract_name_is_told),
    SUITE_TEST(the_longest_names_are_told),
    SUITE_TEST(the_environment_is_believed_where_it_can_be_true),
    SUITE_TEST(names_that_are_too_long_are_refused),
    SUITE_TEST(a_manager_that_never_reads_holds_nobody_up),
    SUITE_TEST(a_manager_that_is_gone_is_no_matter),
    {0},
};

SUITE_MAIN("notify", tests)
