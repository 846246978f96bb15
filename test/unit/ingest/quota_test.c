/* SPDX-License-Identifier: MIT */
/* quota_test.c -- how many series there may be, and how much memory. */

#include "ingest/quota.h"

#include "ingest/memory.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(there_are_as_many_series_as_there_may_be)
{
	struct series_quota quota = {.most = 2};

	ck_assert_int_eq(quota_take(&quota, KIND_COUNTER, 20), REASON_NONE);
	ck_assert_int_eq(quota_take(&quota, KIND_SET, 20), REASON_NONE);
	ck_assert_int_eq(quota_take(&quota, KIND_TIMER, 20), REASON_SERIES_LIMIT);
	ck_assert_int_eq(quota_take(&quota, KIND_TIMER, 20), REASON_SERIES_LIMIT);
	quota_give(&quota, KIND_SET, 20);
	ck_assert_int_eq(quota_take(&quota, KIND_TIMER, 20), REASON_NONE);
	ck_assert_int_eq(quota_take(&quota, KIND_GAUGE, 20), REASON_SERIES_LIMIT);
}
END_TEST

START_TEST(without_a_limit_there_is_memory)
{
	struct series_quota quota = {.most = 1};

	quota_count_memory(&quota, INT64_MAX / 2, INT64_MAX / 2);
	ck_assert(quota_has_memory(&quota, false));
}
END_TEST

START_TEST(what_tables_use_is_memory_and_is_given_back)
{
	struct series_quota quota = {.most = 100, .memory_most = 10000};

	quota_count_memory(&quota, 9999, 0);
	ck_assert(quota_has_memory(&quota, false));
	quota_count_memory(&quota, 1, 0);
	ck_assert(!quota_has_memory(&quota, false));
	ck_assert(!quota_has_memory(&quota, true));
	ck_assert_int_eq(quota_memory_used(&quota), 10000);
	quota_count_memory(&quota, -1, 0);
	ck_assert(quota_has_memory(&quota, false));
}
END_TEST

/* Before the flusher and the sinks have met it. */
START_TEST(a_series_counts_with_what_it_is_going_to_need)
{
	struct series_quota quota = {.most = 100000, .memory_most = 100000};
	int series[KINDS] = {0};

	for (enum kind kind = 0; kind < KINDS; kind++) {
		while (quota_has_memory(&quota, true)) {
			ck_assert_int_eq(quota_take(&quota, kind, 20), REASON_NONE);
			series[kind]++;
		}
		for (int i = 0; i < series[kind]; i++)
			quota_give(&quota, kind, 20);
		ck_assert_int_eq(quota_memory_used(&quota), 0);
	}
	ck_assert_int_lt(series[KIND_COUNTER], 1000);
	ck_assert_int_lt(series[KIND_GAUGE], series[KIND_COUNTER]);
	ck_assert_int_lt(series[KIND_SET], series[KIND_GAUGE]);
	ck_assert_int_lt(series[KIND_TIMER], series[KIND_SET]);
	ck_assert_int_gt(series[KIND_TIMER], 100);
}
END_TEST

START_TEST(a_longer_name_counts_for_more)
{
	struct series_quota quota = {.most = 10};

	quota_take(&quota, KIND_GAUGE, 10);
	int64_t little = quota_memory_used(&quota);

	quota_take(&quota, KIND_GAUGE, 1000);
	ck_assert_int_ge(quota_memory_used(&quota), 2 * little + 990);
	quota_give(&quota, KIND_GAUGE, 10);
	quota_give(&quota, KIND_GAUGE, 1000);
	ck_assert_int_eq(quota_memory_used(&quota), 0);
}
END_TEST

START_TEST(when_all_of_the_memory_is_held_only_what_fits_is_let_in)
{
	struct series_quota quota = {.most = 100, .memory_most = 10000, .besides = 4000};

	quota_count_memory(&quota, 5000, 5999);
	ck_assert(quota_has_memory(&quota, false));
	quota_count_memory(&quota, 0, 1);
	ck_assert(!quota_has_memory(&quota, false));
	ck_assert(quota_has_memory(&quota, true));
	ck_assert_int_eq(quota_memory_used(&quota), 10000);
	quota_count_memory(&quota, 5000, 0);
	ck_assert(!quota_has_memory(&quota, true));
}
END_TEST

START_TEST(exactness_takes_no_more_than_half_of_the_memory)
{
	static const struct {
		int64_t memory;
		unsigned workers;
		size_t wanted, expected;
	} cases[] = {
	    {0, 8, (size_t)64 << 20, (size_t)64 << 20},
	    {INT64_C(2) << 30, 8, (size_t)64 << 20, (size_t)64 << 20},
	    {INT64_C(51) << 20, 1, (size_t)64 << 20, (size_t)51 << 18},
	    {INT64_C(51) << 20, 1, (size_t)1 << 20, (size_t)1 << 20},
	    {INT64_C(64) << 20, 16, (size_t)64 << 20, (size_t)1 << 20},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct series_quota quota = {.memory_most = cases[i].memory};

		ck_assert_uint_eq(quota_exact_bytes(&quota, cases[i].workers, cases[i].wanted),
		    cases[i].expected);
	}
}
END_TEST

START_TEST(what_the_process_has_in_memory_is_seen)
{
	struct limits_settings limits = {.memory_bytes = INT64_C(1) << 40, .series = 1};
	struct series_quota quota;
	size_t size = (size_t)64 << 20;

	quota_init(&quota, &limits);
	int64_t before = quota_memory_used(&quota);

	ck_assert_int_gt(before, 1 << 20);
	ck_assert(quota_has_memory(&quota, false));
	char *memory = malloc(size);

	ck_assert_ptr_nonnull(memory);
	memset(memory, 1, size);
	quota_measure(&quota);
	ck_assert_int_ge(quota_memory_used(&quota), before + (int64_t)size / 2);
	quota.memory_most = before + (int64_t)size / 2;
	ck_assert(!quota_has_memory(&quota, false));
	ck_assert_int_eq(memory[size / 2], 1);
	free(memory);
}
END_TEST

START_TEST(by_itself_the_limit_is_part_of_what_there_is)
{
	struct limits_settings limits = {.memory_bytes = ITEM_WORD, .series = 1};
	struct series_quota quota;
	int64_t machine = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

	quota_init(&quota, &limits);
	ck_assert_int_gt(quota.memory_most, 0);
	ck_assert_int_lt(quota.memory_most, machine);
}
END_TEST

/* ---- control groups, as files say ---- */

static char root[] = "/tmp/quota_test.XXXXXX";

static void
write_file(const char *path, const char *text)
{
	char name[512];

	snprintf(name, sizeof(name), "%s%s", root, path);
	for (char *slash = name + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(name, 0700);
		*slash = '/';
	}
	FILE *file = fopen(name, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

START_TEST(a_group_may_have_what_it_and_those_around_it_may)
{
	static const struct {
		const char *groups;
		int64_t expected;
	} cases[] = {
	    {"", INT64_MAX},
	    {"0::/\n", INT64_MAX},
	    {"0::/a\n", 700},
	    {"0::/a/b\n", 300},
	    {"0::/a/b/c\n", 300},
	    {"0::/not/there\n", INT64_MAX},
	    {"4:cpu,memory:/old\n", 400},
	    {"4:memory:/old/not/there\n", 400},
	    {"4:memory:/\n", 9000},
	    {"4:memory_recursive:/old\n", INT64_MAX},
	    {"4:cpu:/old\n", INT64_MAX},
	    {"5:pids:/x\n4:memory:/old\n0::/a/b\n", 300},
	    {"nonsense\n", INT64_MAX},
	    {"", INT64_MAX},
	    {"0::\n", INT64_MAX},
	    {"0::/../a\n", INT64_MAX},
	    {"0::/a/b", 300},
	    {"0::/a/b/\n", 300},
	    {"0::/a:x/b\n", 500},
	    {"0::/a/zero\n", 700},
	    {"0::/a/words\n", 700},
	    {"0::/a/huge\n", 700},
	    {"0::/a/none\n", 700},
	    {"3:memory,cpu:/old\n2:name=systemd:/a\n", 400},
	};
	char command[64];

	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(memory_group_most(root), INT64_MAX);
	write_file("/sys/fs/cgroup/a/memory.max", "700\n");
	write_file("/sys/fs/cgroup/a/b/memory.max", "300\n");
	write_file("/sys/fs/cgroup/a/b/c/memory.max", "max\n");
	write_file("/sys/fs/cgroup/a:x/b/memory.max", "500\n");
	write_file("/sys/fs/cgroup/a/zero/memory.max", "0\n");
	write_file("/sys/fs/cgroup/a/words/memory.max", "a lot\n");
	write_file("/sys/fs/cgroup/a/huge/memory.max", "99999999999999999999999\n");
	write_file("/sys/fs/cgroup/a/none/memory.max", "");
	write_file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9000\n");
	write_file("/sys/fs/cgroup/memory/old/memory.limit_in_bytes", "400\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		write_file("/proc/self/cgroup", cases[i].groups);
		ck_assert_msg(memory_group_most(root) == cases[i].expected, "%s", cases[i].groups);
	}
	snprintf(command, sizeof(command), "rm -r %s", root);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(there_are_as_many_series_as_there_may_be),
    SUITE_TEST(without_a_limit_there_is_memory),
    SUITE_TEST(what_tables_use_is_memory_and_is_given_back),
    SUITE_TEST(a_series_counts_with_what_it_is_going_to_need),
    SUITE_TEST(a_longer_name_counts_for_more),
    SUITE_TEST(when_all_of_the_memory_is_held_only_what_fits_is_let_in),
    SUITE_TEST(exactness_takes_no_more_than_half_of_the_memory),
    SUITE_TEST(what_the_process_has_in_memory_is_seen),
    SUITE_TEST(by_itself_the_limit_is_part_of_what_there_is),
    SUITE_TEST(a_group_may_have_what_it_and_those_around_it_may),
    {0},
};

SUITE_MAIN("ingest/quota", tests)
