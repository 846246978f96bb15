/* SPDX-License-Identifier: MIT */
/* layer.c -- where settings come from: files, the environment, the command
 * line. */

#include "base/mem.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "conf/parse.h"
#include "conf/place.h"
#include "conf/stack.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct layer *
file_layer(struct conf *conf, const char *name)
{
	return stack_layer(conf, LAYER_FILE, name, strlen(name));
}

static void
read_yaml(struct conf *conf, const struct layer *layer, const char *bytes, size_t len)
{
	struct node *root = parse_yaml(layer, false, bytes, len, &conf->problems, &conf->broken);

	stack_merge(conf, &root);
}

static void
refuse_size(struct conf *conf, const struct layer *layer)
{
	problem_add(&conf->problems, &(struct mark){.layer = layer},
	    "the file is larger than 1 MiB, the most a configuration may have");
	conf->broken = true;
}

void
conf_read_text(struct conf *conf, const char *name, const char *bytes, size_t len)
{
	const struct layer *layer = file_layer(conf, name);

	if (len > CONF_FILE_BYTES)
		refuse_size(conf, layer);
	else
		read_yaml(conf, layer, bytes, len);
}

/* All of a file that is not too large, and one byte more of one that is.
 * Negative errno. */
static int
slurp(const char *path, struct text *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	char *room = text_reserve(out, CONF_FILE_BYTES + 1);
	ssize_t got = 1;

	while (out->len <= CONF_FILE_BYTES && got != 0) {
		got = read(fd, room + out->len, CONF_FILE_BYTES + 1 - out->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		out->len += (size_t)got;
	}
	int status = got < 0 ? -errno : 0;

	close(fd);
	return status;
}

void
conf_read_file(struct conf *conf, const char *path)
{
	const struct layer *layer = file_layer(conf, path);
	struct text bytes = {0};
	int status = slurp(path, &bytes);

	if (status < 0) {
		problem_add(&conf->problems, &(struct mark){.layer = layer},
		    "the file cannot be read: %s", strerror(-status));
		conf->broken = true;
	} else if (bytes.len > CONF_FILE_BYTES) {
		refuse_size(conf, layer);
	} else {
		read_yaml(conf, layer, bytes.bytes, bytes.len);
	}
	text_fini(&bytes);
}

static int
is_yaml(const struct dirent *file)
{
	size_t len = strlen(file->d_name);

	return file->d_name[0] != '.' && len > 5 && strcmp(file->d_name + len - 5, ".yaml") == 0;
}

/* Not alphasort, which asks the locale. */
static int
by_name(const struct dirent **one, const struct dirent **other)
{
	return strcmp((*one)->d_name, (*other)->d_name);
}

void
conf_read_dir(struct conf *conf, const char *path)
{
	struct dirent **files;
	int count = scandir(path, &files, is_yaml, by_name);

	if (count < 0 && errno != ENOENT) {
		problem_add(&conf->problems, &(struct mark){.layer = file_layer(conf, path)},
		    "the directory cannot be read: %s", strerror(errno));
		conf->broken = true;
	}
	if (count < 0)
		return;
	for (int i = 0; i < count; i++) {
		struct text file = {0};

		text_printf(&file, "%s/%s", path, files[i]->d_name);
		conf_read_file(conf, text_string(&file));
		text_fini(&file);
		free(files[i]);
	}
	free(files);
}

static struct node *
parse_value(struct conf *conf, const struct layer *layer, const char *value, size_t len)
{
	return parse_yaml(layer, true, value, len, &conf->problems, &conf->broken);
}

/* a,b in place of [a, b]; nothing is an empty list. A value in brackets is
 * YAML, as is one in quotes, or of blocks in braces; [::1]:8125 is neither. */
static struct node *
list_value(struct conf *conf, const struct layer *layer, const struct item *item, const char *value,
    size_t len)
{
	const char *quotes = place_has_blocks(item) ? "\"'{" : "\"'";
	struct mark mark = {.layer = layer};
	struct node *list;

	if (len > 1 && value[0] == '[' && value[len - 1] == ']')
		return parse_value(conf, layer, value, len);
	if (len > 0 && strchr(quotes, value[0]) != NULL) {
		struct text wrapped = {0};

		text_printf(&wrapped, "[%.*s]", (int)len, value);
		list = parse_value(conf, layer, wrapped.bytes, wrapped.len);
		text_fini(&wrapped);
		return list;
	}
	list = node_new(NODE_LIST, &mark);
	for (const char *at = value, *end = value + len; at < end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma != NULL ? comma : end;
		const char *next = stop + (comma != NULL);

		while (at < stop && *at == ' ')
			at++;
		while (stop > at && stop[-1] == ' ')
			stop--;
		struct node *element = node_new_scalar(&mark, at, (size_t)(stop - at));

		node_add(list, NULL, &mark, &element);
		at = next;
	}
	return list;
}

/* The value of a variable or an option, whose place in the tables decides how
 * much of YAML it is: where only a scalar can stand, the text needs no quotes. */
static struct node *
place_value(struct conf *conf, const struct layer *layer, struct place place, const char *value)
{
	const struct item *item = place.item;
	size_t len = strlen(value);

	if (len > 0 && *value != '{' && place.block != NULL && place.block->short_key != NULL)
		item = place_item(place.block, place.block->short_key);
	else if (place.block != NULL || place.entry_of != NULL ||
	    (item != NULL && (item->type == ITEM_MAP || item->type == ITEM_PAIRS)))
		return parse_value(conf, layer, value, len);
	if (item != NULL && item->type == ITEM_LIST)
		return list_value(conf, layer, item, value, len);
	if (len > 0 && (*value == '"' || *value == '\''))
		return parse_value(conf, layer, value, len);
	return node_new_scalar(&(struct mark){.layer = layer}, value, len);
}

/* The keys of a path, in place: each ends with a NUL. */
struct path {
	char *text;
	char *key[PARSE_DEPTH];
	size_t count;
};

/* NULL, or what is wrong with it. */
static const char *
path_split(struct path *path, const char *separator)
{
	for (char *at = path->text; at != NULL;) {
		char *next = strstr(at, separator);

		if (next != NULL) {
			*next = '\0';
			next += strlen(separator);
		}
		if (*at == '\0')
			return "a key is empty";
		if (path->count == PARSE_DEPTH)
			return "the path has too many keys";
		path->key[path->count++] = at;
		at = next;
	}
	return NULL;
}

static void
read_pair(struct conf *conf, const struct layer *layer, const struct path *path, const char *value)
{
	struct mark mark = {.layer = layer};
	struct node *root = node_new(NODE_MAP, &mark), *at = root;
	const struct node *base = conf->tree;
	struct place place = {.block = conf->root};

	for (size_t i = 0; i < path->count; i++) {
		const char *key = path->key[i];

		base = node_get(base, key);
		place = place_step(place, key, NULL, base);
		struct node *child = i + 1 < path->count ? node_new(NODE_MAP, &mark)
							 : place_value(conf, layer, place, value);
		struct node *next = child;

		node_add(at, key, &mark, &child);
		at = next;
	}
	stack_merge(conf, &root);
}

/* A path and its value, neither yet trusted. */
static void
read_setting(struct conf *conf, const struct layer *layer, struct path *path, const char *separator,
    const char *value)
{
	struct mark mark = {.layer = layer};
	const char *why = path_split(path, separator);

	if (why == NULL && !utf8_valid(value, strlen(value)))
		why = "the value is not UTF-8 text";
	if (why == NULL && !utf8_valid(layer->name, strlen(layer->name)))
		why = "the key is not UTF-8 text";
	if (why != NULL)
		problem_add(&conf->problems, &mark, "%s", why);
	else
		read_pair(conf, layer, path, value);
}

static int
by_variable(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static void
read_variable(struct conf *conf, const char *prefix, const char *variable)
{
	const char *equals = strchr(variable, '=');
	const struct layer *layer =
	    stack_layer(conf, LAYER_ENVIRONMENT, variable, (size_t)(equals - variable));
	const char *name = layer->name + strlen(prefix) + 2;
	struct path path = {.text = mem_copy_text(name, strlen(name))};

	for (char *at = path.text; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	read_setting(conf, layer, &path, "__", equals + 1);
	free(path.text);
}

void
conf_read_environment(struct conf *conf, const char *prefix, char *const *environment)
{
	size_t len = strlen(prefix), count = 0, cap = 0;
	const char **found = NULL;

	for (; *environment != NULL; environment++) {
		if (strncmp(*environment, prefix, len) != 0 ||
		    strncmp(*environment + len, "__", 2) != 0 || strchr(*environment, '=') == NULL)
			continue;
		found = mem_room(found, count, &cap, sizeof(*found));
		found[count++] = *environment;
	}
	/* The environment has no order of its own; a block comes before its keys. */
	if (count > 1)
		qsort(found, count, sizeof(*found), by_variable);
	for (size_t i = 0; i < count; i++)
		read_variable(conf, prefix, found[i]);
	free(found);
}

void
conf_read_option(struct conf *conf, const char *option)
{
	const char *equals = strchr(option, '=');
	size_t len = equals != NULL ? (size_t)(equals - option) : strlen(option);
	const struct layer *layer = stack_layer(conf, LAYER_OPTION, option, len);
	struct path path = {.text = mem_copy_text(option, len)};

	if (equals == NULL)
		problem_add(&conf->problems, &(struct mark){.layer = layer},
		    "an option is key=value, like interval=10s");
	else
		read_setting(conf, layer, &path, ".", equals + 1);
	free(path.text);
}
