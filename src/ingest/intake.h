/* SPDX-License-Identifier: MIT */
/* intake.h -- from a datagram's bytes into the table: the hot path.
 *
 * A datagram is a batch. Its lines are parsed into samples, the samples'
 * hashes bring the slots they lead to near, then the entries, and only then
 * is anything folded, in order. For a series that is known nothing is
 * allocated on the way. What happens at the first sight of a spelling is
 * intake_admit(). */

#pragma once

#include "aggregate/table.h"
#include "ingest/errand.h"
#include "ingest/quota.h"
#include "ingest/rules.h"
#include "ingest/sources.h"
#include "parse/canonical.h"

/* Samples in flight between parsing and folding. */
#define INTAKE_PENDING 64

/* A value's own time may be this far from the wall clock's. */
#define INTAKE_OLDEST_SECONDS 3600
#define INTAKE_NEWEST_SECONDS 60

/* Spellings that a rule drops and that are remembered, per worker; further
 * ones meet the rules each time. */
#define INTAKE_DROPPED_MOST 65536

/* Stamps in a nanosecond. Samples of one datagram differ in theirs, but even
 * ten thousand of them must not run ahead of what another worker gets next. */
#define STAMPS_PER_NS 16

/* How lines of one origin are taken in: a listener's, or a test's. */
struct origin {
	uint32_t profile; /* one bit: listeners with equal settings share it */
	struct canonical_rules rules;
	enum transport_kind transport;
	bool graphite;     /* lines are Graphite's: name, value, time ... */
	bool keep_time;    /* ... which is kept as it is */
	bool absolute;     /* a gauge's sign is part of its value */
	bool cumulative;   /* counters come as running totals */
	counter *counters; /* INTAKE_COUNTERS of them, this worker's alone */
};

/* When and from where a datagram came. */
struct arrival {
	uint64_t stamp;        /* monotonic, ns */
	const uint8_t *source; /* SOURCE_BYTES */
};

/* What became of a line. */
struct outcome {
	bool accepted;
	enum reason refused; /* of its elements, the first */
};

struct pending {
	struct sample sample;
	uint64_t hash;
	struct entry *near;   /* most often the sample's; NULL: it has none yet */
	struct outcome *line; /* NULL: the sample is all of it */
};

struct intake {
	struct table table;
	struct window *window; /* the open one */
	struct budget budget;
	struct series_quota *quota;
	size_t memory_used, memory_held; /* by the table, as the quota has been told */
	struct source_desk desk;         /* who sends; keeps no books before it is set up */
	const struct rules *rules;       /* shared; NULL: none */
	struct rules_room *room;         /* for them */
	bool kinds_clash;                /* a sink's names do not tell all kinds apart */
	struct canonical canonical;
	const uint8_t *source; /* of the datagram that is being taken in */
	uint64_t stamp;        /* the next sample's; strictly increasing */
	bool stream;           /* it comes off one ... */
	bool http;             /* ... and was found to be a web browser's */
	/* Not counted yet: lines that were one sample, lines accepted. */
	uint64_t single_lines, lines_accepted, elements_refused;
	size_t samples, lines;
	struct pending pending[INTAKE_PENDING];
	struct outcome outcome[INTAKE_PENDING];
	/* Of first sights. */
	struct blocks blocks;
	const char *forgetting; /* names that get no aliases just now; NULL: none */
	struct space_saving refused_prefixes;
};

/* The rules must outlive it; NULL: none. */
void intake_init(struct intake *intake, const struct budget *budget, struct series_quota *quota,
    const struct rules *rules, bool kinds_clash);
void intake_fini(struct intake *intake);

/* Take in one datagram whole; cut says that the kernel had no room for its
 * end. */
void intake_datagram(struct intake *intake, const struct origin *origin, const char *bytes,
    size_t len, bool cut, const struct arrival *arrival);

/* Take in whole lines off a stream. False at one that looks like a request of
 * a web browser: it is refused, and what follows it is left alone. */
bool intake_lines(struct intake *intake, const struct origin *origin, const char *bytes, size_t len,
    const struct arrival *arrival);

/* Refuse a line of a stream, of which len bytes came, unseen. */
void intake_refuse(struct intake *intake, const struct origin *origin, enum reason reason,
    size_t len, const struct arrival *arrival);

/* Bring a spelling into its canonical form, as the client, the listener and the
 * rules have it, with what the rules want beyond. The form borrows the bytes of
 * the spelling or of intake->canonical. Anything but REASON_NONE: it is refused. */
enum reason intake_form(struct intake *intake, const struct origin *origin,
    const struct sample *spelling, struct ruling *ruling_out, struct sample *form_out);

/* How samples of the spelling are to be understood, by the listener and the
 * rule: bits of enum entry_mode. */
uint8_t intake_modes(
    const struct origin *origin, const struct sample *spelling, const struct ruling *ruling);

/* The first sight of a spelling: its canonical entry, and in *modes_out how its
 * samples are to be understood. With ENTRY_CUMULATIVE the entry is not to be
 * folded into: the spelling has one for each source. NULL: refused, for
 * *reason_out. */
struct entry *intake_admit(struct intake *intake, const struct origin *origin,
    const struct sample *spelling, uint64_t hash, uint8_t *modes_out, enum reason *reason_out);

/* An entry has been retired: what it counted for has it no longer. */
void intake_let_go(struct intake *intake, const struct entry *entry);

/* Tell the quota what the table takes, after it has grown or shrunk. */
void intake_count_memory(struct intake *intake);
