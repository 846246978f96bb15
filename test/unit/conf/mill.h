/* SPDX-License-Identifier: MIT */
/* mill.h -- tables to test the configuration with: one key of every type. */

#pragma once

#include "base/item.h"
#include "conf/conf.h"

#include "test/unit/suite.h"

#include <string.h>

struct door {
	struct item_list at; /* of char * */
	int64_t buffer_bytes;
};

struct wheel {
	char *prefix;
	int64_t spokes;
};

struct river {
	struct item_list source;
	struct wheel wheel;
	int64_t patience_ns;
};

struct pond {
	char *path;
	struct item_list piles; /* of struct pile */
};

struct sack {
	char *grain;
	int64_t weight_bytes;
	struct item_list sieves; /* of double */
	struct item_pairs marks;
	struct wheel wheel;
};

struct pile {
	char *name;
	struct item_list sacks; /* of struct sack */
};

struct mill {
	bool open;
	int64_t stones;
	double flow;
	double loss;
	int64_t interval_ns;
	int64_t depth_bytes;
	int64_t mode;
	char *hostname;
	char *gate;
	int season;
	struct item_list levels; /* of double */
	struct wheel wheel;
	struct item_map doors;
	struct item_map waters;
	struct item_list sacks; /* of struct sack */
	struct item_pairs marks;
};

enum season { SPRING, SUMMER, AUTUMN };

static const char *const seasons[] = {"spring", "summer", "autumn", NULL};

#define OF(type, member) .offset = offsetof(struct type, member)

static const struct item door_table[] = {
    {.key = "at", .type = ITEM_LIST, .element = ITEM_ADDRESS, OF(door, at), .fallback = "[]"},
    {.key = "buffer", .type = ITEM_SIZE, OF(door, buffer_bytes), .fallback = "1MiB"},
    {0},
};

static const struct item_table door_items = {
    .name = "door", .items = door_table, .size = sizeof(struct door), .short_key = "at"};

static const struct item wheel_table[] = {
    {.key = "prefix", .type = ITEM_STRING, OF(wheel, prefix), .fallback = "mill", .expand = true},
    {.key = "spokes", .type = ITEM_INT, OF(wheel, spokes), .fallback = "8", .least = 3, .most = 64},
    {0},
};

static const char *
wheel_verify(const void *settings, const char **key_out)
{
	const struct wheel *wheel = settings;

	*key_out = "spokes";
	return wheel->spokes % 2 != 0 ? "a wheel has an even number of them" : NULL;
}

static const struct item_table wheel_items = {.name = "wheel",
    .items = wheel_table,
    .size = sizeof(struct wheel),
    .short_key = "prefix",
    .verify = wheel_verify};

static const struct item river_table[] = {
    {.key = "source", .type = ITEM_LIST, .element = ITEM_ADDRESS, OF(river, source)},
    {.key = "wheel", .type = ITEM_BLOCK, .block = &wheel_items, OF(river, wheel)},
    {.key = "patience", .type = ITEM_DURATION, OF(river, patience_ns), .fallback = "5s"},
    {0},
};

static const struct item sack_table[] = {
    {.key = "grain", .type = ITEM_STRING, OF(sack, grain), .help = "what is in it"},
    {.key = "weight", .type = ITEM_SIZE, OF(sack, weight_bytes), .fallback = "1KiB"},
    {.key = "sieves",
	.type = ITEM_LIST,
	.element = ITEM_NUMBER,
	OF(sack, sieves),
	.fallback = "[]",
	.word = "inf"},
    {.key = "marks", .type = ITEM_PAIRS, OF(sack, marks), .fallback = "{sort: 'a b'}"},
    {.key = "wheel", .type = ITEM_BLOCK, .block = &wheel_items, OF(sack, wheel)},
    {0},
};

static const char *
sack_verify(const void *settings, const char **key_out)
{
	const struct sack *sack = settings;

	*key_out = "weight";
	return sack->weight_bytes == 0 ? "a sack weighs something" : NULL;
}

static const struct item_table sack_items = {.name = "sack",
    .items = sack_table,
    .size = sizeof(struct sack),
    .short_key = "grain",
    .verify = sack_verify};

static const struct item pile_table[] = {
    {.key = "name", .type = ITEM_STRING, OF(pile, name), .fallback = "heap", .help = "of it"},
    {.key = "sacks",
	.type = ITEM_LIST,
	.element = ITEM_BLOCK,
	.block = &sack_items,
	OF(pile, sacks),
	.help = "on it"},
    {0},
};

static const struct item_table pile_items = {
    .name = "pile", .items = pile_table, .size = sizeof(struct pile)};

static const struct item pond_table[] = {
    {.key = "path", .type = ITEM_STRING, OF(pond, path), .fallback = "\"\""},
    {.key = "piles",
	.type = ITEM_LIST,
	.element = ITEM_BLOCK,
	.block = &pile_items,
	OF(pond, piles),
	.fallback = "{sacks: [rye, {grain: oats, marks: {}}]}",
	.help = "by the water"},
    {0},
};

static const struct item_table river_items = {
    .name = "river", .items = river_table, .size = sizeof(struct river)};
static const struct item_table pond_items = {
    .name = "pond", .items = pond_table, .size = sizeof(struct pond)};
static const struct item_table *const waters[] = {&river_items, &pond_items, NULL};

static const struct item mill_table[] = {
    {.key = "open", .type = ITEM_BOOL, OF(mill, open), .fallback = "true", .help = "or shut"},
    {.key = "stones",
	.type = ITEM_INT,
	OF(mill, stones),
	.fallback = "auto",
	.word = "auto",
	.least = 1,
	.most = 64},
    {.key = "flow", .type = ITEM_NUMBER, OF(mill, flow), .fallback = "1.5"},
    {.key = "loss", .type = ITEM_PERCENT, OF(mill, loss), .fallback = "1%", .most = 0.5},
    {.key = "interval",
	.type = ITEM_DURATION,
	OF(mill, interval_ns),
	.fallback = "10s",
	.least = 100e6,
	.most = 3600e9,
	.help = "between tides"},
    {.key = "depth", .type = ITEM_SIZE, OF(mill, depth_bytes), .fallback = "16MiB"},
    {.key = "mode", .type = ITEM_MODE, OF(mill, mode), .fallback = "0660", .most = 0777},
    {.key = "hostname", .type = ITEM_STRING, OF(mill, hostname), .fallback = "auto"},
    {.key = "gate", .type = ITEM_ADDRESS, OF(mill, gate), .fallback = "\"\""},
    {.key = "season",
	.type = ITEM_CHOICE,
	.choices = seasons,
	OF(mill, season),
	.fallback = "spring",
	.help = "of the year"},
    {.key = "levels",
	.type = ITEM_LIST,
	.element = ITEM_NUMBER,
	OF(mill, levels),
	.fallback = "[90]",
	.word = "inf",
	.least = -100,
	.most = 100,
	.most_elements = 4},
    {.key = "wheel", .type = ITEM_BLOCK, .block = &wheel_items, OF(mill, wheel)},
    {.key = "doors",
	.type = ITEM_MAP,
	.block = &door_items,
	OF(mill, doors),
	.fallback = "{main: {at: [\"localhost:8125\"]}}"},
    {.key = "waters",
	.type = ITEM_MAP,
	.variants = waters,
	OF(mill, waters),
	.fallback = "{still: {type: pond}}"},
    {.key = "sacks",
	.type = ITEM_LIST,
	.element = ITEM_BLOCK,
	.block = &sack_items,
	OF(mill, sacks),
	.fallback = "[]",
	.most_elements = 3,
	.help = "to be ground"},
    {.key = "marks", .type = ITEM_PAIRS, OF(mill, marks), .expand = true, .help = "on the door"},
    {0},
};

static const struct item_table mill_items = {
    .name = "mill", .items = mill_table, .size = sizeof(struct mill)};

static inline void
read_text(struct conf *conf, const char *text)
{
	conf_read_text(conf, "t.yaml", text, strlen(text));
}

/* Every problem in a line of its own. */
static inline char *
problems_of(const struct conf *conf)
{
	struct text out = {0};

	for (size_t i = 0; i < conf_problem_count(conf); i++)
		text_printf(&out, "%s\n", conf_problem(conf, i));
	text_string(&out);
	return out.bytes;
}

static inline void
must_apply(struct conf *conf, struct mill *mill)
{
	size_t problems = conf_apply(conf, mill);

	if (problems > 0)
		ck_abort_msg("%s", problems_of(conf));
}

/* The elements of a list of blocks. */
static inline const struct sack *
sack(const struct item_list *list, size_t i)
{
	return (const struct sack *)list->at + i;
}

/* "key=value" of each, joined by |. */
static inline char *
pairs_of(const struct item_pairs *pairs)
{
	struct text out = {0};

	for (size_t i = 0; i < pairs->count; i++)
		text_printf(
		    &out, "%s%s=%s", i > 0 ? "|" : "", pairs->at[i].key, pairs->at[i].value);
	text_string(&out);
	return out.bytes;
}

static inline const char *
element(const struct item_list *list, size_t i)
{
	return ((char *const *)list->at)[i];
}
