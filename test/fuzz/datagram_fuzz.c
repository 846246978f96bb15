/* SPDX-License-Identifier: MIT */
/* datagram_fuzz.c -- any bytes as a datagram, to two listeners with different
 * rules: nothing may crash, and every line must be accounted for. */

#include "base/check.h"
#include "base/hash.h"
#include "ingest/intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
check_balance(const counter *counters, const struct window *window)
{
	uint64_t refused = 0, samples = 0, hits = 0;

	for (size_t i = 0; i < REASONS; i++)
		refused += counter_get(&counters[INTAKE_LINES_REFUSED + i]);
	for (size_t i = 0; i < KINDS; i++)
		samples += counter_get(&counters[INTAKE_SAMPLES + i]);
	for (size_t i = 0; i < window->touched.count; i++)
		hits += cell_hits(window->touched.at[i]->cell[1].meta);
	CHECK(counter_get(&counters[INTAKE_LINES]) ==
	    counter_get(&counters[INTAKE_LINES_ACCEPTED]) + refused);
	CHECK(samples == hits);
	CHECK(counter_get(&counters[INTAKE_LINES_REFUSED + REASON_NONE]) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct budget budget = {.timer_values = 16, .bytes = 16384};
	static counter counters[INTAKE_COUNTERS];
	struct series_quota quota = {.most = 20};
	struct intake intake;
	struct window window;

	for (size_t i = 0; i < INTAKE_COUNTERS; i++)
		counter_set(&counters[i], 0);
	if (hash_secret[0] == 0)
		hash_init();
	intake_init(&intake, &budget, &quota);
	window_init(&window, 0, 1);
	window_open(&window, 1);
	intake.window = &window;
	for (uint32_t profile = 1; profile <= 2; profile++) {
		const struct origin origin = {
		    .profile = profile,
		    .rules = {.clean = profile == 1, .most_bytes = 128, .most_tags = 4},
		    .counters = counters,
		};

		for (int round = 0; round < 2; round++)
			intake_datagram(&intake, &origin, (const char *)bytes, len, round == 1, 1);
	}
	check_balance(counters, &window);
	intake_fini(&intake);
	window_fini(&window);
	return 0;
}
