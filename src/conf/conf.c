/* SPDX-License-Identifier: MIT */
/* conf.c -- a configuration from its first layer to its end. */

#include "conf/conf.h"

#include "base/mem.h"
#include "conf/place.h"
#include "conf/stack.h"

#include <stdlib.h>
#include <string.h>

struct conf *
conf_new(const struct item_table *root)
{
	struct conf *conf = mem_zero(1, sizeof(*conf));

	conf->root = root;
	conf->tree = node_new(NODE_MAP, &(struct mark){0});
	return conf;
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	node_free(&conf->tree);
	problems_fini(&conf->problems);
	for (size_t i = 0; i < conf->count; i++) {
		free(conf->layers[i]->name);
		free(conf->layers[i]);
	}
	free(conf->layers);
	free(conf->host);
	free(conf);
}

const struct layer *
stack_layer(struct conf *conf, enum layer_kind kind, const char *name, size_t len)
{
	struct layer *layer = mem_zero(1, sizeof(*layer));

	conf->layers = mem_room(conf->layers, conf->count, &conf->cap, sizeof(*conf->layers));
	conf->layers[conf->count++] = layer;
	layer->kind = kind;
	layer->rank = conf->count;
	layer->name = mem_copy_text(name, len);
	return layer;
}

void
stack_merge(struct conf *conf, struct node **root)
{
	place_lengthen((struct place){.block = conf->root}, root, conf->tree);
	if ((*root)->type == NODE_MAP)
		node_merge(&conf->tree, root);
	else if ((*root)->type != NODE_BAD)
		problem_add(&conf->problems, &(*root)->mark,
		    "a configuration is a map of keys, like interval: 10s");
	node_free(root);
}

size_t
conf_problem_count(const struct conf *conf)
{
	return conf->problems.count;
}

const char *
conf_problem(const struct conf *conf, size_t index)
{
	return conf->problems.at[index].text;
}

static void
list_free(const struct item *item, struct item_list *list)
{
	if (item->element == ITEM_STRING || item->element == ITEM_ADDRESS)
		for (size_t i = 0; i < list->count; i++)
			free(((char **)list->at)[i]);
	if (item->element == ITEM_BLOCK)
		for (size_t i = 0; i < list->count; i++)
			conf_settings_free(item->block, (char *)list->at + i * item->block->size);
	free(list->at);
}

static void
pairs_free(struct item_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		free(pairs->at[i].key);
		free(pairs->at[i].value);
	}
	free(pairs->at);
}

static void
map_free(const struct item *item, struct item_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		struct item_entry *entry = &map->at[i];

		conf_settings_free(
		    item->variants != NULL ? item->variants[entry->variant] : item->block,
		    entry->settings);
		free(entry->settings);
		free(entry->name);
	}
	free(map->at);
}

void
conf_settings_free(const struct item_table *table, void *settings)
{
	for (const struct item *item = table->items; item->key != NULL; item++) {
		void *member = (char *)settings + item->offset;

		switch (item->type) {
		case ITEM_STRING:
		case ITEM_ADDRESS: free(*(char **)member); break;
		case ITEM_LIST: list_free(item, member); break;
		case ITEM_PAIRS: pairs_free(member); break;
		case ITEM_BLOCK: conf_settings_free(item->block, member); break;
		case ITEM_MAP: map_free(item, member); break;
		default: break;
		}
	}
	memset(settings, 0, table->size);
}
