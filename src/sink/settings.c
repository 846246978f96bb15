/* SPDX-License-Identifier: MIT */
/* settings.c -- what each kind of sink can be told. */

#include "sink/settings.h"

#include "base/address.h"

#define PERCENTILES_MAX 16

/* Indexes are those of enum ack, enum naming_tags, enum stdout_format. */
const char *const ack_choices[] = {"auto", "eof", "tcp", "none", NULL};
static const char *const tags_choices[] = {"graphite", "path", "none", NULL};
static const char *const format_choices[] = {"table", NULL};

#define QUEUE(text)                                                                          \
	{                                                                                    \
		.key = "queue", .type = ITEM_SIZE,                                           \
		.offset = offsetof(struct sink_settings, queue_bytes), .fallback = text,     \
		.least = 64 << 10, .most = 64.0 * (1 << 30),                                 \
		.help = "memory for flushes not delivered yet, one at least; beyond it the " \
			"oldest is dropped",                                                 \
	}

static const struct item graphite_table[] = {
    {.key = "address",
	.type = ITEM_LIST,
	.element = ITEM_ADDRESS,
	.offset = offsetof(struct graphite_settings, tcp.address),
	.most_elements = 1,
	.help = "of carbon or a relay, plaintext over TCP, usually port 2003"},
    {.key = "ack",
	.type = ITEM_CHOICE,
	.choices = ack_choices,
	.offset = offsetof(struct graphite_settings, tcp.ack),
	.fallback = "auto",
	.help = "delivered is: read to the end | in the peer's kernel | written; auto: eof, "
		"or tcp for a server that never closes"},
    {.key = "ack_timeout",
	.type = ITEM_DURATION,
	.offset = offsetof(struct graphite_settings, tcp.ack_timeout_ns),
	.fallback = "5s",
	.least = 100e6,
	.most = 3600e9,
	.help = "without progress for so long an attempt has failed"},
    {.key = "names",
	.type = ITEM_BLOCK,
	.block = &naming_items,
	.offset = offsetof(struct graphite_settings, encoding.names),
	.help = "how series are spelt"},
    {.key = "tags",
	.type = ITEM_CHOICE,
	.choices = tags_choices,
	.offset = offsetof(struct graphite_settings, encoding.tags),
	.fallback = "graphite",
	.help = "graphite: ;k=v after the suffix | path: .k.v after the name | none"},
    {.key = "percentiles",
	.type = ITEM_LIST,
	.element = ITEM_NUMBER,
	.offset = offsetof(struct graphite_settings, encoding.choice.percentiles),
	.fallback = "[]",
	.least = -100,
	.most = 100,
	.most_elements = PERCENTILES_MAX,
	.help = "for this sink only; []: 50, 95, 99 in scheme statsite, 75, 95, 98, 99, 99.9 in "
		"brubeck, else timers.percentiles"},
    {.key = "statistics",
	.type = ITEM_LIST,
	.element = ITEM_CHOICE,
	.choices = statistic_choices,
	.offset = offsetof(struct graphite_settings, encoding.choice.statistics),
	.fallback = "[]",
	.most_elements = STATISTICS,
	.help = "for this sink only; []: timers.statistics"},
    QUEUE("64MiB"),
    {0},
};

static const char *
graphite_verify(const void *at, const char **key_out)
{
	const struct graphite_settings *settings = at;
	const struct item_list *addresses = &settings->tcp.address;

	*key_out = "address";
	if (addresses->count == 0)
		return "there is no address";
	for (size_t i = 0; i < addresses->count; i++) {
		struct address address;
		const char *problem;

		if (address_parse(((char **)addresses->at)[i], &address, &problem) != 0)
			return problem;
		if (address.kind != ADDRESS_INET || address.port == 0)
			return "a host and a port to connect to are needed, like graphite-1:2003";
	}
	return naming_choice_problem(
	    &settings->encoding.names, &settings->encoding.choice, key_out);
}

const struct item_table graphite_items = {
    .name = "graphite",
    .items = graphite_table,
    .size = sizeof(struct graphite_settings),
    .verify = graphite_verify,
};

static const struct item stdout_table[] = {
    {.key = "format",
	.type = ITEM_CHOICE,
	.choices = format_choices,
	.offset = offsetof(struct stdout_settings, format),
	.fallback = "table",
	.help = "table: aligned, for people"},
    QUEUE("16MiB"),
    {0},
};

const struct item_table stdout_items = {
    .name = "stdout",
    .items = stdout_table,
    .size = sizeof(struct stdout_settings),
};
