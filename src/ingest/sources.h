/* SPDX-License-Identifier: MIT */
/* sources.h -- who sends what: lines, refused ones and series of each client,
 * by its address and not its port, in bounded memory.
 *
 * All workers share the places. A place is one word, the tag of an address and
 * the number of series that it brought and that are alive:
 *
 *      place | 36 tag | 28 series |     0: free
 *
 * so that claiming a place and counting in it are one compare-and-swap each,
 * and the limit of a source holds exactly over all workers. A search looks at
 * four groups of places, each as long as a cache line, by the hash. Where all
 * of these are taken, one that has no series and has been silent for
 * SOURCES_IDLE_NS changes hands; else the address is one of the others, whose
 * place is 0. No place becomes free again: a search ends at the first that is.
 * Where many addresses come and none finds a place, one is looked for every so
 * often only.
 *
 * What else is known of a source each worker counts in a record of its own for
 * the place. A record bears the tag of whom it is about; one whose tag is not
 * the place's is stale.
 *
 * Two workers that take over a place each for the same address, at the same
 * instant, may both succeed. From then on the first of the two is found. */

#pragma once

#include "metric/counter.h"
#include "metric/source.h"

#include <stdbool.h>
#include <string.h>

#define SOURCES_MOST 4096
#define SOURCES_OTHERS 0
#define SOURCES_GROUP 8
#define SOURCES_IDLE_NS (INT64_C(600) * 1000000000)

#define SOURCES_SERIES_BITS 28
#define SOURCES_SERIES_MOST ((UINT64_C(1) << SOURCES_SERIES_BITS) - 1)

/* What a worker knows of a source. It writes, everybody may read. */
struct source_record {
	_Atomic uint64_t tag; /* stored last (release) when the record is someone else's */
	counter seen_ns;      /* monotonic */
	counter lines, refused, series_refused;
	_Atomic uint64_t address[2]; /* the bytes */
};

struct sources {
	_Atomic uint64_t place[SOURCES_MOST];
	int64_t series_most; /* of each, but for the others together; 0: any number */
	unsigned workers;
	struct source_record *records[]; /* SOURCES_MOST of each worker */
};

/* A worker's view. Without sources it keeps no books. */
struct source_desk {
	struct sources *sources;
	struct source_record *records; /* the worker's */
	struct source_record *record;  /* of whoever sends just now */
	uint64_t tag;                  /* what its place holds */
	int64_t now_ns;
	int64_t again_ns; /* not before: look for a place that may change hands */
	uint8_t address[SOURCE_BYTES];
	uint16_t number; /* of the place */
};

/* series_most of limits.series_per_source. */
struct sources *sources_new(unsigned workers, int64_t series_most);
void sources_free(struct sources *sources);

void source_desk_init(struct source_desk *desk, struct sources *sources, unsigned worker);

/* source_desk_turn() to another address than before. */
void source_desk_find(struct source_desk *desk, const uint8_t *address);

/* The lines that follow are from this address. now_ns is monotonic. */
static inline void
source_desk_turn(struct source_desk *desk, const uint8_t *address, int64_t now_ns)
{
	if (desk->sources == NULL)
		return;
	desk->now_ns = now_ns;
	if (memcmp(desk->address, address, SOURCE_BYTES) != 0 ||
	    atomic_load_explicit(&desk->sources->place[desk->number], memory_order_relaxed) >>
		    SOURCES_SERIES_BITS !=
		desk->tag)
		source_desk_find(desk, address);
	counter_set(&desk->record->seen_ns, (uint64_t)now_ns);
}

/* So many of its lines have been read, so many of these refused. */
static inline void
source_desk_count(struct source_desk *desk, uint64_t lines, uint64_t refused)
{
	if (desk->sources == NULL)
		return;
	counter_add(&desk->record->lines, lines);
	if (refused > 0)
		counter_add(&desk->record->refused, refused);
}

/* One more series is the source's, whose number is written. False: it has as
 * many as it may. */
bool source_desk_take_series(struct source_desk *desk, uint16_t *number_out);

/* A series of a source's is gone. */
void sources_give_series(struct sources *sources, uint16_t number);

/* A new series of the source's was refused, for whatever limit. */
void source_desk_refuse_series(struct source_desk *desk);

/* Any thread: what is known of one source, all workers taken together. */
struct source_figures {
	bool others; /* of those without a place of their own; no address */
	uint8_t address[SOURCE_BYTES];
	uint64_t lines; /* read; refused ones included */
	uint64_t refused;
	uint64_t series; /* that it was the first to send, in a worker, and that are alive */
	uint64_t series_refused; /* lines that would have made a new one, past a limit */
	int64_t seen_ns;         /* the last line, monotonic */
};

/* All of them, in no order, but for the others, who come first if there are
 * any. There is room for SOURCES_MOST; returns how many there are. */
size_t sources_read(const struct sources *sources, struct source_figures *figures_out);
