/* SPDX-License-Identifier: MIT */
/* inquiry_test.c -- what can be asked, what is asked of the workers for it,
 * and what is answered when they have done it. */

#include "admin/inquiry.h"

#include "base/clock.h"
#include "test/unit/suite.h"

#include <jansson.h>
#include <stdio.h>

#define WALL (1800000000 * CLOCK_SECOND)
#define KIND 7

/* A desk whose first worker is the test. */
struct bureau {
	struct worker worker;
	struct ingest ingest;
	struct mailbox back;
	struct inquiry_desk desk;
	struct inquiry inquiry;
	struct text answer;
};

static struct bureau bureau;

static void
wake_nobody(void *arg)
{
	(void)arg;
}

static void
bureau_open(void)
{
	bureau = (struct bureau){0};
	hash_init();
	mailbox_init(&bureau.worker.thread.inbox, wake_nobody, NULL);
	mailbox_init(&bureau.back, wake_nobody, NULL);
	bureau.ingest.workers = &bureau.worker;
	bureau.ingest.count = 1;
	bureau.ingest.sources = sources_new(1, 0);
	bureau.desk =
	    (struct inquiry_desk){.ingest = &bureau.ingest, .to = &bureau.back, .kind = KIND};
}

static void
bureau_close(void)
{
	ck_assert_ptr_null(mailbox_collect(&bureau.worker.thread.inbox));
	sources_free(bureau.ingest.sources);
	text_fini(&bureau.answer);
}

/* Is the line answered at once? */
static bool
ask(const char *line)
{
	char *copy = strdup(line);

	memset(&bureau.inquiry, 0, sizeof(bureau.inquiry));
	text_reset(&bureau.answer);
	bool answered = inquiry_begin(&bureau.inquiry, &bureau.desk, copy, &bureau.answer);

	free(copy);
	return answered;
}

/* What the workers have been asked. */
static struct errand *
take_errand(enum errand_verb verb)
{
	struct mail *mail = mailbox_collect(&bureau.worker.thread.inbox);

	ck_assert_ptr_nonnull(mail);
	ck_assert_ptr_null(mail->next);
	ck_assert_uint_eq(mail->kind, WORKER_ERRAND);
	struct errand *errand = (struct errand *)mail;

	ck_assert_int_eq(errand->verb, verb);
	ck_assert_ptr_eq(errand->to, &bureau.back);
	ck_assert_uint_eq(errand->kind, KIND);
	return errand;
}

static void
answer(struct errand *errand)
{
	struct inquiry *inquiry = inquiry_of(&errand->mail);

	ck_assert_ptr_eq(inquiry, &bureau.inquiry);
	inquiry_answer(inquiry, &bureau.answer);
}

static void
expect(const char *answer)
{
	ck_assert_str_eq(text_string(&bureau.answer), answer);
}

START_TEST(what_makes_no_sense_is_answered_at_once)
{
	static const struct {
		const char *line, *error;
	} cases[] = {
	    {"", "there is no such verb; there are status, sources, block and forget"},
	    {"stat", "there is no such verb; there are status, sources, block and forget"},
	    {"STATUS", "there is no such verb; there are status, sources, block and forget"},
	    {"GET / HTTP/1.0\r",
		"there is no such verb; there are status, sources, block and forget"},
	    {"status now", "status takes no arguments"},
	    {"sources 10.0.0.1", "sources takes no arguments"},
	    {"block web.*", "block takes SECONDS and a PATTERN, or nothing"},
	    {"block 60", "block takes SECONDS and a PATTERN, or nothing"},
	    {"block 1h web.*", "the time is a number of seconds, or -"},
	    {"block -1 web.*", "the time is a number of seconds, or -"},
	    {"block 1.5 web.*", "the time is a number of seconds, or -"},
	    {"block  web.*", "the time is a number of seconds, or -"},
	    {"block 60 ", "there is no pattern"},
	    {"block - web.[a", "a bracket is not closed"},
	    {"block - web\t*", "the pattern has a control byte, which no name has"},
	    {"block - web.\xff", "the pattern is no UTF-8, as every name is"},
	    {"forget", "there is no pattern"},
	    {"forget ", "there is no pattern"},
	    {"forget web.[z-a]", "a range in brackets runs backwards"},
	};

	bureau_open();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char expected[256];

		snprintf(expected, sizeof(expected), "{\"error\":\"%s\"}", cases[i].error);
		ck_assert_msg(ask(cases[i].line), "%s", cases[i].line);
		expect(expected);
	}
	bureau_close();
}
END_TEST

START_TEST(a_pattern_is_as_long_as_there_is_room_for)
{
	char line[BLOCK_BYTES + 16] = "forget ";

	bureau_open();
	memset(line + 7, 'a', BLOCK_BYTES);
	ck_assert(ask(line));
	expect("{\"error\":\"the pattern is longer than 255 bytes\"}");
	line[7 + BLOCK_BYTES - 1] = '\0';
	ck_assert(!ask(line));
	ck_assert_str_eq(take_errand(ERRAND_FORGET)->pattern, line + 7);
	bureau_close();
}
END_TEST

START_TEST(a_block_ends_when_its_time_has_passed)
{
	clock_make_virtual(WALL);
	bureau_open();
	ck_assert(!ask("block 90 web.*"));
	struct errand *errand = take_errand(ERRAND_BLOCK);

	ck_assert_str_eq(errand->pattern, "web.*");
	ck_assert_int_eq(errand->until_ns, clock_mono_ns() + 90 * CLOCK_SECOND);
	clock_advance(5 * CLOCK_SECOND); /* the workers take their time */
	errand->series = 12;
	answer(errand);
	expect("{\"pattern\":\"web.*\",\"series\":12,\"blocked\":true,\"until\":1800000090}");
	bureau_close();
}
END_TEST

START_TEST(a_block_without_an_end_has_none)
{
	static const char *const lines[] = {
	    "block - a b", "block 9223372036854775807 a b\r", "block 9223372036 a b"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		bureau_open();
		ck_assert(!ask(lines[i]));
		struct errand *errand = take_errand(ERRAND_BLOCK);

		ck_assert_str_eq(errand->pattern, "a b");
		ck_assert(errand->until_ns == BLOCK_FOREVER);
		answer(errand);
		expect("{\"pattern\":\"a b\",\"series\":0,\"blocked\":true,\"until\":null}");
		bureau_close();
	}
}
END_TEST

START_TEST(a_block_for_no_time_is_lifted)
{
	bureau_open();
	ck_assert(!ask("block 0 web.*"));
	struct errand *errand = take_errand(ERRAND_UNBLOCK);

	ck_assert_str_eq(errand->pattern, "web.*");
	errand->series = 3;
	answer(errand);
	expect("{\"pattern\":\"web.*\",\"series\":3,\"blocked\":false}");
	bureau_close();
}
END_TEST

START_TEST(what_the_workers_cannot_do_is_said)
{
	static const char *const lines[] = {
	    "block 60 web.*", "block 0 a", "forget a", "block", "sources"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		bureau_open();
		ck_assert(!ask(lines[i]));
		struct errand *errand =
		    (struct errand *)mailbox_collect(&bureau.worker.thread.inbox);

		errand->problem = "they are on \"strike\"";
		answer(errand);
		expect("{\"error\":\"they are on \\\"strike\\\"\"}");
		bureau_close();
	}
}
END_TEST

START_TEST(blocks_are_listed_with_their_ends)
{
	clock_make_virtual(WALL);
	bureau_open();
	ck_assert(!ask("block"));
	struct errand *errand = take_errand(ERRAND_REPORT);

	blocks_set(&errand->blocks, "web.*", clock_mono_ns() + 2500 * CLOCK_MS);
	blocks_set(&errand->blocks, "\"quoted\"", BLOCK_FOREVER);
	answer(errand);
	expect("{\"blocks\":[{\"pattern\":\"web.*\",\"until\":1800000002.5},"
	       "{\"pattern\":\"\\\"quoted\\\"\",\"until\":null}]}");
	bureau_close();
}
END_TEST

START_TEST(what_is_forgotten_is_counted)
{
	bureau_open();
	ck_assert(!ask("forget *.tmp"));
	struct errand *errand = take_errand(ERRAND_FORGET);

	ck_assert_str_eq(errand->pattern, "*.tmp");
	errand->series = 1000000;
	answer(errand);
	expect("{\"pattern\":\"*.tmp\",\"series\":1000000}");
	bureau_close();
}
END_TEST

/* Lines of a client, the last of them now. */
static void
send_lines(uint32_t uid, unsigned lines, unsigned refused)
{
	struct source_desk desk = {0};
	uint8_t source[SOURCE_BYTES];

	source_of_user(uid, source);
	source_desk_init(&desk, bureau.ingest.sources, 0);
	source_desk_turn(&desk, source, clock_mono_ns());
	source_desk_count(&desk, lines, refused);
}

START_TEST(sources_are_listed_busiest_first)
{
	clock_make_virtual(WALL);
	bureau_open();
	send_lines(1, 10, 0);
	send_lines(2, 300, 7);
	send_lines(3, 10, 10);
	clock_advance(CLOCK_SECOND);
	ck_assert(!ask("sources"));
	struct errand *errand = take_errand(ERRAND_REPORT);

	answer(errand);
	json_t *json = json_loadb(bureau.answer.bytes, bureau.answer.len, 0, NULL);
	const json_t *sources = json_object_get(json, "sources");

	ck_assert_uint_eq(json_array_size(sources), 3);
	static const char *const names[] = {"uid 2", "uid 1", "uid 3"};

	for (size_t i = 0; i < 3; i++) {
		const json_t *source = json_array_get(sources, i);

		ck_assert_str_eq(json_string_value(json_object_get(source, "source")), names[i]);
		ck_assert_double_eq(
		    json_number_value(json_object_get(source, "last_seen")), 1800000000);
	}
	const json_t *first = json_array_get(sources, 0);

	ck_assert_int_eq(json_integer_value(json_object_get(first, "lines")), 300);
	ck_assert_int_eq(json_integer_value(json_object_get(first, "refused")), 7);
	ck_assert_int_eq(json_integer_value(json_object_get(first, "series")), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(first, "series_refused")), 0);
	ck_assert(json_is_null(json_object_get(json, "others")));
	json_decref(json);
	bureau_close();
}
END_TEST

START_TEST(those_that_cannot_be_told_apart_are_others)
{
	bureau_open();
	for (uint32_t uid = 0; uid < 2 * SOURCES_MOST; uid++)
		send_lines(uid, 1, 0);
	ck_assert(!ask("sources"));
	answer(take_errand(ERRAND_REPORT));
	json_t *json = json_loadb(bureau.answer.bytes, bureau.answer.len, 0, NULL);
	const json_t *sources = json_object_get(json, "sources");
	const json_t *others = json_object_get(json, "others");
	json_int_t lines = json_integer_value(json_object_get(others, "lines"));

	ck_assert_int_ge(lines, SOURCES_MOST);
	ck_assert_ptr_null(json_object_get(others, "source"));
	for (size_t i = 0; i < json_array_size(sources); i++)
		lines += json_integer_value(json_object_get(json_array_get(sources, i), "lines"));
	ck_assert_int_eq(lines, 2 * SOURCES_MOST);
	json_decref(json);
	bureau_close();
}
END_TEST

START_TEST(prefixes_come_with_how_wrong_their_counts_may_be)
{
	bureau_open();
	ck_assert(!ask("sources"));
	struct errand *errand = take_errand(ERRAND_REPORT);

	errand->prefixes.count = 2;
	errand->prefixes.item[0] =
	    (struct space_saving_item){.count = 9, .error = 2, .len = 7, .key = "web.api and more"};
	errand->prefixes.item[1] = (struct space_saving_item){.count = 1, .len = 1, .key = "\1"};
	answer(errand);
	expect("{\"sources\":[],\"others\":null,\"prefixes\":["
	       "{\"prefix\":\"web.api\",\"refused\":9,\"error\":2},"
	       "{\"prefix\":\"\\u0001\",\"refused\":1,\"error\":0}]}");
	bureau_close();
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(what_makes_no_sense_is_answered_at_once),
    SUITE_TEST(a_pattern_is_as_long_as_there_is_room_for),
    SUITE_TEST(a_block_ends_when_its_time_has_passed),
    SUITE_TEST(a_block_without_an_end_has_none),
    SUITE_TEST(a_block_for_no_time_is_lifted),
    SUITE_TEST(what_the_workers_cannot_do_is_said),
    SUITE_TEST(blocks_are_listed_with_their_ends),
    SUITE_TEST(what_is_forgotten_is_counted),
    SUITE_TEST(sources_are_listed_busiest_first),
    SUITE_TEST(those_that_cannot_be_told_apart_are_others),
    SUITE_TEST(prefixes_come_with_how_wrong_their_counts_may_be),
    {0},
};

SUITE_MAIN("admin/inquiry", tests)
