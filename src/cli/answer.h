/* SPDX-License-Identifier: MIT */
/* answer.h -- figures out of the daemon's answers, into tables for people. What
 * the daemon does not say is nothing, or zero. */

#pragma once

#include "cli/human.h"

#include <jansson.h>

uint64_t answer_count(const json_t *object, const char *key);
double answer_number(const json_t *object, const char *key);

/* A text, for people: control bytes and the like escaped. */
void answer_text(const json_t *object, const char *key, struct text *out);

/* Append a cell. */
void answer_cell_text(struct human_table *table, const json_t *object, const char *key);
void answer_cell_count(struct human_table *table, const json_t *object, const char *key);
void answer_cell_bytes(struct human_table *table, const json_t *object, const char *key);
