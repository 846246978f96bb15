/* SPDX-License-Identifier: MIT */
/* template.h -- a text with parts of a name to be filled in.
 *
 *   $1 ${1}   what the first star or group took; a letter, digit or _ that
 *             follows needs the braces
 *   ${name}   what the group of that name took
 *   $$        a dollar */

#pragma once

#include "base/item.h"
#include "ingest/pattern.h"

struct template;

/* NULL: it is one, as far as can be told without its pattern. Else a plain
 * sentence that says what is wrong. */
const char *template_problem(const char *text);

/* The same of tags: fixed keys, and templates as their values. */
const char *template_tags_problem(const struct item_pairs *tags);

/* NULL: it speaks of a group that the pattern has not, or has a problem; why
 * is appended. */
struct template *template_new(const char *text, const struct pattern *pattern, struct text *why);
void template_free(struct template *template);

/* Append the text with the parts filled in. */
void
template_fill(const struct template *template, const struct glob_part *parts, struct text *out);
