/* SPDX-License-Identifier: MIT */
/* sketch.c -- the values of a timer that has too many to keep.
 *
 * Bins are numbered from one below: bin j holds (2^(j * 2^-scale),
 * 2^((j+1) * 2^-scale)], so that halving the scale takes bin j to j >> 1, and
 * a page of bins to one page. Which pages a set of values fills at a scale
 * depends on nothing else, and never grows as the scale is halved: that is why
 * sketches come out the same however their values were grouped.
 *
 *      page    | key | counts of 32 bins |     sorted by key: negative values,
 *                                              greatest first, then positive */

#include "aggregate/sketch.h"

#include "aggregate/sketch_bounds.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023
#define OCTAVE_BITS SKETCH_SCALE_MOST /* bins of an octave, the finest */
#define PAGE_BITS 5
#define PAGES_AT_FIRST 8
#define HINTS 32             /* as many pages side by side are found at once */
#define KEY_OF_ONE (1 << 14) /* more than there are pages below 1 */

/* What one value may add to its bin; so many times as much the count holds. */
#define WEIGHT_MOST 4294967296.0

_Static_assert(1 << OCTAVE_BITS == SKETCH_BOUNDS, "the bounds are of the finest bins");
_Static_assert(SKETCH_PAGES <= 256, "a place fits a byte");
_Static_assert(1 << PAGE_BITS == SKETCH_PAGE_BINS, "a page has whole bins");

struct page {
	int32_t key;
	uint64_t *counts;
};

/* A number of twice a double's precision: their sum, high the nearest to it. */
struct pair {
	double high, low;
};

struct sketch {
	unsigned scale;
	bool coarsened;
	uint32_t pages; /* in use */
	uint32_t made;  /* in the directory; those not in use have counts to reuse */
	uint32_t cap;   /* of the directory */
	struct page *page;
	uint8_t places[HINTS]; /* where the pages of these keys were, by their low bits */
	uint64_t n, count, zeros;
	double rest; /* of weights, still to go to a bin */
	struct pair weight, sum, squares;
	double lower, upper;
};

/* ---- numbers of twice the precision ---- */

/* At the end of a double's range digits are lost, but it stays a number. */
static struct pair
pair_of(double high, double low)
{
	if (!(fabs(high) <= DBL_MAX))
		return (struct pair){copysign(DBL_MAX, high), 0};
	return (struct pair){high, fabs(low) <= DBL_MAX ? low : 0};
}

/* The exact sum of two doubles, if nothing overflows. */
static inline struct pair
two_sum(double a, double b)
{
	double sum = a + b, of_b = sum - a;

	return (struct pair){sum, (a - (sum - of_b)) + (b - of_b)};
}

static inline struct pair
pair_add(struct pair a, struct pair b)
{
	struct pair high = two_sum(a.high, b.high);
	struct pair sum = two_sum(high.high, high.low + (a.low + b.low));

	if (fabs(sum.high) <= DBL_MAX && fabs(sum.low) <= DBL_MAX)
		return sum;
	return pair_of(high.high, 0);
}

/* The exact product of two doubles, if nothing overflows. */
static inline struct pair
two_product(double a, double b)
{
	double product = a * b;

	return pair_of(product, fma(a, b, -product));
}

static struct pair
pair_multiply(struct pair a, struct pair b)
{
	struct pair product = two_product(a.high, b.high);

	return pair_add(product, pair_of(a.high * b.low + a.low * b.high, 0));
}

static struct pair
pair_divide(struct pair a, struct pair b)
{
	double quotient = a.high / b.high;
	struct pair taken = pair_multiply((struct pair){quotient, 0}, b);
	struct pair left = pair_add(a, (struct pair){-taken.high, -taken.low});

	return pair_add(pair_of(quotient, 0), pair_of(left.high / b.high, 0));
}

/* ---- the grid ---- */

/* The finest bin of a number greater than 0. */
static int32_t
bin_of(double magnitude)
{
	uint64_t bits;

	memcpy(&bits, &magnitude, sizeof(bits));
	int32_t exponent = (int32_t)(bits >> MANTISSA_BITS);
	uint64_t mantissa = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);

	if (exponent == 0) {
		/* A subnormal number's first bit stands within the mantissa. */
		int shift = __builtin_clzll(mantissa) - (63 - MANTISSA_BITS);

		mantissa = mantissa << shift & ((UINT64_C(1) << MANTISSA_BITS) - 1);
		exponent = 1 - shift;
	}
	int32_t bin = sketch_starts[mantissa >> (MANTISSA_BITS - OCTAVE_BITS)];

	while (mantissa > sketch_bounds[bin])
		bin++;
	/* A power of two ends the octave before. */
	return (exponent - EXPONENT_BIAS) * SKETCH_BOUNDS + bin - (mantissa == 0);
}

/* 2^(part / 2^scale), part of an octave. */
static double
part_of_octave(unsigned scale, uint32_t part)
{
	uint32_t finest = part << (OCTAVE_BITS - scale);
	uint64_t bits = finest == 0 ? 0 : sketch_bounds[finest - 1];

	return 1 + (double)bits / (double)(UINT64_C(1) << MANTISSA_BITS);
}

/* The value that no other of the bin is farther from than the error. */
static double
bin_value(unsigned scale, int32_t bin)
{
	double width = part_of_octave(scale, 1);
	double from = part_of_octave(scale, (uint32_t)bin & ((UINT32_C(1) << scale) - 1));

	return ldexp(from * (2 * width / (1 + width)), bin >> scale);
}

unsigned
sketch_scale(double error)
{
	unsigned scale = SKETCH_SCALE_LEAST;

	for (; scale < SKETCH_SCALE_MOST; scale++) {
		double width = part_of_octave(scale, 1);

		if ((width - 1) / (width + 1) <= error)
			break;
	}
	return scale;
}

/* ---- pages ---- */

static int32_t
page_key(bool negative, int32_t bin)
{
	int32_t key = (bin >> PAGE_BITS) + KEY_OF_ONE;

	return negative ? -key : key;
}

static int32_t
page_number(int32_t key)
{
	return (key < 0 ? -key : key) - KEY_OF_ONE;
}

static bool
page_is_at(const struct sketch *sketch, uint32_t place, int32_t key)
{
	return place < sketch->pages && sketch->page[place].key == key;
}

/* Where the page of this key is, or would be. */
static uint32_t
page_place(const struct sketch *sketch, int32_t key)
{
	uint32_t from = 0, to = sketch->pages;
	uint32_t hint = sketch->places[(uint32_t)key % HINTS];

	if (page_is_at(sketch, hint, key))
		return hint;
	while (from < to) {
		uint32_t middle = (from + to) / 2;

		if (sketch->page[middle].key < key)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void
directory_grow(struct sketch *sketch, struct arena *arena)
{
	uint32_t cap = sketch->cap == 0 ? PAGES_AT_FIRST : sketch->cap * 2;
	struct page *page = arena_alloc(arena, cap * sizeof(*page));

	if (sketch->made > 0)
		memcpy(page, sketch->page, sketch->made * sizeof(*page));
	sketch->page = page;
	sketch->cap = cap;
}

/* Make a page at its place; there are less than SKETCH_PAGES. */
static void
page_make(struct sketch *sketch, struct arena *arena, uint32_t place, int32_t key)
{
	if (sketch->pages == sketch->made) {
		if (sketch->made == sketch->cap)
			directory_grow(sketch, arena);
		sketch->page[sketch->made++].counts =
		    arena_alloc(arena, SKETCH_PAGE_BINS * sizeof(uint64_t));
	}
	struct page *page = sketch->page + place;
	uint64_t *counts = sketch->page[sketch->pages].counts;

	memmove(page + 1, page, (sketch->pages - place) * sizeof(*page));
	*page = (struct page){key, memset(counts, 0, SKETCH_PAGE_BINS * sizeof(*counts))};
	sketch->pages++;
}

/* Halve the scale: two bins become one, two pages one. */
static void
sketch_coarsen(struct sketch *sketch)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < sketch->pages; i++) {
		struct page page = sketch->page[i];
		int32_t number = page_number(page.key);
		int32_t key = page_key(page.key < 0, (number >> 1) * SKETCH_PAGE_BINS);
		uint64_t half[SKETCH_PAGE_BINS / 2];

		for (unsigned bin = 0; bin < SKETCH_PAGE_BINS / 2; bin++)
			half[bin] = page.counts[2 * bin] + page.counts[2 * bin + 1];
		if (kept == 0 || sketch->page[kept - 1].key != key) {
			memset(page.counts, 0, SKETCH_PAGE_BINS * sizeof(*page.counts));
			sketch->page[i] = sketch->page[kept];
			sketch->page[kept++] = (struct page){key, page.counts};
		}
		/* The pages of both halves are neighbours, and the other one's
		 * half is empty so far. */
		memcpy(sketch->page[kept - 1].counts + (number & 1) * (SKETCH_PAGE_BINS / 2), half,
		    sizeof(half));
	}
	sketch->pages = kept;
	sketch->scale--;
}

/* Add to the bin that has this number at this scale, or to that it has become
 * part of. True: bins had to be merged. */
static bool
bin_add(struct sketch *sketch, struct arena *arena, bool negative, int32_t bin, unsigned scale,
    uint64_t count)
{
	bool merged = false;

	for (;;) {
		int32_t at = bin >> (scale - sketch->scale);
		int32_t key = page_key(negative, at);
		uint32_t place = page_place(sketch, key);
		bool known = page_is_at(sketch, place, key);

		if (known || sketch->pages < SKETCH_PAGES) {
			if (!known)
				page_make(sketch, arena, place, key);
			sketch->page[place].counts[at & (SKETCH_PAGE_BINS - 1)] += count;
			sketch->places[(uint32_t)key % HINTS] = (uint8_t)place;
			return merged;
		}
		sketch_coarsen(sketch);
		merged = true;
	}
}

/* ---- the sketch ---- */

struct sketch *
sketch_new(struct arena *arena, unsigned scale)
{
	struct sketch *sketch = arena_alloc(arena, sizeof(*sketch));

	*sketch = (struct sketch){.scale = scale, .lower = DBL_MAX, .upper = -DBL_MAX};
	return sketch;
}

bool
sketch_has_room(const struct sketch *sketch, double value)
{
	if (value == 0 || sketch->made > sketch->pages || sketch->pages == SKETCH_PAGES)
		return true;
	int32_t bin = bin_of(fabs(value)) >> (OCTAVE_BITS - sketch->scale);
	int32_t key = page_key(value < 0, bin);

	return page_is_at(sketch, page_place(sketch, key), key);
}

/* The whole part of what waits and what comes. */
static uint64_t
whole_weight(struct sketch *sketch, double weight)
{
	double all = sketch->rest + weight, whole = floor(all);

	if (whole >= WEIGHT_MOST) {
		sketch->rest = 0;
		return (uint64_t)WEIGHT_MOST;
	}
	sketch->rest = all - whole;
	return (uint64_t)whole;
}

/* True, once: bins had to be merged. */
static bool
first_coarsening(struct sketch *sketch, bool merged)
{
	bool first = merged && !sketch->coarsened;

	sketch->coarsened |= merged;
	return first;
}

bool
sketch_add(struct sketch *sketch, struct arena *arena, double value, double weight)
{
	struct pair share = {weight, 0}, sum = {value, 0};
	struct pair square = two_product(value, value);
	uint64_t count = whole_weight(sketch, weight);
	bool merged = false;

	if (weight != 1) {
		sum = two_product(weight, value);
		square = pair_multiply(share, square);
	}
	sketch->n++;
	sketch->weight = pair_add(sketch->weight, share);
	sketch->sum = pair_add(sketch->sum, sum);
	sketch->squares = pair_add(sketch->squares, square);
	sketch->lower = value < sketch->lower ? value : sketch->lower;
	sketch->upper = value > sketch->upper ? value : sketch->upper;
	sketch->count += count;
	if (value == 0)
		sketch->zeros += count;
	else if (count > 0)
		merged = bin_add(sketch, arena, value < 0, bin_of(fabs(value)), OCTAVE_BITS, count);
	return first_coarsening(sketch, merged);
}

/* Add all bins of a page of another sketch, whose scale is not lower. */
static bool
page_merge(struct sketch *sketch, struct arena *arena, const struct page *page, unsigned scale)
{
	int32_t first = page_number(page->key) * SKETCH_PAGE_BINS;
	bool merged = false;

	for (int32_t i = 0; i < SKETCH_PAGE_BINS; i++)
		if (page->counts[i] > 0)
			merged |= bin_add(
			    sketch, arena, page->key < 0, first + i, scale, page->counts[i]);
	return merged;
}

bool
sketch_merge(struct sketch *sketch, struct arena *arena, const struct sketch *other)
{
	bool merged = other->scale < sketch->scale;

	while (other->scale < sketch->scale)
		sketch_coarsen(sketch);
	for (uint32_t i = 0; i < other->pages; i++)
		merged |= page_merge(sketch, arena, other->page + i, other->scale);
	sketch->n += other->n;
	sketch->count += other->count;
	sketch->zeros += other->zeros;
	sketch->rest += other->rest;
	sketch->weight = pair_add(sketch->weight, other->weight);
	sketch->sum = pair_add(sketch->sum, other->sum);
	sketch->squares = pair_add(sketch->squares, other->squares);
	sketch->lower = other->lower < sketch->lower ? other->lower : sketch->lower;
	sketch->upper = other->upper > sketch->upper ? other->upper : sketch->upper;
	return first_coarsening(sketch, merged);
}

/* The mean of the squares less the square of the mean: the digits that cancel
 * out are those beyond a double's. */
static double
deviation_of(const struct sketch *sketch, struct pair mean)
{
	if (sketch->lower == sketch->upper)
		return 0;
	if (sketch->squares.high >= DBL_MAX)
		return sqrt(DBL_MAX / sketch->weight.high);
	struct pair even = pair_multiply(mean, sketch->sum);
	struct pair spread = pair_add(sketch->squares, (struct pair){-even.high, -even.low});

	return spread.high > 0 ? sqrt(spread.high / sketch->weight.high) : 0;
}

void
sketch_sums(const struct sketch *sketch, struct sketch_sums *sums_out)
{
	*sums_out = (struct sketch_sums){.n = sketch->n};
	if (sketch->n == 0)
		return;
	struct pair mean = pair_divide(sketch->sum, sketch->weight);

	sums_out->weight = sketch->weight.high;
	sums_out->sum = sketch->sum.high;
	sums_out->sum_squares = sketch->squares.high;
	sums_out->mean = mean.high;
	sums_out->deviation = deviation_of(sketch, mean);
	sums_out->lower = sketch->lower;
	sums_out->upper = sketch->upper;
}

uint64_t
sketch_count(const struct sketch *sketch)
{
	return sketch->count;
}

/* The bins of a page in the order of their values; page bins of negative
 * values run backwards. */
static void
page_walk(const struct sketch *sketch, const struct page *page, sketch_visit_fn *visit, void *arg)
{
	int32_t first = page_number(page->key) * SKETCH_PAGE_BINS;

	for (int32_t i = 0; i < SKETCH_PAGE_BINS; i++) {
		int32_t at = page->key < 0 ? SKETCH_PAGE_BINS - 1 - i : i;

		if (page->counts[at] == 0)
			continue;
		double value = bin_value(sketch->scale, first + at);

		value = page->key < 0 ? -value : value;
		value = value < sketch->lower ? sketch->lower : value;
		value = value > sketch->upper ? sketch->upper : value;
		visit(arg, value, page->counts[at]);
	}
}

void
sketch_walk(const struct sketch *sketch, sketch_visit_fn *visit, void *arg)
{
	uint32_t positive = page_place(sketch, 0);

	for (uint32_t i = 0; i < positive; i++)
		page_walk(sketch, sketch->page + i, visit, arg);
	if (sketch->zeros > 0)
		visit(arg, 0, sketch->zeros);
	for (uint32_t i = positive; i < sketch->pages; i++)
		page_walk(sketch, sketch->page + i, visit, arg);
}
