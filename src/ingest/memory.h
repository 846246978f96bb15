/* SPDX-License-Identifier: MIT */
/* memory.h -- how much memory this process has, and may have. */

#pragma once

#include <stddef.h>
#include <stdint.h>

/* Bytes of it that are in memory now; 0: that cannot be known. */
int64_t memory_resident(void);

/* What the control group may have, or any that it is part of: by /proc/self/cgroup
 * and the file systems of both kinds, both found under `root`, which is "" but in
 * tests. INT64_MAX: as much as there is. */
int64_t memory_group_most(const char *root);

/* What limits.memory is by itself. */
int64_t memory_auto(void);
