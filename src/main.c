/* SPDX-License-Identifier: MIT */
/* main.c -- tidemill: one binary, several commands. Without a command's name
 * it runs the daemon. */

#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIGURED "[-c FILE] [-o KEY=VALUE]..."

const struct command commands[] = {
    {"run", CONFIGURED " [--stdin[=LISTENER]]", "receive, aggregate and deliver, in the foreground",
	run_command},
    {"check", CONFIGURED, "validate the configuration (also: -t)", check_command},
    {"config", CONFIGURED " [--defaults|--origin]",
	"the configuration in effect, all defaults, or where each value came from", config_command},
    {"explain", "[-l LISTENER] [--graphite] " CONFIGURED " [LINE]...",
	"what becomes of each line, up to what every sink would send", explain_command},
    {"status", CONFIGURED " [--json]", "what the running daemon has done with everything",
	status_command},
    {"sources", CONFIGURED " [--json]", "who sends the running daemon how much", sources_command},
    {"block", CONFIGURED " [PATTERN [--for DURATION]]",
	"have the running daemon refuse what matches, or list what it refuses", block_command},
    {"forget", CONFIGURED " PATTERN", "have the running daemon let go of series that match",
	forget_command},
    {"send", "[--to ADDRESS] LINE... | -", "check lines, then send them", send_command},
    {"bench",
	"TARGET [--rate N] [--lines N] [--series N] [--mix c:60,ms:30,g:8,s:2] "
	"[--packet BYTES] [--tags N] [--senders N] [--seed N] [--json] "
	"[--verify [-c FILE] [-o KEY=VALUE]...]",
	"send a known load, and account for it", bench_command},
    {"version", "", "the versions of tidemill and its libraries", version_command},
    {0},
};

static int
help(void)
{
	puts("usage: tidemill [COMMAND] [ARGUMENT]...\n");
	for (const struct command *at = commands; at->name != NULL; at++)
		printf("  %-8s %s\n", at->name, at->summary);
	puts("\nWithout a command it runs the daemon. tidemill COMMAND -h says more.");
	return EXIT_SUCCESS;
}

/* A stream that came closed would give its number to the next descriptor
 * opened, and its output to a socket. */
static void
fill_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int
run(int argc, char **argv)
{
	if (argc < 2 || (argv[1][0] == '-' && strcmp(argv[1], "-t") != 0)) {
		if (argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
			return help();
		if (argc == 2 && strcmp(argv[1], "--version") == 0)
			return version_command(1, argv);
		return run_command(argc, argv);
	}
	const char *name = strcmp(argv[1], "-t") == 0 ? "check" : argv[1];

	for (const struct command *at = commands; at->name != NULL; at++)
		if (strcmp(at->name, name) == 0)
			return at->run(argc - 1, argv + 1);
	fprintf(stderr, "tidemill: there is no command %s; tidemill -h lists them\n", name);
	return EXIT_USAGE;
}

/* What was said, but could not be written, was not said. */
int
main(int argc, char **argv)
{
	fill_streams();
	int status = run(argc, argv);

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "tidemill: standard output: %s\n", strerror(errno));
	return status != EXIT_SUCCESS ? status : EXIT_FAILURE;
}
