/* SPDX-License-Identifier: MIT */
/* batch_test.c -- a batch is self-contained and full at BATCH_ROWS. */

#include "metric/batch.h"

#include "test/unit/suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct interval interval = {.seq = 3, .opened_ns = 10, .closed_ns = 20};

START_TEST(a_new_batch_is_empty_and_has_one_holder)
{
	struct batch *batch = batch_new(&interval, 20, 10);

	ck_assert_uint_eq(batch->holders, 1);
	ck_assert_uint_eq(batch->count, 0);
	ck_assert_uint_eq(batch->interval.seq, 3);
	ck_assert_int_eq(batch->interval.opened_ns, 10);
	ck_assert_int_eq(batch->interval.closed_ns, 20);
	ck_assert_int_eq(batch->timestamp_ns, 20);
	ck_assert(!batch->last);
	batch_drop(&batch);
	ck_assert_ptr_null(batch);
}
END_TEST

START_TEST(rows_keep_copies_of_their_names_until_full)
{
	struct batch *batch = batch_new(&interval, 20, 10);
	char name[32], tags[32];

	for (unsigned i = 0; i < BATCH_ROWS; i++) {
		int name_len = snprintf(name, sizeof(name), "series.%u", i);
		int tags_len = i % 2 == 0 ? 0 : snprintf(tags, sizeof(tags), "n:%u", i);
		struct row *row =
		    batch_add(batch, KIND_GAUGE, name, (size_t)name_len, tags, (size_t)tags_len);

		ck_assert_ptr_nonnull(row);
		row->gauge.value = i;
	}
	ck_assert_ptr_null(batch_add(batch, KIND_GAUGE, "one", 3, "", 0));
	ck_assert_uint_eq(batch->count, BATCH_ROWS);
	for (unsigned i = 0; i < BATCH_ROWS; i++) {
		const struct row *row = &batch->rows[i];
		int name_len = snprintf(name, sizeof(name), "series.%u", i);
		int tags_len = i % 2 == 0 ? 0 : snprintf(tags, sizeof(tags), "n:%u", i);

		ck_assert_int_eq(row->kind, KIND_GAUGE);
		ck_assert(!row->own && !row->bare && !row->idle);
		ck_assert_uint_eq(row->name_len, (size_t)name_len);
		ck_assert_mem_eq(row->name, name, (size_t)name_len);
		ck_assert_uint_eq(row->tags_len, (size_t)tags_len);
		ck_assert_ptr_nonnull(row_tags(row));
		if (tags_len > 0)
			ck_assert_mem_eq(row_tags(row), tags, (size_t)tags_len);
		ck_assert_double_eq(row->gauge.value, i);
	}
	batch_drop(&batch);
}
END_TEST

START_TEST(long_names_find_room)
{
	struct batch *batch = batch_new(&interval, 20, 10);
	char name[3 * BATCH_KEY_BYTES];

	for (unsigned i = 0; i < BATCH_ROWS; i++) {
		memset(name, 'a' + (int)(i % 26), sizeof(name));
		ck_assert_ptr_nonnull(
		    batch_add(batch, KIND_SET, name, sizeof(name), name, sizeof(name)));
	}
	for (unsigned i = 0; i < BATCH_ROWS; i++) {
		memset(name, 'a' + (int)(i % 26), sizeof(name));
		ck_assert_mem_eq(batch->rows[i].name, name, sizeof(name));
		ck_assert_mem_eq(row_tags(&batch->rows[i]), name, sizeof(name));
	}
	ck_assert_uint_ge(batch_bytes(batch), BATCH_ROWS * (sizeof(struct row) + 2 * sizeof(name)));
	batch_drop(&batch);
}
END_TEST

/* Sizes on both sides of a block's; each filled to its end for the sanitizer. */
START_TEST(memory_is_aligned_counted_and_apart)
{
	static const size_t sizes[] = {1, 3, 0, 16, 17, 65535, 65536, 65537, 300000, 5};
	struct batch *batch = batch_new(&interval, 20, 10);
	unsigned char *at[sizeof(sizes) / sizeof(*sizes)];
	size_t total = 0, count = sizeof(sizes) / sizeof(*sizes);

	for (size_t i = 0; i < count; i++) {
		batch_add(batch, KIND_SET, "odd", 3, "", 0);
		at[i] = batch_alloc(batch, sizes[i]);
		ck_assert_uint_eq((uintptr_t)at[i] % 16, 0);
		memset(at[i], (int)i, sizes[i]);
		total += sizes[i];
	}
	for (size_t i = 0; i < count; i++)
		for (size_t byte = 0; byte < sizes[i]; byte++)
			if (at[i][byte] != i)
				ck_abort_msg("byte %zu of %zu", byte, i);
	ck_assert_uint_ge(batch_bytes(batch), total + count * (3 + sizeof(struct row)));
	batch_drop(&batch);
}
END_TEST

/* Of a batch itself: what is behind its pages. */
static size_t
resident_bytes(const struct batch *batch)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = 0;
	char *first = (char *)((uintptr_t)batch & ~(page - 1));
	size_t pages = ((uintptr_t)(batch + 1) - (uintptr_t)first + page - 1) / page;
	unsigned char *in_core = calloc(pages, 1);

	ck_assert_int_eq(mincore(first, pages * page, in_core), 0);
	for (size_t i = 0; i < pages; i++)
		bytes += (in_core[i] & 1) * page;
	free(in_core);
	return bytes;
}

START_TEST(pages_that_are_touched_count_whole)
{
	static const size_t counts[] = {0, 1, 20, 1000, BATCH_ROWS};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct batch *batch = batch_new(&interval, 20, 10);

		for (size_t row = 0; row < counts[i]; row++)
			batch_add(batch, KIND_COUNTER, "a.name.of.a.usual.length", 24, "", 0);
		ck_assert_uint_ge(batch_bytes(batch), resident_bytes(batch));
		ck_assert_uint_le(batch_bytes(batch),
		    sizeof(*batch) / BATCH_ROWS * counts[i] + 4 * (size_t)sysconf(_SC_PAGESIZE));
		batch_drop(&batch);
	}
}
END_TEST

START_TEST(events_are_copied_and_keep_their_order)
{
	struct batch *batch = batch_new(&interval, 20, 10);
	char title[] = "first", text[] = "words";
	struct event event = {.title = {title, 5}, .text = {text, 5}, .alert = EVENT_ERROR};

	ck_assert_ptr_null(batch->events);
	size_t before = batch_bytes(batch);

	batch_add_event(batch, &event);
	memcpy(title, "again", 5);
	event.check = true;
	event.next = &event;
	batch_add_event(batch, &event);
	memset(title, 'x', 5);
	memset(text, 'x', 5);
	const struct event *first = batch->events, *second = first->next;

	ck_assert_mem_eq(first->title.at, "first", 5);
	ck_assert_mem_eq(first->text.at, "words", 5);
	ck_assert_int_eq(first->alert, EVENT_ERROR);
	ck_assert(!first->check && second->check);
	ck_assert_mem_eq(second->title.at, "again", 5);
	ck_assert_ptr_null(second->next);
	ck_assert_ptr_eq(batch->newest_event, second);
	ck_assert_uint_gt(batch_bytes(batch), before);
	batch_drop(&batch);
}
END_TEST

START_TEST(the_last_holder_frees)
{
	struct batch *mine = batch_new(&interval, 20, 10);
	struct batch *yours = batch_hold(mine), *theirs = batch_hold(mine);

	ck_assert_ptr_eq(yours, mine);
	batch_add(mine, KIND_COUNTER, "kept", 4, "a:b", 3);
	batch_drop(&mine);
	ck_assert_ptr_null(mine);
	batch_drop(&theirs);
	ck_assert_mem_eq(yours->rows[0].name, "kept", 4);
	ck_assert_uint_eq(yours->holders, 1);
	batch_drop(&yours);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(a_new_batch_is_empty_and_has_one_holder),
    SUITE_TEST(rows_keep_copies_of_their_names_until_full),
    SUITE_TEST(long_names_find_room),
    SUITE_TEST(memory_is_aligned_counted_and_apart),
    SUITE_TEST(pages_that_are_touched_count_whole),
    SUITE_TEST(events_are_copied_and_keep_their_order),
    SUITE_TEST(the_last_holder_frees),
    {0},
};

SUITE_MAIN("metric/batch", tests)
