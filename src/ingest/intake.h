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
#include "parse/canonical.h"

/* Samples in flight between parsing and folding. */
#define INTAKE_PENDING 64

/* Shared by all workers. */
struct series_quota {
	int64_t most;
	_Atomic int64_t used; /* relaxed: a limit, not a lock */
};

/* How lines of one origin are taken in: a listener's, or a test's. */
struct origin {
	uint32_t profile; /* one bit: listeners with equal rules share it */
	struct canonical_rules rules;
	counter *counters; /* INTAKE_COUNTERS of them, this worker's alone */
};

struct pending {
	struct sample sample;
	uint64_t hash;
	size_t line;
};

struct outcome {
	bool accepted;
	enum reason refused; /* the first */
};

struct intake {
	struct table table;
	struct window *window; /* the open one */
	struct budget budget;
	struct series_quota *quota;
	struct canonical canonical;
	uint64_t stamp; /* of the sample before; strictly increasing */
	uint64_t elements_refused;
	size_t samples, lines;
	struct pending pending[INTAKE_PENDING];
	struct outcome outcome[INTAKE_PENDING];
};

void intake_init(struct intake *intake, const struct budget *budget, struct series_quota *quota);
void intake_fini(struct intake *intake);

/* Take in one datagram whole. `arrived` is its arrival, monotonic ns; cut
 * says that the kernel had no room for its end. */
void intake_datagram(struct intake *intake, const struct origin *origin, const char *bytes,
    size_t len, bool cut, uint64_t arrived);

/* The canonical entry of a spelling seen for the first time; NULL: refused,
 * for *reason_out. */
struct entry *intake_admit(struct intake *intake, const struct origin *origin,
    const struct sample *spelling, uint64_t hash, enum reason *reason_out);
