/* SPDX-License-Identifier: MIT */
/* block_text.c -- what became of series that an operator wants no more of. */

#include "cli/block_text.h"

#include "cli/answer.h"

#include <stdbool.h>

/* "12 series match" */
static void
print_matches(const json_t *answer, struct text *out)
{
	uint64_t series = answer_count(answer, "series");

	human_count(out, series);
	text_puts(out, series == 1 ? " series matches" : " series match");
}

static void
print_until(const json_t *block, struct text *out)
{
	const json_t *until = json_object_get(block, "until");

	if (json_is_number(until)) {
		text_puts(out, "until ");
		human_time(out, json_number_value(until));
	} else {
		text_puts(out, "until the daemon ends");
	}
}

/* In YAML's single quotes a quote is doubled, and nothing else is special. */
static void
print_rule(const char *pattern, struct text *out)
{
	text_puts(out, "rules:\n  - {match: '");
	for (const char *at = pattern; *at != '\0'; at++) {
		if (*at == '\'')
			text_byte(out, '\'');
		text_byte(out, *at);
	}
	text_puts(out, "', action: drop}\n");
}

void
block_print(const json_t *answer, struct text *out)
{
	const char *pattern = json_string_value(json_object_get(answer, "pattern"));

	answer_text(answer, "pattern", out);
	if (!json_is_true(json_object_get(answer, "blocked"))) {
		text_puts(out, " is no longer blocked: ");
		print_matches(answer, out);
		text_byte(out, '\n');
		return;
	}
	text_puts(out, " is blocked ");
	print_until(answer, out);
	text_puts(out, ": ");
	print_matches(answer, out);
	text_puts(out, ", and what comes for such names is refused as `blocked`\n");
	if (pattern == NULL)
		return;
	text_puts(out, "\nThe first rule of a configuration that refuses it for good:\n\n");
	print_rule(pattern, out);
}

void
block_print_list(const json_t *answer, struct text *out)
{
	const json_t *blocks = json_object_get(answer, "blocks");
	struct human_table table = {.align = "ll"};

	if (json_array_size(blocks) == 0) {
		text_puts(out, "nothing is blocked\n");
		return;
	}
	for (size_t i = 0; i < json_array_size(blocks); i++) {
		const json_t *block = json_array_get(blocks, i);
		struct text until = {0};

		print_until(block, &until);
		answer_cell_text(&table, block, "pattern");
		human_cell(&table, "%s", text_string(&until));
		text_fini(&until);
	}
	human_table_print(&table, out);
}

void
forget_print(const json_t *answer, struct text *out)
{
	bool any = answer_count(answer, "series") > 0;

	if (any)
		print_matches(answer, out);
	else
		text_puts(out, "nothing matches");
	text_byte(out, ' ');
	answer_text(answer, "pattern", out);
	text_puts(out, any ? ", and nothing is kept of them any more\n" : "\n");
}
