/* SPDX-License-Identifier: MIT */
/* forget.c -- have the running daemon let go of series. */

#include "cli/ask.h"
#include "cli/block_text.h"
#include "cli/command.h"

static const char details[] =
    "What is kept of the series is dropped: a gauge's value, a counter's total. If\n"
    "more comes for one, it begins anew.\n"
    "  PATTERN         a glob over whole names without their tags, like 'web.*'\n";

static int
forget_pattern(const struct ask *ask)
{
	struct text line = {0};

	text_printf(&line, "forget %s", ask->pattern);
	int status = ask_show(ask, text_string(&line), CLIENT_WALK_SECONDS, forget_print);

	text_fini(&line);
	return status;
}

int
forget_command(int argc, char **argv)
{
	struct ask ask;
	int status = ask_begin(&ask, argc, argv, ASK_PATTERN, details);

	if (status < 0)
		status = ask.pattern != NULL ? forget_pattern(&ask) : command_misused(argv[0]);
	ask_end(&ask);
	return status;
}
