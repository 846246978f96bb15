/* SPDX-License-Identifier: MIT */
/* apply.c -- a tree and the tables to a struct. */

#include "base/check.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/expand.h"
#include "conf/parse.h"
#include "conf/place.h"
#include "conf/scalar.h"
#include "conf/stack.h"
#include "conf/suggest.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct apply {
	struct conf *conf;
	struct text path; /* of the block in hand: "sinks.graphite"; empty at the root */
};

/* What a key of the block in hand is called in a problem. */
static char *
key_path(struct apply *apply, const char *key)
{
	struct text path = {0};

	text_append(&path, apply->path.bytes, apply->path.len);
	if (path.len > 0 && key != NULL)
		text_byte(&path, '.');
	if (key != NULL)
		text_puts(&path, key);
	text_string(&path);
	return path.bytes;
}

static void complain(struct apply *apply, const struct mark *mark, const char *key,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A problem with a key of the block in hand, or with the block itself. */
static void
complain(struct apply *apply, const struct mark *mark, const char *key, const char *format, ...)
{
	char *path = key_path(apply, key);
	struct text sentence = {0};
	va_list args;

	va_start(args, format);
	text_vprintf(&sentence, format, args);
	va_end(args);
	problem_add(&apply->conf->problems, mark, "%s%s%s", path, *path != '\0' ? ": " : "",
	    text_string(&sentence));
	text_fini(&sentence);
	free(path);
}

/* A default of the tables as a tree; that it is a good one is our affair. */
static struct node *
fallback_node(const char *fallback)
{
	struct problems problems = {0};
	bool broken = false;
	struct node *node = parse_yaml(NULL, true, fallback, strlen(fallback), &problems, &broken);

	CHECK(problems.count == 0 && !broken);
	return node;
}

static void
apply_scalar(struct apply *apply, const struct item *item, enum item_type type,
    const struct node *node, void *member)
{
	struct text why = {0}, expanded = {0};
	const char *text = node->text;
	bool good = true;

	if (node->type == NODE_BAD)
		return;
	if (node->type != NODE_SCALAR) {
		complain(apply, &node->mark, item->key,
		    node->type == NODE_NONE ? "no value is given; it is %s"
					    : "the value must be %s",
		    scalar_describe(type));
		return;
	}
	if (item->expand && type == ITEM_STRING) {
		good = expand(text, apply->conf->host, &expanded, &why);
		text = text_string(&expanded);
	}
	if (!good || !scalar_read(item, type, text, member, &why))
		complain(apply, &node->mark, item->key, "%s", text_string(&why));
	text_fini(&why);
	text_fini(&expanded);
}

static void apply_block(struct apply *apply, const struct item_table *table,
    const struct node *node, const struct mark *mark, bool has_type, void *settings);

/* Go into a block of the one in hand; the length to come back to. */
static size_t
path_enter(struct apply *apply, const char *key)
{
	size_t len = apply->path.len;

	if (len > 0)
		text_byte(&apply->path, '.');
	text_puts(&apply->path, key);
	return len;
}

/* Whether the node can be that list; else, and if nobody has yet, says so. */
static bool
is_list(struct apply *apply, const struct item *item, const struct node *node)
{
	bool blocks = place_has_blocks(item);

	if (node->type == NODE_LIST || (node->type == NODE_SCALAR && !blocks))
		return true;
	if (node->type == NODE_BAD)
		return false;
	if (blocks)
		complain(apply, &node->mark, item->key,
		    "the value must be a list of maps, like [{%s: ...}]", item->block->items->key);
	else
		complain(apply, &node->mark, item->key, "the value must be a list, like [a, b]");
	return false;
}

static void
apply_element(
    struct apply *apply, const struct item *item, size_t index, const struct node *node, void *at)
{
	if (!place_has_blocks(item)) {
		apply_scalar(apply, item, item->element, node, at);
		return;
	}
	size_t outer = path_enter(apply, item->key);

	text_printf(&apply->path, "[%zu]", index + 1);
	apply_block(apply, item->block, node, &node->mark, false, at);
	apply->path.len = outer;
}

static void
apply_list(
    struct apply *apply, const struct item *item, const struct node *node, struct item_list *list)
{
	size_t size = place_element_size(item);
	size_t count = node->type == NODE_LIST ? node->count : 1;

	if (!is_list(apply, item, node))
		return;
	if (count == 0 && item->fallback == NULL)
		complain(apply, &node->mark, item->key, "the list needs at least one element");
	if (item->most_elements > 0 && count > item->most_elements) {
		complain(apply, &node->mark, item->key,
		    "the list has %zu elements, the most is %zu", count, item->most_elements);
		return;
	}
	if (count == 0)
		return;
	list->at = mem_zero(count, size);
	list->count = count;
	for (size_t i = 0; i < count; i++) {
		const struct node *element = node->type == NODE_LIST ? node->child[i].node : node;

		apply_element(apply, item, i, element, (char *)list->at + i * size);
	}
}

/* Bytes of a key of the user's. Its longest spelling in quotes is one that
 * YAML takes. */
#define PAIR_KEY_MOST 200

static void
apply_pairs(
    struct apply *apply, const struct item *item, const struct node *node, struct item_pairs *pairs)
{
	if (node->type != NODE_MAP) {
		if (node->type != NODE_BAD)
			complain(apply, &node->mark, item->key, "the value must be %s",
			    scalar_describe(ITEM_PAIRS));
		return;
	}
	if (node->count == 0)
		return;
	size_t outer = path_enter(apply, item->key);

	pairs->at = mem_zero(node->count, sizeof(*pairs->at));
	pairs->count = node->count;
	for (size_t i = 0; i < node->count; i++) {
		const struct node_child *child = &node->child[i];
		struct item value = {.key = child->key, .expand = item->expand};

		if (*child->key == '\0' || strlen(child->key) > PAIR_KEY_MOST)
			complain(
			    apply, &child->mark, NULL, "a key has 1 to %d bytes", PAIR_KEY_MOST);
		pairs->at[i].key = mem_copy_text(child->key, strlen(child->key));
		apply_scalar(apply, &value, ITEM_STRING, child->node, &pairs->at[i].value);
	}
	apply->path.len = outer;
}

/* Bytes of a name that the configuration gives. */
#define NAME_MOST 64

static bool
name_is_good(const char *name)
{
	if (*name < 'a' || *name > 'z' || strlen(name) > NAME_MOST)
		return false;
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static void
list_variants(const struct item *map, struct text *out)
{
	for (size_t i = 0; map->variants[i] != NULL; i++)
		text_printf(out, "%s%s", i > 0 ? ", " : "", map->variants[i]->name);
}

/* Which variant the entry in hand is; false, and a problem, if none. */
static bool
find_variant(struct apply *apply, const struct item *map, const struct node_child *entry,
    size_t *variant_out)
{
	const struct node *type = node_get(entry->node, "type");
	struct text names = {0};
	bool found = false;

	list_variants(map, &names);
	if (type == NULL && !apply->conf->broken) {
		complain(apply, &entry->mark, NULL, "key \"type\" is missing; it is one of %s",
		    text_string(&names));
	} else if (type != NULL && type->type == NODE_SCALAR) {
		*variant_out = place_variant(map, type->text);
		found = map->variants[*variant_out] != NULL;
		struct suggestion suggestion = {.word = type->text};

		for (size_t i = 0; map->variants[i] != NULL; i++)
			suggest_consider(&suggestion, map->variants[i]->name);
		if (!found)
			complain(apply, &type->mark, "type", "\"%.60s\" is none of %s%s%s%s",
			    type->text, text_string(&names),
			    suggestion.nearest != NULL ? "; did you mean \"" : "",
			    suggestion.nearest != NULL ? suggestion.nearest : "",
			    suggestion.nearest != NULL ? "\"?" : "");
	} else if (type != NULL && type->type != NODE_BAD) {
		complain(
		    apply, &type->mark, "type", "the value must be one of %s", text_string(&names));
	}
	text_fini(&names);
	return found;
}

static void
apply_entry(struct apply *apply, const struct item *map, const struct node_child *child,
    struct item_map *out)
{
	size_t variant = 0;

	if (child->node->type == NODE_BAD)
		return;
	if (child->node->type != NODE_MAP) {
		complain(apply, &child->node->mark, NULL, "the value must be a map of keys");
		return;
	}
	if (map->variants != NULL && !find_variant(apply, map, child, &variant))
		return;
	const struct item_table *table =
	    map->variants != NULL ? map->variants[variant] : map->block;
	struct item_entry *entry = &out->at[out->count++];

	entry->name = mem_copy_text(child->key, strlen(child->key));
	entry->variant = variant;
	entry->settings = mem_zero(1, table->size);
	apply_block(
	    apply, table, child->node, &child->mark, map->variants != NULL, entry->settings);
}

static void
apply_map(
    struct apply *apply, const struct item *item, const struct node *node, struct item_map *out)
{
	size_t outer = path_enter(apply, item->key);

	if (node->type != NODE_MAP && node->type != NODE_BAD)
		complain(apply, &node->mark, NULL, "the value must be a map of names to keys");
	if (node->type == NODE_MAP && node->count > 0)
		out->at = mem_zero(node->count, sizeof(*out->at));
	for (size_t i = 0; node->type == NODE_MAP && i < node->count; i++) {
		const struct node_child *child = &node->child[i];
		size_t inner = path_enter(apply, child->key);

		if (!name_is_good(child->key))
			complain(apply, &child->mark, NULL,
			    "a name starts with a letter a-z, goes on with a-z, 0-9 and _, and has "
			    "at most 64");
		apply_entry(apply, item, child, out);
		apply->path.len = inner;
	}
	apply->path.len = outer;
}

static void
apply_value(struct apply *apply, const struct item *item, const struct node *node,
    const struct mark *mark, void *member)
{
	if (item->type == ITEM_LIST) {
		apply_list(apply, item, node, member);
	} else if (item->type == ITEM_MAP) {
		apply_map(apply, item, node, member);
	} else if (item->type == ITEM_PAIRS) {
		apply_pairs(apply, item, node, member);
	} else if (item->type == ITEM_BLOCK) {
		size_t outer = path_enter(apply, item->key);

		apply_block(apply, item->block, node, mark, false, member);
		apply->path.len = outer;
	} else {
		apply_scalar(apply, item, item->type, node, member);
	}
}

/* A map that nobody gave an entry keeps the built-in ones. */
static bool
says_nothing(const struct item *item, const struct node_child *child)
{
	return child == NULL ||
	    (item->type == ITEM_MAP && child->node->type == NODE_MAP && child->node->count == 0);
}

static void
apply_fallback(struct apply *apply, const struct item *item, const struct mark *mark, void *member)
{
	const char *fallback = place_fallback(item);
	enum item_type type = item->type == ITEM_LIST ? item->element : item->type;

	if (fallback == NULL) {
		if (!apply->conf->broken)
			complain(apply, mark, NULL, "key \"%s\" is missing; it is %s", item->key,
			    place_has_blocks(item) ? "a list of maps" : scalar_describe(type));
		return;
	}
	struct node *node = fallback_node(fallback);

	place_lengthen(place_of(item), &node, NULL);
	apply_value(apply, item, node, mark, member);
	node_free(&node);
}

/* The keys there are, where none resembles the one that was given. */
#define KEYS_SHOWN 16

static void
refuse_key(struct apply *apply, const struct item_table *table, const struct node_child *child)
{
	struct suggestion suggestion = {.word = child->key};
	struct text hint = {0};
	size_t shown = 0;

	for (const struct item *item = table->items; item->key != NULL; item++)
		suggest_consider(&suggestion, item->key);
	if (suggestion.nearest != NULL)
		text_printf(&hint, "did you mean \"%s\"?", suggestion.nearest);
	else
		text_puts(&hint, "there are ");
	for (const struct item *item = table->items;
	     suggestion.nearest == NULL && item->key != NULL; item++) {
		if (++shown > KEYS_SHOWN) {
			text_puts(&hint, " and others");
			break;
		}
		text_printf(&hint, "%s%s", shown > 1 ? ", " : "", item->key);
	}
	complain(
	    apply, &child->mark, NULL, "unknown key \"%.60s\"; %s", child->key, text_string(&hint));
	text_fini(&hint);
}

/* Is there a value below that could not be read? It has been complained of,
 * and its member of the struct was never set. */
static bool
holds_bad(const struct node *node)
{
	if (node->type == NODE_BAD)
		return true;
	for (size_t i = 0; (node->type == NODE_MAP || node->type == NODE_LIST) && i < node->count;
	     i++)
		if (holds_bad(node->child[i].node))
			return true;
	return false;
}

/* Where a path of keys, with dots, stands below a node: as far as anybody has
 * said it; `mark` if nobody has begun. */
static const struct mark *
find_mark(const struct node *node, const char *path, const struct mark *mark)
{
	const struct node_child *child = NULL;

	do {
		size_t len = strcspn(path, ".");
		char *key = mem_copy_text(path, len);

		child = node_child(node, key);
		free(key);
		if (child != NULL) {
			mark = &child->mark;
			node = child->node;
		}
		path += len + (path[len] == '.');
	} while (child != NULL && *path != '\0');
	return mark;
}

/* What the table's own check has to say, at the key it names. */
static void
verify(struct apply *apply, const struct item_table *table, const struct node *node,
    const struct mark *mark, const void *settings)
{
	const char *key = NULL;
	const char *sentence = table->verify != NULL ? table->verify(settings, &key) : NULL;

	if (sentence != NULL)
		complain(
		    apply, key != NULL ? find_mark(node, key, mark) : mark, key, "%s", sentence);
}

static void
apply_block(struct apply *apply, const struct item_table *table, const struct node *node,
    const struct mark *mark, bool has_type, void *settings)
{
	size_t problems = apply->conf->problems.count;
	bool is_map = node->type == NODE_MAP;

	if (!is_map && node->type != NODE_BAD)
		complain(apply, &node->mark, NULL, "the value must be a map of keys");
	for (size_t i = 0; is_map && i < node->count; i++) {
		const struct node_child *child = &node->child[i];

		if (place_item(table, child->key) == NULL &&
		    !(has_type && strcmp(child->key, "type") == 0))
			refuse_key(apply, table, child);
	}
	for (const struct item *item = table->items; is_map && item->key != NULL; item++) {
		const struct node_child *child = node_child(node, item->key);
		void *member = (char *)settings + item->offset;

		if (says_nothing(item, child))
			apply_fallback(apply, item, child != NULL ? &child->mark : mark, member);
		else
			apply_value(apply, item, child->node, &child->mark, member);
	}
	if (is_map && apply->conf->problems.count == problems && !apply->conf->broken &&
	    !holds_bad(node))
		verify(apply, table, node, mark, settings);
}

static char *
machine_name(void)
{
	char name[HOST_NAME_MAX + 1] = "";

	if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0')
		strcpy(name, "localhost");
	return mem_copy_text(name, strlen(name));
}

#define HOST_AUTO "auto"

/* What %{host} stands for, before anything is expanded. */
static void
find_host(struct conf *conf)
{
	const struct node *said = node_get(conf->tree, "hostname");

	if (said == NULL || said->type != NODE_SCALAR || strcmp(said->text, HOST_AUTO) == 0)
		conf->host = machine_name();
	else
		conf->host = mem_copy_text(said->text, strlen(said->text));
}

static void
name_host(const struct conf *conf, void *settings)
{
	const struct item *item = place_item(conf->root, "hostname");

	if (item == NULL || item->type != ITEM_STRING)
		return;
	char **member = (char **)((char *)settings + item->offset);

	if (*member != NULL && strcmp(*member, HOST_AUTO) == 0) {
		free(*member);
		*member = mem_copy_text(conf->host, strlen(conf->host));
	}
}

size_t
conf_apply(struct conf *conf, void *settings)
{
	struct apply apply = {.conf = conf};

	memset(settings, 0, conf->root->size);
	find_host(conf);
	apply_block(&apply, conf->root, conf->tree, &conf->tree->mark, false, settings);
	name_host(conf, settings);
	text_fini(&apply.path);
	problems_sort(&conf->problems);
	return conf->problems.count;
}
