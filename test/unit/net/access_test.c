/* SPDX-License-Identifier: MIT */
/* access_test.c -- whom two lists let in. */

#include "net/access.h"

#include "net/inet.h"
#include "test/unit/suite.h"

#include <arpa/inet.h>
#include <grp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXTS_MOST 6

/* The texts up to a NULL. */
static struct item_list
list_of(const char *const *texts)
{
	struct item_list list = {.at = (void *)(uintptr_t)texts};

	while (texts[list.count] != NULL)
		list.count++;
	return list;
}

static struct access *
must_make(const char *const *allow, const char *const *deny)
{
	const struct item_list allowed = list_of(allow), denied = list_of(deny);
	struct text error = {0};
	struct access *access = access_new(&allowed, &denied, &error);

	ck_assert_msg(access != NULL, "%s", text_string(&error));
	return access;
}

static void
host_of(const char *text, uint8_t *host_out)
{
	union inet_address address = {.any.sa_family = AF_INET6};

	if (inet_pton(AF_INET6, text, &address.v6.sin6_addr) != 1) {
		address.any.sa_family = AF_INET;
		ck_assert_int_eq(inet_pton(AF_INET, text, &address.v4.sin_addr), 1);
	}
	inet_host(&address, host_out);
}

START_TEST(what_is_denied_wins_and_what_is_not_allowed_is_refused)
{
	static const struct {
		const char *allow[TEXTS_MOST], *deny[TEXTS_MOST];
		const char *admitted, *refused;
	} cases[] = {
	    {{NULL}, {NULL}, "203.0.113.1", NULL},
	    {{"any"}, {NULL}, "2001:db8::1", NULL},
	    {{"10.0.0.0/8"}, {NULL}, "10.1.1.1", "11.0.0.1"},
	    {{"10.0.0.0/8"}, {NULL}, "10.1.1.1", "fd00::1"},
	    {{"10.0.0.0/8", "fd00::/8"}, {NULL}, "fd00::1", "fe80::1"},
	    {{"10.0.0.0/8"}, {"10.0.0.66"}, "10.0.0.65", "10.0.0.66"},
	    {{"10.0.0.0/8"}, {"any"}, NULL, "10.0.0.1"},
	    {{NULL}, {"192.0.2.0/24"}, "192.0.3.0", "192.0.2.200"},
	    {{"private"}, {"loopback"}, "192.168.1.1", "127.0.0.1"},
	    {{"uid:0"}, {"gid:0"}, "203.0.113.1", NULL},
	    {{"uid:0", "10.0.0.0/8"}, {NULL}, "10.0.0.1", "203.0.113.1"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct access *access = must_make(cases[i].allow, cases[i].deny);
		uint8_t host[NETWORK_BYTES];

		if (cases[i].admitted != NULL) {
			host_of(cases[i].admitted, host);
			ck_assert_msg(
			    access_admits_host(access, host), "case %zu: %s", i, cases[i].admitted);
		}
		if (cases[i].refused != NULL) {
			host_of(cases[i].refused, host);
			ck_assert_msg(
			    !access_admits_host(access, host), "case %zu: %s", i, cases[i].refused);
			ck_assert(access_restricts_hosts(access));
		}
		access_free(&access);
		ck_assert_ptr_null(access);
	}
}
END_TEST

START_TEST(users_are_known_by_number_name_and_group)
{
	static const gid_t groups[] = {100, 27};
	static const struct {
		const char *allow[TEXTS_MOST], *deny[TEXTS_MOST];
		uid_t uid;
		bool expected;
	} cases[] = {
	    {{NULL}, {NULL}, 1000, true},
	    {{"uid:1000"}, {NULL}, 1000, true},
	    {{"uid:1000"}, {NULL}, 1001, false},
	    {{"uid:root"}, {NULL}, 0, true},
	    {{"uid:root"}, {NULL}, 1, false},
	    {{"gid:27"}, {NULL}, 5, true},
	    {{"gid:28"}, {NULL}, 5, false},
	    {{"gid:28", "uid:5"}, {NULL}, 5, true},
	    {{"gid:root"}, {NULL}, 0, false},
	    {{NULL}, {"uid:5"}, 5, false},
	    {{NULL}, {"uid:5"}, 6, true},
	    {{"uid:5"}, {"gid:27"}, 5, false},
	    {{"10.0.0.0/8"}, {"any"}, 5, true},
	    {{"uid:4294967294"}, {NULL}, 4294967294, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct access *access = must_make(cases[i].allow, cases[i].deny);

		ck_assert_msg(
		    access_admits_user(access, cases[i].uid, groups, 2) == cases[i].expected,
		    "case %zu", i);
		ck_assert(access_restricts_users(access) || cases[i].expected);
		access_free(&access);
	}
}
END_TEST

START_TEST(without_access_everybody_may)
{
	uint8_t host[NETWORK_BYTES] = {0};

	ck_assert(access_admits_host(NULL, host));
	ck_assert(access_admits_user(NULL, 1, NULL, 0));
	ck_assert(!access_restricts_hosts(NULL));
	ck_assert(!access_restricts_users(NULL));
}
END_TEST

/* Checked without a look at who is there, and looked up at the start. */
START_TEST(an_error_says_what_is_wrong)
{
	static const struct {
		const char *text, *when_checked, *when_made;
	} cases[] = {
	    {"uid:", "a user's name or number", "there is no user"},
	    {"gid:", "a group's name or number", "there is no group"},
	    {"10.0.0.0/99", "0 to 32", "10.0.0.0/99: the length"},
	    {"tmp", "expected a network", "tmp: expected a network"},
	    {"uid:no-such-user-here", NULL, "uid:no-such-user-here: there is no user"},
	    {"gid:no-such-group-here", NULL, "gid:no-such-group-here: there is no group"},
	    {"uid:4294967295", NULL, "there is no user"},
	    {"gid:99999999999", NULL, "there is no group"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const texts[] = {cases[i].text, NULL}, *const nothing[] = {NULL};
		const struct item_list one = list_of(texts), none = list_of(nothing);
		struct text error = {0};
		const char *problem = NULL;

		ck_assert_int_eq(
		    access_check(cases[i].text, &problem) == 0, cases[i].when_checked == NULL);
		if (problem != NULL)
			ck_assert_ptr_nonnull(strstr(problem, cases[i].when_checked));
		ck_assert_ptr_null(access_new(&none, &one, &error));
		ck_assert_msg(strstr(text_string(&error), cases[i].when_made) != NULL, "%s",
		    text_string(&error));
		text_fini(&error);
	}
}
END_TEST

/* Is this process admitted, at the other end of a socket of its own? */
static bool
admits_me(const char *const *allow, const char *const *deny, uid_t *uid_out)
{
	struct access *access = must_make(allow, deny);
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	bool admits = access_admits_peer(access, pair[0], uid_out);

	close(pair[0]);
	close(pair[1]);
	access_free(&access);
	return admits;
}

START_TEST(a_peer_is_known_by_its_user_and_all_its_groups)
{
	static const gid_t groups[] = {4321, 4322};
	uid_t uid = 99;

	if (geteuid() != 0) {
		puts("SKIPPED: only root may join groups");
		return;
	}
	ck_assert_int_eq(setgroups(2, groups), 0);
	ck_assert(admits_me((const char *[]){"gid:4322", NULL}, (const char *[]){NULL}, &uid));
	ck_assert_uint_eq(uid, 0);
	ck_assert(!admits_me((const char *[]){"gid:4323", NULL}, (const char *[]){NULL}, &uid));
	ck_assert(!admits_me((const char *[]){NULL}, (const char *[]){"gid:4321", NULL}, &uid));
	ck_assert(admits_me((const char *[]){"gid:0", NULL}, (const char *[]){NULL}, &uid));
	ck_assert(admits_me((const char *[]){"uid:0", NULL}, (const char *[]){NULL}, &uid));
	ck_assert(!admits_me((const char *[]){"uid:1", NULL}, (const char *[]){NULL}, &uid));
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert(admits_me((const char *[]){"gid:0", NULL}, (const char *[]){NULL}, &uid));
	ck_assert(!admits_me((const char *[]){"gid:4322", NULL}, (const char *[]){NULL}, &uid));
}
END_TEST

START_TEST(who_is_no_peer_is_refused)
{
	int pipe_ends[2];
	uid_t uid;

	ck_assert_int_eq(pipe(pipe_ends), 0);
	ck_assert(!access_admits_peer(NULL, pipe_ends[0], &uid));
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_is_denied_wins_and_what_is_not_allowed_is_refused),
    SUITE_TEST(users_are_known_by_number_name_and_group),
    SUITE_TEST(without_access_everybody_may),
    SUITE_TEST(an_error_says_what_is_wrong),
    SUITE_TEST(a_peer_is_known_by_its_user_and_all_its_groups),
    SUITE_TEST(who_is_no_peer_is_refused),
    {0},
};

SUITE_MAIN("net/access", tests)
