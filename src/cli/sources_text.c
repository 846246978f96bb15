/* SPDX-License-Identifier: MIT */
/* sources_text.c -- who sends how much, for people. */

#include "cli/sources_text.h"

#include "cli/answer.h"

static void
add_figures(struct human_table *table, const json_t *source)
{
	struct text seen = {0};

	human_time(&seen, answer_number(source, "last_seen"));
	answer_cell_count(table, source, "lines");
	answer_cell_count(table, source, "refused");
	answer_cell_count(table, source, "series");
	answer_cell_count(table, source, "series_refused");
	human_cell(table, "%s", text_string(&seen));
	text_fini(&seen);
}

static void
print_sources(const json_t *answer, struct text *out)
{
	const json_t *sources = json_object_get(answer, "sources");
	const json_t *others = json_object_get(answer, "others");
	struct human_table table = {.align = "lrrrrl"};

	human_titles(&table, "source|lines|refused|series|new ones refused|last seen");
	for (size_t i = 0; i < json_array_size(sources); i++) {
		answer_cell_text(&table, json_array_get(sources, i), "source");
		add_figures(&table, json_array_get(sources, i));
	}
	if (json_is_object(others)) {
		human_cell(&table, "others");
		add_figures(&table, others);
	}
	human_table_print(&table, out);
}

static void
print_prefixes(const json_t *prefixes, struct text *out)
{
	struct human_table table = {.align = "lr"};

	if (json_array_size(prefixes) == 0)
		return;
	text_puts(out, "\nlines refused for new series beyond a limit, by how their names begin\n");
	for (size_t i = 0; i < json_array_size(prefixes); i++) {
		const json_t *prefix = json_array_get(prefixes, i);
		struct text count = {0};

		/* How often a prefix came before it was counted is not known. */
		if (answer_count(prefix, "error") > 0)
			text_puts(&count, "at most ");
		human_count(&count, answer_count(prefix, "refused"));
		answer_cell_text(&table, prefix, "prefix");
		human_cell(&table, "%s", text_string(&count));
		text_fini(&count);
	}
	human_table_print(&table, out);
}

void
sources_print(const json_t *answer, struct text *out)
{
	print_sources(answer, out);
	print_prefixes(json_object_get(answer, "prefixes"), out);
}
