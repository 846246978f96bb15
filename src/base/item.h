/* SPDX-License-Identifier: MIT */
/* item.h -- how a module declares its configuration.
 *
 * Each module owns a table of its keys and a struct that receives the values.
 * The tables drive everything that knows of a key: the parser, its messages,
 * the commented sample, `config --defaults`, the test of the manual. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a value is, and what the C member at `offset` must be. */
enum item_type {
	ITEM_BOOL,     /* bool            true | false */
	ITEM_INT,      /* int64_t */
	ITEM_NUMBER,   /* double */
	ITEM_PERCENT,  /* double, 0.01 for 1% */
	ITEM_DURATION, /* int64_t, ns     10s, 100ms, 5m, 24h, 7d */
	ITEM_SIZE,     /* int64_t, bytes  16MiB, 8KiB, 512 */
	ITEM_MODE,     /* int64_t         0660, octal */
	ITEM_STRING,   /* char *, never NULL */
	ITEM_ADDRESS, /* char *          host:port, [v6]:port, :port, /path; "" if the default is */
	ITEM_CHOICE,  /* int             index into choices */
	ITEM_LIST,    /* struct item_list of `element`; a scalar, or a block, is a list of one */
	ITEM_PAIRS,   /* struct item_pairs: keys and values of the user's, both text */
	ITEM_BLOCK,   /* the struct that `block` describes, in place */
	ITEM_MAP, /* struct item_map: names of ours -> blocks of `block` or, by their `type`, of `variants` */
};

/* What ITEM_INT, ITEM_DURATION and ITEM_SIZE hold where `word` was given. */
#define ITEM_WORD INT64_C(-1)

struct item_table;

struct item {
	const char *key;
	enum item_type type;
	size_t offset; /* into the struct that receives the values */
	const char
	    *fallback; /* default, as YAML flow text: "10s", "[90]", "auto"; NULL: required */
	double least,
	    most; /* inclusive bounds, in the member's unit; both 0: none. Of a list: of each element */
	size_t most_elements; /* of a list; 0: no bound */
	const char *
	    word; /* accepted in place of a number ("auto", "never"): ITEM_WORD is stored, of ITEM_NUMBER INFINITY */
	const char *const *choices;     /* of ITEM_CHOICE, or of a list of them; NULL-terminated */
	enum item_type element;         /* of ITEM_LIST: any scalar type, or ITEM_BLOCK */
	const struct item_table *block; /* of ITEM_BLOCK, of ITEM_MAP, of a list of blocks */
	const struct item_table *const
	    *variants;    /* of ITEM_MAP; NULL-terminated; their name is the `type` */
	const char *help; /* one line, no period */
	bool live;        /* a reload may change it */
	bool
	    expand; /* of ITEM_STRING and the values of ITEM_PAIRS: %{host} and %{env:NAME} are replaced */
};

struct item_table {
	const char *name;         /* what it configures; of a variant, its `type` */
	const struct item *items; /* ends with a NULL key */
	size_t size;              /* of the struct */
	const char *short_key;    /* a scalar in place of the block sets this key; NULL: none */
	/* What no single key can say. NULL: fine; else a plain sentence, and in
	 * *key_out which key it is about; with dots, one further in. May be NULL
	 * itself. */
	const char *(*verify)(const void *settings, const char **key_out);
};

struct item_list {
	size_t count;
	void *at; /* an array of the element's C type; of blocks, of their structs */
};

/* In the order of the file; no key twice. */
struct item_pair {
	char *key, *value;
};

struct item_pairs {
	size_t count;
	struct item_pair *at;
};

/* One named block of a map: name, which variant (index into variants; 0
 * without), and its struct. */
struct item_entry {
	char *name;
	size_t variant;
	void *settings;
};

struct item_map {
	size_t count;
	struct item_entry *at;
};

/* The block of a name of so many bytes; map->count if there is none. */
static inline size_t
item_map_find(const struct item_map *map, const char *name, size_t len)
{
	size_t i = 0;

	while (i < map->count &&
	    (strlen(map->at[i].name) != len || memcmp(map->at[i].name, name, len) != 0))
		i++;
	return i;
}
