/* SPDX-License-Identifier: MIT */
/* load.h -- from a command line to settings: which file, which layers.
 *
 *     struct load load = {0};
 *     while ((letter = getopt(argc, argv, "h" LOAD_LETTERS)) != -1)
 *         if (!load_option(&load, letter, optarg)) ...
 *     int status = settings_load(&load, &settings);
 *     ...
 *     settings_free(&settings);
 *     load_fini(&load);
 */

#pragma once

#include "base/text.h"
#include "cli/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct conf;
struct rules;

/* What every command that reads the configuration accepts, for getopt(). */
#define LOAD_LETTERS "c:o:"

struct load {
	const char *file;     /* -c; NULL: $TIDEMILL_CONFIG, else LOAD_DEFAULT_FILE if it exists */
	const char **options; /* -o, in order; the texts are argv's */
	size_t count, cap;
	char *read; /* after settings_load(): the file that was read; NULL: none, built-ins */
	struct conf *conf;    /* after settings_load(): knows where each value came from */
	struct rules *rules;  /* after settings_load(): compiled; NULL: there are none */
	struct text warnings; /* of the rules, one to a line */
};

#define LOAD_DEFAULT_FILE "/etc/tidemill/tidemill.yaml"

/* Keep what -c or -o gave; false if the letter is another. */
bool load_option(struct load *load, int letter, const char *value);

/* Read every layer into settings, and the files that they include. 0; else
 * EXIT_CONFIG, every problem printed to standard error. settings_free() is due
 * either way. */
int settings_load(struct load *load, struct settings *settings);

/* "/etc/tidemill/tidemill.yaml", or "built-in defaults": what was read, for
 * people. */
const char *load_source(const struct load *load);

void load_fini(struct load *load);

void settings_free(struct settings *settings);
