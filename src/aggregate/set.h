/* SPDX-License-Identifier: MIT */
/* set.h -- sets: how many different members came, by their hashes: exactly
 * while they are few, else by HyperLogLog. */

#pragma once

#include "aggregate/window.h"

/* record is NULL for an interval's first member. NULL: refused. */
struct set_record *set_fold(struct set_record *record, struct arena *arena,
    const struct sample *sample, const struct budget *budget);

/* How many different members all records hold together. A chain of several
 * is gathered in memory of the arena's, which may be any that lives until the
 * return. Afterwards the first record holds them all, if any had registers. */
uint64_t set_count(struct record *records, struct arena *arena);
