/* SPDX-License-Identifier: MIT */
/* replay.c -- the main of a fuzz target that does not search: it runs the
 * files it is given, and those in directories it is given, once each, and the
 * empty input. */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static unsigned replayed;

static void
stop(const char *path, const char *why)
{
	fprintf(stderr, "%s: %s\n", path, why);
	exit(EXIT_FAILURE);
}

/* The input gets an allocation of its own size, so that one byte read past
 * its end is seen. */
static void
replay_file(const char *path, size_t size)
{
	uint8_t *bytes = malloc(size > 0 ? size : 1);
	FILE *file = fopen(path, "rb");

	if (file == NULL || bytes == NULL)
		stop(path, strerror(errno));
	if (fread(bytes, 1, size, file) != size)
		stop(path, "cannot be read whole");
	fclose(file);
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	replayed++;
}

static void
replay_path(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		stop(path, strerror(errno));
	if (!S_ISDIR(status.st_mode)) {
		replay_file(path, (size_t)status.st_size);
		return;
	}

	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	if (count < 0)
		stop(path, strerror(errno));
	for (int i = 0; i < count; i++) {
		char below[PATH_MAX];

		if (entries[i]->d_name[0] != '.') {
			snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
			replay_path(below);
		}
		free(entries[i]);
	}
	free(entries);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay_path(argv[i]);
	if (replayed == 0)
		stop(argv[0], "no inputs");
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	printf("%u inputs\n", replayed);
	return EXIT_SUCCESS;
}
