/* SPDX-License-Identifier: MIT */
/* hash_test.c -- hashes of bytes that strangers choose. */

#include "base/hash.h"

#include "test/unit/suite.h"

#include <string.h>

/* From an implementation apart from ours that gives SMHasher's verification
 * code for MurmurHash64A, 0x1f0d3804; the seed is Redis'. */
START_TEST(members_are_hashed_as_redis_hashes_them)
{
	static const struct {
		const char *bytes;
		uint64_t hash;
	} cases[] = {
	    {"", 0xd8dfea6585bc9732},
	    {"a", 0x53d2470a9b43b1a7},
	    {"abc", 0x77ec90aeb374e502},
	    {"12345678", 0x95ebb86389132953},
	    {"hello world", 0xa919bc3051f624b7},
	    {"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7", 0x4ac83f6fca97d5c2},
	    {"The quick brown fox jumps over the lazy dog", 0x51606c5c5b561ace},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_uint_eq(
		    hash_member(cases[i].bytes, strlen(cases[i].bytes)), cases[i].hash);
}
END_TEST

START_TEST(names_hash_alike_under_one_secret_and_differ_under_another)
{
	static const size_t lengths[] = {0, 1, 3, 8, 16, 17, 100, 128, 129, 240, 241, 2000};
	char one[2000], two[2000];
	uint64_t before[sizeof(lengths) / sizeof(*lengths)];

	memset(one, 'n', sizeof(one));
	memset(two, 'n', sizeof(two));
	hash_init();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		before[i] = hash_bytes(one, lengths[i]);
		ck_assert_uint_eq(hash_bytes(two, lengths[i]), before[i]);
	}
	hash_init();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		ck_assert_uint_ne(hash_bytes(one, lengths[i]), before[i]);
}
END_TEST

START_TEST(joined_hashes_keep_their_order)
{
	ck_assert_uint_eq(hash_join(1, 2), hash_join(1, 2));
	ck_assert_uint_ne(hash_join(1, 2), hash_join(2, 1));
	ck_assert_uint_ne(hash_join(1, 0), hash_join(0, 1));
	ck_assert_uint_ne(hash_join(1, 1), hash_join(2, 2));
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(members_are_hashed_as_redis_hashes_them),
    SUITE_TEST(names_hash_alike_under_one_secret_and_differ_under_another),
    SUITE_TEST(joined_hashes_keep_their_order),
    {0},
};

SUITE_MAIN("base/hash", tests)
