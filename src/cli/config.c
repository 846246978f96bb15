/* SPDX-License-Identifier: MIT */
/* config.c -- the configuration in force, the defaults, or the origin of each
 * value. */

#include "base/text.h"
#include "cli/command.h"
#include "cli/load.h"
#include "conf/conf.h"

#include <getopt.h>
#include <stdio.h>

static const char heading[] =
    "# tidemill.yaml -- every key with its default. As it is, this file changes\n"
    "# nothing: keep what you change and drop the rest. tidemill.yaml(5) explains\n"
    "# each key, `tidemill check` tells what is wrong.\n"
    "#\n"
    "# Stronger than this file are, in this order, conf.d/*.yaml beside it, the\n"
    "# environment (TIDEMILL__SINKS__GRAPHITE__ADDRESS=graphite-1:2003) and the\n"
    "# command line (-o sinks.graphite.address=graphite-1:2003).\n\n";

static const char details[] =
    "Without an option, the configuration in force is printed, as a file that\n"
    "would give it again.\n"
    "  -c FILE       read this file, not $TIDEMILL_CONFIG or " LOAD_DEFAULT_FILE "\n"
    "  -o KEY=VALUE  set a key, above all files\n"
    "  --defaults    print every key with its default and its meaning\n"
    "  --origin      say after each value where it comes from\n";

enum form { FORM_EFFECTIVE, FORM_DEFAULTS, FORM_ORIGIN };

static const struct option long_options[] = {
    {"defaults", no_argument, NULL, 'D'},
    {"origin", no_argument, NULL, 'O'},
    {0},
};

static int
print_defaults(void)
{
	struct text out = {0};

	text_puts(&out, heading);
	conf_print_defaults(&settings_items, &out);
	fputs(text_string(&out), stdout);
	text_fini(&out);
	return 0;
}

static int
print_loaded(struct load *load, bool origin)
{
	struct settings settings;
	struct text out = {0};
	int status = settings_load(load, &settings);

	if (status == 0) {
		text_printf(&out, "# from %s\n", load_source(load));
		conf_print(load->conf, &settings, origin, &out);
		fputs(text_string(&out), stdout);
	}
	text_fini(&out);
	settings_free(&settings);
	return status;
}

int
config_command(int argc, char **argv)
{
	struct load load = {0};
	enum form form = FORM_EFFECTIVE;
	int letter, status = -1;

	while (status < 0 &&
	    (letter = getopt_long(argc, argv, "h" LOAD_LETTERS, long_options, NULL)) != -1) {
		if (letter == 'D')
			form = FORM_DEFAULTS;
		else if (letter == 'O')
			form = FORM_ORIGIN;
		else if (letter == 'h')
			status = command_help(argv[0], details);
		else if (!load_option(&load, letter, optarg))
			status = command_misused(argv[0]);
	}
	if (status < 0 && optind < argc)
		status = command_misused(argv[0]);
	if (status < 0)
		status = form == FORM_DEFAULTS ? print_defaults()
					       : print_loaded(&load, form == FORM_ORIGIN);
	load_fini(&load);
	return status;
}
