/* SPDX-License-Identifier: MIT */
/* command.h -- the binary's subcommands. Each parses its own arguments
 * (argv[0] is its name), answers -h, and returns the exit status. */

#pragma once

#define EXIT_USAGE 2   /* the command line is wrong */
#define EXIT_CONFIG 78 /* the configuration is wrong */

struct command {
	const char *name;
	const char *synopsis; /* its arguments */
	const char *summary;  /* one line */
	int (*run)(int argc, char **argv);
};

/* Ends with a NULL name; main's. */
extern const struct command commands[];

int bench_command(int argc, char **argv);
int block_command(int argc, char **argv);
int check_command(int argc, char **argv);
int config_command(int argc, char **argv);
int explain_command(int argc, char **argv);
int forget_command(int argc, char **argv);
int run_command(int argc, char **argv);
int send_command(int argc, char **argv);
int sources_command(int argc, char **argv);
int status_command(int argc, char **argv);
int version_command(int argc, char **argv);

/* "usage: tidemill NAME SYNOPSIS", the summary, and `details` if any: to
 * standard output, returning 0, for -h; */
int command_help(const char *name, const char *details);
/* or the first line to standard error, returning EXIT_USAGE. */
int command_misused(const char *name);
