/* SPDX-License-Identifier: MIT */
/* source.h -- where a line came from, in the bytes of an IPv6 address: of a
 * client over the network its address, without the port; of one at a unix
 * socket its user, in a range that the network never uses (RFC 6666). */

#pragma once

#include "base/text.h"

#include <stdint.h>

#define SOURCE_BYTES 16

/* Standard input, which is nobody. */
extern const uint8_t source_none[SOURCE_BYTES];

void source_of_user(uint32_t uid, uint8_t *source_out);

/* "10.0.0.1", "fd00::1", "uid 1000", "stdin" */
void source_print(const uint8_t *source, struct text *out);
