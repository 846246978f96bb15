/* SPDX-License-Identifier: MIT */
/* sketch_test.c -- the grid, bin by bin; that grouping does not matter; sums
 * that keep their digits. */

#include "aggregate/sketch.c"

#include "test/unit/random.h"
#include "test/unit/suite.h"

static struct arena arena;

/* ---- the grid ---- */

#define LIMBS 512

/* A whole number of any length, 32 bits a limb, the lowest first. */
struct whole {
	uint32_t limb[LIMBS];
	size_t count;
};

static struct whole
square(const struct whole *x)
{
	struct whole y = {.count = 2 * x->count};

	for (size_t i = 0; i < x->count; i++) {
		uint64_t carry = 0;

		for (size_t k = 0; k < x->count; k++) {
			carry += y.limb[i + k] + (uint64_t)x->limb[i] * x->limb[k];
			y.limb[i + k] = (uint32_t)carry;
			carry >>= 32;
		}
		y.limb[i + x->count] = (uint32_t)carry;
	}
	while (y.count > 0 && y.limb[y.count - 1] == 0)
		y.count--;
	return y;
}

/* floor(log2(x^256)) */
static unsigned
log2_power(uint64_t x)
{
	struct whole power = {{(uint32_t)x, (uint32_t)(x >> 32)}, 2};

	for (int i = 0; i < OCTAVE_BITS; i++)
		power = square(&power);
	return (unsigned)power.count * 32 - 1 -
	    (unsigned)__builtin_clz(power.limb[power.count - 1]);
}

START_TEST(bounds_are_the_roots_of_two)
{
	const uint64_t one = UINT64_C(1) << MANTISSA_BITS;

	for (unsigned k = 0; k + 1 < SKETCH_BOUNDS; k++) {
		unsigned below = (MANTISSA_BITS << OCTAVE_BITS) + k;

		ck_assert_msg(log2_power(one + sketch_bounds[k]) == below, "bound %u", k);
		ck_assert_msg(log2_power(one + sketch_bounds[k] + 1) == below + 1, "bound %u", k);
	}
	ck_assert_uint_eq(sketch_bounds[SKETCH_BOUNDS - 1], one);
}
END_TEST

START_TEST(a_bound_is_in_the_bin_that_it_ends)
{
	for (int32_t k = 0; k < SKETCH_BOUNDS; k++) {
		uint64_t bound = double_bits(1) + sketch_bounds[k];

		ck_assert_int_eq(bin_of(bits_double(bound)), k);
		ck_assert_int_eq(bin_of(bits_double(bound + 1)), k + 1);
	}
}
END_TEST

START_TEST(each_part_of_an_octave_starts_in_its_bin)
{
	for (unsigned part = 0; part < SKETCH_PARTS; part++) {
		uint64_t least = (uint64_t)part << (MANTISSA_BITS - PART_BITS);
		uint64_t end = (uint64_t)(part + 1) << (MANTISSA_BITS - PART_BITS);
		unsigned start = sketch_starts[part];

		ck_assert(sketch_bounds[start] > least);
		ck_assert(start == 0 || sketch_bounds[start - 1] < least);
		ck_assert(start == SKETCH_BOUNDS - 1 || sketch_bounds[start + 1] >= end);
	}
}
END_TEST

/* Between bounds where rounding cannot matter. */
START_TEST(a_bin_is_that_of_the_logarithm)
{
	uint64_t state = random_seed();

	for (unsigned i = 0; i < 300000; i++) {
		double value = bits_double(random_next(&state) >> 1);

		if (!isfinite(value) || value == 0)
			continue;
		if (i % 3 == 0)
			value = ldexp(value, -1000);
		if (value == 0)
			continue;
		long double place = log2l((long double)value) * SKETCH_BOUNDS;

		if (fabsl(place - rintl(place)) > 1e-9L)
			ck_assert_msg(bin_of(value) == (int32_t)floorl(place), "%a", value);
	}
}
END_TEST

static const struct {
	double value;
	int32_t bin;
} bins[] = {
    {1, -1},
    {0x1.0000000000001p0, 0},
    {2, 255},
    {0x1.0000000000001p1, 256},
    {0.5, -257},
    {0x1.fffffffffffffp0, 255},
    {DBL_MAX, 1024 * 256 - 1},
    {DBL_MIN, -1022 * 256 - 1},
    {0x1.fffffffffffffp-1023, -1022 * 256 - 1},
    {0x1p-1023, -1023 * 256 - 1},
    {0x1p-1074, -1074 * 256 - 1},
    {0x3p-1074, -1073 * 256 + 149},
};

START_TEST(powers_of_two_end_their_bins)
{
	for (size_t i = 0; i < sizeof(bins) / sizeof(bins[0]); i++)
		ck_assert_msg(bin_of(bins[i].value) == bins[i].bin, "%a: %d", bins[i].value,
		    bin_of(bins[i].value));
}
END_TEST

static const struct {
	double error;
	unsigned scale;
} scales[] = {{0.044, 3}, {0.0433, 3}, {0.0432, 4}, {0.0217, 4}, {0.02, 5}, {0.0109, 5}, {0.01, 6},
    {0.0055, 6}, {0.005, 7}, {0.0028, 7}, {0.0027, 8}, {0.0014, 8}, {0, 8}};

START_TEST(the_error_chooses_the_coarsest_scale)
{
	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++)
		ck_assert_msg(sketch_scale(scales[i].error) == scales[i].scale, "row %zu", i);
}
END_TEST

/* ---- what a sketch gives back ---- */

struct walk {
	double values[65536];
	uint64_t counts[65536];
	size_t bins;
	uint64_t count;
};

static void
note(void *arg, double value, uint64_t count)
{
	struct walk *walk = arg;

	ck_assert(walk->bins == 0 || value >= walk->values[walk->bins - 1]);
	walk->values[walk->bins] = value;
	walk->counts[walk->bins++] = count;
	walk->count += count;
}

static struct walk walk;

static void
take_walk(const struct sketch *sketch)
{
	walk = (struct walk){0};
	sketch_walk(sketch, note, &walk);
}

/* A value alone between far ones, so that bounds do not help. */
static double
read_back(double value, unsigned scale)
{
	struct sketch *sketch = sketch_new(&arena, scale);

	sketch_add(sketch, &arena, DBL_MAX, 1);
	sketch_add(sketch, &arena, value, 1);
	sketch_add(sketch, &arena, -DBL_MAX, 1);
	take_walk(sketch);
	ck_assert_uint_eq(walk.count, 3);
	return walk.values[1];
}

START_TEST(a_value_comes_back_within_the_error)
{
	uint64_t state = random_seed();

	for (unsigned i = 0; i < 20000; i++) {
		unsigned scale = SKETCH_SCALE_LEAST + i % 6;
		double width = exp2(exp2(-(double)scale)), error = (width - 1) / (width + 1);
		double value = bits_double(random_next(&state));

		if (!isfinite(value) || fabs(value) > 1e307)
			continue;
		if (i % 7 == 0)
			value = ldexp(value, -1060);
		double back = read_back(value, scale);

		ck_assert_msg(fabs(back - value) <= fabs(value) * (error + 1e-12) + 0x1p-1074,
		    "%a at scale %u: %a", value, scale, back);
		arena_reset(&arena);
	}
	arena_fini(&arena);
}
END_TEST

START_TEST(bins_are_walked_in_order_with_zero_between)
{
	struct sketch *sketch = sketch_new(&arena, 6);
	static const double values[] = {3, -1e9, 0, 1e-300, -1e-300, 8, -0.0, -4, 1e9};

	for (size_t i = 0; i < 9; i++)
		for (size_t k = 0; k <= i; k++)
			sketch_add(sketch, &arena, values[i], 1);
	take_walk(sketch);
	static const uint64_t counts[] = {2, 8, 5, 10, 4, 1, 6, 9};

	ck_assert_uint_eq(walk.bins, 8);
	for (size_t i = 0; i < 8; i++)
		ck_assert_uint_eq(walk.counts[i], counts[i]);
	ck_assert(walk.values[0] == -1e9 && walk.values[7] == 1e9 && walk.values[3] == 0);
	ck_assert_uint_eq(sketch_count(sketch), 45);
	arena_fini(&arena);
}
END_TEST

START_TEST(one_value_many_times_comes_back_as_it_is)
{
	struct sketch *sketch = sketch_new(&arena, 3);
	struct sketch_sums sums;

	for (int i = 0; i < 1000; i++)
		sketch_add(sketch, &arena, 0.1, 1);
	take_walk(sketch);
	ck_assert(walk.bins == 1 && walk.values[0] == 0.1 && walk.counts[0] == 1000);
	sketch_sums(sketch, &sums);
	ck_assert(sums.mean == 0.1 && sums.deviation == 0);
	arena_fini(&arena);
}
END_TEST

/* ---- grouping ---- */

static bool
pairs_equal(struct pair a, struct pair b)
{
	return a.high == b.high && a.low == b.low;
}

static bool
pages_equal(const struct sketch *a, const struct sketch *b)
{
	if (a->scale != b->scale || a->pages != b->pages)
		return false;
	for (uint32_t i = 0; i < a->pages; i++) {
		if (a->page[i].key != b->page[i].key)
			return false;
		for (unsigned bin = 0; bin < SKETCH_PAGE_BINS; bin++)
			if (page_count(a->page + i, bin) != page_count(b->page + i, bin))
				return false;
	}
	return true;
}

static bool
sketches_equal(const struct sketch *a, const struct sketch *b)
{
	return pages_equal(a, b) && a->n + a->ones == b->n + b->ones &&
	    sketch_count(a) == sketch_count(b) && a->zeros == b->zeros && a->rest == b->rest &&
	    a->lower == b->lower && a->upper == b->upper &&
	    pairs_equal(weight_of(a), weight_of(b)) &&
	    pairs_equal(sums_get(&a->sums, SUM), sums_get(&b->sums, SUM)) &&
	    pairs_equal(sums_get(&a->sums, SQUARES), sums_get(&b->sums, SQUARES));
}

/* Of 9 bits, within so many octaves around 1: all sums are exact. */
static double
dyadic(uint64_t *state, unsigned octaves)
{
	double value = 256 + random_below(state, 256);
	int exponent = (int)random_below(state, octaves) - (int)octaves / 2;

	if (random_below(state, 50) == 0)
		return 0;
	return ldexp(random_below(state, 2) == 0 ? value : -value, exponent - 8);
}

#define VALUES 3000
#define PARTS 12

/* Distribute the values, then merge two of the parts at a time in any order. */
static const struct sketch *
merge_somehow(const double *values, const double *weights, unsigned scale, uint64_t *state)
{
	struct sketch *parts[PARTS];
	unsigned count = 1 + random_below(state, PARTS);

	for (unsigned i = 0; i < count; i++)
		parts[i] = sketch_new(&arena, scale);
	for (unsigned i = 0; i < VALUES; i++)
		sketch_add(parts[random_below(state, count)], &arena, values[i], weights[i]);
	while (count > 1) {
		unsigned from = random_below(state, count);
		unsigned to = (from + 1 + random_below(state, count - 1)) % count;

		sketch_merge(parts[to], &arena, parts[from]);
		parts[from] = parts[--count];
	}
	return parts[0];
}

static bool
has_wide_page(const struct sketch *sketch)
{
	for (uint32_t i = 0; i < sketch->pages; i++)
		if (sketch->page[i].is_wide)
			return true;
	return false;
}

START_TEST(merging_is_associative_and_commutative)
{
	static double values[VALUES], weights[VALUES];
	uint64_t state = random_seed();
	static const unsigned weights_most[] = {1, 16, 1, 60000};
	unsigned coarsened = 0, widened = 0;

	for (unsigned round = 0; round < 60; round++) {
		bool wide = round % 4 == 1 || round % 8 == 3;
		unsigned scale = wide ? SKETCH_SCALE_MOST : 3 + random_below(&state, 6);
		unsigned octaves = wide ? 23 : 1 + random_below(&state, 23);

		for (unsigned i = 0; i < VALUES; i++) {
			values[i] = dyadic(&state, octaves);
			weights[i] = 1 + random_below(&state, weights_most[round % 4]);
		}
		struct sketch *whole = sketch_new(&arena, scale);

		for (unsigned i = 0; i < VALUES; i++)
			sketch_add(whole, &arena, values[i], weights[i]);
		coarsened += whole->scale < scale;
		widened += has_wide_page(whole);
		for (unsigned i = 0; i < 5; i++)
			ck_assert_msg(
			    sketches_equal(whole, merge_somehow(values, weights, scale, &state)),
			    "round %u", round);
		arena_reset(&arena);
	}
	ck_assert_uint_ge(coarsened, 15);
	ck_assert_uint_ge(widened, 5);
	arena_fini(&arena);
}
END_TEST

/* Values all over the doubles: their sums are not exact, their bins are. */
START_TEST(the_bins_of_any_values_do_not_depend_on_grouping)
{
	static double values[VALUES], weights[VALUES];
	uint64_t state = random_seed();

	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < VALUES; i++) {
			do
				values[i] = bits_double(random_next(&state));
			while (!isfinite(values[i]));
			weights[i] = 1;
		}
		const struct sketch *a = merge_somehow(values, weights, 8, &state);
		const struct sketch *b = merge_somehow(values, weights, 8, &state);

		ck_assert(pages_equal(a, b) && a->scale < 3);
		arena_reset(&arena);
	}
	arena_fini(&arena);
}
END_TEST

START_TEST(scales_meet_at_the_coarser_one)
{
	struct sketch *fine = sketch_new(&arena, 8), *coarse = sketch_new(&arena, 4);
	struct sketch *into_fine = sketch_new(&arena, 8), *into_coarse = sketch_new(&arena, 4);
	uint64_t state = random_seed();

	for (unsigned i = 0; i < 1000; i++) {
		sketch_add(fine, &arena, dyadic(&state, 4), 1);
		sketch_add(coarse, &arena, dyadic(&state, 4), 1);
	}
	sketch_merge(into_fine, &arena, fine);
	ck_assert_uint_eq(into_fine->scale, 8);
	sketch_merge(into_fine, &arena, coarse);
	sketch_merge(into_coarse, &arena, coarse);
	sketch_merge(into_coarse, &arena, fine);
	ck_assert_uint_eq(into_fine->scale, 4);
	ck_assert(sketches_equal(into_fine, into_coarse));
	arena_fini(&arena);
}
END_TEST

/* ---- memory ---- */

START_TEST(a_sketch_has_room_for_what_it_takes_without_memory)
{
	uint64_t state = random_seed();
	struct sketch *sketch = sketch_new(&arena, 6);
	unsigned without = 0;

	for (unsigned i = 0; i < 20000; i++) {
		double value = i % 2 == 0 ? dyadic(&state, 4) : dyadic(&state, 200);
		bool room = sketch_has_room(sketch, value);
		size_t used = arena.used;

		sketch_add(sketch, &arena, value, 1);
		ck_assert(room == (arena.used == used));
		without += room;
	}
	ck_assert_uint_gt(without, 15000);
	ck_assert_uint_le(sketch->pages, SKETCH_PAGES);
	ck_assert_uint_le(
	    arena.used, SKETCH_PAGES * (NARROW_BYTES + 2 * sizeof(struct page)) + sizeof(*sketch));
	arena_fini(&arena);
}
END_TEST

/* By adding, by merging and by coarsening. */
START_TEST(counts_may_be_of_any_size)
{
	struct sketch *sketch = sketch_new(&arena, 6), *other = sketch_new(&arena, 5);

	for (unsigned i = 0; i < UINT16_MAX; i++) {
		sketch_add(sketch, &arena, 103, 1);
		sketch_add(sketch, &arena, 101, 1);
		sketch_add(other, &arena, -3, 1);
	}
	ck_assert(!sketch->page[0].is_wide);
	sketch_merge(sketch, &arena, other);
	take_walk(sketch);
	ck_assert(walk.bins == 2 && walk.counts[0] == UINT16_MAX);
	ck_assert_uint_eq(walk.counts[1], 2 * UINT16_MAX);
	ck_assert(!sketch->page[0].is_wide && sketch->page[1].is_wide);

	sketch_add(sketch, &arena, -3, 1);
	ck_assert(sketch->page[0].is_wide);
	sketch_add(sketch, &arena, 1000, 1);
	sketch_add(sketch, &arena, 1000, 65534);
	sketch_add(sketch, &arena, 1000, 4294967296.0);
	other = sketch_new(&arena, 5);
	for (int i = 0; i < 8; i++)
		sketch_merge(other, &arena, sketch);
	take_walk(other);
	ck_assert_uint_eq(walk.bins, 3);
	ck_assert_uint_eq(walk.counts[0], 8 * (UINT16_MAX + 1));
	ck_assert_uint_eq(walk.counts[1], 16 * UINT16_MAX);
	ck_assert_uint_eq(walk.counts[2], 8 * (UINT16_MAX + UINT64_C(4294967296)));
	arena_fini(&arena);
}
END_TEST

/* ---- the plain way ---- */

#define PLAIN_BINS (2100 * SKETCH_BOUNDS)
#define PLAIN_BIN_OF_ONE (1075 * SKETCH_BOUNDS)

/* A double of the kind that the round is of. */
static double
value_of_kind(uint64_t *state, unsigned kind)
{
	double whole = random_below(state, 1000), any = bits_double(random_next(state));
	double any_of_one = (double)(random_next(state) >> 11) * 0x1p-53;

	switch (kind) {
	case 0: return whole;
	case 1: return whole / 1000 - 0.3;
	case 2: /* sums cancel out */
		return ldexp(random_below(state, 2) == 0 ? 1 : -1, (int)random_below(state, 110));
	case 3: /* too small to be plain, or just not */
		return ldexp(1 + any_of_one, -440 - (int)random_below(state, 110));
	case 5: /* too great, or just not */
		return ldexp(1 + any_of_one, 440 + (int)random_below(state, 80));
	case 4: /* all digits a double has */ return (0.5 - any_of_one) * 1000;
	default: return isfinite(any) ? any : -0.0;
	}
}

static int32_t
plain_bin(double magnitude)
{
	int exponent;
	double fraction = frexp(magnitude, &exponent); /* 0.5 <= fraction < 1 */
	uint64_t mantissa = double_bits(fraction) & MANTISSA_MASK;
	int32_t bin = 0;

	while (mantissa > sketch_bounds[bin])
		bin++;
	return (exponent - 1) * SKETCH_BOUNDS + bin - (mantissa == 0);
}

/* Of each bin what values were put there, and no other. */
static bool
bins_are_plain(const struct sketch *sketch, const double *values)
{
	static uint64_t counts[2][PLAIN_BINS];
	uint64_t zeros = 0, found = 0;
	bool equal = true;

	memset(counts, 0, sizeof(counts));
	for (unsigned i = 0; i < VALUES; i++) {
		if (values[i] == 0) {
			zeros++;
			continue;
		}
		int32_t bin = plain_bin(fabs(values[i])) >> (OCTAVE_BITS - sketch->scale);

		counts[values[i] < 0][bin + PLAIN_BIN_OF_ONE]++;
	}
	for (uint32_t i = 0; i < sketch->pages; i++) {
		const struct page *page = sketch->page + i;
		int32_t first = page_number(page->key) * SKETCH_PAGE_BINS + PLAIN_BIN_OF_ONE;

		for (int32_t k = 0; k < SKETCH_PAGE_BINS; k++) {
			found += page_count(page, (unsigned)k);
			if (page_count(page, (unsigned)k) > 0)
				equal &= page_count(page, (unsigned)k) ==
				    counts[page->key < 0][first + k];
		}
	}
	return equal && sketch->zeros == zeros && found + zeros == VALUES;
}

START_TEST(each_value_adds_what_the_plain_way_adds)
{
	static double values[VALUES];
	uint64_t state = random_seed();

	for (unsigned round = 0; round < 96; round++) {
		struct sketch *sketch = sketch_new(&arena, 3 + round % 6);
		struct pair sum = {0, 0}, squares = {0, 0};

		for (unsigned i = 0; i < VALUES; i++) {
			unsigned kind = round % 8 < 7 ? round % 8 : random_below(&state, 7);
			double value = values[i] = value_of_kind(&state, kind);
			double square = value * value;

			sketch_add(sketch, &arena, value, 1);
			sum = pair_add(sum, (struct pair){value, 0});
			squares = pair_add(squares, pair_of(square, fma(value, value, -square)));
			struct pair got[] = {
			    sums_get(&sketch->sums, SUM), sums_get(&sketch->sums, SQUARES)};

			ck_assert_msg(memcmp(&got[0], &sum, sizeof(sum)) == 0 &&
				memcmp(&got[1], &squares, sizeof(squares)) == 0,
			    "round %u, value %u: %a", round, i, value);
		}
		ck_assert_msg(bins_are_plain(sketch, values), "round %u", round);
		ck_assert(sketch_count(sketch) == VALUES && weight_of(sketch).high == VALUES);
		arena_reset(&arena);
	}
	arena_fini(&arena);
}
END_TEST

/* ---- sums and weights ---- */

START_TEST(sums_keep_what_cancels_out)
{
	struct sketch *sketch = sketch_new(&arena, 6);
	struct sketch_sums sums;

	for (int i = 0; i < 1000; i++) {
		sketch_add(sketch, &arena, 1e16, 1);
		sketch_add(sketch, &arena, 1, 1);
	}
	for (int i = 0; i < 1000; i++)
		sketch_add(sketch, &arena, -1e16, 1);
	sketch_sums(sketch, &sums);
	ck_assert(sums.sum == 1000 && sums.mean == 1000.0 / 3000);
	ck_assert_uint_eq(sums.n, 3000);
	arena_fini(&arena);
}
END_TEST

START_TEST(a_small_deviation_of_large_values_is_seen)
{
	struct sketch *sketch = sketch_new(&arena, 6);
	struct sketch_sums sums;

	/* 1 to 9 around 1e12: the squares agree in their first 24 digits */
	for (int i = 0; i < 900; i++)
		sketch_add(sketch, &arena, 1e12 + i % 9 + 1, 1);
	sketch_sums(sketch, &sums);
	ck_assert(sums.mean == 1e12 + 5);
	ck_assert_double_eq_tol(sums.deviation, sqrt(60.0 / 9), 1e-12);
	arena_fini(&arena);
}
END_TEST

START_TEST(fractions_of_weights_wait_for_the_next_value)
{
	struct sketch *sketch = sketch_new(&arena, 6);
	struct sketch_sums sums;

	sketch_add(sketch, &arena, 1, 0.5);
	ck_assert_uint_eq(sketch_count(sketch), 0);
	sketch_add(sketch, &arena, 10, 2.75);
	sketch_add(sketch, &arena, 100, 3.25);
	sketch_add(sketch, &arena, 1000, 0.25);
	take_walk(sketch);
	ck_assert(walk.bins == 2 && walk.counts[0] == 3 && walk.counts[1] == 3);
	ck_assert_uint_eq(sketch_count(sketch), 6);
	sketch_sums(sketch, &sums);
	ck_assert(sums.n == 4 && sums.weight == 6.75);
	ck_assert(sums.sum == 0.5 + 27.5 + 325 + 250);
	arena_fini(&arena);
}
END_TEST

START_TEST(an_empty_sketch_is_all_zeros)
{
	struct sketch *sketch = sketch_new(&arena, 6), *other = sketch_new(&arena, 6);
	struct sketch_sums sums;

	sketch_merge(sketch, &arena, other);
	sketch_sums(sketch, &sums);
	take_walk(sketch);
	ck_assert(sums.n == 0 && sums.mean == 0 && sums.lower == 0 && sums.upper == 0);
	ck_assert(walk.bins == 0 && sketch_count(sketch) == 0);
	sketch_add(other, &arena, 5, 1);
	sketch_merge(sketch, &arena, other);
	ck_assert(sketches_equal(sketch, other));
	arena_fini(&arena);
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(bounds_are_the_roots_of_two),
    SUITE_TEST(a_bound_is_in_the_bin_that_it_ends),
    SUITE_TEST(each_part_of_an_octave_starts_in_its_bin),
    SUITE_TEST(a_bin_is_that_of_the_logarithm),
    SUITE_TEST(powers_of_two_end_their_bins),
    SUITE_TEST(the_error_chooses_the_coarsest_scale),
    SUITE_TEST(a_value_comes_back_within_the_error),
    SUITE_TEST(bins_are_walked_in_order_with_zero_between),
    SUITE_TEST(one_value_many_times_comes_back_as_it_is),
    SUITE_TEST(merging_is_associative_and_commutative),
    SUITE_TEST(the_bins_of_any_values_do_not_depend_on_grouping),
    SUITE_TEST(scales_meet_at_the_coarser_one),
    SUITE_TEST(a_sketch_has_room_for_what_it_takes_without_memory),
    SUITE_TEST(counts_may_be_of_any_size),
    SUITE_TEST(each_value_adds_what_the_plain_way_adds),
    SUITE_TEST(sums_keep_what_cancels_out),
    SUITE_TEST(a_small_deviation_of_large_values_is_seen),
    SUITE_TEST(fractions_of_weights_wait_for_the_next_value),
    SUITE_TEST(an_empty_sketch_is_all_zeros),
    {0},
};

SUITE_MAIN("aggregate/sketch", tests)
