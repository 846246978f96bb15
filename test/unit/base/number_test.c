/* SPDX-License-Identifier: MIT */
/* number_test.c -- text to double and back, against the C library's own. */

#include "base/number.c"

#include "test/unit/base/shortest.h"
#include "test/unit/suite.h"

#include <stdio.h>

#define RANDOM_DOUBLES 1000000
#define RANDOM_TEXTS 200000

static const char *
printed(double value)
{
	static char out[NUMBER_TEXT_MAX + 1];
	size_t len = number_print(value, out);

	if (len > NUMBER_TEXT_MAX)
		ck_abort_msg("%a takes %zu bytes", value, len);
	out[len] = '\0';
	return out;
}

START_TEST(reads_the_longest_number_and_stops)
{
	static const struct {
		const char *text;
		enum number_status status;
		double value;
		size_t len;
	} cases[] = {
	    {"0", NUMBER_OK, 0, 1},
	    {"1|c", NUMBER_OK, 1, 1},
	    {"320|ms", NUMBER_OK, 320, 3},
	    {"+5", NUMBER_OK, 5, 2},
	    {"-5.25x", NUMBER_OK, -5.25, 5},
	    {"-0", NUMBER_OK, -0.0, 2},
	    {"5.", NUMBER_OK, 5, 2},
	    {"5.|c", NUMBER_OK, 5, 2},
	    {".5", NUMBER_OK, 0.5, 2},
	    {"-.5", NUMBER_OK, -0.5, 3},
	    {"1.2.3", NUMBER_OK, 1.2, 3},
	    {"1..2", NUMBER_OK, 1, 2},
	    {"007", NUMBER_OK, 7, 3},
	    {"0x10", NUMBER_OK, 0, 1},
	    {"1e3", NUMBER_OK, 1000, 3},
	    {"1E+3", NUMBER_OK, 1000, 4},
	    {"25e-1", NUMBER_OK, 2.5, 5},
	    {"1.5e2|g", NUMBER_OK, 150, 5},
	    {"1e", NUMBER_OK, 1, 1},
	    {"1e+", NUMBER_OK, 1, 1},
	    {"1ex", NUMBER_OK, 1, 1},
	    {"1e1000", NUMBER_OK, 1e100, 5},
	    {"0e999", NUMBER_OK, 0, 5},
	    {"1e-999", NUMBER_OK, 0, 6},
	    {"4.9e-324", NUMBER_OK, 4.9e-324, 8},
	    {"9007199254740993", NUMBER_OK, 9007199254740992.0, 16},
	    {"9007199254740993.00000001", NUMBER_OK, 9007199254740994.0, 25},
	    {"123456789012345678", NUMBER_OK, 123456789012345678.0, 18},
	    {"1234567890123456789", NUMBER_OK, 1234567890123456789.0, 19},
	    {"18446744073709551617", NUMBER_OK, 18446744073709551617.0, 20},
	    {"0.30000000000000004", NUMBER_OK, 0.30000000000000004, 19},
	    {"0.0000000000000000000001", NUMBER_OK, 1e-22, 24},
	    {"1e23", NUMBER_OK, 1e23, 4},
	    {"1.7976931348623157e308", NUMBER_OK, 1.7976931348623157e308, 22},
	    {"1.8e308", NUMBER_INFINITE, HUGE_VAL, 7},
	    {"-1e999|c", NUMBER_INFINITE, -HUGE_VAL, 6},
	    {"", NUMBER_BAD, 0, 0},
	    {"+", NUMBER_BAD, 0, 0},
	    {"-", NUMBER_BAD, 0, 0},
	    {".", NUMBER_BAD, 0, 0},
	    {"-.", NUMBER_BAD, 0, 0},
	    {"+.e5", NUMBER_BAD, 0, 0},
	    {"e5", NUMBER_BAD, 0, 0},
	    {"--5", NUMBER_BAD, 0, 0},
	    {"+-5", NUMBER_BAD, 0, 0},
	    {" 5", NUMBER_BAD, 0, 0},
	    {"nan", NUMBER_BAD, 0, 0},
	    {"inf", NUMBER_BAD, 0, 0},
	    {"|c", NUMBER_BAD, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *text = cases[i].text, *end = text + strlen(text), *stop = NULL;
		double value = 0;

		ck_assert_msg(
		    number_parse(text, end, &stop, &value) == cases[i].status, "'%s'", text);
		ck_assert_msg(stop == text + cases[i].len, "'%s' stops at %td", text, stop - text);
		ck_assert_msg(double_bits(value) == double_bits(cases[i].value), "'%s' is %.17g",
		    text, value);
	}
}
END_TEST

/* The text stands at the very end of its memory, without a NUL. */
START_TEST(never_reads_past_the_end)
{
	static const char *const texts[] = {"", "-", "+", ".", "1", "1.", "1e", "1e-", "1e-5",
	    "-1.5", "123456789012345678", "1234567890123456789", "0.12345678901234567890e5"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		size_t len = strlen(texts[i]);
		char *copy = malloc(len > 0 ? len : 1);
		const char *stop;
		double value;

		memcpy(copy, texts[i], len);
		number_parse(copy, copy + len, &stop, &value);
		ck_assert(stop >= copy && stop <= copy + len);
		free(copy);
	}
}
END_TEST

START_TEST(takes_at_most_400_digits_on_either_side)
{
	char text[1000];
	const char *stop;
	double value;

	memset(text, '0', sizeof(text));
	ck_assert_int_eq(number_parse(text, text + 400, &stop, &value), NUMBER_OK);
	ck_assert_ptr_eq(stop, text + 400);
	ck_assert_int_eq(number_parse(text, text + 401, &stop, &value), NUMBER_OK);
	ck_assert_ptr_eq(stop, text + 400);

	text[400] = '.';
	text[800] = '1';
	memcpy(text + 801, "e400", 4);
	ck_assert_int_eq(number_parse(text, text + 805, &stop, &value), NUMBER_OK);
	ck_assert_ptr_eq(stop, text + 805);
	ck_assert_double_eq(value, 1);
	ck_assert_int_eq(number_parse(text + 1, text + 806, &stop, &value), NUMBER_OK);
	ck_assert_ptr_eq(stop, text + 805);
}
END_TEST

static size_t
random_digits(uint64_t *state, char *out, unsigned most)
{
	size_t count = random_below(state, most + 1);

	for (size_t i = 0; i < count; i++)
		out[i] = (char)('0' + random_below(state, 10));
	return count;
}

static size_t
random_number_text(uint64_t *state, char *out)
{
	static const char signs[] = "-+ ";
	unsigned most = random_below(state, 8) == 0 ? 40 : 10;
	size_t len = 0;

	out[len] = signs[random_below(state, 3)];
	len += out[len] != ' ';
	out[len++] = (char)('0' + random_below(state, 10));
	len += random_digits(state, out + len, most);
	if (random_below(state, 2) == 0) {
		out[len++] = '.';
		len += random_digits(state, out + len, most);
	}
	if (random_below(state, 3) == 0) {
		out[len++] = random_below(state, 2) == 0 ? 'e' : 'E';
		out[len] = signs[random_below(state, 3)];
		len += out[len] != ' ';
		out[len++] = (char)('0' + random_below(state, 4));
		len += random_digits(state, out + len, 2);
	}
	out[len] = '\0';
	return len;
}

START_TEST(reads_what_strtod_reads)
{
	uint64_t state = random_seed();

	for (int i = 0; i < RANDOM_TEXTS; i++) {
		char text[256];
		size_t len = random_number_text(&state, text);
		const char *stop, *stop_any;
		double value, value_any, expected = strtod(text, NULL);
		enum number_status status = number_parse(text, text + len, &stop, &value);

		enum number_status any = number_parse_any(text, text + len, &stop_any, &value_any);

		if (double_bits(value) != double_bits(expected) ||
		    double_bits(value_any) != double_bits(expected))
			ck_abort_msg("'%s': %a, %a, not %a", text, value, value_any, expected);
		if (stop != text + len || stop_any != text + len)
			ck_abort_msg(
			    "'%s': stopped at %td, %td", text, stop - text, stop_any - text);
		if (status != any || status != (isfinite(expected) ? NUMBER_OK : NUMBER_INFINITE))
			ck_abort_msg("'%s': %d, %d", text, (int)status, (int)any);
	}
}
END_TEST

START_TEST(seventeen_digits_give_every_double_back)
{
	uint64_t state = random_seed();

	for (int i = 0; i < RANDOM_TEXTS; i++) {
		double expected = bits_double(random_next(&state)), value;
		const char *stop;
		char text[64];

		if (!isfinite(expected))
			continue;
		int len = snprintf(text, sizeof(text), "%.17g", expected);

		if (number_parse(text, text + len, &stop, &value) != NUMBER_OK ||
		    double_bits(value) != double_bits(expected))
			ck_abort_msg("%s is read as %a, not %a", text, value, expected);
	}
}
END_TEST

/* Between 2^53 and 2^64 every second to 2048th whole number is a double; all
 * ties are among the rest. */
START_TEST(large_whole_numbers_round_to_even)
{
	uint64_t state = random_seed();

	for (int i = 0; i < RANDOM_TEXTS; i++) {
		unsigned bits = 1 + random_below(&state, 11);
		uint64_t significand = random_next(&state) >> 11 | UINT64_C(1) << 52;
		uint64_t tie = significand << bits | UINT64_C(1) << (bits - 1);
		uint64_t whole = tie + random_below(&state, 3) - 1;
		const char *stop;
		char text[64];
		double value;
		int len = snprintf(text, sizeof(text), "%" PRIu64 "e0", whole);

		if (number_parse(text, text + len, &stop, &value) != NUMBER_OK ||
		    double_bits(value) != double_bits((double)whole))
			ck_abort_msg("%s is read as %a, not %a", text, value, (double)whole);
	}
}
END_TEST

START_TEST(writes_what_javascript_writes_without_exponents)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
	    {0, "0"},
	    {-0.0, "0"},
	    {1, "1"},
	    {-1, "-1"},
	    {1500, "1500"},
	    {0.1, "0.1"},
	    {-0.1, "-0.1"},
	    {0.5, "0.5"},
	    {15.25, "15.25"},
	    {0.1 + 0.2, "0.30000000000000004"},
	    {1.0 / 3, "0.3333333333333333"},
	    {2.0 / 3, "0.6666666666666666"},
	    {100.0 / 3, "33.333333333333336"},
	    {123456789.125, "123456789.125"},
	    {1e-7, "0.0000001"},
	    {1.5e-9, "0.0000000015"},
	    {9007199254740991.0, "9007199254740991"},
	    {9007199254740992.0, "9007199254740992"},
	    {9007199254740993.0, "9007199254740992"},
	    {9007199254740994.0, "9007199254740994"},
	    {-9007199254740996.0, "-9007199254740996"},
	    {2251799813685249.5, "2251799813685249.5"},
	    {18014398509481984.0, "18014398509481984"},
	    {18446744073709551616.0, "18446744073709552000"},
	    {1e15, "1000000000000000"},
	    {1e21, "1000000000000000000000"},
	    {1e22, "10000000000000000000000"},
	    {1e23, "100000000000000000000000"},
	    {1.2e23, "120000000000000000000000"},
	    {8.41e21, "8410000000000000000000"},
	    {9.5367431640625e-7, "0.00000095367431640625"},
	    {5.684341886080802e-14, "0.00000000000005684341886080802"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_str_eq(printed(cases[i].value), cases[i].text);
}
END_TEST

START_TEST(writes_the_outermost_doubles)
{
	char expected[NUMBER_TEXT_MAX + 1];

	memset(expected, '0', sizeof(expected));
	memcpy(expected, "17976931348623157", 17);
	expected[309] = '\0';
	ck_assert_str_eq(printed(DBL_MAX), expected);

	memset(expected, '0', sizeof(expected));
	memcpy(expected, "-0.", 3);
	memcpy(expected + 326, "5", 2);
	ck_assert_str_eq(printed(-5e-324), expected);

	memset(expected, '0', sizeof(expected));
	memcpy(expected, "0.", 2);
	memcpy(expected + 2 + 307, "22250738585072014", 18);
	ck_assert_str_eq(printed(DBL_MIN), expected);
}
END_TEST

static void
check_flaw(double value)
{
	const char *text = printed(value);
	const char *flaw = shortest_flaw(value, text);

	if (flaw != NULL)
		ck_abort_msg("%a: %s %s", value, text, flaw);
}

static void
check_shortest(double value)
{
	check_flaw(value);
	if (!shortest_is_nearest(value, printed(value)))
		ck_abort_msg("%a: %s is not the nearest", value, printed(value));
}

START_TEST(any_double_reads_back_and_nothing_shorter_or_nearer_does)
{
	uint64_t state = random_seed();

	for (int i = 0; i < RANDOM_DOUBLES; i++)
		check_flaw(shortest_random(&state));
	for (int i = 0; i < RANDOM_DOUBLES / 10; i++)
		check_shortest(shortest_random(&state));
}
END_TEST

START_TEST(decimals_of_up_to_fifteen_digits_come_back_as_they_were)
{
	uint64_t state = random_seed();

	for (int i = 0; i < RANDOM_DOUBLES / 10; i++) {
		int places = 1 + (int)random_below(&state, 8);
		uint64_t whole = random_next(&state) % 10000000 >> random_below(&state, 24);
		uint64_t fraction = random_next(&state) % whole_powers[places];
		char text[64];
		const char *stop;
		double value;

		fraction += fraction % 10 == 0;
		int len =
		    snprintf(text, sizeof(text), "%" PRIu64 ".%0*" PRIu64, whole, places, fraction);

		if (number_parse(text, text + len, &stop, &value) != NUMBER_OK ||
		    strcmp(printed(value), text) != 0)
			ck_abort_msg("'%s' comes back as '%s'", text, printed(value));
	}
}
END_TEST

START_TEST(powers_and_their_neighbours_are_shortest)
{
	for (int e = -1074; e < 1024; e++) {
		double value = ldexp(1, e);

		check_shortest(value);
		check_shortest(nextafter(value, HUGE_VAL));
		if (e > -1074)
			check_shortest(nextafter(value, 0));
	}
	for (int e = -323; e <= 308; e++) {
		char text[16];

		snprintf(text, sizeof(text), "1e%d", e);
		double value = strtod(text, NULL);

		check_shortest(value);
		check_shortest(nextafter(value, HUGE_VAL));
		check_shortest(nextafter(value, 0));
	}
	for (uint64_t bits = 1; bits <= 4096; bits++)
		check_shortest(bits_double(bits));
}
END_TEST

START_TEST(whole_numbers_have_every_length)
{
	char ours[NUMBER_TEXT_MAX + 1], theirs[32];
	uint64_t value = 1;

	for (int i = 0; i < 20; i++, value *= 10) {
		for (int off = -1; off <= 1; off++) {
			uint64_t unsigned_value = value + (uint64_t)off;
			int64_t signed_value = -(int64_t)unsigned_value;

			ours[number_print_uint(unsigned_value, ours)] = '\0';
			snprintf(theirs, sizeof(theirs), "%" PRIu64, unsigned_value);
			ck_assert_str_eq(ours, theirs);
			ours[number_print_int(signed_value, ours)] = '\0';
			snprintf(theirs, sizeof(theirs), "%" PRId64, signed_value);
			ck_assert_str_eq(ours, theirs);
		}
	}
	ours[number_print_uint(UINT64_MAX, ours)] = '\0';
	ck_assert_str_eq(ours, "18446744073709551615");
	ours[number_print_int(INT64_MIN, ours)] = '\0';
	ck_assert_str_eq(ours, "-9223372036854775808");
}
END_TEST

/* And nothing is written behind their end. */
START_TEST(whole_numbers_are_what_the_library_writes)
{
	uint64_t state = random_seed();

	for (uint64_t i = 0; i < 20000 + RANDOM_TEXTS; i++) {
		uint64_t value = i < 20000 ? i : random_next(&state) >> random_below(&state, 64);
		char ours[32], theirs[32];

		memset(ours, '#', sizeof(ours));
		memset(theirs, '#', sizeof(theirs));
		theirs[snprintf(theirs, sizeof(theirs), "%" PRIu64, value)] = '#';
		size_t len = number_print_uint(value, ours);

		if (ours[len] != '#' || memcmp(ours, theirs, sizeof(ours)) != 0)
			ck_abort_msg("%" PRIu64 " is written as %.32s", value, ours);
	}
}
END_TEST

/* Long arithmetic, just enough for the table: little-endian words. */
#define WORDS 48

struct big {
	uint32_t word[WORDS];
};

static struct big
big_times(struct big big, uint32_t factor)
{
	uint64_t carry = 0;

	for (int i = 0; i < WORDS; i++) {
		carry += (uint64_t)big.word[i] * factor;
		big.word[i] = (uint32_t)carry;
		carry >>= 32;
	}
	ck_assert_uint_eq(carry, 0);
	return big;
}

static struct big
big_power(uint32_t base, int exponent)
{
	struct big big = {{1}};

	for (int i = 0; i < exponent; i++)
		big = big_times(big, base);
	return big;
}

static struct big
big_times_128(struct big big, unsigned __int128 factor)
{
	struct big sum = {{0}};

	for (int i = 3; i >= 0; i--) {
		struct big part = big_times(big, (uint32_t)(factor >> (32 * i)));
		uint64_t carry = 0;

		for (int w = WORDS - 1; w > 0; w--)
			sum.word[w] = sum.word[w - 1];
		sum.word[0] = 0;
		for (int w = 0; w < WORDS; w++) {
			carry += (uint64_t)sum.word[w] + part.word[w];
			sum.word[w] = (uint32_t)carry;
			carry >>= 32;
		}
	}
	return sum;
}

static int
big_compare(struct big a, struct big b)
{
	for (int i = WORDS - 1; i >= 0; i--)
		if (a.word[i] != b.word[i])
			return a.word[i] < b.word[i] ? -1 : 1;
	return 0;
}

/* power is ceil(over / under): (power - 1) * under < over <= power * under. */
START_TEST(powers_of_ten_are_rounded_up_from_the_exact_ones)
{
	for (int k = NUMBER_POWER_MIN; k <= NUMBER_POWER_MAX; k++) {
		const uint64_t *entry = number_powers[k - NUMBER_POWER_MIN];
		unsigned __int128 power = (unsigned __int128)entry[0] << 64 | entry[1];
		int shift = 127 - log2_pow10(k);
		struct big over = big_power(10, k > 0 ? k : 0);
		struct big under = big_power(10, k < 0 ? -k : 0);

		for (int i = 0; i < shift; i++)
			over = big_times(over, 2);
		for (int i = 0; i < -shift; i++)
			under = big_times(under, 2);
		ck_assert_uint_eq(entry[0] >> 63, 1);
		ck_assert_int_le(big_compare(over, big_times_128(under, power)), 0);
		ck_assert_int_lt(big_compare(big_times_128(under, power - 1), over), 0);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(reads_the_longest_number_and_stops),
    SUITE_TEST(never_reads_past_the_end),
    SUITE_TEST(takes_at_most_400_digits_on_either_side),
    SUITE_TEST(reads_what_strtod_reads),
    SUITE_TEST(seventeen_digits_give_every_double_back),
    SUITE_TEST(large_whole_numbers_round_to_even),
    SUITE_TEST(writes_what_javascript_writes_without_exponents),
    SUITE_TEST(writes_the_outermost_doubles),
    SUITE_TEST(any_double_reads_back_and_nothing_shorter_or_nearer_does),
    SUITE_TEST(decimals_of_up_to_fifteen_digits_come_back_as_they_were),
    SUITE_TEST(powers_and_their_neighbours_are_shortest),
    SUITE_TEST(whole_numbers_have_every_length),
    SUITE_TEST(whole_numbers_are_what_the_library_writes),
    SUITE_TEST(powers_of_ten_are_rounded_up_from_the_exact_ones),
    {0},
};

SUITE_MAIN("base/number", tests)
