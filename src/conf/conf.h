/* SPDX-License-Identifier: MIT */
/* conf.h -- the configuration: layers of strict YAML in, a struct out.
 *
 *     struct conf *conf = conf_new(&root_items);
 *     conf_read_file(conf, "/etc/x.yaml");           weakest layer first
 *     conf_read_dir(conf, "/etc/conf.d");
 *     conf_read_environment(conf, environ);
 *     conf_read_option(conf, "sinks.graphite.address=127.0.0.1:2003");
 *     if (conf_apply(conf, &settings) > 0)
 *         for each of them, print conf_problem(conf, i);
 *     conf_settings_free(&root_items, &settings);
 *     conf_free(conf);
 *
 * Maps of a stronger layer merge into those of a weaker one, those of the
 * user's keys too; everything else, lists of blocks too, replaces it. Whatever is wrong becomes a problem; reading goes on, so that
 * all of them are reported at once. */

#pragma once

#include "base/item.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* A larger file is refused. */
#define CONF_FILE_BYTES ((size_t)1 << 20)

struct conf;

/* The root table must outlive the conf. A root key `hostname` is what %{host}
 * stands for; where its value is "auto" it becomes the machine's name. */
struct conf *conf_new(const struct item_table *root);
void conf_free(struct conf *conf);

/* A file as the next stronger layer; one that cannot be read is a problem. */
void conf_read_file(struct conf *conf, const char *path);

/* Every *.yaml of a directory, by name, each stronger than the one before. A
 * directory that is not there has none. */
void conf_read_dir(struct conf *conf, const char *path);

/* The text of a file; name is what problems call it. */
void conf_read_text(struct conf *conf, const char *name, const char *bytes, size_t len);

/* Every PREFIX__A__B=value: key a.b. Other variables are not looked at. */
void conf_read_environment(struct conf *conf, const char *prefix, char *const *environment);

/* One key=value, the key with dots. */
void conf_read_option(struct conf *conf, const char *option);

/* Fill in the root table's struct: defaults, overlaid with what was read.
 * Returns the number of problems, those of reading included. Even then the
 * struct is complete enough for conf_settings_free(). Once per conf. */
size_t conf_apply(struct conf *conf, void *settings);

/* "FILE:LINE:COLUMN: sentence", "environment NAME: sentence" or
 * "-o KEY: sentence"; in the order of layers, then of lines. */
size_t conf_problem_count(const struct conf *conf);
const char *conf_problem(const struct conf *conf, size_t index);

/* Append where the value of a key ("sinks.graphite.address", "rules[2].match":
 * elements are counted from 1) came from:
 * "FILE:LINE:COLUMN", "environment NAME", "-o KEY", or "default". */
void conf_origin(const struct conf *conf, const char *path, struct text *out);

/* Give back what conf_apply() allocated, and zero the struct. */
void conf_settings_free(const struct item_table *table, void *settings);

/* The settings as a file that would give the same ones. With origin each line
 * ends in a comment that says where its value came from. */
void conf_print(const struct conf *conf, const void *settings, bool origin, struct text *out);

/* Every key of the table with its default, help, unit and choices: a file
 * that loads, and changes nothing. */
void conf_print_defaults(const struct item_table *root, struct text *out);
