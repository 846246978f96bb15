/* SPDX-License-Identifier: MIT */
/* sources_text.c -- who sends how much, for people. */

#include "cli/sources_text.h"

#include "base/mem.h"
#include "cli/answer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* What a person looks at; --json has the rest. */
#define SHOWN 20

/* A source, by its place in the answer, and what was refused of it. */
struct offender {
	size_t index;
	uint64_t refused;
};

static int
compare_offenders(const void *a, const void *b)
{
	const struct offender *left = a, *right = b;

	if (left->refused != right->refused)
		return left->refused < right->refused ? 1 : -1;
	return left->index < right->index ? -1 : left->index > right->index;
}

/* Which sources are worth a line: the busiest, which come first, and of the
 * others those of whom most new series were refused. One flag for each. */
static bool *
choose_sources(const json_t *sources)
{
	size_t count = json_array_size(sources);
	bool *chosen = mem_zero(count + 1, sizeof(*chosen));
	struct offender *offenders = mem_zero(count + 1, sizeof(*offenders));

	for (size_t i = 0; i < count; i++)
		offenders[i] = (struct offender){
		    i, answer_count(json_array_get(sources, i), "series_refused")};
	qsort(offenders, count, sizeof(*offenders), compare_offenders);
	for (size_t i = 0; i < count && i < SHOWN; i++) {
		chosen[i] = true;
		if (offenders[i].refused > 0)
			chosen[offenders[i].index] = true;
	}
	free(offenders);
	return chosen;
}

static void
print_rest(size_t rest, struct text *out)
{
	if (rest > 0)
		text_printf(out, "and %zu more; --json has them all\n", rest);
}

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
	bool *chosen = choose_sources(sources);
	size_t rest = 0;

	human_titles(&table, "source|lines|refused|series|new ones refused|last seen");
	for (size_t i = 0; i < json_array_size(sources); i++) {
		rest += !chosen[i];
		if (!chosen[i])
			continue;
		answer_cell_text(&table, json_array_get(sources, i), "source");
		add_figures(&table, json_array_get(sources, i));
	}
	if (json_is_object(others)) {
		human_cell(&table, "others");
		add_figures(&table, others);
	}
	human_table_print(&table, out);
	print_rest(rest, out);
	free(chosen);
}

static void
print_prefixes(const json_t *prefixes, struct text *out)
{
	struct human_table table = {.align = "lr"};
	size_t count = json_array_size(prefixes);

	if (count == 0)
		return;
	text_puts(out, "\nlines refused for new series beyond a limit, by how their names begin\n");
	for (size_t i = 0; i < count && i < SHOWN; i++) {
		const json_t *prefix = json_array_get(prefixes, i);
		struct text refused = {0};

		/* How often a prefix came before it was counted is not known. */
		if (answer_count(prefix, "error") > 0)
			text_puts(&refused, "at most ");
		human_count(&refused, answer_count(prefix, "refused"));
		answer_cell_text(&table, prefix, "prefix");
		human_cell(&table, "%s", text_string(&refused));
		text_fini(&refused);
	}
	human_table_print(&table, out);
	print_rest(count > SHOWN ? count - SHOWN : 0, out);
}

void
sources_print(const json_t *answer, struct text *out)
{
	print_sources(answer, out);
	print_prefixes(json_object_get(answer, "prefixes"), out);
}
