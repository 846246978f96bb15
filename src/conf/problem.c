/* SPDX-License-Identifier: MIT */
/* problem.c -- what is wrong, and where it stands. */

#include "conf/problem.h"

#include "base/mem.h"

#include <stdlib.h>

void
mark_print(const struct mark *mark, struct text *out)
{
	if (mark->layer == NULL) {
		text_puts(out, "default");
		return;
	}
	switch (mark->layer->kind) {
	case LAYER_FILE:
		text_puts(out, mark->layer->name);
		if (mark->line > 0)
			text_printf(out, ":%zu:%zu", mark->line, mark->column);
		break;
	case LAYER_ENVIRONMENT: text_printf(out, "environment %s", mark->layer->name); break;
	case LAYER_OPTION: text_printf(out, "-o %s", mark->layer->name); break;
	}
}

/* Quotes and backslashes are part of our sentences; the rest that needs it is
 * escaped. */
static void
escape_sentence(struct text *out, const char *bytes, size_t len)
{
	while (len > 0) {
		size_t run = 0;

		while (run < len && bytes[run] != '"' && bytes[run] != '\\')
			run++;
		text_escape(out, bytes, run);
		if (run < len)
			text_byte(out, bytes[run++]);
		bytes += run;
		len -= run;
	}
}

void
problem_add(struct problems *problems, const struct mark *mark, const char *format, ...)
{
	struct text raw = {0}, shown = {0};
	va_list args;

	if (mark->layer != NULL) {
		mark_print(mark, &raw);
		text_puts(&raw, ": ");
	}
	va_start(args, format);
	text_vprintf(&raw, format, args);
	va_end(args);
	escape_sentence(&shown, raw.bytes, raw.len);

	problems->at =
	    mem_room(problems->at, problems->count, &problems->cap, sizeof(*problems->at));
	problems->at[problems->count] = (struct problem){
	    .mark = *mark,
	    .order = problems->count,
	    .text = mem_copy_text(shown.bytes, shown.len),
	};
	problems->count++;
	text_fini(&raw);
	text_fini(&shown);
}

static int
compare(size_t one, size_t other)
{
	return (one > other) - (one < other);
}

static size_t
rank_of(const struct problem *problem)
{
	return problem->mark.layer == NULL ? 0 : problem->mark.layer->rank;
}

static int
problem_compare(const void *left, const void *right)
{
	const struct problem *one = left, *other = right;
	int by = compare(rank_of(one), rank_of(other));

	if (by == 0)
		by = compare(one->mark.line, other->mark.line);
	if (by == 0)
		by = compare(one->mark.column, other->mark.column);
	return by != 0 ? by : compare(one->order, other->order);
}

void
problems_sort(struct problems *problems)
{
	if (problems->count > 1)
		qsort(problems->at, problems->count, sizeof(*problems->at), problem_compare);
}

void
problems_fini(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->at[i].text);
	free(problems->at);
	*problems = (struct problems){0};
}
