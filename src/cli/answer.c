/* SPDX-License-Identifier: MIT */
/* answer.c -- figures out of the daemon's answers. */

#include "cli/answer.h"

uint64_t
answer_count(const json_t *object, const char *key)
{
	json_int_t count = json_integer_value(json_object_get(object, key));

	return count > 0 ? (uint64_t)count : 0;
}

double
answer_number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

void
answer_text(const json_t *object, const char *key, struct text *out)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_string(value))
		text_escape(out, json_string_value(value), json_string_length(value));
}

void
answer_cell_text(struct human_table *table, const json_t *object, const char *key)
{
	struct text shown = {0};

	answer_text(object, key, &shown);
	human_cell(table, "%s", text_string(&shown));
	text_fini(&shown);
}

void
answer_cell_count(struct human_table *table, const json_t *object, const char *key)
{
	human_cell_count(table, answer_count(object, key));
}

void
answer_cell_bytes(struct human_table *table, const json_t *object, const char *key)
{
	human_cell_bytes(table, answer_count(object, key));
}
