/* SPDX-License-Identifier: MIT */
/* sources_test.c -- who sends what, by address, in bounded memory. */

#include "ingest/sources.h"

#include "base/hash.h"
#include "test/unit/random.h"
#include "test/unit/suite.h"

#define WORKERS 2
#define SECOND INT64_C(1000000000)

static struct sources *sources;
static struct source_desk desk[WORKERS];
static struct source_figures figures[SOURCES_MOST];

static void
open_books(int64_t series_most)
{
	hash_init();
	sources = sources_new(WORKERS, series_most);
	for (unsigned i = 0; i < WORKERS; i++)
		source_desk_init(&desk[i], sources, i);
}

static void
number_address(uint32_t number, uint8_t *out)
{
	memset(out, 0, SOURCE_BYTES);
	out[10] = out[11] = 0xff;
	memcpy(out + 12, &number, sizeof(number));
}

static void
turn(unsigned worker, uint32_t who, int64_t now_ns)
{
	uint8_t address[SOURCE_BYTES];

	number_address(who, address);
	source_desk_turn(&desk[worker], address, now_ns);
}

static void
send_lines(unsigned worker, uint32_t who, uint64_t lines, uint64_t refused, int64_t now_ns)
{
	turn(worker, who, now_ns);
	source_desk_count(&desk[worker], lines, refused);
}

/* What is known of one; NULL: nothing. */
static const struct source_figures *
figures_of(uint32_t who)
{
	size_t count = sources_read(sources, figures);
	uint8_t address[SOURCE_BYTES];

	number_address(who, address);
	for (size_t i = 0; i < count; i++)
		if (!figures[i].others && memcmp(figures[i].address, address, SOURCE_BYTES) == 0)
			return &figures[i];
	return NULL;
}

static const struct source_figures *
figures_of_others(void)
{
	size_t count = sources_read(sources, figures);

	return count > 0 && figures[0].others ? &figures[0] : NULL;
}

START_TEST(lines_and_refusals_of_all_workers_count_for_their_address)
{
	open_books(0);
	send_lines(0, 1, 10, 2, 5 * SECOND);
	send_lines(0, 2, 1, 1, 6 * SECOND);
	send_lines(0, 1, 5, 0, 7 * SECOND);
	send_lines(1, 1, 100, 50, 6 * SECOND);
	ck_assert_uint_eq(sources_read(sources, figures), 2);
	ck_assert_uint_eq(figures_of(1)->lines, 115);
	ck_assert_uint_eq(figures_of(1)->refused, 52);
	ck_assert_int_eq(figures_of(1)->seen_ns, 7 * SECOND);
	ck_assert_uint_eq(figures_of(2)->lines, 1);
	ck_assert_int_eq(figures_of(2)->seen_ns, 6 * SECOND);
	ck_assert_ptr_null(figures_of_others());
	sources_free(sources);
}
END_TEST

/* The address of standard input is one like others. */
START_TEST(the_very_first_address_is_looked_for_even_if_it_is_all_zero)
{
	static const uint8_t nobody[SOURCE_BYTES];

	open_books(0);
	source_desk_turn(&desk[0], nobody, SECOND);
	source_desk_count(&desk[0], 3, 0);
	ck_assert_uint_eq(sources_read(sources, figures), 1);
	ck_assert(!figures[0].others);
	ck_assert_mem_eq(figures[0].address, nobody, SOURCE_BYTES);
	ck_assert_uint_eq(figures[0].lines, 3);
	sources_free(sources);
}
END_TEST

START_TEST(a_source_has_so_many_series_over_all_workers_and_gets_back_what_goes)
{
	uint16_t number[2], other;

	open_books(2);
	for (unsigned i = 0; i < 2; i++) {
		turn(i, 1, SECOND);
		ck_assert(source_desk_take_series(&desk[i], &number[i]));
		ck_assert_uint_ne(number[i], SOURCES_OTHERS);
	}
	ck_assert_uint_eq(number[0], number[1]);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert(!source_desk_take_series(&desk[i], &other));
		source_desk_refuse_series(&desk[i]);
	}
	turn(0, 2, SECOND);
	ck_assert(source_desk_take_series(&desk[0], &other));
	ck_assert_uint_ne(other, number[0]);
	ck_assert_uint_eq(figures_of(1)->series, 2);
	ck_assert_uint_eq(figures_of(1)->series_refused, 2);
	ck_assert_uint_eq(figures_of(2)->series, 1);
	sources_give_series(sources, number[0]);
	turn(0, 1, SECOND);
	ck_assert(source_desk_take_series(&desk[0], &other));
	ck_assert(!source_desk_take_series(&desk[0], &other));
	sources_free(sources);
}
END_TEST

START_TEST(without_a_limit_there_is_none)
{
	uint16_t number;

	open_books(0);
	turn(0, 1, SECOND);
	for (int i = 0; i < 100000; i++)
		ck_assert(source_desk_take_series(&desk[0], &number));
	ck_assert_uint_eq(figures_of(1)->series, 100000);
	sources_free(sources);
}
END_TEST

START_TEST(without_books_everything_is_allowed)
{
	struct source_desk nobodys = {0};
	uint8_t address[SOURCE_BYTES] = {1};
	uint16_t number = 7;

	source_desk_turn(&nobodys, address, 1);
	source_desk_count(&nobodys, 1, 1);
	ck_assert(source_desk_take_series(&nobodys, &number));
	ck_assert_uint_eq(number, SOURCES_OTHERS);
	source_desk_refuse_series(&nobodys);
}
END_TEST

/* Every address there is room for, and many more. */
static void
crowd(int64_t now_ns)
{
	for (uint32_t who = 1; who <= 3 * SOURCES_MOST; who++)
		send_lines(who % WORKERS, who, 1, 0, now_ns);
}

START_TEST(who_finds_no_place_is_one_of_the_others_and_no_line_is_lost)
{
	uint64_t lines = 0;
	uint16_t number;

	open_books(1);
	crowd(SECOND);
	size_t count = sources_read(sources, figures);

	ck_assert(figures[0].others);
	ck_assert_uint_gt(count, SOURCES_MOST * 9 / 10);
	for (size_t i = 0; i < count; i++)
		lines += figures[i].lines;
	ck_assert_uint_eq(lines, 3 * SOURCES_MOST);
	/* The limit is of each; of these nobody knows who they are. */
	for (uint32_t who = 1; figures_of(who) != NULL; who++)
		turn(0, who + 1, SECOND);
	for (int i = 0; i < 5; i++) {
		ck_assert(source_desk_take_series(&desk[0], &number));
		ck_assert_uint_eq(number, SOURCES_OTHERS);
	}
	ck_assert_uint_eq(figures_of_others()->series, 5);
	sources_free(sources);
}
END_TEST

/* An address that has no place while all others are heard of. */
static uint32_t
find_homeless(void)
{
	uint32_t who = 3 * SOURCES_MOST;

	while (figures_of(who) != NULL)
		who--;
	return who;
}

START_TEST(a_place_changes_hands_when_it_has_long_been_silent)
{
	uint64_t before;

	open_books(0);
	crowd(SECOND);
	uint32_t who = find_homeless();

	before = figures_of_others()->lines;
	send_lines(0, who, 1, 0, SOURCES_IDLE_NS);
	ck_assert_ptr_null(figures_of(who));
	ck_assert_uint_eq(figures_of_others()->lines, before + 1);
	send_lines(1, who, 2, 1, SECOND + SOURCES_IDLE_NS);
	ck_assert_ptr_nonnull(figures_of(who));
	/* What others knew of whoever was there before does not count for it. */
	send_lines(0, who, 3, 0, SECOND + SOURCES_IDLE_NS);
	ck_assert_uint_eq(figures_of(who)->lines, 5);
	ck_assert_uint_eq(figures_of(who)->refused, 1);
	sources_free(sources);
}
END_TEST

START_TEST(a_place_with_series_never_changes_hands)
{
	uint16_t number;

	open_books(0);
	for (uint32_t who = 1; who <= 3 * SOURCES_MOST; who++) {
		turn(0, who, SECOND);
		ck_assert(source_desk_take_series(&desk[0], &number));
	}
	uint32_t who = find_homeless();

	send_lines(0, who, 1, 0, 100 * SOURCES_IDLE_NS);
	ck_assert_ptr_null(figures_of(who));
	for (uint16_t i = 1; i < SOURCES_MOST; i++)
		sources_give_series(sources, i);
	send_lines(0, who, 1, 0, 101 * SOURCES_IDLE_NS);
	ck_assert_ptr_nonnull(figures_of(who));
	sources_free(sources);
}
END_TEST

/* One whose place was taken from it meanwhile gets another. */
START_TEST(a_source_that_lost_its_place_finds_a_new_one)
{
	uint16_t number;

	open_books(0);
	send_lines(0, 7, 1, 0, SECOND);
	for (uint32_t who = 10; figures_of(7) != NULL; who++)
		send_lines(1, who, 1, 0, SECOND + SOURCES_IDLE_NS + who * SECOND);
	ck_assert(source_desk_take_series(&desk[0], &number));
	if (number == SOURCES_OTHERS)
		ck_assert_uint_eq(sources->place[number] & SOURCES_SERIES_MOST, 1);
	else
		ck_assert_uint_eq(figures_of(7)->series, 1);
	sources_free(sources);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(lines_and_refusals_of_all_workers_count_for_their_address),
    SUITE_TEST(the_very_first_address_is_looked_for_even_if_it_is_all_zero),
    SUITE_TEST(a_source_has_so_many_series_over_all_workers_and_gets_back_what_goes),
    SUITE_TEST(without_a_limit_there_is_none),
    SUITE_TEST(without_books_everything_is_allowed),
    SUITE_TEST(who_finds_no_place_is_one_of_the_others_and_no_line_is_lost),
    SUITE_TEST(a_place_changes_hands_when_it_has_long_been_silent),
    SUITE_TEST(a_place_with_series_never_changes_hands),
    SUITE_TEST(a_source_that_lost_its_place_finds_a_new_one),
    {0},
};

SUITE_MAIN("ingest/sources", tests)
