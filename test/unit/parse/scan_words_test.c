/* SPDX-License-Identifier: MIT */
/* scan_words_test.c -- the same without SSE2, by words. */

#undef __SSE2__

#include "test/unit/parse/scan_test.c"

_Static_assert(SCAN_STEP == sizeof(uint64_t), "by words");
