/* SPDX-License-Identifier: MIT */
/* load.c -- from a command line to settings. */

#include "cli/load.h"

#include "base/mem.h"
#include "base/text.h"
#include "cli/command.h"
#include "conf/conf.h"
#include "ingest/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENVIRONMENT_PREFIX "TIDEMILL"
#define ENVIRONMENT_FILE "TIDEMILL_CONFIG"
#define DIRECTORY "conf.d"

bool
load_option(struct load *load, int letter, const char *value)
{
	if (letter == 'c') {
		load->file = value;
		return true;
	}
	if (letter != 'o')
		return false;
	load->options = mem_room(load->options, load->count, &load->cap, sizeof(*load->options));
	load->options[load->count++] = value;
	return true;
}

/* Which file is meant; NULL: none. */
static const char *
find_file(const struct load *load)
{
	if (load->file != NULL)
		return load->file;
	const char *named = getenv(ENVIRONMENT_FILE);

	if (named != NULL && *named != '\0')
		return named;
	return access(LOAD_DEFAULT_FILE, F_OK) == 0 ? LOAD_DEFAULT_FILE : NULL;
}

static void
read_file(struct conf *conf, const char *file)
{
	const char *slash = strrchr(file, '/');
	struct text directory = {0};

	conf_read_file(conf, file);
	if (slash != NULL)
		text_append(&directory, file, (size_t)(slash - file) + 1);
	text_puts(&directory, DIRECTORY);
	conf_read_dir(conf, text_string(&directory));
	text_fini(&directory);
}

/* A sentence about the file's own rules begins with the key, and gets the
 * place where that stands; one about an included file has its place. */
static void
print_problem(const struct load *load, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	struct text out = {0};

	if (colon != NULL && strncmp(line, "rules[", 6) == 0) {
		char *key = mem_copy_text(line, (size_t)(colon - line));

		conf_origin(load->conf, key, &out);
		text_puts(&out, ": ");
		free(key);
	}
	text_append(&out, line, len);
	fprintf(stderr, "%s\n", text_string(&out));
	text_fini(&out);
}

/* Rules can be wrong in ways that no single key shows. Files that they include
 * are read here, once. */
static int
compile_rules(struct load *load, const struct settings *settings)
{
	struct text problems = {0};
	size_t len;

	if (settings->rules.count == 0)
		return 0;
	load->rules = rules_new(&settings->rules, &problems, &load->warnings);
	for (const char *at = text_string(&problems); *at != '\0'; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		print_problem(load, at, len);
	}
	text_fini(&problems);
	return load->rules != NULL ? 0 : EXIT_CONFIG;
}

int
settings_load(struct load *load, struct settings *settings)
{
	const char *file = find_file(load);

	load->conf = conf_new(&settings_items);
	if (file != NULL) {
		load->read = mem_copy_text(file, strlen(file));
		read_file(load->conf, file);
	}
	conf_read_environment(load->conf, ENVIRONMENT_PREFIX, environ);
	for (size_t i = 0; i < load->count; i++)
		conf_read_option(load->conf, load->options[i]);
	size_t problems = conf_apply(load->conf, settings);

	for (size_t i = 0; i < problems; i++)
		fprintf(stderr, "%s\n", conf_problem(load->conf, i));
	return problems == 0 ? compile_rules(load, settings) : EXIT_CONFIG;
}

const char *
load_source(const struct load *load)
{
	return load->read != NULL ? load->read : "built-in defaults";
}

void
load_fini(struct load *load)
{
	conf_free(load->conf);
	rules_free(load->rules);
	text_fini(&load->warnings);
	free(load->read);
	free(load->options);
	*load = (struct load){0};
}

void
settings_free(struct settings *settings)
{
	conf_settings_free(&settings_items, settings);
}
