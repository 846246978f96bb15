/* SPDX-License-Identifier: MIT */
/* event_test.c -- an event's copy stands by itself. */

#include "metric/event.h"

#include "base/arena.h"
#include "test/unit/suite.h"

#include <string.h>

START_TEST(a_copy_has_all_of_its_own)
{
	char bytes[] = "title|text|host|key|source|a:b";
	struct event event = {
	    .title = {bytes, 5},
	    .text = {bytes + 6, 4},
	    .host = {bytes + 11, 4},
	    .key = {bytes + 16, 3},
	    .source = {bytes + 20, 6},
	    .tags = {bytes + 27, 3},
	    .timestamp = 1767268800,
	    .alert = EVENT_WARNING,
	    .low_priority = true,
	};
	struct arena arena = {0};

	event.next = &event;
	const struct event *copy = event_copy(&event, &arena);

	memset(bytes, 'x', sizeof(bytes));
	ck_assert_ptr_null(copy->next);
	ck_assert_mem_eq(copy->title.at, "title", copy->title.len);
	ck_assert_mem_eq(copy->text.at, "text", copy->text.len);
	ck_assert_mem_eq(copy->host.at, "host", copy->host.len);
	ck_assert_mem_eq(copy->key.at, "key", copy->key.len);
	ck_assert_mem_eq(copy->source.at, "source", copy->source.len);
	ck_assert_mem_eq(copy->tags.at, "a:b", copy->tags.len);
	ck_assert_uint_eq(copy->tags.len, 3);
	ck_assert_int_eq(copy->timestamp, 1767268800);
	ck_assert_int_eq(copy->alert, EVENT_WARNING);
	ck_assert(copy->low_priority && !copy->check);
	arena_fini(&arena);
}
END_TEST

START_TEST(what_is_not_given_stays_so)
{
	const struct event event = {.check = true, .title = {"name", 4}, .alert = CHECK_UNKNOWN};
	struct arena arena = {0};
	const struct event *copy = event_copy(&event, &arena);

	ck_assert(copy->check);
	ck_assert_uint_eq(copy->title.len, 4);
	ck_assert_uint_eq(copy->text.len + copy->host.len + copy->key.len + copy->tags.len, 0);
	ck_assert_int_eq(copy->timestamp, 0);
	arena_fini(&arena);
}
END_TEST

START_TEST(states_have_the_names_of_the_wire)
{
	ck_assert_str_eq(event_alert_names[EVENT_INFO], "info");
	ck_assert_str_eq(event_alert_names[EVENT_SUCCESS], "success");
	ck_assert_str_eq(event_alert_names[EVENT_WARNING], "warning");
	ck_assert_str_eq(event_alert_names[EVENT_ERROR], "error");
	ck_assert_str_eq(check_status_names[CHECK_OK], "ok");
	ck_assert_str_eq(check_status_names[CHECK_WARNING], "warning");
	ck_assert_str_eq(check_status_names[CHECK_CRITICAL], "critical");
	ck_assert_str_eq(check_status_names[CHECK_UNKNOWN], "unknown");
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_copy_has_all_of_its_own),
    SUITE_TEST(what_is_not_given_stays_so),
    SUITE_TEST(states_have_the_names_of_the_wire),
    {0},
};

SUITE_MAIN("metric/event", tests)
