/* SPDX-License-Identifier: MIT */
/* status.c -- what the running daemon says about itself. */

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/status_text.h"

int
status_command(int argc, char **argv)
{
	struct ask ask;
	int status = ask_begin(
	    &ask, argc, argv, ASK_JSON, "  --json          the daemon's answer as it came\n");

	if (status < 0)
		status = ask_show(&ask, "status", CLIENT_SECONDS, status_print);
	ask_end(&ask);
	return status;
}
