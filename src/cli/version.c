/* SPDX-License-Identifier: MIT */
/* version.c -- which tidemill this is, and what it runs with. */

#include "cli/command.h"

#include <stdio.h>
#include <unistd.h>
#include <jansson.h>
#include <uv.h>
#include <yaml.h>

int
version_command(int argc, char **argv)
{
	int letter = getopt(argc, argv, "h");

	if (letter == 'h')
		return command_help(argv[0], NULL);
	if (letter != -1 || optind < argc)
		return command_misused(argv[0]);
	printf("tidemill %s\n", TIDEMILL_VERSION);
	printf("libuv %s\n", uv_version_string());
	printf("libyaml %s\n", yaml_get_version_string());
	printf("jansson %s\n", jansson_version_str());
	return 0;
}
