/* SPDX-License-Identifier: MIT */
/* memory.c -- how much memory this process has, and may have. */

#include "ingest/memory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int64_t
memory_resident(void)
{
	int64_t pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*d %" SCNd64, &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

/* The figure in a file; "max", or none: INT64_MAX. */
static int64_t
read_figure(const char *path)
{
	int64_t figure = INT64_MAX;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return INT64_MAX;
	if (fscanf(file, "%" SCNd64, &figure) != 1 || figure <= 0)
		figure = INT64_MAX;
	fclose(file);
	return figure;
}

/* The least of a group and those it is part of, up to where they are mounted.
 * In a container that may be all that is to be seen of them. */
static int64_t
least_upwards(const char *mounted, char *group, const char *name)
{
	int64_t least = INT64_MAX;

	for (;;) {
		char path[PATH_MAX];
		char *slash = strrchr(group, '/');

		if (slash != NULL && slash[1] == '\0')
			*slash = '\0';
		if (snprintf(path, sizeof(path), "%s%s/%s", mounted, group, name) <
		    (int)sizeof(path)) {
			int64_t figure = read_figure(path);

			least = figure < least ? figure : least;
		}
		if (group[0] == '\0')
			return least;
		slash = strrchr(group, '/');
		*(slash != NULL ? slash : group) = '\0';
	}
}

/* Is "memory" among words between commas? */
static bool
has_memory(const char *controllers)
{
	const char *at = strstr(controllers, "memory");

	return at != NULL && (at == controllers || at[-1] == ',') &&
	    (at[6] == '\0' || at[6] == ',');
}

/* Of one line of /proc/self/cgroup: number, controllers, path, between colons.
 * There are no controllers in a line about the newer kind. */
static int64_t
line_most(const char *root, char *line)
{
	char mounted[PATH_MAX];
	char *controllers = strchr(line, ':');
	char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

	if (group == NULL)
		return INT64_MAX;
	*controllers++ = '\0';
	*group++ = '\0';
	group[strcspn(group, "\n")] = '\0';
	bool newer = controllers[0] == '\0';

	if ((!newer && !has_memory(controllers)) ||
	    snprintf(mounted, sizeof(mounted), "%s/sys/fs/cgroup%s", root,
		newer ? "" : "/memory") >= (int)sizeof(mounted))
		return INT64_MAX;
	return least_upwards(mounted, group, newer ? "memory.max" : "memory.limit_in_bytes");
}

int64_t
memory_group_most(const char *root)
{
	char path[PATH_MAX], line[PATH_MAX];
	int64_t least = INT64_MAX;

	snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return INT64_MAX;
	while (fgets(line, sizeof(line), file) != NULL) {
		int64_t most = line_most(root, line);

		least = most < least ? most : least;
	}
	fclose(file);
	return least;
}

int64_t
memory_auto(void)
{
	int64_t machine = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
	int64_t group = memory_group_most("");

	return group < machine ? group / 5 * 4 : machine / 4;
}
