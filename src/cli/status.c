/* SPDX-License-Identifier: MIT */
/* status.c -- what the running daemon says about itself. */

#include "cli/client.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/status_text.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Without the newlines at the end. */
static size_t
trimmed_length(const struct text *text)
{
	size_t len = text->len;

	while (len > 0 && text->bytes[len - 1] == '\n')
		len--;
	return len;
}

static int
show_status(const struct control_settings *control, bool as_json)
{
	struct text out = {0};
	json_t *status = client_status("status", control, &out);

	if (status != NULL && !as_json) {
		text_reset(&out);
		status_print(status, &out);
	}
	if (status != NULL)
		printf("%.*s\n", (int)trimmed_length(&out), out.bytes);
	text_fini(&out);
	if (status == NULL)
		return EXIT_FAILURE;
	json_decref(status);
	return EXIT_SUCCESS;
}

static const char details[] =
    "  --json         the daemon's answer as it came\n"
    "  -c FILE        the daemon's configuration: where its control socket is\n"
    "  -o KEY=VALUE   likewise, as in -o control.socket=/run/tidemill/control\n";

int
status_command(int argc, char **argv)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	struct load load = {0};
	struct settings settings;
	bool as_json = false;
	int letter;

	while ((letter = getopt_long(argc, argv, "h" LOAD_LETTERS, options, NULL)) != -1) {
		if (letter == 'h' || (letter != 'j' && !load_option(&load, letter, optarg))) {
			load_fini(&load);
			return letter == 'h' ? command_help(argv[0], details)
					     : command_misused(argv[0]);
		}
		as_json = as_json || letter == 'j';
	}
	if (optind < argc) {
		load_fini(&load);
		return command_misused(argv[0]);
	}
	int status = settings_load(&load, &settings);

	if (status == 0)
		status = show_status(&settings.control, as_json);
	settings_free(&settings);
	load_fini(&load);
	return status;
}
