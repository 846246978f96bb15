/* SPDX-License-Identifier: MIT */
/* print.c -- the settings in force, as a file that would give them again. */

#include "base/mem.h"
#include "conf/conf.h"
#include "conf/scalar.h"
#include "conf/stack.h"

#include <stdlib.h>
#include <string.h>

/* Where the comment of a line starts. */
#define ORIGIN_COLUMN 48

struct print {
	struct text *out;
	bool origin;
	unsigned depth;
};

static void
print_key(struct print *print, const char *key, size_t *start_out)
{
	*start_out = print->out->len;
	for (unsigned i = 0; i < print->depth; i++)
		text_puts(print->out, "  ");
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
	size_t size = scalar_size(item->element);

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
		const struct node_child *child = node_child(node, at);

		mark = child != NULL ? child->mark : (struct mark){0};
		node = child != NULL ? child->node : NULL;
	}
	mark_print(&mark, out);
	free(key);
}
