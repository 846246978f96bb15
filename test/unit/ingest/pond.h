/* SPDX-License-Identifier: MIT */
/* pond.h -- what a worker has but for its thread and sockets: a table, a
 * window, a listener's settings, and counts. */

#pragma once

#include "ingest/intake.h"

struct pond {
	struct intake intake;
	struct window window; /* interval 1 */
	struct series_quota quota;
	struct origin origin; /* grammar safe, all dialects, cleaned names */
	counter counters[INTAKE_COUNTERS];
	uint8_t source[SOURCE_BYTES];
	uint64_t now; /* when the next datagram arrives */
};

#define POND_DIALECTS ((UINT32_C(1) << (DIALECT_SIGNALFX + 1)) - 1)

void pond_open(struct pond *pond, int64_t most_series);
void pond_close(struct pond *pond);

/* These rules from now on; pond_close() frees them. They must be good. */
void pond_set_rules(struct pond *pond, const struct rule_settings *rules, size_t count);

/* One datagram, from a copy that ends where it ends. */
void pond_take_bytes(struct pond *pond, const char *bytes, size_t len, bool cut);
void pond_take(struct pond *pond, const char *text);

/* Whole lines off a stream. */
bool pond_take_lines(struct pond *pond, const char *text);

/* The canonical entry, or NULL; of totals that of the pond's source. */
struct entry *pond_find(struct pond *pond, const char *name, const char *tags, enum kind kind);
struct entry *pond_find_total(struct pond *pond, const char *name, const char *tags);

/* Of a counter that must be there. */
double pond_counter(struct pond *pond, const char *name, const char *tags);

/* What the open interval has of an entry that must be there; none: NULL. */
struct record *pond_record(const struct entry *entry);

/* The sum of a gauge's changes since its newest absolute value. */
double pond_changes(const struct gauge_record *record);

uint64_t pond_count(const struct pond *pond, enum intake_counter which);
uint64_t pond_refused(const struct pond *pond, enum reason reason);

/* lines = accepted + refused, and samples = hits + dated values. */
void pond_expect_balance(const struct pond *pond);
