/* SPDX-License-Identifier: MIT */
/* intake_memory_test.c -- lines of known series allocate nothing. Built with
 * AddressSanitizer, whose hooks see every allocation. */

#include "base/mem.h"
#include "test/unit/ingest/pond.h"
#include "test/unit/suite.h"

#include <stdio.h>
#include <time.h>

/* Not every compiler brings the header that declares it. */
int
__sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *at, size_t size),
    void (*on_free)(const volatile void *at));

static size_t allocations;

static void
count_malloc(const volatile void *at, size_t size)
{
	(void)at;
	(void)size;
	allocations++;
}

static void
pass_free(const volatile void *at)
{
	(void)at;
}

static const char *const lines[] = {
    "a.counter:1|c",
    "a.counter:1|c|@0.1",
    "a.counter:1|c|#host:b,app:c",
    "a counter/of#odd:2|c",
    "a.counter:1:2:3|c",
    "a.gauge:-1.5|g",
    "a.gauge:+3|g",
    "a.timer:320|ms",
    "a.timer:1:2:3:4:5|d|@0.5|#z:1,a:2",
    "a.set:someone|s",
    "a.total:100|C",
};

static char datagram[4096];
static size_t len;

static void
write_datagram(void)
{
	len = (size_t)snprintf(
	    datagram, sizeof(datagram), "a.counter:5|c|T%lld\n", (long long)time(NULL));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		len += (size_t)snprintf(datagram + len, sizeof(datagram) - len, "%s\n", lines[i]);
	ck_assert_uint_lt(len, sizeof(datagram));
}

static void
take(struct pond *pond, uint64_t seq)
{
	const struct arrival arrival = {.stamp = seq, .source = pond->source};

	window_open(&pond->window, seq);
	for (int i = 0; i < 20; i++)
		intake_datagram(&pond->intake, &pond->origin, datagram, len, false, &arrival);
}

/* Every kind, of names and tags that are canonical and that are not. The first
 * intervals make the series, and the room for what one of them brings. */
START_TEST(known_lines_allocate_nothing)
{
	struct pond pond;

	write_datagram();
	pond_open(&pond, 100);
	for (uint64_t seq = 1; seq < 4; seq++)
		take(&pond, seq);
	size_t used = pond.intake.table.pool.used;

	size_t before = allocations;

	for (uint64_t seq = 4; seq < 10; seq++)
		take(&pond, seq);
	size_t after = allocations;

	free(mem_alloc(1));
	size_t counted = allocations;

	ck_assert_uint_eq(after, before);
	ck_assert_uint_eq(counted, after + 1);
	ck_assert_uint_eq(pond.intake.table.pool.used, used);
	ck_assert_uint_eq(
	    pond_count(&pond, INTAKE_LINES_ACCEPTED), pond_count(&pond, INTAKE_LINES));
	pond_close(&pond);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(known_lines_allocate_nothing),
    {0},
};

int
main(void)
{
	if (__sanitizer_install_malloc_and_free_hooks(count_malloc, pass_free) == 0)
		return EXIT_FAILURE;
	return suite_run("ingest/intake_memory", tests);
}
