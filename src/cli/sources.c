/* SPDX-License-Identifier: MIT */
/* sources.c -- who sends the running daemon how much. */

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/sources_text.h"

int
sources_command(int argc, char **argv)
{
	struct ask ask;
	int status = ask_begin(
	    &ask, argc, argv, ASK_JSON, "  --json          the daemon's answer as it came\n");

	if (status < 0)
		status = ask_show(&ask, "sources", CLIENT_SECONDS, sources_print);
	ask_end(&ask);
	return status;
}
