/* SPDX-License-Identifier: MIT */
/* sample.c -- every key with its default and what there is to say about it:
 * a file to start from, which changes nothing as it is. */

#include "conf/conf.h"
#include "conf/parse.h"
#include "conf/place.h"
#include "conf/scalar.h"

#include <string.h>

/* Comments start at this column and are broken before that one; beside a value
 * that ends behind the widest there is no room for one. */
#define COMMENT_COLUMN 32
#define COMMENT_END 98
#define VALUE_WIDEST 60

struct sample {
	struct text *out;
	const char *before; /* each line: "" or "# ", for what is not in force */
	bool dash;          /* before the next key: an element of a list begins */
	unsigned depth;
};

static void
sample_block(struct sample *sample, const struct item_table *table, const struct node *given);

static void
pad(struct text *out, size_t start, size_t column)
{
	while (out->len - start < column)
		text_byte(out, ' ');
}

/* "# " and the comment after the line that began at start, its words going on
 * below where they are too many. */
static void
end_line(struct sample *sample, size_t start, const char *comment)
{
	struct text *out = sample->out;
	size_t room = COMMENT_END - COMMENT_COLUMN - 2;
	/* Comments of lines that are comments themselves stand on their own. */
	const char *again = sample->before;

	if (*comment != '\0' && out->len - start > VALUE_WIDEST) {
		text_byte(out, '\n');
		start = out->len;
		text_puts(out, again);
	} else if (*comment != '\0') {
		text_byte(out, ' ');
	}
	while (*comment != '\0') {
		size_t len = strlen(comment);

		if (len > room) {
			len = room;
			while (len > 0 && comment[len] != ' ')
				len--;
			if (len == 0)
				len = strcspn(comment, " ");
		}
		pad(out, start, COMMENT_COLUMN);
		text_puts(out, "# ");
		text_append(out, comment, len);
		comment += len + strspn(comment + len, " ");
		if (*comment != '\0') {
			text_byte(out, '\n');
			start = out->len;
			text_puts(out, again);
		}
	}
	text_byte(out, '\n');
}

static size_t
begin_line(struct sample *sample, const char *key)
{
	size_t start = sample->out->len;

	text_puts(sample->out, sample->before);
	for (unsigned i = 0; i < sample->depth; i++)
		text_puts(sample->out, sample->dash && i + 1 == sample->depth ? "- " : "  ");
	sample->dash = false;
	text_puts(sample->out, key);
	text_byte(sample->out, ':');
	return start;
}

/* Help that starts with the first choice explains them one by one. */
static bool
help_lists_choices(const struct item *item)
{
	size_t len = strlen(item->choices[0]);

	return item->help != NULL && strncmp(item->help, item->choices[0], len) == 0 &&
	    item->help[len] == ':';
}

static void
describe_choices(const struct item *item, struct text *out)
{
	if (help_lists_choices(item))
		return;
	for (size_t i = 0; item->choices[i] != NULL; i++)
		text_printf(out, "%s%s", i > 0 ? " | " : "", item->choices[i]);
	if (item->help != NULL)
		text_puts(out, "; ");
}

static bool
is_numeric(enum item_type type)
{
	return type == ITEM_INT || type == ITEM_NUMBER || type == ITEM_PERCENT ||
	    type == ITEM_DURATION || type == ITEM_SIZE || type == ITEM_MODE;
}

/* "(100ms to 1h, or auto)" */
static void
describe_range(const struct item *item, enum item_type type, struct text *out)
{
	bool bounded = is_numeric(type) && (item->least != 0 || item->most != 0);

	if (!bounded && item->word == NULL && item->most_elements == 0)
		return;
	text_puts(out, out->len > 0 ? " (" : "(");
	if (item->most_elements > 1) {
		text_printf(out, "at most %zu", item->most_elements);
		if (bounded || item->word != NULL)
			text_puts(out, ", each ");
	} else if (item->most_elements == 1) {
		text_puts(out, "one");
	}
	if (item->type == ITEM_LIST && item->word != NULL && !bounded) {
		text_puts(out, scalar_describe(type));
		text_byte(out, ' ');
	}
	if (bounded) {
		scalar_print_number(type, item->least, out);
		text_puts(out, " to ");
		scalar_print_number(type, item->most, out);
	}
	if (item->word != NULL)
		text_printf(out, "%sor %s", bounded ? ", " : "", item->word);
	text_byte(out, ')');
}

static void
describe(const struct item *item, struct text *out)
{
	enum item_type type = item->type == ITEM_LIST ? item->element : item->type;

	if (place_fallback(item) == NULL)
		text_puts(out, "required: ");
	if (item->choices != NULL)
		describe_choices(item, out);
	if (item->help != NULL)
		text_puts(out, item->help);
	describe_range(item, type, out);
	text_string(out);
}

/* A tree as one line of YAML; defaults are scalars, lists and pairs of them. */
static void
print_flow(const struct item *item, const struct node *node, struct text *out)
{
	bool map = node->type == NODE_MAP;

	if (node->type == NODE_SCALAR) {
		bool verbatim = is_numeric(item->type == ITEM_LIST ? item->element : item->type);

		if (verbatim)
			text_puts(out, node->text);
		else
			scalar_print_string(node->text, out);
		return;
	}
	text_byte(out, map ? '{' : '[');
	for (size_t i = 0; i < node->count; i++) {
		if (i > 0)
			text_puts(out, ", ");
		if (map) {
			scalar_print_string(node->child[i].key, out);
			text_puts(out, ": ");
		}
		print_flow(item, node->child[i].node, out);
	}
	text_byte(out, map ? '}' : ']');
}

static struct node *
parse_flow(const char *flow)
{
	struct problems problems = {0};
	bool broken = false;
	struct node *node = parse_yaml(NULL, true, flow, strlen(flow), &problems, &broken);

	problems_fini(&problems);
	return node;
}

static void
sample_value(struct sample *sample, const struct item *item, const struct node *given)
{
	struct text comment = {0};
	const char *flow = place_fallback(item);
	struct node *fallback = given == NULL && flow != NULL ? parse_flow(flow) : NULL;
	const struct node *value = given != NULL ? given : fallback;
	size_t start = begin_line(sample, item->key);

	if (value != NULL) {
		text_byte(sample->out, ' ');
		print_flow(item, value, sample->out);
	}
	describe(item, &comment);
	end_line(sample, start, comment.bytes);
	text_fini(&comment);
	node_free(&fallback);
}

static void
sample_entry(struct sample *sample, const char *name, const struct item_table *table, bool typed,
    const struct node *given)
{
	end_line(sample, begin_line(sample, name), "");
	sample->depth++;
	if (typed) {
		size_t start = begin_line(sample, "type");

		text_printf(sample->out, " %s", table->name);
		end_line(sample, start, "");
	}
	sample_block(sample, table, given);
	sample->depth--;
}

/* The built-in entries, then the other variants as an example each. */
static void
sample_map(struct sample *sample, const struct item *item)
{
	struct node *given = parse_flow(place_fallback(item));
	const char *before = sample->before;
	size_t start = begin_line(sample, item->key);

	place_lengthen((struct place){.item = item}, &given, NULL);
	end_line(sample, start, item->help != NULL ? item->help : "");
	sample->depth++;
	for (size_t i = 0; i < given->count; i++) {
		const struct node *entry = given->child[i].node;
		const struct node *type = node_get(entry, "type");
		const struct item_table *table = item->variants != NULL
		    ? item->variants[place_variant(item, type->text)]
		    : item->block;

		sample_entry(sample, given->child[i].key, table, item->variants != NULL, entry);
	}
	sample->before = "# ";
	for (size_t i = 0; item->variants != NULL && item->variants[i] != NULL; i++) {
		bool shown = false;

		for (size_t j = 0; j < given->count; j++)
			shown |= strcmp(node_get(given->child[j].node, "type")->text,
				     item->variants[i]->name) == 0;
		if (!shown)
			sample_entry(
			    sample, item->variants[i]->name, item->variants[i], true, NULL);
	}
	sample->before = before;
	sample->depth--;
	node_free(&given);
}

/* The built-in elements; an example where there are none. */
static void
sample_blocks(struct sample *sample, const struct item *item, const struct node *said)
{
	const char *before = sample->before;
	struct text comment = {0};
	struct node *fallback = NULL;
	const struct node *list = said;
	size_t start = begin_line(sample, item->key);

	if (list == NULL) {
		fallback = parse_flow(item->fallback != NULL ? item->fallback : "[]");
		place_lengthen(place_of(item), &fallback, NULL);
		list = fallback;
	}
	describe(item, &comment);
	end_line(sample, start, comment.bytes);
	sample->depth += 2;
	for (size_t i = 0; i < list->count; i++) {
		sample->dash = true;
		sample_block(sample, item->block, list->child[i].node);
	}
	if (list->count == 0) {
		sample->before = "# ";
		sample->dash = true;
		sample_block(sample, item->block, NULL);
	}
	sample->before = before;
	sample->depth -= 2;
	text_fini(&comment);
	node_free(&fallback);
}

static void
sample_block(struct sample *sample, const struct item_table *table, const struct node *given)
{
	for (const struct item *item = table->items; item->key != NULL; item++) {
		bool block =
		    item->type == ITEM_BLOCK || item->type == ITEM_MAP || place_has_blocks(item);

		if (block && sample->depth == 0)
			text_byte(sample->out, '\n');
		if (item->type == ITEM_MAP) {
			sample_map(sample, item);
		} else if (place_has_blocks(item)) {
			sample_blocks(sample, item, node_get(given, item->key));
		} else if (item->type == ITEM_BLOCK) {
			size_t start = begin_line(sample, item->key);

			end_line(sample, start, item->help != NULL ? item->help : "");
			sample->depth++;
			sample_block(sample, item->block, node_get(given, item->key));
			sample->depth--;
		} else {
			sample_value(sample, item, node_get(given, item->key));
		}
	}
}

void
conf_print_defaults(const struct item_table *root, struct text *out)
{
	struct sample sample = {.out = out, .before = ""};

	sample_block(&sample, root, NULL);
}
