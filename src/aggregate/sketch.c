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
 *                                              greatest first, then positive
 *
 * Counts take 16 bits, a page of them a cache line's worth, until one of the
 * page does not fit. */

#include "aggregate/sketch.h"

#include "aggregate/sketch_bounds.h"
#include "aggregate/sketch_sums.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MANTISSA_BITS 52
#define MANTISSA_MASK ((UINT64_C(1) << MANTISSA_BITS) - 1)
#define SIGN (UINT64_C(1) << 63)
#define EXPONENT_BIAS 1023
#define OCTAVE_BITS SKETCH_SCALE_MOST /* bins of an octave, the finest */
#define PART_BITS 9
#define PAGE_BITS 5
#define PAGES_AT_FIRST 8
#define HINTS 32             /* as many pages side by side are found at once */
#define KEY_OF_ONE (1 << 14) /* more than there are pages below 1 */

/* What one value may add to its bin; so many times as much the count holds. */
#define WEIGHT_MOST 4294967296.0

/* Exponents of plain values, -448 to 447: the square of one has no bits beyond
 * a double's range, and no sum overflows by it. */
#define PLAIN_LEAST (EXPONENT_BIAS - 448)
#define PLAIN_COUNT (2 * 448)

_Static_assert(1 << OCTAVE_BITS == SKETCH_BOUNDS, "the bounds are of the finest bins");
_Static_assert(1 << PART_BITS == SKETCH_PARTS, "there is a start for each part");
_Static_assert(SKETCH_PAGES <= 256, "a place fits a byte");
_Static_assert(1 << PAGE_BITS == SKETCH_PAGE_BINS, "a page has whole bins");

#define NARROW_BYTES (SKETCH_PAGE_BINS * sizeof(uint16_t))
#define WIDE_BYTES (SKETCH_PAGE_BINS * sizeof(uint64_t))

struct page {
	int32_t key;
	bool is_wide;
	union {
		uint16_t *narrow;
		uint64_t *wide;
	};
};

_Static_assert(PAGES_AT_FIRST * sizeof(struct page) % NARROW_BYTES == 0,
    "a directory has room for whole pages");

/* What most values touch comes first. */
struct sketch {
	struct sums sums;
	double lower, upper;
	uint64_t ones; /* plain values that weigh 1 */
	struct page *page;
	uint8_t places[HINTS]; /* where the pages of these keys are, by their low bits */
	unsigned scale;
	uint32_t pages;     /* in use */
	double rest;        /* of weights, still to go to a bin */
	uint64_t n, count;  /* of the values that are not among the ones */
	struct pair weight; /* theirs */
	uint64_t zeros;
	uint32_t made; /* in the directory; those not in use have counts to reuse */
	uint32_t cap;  /* of the directory */
	bool coarsened;
};

/* ---- the grid ---- */

/* The finest bin of a normal number greater than 0. */
static inline int32_t
bin_of_normal(uint64_t bits)
{
	/* A bound is in the bin that it ends: so is the number just below. */
	uint64_t below = bits - 1;
	uint64_t mantissa = below & MANTISSA_MASK;
	int32_t exponent = (int32_t)(below >> MANTISSA_BITS) - EXPONENT_BIAS;
	int32_t bin = sketch_starts[mantissa >> (MANTISSA_BITS - PART_BITS)];

	return exponent * SKETCH_BOUNDS + bin + (mantissa >= sketch_bounds[bin]);
}

/* The finest bin of a number greater than 0. */
static int32_t
bin_of(double magnitude)
{
	if (magnitude >= DBL_MIN)
		return bin_of_normal(double_bits(magnitude));
	return bin_of_normal(double_bits(magnitude * 0x1p64)) - 64 * SKETCH_BOUNDS;
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

/* The counts of some pages take the place of the smaller directory. */
static void
directory_grow(struct sketch *sketch, struct arena *arena)
{
	uint32_t cap = sketch->cap == 0 ? PAGES_AT_FIRST : sketch->cap * 2;
	struct page *page = arena_alloc(arena, cap * sizeof(*page)), *left = sketch->page;
	uint32_t step = NARROW_BYTES / sizeof(*page);

	if (sketch->made > 0)
		memcpy(page, left, sketch->made * sizeof(*page));
	for (uint32_t i = 0; i < sketch->cap; i += step)
		page[sketch->made++] = (struct page){.narrow = (void *)(left + i)};
	sketch->page = page;
	sketch->cap = cap;
}

/* Give a page without memory of its own some. */
static void
page_allocate(struct sketch *sketch, struct arena *arena)
{
	if (sketch->made == sketch->cap)
		directory_grow(sketch, arena);
	if (sketch->pages == sketch->made)
		sketch->page[sketch->made++] =
		    (struct page){.narrow = arena_alloc(arena, NARROW_BYTES)};
}

static void
page_clear(struct page *page)
{
	if (page->is_wide)
		memset(page->wide, 0, WIDE_BYTES);
	else
		memset(page->narrow, 0, NARROW_BYTES);
}

/* Make a page at its place; there are less than SKETCH_PAGES. */
static void
page_make(struct sketch *sketch, struct arena *arena, uint32_t place, int32_t key)
{
	if (sketch->pages == sketch->made)
		page_allocate(sketch, arena);
	struct page *page = sketch->page + place;
	struct page made = sketch->page[sketch->pages];

	memmove(page + 1, page, (sketch->pages - place) * sizeof(*page));
	for (unsigned i = 0; i < HINTS; i++)
		sketch->places[i] = (uint8_t)(sketch->places[i] + (sketch->places[i] >= place));
	made.key = key;
	page_clear(&made);
	*page = made;
	sketch->pages++;
}

static void
page_widen(struct page *page, struct arena *arena)
{
	uint64_t *wide = arena_alloc(arena, WIDE_BYTES);

	for (unsigned bin = 0; bin < SKETCH_PAGE_BINS; bin++)
		wide[bin] = page->narrow[bin];
	page->wide = wide;
	page->is_wide = true;
}

static inline uint64_t
page_count(const struct page *page, unsigned bin)
{
	return page->is_wide ? page->wide[bin] : page->narrow[bin];
}

static inline void
page_add(struct page *page, struct arena *arena, unsigned bin, uint64_t count)
{
	if (!page->is_wide) {
		if (count <= (uint64_t)UINT16_MAX - page->narrow[bin]) {
			page->narrow[bin] = (uint16_t)(page->narrow[bin] + count);
			return;
		}
		page_widen(page, arena);
	}
	page->wide[bin] += count;
}

/* Halve the scale: two bins become one, two pages one. */
static void
sketch_coarsen(struct sketch *sketch, struct arena *arena)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < sketch->pages; i++) {
		struct page page = sketch->page[i];
		int32_t number = page_number(page.key);
		unsigned first = number & 1 ? SKETCH_PAGE_BINS / 2 : 0;
		uint64_t half[SKETCH_PAGE_BINS / 2];

		for (unsigned bin = 0; bin < SKETCH_PAGE_BINS / 2; bin++)
			half[bin] = page_count(&page, 2 * bin) + page_count(&page, 2 * bin + 1);
		page.key = page_key(page.key < 0, (number >> 1) * SKETCH_PAGE_BINS);
		/* The pages of both halves are neighbours. */
		if (kept == 0 || sketch->page[kept - 1].key != page.key) {
			page_clear(&page);
			sketch->page[i] = sketch->page[kept];
			sketch->page[kept++] = page;
		}
		for (unsigned bin = 0; bin < SKETCH_PAGE_BINS / 2; bin++)
			page_add(sketch->page + kept - 1, arena, first + bin, half[bin]);
	}
	sketch->pages = kept;
	sketch->scale--;
}

/* The page of the bin that has this number at this scale, or of that which it
 * has become part of. True: bins had to be merged. */
static bool
page_reach(struct sketch *sketch, struct arena *arena, bool negative, int32_t bin, unsigned scale,
    struct page **page_out)
{
	bool merged = false;

	for (;;) {
		int32_t key = page_key(negative, bin >> (scale - sketch->scale));
		uint32_t place = page_place(sketch, key);
		bool known = page_is_at(sketch, place, key);

		if (known || sketch->pages < SKETCH_PAGES) {
			if (!known)
				page_make(sketch, arena, place, key);
			sketch->places[(uint32_t)key % HINTS] = (uint8_t)place;
			*page_out = sketch->page + place;
			return merged;
		}
		sketch_coarsen(sketch, arena);
		merged = true;
	}
}

/* Where in its page that bin is. */
static inline unsigned
bin_in_page(const struct sketch *sketch, int32_t bin, unsigned scale)
{
	return (unsigned)(bin >> (scale - sketch->scale)) & (SKETCH_PAGE_BINS - 1);
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

/* Add to a finest bin, or to that which it has become part of. True, once:
 * bins had to be merged. */
static bool
bin_add(struct sketch *sketch, struct arena *arena, bool negative, int32_t bin, uint64_t count)
{
	struct page *page;
	bool merged = page_reach(sketch, arena, negative, bin, OCTAVE_BITS, &page);

	page_add(page, arena, bin_in_page(sketch, bin, OCTAVE_BITS), count);
	return first_coarsening(sketch, merged);
}

/* Add one to a finest bin, if its page is found at once and has room. */
static inline bool
bin_add_one(struct sketch *sketch, bool negative, int32_t bin)
{
	int32_t key = page_key(negative, bin >> (OCTAVE_BITS - sketch->scale));
	uint32_t place = sketch->places[(uint32_t)key % HINTS];

	if (!page_is_at(sketch, place, key) || sketch->page[place].is_wide)
		return false;
	uint16_t *count = sketch->page[place].narrow + bin_in_page(sketch, bin, OCTAVE_BITS);

	if (*count == UINT16_MAX)
		return false;
	(*count)++;
	return true;
}

/* Any value of any weight. Apart, so that plain ones save no registers. */
static __attribute__((noinline)) bool
add_any(struct sketch *sketch, struct arena *arena, double value, double weight)
{
	struct pair share = {weight, 0}, sum = {value, 0};
	struct pair square = two_product(value, value);
	uint64_t count = whole_weight(sketch, weight);

	if (weight != 1) {
		sum = two_product(weight, value);
		square = pair_multiply(share, square);
	}
	sketch->n++;
	sketch->weight = pair_add(sketch->weight, share);
	sums_add(&sketch->sums, SUM, sum);
	sums_add(&sketch->sums, SQUARES, square);
	sketch->lower = value < sketch->lower ? value : sketch->lower;
	sketch->upper = value > sketch->upper ? value : sketch->upper;
	sketch->count += count;
	if (value == 0)
		sketch->zeros += count;
	else if (count > 0)
		return bin_add(sketch, arena, value < 0, bin_of(fabs(value)), count);
	return false;
}

/* Neither 0 nor so small or great that digits of its square are lost. */
static inline bool
is_plain(uint64_t magnitude)
{
	return (magnitude >> MANTISSA_BITS) - PLAIN_LEAST < PLAIN_COUNT;
}

bool
sketch_add(struct sketch *sketch, struct arena *arena, double value, double weight)
{
	uint64_t magnitude = double_bits(value) & ~SIGN;

	if (weight != 1 || sketch->rest != 0 || !is_plain(magnitude))
		return add_any(sketch, arena, value, weight);
	sketch->ones++;
	sums_add_plain(&sketch->sums, value);
	sketch->lower = value < sketch->lower ? value : sketch->lower;
	sketch->upper = value > sketch->upper ? value : sketch->upper;
	int32_t bin = bin_of_normal(magnitude);

	return !bin_add_one(sketch, value < 0, bin) && bin_add(sketch, arena, value < 0, bin, 1);
}

/* Add all bins of a page of another sketch, whose scale is not lower: they are
 * of one page here, too. */
static bool
page_merge(struct sketch *sketch, struct arena *arena, const struct page *from, unsigned scale)
{
	int32_t first = page_number(from->key) * SKETCH_PAGE_BINS;
	struct page *to;
	bool merged = page_reach(sketch, arena, from->key < 0, first, scale, &to);

	for (int32_t i = 0; i < SKETCH_PAGE_BINS; i++)
		page_add(to, arena, bin_in_page(sketch, first + i, scale),
		    page_count(from, (unsigned)i));
	return merged;
}

bool
sketch_merge(struct sketch *sketch, struct arena *arena, const struct sketch *other)
{
	bool merged = other->scale < sketch->scale;

	while (other->scale < sketch->scale)
		sketch_coarsen(sketch, arena);
	for (uint32_t i = 0; i < other->pages; i++)
		merged |= page_merge(sketch, arena, other->page + i, other->scale);
	sketch->ones += other->ones;
	sketch->n += other->n;
	sketch->count += other->count;
	sketch->zeros += other->zeros;
	sketch->rest += other->rest;
	sketch->weight = pair_add(sketch->weight, other->weight);
	sums_add(&sketch->sums, SUM, sums_get(&other->sums, SUM));
	sums_add(&sketch->sums, SQUARES, sums_get(&other->sums, SQUARES));
	sketch->lower = other->lower < sketch->lower ? other->lower : sketch->lower;
	sketch->upper = other->upper > sketch->upper ? other->upper : sketch->upper;
	return first_coarsening(sketch, merged);
}

/* Of all values. */
static struct pair
weight_of(const struct sketch *sketch)
{
	struct pair ones =
	    two_sum((double)(sketch->ones >> 32) * 0x1p32, (double)(sketch->ones & UINT32_MAX));

	return pair_add(sketch->weight, ones);
}

/* The mean of the squares less the square of the mean: the digits that cancel
 * out are those beyond a double's. */
static double
deviation_of(const struct sketch *sketch, struct pair mean, double weight)
{
	if (sketch->lower == sketch->upper)
		return 0;
	struct pair squares = sums_get(&sketch->sums, SQUARES);

	if (squares.high >= DBL_MAX)
		return sqrt(DBL_MAX / weight);
	struct pair even = pair_multiply(mean, sums_get(&sketch->sums, SUM));
	struct pair spread = pair_add(squares, (struct pair){-even.high, -even.low});

	return spread.high > 0 ? sqrt(spread.high / weight) : 0;
}

void
sketch_sums(const struct sketch *sketch, struct sketch_sums *sums_out)
{
	*sums_out = (struct sketch_sums){.n = sketch->n + sketch->ones};
	if (sums_out->n == 0)
		return;
	struct pair weight = weight_of(sketch);
	struct pair mean = pair_divide(sums_get(&sketch->sums, SUM), weight);

	sums_out->weight = weight.high;
	sums_out->sum = sketch->sums.high[SUM];
	sums_out->sum_squares = sketch->sums.high[SQUARES];
	sums_out->mean = mean.high;
	sums_out->deviation = deviation_of(sketch, mean, weight.high);
	sums_out->lower = sketch->lower;
	sums_out->upper = sketch->upper;
}

uint64_t
sketch_count(const struct sketch *sketch)
{
	return sketch->count + sketch->ones;
}

/* The bins of a page in the order of their values; page bins of negative
 * values run backwards. */
static void
page_walk(const struct sketch *sketch, const struct page *page, sketch_visit_fn *visit, void *arg)
{
	int32_t first = page_number(page->key) * SKETCH_PAGE_BINS;

	for (int32_t i = 0; i < SKETCH_PAGE_BINS; i++) {
		int32_t at = page->key < 0 ? SKETCH_PAGE_BINS - 1 - i : i;
		uint64_t count = page_count(page, (unsigned)at);

		if (count == 0)
			continue;
		double value = bin_value(sketch->scale, first + at);

		value = page->key < 0 ? -value : value;
		value = value < sketch->lower ? sketch->lower : value;
		value = value > sketch->upper ? sketch->upper : value;
		visit(arg, value, count);
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
