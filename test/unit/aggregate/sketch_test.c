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

START_TEST(each_part_of_an_octave_starts_in_its_bin)
{
	for (unsigned part = 0; part < SKETCH_BOUNDS; part++) {
		uint64_t least = (uint64_t)part << (MANTISSA_BITS - OCTAVE_BITS);
		unsigned start = sketch_starts[part];

		ck_assert(sketch_bounds[start] >= least);
		ck_assert(start == 0 || sketch_bounds[start - 1] < least);
	}
}
END_TEST

static double
double_of(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Between bounds where rounding cannot matter. */
START_TEST(a_bin_is_that_of_the_logarithm)
{
	uint64_t state = random_seed();

	for (unsigned i = 0; i < 300000; i++) {
		double value = double_of(random_next(&state) >> 1);

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
		double value = double_of(random_next(&state));

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
sketches_equal(const struct sketch *a, const struct sketch *b)
{
	bool equal = a->scale == b->scale && a->pages == b->pages && a->n == b->n &&
	    a->count == b->count && a->zeros == b->zeros && a->rest == b->rest &&
	    a->lower == b->lower && a->upper == b->upper && pairs_equal(a->weight, b->weight) &&
	    pairs_equal(a->sum, b->sum) && pairs_equal(a->squares, b->squares);

	for (uint32_t i = 0; equal && i < a->pages; i++)
		equal = a->page[i].key == b->page[i].key &&
		    memcmp(a->page[i].counts, b->page[i].counts,
			SKETCH_PAGE_BINS * sizeof(uint64_t)) == 0;
	return equal;
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

START_TEST(merging_is_associative_and_commutative)
{
	static double values[VALUES], weights[VALUES];
	uint64_t state = random_seed();
	unsigned coarsened = 0;

	for (unsigned round = 0; round < 60; round++) {
		bool wide = round % 4 == 1;
		unsigned scale = wide ? SKETCH_SCALE_MOST : 3 + random_below(&state, 6);
		unsigned octaves = wide ? 23 : 1 + random_below(&state, 23);

		for (unsigned i = 0; i < VALUES; i++) {
			values[i] = dyadic(&state, octaves);
			weights[i] = round % 2 == 0 ? 1 : 1 + random_below(&state, 16);
		}
		struct sketch *whole = sketch_new(&arena, scale);

		for (unsigned i = 0; i < VALUES; i++)
			sketch_add(whole, &arena, values[i], weights[i]);
		coarsened += whole->scale < scale;
		for (unsigned i = 0; i < 5; i++)
			ck_assert_msg(
			    sketches_equal(whole, merge_somehow(values, weights, scale, &state)),
			    "round %u", round);
		arena_reset(&arena);
	}
	ck_assert_uint_ge(coarsened, 15);
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
				values[i] = double_of(random_next(&state));
			while (!isfinite(values[i]));
			weights[i] = 1;
		}
		const struct sketch *a = merge_somehow(values, weights, 8, &state);
		const struct sketch *b = merge_somehow(values, weights, 8, &state);

		ck_assert(a->scale == b->scale && a->pages == b->pages && a->scale < 3);
		for (uint32_t i = 0; i < a->pages; i++)
			ck_assert(a->page[i].key == b->page[i].key &&
			    memcmp(a->page[i].counts, b->page[i].counts,
				SKETCH_PAGE_BINS * sizeof(uint64_t)) == 0);
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
	    arena.used, SKETCH_PAGES * (SKETCH_PAGE_BINS * sizeof(uint64_t) + 40) + 1024);
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
    SUITE_TEST(sums_keep_what_cancels_out),
    SUITE_TEST(a_small_deviation_of_large_values_is_seen),
    SUITE_TEST(fractions_of_weights_wait_for_the_next_value),
    SUITE_TEST(an_empty_sketch_is_all_zeros),
    {0},
};

SUITE_MAIN("aggregate/sketch", tests)
