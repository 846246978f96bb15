/* SPDX-License-Identifier: MIT */
/* template.c -- a text with parts of a name to be filled in. */

#include "ingest/template.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>

/* One after the other: bytes as they are, or a group. */
struct piece {
	const char *at; /* in the template's text; of a group: its name, as written */
	size_t len;
	bool is_group;
	size_t group;
};

struct template
{
	char *text;
	struct piece *pieces;
	size_t count, cap;
};

static bool
is_word(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

static size_t
word_len(const char *at)
{
	size_t len = 0;

	while (is_word(at[len]))
		len++;
	return len;
}

/* Is it the number of a group, or its name? */
static const char *
name_problem(const char *name, size_t len, bool braces)
{
	if (len == 0)
		return "nothing is between ${ and }";
	if (!isdigit((unsigned char)*name))
		return NULL;
	for (size_t i = 1; i < len; i++)
		if (!isdigit((unsigned char)name[i]))
			return braces ? "a group between ${ and } is a number or a name"
				      : "a letter, digit or _ after a group's number needs "
					"braces around that, like ${1}_x";
	return NULL;
}

/* Take one piece off *text, which is not at its end; NULL, or what is wrong. */
static const char *
next_piece(const char **text, struct piece *out)
{
	const char *at = *text;
	bool braces = at[0] == '$' && at[1] == '{';

	*out = (struct piece){.at = at};
	if (*at != '$') {
		out->len = strcspn(at, "$");
		*text = at + out->len;
		return NULL;
	}
	if (at[1] == '$') {
		out->len = 1;
		*text = at + 2;
		return NULL;
	}
	out->is_group = true;
	out->at = at + 1 + braces;
	out->len = word_len(out->at);
	*text = out->at + out->len + braces;
	if (braces && out->at[out->len] != '}')
		return strchr(out->at, '}') == NULL
		    ? "a ${ has no }"
		    : "a group between ${ and } is a number or a name";
	if (!braces && out->len == 0)
		return "a dollar that is no group is written $$";
	return name_problem(out->at, out->len, braces);
}

const char *
template_problem(const char *text)
{
	const char *problem = NULL;
	struct piece piece;

	while (problem == NULL && *text != '\0')
		problem = next_piece(&text, &piece);
	return problem;
}

/* No cleaning or encoding changes what has only these. */
static bool
is_plain_key(const char *key)
{
	if (*key == '\0')
		return false;
	for (; *key != '\0'; key++)
		if (!is_word(*key) && *key != '-' && *key != '.')
			return false;
	return true;
}

const char *
template_tags_problem(const struct item_pairs *tags)
{
	const char *problem = NULL;

	for (size_t i = 0; problem == NULL && i < tags->count; i++) {
		if (!is_plain_key(tags->at[i].key))
			problem = "the key of a tag has letters, digits, _ . and - only";
		else
			problem = template_problem(tags->at[i].value);
	}
	return problem;
}

static bool
find_group(struct piece *piece, const struct pattern *pattern, struct text *why)
{
	if (!piece->is_group)
		return true;
	piece->group = pattern_group(pattern, piece->at, piece->len);
	if (piece->group != PATTERN_NO_GROUP)
		return true;
	size_t groups = pattern_groups(pattern);

	text_printf(why, "there is no ${%.*s}: the match has ", (int)piece->len, piece->at);
	if (groups == 0)
		text_puts(why, "no stars or groups");
	else
		text_printf(why, "%zu star%s or group%s", groups, groups == 1 ? "" : "s",
		    groups == 1 ? "" : "s");
	return false;
}

struct template *
template_new(const char *text, const struct pattern *pattern, struct text *why)
{
	struct template *template = mem_zero(1, sizeof(*template));
	const char *at = template->text = mem_copy_text(text, strlen(text));

	while (*at != '\0') {
		struct piece piece;
		const char *problem = next_piece(&at, &piece);

		if (problem != NULL)
			text_puts(why, problem);
		if (problem != NULL || !find_group(&piece, pattern, why)) {
			template_free(template);
			return NULL;
		}
		template->pieces =
		    mem_room(template->pieces, template->count, &template->cap, sizeof(piece));
		template->pieces[template->count++] = piece;
	}
	return template;
}

void
template_free(struct template *template)
{
	if (template == NULL)
		return;
	free(template->pieces);
	free(template->text);
	free(template);
}

void
template_fill(const struct template *template, const struct glob_part *parts, struct text *out)
{
	for (size_t i = 0; i < template->count; i++) {
		const struct piece *piece = &template->pieces[i];

		if (piece->is_group)
			text_append(out, parts[piece->group].at, parts[piece->group].len);
		else
			text_append(out, piece->at, piece->len);
	}
}
