/* SPDX-License-Identifier: MIT */
/* hash.h -- hashes of bytes that strangers choose.
 *
 * Names are hashed with XXH3 under a secret of 192 random bytes drawn at
 * start: nobody outside can aim at one slot. (A seed would not do: it leaves
 * short keys predictable.) Members of sets are hashed with MurmurHash64A
 * under Redis' seed, because their hashes become HyperLogLog registers that
 * must equal those of a Redis server. */

#pragma once

#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define HASH_SECRET_BYTES 192

extern uint8_t hash_secret[HASH_SECRET_BYTES];

/* Draw the secret; before the first hash, once. */
void hash_init(void);

/* hash_bytes() of any length. */
uint64_t hash_any(const char *bytes, size_t len);

/* Names are mostly of 17 to 128 bytes; the function for those is XXH3's own, and
 * small enough to stand in a loop. */
static inline __attribute__((always_inline)) uint64_t
hash_bytes(const char *bytes, size_t len)
{
	if (len > 16 && len <= 128)
		return XXH3_len_17to128_64b(
		    (const uint8_t *)bytes, len, hash_secret, sizeof(hash_secret), 0);
	return hash_any(bytes, len);
}

/* The hash of two hashed parts in this order. */
static inline uint64_t
hash_join(uint64_t first, uint64_t second)
{
	uint64_t mixed = first ^ (second * UINT64_C(0x9e3779b97f4a7c15));

	mixed ^= mixed >> 32;
	return mixed * UINT64_C(0xd6e8feb86659fd93);
}

uint64_t hash_member(const char *bytes, size_t len);
