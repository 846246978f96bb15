/* SPDX-License-Identifier: MIT */
/* graphite_fuzz.c -- any bytes as Graphite's lines, in a datagram and off a
 * stream, their time kept or not: nothing may crash, every line must be
 * accounted for, and both ways to read one must agree. */

#include "base/check.h"
#include "base/clock.h"
#include "base/hash.h"
#include "ingest/intake.h"
#include "parse/graphite.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* What came is of 2023, as the seeds are. */
#define NOW_NS (INT64_C(1700000000) * 1000000000)

static bool
same_sample(const struct sample *a, const struct sample *b)
{
	return a->name == b->name && a->name_len == b->name_len && a->value == b->value &&
	    a->timestamp == b->timestamp && a->kind == b->kind && a->weight == b->weight;
}

/* Line by line, as the quick way goes on and as newlines have it. */
static void
check_lines(const char *at, const char *end)
{
	while (at < end) {
		const char *newline = scan_byte(at, end, '\n'), *next;
		struct sample quick, thorough = {0};
		enum reason reason = REASON_NONE;
		bool is_line = graphite_line(at, newline, &thorough, &reason);

		CHECK(!is_line || reason != REASON_NONE || isfinite(thorough.value));
		CHECK(!is_line || reason != REASON_NONE || thorough.name_len > 0);
		CHECK(reason != REASON_NONE || thorough.timestamp >= 0);
		next = graphite_quick(at, end, &quick);
		if (next != NULL) {
			CHECK(next == (newline < end ? newline + 1 : end));
			CHECK(is_line && reason == REASON_NONE && same_sample(&quick, &thorough));
		}
		at = newline < end ? newline + 1 : end;
	}
}

static void
check_balance(const counter *counters, const struct window *window)
{
	uint64_t refused = 0;

	for (size_t i = 0; i < REASONS; i++)
		refused += counter_get(&counters[INTAKE_LINES_REFUSED + i]);
	CHECK(counter_get(&counters[INTAKE_LINES]) ==
	    counter_get(&counters[INTAKE_LINES_ACCEPTED]) + refused);
	CHECK(counter_get(&counters[INTAKE_LINES_ACCEPTED]) == window->dated.count);
	CHECK(counter_get(&counters[INTAKE_SAMPLES + KIND_GAUGE]) == window->dated.count);
	CHECK(counter_get(&counters[INTAKE_LINES_REFUSED + REASON_NONE]) == 0);
}

static void
take(struct intake *intake, const struct origin *origin, const char *bytes, size_t len)
{
	const uint8_t source[SOURCE_BYTES] = {1};
	const struct arrival arrival = {.stamp = 1, .source = source};

	intake_datagram(intake, origin, bytes, len, false, &arrival);
	intake_datagram(intake, origin, bytes, len, true, &arrival);
	intake_lines(intake, origin, bytes, len, &arrival);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct budget budget = {.timer_values = 16, .bytes = 16384, .scale = 6};
	static counter counters[INTAKE_COUNTERS];
	struct series_quota quota = {.most = 20};
	struct intake intake;
	struct window window;

	for (size_t i = 0; i < INTAKE_COUNTERS; i++)
		counter_set(&counters[i], 0);
	if (hash_secret[0] == 0) {
		hash_init();
		clock_make_virtual(NOW_NS);
	}
	intake_init(&intake, &budget, &quota, NULL, len % 2 == 0);
	window_init(&window, 0, 1);
	window_open(&window, 1);
	intake.window = &window;
	check_lines((const char *)bytes, (const char *)bytes + len);
	for (unsigned i = 0; i < 4; i++) {
		const struct origin origin = {
		    .profile = UINT32_C(1) << i,
		    .graphite = true,
		    .keep_time = i % 2 == 0,
		    .counters = counters,
		    .rules = {.clean = i < 2,
			.dialects = 1 << DIALECT_GRAPHITE,
			.prefix = "",
			.most_bytes = 128,
			.most_tags = 4},
		};

		take(&intake, &origin, (const char *)bytes, len);
	}
	check_balance(counters, &window);
	intake_fini(&intake);
	window_fini(&window);
	return 0;
}
