/* SPDX-License-Identifier: MIT */
/* block.c -- have the running daemon refuse what matches a pattern. */

#include "cli/ask.h"
#include "cli/block_text.h"
#include "cli/command.h"

#include "base/clock.h"

#include <inttypes.h>

static const char details[] =
    "Without a pattern, what is blocked is listed.\n"
    "  PATTERN         a glob over whole names without their tags, like 'web.*'\n"
    "  --for DURATION  for so long; the default is until the daemon ends. 0s: no\n"
    "                  longer\n";

static int
block_pattern(const struct ask *ask)
{
	struct text line = {0};

	if (ask->for_ns == ASK_FOREVER)
		text_puts(&line, "block -");
	else /* in seconds, rounded up */
		text_printf(&line, "block %" PRId64,
		    ask->for_ns / CLOCK_SECOND + (ask->for_ns % CLOCK_SECOND > 0));
	text_printf(&line, " %s", ask->pattern);
	int status = ask_show(ask, text_string(&line), CLIENT_WALK_SECONDS, block_print);

	text_fini(&line);
	return status;
}

int
block_command(int argc, char **argv)
{
	struct ask ask;
	int status = ask_begin(&ask, argc, argv, ASK_PATTERN | ASK_FOR, details);

	if (status < 0)
		status = ask.pattern != NULL
		    ? block_pattern(&ask)
		    : ask_show(&ask, "block", CLIENT_WALK_SECONDS, block_print_list);
	ask_end(&ask);
	return status;
}
