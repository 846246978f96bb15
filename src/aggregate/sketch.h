/* SPDX-License-Identifier: MIT */
/* sketch.h -- the values of a timer that has too many to keep: how many lie in
 * each bin of a fixed, exponential grid, and sums that stay exact.
 *
 * Bins are those of Prometheus' native and OpenTelemetry's exponential
 * histograms: bin i holds the values in (2^((i-1) * 2^-scale), 2^(i * 2^-scale)],
 * bins of negative values mirror them, zero has its own. A value read back is
 * off by (2^(2^-scale) - 1) / (2^(2^-scale) + 1) of itself at most: 0.54 % at scale 6.
 *
 * Counts are whole numbers and the grid is the same for all, so merging is
 * associative and commutative. A sketch whose values fill more than
 * SKETCH_PAGES pages merges neighbouring bins, which halves its scale; as that
 * depends on the values alone, merging stays so. Count, sum, sum of squares,
 * least and greatest are kept apart; sums in twice the precision of a double
 * (Dekker, 1971), so that the mean and the deviation have all their digits.
 *
 * Memory is the arena's. */

#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

#define SKETCH_SCALE_LEAST 3 /* error 4.33 % */
#define SKETCH_SCALE_MOST 8  /* error 0.14 % */
#define SKETCH_PAGES 256
#define SKETCH_PAGE_BINS 32

/* What each of several values takes of the arena, at most. */
#define SKETCH_VALUE_BYTES 512

struct sketch;

/* The coarsest scale whose error is at most this, of 0.0014 to 0.044. */
unsigned sketch_scale(double error);

struct sketch *sketch_new(struct arena *arena, unsigned scale);

/* Does it take this value without one more page from the arena? (The counts of
 * one that it has may outgrow their 16 bits, once.) */
bool sketch_has_room(const struct sketch *sketch, double value);

/* weight > 0: of fractions, the whole part goes to a bin, the rest waits for
 * the next value of the sketch. True, once for a sketch: bins were merged. */
bool sketch_add(struct sketch *sketch, struct arena *arena, double value, double weight);

/* Add another one, which stays as it is. True, once: bins were merged. */
bool sketch_merge(struct sketch *sketch, struct arena *arena, const struct sketch *other);

struct sketch_sums {
	uint64_t n;                               /* values */
	double weight;                            /* theirs together; n without weights */
	double sum, sum_squares, mean, deviation; /* weighted, if weights were given */
	double lower, upper;
};

void sketch_sums(const struct sketch *sketch, struct sketch_sums *sums_out);

/* What the bins hold together: n, or the whole part of the weights. */
uint64_t sketch_count(const struct sketch *sketch);

/* A walk through the bins, from the least values to the greatest: how many,
 * and a value that stands for them, between lower and upper. */
typedef void sketch_visit_fn(void *arg, double value, uint64_t count);
void sketch_walk(const struct sketch *sketch, sketch_visit_fn *visit, void *arg);
