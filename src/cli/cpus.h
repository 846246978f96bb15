/* SPDX-License-Identifier: MIT */
/* cpus.h -- how many processors this process may use. */

#pragma once

/* By affinity and by the cgroup's quota, rounded up; at least 1. */
unsigned cpus_usable(void);
