/* SPDX-License-Identifier: MIT */
/* parse.c -- strict YAML: libyaml's events to a tree. */

#include "conf/parse.h"

#include "base/check.h"

#include <string.h>
#include <yaml.h>

struct parse {
	yaml_parser_t yaml;
	yaml_event_t event;
	const struct layer *layer;
	bool one_line;
	struct problems *problems;
	const char *bytes;
	size_t len;
	bool broken; /* no further events */
};

static struct mark
mark_at(const struct parse *parse, const yaml_mark_t *at)
{
	struct mark mark = {.layer = parse->layer};

	if (!parse->one_line) {
		mark.line = at->line + 1;
		mark.column = at->column + 1;
	}
	return mark;
}

/* The reader of bytes knows only how many it had read. */
static yaml_mark_t
mark_of_offset(const struct parse *parse, size_t offset)
{
	yaml_mark_t mark = {0};

	for (size_t i = 0; i < offset && i < parse->len; i++) {
		unsigned char byte = (unsigned char)parse->bytes[i];

		if (byte == '\n') {
			mark.line++;
			mark.column = 0;
		} else if ((byte & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return mark;
}

/* The byte at a mark, which counts characters; 0 past the end. */
static char
byte_at(const struct parse *parse, const yaml_mark_t *at)
{
	const char *byte = parse->bytes, *end = parse->bytes + parse->len;
	size_t line = 0, column = 0;

	for (; byte < end && (line < at->line || column < at->column); byte++) {
		if (*byte == '\n') {
			line++;
			column = 0;
		} else if ((*byte & 0xc0) != 0x80) {
			column++;
		}
	}
	while (byte < end && (*byte & 0xc0) == 0x80)
		byte++;
	return byte < end ? *byte : '\0';
}

static void
complain_of_syntax(struct parse *parse)
{
	const yaml_parser_t *yaml = &parse->yaml;
	const char *why = yaml->problem != NULL ? yaml->problem : "not understood";
	bool reader = yaml->error == YAML_READER_ERROR;
	yaml_mark_t at = reader ? mark_of_offset(parse, yaml->problem_offset) : yaml->problem_mark;
	struct mark mark = mark_at(parse, &at);

	CHECK(yaml->error != YAML_MEMORY_ERROR);
	if (reader)
		problem_add(parse->problems, &mark, "this is not UTF-8 text: %s", why);
	else if (strstr(why, "cannot start any token") != NULL && byte_at(parse, &at) == '\t')
		problem_add(
		    parse->problems, &mark, "a tab stands here; YAML is indented with spaces");
	else if (strstr(why, "node content") != NULL && byte_at(parse, &at) == ':')
		problem_add(parse->problems, &mark,
		    "within brackets, what starts with a colon needs quotes, like [\":8125\"]");
	else
		problem_add(parse->problems, &mark, "this is not YAML: %s", why);
}

/* The next event into parse->event; false where the text breaks. */
static bool
next_event(struct parse *parse)
{
	if (parse->broken)
		return false;
	yaml_event_delete(&parse->event);
	if (yaml_parser_parse(&parse->yaml, &parse->event))
		return true;
	complain_of_syntax(parse);
	memset(&parse->event, 0, sizeof(parse->event));
	parse->broken = true;
	return false;
}

/* Anchors and tags are refused; the node they stand at is read all the same. */
static void
refuse_properties(struct parse *parse, const struct mark *mark)
{
	const yaml_event_t *event = &parse->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default: return;
	}
	if (anchor != NULL)
		problem_add(parse->problems, mark, "anchors (&%.60s) are not supported",
		    (const char *)anchor);
	if (tag != NULL)
		problem_add(parse->problems, mark,
		    "tags (%.60s) are not supported; the key gives the type", (const char *)tag);
}

static struct node *
read_scalar(struct parse *parse, const struct mark *mark)
{
	const char *value = (const char *)parse->event.data.scalar.value;
	size_t len = parse->event.data.scalar.length;

	if (len == 0 && parse->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return node_new(NODE_NONE, mark);
	if (memchr(value, '\0', len) != NULL) {
		problem_add(parse->problems, mark, "a value cannot contain a zero byte");
		return node_new(NODE_BAD, mark);
	}
	return node_new_scalar(mark, value, len);
}

static struct node *read_node(struct parse *parse, unsigned depth);

static struct node *
read_list(struct parse *parse, const struct mark *mark, unsigned depth)
{
	struct node *list = node_new(NODE_LIST, mark);

	while (next_event(parse) && parse->event.type != YAML_SEQUENCE_END_EVENT) {
		struct mark at = mark_at(parse, &parse->event.start_mark);
		struct node *element = read_node(parse, depth);

		if (list->count < PARSE_ELEMENTS) {
			node_add(list, NULL, &at, &element);
			continue;
		}
		if (!parse->broken)
			problem_add(
			    parse->problems, &at, "a list has at most %d elements", PARSE_ELEMENTS);
		parse->broken = true;
		node_free(&element);
	}
	return list;
}

/* A copy of the key in parse->event; NULL if it cannot be one. */
static struct node *
read_key(struct parse *parse, unsigned depth)
{
	struct mark mark = mark_at(parse, &parse->event.start_mark);
	struct node *key = read_node(parse, depth);

	if (key->type == NODE_SCALAR)
		return key;
	if (key->type == NODE_NONE)
		problem_add(parse->problems, &mark, "a key is missing before the colon");
	else if (key->type != NODE_BAD && !parse->broken)
		problem_add(parse->problems, &mark, "a key must be a word, not a %s",
		    key->type == NODE_MAP ? "map" : "list");
	node_free(&key);
	return NULL;
}

/* True if the map may take the key; else says why not. */
static bool
key_is_free(struct parse *parse, const struct node *map, const struct node *key)
{
	const struct node_child *twin = node_child(map, key->text);

	if (twin != NULL && parse->one_line)
		problem_add(parse->problems, &key->mark, "key \"%.60s\" is given twice", key->text);
	else if (twin != NULL)
		problem_add(parse->problems, &key->mark,
		    "key \"%.60s\" is given twice; first at line %zu", key->text, twin->mark.line);
	if (twin != NULL)
		return false;
	if (map->count < PARSE_KEYS)
		return true;
	problem_add(parse->problems, &key->mark, "a map has at most %d keys", PARSE_KEYS);
	parse->broken = true;
	return false;
}

static struct node *
read_map(struct parse *parse, const struct mark *mark, unsigned depth)
{
	struct node *map = node_new(NODE_MAP, mark);

	while (next_event(parse) && parse->event.type != YAML_MAPPING_END_EVENT) {
		struct node *key = read_key(parse, depth);

		if (!next_event(parse)) {
			node_free(&key);
			break;
		}
		struct node *value = read_node(parse, depth);

		if (key != NULL && key_is_free(parse, map, key))
			node_add(map, key->text, &key->mark, &value);
		node_free(&key);
		node_free(&value);
	}
	return map;
}

/* The node that starts with parse->event. */
static struct node *
read_node(struct parse *parse, unsigned depth)
{
	struct mark mark = mark_at(parse, &parse->event.start_mark);

	refuse_properties(parse, &mark);
	if (parse->event.type == YAML_SCALAR_EVENT)
		return read_scalar(parse, &mark);
	if (parse->event.type == YAML_ALIAS_EVENT) {
		problem_add(parse->problems, &mark, "aliases (*%.60s) are not supported",
		    (const char *)parse->event.data.alias.anchor);
		return node_new(NODE_BAD, &mark);
	}
	if (depth == PARSE_DEPTH) {
		problem_add(parse->problems, &mark, "maps and lists are nested at most %d deep",
		    PARSE_DEPTH);
		parse->broken = true;
		return node_new(NODE_BAD, &mark);
	}
	return parse->event.type == YAML_SEQUENCE_START_EVENT ? read_list(parse, &mark, depth + 1)
							      : read_map(parse, &mark, depth + 1);
}

/* The one document there may be, up to the end of the stream. */
static struct node *
read_stream(struct parse *parse)
{
	struct node *root = NULL;

	while (next_event(parse) && parse->event.type != YAML_STREAM_END_EVENT) {
		switch (parse->event.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT: break;
		case YAML_DOCUMENT_START_EVENT:
			if (root != NULL) {
				struct mark mark = mark_at(parse, &parse->event.start_mark);

				problem_add(parse->problems, &mark,
				    "a second document starts here; a file holds one");
				return root;
			}
			break;
		default: root = read_node(parse, 0); break;
		}
	}
	return root;
}

struct node *
parse_yaml(const struct layer *layer, bool one_line, const char *bytes, size_t len,
    struct problems *problems, bool *broken_out)
{
	struct parse parse = {
	    .layer = layer,
	    .one_line = one_line,
	    .problems = problems,
	    .bytes = bytes,
	    .len = len,
	};

	CHECK(yaml_parser_initialize(&parse.yaml));
	yaml_parser_set_encoding(&parse.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parse.yaml, (const unsigned char *)bytes, len);
	struct node *root = read_stream(&parse);

	yaml_event_delete(&parse.event);
	yaml_parser_delete(&parse.yaml);
	if (parse.broken)
		*broken_out = true;
	if (root == NULL)
		root = node_new(NODE_NONE, &(struct mark){.layer = layer});
	return root;
}
