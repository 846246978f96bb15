/* SPDX-License-Identifier: MIT */
/* ask.c -- commands that ask the running daemon. */

#include "cli/ask.h"

#include "admin/inquiry.h"
#include "base/quantity.h"
#include "cli/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char selection[] =
    "  -c FILE         the daemon's configuration: where its control socket is\n"
    "  -o KEY=VALUE    likewise, as in -o control.socket=/run/tidemill/control\n";

static int
print_help(const char *command, const char *details)
{
	struct text all = {0};

	text_puts(&all, details);
	text_puts(&all, selection);
	int status = command_help(command, text_string(&all));

	text_fini(&all);
	return status;
}

static int
take_duration(struct ask *ask, const char *text)
{
	if (quantity_parse_duration(text, strlen(text), &ask->for_ns) == QUANTITY_OK)
		return -1;
	fprintf(
	    stderr, "tidemill %s: --for takes a duration, like 90s, 10m or 1.5h\n", ask->command);
	return EXIT_USAGE;
}

static int
take_pattern(struct ask *ask, const char *pattern)
{
	const char *problem = inquiry_pattern_problem(pattern);

	ask->pattern = pattern;
	if (problem == NULL)
		return -1;
	fprintf(stderr, "tidemill %s: %s\n", ask->command, problem);
	return EXIT_USAGE;
}

/* Negative: all of it is good. */
static int
take_options(struct ask *ask, int argc, char **argv, unsigned takes, const char *details)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
	    {"for", required_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'}, {0}};
	int letter, status = -1;

	while (status < 0 &&
	    (letter = getopt_long(argc, argv, "h" LOAD_LETTERS, options, NULL)) != -1) {
		if (letter == 'h')
			status = print_help(argv[0], details);
		else if (letter == 'j' && (takes & ASK_JSON))
			ask->as_json = true;
		else if (letter == 'f' && (takes & ASK_FOR))
			status = take_duration(ask, optarg);
		else if (!load_option(&ask->load, letter, optarg))
			status = command_misused(argv[0]);
	}
	return status;
}

int
ask_begin(struct ask *ask, int argc, char **argv, unsigned takes, const char *details)
{
	*ask = (struct ask){.command = argv[0], .for_ns = ASK_FOREVER};
	int status = take_options(ask, argc, argv, takes, details);

	if (status < 0 && optind < argc && (takes & ASK_PATTERN))
		status = take_pattern(ask, argv[optind++]);
	if (status < 0 && (optind < argc || (ask->for_ns != ASK_FOREVER && ask->pattern == NULL)))
		status = command_misused(argv[0]);
	if (status >= 0)
		return status;
	status = settings_load(&ask->load, &ask->settings);
	return status == 0 ? -1 : status;
}

/* Without the newlines at the end. */
static int
trimmed_length(const struct text *text)
{
	size_t len = text->len;

	while (len > 0 && text->bytes[len - 1] == '\n')
		len--;
	return (int)len;
}

int
ask_show(const struct ask *ask, const char *line, unsigned seconds,
    void (*print)(const json_t *answer, struct text *out))
{
	struct text out = {0};
	json_t *answer = client_query(ask->command, &ask->settings.control, line, seconds, &out);

	if (answer != NULL && !ask->as_json) {
		text_reset(&out);
		print(answer, &out);
	}
	if (answer != NULL)
		printf("%.*s\n", trimmed_length(&out), out.bytes);
	text_fini(&out);
	json_decref(answer);
	return answer != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

void
ask_end(struct ask *ask)
{
	settings_free(&ask->settings);
	load_fini(&ask->load);
}
