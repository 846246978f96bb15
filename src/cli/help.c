/* SPDX-License-Identifier: MIT */
/* help.c -- what a command says about itself. */

#include "cli/command.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

static const struct command *
find_command(const char *name)
{
	const struct command *command = commands;

	while (command->name != NULL && strcmp(command->name, name) != 0)
		command++;
	CHECK(command->name != NULL);
	return command;
}

static void
print_usage(const struct command *command, FILE *to)
{
	fprintf(to, "usage: tidemill %s%s%s\n", command->name,
	    command->synopsis[0] != '\0' ? " " : "", command->synopsis);
}

int
command_help(const char *name, const char *details)
{
	const struct command *command = find_command(name);

	print_usage(command, stdout);
	printf("%s\n", command->summary);
	if (details != NULL)
		printf("\n%s", details);
	return 0;
}

int
command_misused(const char *name)
{
	print_usage(find_command(name), stderr);
	return EXIT_USAGE;
}
