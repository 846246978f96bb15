/* SPDX-License-Identifier: MIT */
/* cpus.c -- how many processors this process may use. A container's quota is
 * asked of both kinds of cgroup, where containers see their own. */

#include "cli/cpus.h"

#include <stdio.h>
#include <uv.h>

/* Two figures, quota and period in microseconds, from one file or two. */
static double
read_quota(void)
{
	double quota = 0, period = 0;
	FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");

	if (file != NULL) {
		if (fscanf(file, "%lf %lf", &quota, &period) != 2)
			quota = 0;
		fclose(file);
		return period > 0 ? quota / period : 0;
	}
	FILE *quota_file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "re");
	FILE *period_file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "re");

	if (quota_file != NULL && period_file != NULL &&
	    (fscanf(quota_file, "%lf", &quota) != 1 || fscanf(period_file, "%lf", &period) != 1))
		quota = 0;
	if (quota_file != NULL)
		fclose(quota_file);
	if (period_file != NULL)
		fclose(period_file);
	return quota > 0 && period > 0 ? quota / period : 0;
}

unsigned
cpus_usable(void)
{
	unsigned count = uv_available_parallelism();
	double quota = read_quota();

	if (quota > 0 && quota < count)
		count = (unsigned)quota + (quota > (unsigned)quota);
	return count > 0 ? count : 1;
}
