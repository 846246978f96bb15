/* SPDX-License-Identifier: MIT */
/* print.c -- the settings in force, as a file that would give them again. */

#include "base/mem.h"
#include "conf/conf.h"
#include "conf/place.h"
#include "conf/scalar.h"
#include "conf/stack.h"

#include <stdlib.h>
#include <string.h>

/* Where the comment of a line starts. */
#define ORIGIN_COLUMN 48

struct print {
	struct text *out;
	bool origin;
	bool dash; /* before the next key: an element of a list begins */
	unsigned depth;
};

static void
print_indent(struct print *print, size_t *start_out)
{
	*start_out = print->out->len;
	for (unsigned i = 0; i < print->depth; i++)
		text_puts(print->out, print->dash && i + 1 == print->depth ? "- " : "  ");
	print->dash = false;
}

static void
print_key(struct print *print, const char *key, size_t *start_out)
{
	print_indent(print, start_out);
	text_puts(print->out, key);
	text_byte(print->out, ':');
}

/* The line that began at `start` is complete. */
static void
end_line(struct print *print, size_t start, const struct mark *mark)
{
	if (print->origin) {
		struct text origin = {0};

		do
			text_byte(print->out, ' ');
		while (print->out->len - start < ORIGIN_COLUMN);
		mark_print(mark, &origin);
		text_puts(print->out, "# ");
		text_escape(print->out, origin.bytes, origin.len);
		text_fini(&origin);
	}
	text_byte(print->out, '\n');
}

static void
print_list(const struct item *item, const struct item_list *list, struct text *out)
{
	size_t size = place_element_size(item);

	text_byte(out, '[');
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			text_puts(out, ", ");
		scalar_print(item, item->element, (const char *)list->at + i * size, out);
	}
	text_byte(out, ']');
}

static void print_block(struct print *print, const struct item_table *table, const void *settings,
    const struct node *node);

static void
print_entry(struct print *print, const struct item *map, const struct item_entry *entry,
    const struct node_child *said)
{
	const struct item_table *table =
	    map->variants != NULL ? map->variants[entry->variant] : map->block;
	const struct node_child *type = said != NULL ? node_child(said->node, "type") : NULL;
	size_t start;

	print_key(print, entry->name, &start);
	text_byte(print->out, '\n');
	print->depth++;
	if (map->variants != NULL) {
		print_key(print, "type", &start);
		text_byte(print->out, ' ');
		scalar_print_string(table->name, print->out);
		end_line(print, start, type != NULL ? &type->mark : &(struct mark){0});
	}
	print_block(print, table, entry->settings, said != NULL ? said->node : NULL);
	print->depth--;
}

static void
print_map(struct print *print, const struct item *item, const struct item_map *map,
    const struct node *node)
{
	size_t start;

	print_key(print, item->key, &start);
	text_puts(print->out, map->count == 0 ? " {}\n" : "\n");
	print->depth++;
	for (size_t i = 0; i < map->count; i++)
		print_entry(print, item, &map->at[i], node_child(node, map->at[i].name));
	print->depth--;
}

/* What has no lines of its own below: "key: []". */
static void
print_empty(struct print *print, const char *key, const char *value, const struct node_child *said)
{
	size_t start;

	print_key(print, key, &start);
	text_puts(print->out, value);
	end_line(print, start, said != NULL ? &said->mark : &(struct mark){0});
}

static void
print_blocks(struct print *print, const struct item *item, const struct item_list *list,
    const struct node_child *said)
{
	const struct node *node = said != NULL ? said->node : NULL;
	size_t size = item->block->size, start;

	if (list->count == 0) {
		print_empty(print, item->key, " []", said);
		return;
	}
	print_key(print, item->key, &start);
	text_byte(print->out, '\n');
	print->depth += 2;
	for (size_t i = 0; i < list->count; i++) {
		print->dash = true;
		print_block(print, item->block, (const char *)list->at + i * size,
		    node != NULL ? node->child[i].node : NULL);
	}
	print->depth -= 2;
}

static void
print_pairs(struct print *print, const struct item *item, const struct item_pairs *pairs,
    const struct node_child *said)
{
	size_t start;

	if (pairs->count == 0) {
		print_empty(print, item->key, " {}", said);
		return;
	}
	print_key(print, item->key, &start);
	text_byte(print->out, '\n');
	print->depth++;
	for (size_t i = 0; i < pairs->count; i++) {
		const struct item_pair *pair = &pairs->at[i];
		const struct node_child *child =
		    said != NULL ? node_child(said->node, pair->key) : NULL;

		print_indent(print, &start);
		scalar_print_string(pair->key, print->out);
		text_puts(print->out, ": ");
		scalar_print_string(pair->value, print->out);
		end_line(print, start, child != NULL ? &child->mark : &(struct mark){0});
	}
	print->depth--;
}

static void
print_scalar(
    struct print *print, const struct item *item, const void *member, const struct node_child *said)
{
	size_t start;

	print_key(print, item->key, &start);
	text_byte(print->out, ' ');
	if (item->type == ITEM_LIST)
		print_list(item, member, print->out);
	else
		scalar_print(item, item->type, member, print->out);
	end_line(print, start, said != NULL ? &said->mark : &(struct mark){0});
}

static void
print_block(struct print *print, const struct item_table *table, const void *settings,
    const struct node *node)
{
	for (const struct item *item = table->items; item->key != NULL; item++) {
		const void *member = (const char *)settings + item->offset;
		const struct node_child *said = node_child(node, item->key);
		size_t start;

		if (item->type == ITEM_MAP) {
			print_map(print, item, member, said != NULL ? said->node : NULL);
		} else if (item->type == ITEM_PAIRS) {
			print_pairs(print, item, member, said);
		} else if (place_has_blocks(item)) {
			print_blocks(print, item, member, said);
		} else if (item->type == ITEM_BLOCK) {
			print_key(print, item->key, &start);
			text_byte(print->out, '\n');
			print->depth++;
			print_block(print, item->block, member, said != NULL ? said->node : NULL);
			print->depth--;
		} else {
			print_scalar(print, item, member, said);
		}
	}
}

void
conf_print(const struct conf *conf, const void *settings, bool origin, struct text *out)
{
	struct print print = {.out = out, .origin = origin};

	print_block(&print, conf->root, settings, conf->tree);
}

/* What a piece of a path names: a key, or a key and an element of its list. */
static const struct node_child *
path_child(const struct node *node, char *key)
{
	char *bracket = strchr(key, '[');

	if (bracket == NULL)
		return node_child(node, key);
	*bracket = '\0';
	const struct node *list = node_get(node, key);
	size_t number = strtoul(bracket + 1, NULL, 10);
	bool there = list != NULL && list->type == NODE_LIST && number > 0 && number <= list->count;

	return there ? &list->child[number - 1] : NULL;
}

void
conf_origin(const struct conf *conf, const char *path, struct text *out)
{
	const struct node *node = conf->tree;
	struct mark mark = {0};
	char *key = mem_copy_text(path, strlen(path));

	for (char *at = key, *next; at != NULL; at = next) {
		next = strchr(at, '.');
		if (next != NULL)
			*next++ = '\0';
		const struct node_child *child = path_child(node, at);

		mark = child != NULL ? child->mark : (struct mark){0};
		node = child != NULL ? child->node : NULL;
	}
	mark_print(&mark, out);
	free(key);
}
