/* SPDX-License-Identifier: MIT */
/* socket_path_test.c -- daemon and client agree on where the socket is. */

#include "admin/socket_path.h"

#include "test/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static struct text path;

static void
enter_directory(void)
{
	snprintf(directory, sizeof(directory), "/tmp/socket_path_test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(unsetenv("RUNTIME_DIRECTORY"), 0);
	ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
}

static void
leave_directory(void)
{
	char inner[96];

	snprintf(inner, sizeof(inner), "%s/tidemill/control", directory);
	unlink(inner);
	snprintf(inner, sizeof(inner), "%s/control", directory);
	unlink(inner);
	snprintf(inner, sizeof(inner), "%s/tidemill", directory);
	rmdir(inner);
	ck_assert_int_eq(rmdir(directory), 0);
	text_fini(&path);
}

static char socket_auto[] = "auto";
static const struct control_settings any_place = {.socket = socket_auto};

static void
find(const struct control_settings *control, bool for_client, const char *expected)
{
	ck_assert_int_eq(control_socket_path(control, for_client, &path), 0);
	ck_assert_str_eq(text_string(&path), expected);
}

START_TEST(configured_path_is_taken_as_it_is)
{
	char configured[] = "/nowhere/at/all";
	const struct control_settings control = {.socket = configured};

	find(&control, true, configured);
	find(&control, false, configured);
	text_fini(&path);
}
END_TEST

START_TEST(runtime_directory_comes_first_for_the_daemon)
{
	char expected[96], two[160];

	enter_directory();
	snprintf(expected, sizeof(expected), "%s/control", directory);
	snprintf(two, sizeof(two), "%s:/somewhere/else", directory);
	setenv("RUNTIME_DIRECTORY", directory, 1);
	find(&any_place, false, expected);
	setenv("RUNTIME_DIRECTORY", two, 1);
	find(&any_place, false, expected);
	leave_directory();
}
END_TEST

START_TEST(daemon_passes_over_a_directory_it_cannot_make)
{
	enter_directory();
	setenv("RUNTIME_DIRECTORY", "/proc/nothing/here", 1);
	setenv("XDG_RUNTIME_DIR", directory, 1);
	ck_assert_int_eq(control_socket_path(&any_place, false, &path), 0);
	ck_assert_str_ne(text_string(&path), "/proc/nothing/here/control");
	leave_directory();
}
END_TEST

START_TEST(client_takes_the_one_that_exists)
{
	char expected[96], made[96];

	enter_directory();
	setenv("RUNTIME_DIRECTORY", directory, 1);
	snprintf(made, sizeof(made), "%s/tidemill", directory);
	snprintf(expected, sizeof(expected), "%s/tidemill/control", directory);
	ck_assert_int_eq(mkdir(made, 0700), 0);
	setenv("XDG_RUNTIME_DIR", directory, 1);
	int fd = open(expected, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
	if (access("/run/tidemill/control", F_OK) < 0)
		find(&any_place, true, expected);

	/* A stronger candidate wins as soon as it is there. */
	snprintf(expected, sizeof(expected), "%s/control", directory);
	fd = open(expected, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	find(&any_place, true, expected);
	leave_directory();
}
END_TEST

START_TEST(client_without_any_socket_names_the_first_place)
{
	char expected[96];

	enter_directory();
	setenv("RUNTIME_DIRECTORY", directory, 1);
	snprintf(expected, sizeof(expected), "%s/control", directory);
	if (access("/run/tidemill/control", F_OK) < 0)
		find(&any_place, true, expected);
	unsetenv("RUNTIME_DIRECTORY");
	find(&any_place, true, "/run/tidemill/control");
	leave_directory();
}
END_TEST

START_TEST(relative_runtime_directory_is_ignored)
{
	unsetenv("XDG_RUNTIME_DIR");
	setenv("RUNTIME_DIRECTORY", "relative", 1);
	find(&any_place, true, "/run/tidemill/control");
	text_fini(&path);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(configured_path_is_taken_as_it_is),
    SUITE_TEST(runtime_directory_comes_first_for_the_daemon),
    SUITE_TEST(daemon_passes_over_a_directory_it_cannot_make),
    SUITE_TEST(client_takes_the_one_that_exists),
    SUITE_TEST(client_without_any_socket_names_the_first_place),
    SUITE_TEST(relative_runtime_directory_is_ignored),
    {0},
};

SUITE_MAIN("admin/socket_path", tests)
