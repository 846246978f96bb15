/* SPDX-License-Identifier: MIT */
/* hash.c -- hashes of bytes that strangers choose.
 *
 * MurmurHash64A is Austin Appleby's, in the public domain; bytes are read as
 * little-endian, as Redis does on every machine. */

#include "base/hash.h"

#include "base/check.h"

#include <sys/random.h>

#define MEMBER_SEED UINT64_C(0xadc83b19)

uint8_t hash_secret[HASH_SECRET_BYTES];

void
hash_init(void)
{
	CHECK(getrandom(hash_secret, sizeof(hash_secret), 0) == sizeof(hash_secret));
}

uint64_t
hash_any(const char *bytes, size_t len)
{
	return XXH3_64bits_withSecret(bytes, len, hash_secret, sizeof(hash_secret));
}

static uint64_t
read_le(const unsigned char *bytes, size_t len)
{
	uint64_t word = 0;

	for (size_t i = len; i > 0; i--)
		word = word << 8 | bytes[i - 1];
	return word;
}

uint64_t
hash_member(const char *bytes, size_t len)
{
	const uint64_t m = UINT64_C(0xc6a4a7935bd1e995);
	const unsigned char *at = (const unsigned char *)bytes;
	uint64_t h = MEMBER_SEED ^ (len * m);

	for (; len >= 8; at += 8, len -= 8) {
		uint64_t k = read_le(at, 8) * m;

		k = (k ^ (k >> 47)) * m;
		h = (h ^ k) * m;
	}
	if (len > 0)
		h = (h ^ read_le(at, len)) * m;
	h = (h ^ (h >> 47)) * m;
	return h ^ (h >> 47);
}
