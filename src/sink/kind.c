/* SPDX-License-Identifier: MIT */
/* kind.c -- the kinds of sinks, listed once. */

#include "sink/kind.h"

#include "sink/egress.h"
#include "sink/settings.h"

/* X(type, encoder, where its settings are, transport, where its settings are) */
#define KINDS_OF_SINKS(X)                                                        \
	X(graphite, graphite, offsetof(struct graphite_settings, encoding), tcp, \
	    offsetof(struct graphite_settings, tcp))                             \
	X(stdout, table, 0, stdout, 0)

#define ITEMS(type, encoder, encoding, transport, transporting) &type##_items,
#define KIND(type, encoder, encoding, transport, transporting) \
	{&encoder##_encoder, encoding, &transport##_transport, transporting},

const struct item_table *const sink_variants[] = {KINDS_OF_SINKS(ITEMS) NULL};
const struct sink_kind sink_kinds[] = {KINDS_OF_SINKS(KIND)};
