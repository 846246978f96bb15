/* SPDX-License-Identifier: MIT */
/* check.h -- invariants that stay on in production.
 *
 * CHECK is for our own mistakes only: what the machine or the network does
 * wrong is reported or counted, never checked. It is compiled into every
 * build, stops the process, and says which expression did not hold. */

#pragma once

#define CHECK(expr) ((expr) ? (void)0 : check_failed(#expr, __FILE__, __LINE__, __func__))

_Noreturn void check_failed(const char *expr, const char *file, int line, const char *function);
